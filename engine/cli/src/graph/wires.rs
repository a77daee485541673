//! The wires: each node that is read has one trunk in the strip beside the cards, from which a branch goes to every row
//! that reads it.

use super::paint::COLOURS;

/// Where a wire meets a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    /// The node that is read.
    pub source: usize,
    /// How far down.
    pub y: i32,
    /// The card's left edge.
    pub left: i32,
    /// The card's right edge.
    pub right: i32,
    /// The column it stands in.
    pub column: usize,
}

/// All wires of a picture.
#[derive(Debug, Default)]
pub struct Wires {
    /// The nets, from the outermost lane of the first column on.
    pub nets: Vec<Net>,
    /// The lane that is left free for the line from the first column to the second.
    pub turn: Option<i32>,
}

/// The wires that come from one node.
#[derive(Debug)]
pub struct Net {
    /// The node.
    pub source: usize,
    /// Its place among the colours.
    pub colour: usize,
    /// Where it leaves the node.
    pub start: (i32, i32),
    /// Where its trunk lies.
    pub x: i32,
    /// Where its wires end, and whether they come from the right.
    pub ends: Vec<(i32, i32, bool)>,
}

/// How far lanes lie from each other, and how far from the cards.
const PITCH: i32 = 9;
const CLEAR: i32 = 15;
/// How many pixels two nets in one lane stay from each other.
const APART: i32 = 12;
/// More lanes than this are left in their first order; to find a better one would take too long.
const MANY: usize = 48;

/// Which net lies in which lane.
#[derive(Debug)]
pub struct Routes {
    /// The nets of each lane; the lane of the turn has none.
    lanes: Vec<Vec<usize>>,
    turn: Option<usize>,
}

/// A net while lanes are being given out.
#[derive(Debug)]
struct Span {
    source: usize,
    top: i32,
    bottom: i32,
    /// How far down each wire to a card of the first column lies, and of the second.
    taps: [Vec<i32>; 2],
}

/// Gives every net a lane: short nets near their cards, those between the columns in the middle.
pub fn route(taps: &[Tap], sources: &[Option<Tap>], two_columns: bool) -> Routes {
    let spans = spans(taps, sources);
    let side = |span: &Span| match (span.taps[0].is_empty(), span.taps[1].is_empty()) {
        (_, true) => 0,
        (true, false) => 2,
        (false, false) => 1,
    };
    let mut groups: [Vec<Vec<usize>>; 3] = Default::default();
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|index| (spans[*index].bottom - spans[*index].top, *index));
    for index in order {
        let span = &spans[index];
        let group = &mut groups[side(span)];
        let free = |lane: &&mut Vec<usize>| {
            lane.iter().all(|other| {
                let other = &spans[*other];
                other.bottom + APART < span.top || span.bottom + APART < other.top
            })
        };
        match group.iter_mut().find(free) {
            Some(lane) => lane.push(index),
            None => group.push(vec![index]),
        }
    }
    let [first, mut middle, mut second] = groups;
    second.reverse();
    let turn = two_columns.then_some(first.len());
    let mut lanes = first;
    if two_columns {
        lanes.push(Vec::new());
    }
    lanes.append(&mut middle);
    lanes.append(&mut second);
    untangle(&mut lanes, &spans, turn);
    for lane in &mut lanes {
        for index in lane {
            *index = spans[*index].source;
        }
    }
    Routes { lanes, turn }
}

fn spans(taps: &[Tap], sources: &[Option<Tap>]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for source in sources.iter().flatten() {
        let mut all = taps.iter().filter(|tap| tap.source == source.source).peekable();
        if all.peek().is_none() {
            continue;
        }
        let mut span =
            Span { source: source.source, top: source.y, bottom: source.y, taps: Default::default() };
        for tap in all.chain(std::iter::once(source)) {
            span.top = span.top.min(tap.y);
            span.bottom = span.bottom.max(tap.y);
            span.taps[tap.column.min(1)].push(tap.y);
        }
        spans.push(span);
    }
    spans
}

/// Swaps neighbouring lanes as long as fewer wires cross.
fn untangle(lanes: &mut [Vec<usize>], spans: &[Span], turn: Option<usize>) {
    if lanes.len() > MANY {
        return;
    }
    for _ in 0..lanes.len() {
        let mut better = false;
        for left in 0..lanes.len().saturating_sub(1) {
            if turn.is_some_and(|turn| turn == left || turn == left + 1) {
                continue;
            }
            let pair = |a: &[usize], b: &[usize]| crossings(a, b, spans);
            if pair(&lanes[left + 1], &lanes[left]) < pair(&lanes[left], &lanes[left + 1]) {
                lanes.swap(left, left + 1);
                better = true;
            }
        }
        if !better {
            return;
        }
    }
}

/// How often wires of two neighbouring lanes cross: those of the first column that go on to the right lane, those of the
/// second that go on to the left one.
fn crossings(left: &[usize], right: &[usize], spans: &[Span]) -> usize {
    let hits = |from: &[usize], column: usize, over: &[usize]| -> usize {
        let taps = from.iter().flat_map(|index| &spans[*index].taps[column]);
        taps.map(|y| {
            over.iter().filter(|other| spans[**other].top <= *y && *y <= spans[**other].bottom).count()
        })
        .sum()
    };
    hits(right, 0, left) + hits(left, 1, right)
}

impl Routes {
    /// How wide the strip is.
    pub fn width(&self) -> i32 {
        match self.lanes.len() as i32 {
            0 => 0,
            lanes => 2 * CLEAR + (lanes - 1) * PITCH,
        }
    }

    /// The wires, in a strip that starts at `left`.
    pub fn draw(&self, taps: &[Tap], sources: &[Option<Tap>], left: i32) -> Wires {
        let lane = |index: usize| left + CLEAR + index as i32 * PITCH;
        let mut wires = Wires { nets: Vec::new(), turn: self.turn.map(lane) };
        let edge = |tap: &Tap| if tap.column == 0 { (tap.right, tap.y) } else { (tap.left, tap.y) };
        for (index, nets) in self.lanes.iter().enumerate() {
            for source in nets.iter().filter_map(|source| sources.get(*source)?.as_ref()) {
                let of_source = taps.iter().filter(|tap| tap.source == source.source);
                wires.nets.push(Net {
                    source: source.source,
                    colour: 0,
                    start: edge(source),
                    x: lane(index),
                    ends: of_source.map(|tap| (edge(tap).0, tap.y, tap.column == 0)).collect(),
                });
            }
        }
        colour(&mut wires.nets);
        wires
    }
}

/// Gives each net a colour, in the order of the cards; nets that lie near each other get different ones.
fn colour(nets: &mut [Net]) {
    let mut order: Vec<usize> = (0..nets.len()).collect();
    order.sort_by_key(|index| nets[*index].source);
    let mut done: Vec<usize> = Vec::new();
    for (place, index) in order.into_iter().enumerate() {
        let near = |other: &&usize| (nets[**other].x - nets[index].x).abs() <= 3 * PITCH;
        let taken: Vec<usize> = done.iter().filter(near).map(|other| nets[*other].colour).collect();
        let wish = (place..place + COLOURS).map(|colour| colour % COLOURS);
        nets[index].colour = wish.clone().find(|colour| !taken.contains(colour)).unwrap_or(place % COLOURS);
        done.push(index);
    }
}
