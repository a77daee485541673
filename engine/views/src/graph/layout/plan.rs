//! Which cards stand in which line.

use super::super::scene::Scene;
use super::face::Face;
use super::{CARD, GAP, INSET};

/// Lines are at least this long before the next one starts, and at most so long.
const SHORTEST: f64 = 1044.0;
const LONGEST: f64 = 2160.0;
/// What a line grows by with the number of cards, so that the picture keeps its proportions.
const GROWTH: f64 = 200.0;
/// The gap at the start of a lane, as far as it is known before there are wires.
const BUS: i32 = 36;

/// All cards in their lines.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What is drawn.
    pub scene: &'a Scene,
    /// One item for each node.
    pub items: Vec<Item>,
    pub lines: Vec<Line>,
    /// The frames; the first is the whole picture.
    pub frames: Vec<Frame>,
}

/// A card, or a block.
#[derive(Debug, Default)]
pub struct Item {
    /// The line it stands in.
    pub line: usize,
    /// Its place there.
    pub place: usize,
    /// If it is a block, the frame of its lanes.
    pub frame: Option<usize>,
    /// A card's face, or the upper part of a block.
    pub head: Face,
    /// The lower part of a block.
    pub foot: Face,
    /// The width; blocks may become wider.
    pub width: i32,
}

/// Cards from left to right.
#[derive(Debug, Default)]
pub struct Line {
    /// The frame it lies in.
    pub frame: usize,
    /// Its cards.
    pub items: Vec<usize>,
    /// The nets in the strip below it, with the first and last gap of each, and its track.
    pub strip: Vec<(usize, (usize, usize), usize)>,
}

/// What holds lanes.
#[derive(Debug, Default)]
pub struct Frame {
    /// The block; none for the whole picture.
    pub item: Option<usize>,
    /// The arms.
    pub lanes: Vec<Lane>,
}

/// An arm of a block.
#[derive(Debug, Default)]
pub struct Lane {
    /// The line that names it.
    pub face: Face,
    /// Its lines of cards.
    pub lines: Vec<usize>,
}

impl Plan<'_> {
    /// Puts the cards of `scene` into lines.
    pub fn new(scene: &Scene) -> Plan<'_> {
        let items = scene.nodes.iter().map(|_| Item::default()).collect();
        let mut plan = Plan { scene, items, lines: Vec::new(), frames: vec![Frame::default()] };
        let room = (scene.nodes.len() as f64).sqrt() * GROWTH;
        let (lines, _) = plan.lines(0, &scene.body, room.clamp(SHORTEST, LONGEST) as i32);
        plan.frames[0].lanes.push(Lane { face: Face::default(), lines });
        plan
    }

    /// The lines of a frame.
    pub fn lines_of(&self, frame: usize) -> impl Iterator<Item = usize> {
        self.frames[frame].lanes.iter().flat_map(|lane| lane.lines.iter().copied())
    }

    /// Where wires to an item end: their sources, and the part of the item they reach.
    pub fn ins(&self, item: usize) -> Vec<(usize, Part, i32)> {
        let of = |face: &Face, part: Part| {
            face.ins.iter().map(|(source, y)| (*source, part, *y)).collect::<Vec<_>>()
        };
        let it = &self.items[item];
        let lanes = it.frame.iter().flat_map(|frame| self.frames[*frame].lanes.iter().enumerate());
        let mut ins = of(&it.head, Part::Head);
        ins.extend(lanes.flat_map(|(index, lane)| of(&lane.face, Part::Arm(index))));
        ins.extend(of(&it.foot, Part::Foot));
        ins
    }

    /// Where wires from an item start.
    pub fn outs(&self, item: usize) -> Vec<(usize, Part, i32)> {
        let it = &self.items[item];
        let head = it.head.outs.iter().map(|(source, y)| (*source, Part::Head, *y));
        head.chain(it.foot.outs.iter().map(|(source, y)| (*source, Part::Foot, *y))).collect()
    }

    /// Lays nodes into lines of at most `room` pixels; the lines, and how long the longest is.
    fn lines(&mut self, frame: usize, nodes: &[usize], room: i32) -> (Vec<usize>, i32) {
        let mut lines: Vec<usize> = Vec::new();
        let (mut longest, mut taken) = (0, 0);
        for node in nodes {
            let width = self.item(*node, room);
            let line = match lines.last() {
                Some(line) if taken + GAP + width <= room => *line,
                _ => {
                    taken = -GAP;
                    self.lines.push(Line { frame, ..Line::default() });
                    lines.push(self.lines.len() - 1);
                    self.lines.len() - 1
                }
            };
            taken += GAP + width;
            longest = longest.max(taken);
            self.items[*node].line = line;
            self.items[*node].place = self.lines[line].items.len();
            self.lines[line].items.push(*node);
        }
        (lines, longest)
    }

    /// Makes the item of a node and says how wide it is.
    fn item(&mut self, at: usize, room: i32) -> i32 {
        let node = &self.scene.nodes[at];
        let whole = self.scene.sources.iter().position(|source| source.node == at && source.name.is_empty());
        if node.lanes.is_empty() {
            self.items[at] = Item { head: Face::head(node, whole, CARD), width: CARD, ..Item::default() };
            return CARD;
        }
        let frame = self.frames.len();
        self.frames.push(Frame { item: Some(at), lanes: Vec::new() });
        let around = 2 * INSET + BUS;
        let mut inner = CARD;
        let mut lanes = Vec::new();
        for lane in &node.lanes {
            let (lines, longest) = self.lines(frame, &lane.nodes, room - around);
            inner = inner.max(longest);
            lanes.push(lines);
        }
        let faces = node.lanes.iter().map(|lane| Face::arm(lane, inner));
        self.frames[frame].lanes = faces.zip(lanes).map(|(face, lines)| Lane { face, lines }).collect();
        let width = inner + around;
        self.items[at] = Item {
            frame: Some(frame),
            head: Face::head(node, whole, width),
            foot: Face::foot(node, width),
            width,
            ..Item::default()
        };
        width
    }
}

/// A part of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A card, or the upper part of a block.
    Head,
    /// The line that names an arm.
    Arm(usize),
    /// The lower part of a block.
    Foot,
}
