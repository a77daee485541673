//! Where everything lies: cards one under another, in one column or two, with a strip beside each for the wires.
//!
//! All measures are multiples of 6. The second column starts 3 pixels lower than the first, so that wires to rows of the
//! one never lie on those to rows of the other.

use super::fit::{fit, lay};
use super::scene::{Form, Node, Paint, Piece, Row, Scene};
use super::text::Font;
use super::wires::{self, Tap, Wires};
use crate::catalog::category;

/// The picture's outer margin.
const MARGIN: i32 = 18;
/// A column's width, without what deep blocks add.
const COLUMN: i32 = 408;
/// The height of a card's first line.
const HEADER: i32 = 30;
/// The height of a row.
const ROW: i32 = 18;
/// What lies between two cards.
const GAP: i32 = 18;
/// How far a block's cards lie from its frame.
const INSET: i32 = 12;
/// The height of the line that names an arm.
const ARM: i32 = 24;
/// The room below a card's last row.
const FOOT: i32 = 6;
/// From a card's left edge to its texts.
const PAD: i32 = 18;
/// A flow that is taller than this gets a second column.
const TALL: i32 = 840;

/// The fonts of the picture.
pub const NAME: Font = Font::bold(18);
/// The flow's description.
pub const ABOUT: Font = Font::regular(13);
/// The title of a card.
pub const TITLE: Font = Font::bold(13);
/// Rows and IDs.
pub const BODY: Font = Font::regular(12);
/// Helper flows that are called.
pub const CALL: Font = Font::bold(12);
/// Categories.
pub const SMALL: Font = Font::regular(11);
/// The names of arms.
pub const LANE: Font = Font::bold(11);

/// A picture, ready to be written.
#[derive(Debug, Default)]
pub struct Picture {
    /// The width.
    pub width: i32,
    /// The height.
    pub height: i32,
    /// Boxes, each before those that lie in it.
    pub panels: Vec<Panel>,
    /// Texts.
    pub labels: Vec<Label>,
    /// The arrows of the order in which the cards run: places that a line goes through.
    pub arrows: Vec<Vec<(i32, i32)>>,
    /// Where arms of a block meet: start and length of a line.
    pub rules: Vec<(i32, i32, i32)>,
    /// What lies behind the names of helper flows: left edge, upper edge and width.
    pub tags: Vec<(i32, i32, i32)>,
    /// The wires.
    pub wires: Wires,
}

/// A box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// The width.
    pub width: i32,
    /// The height.
    pub height: i32,
    /// The node it stands for.
    pub node: usize,
    /// Whether it holds other boxes.
    pub frame: bool,
}

/// A text.
#[derive(Clone, Debug)]
pub struct Label {
    /// Where it starts, or where it ends.
    pub x: i32,
    /// The line it stands on.
    pub y: i32,
    /// How wide it may be.
    pub room: i32,
    /// Whether `x` is where it ends.
    pub ends: bool,
    /// The font.
    pub font: Font,
    /// What it is, for the style sheet.
    pub class: &'static str,
    /// The text.
    pub pieces: Vec<Piece>,
}

impl Label {
    /// How wide the text is at the most.
    pub fn width(&self) -> i32 {
        self.pieces.iter().map(|piece| self.font.width(&piece.text)).sum()
    }
}

impl Picture {
    /// Places all that is in `scene`.
    pub fn new(scene: &Scene) -> Picture {
        let column = COLUMN + 2 * INSET * (depth(scene, &scene.body) as i32 - 1).max(0);
        let split = split(scene, column);
        // The strip's width follows from the wires, and the wires follow from where the rows are.
        let narrow = place(scene, column, split, 0);
        let routes = wires::route(&narrow.taps, &narrow.sources, split < scene.body.len());
        let strip = routes.width();
        let mut placed = place(scene, column, split, strip);
        let left = MARGIN + column;
        placed.picture.wires = routes.draw(&placed.taps, &placed.sources, left);
        if let (Some(end), Some(x)) = (placed.turn, placed.picture.wires.turn) {
            let (from, to) = end;
            let top = to.1 - GAP;
            let bottom = from.1 + 12;
            placed.picture.arrows.push(vec![from, (from.0, bottom), (x, bottom), (x, top), (to.0, top), to]);
        }
        placed.picture.width = match split < scene.body.len() {
            true => left + strip + column + MARGIN,
            false => left + strip.max(MARGIN),
        };
        placed.picture
    }
}

/// How deep blocks lie in each other.
fn depth(scene: &Scene, nodes: &[usize]) -> usize {
    let lanes = nodes.iter().flat_map(|node| &scene.nodes[*node].lanes);
    lanes.map(|lane| 1 + depth(scene, &lane.nodes)).max().unwrap_or(0)
}

/// How many of the outermost nodes stand in the first column.
fn split(scene: &Scene, column: i32) -> usize {
    let mut scratch = Placing::new(scene);
    let heights: Vec<i32> =
        scene.body.iter().map(|node| scratch.node(*node, 0, 0, column, 0) + GAP).collect();
    let total: i32 = heights.iter().sum();
    if total <= TALL || heights.len() < 4 {
        return heights.len();
    }
    let mut above = 0;
    let mut best = (i32::MAX, heights.len());
    for (index, height) in heights.iter().enumerate() {
        best = best.min(((above).max(total - above), index));
        above += height;
    }
    best.1
}

/// What is placed, before there are wires.
struct Placing<'a> {
    scene: &'a Scene,
    picture: Picture,
    taps: Vec<Tap>,
    sources: Vec<Option<Tap>>,
    /// From the end of the first column to the start of the second.
    turn: Option<((i32, i32), (i32, i32))>,
}

fn place(scene: &Scene, column: i32, split: usize, strip: i32) -> Placing<'_> {
    let mut placing = Placing::new(scene);
    let (first, second) = scene.body.split_at(split);
    let width = if second.is_empty() { column } else { 2 * column + strip };
    let top = placing.heading(width);
    let left = MARGIN;
    let mut bottom = placing.run(first, left, top, column, 0);
    if !second.is_empty() {
        let right = left + column + strip;
        // Room for the line that leads to the second column.
        let end = (left + PAD + 6, bottom);
        bottom += 12;
        placing.turn = Some((end, (right + PAD + 6, top + 3)));
        bottom = bottom.max(placing.run(second, right, top + 3, column, 1));
    }
    placing.picture.height = bottom + MARGIN;
    placing
}

impl<'a> Placing<'a> {
    fn new(scene: &'a Scene) -> Placing<'a> {
        let sources = scene.nodes.iter().map(|_| None).collect();
        Placing { scene, picture: Picture::default(), taps: Vec::new(), sources, turn: None }
    }

    /// The flow's name and description; says where the cards start.
    fn heading(&mut self, width: i32) -> i32 {
        let mut y = MARGIN - 6;
        for line in NAME.wrap(&self.scene.name, width, 2) {
            y += 24;
            self.label(MARGIN, y, width, NAME, "name", line);
        }
        y += 6;
        for line in ABOUT.wrap(&self.scene.description, width, 3) {
            y += 18;
            self.label(MARGIN, y, width, ABOUT, "about", line);
        }
        // Two thirds of a gap stay free above the second column, for the line that leads there.
        (y + 30) / 6 * 6
    }

    fn label(&mut self, x: i32, y: i32, room: i32, font: Font, class: &'static str, text: String) {
        let pieces = vec![Piece { text, paint: Paint::Plain }];
        self.picture.labels.push(Label { x, y, room, ends: false, font, class, pieces });
    }

    /// Places nodes one under another and says where they end.
    fn run(&mut self, nodes: &[usize], x: i32, y: i32, width: i32, column: usize) -> i32 {
        let mut bottom = y;
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                self.picture.arrows.push(vec![(x + PAD + 6, bottom), (x + PAD + 6, bottom + GAP)]);
                bottom += GAP;
            }
            bottom += self.node(*node, x, bottom, width, column);
        }
        bottom
    }

    /// Places a node, with all that it holds, and says how high it is.
    fn node(&mut self, at: usize, x: i32, y: i32, width: i32, column: usize) -> i32 {
        let scene = self.scene;
        let node = &scene.nodes[at];
        let panel = self.picture.panels.len();
        let frame = !node.lanes.is_empty();
        self.picture.panels.push(Panel { x, y, width, height: 0, node: at, frame });
        self.sources[at] = Some(Tap { source: at, y: y + HEADER / 2, left: x, right: x + width, column });
        self.header(node, at, x, y, width);
        let mut bottom = self.rows(&node.rows, x, y + HEADER, width, column);
        if !node.rows.is_empty() {
            bottom += FOOT;
        }
        for (index, lane) in node.lanes.iter().enumerate() {
            if index > 0 || !node.rows.is_empty() {
                self.picture.rules.push((x + 5, bottom, width - 5));
            }
            bottom = self.arm(lane, x, bottom, width, column);
        }
        if frame && !node.results.is_empty() {
            self.picture.rules.push((x + 5, bottom, width - 5));
            bottom = self.rows(&node.results, x, bottom + FOOT, width, column) + FOOT;
        }
        self.picture.panels[panel].height = bottom - y;
        bottom - y
    }

    fn arm(&mut self, lane: &super::scene::Lane, x: i32, y: i32, width: i32, column: usize) -> i32 {
        let baseline = y + ARM - 7;
        let label = LANE.shorten(&lane.label, width / 2);
        let taken = LANE.width(&label);
        let mut bottom = y + ARM;
        self.label(x + INSET, baseline, taken, LANE, "arm", label);
        let after = x + INSET + taken + 9;
        if let Some(when) = &lane.when {
            let room = x + width - INSET - after;
            let pieces = fit(BODY, &when.pieces, room);
            self.tap(when, y + ARM - 9, x, width, column);
            let label =
                Label { x: after, y: baseline, room, ends: false, font: BODY, class: "value", pieces };
            self.picture.labels.push(label);
        }
        if lane.nodes.is_empty() {
            if lane.when.is_none() {
                self.label(after, baseline, SMALL.width("no cards"), SMALL, "muted", "no cards".to_owned());
            }
            return bottom;
        }
        bottom = self.run(&lane.nodes, x + INSET, bottom, width - 2 * INSET, column);
        bottom + INSET
    }

    /// A card's title, its ID and its category.
    fn header(&mut self, node: &Node, at: usize, x: i32, y: i32, width: i32) {
        let (left, right, baseline) = (x + PAD, x + width - 12, y + 20);
        let title = TITLE.shorten(&node.title, (right - left) * 2 / 3);
        let taken = TITLE.width(&title);
        self.label(left, baseline, taken, TITLE, "title", title);
        let mut from = left + taken + 9;
        if let Some(id) = &node.id {
            let id = BODY.shorten(id, right - from);
            let room = BODY.width(&id);
            let pieces = vec![Piece { text: id, paint: Paint::From(at) }];
            self.picture.labels.push(Label {
                x: from,
                y: baseline,
                room,
                ends: false,
                font: BODY,
                class: "id",
                pieces,
            });
            from += room + 12;
        }
        let group = category::title(&node.group);
        if !group.is_empty() && SMALL.width(&group) <= right - from {
            let pieces = vec![Piece { text: group, paint: Paint::Muted }];
            let label = Label {
                x: right,
                y: baseline,
                room: right - from,
                ends: true,
                font: SMALL,
                class: "group",
                pieces,
            };
            self.picture.labels.push(label);
        }
    }

    /// Places rows, the values one under another, and says where they end.
    fn rows(&mut self, rows: &[Row], x: i32, y: i32, width: i32, column: usize) -> i32 {
        let (left, right) = (x + PAD, x + width - 12);
        let indent = |row: &Row| if row.form == Form::Passed { 12 } else { 0 };
        let keys = rows.iter().filter(|row| row.form != Form::Call);
        let widest = keys.map(|row| indent(row) + BODY.width(&row.key)).max().unwrap_or(0);
        let widest = widest.min((right - left) / 2);
        let mut bottom = y;
        for row in rows {
            let baseline = bottom + 13;
            let mut lines = 1;
            if row.form == Form::Call {
                self.call(row, left, baseline, right);
            } else {
                let from = left + indent(row);
                let key = BODY.shorten(&row.key, left + widest - from);
                self.label(from, baseline, left + widest - from, BODY, "key", key);
                let (x, room) = (left + widest + 12, right - left - widest - 12);
                let values = lay(BODY, &row.pieces, room);
                lines = values.len().max(1) as i32;
                for (y, pieces) in (baseline..).step_by(ROW as usize).zip(values) {
                    self.picture.labels.push(Label {
                        x,
                        y,
                        room,
                        ends: false,
                        font: BODY,
                        class: "value",
                        pieces,
                    });
                }
            }
            self.tap(row, bottom + ROW / 2, x, width, column);
            bottom += lines * ROW;
        }
        bottom
    }

    /// The tag that names a helper flow.
    fn call(&mut self, row: &Row, left: i32, baseline: i32, right: i32) {
        let before =
            if row.key == "flow" { String::new() } else { format!("{} ", row.key.replace('_', " ")) };
        let text = CALL.shorten(&format!("{before}→ {}", row.text()), right - left);
        let room = CALL.width(&text);
        self.picture.tags.push((left - 6, baseline - 13, room + 12));
        self.label(left, baseline, room, CALL, "call", text);
    }

    /// Notes what a row reads: up to three nodes side by side, so that their wires don't meet; further ones end with the last.
    fn tap(&mut self, row: &Row, y: i32, x: i32, width: i32, column: usize) {
        let offsets: &[i32] = match row.reads.len() {
            0 | 1 => &[0],
            2 => &[-6, 6],
            _ => &[-6, 0, 6],
        };
        for (index, source) in row.reads.iter().enumerate() {
            let offset = offsets.get(index).or(offsets.last()).copied().unwrap_or_default();
            self.taps.push(Tap { source: *source, y: y + offset, left: x, right: x + width, column });
        }
    }
}
