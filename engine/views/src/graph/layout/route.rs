//! Which gaps and strips each wire takes.
//!
//! A gap lies before every card of a line and behind the last; the first gaps of all lines of a frame are one, by which wires
//! get from line to line and out of the frame, into the gap before its block. So wires form a tree of the frames and lines.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Line, Part, Plan};
use super::tracks::{Span, tracks};

/// A gap that wires run through from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// That at the start of a frame's lines.
    Bus(usize),
    /// That behind so many cards of a line.
    Gap(usize, usize),
}

/// How far down a level piece of a wire lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Where a wire leaves an item.
    Out(usize, Part, i32),
    /// In the strip below a line.
    Strip(usize),
    /// Where a wire enters an item.
    In(usize, Part, i32),
}

/// The way of all wires from one source.
#[derive(Debug, Default)]
pub struct Way {
    pub source: usize,
    /// Where it starts.
    pub start: Option<Level>,
    /// Where it ends.
    pub ends: Vec<Level>,
    /// What each gap connects.
    pub channels: BTreeMap<Channel, BTreeSet<Level>>,
    /// Which gaps each level piece reaches.
    pub levels: BTreeMap<Level, BTreeSet<Channel>>,
}

/// One end of a wire: the item and the gap it lies at.
struct End {
    level: Level,
    item: usize,
    gap: usize,
    /// The frames that the item lies in.
    frames: Vec<usize>,
}

/// Finds the way of every wire, and fills the strips of the plan.
pub fn route(plan: &mut Plan<'_>) -> Vec<Way> {
    let mut ends: Vec<Vec<End>> = plan.scene.sources.iter().map(|_| Vec::new()).collect();
    for item in 0..plan.items.len() {
        let place = plan.items[item].place;
        for (source, part, y) in plan.outs(item) {
            ends[source].push(end(plan, Level::Out(item, part, y), item, place + 1));
        }
        for (source, part, y) in plan.ins(item) {
            ends[source].push(end(plan, Level::In(item, part, y), item, place));
        }
    }
    let mut ways = Vec::new();
    for (source, ends) in ends.into_iter().enumerate() {
        let start = ends.iter().map(|end| end.level).find(|level| matches!(level, Level::Out(..)));
        if start.is_none() || ends.len() < 2 {
            continue;
        }
        let targets = ends.iter().map(|end| end.level).filter(|level| Some(*level) != start).collect();
        let way = Way { source, start, ends: targets, ..Way::default() };
        let mut router = Router { plan, ends, way };
        router.frame(0);
        ways.push(router.way);
    }
    plan.lines.iter_mut().for_each(stack);
    ways
}

/// Gives the wires in the strip below a line their tracks, the shortest next to the cards.
fn stack(line: &mut Line) {
    line.strip.sort_by_key(|(source, (from, to), _)| (to - from, *source));
    let spans: Vec<Span> =
        line.strip.iter().map(|(_, (from, to), _)| Span { from: *from as i32, to: *to as i32 }).collect();
    let (given, _) = tracks(&spans, 0);
    for (wire, track) in line.strip.iter_mut().zip(given) {
        wire.2 = track;
    }
}

fn end(plan: &Plan<'_>, level: Level, item: usize, gap: usize) -> End {
    let mut frames = vec![plan.lines[plan.items[item].line].frame];
    while let Some(outer) = frames.last().and_then(|frame| plan.frames[*frame].item) {
        frames.push(plan.lines[plan.items[outer].line].frame);
    }
    End { level, item, gap, frames }
}

/// The gap behind so many cards of a line.
fn channel(plan: &Plan<'_>, line: usize, gap: usize) -> Channel {
    if gap == 0 { Channel::Bus(plan.lines[line].frame) } else { Channel::Gap(line, gap) }
}

struct Router<'a, 'p> {
    plan: &'a mut Plan<'p>,
    ends: Vec<End>,
    way: Way,
}

impl Router<'_, '_> {
    fn join(&mut self, channel: Channel, level: Level) {
        self.way.channels.entry(channel).or_default().insert(level);
        self.way.levels.entry(level).or_default().insert(channel);
    }

    fn inside(&self, frame: usize) -> usize {
        self.ends.iter().filter(|end| end.frames.contains(&frame)).count()
    }

    /// Finds the way within a frame; if the wire goes on outside of it, says at what level.
    fn frame(&mut self, frame: usize) -> Option<Level> {
        let lines: Vec<usize> = self.plan.lines_of(frame).collect();
        let mut entry = None;
        for line in lines {
            let found = self.line(line);
            entry = entry.or(found);
        }
        entry.filter(|_| self.inside(frame) < self.ends.len())
    }

    /// Finds the way within a line; if the wire goes on outside of it, says at what level.
    fn line(&mut self, line: usize) -> Option<Level> {
        let items = self.plan.lines[line].items.clone();
        let mut gaps: BTreeMap<usize, Level> = BTreeMap::new();
        let mut count = 0;
        for (place, item) in items.into_iter().enumerate() {
            let own: Vec<(usize, Level)> =
                self.ends.iter().filter(|end| end.item == item).map(|end| (end.gap, end.level)).collect();
            count += own.len();
            for (gap, level) in own {
                gaps.entry(gap).or_insert(level);
                self.join(channel(self.plan, line, gap), level);
            }
            let Some(inner) = self.plan.items[item].frame else { continue };
            let inside = self.inside(inner);
            if inside == 0 {
                continue;
            }
            count += inside;
            if let Some(level) = self.frame(inner) {
                gaps.entry(place).or_insert(level);
                self.join(channel(self.plan, line, place), level);
            }
        }
        if count == 0 {
            return None;
        }
        let leaves = count < self.ends.len();
        let mut strip: BTreeSet<usize> = gaps.keys().copied().collect();
        if leaves {
            strip.insert(0);
        }
        if strip.len() > 1 {
            let span = (strip.first().copied().unwrap_or(0), strip.last().copied().unwrap_or(0));
            self.plan.lines[line].strip.push((self.way.source, span, 0));
            for gap in strip {
                self.join(channel(self.plan, line, gap), Level::Strip(line));
            }
            return leaves.then_some(Level::Strip(line));
        }
        gaps.get(&0).copied().filter(|_| leaves)
    }
}
