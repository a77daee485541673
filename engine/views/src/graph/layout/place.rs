//! From lines and ways to coordinates: first from top to bottom, then from left to right.

use std::collections::{BTreeMap, BTreeSet};

use super::super::scene::{Paint, Piece};
use super::super::wires::{Net, trace};
use super::face::Face;
use super::plan::{Part, Plan};
use super::route::{Channel, Level, Way};
use super::tracks::{Span, tracks};
use super::{ABOUT, GAP, GRID, INSET, Label, MARGIN, NAME, Panel, Picture, snap};

/// How far wires in a gap or strip lie from each other, and from the cards.
const PITCH: i32 = 9;
const CLEAR: i32 = 15;
/// From a line's cards to the first wire below them.
const STRIP: i32 = 14;
/// How far below a card's upper edge the arrow that leads to it ends.
const ORDER: i32 = 12;
/// No picture is narrower, for the sake of its heading.
const NARROWEST: i32 = 640;

/// Where everything is.
struct Placing<'a> {
    plan: &'a Plan<'a>,
    ways: &'a [Way],
    /// The upper edge of each item, line, strip, foot and lane.
    items: Vec<Spot>,
    lines: Vec<i32>,
    strips: Vec<i32>,
    feet: Vec<i32>,
    lanes: BTreeMap<(usize, usize), (i32, i32)>,
    /// The left edge of each frame's first gap, and the right edge of its lines.
    frames: Vec<(i32, i32)>,
    /// Which track of a gap each way has, and how many tracks there are.
    tracks: BTreeMap<Channel, (BTreeMap<usize, usize>, usize)>,
}

/// Where an item is.
#[derive(Clone, Copy, Default)]
struct Spot {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

/// Places everything.
pub fn place(plan: &Plan<'_>, ways: &[Way]) -> Picture {
    let mut placing = Placing {
        plan,
        ways,
        items: plan.items.iter().map(|item| Spot { width: item.width, ..Spot::default() }).collect(),
        lines: vec![0; plan.lines.len()],
        strips: vec![0; plan.lines.len()],
        feet: vec![0; plan.items.len()],
        lanes: BTreeMap::new(),
        frames: vec![(0, 0); plan.frames.len()],
        tracks: BTreeMap::new(),
    };
    let mut picture = Picture::default();
    let long = |line: usize| -> i32 {
        plan.lines[line].items.iter().map(|item| plan.items[*item].width + GAP).sum::<i32>() - GAP
    };
    let longest = plan.lines_of(0).map(long).max().unwrap_or(0);
    let top = heading(plan, &mut picture, longest.max(NARROWEST - 2 * MARGIN));
    let bottom = placing.down(0, top);
    placing.tracks = placing.gaps();
    let right = placing.across(0, MARGIN);
    picture.width = (right + MARGIN).max(NARROWEST);
    picture.height = bottom + MARGIN;
    placing.draw(0, &mut picture);
    picture.nets = ways.iter().filter_map(|way| placing.net(way)).collect();
    picture
}

/// The flow's name and description; says where the cards start.
fn heading(plan: &Plan<'_>, picture: &mut Picture, width: i32) -> i32 {
    let mut y = MARGIN - 6;
    let mut write = |text: String, y: i32, font, class| {
        let pieces = vec![Piece { text, paint: Paint::Plain }];
        picture.labels.push(Label { x: MARGIN, y, room: width, font, class, pieces, flow: None });
    };
    for line in NAME.wrap(&plan.scene.name, width.min(1000), 2) {
        y += 24;
        write(line, y, NAME, "name");
    }
    y += 6;
    for line in ABOUT.wrap(&plan.scene.description, width.min(1000), 4) {
        y += 18;
        write(line, y, ABOUT, "about");
    }
    snap(y + GRID)
}

impl Placing<'_> {
    /// Gives the lines of a frame their heights; where they end.
    fn down(&mut self, frame: usize, top: i32) -> i32 {
        let plan = self.plan;
        let mut y = top;
        for (index, lane) in plan.frames[frame].lanes.iter().enumerate() {
            let from = y;
            y += lane.face.height;
            for (place, line) in lane.lines.iter().enumerate() {
                // Between two lines there is room for the arrow that leads from one to the other.
                y += if place > 0 { GRID } else { 0 };
                y = self.line(*line, y);
            }
            if plan.frames[frame].item.is_some() && !lane.lines.is_empty() {
                y = snap(y + INSET);
            }
            self.lanes.insert((frame, index), (from, y));
        }
        y
    }

    fn line(&mut self, line: usize, y: i32) -> i32 {
        let plan = self.plan;
        self.lines[line] = y;
        let bottoms = plan.lines[line].items.iter().map(|item| self.item(*item, y));
        self.strips[line] = snap(bottoms.max().unwrap_or(y));
        let wires = plan.lines[line].strip.iter().map(|(.., track)| track + 1).max().unwrap_or(0) as i32;
        self.strips[line] + if wires == 0 { 0 } else { snap(STRIP + wires * PITCH) }
    }

    fn item(&mut self, item: usize, y: i32) -> i32 {
        let it = &self.plan.items[item];
        let mut bottom = y + it.head.height;
        if let Some(frame) = it.frame {
            bottom = self.down(frame, snap(bottom));
            self.feet[item] = bottom;
            bottom += it.foot.height;
        }
        self.items[item].y = y;
        self.items[item].height = bottom - y;
        bottom
    }

    /// How far down a level piece of a way lies.
    fn level(&self, way: &Way, level: Level) -> i32 {
        match level {
            Level::Strip(line) => {
                let strip = self.plan.lines[line].strip.iter();
                let mut track = strip.filter(|(source, ..)| *source == way.source).map(|(.., track)| *track);
                self.strips[line] + STRIP + track.next().unwrap_or(0) as i32 * PITCH
            }
            Level::In(item, part, y) | Level::Out(item, part, y) => match part {
                Part::Head => self.items[item].y + y,
                Part::Foot => self.feet[item] + y,
                Part::Arm(index) => {
                    let frame = self.plan.items[item].frame.unwrap_or(0);
                    self.lanes.get(&(frame, index)).map_or(0, |(top, _)| *top) + y
                }
            },
        }
    }

    /// Gives the wires in each gap their tracks.
    fn gaps(&self) -> BTreeMap<Channel, (BTreeMap<usize, usize>, usize)> {
        let mut all: BTreeMap<Channel, Vec<(i32, i32, usize, Span)>> = BTreeMap::new();
        for (index, way) in self.ways.iter().enumerate() {
            for (channel, levels) in &way.channels {
                let at = |level: &Level| self.level(way, *level);
                let span = Span {
                    from: levels.iter().map(at).min().unwrap_or(0),
                    to: levels.iter().map(at).max().unwrap_or(0),
                };
                if span.from == span.to {
                    continue;
                }
                // Wires that come from a card keep left, those to a card right, and each nests in the next: so few cross.
                let (mut side, mut order) = (0, 0);
                for level in levels {
                    match level {
                        Level::Out(..) => (side, order) = (side - 1, order - at(level)),
                        Level::In(..) => (side, order) = (side + 1, order + at(level)),
                        Level::Strip(_) => {}
                    }
                }
                all.entry(*channel).or_default().push((side, order, index, span));
            }
        }
        let mut given = BTreeMap::new();
        for (channel, mut wires) in all {
            wires.sort_by_key(|(side, order, index, _)| (*side, *order, *index));
            let spans: Vec<Span> = wires.iter().map(|(.., span)| *span).collect();
            let (places, count) = tracks(&spans, PITCH);
            let of = wires.iter().map(|(_, _, way, _)| *way).zip(places).collect();
            given.insert(channel, (of, count));
        }
        given
    }

    fn gap(&self, channel: Channel) -> i32 {
        match self.tracks.get(&channel) {
            Some((_, count)) => 2 * CLEAR + (*count as i32 - 1) * PITCH,
            None => 0,
        }
    }

    /// Gives the lines of a frame their places from left to right; where they end.
    fn across(&mut self, frame: usize, left: i32) -> i32 {
        let plan = self.plan;
        let wraps = plan.frames[frame].lanes.iter().any(|lane| lane.lines.len() > 1);
        let least = if wraps {
            GRID
        } else if frame > 0 {
            INSET
        } else {
            0
        };
        let start = left + self.gap(Channel::Bus(frame)).max(least);
        let mut right = start;
        for lane in &plan.frames[frame].lanes {
            for line in &lane.lines {
                let mut x = start;
                let count = plan.lines[*line].items.len();
                for (place, item) in plan.lines[*line].items.iter().enumerate() {
                    x = self.wide(*item, x);
                    let gap = self.gap(Channel::Gap(*line, place + 1));
                    x += if place + 1 < count { gap.max(GAP) } else { gap };
                }
                right = right.max(x + if lane.lines.len() > 1 { GRID } else { 0 });
            }
        }
        self.frames[frame] = (left, right);
        right
    }

    fn wide(&mut self, item: usize, x: i32) -> i32 {
        self.items[item].x = x;
        if let Some(frame) = self.plan.items[item].frame {
            let right = self.across(frame, x + INSET);
            self.items[item].width = self.items[item].width.max(right + 2 * INSET - x);
        }
        x + self.items[item].width
    }

    /// Draws what lies in a frame.
    fn draw(&self, frame: usize, picture: &mut Picture) {
        let plan = self.plan;
        let (left, right) = self.frames[frame];
        for (index, lane) in plan.frames[frame].lanes.iter().enumerate() {
            let start = left + self.gap(Channel::Bus(frame)).max(INSET);
            if let (Some(item), Some((top, bottom))) =
                (plan.frames[frame].item, self.lanes.get(&(frame, index)))
            {
                let spot = self.items[item];
                picture.lanes.push((spot.x + 6, top + 3, spot.width - 12, bottom - top - 6));
                self.face(&lane.face, start, *top, picture);
            }
            for (place, line) in lane.lines.iter().enumerate() {
                self.order(*line, picture);
                if let Some(next) = lane.lines.get(place + 1) {
                    picture.arrows.extend(self.turn(*line, *next, left + 6, right));
                }
                for item in &plan.lines[*line].items {
                    self.draw_item(*item, picture);
                }
            }
        }
    }

    fn draw_item(&self, item: usize, picture: &mut Picture) {
        let it = &self.plan.items[item];
        let Spot { x, y, width, height } = self.items[item];
        picture.panels.push(Panel { x, y, width, height, node: item, frame: it.frame.is_some() });
        self.face(&it.head, x, y, picture);
        if let Some(frame) = it.frame {
            let labels = picture.labels.len();
            self.face(&it.foot, x, self.feet[item], picture);
            // What the block gives stands at its right edge, which the wires in it have moved.
            for label in picture.labels[labels..].iter_mut().filter(|label| label.class == "give") {
                label.x += width - it.width;
            }
            self.draw(frame, picture);
        }
    }

    fn face(&self, face: &Face, x: i32, y: i32, picture: &mut Picture) {
        let labels = face.labels.iter().cloned();
        picture.labels.extend(labels.map(|label| Label { x: label.x + x, y: label.y + y, ..label }));
        picture.tags.extend(face.tags.iter().map(|(left, top, width)| (left + x, top + y, *width)));
        picture.rules.extend(face.rules.iter().map(|(left, top, width)| (left + x, top + y, *width)));
    }

    /// The arrows between the cards of a line.
    fn order(&self, line: usize, picture: &mut Picture) {
        for pair in self.plan.lines[line].items.windows(2) {
            let (from, to) = (self.items[pair[0]], self.items[pair[1]]);
            picture.arrows.push(vec![(from.x + from.width, from.y + ORDER), (to.x, to.y + ORDER)]);
        }
    }

    /// The arrow from the end of a line to the start of the next.
    fn turn(&self, line: usize, next: usize, left: i32, right: i32) -> Option<Vec<(i32, i32)>> {
        let from = self.items[*self.plan.lines[line].items.last()?];
        let to = self.items[*self.plan.lines[next].items.first()?];
        let (start, end, between) = (from.y + ORDER, to.y + ORDER, self.lines[next] - GRID / 2);
        let right = right - GRID / 3;
        Some(vec![
            (from.x + from.width, start),
            (right, start),
            (right, between),
            (left, between),
            (left, end),
            (to.x, end),
        ])
    }

    /// The wires of a way.
    fn net(&self, way: &Way) -> Option<Net> {
        let index = self.ways.iter().position(|other| other.source == way.source)?;
        let mut upright: Vec<(i32, BTreeSet<i32>)> = Vec::new();
        let mut level: Vec<(i32, BTreeSet<i32>)> = Vec::new();
        for (channel, levels) in &way.channels {
            let Some(x) = self.track(*channel, index) else { continue };
            upright.push((x, levels.iter().map(|level| self.level(way, *level)).collect()));
        }
        for (at, channels) in &way.levels {
            let mut along: BTreeSet<i32> =
                channels.iter().filter_map(|channel| self.track(*channel, index)).collect();
            along.extend(self.edge(*at));
            level.push((self.level(way, *at), along));
        }
        let place = |at: &Level| Some((self.edge(*at)?, self.level(way, *at)));
        let start = way.start.as_ref().and_then(place)?;
        let ends: Vec<(i32, i32)> = way.ends.iter().filter_map(place).collect();
        let paths = trace(start, &ends, &upright, &level);
        Some(Net { source: way.source, start, ends, paths })
    }

    /// Where a wire meets an item.
    fn edge(&self, level: Level) -> Option<i32> {
        match level {
            Level::In(item, ..) => Some(self.items[item].x),
            Level::Out(item, ..) => Some(self.items[item].x + self.items[item].width),
            Level::Strip(_) => None,
        }
    }

    /// Where a way lies in a gap; nowhere if it only goes across.
    fn track(&self, channel: Channel, way: usize) -> Option<i32> {
        let track = *self.tracks.get(&channel)?.0.get(&way)?;
        let left = match channel {
            Channel::Bus(frame) => self.frames[frame].0,
            Channel::Gap(line, gap) => {
                let before = self.items[*self.plan.lines[line].items.get(gap.checked_sub(1)?)?];
                before.x + before.width
            }
        };
        Some(left + CLEAR + track as i32 * PITCH)
    }
}
