//! Where everything lies: cards from left to right, as on Okta's canvas, in as many lines as it takes.
//!
//! Blocks are frames whose arms are lanes. Wires never cross a card: each runs in the gaps between cards and in the strip below
//! a line, and no two share a place there. First it is settled which gaps and strips a wire takes (`route`), which says how
//! high the strips are, then where everything is from top to bottom, then how wide the gaps are (`place`).
//!
//! No two levels of a gap coincide, because each kind keeps to its own rows of a grid of 18 pixels: wires leave cards at
//! multiples of it, enter them at 3, 9 and 15 more, and lie in strips at 5 and 14 more.

mod face;
mod place;
mod plan;
mod route;
mod tracks;

use super::scene::{Piece, Scene};
use super::text::Font;
use super::wires::Net;

/// The grid of the picture.
const GRID: i32 = 18;
/// The picture's outer margin.
const MARGIN: i32 = 18;
/// A card's width.
const CARD: i32 = 288;
/// What lies between two cards at the least.
const GAP: i32 = 36;
/// How far a block's lanes lie from its frame.
const INSET: i32 = 9;

/// The font of the flow's name.
pub const NAME: Font = Font::bold(18);
/// The flow's description.
pub const ABOUT: Font = Font::regular(13);
/// The title of a card.
pub const TITLE: Font = Font::bold(13);
/// Rows.
pub const BODY: Font = Font::regular(12);
/// Helper flows that are called.
pub const CALL: Font = Font::bold(12);
/// Categories and notes.
pub const SMALL: Font = Font::regular(11);
/// The names of arms.
pub const LANE: Font = Font::bold(11);

/// A picture, ready to be written.
#[derive(Debug, Default)]
pub struct Picture {
    pub width: i32,
    pub height: i32,
    /// Boxes, each before those that lie in it.
    pub panels: Vec<Panel>,
    /// What lies behind the arms of blocks: left edge, upper edge, width and height.
    pub lanes: Vec<(i32, i32, i32, i32)>,
    /// Texts.
    pub labels: Vec<Label>,
    /// The arrows of the order in which the cards run: places that a line goes through.
    pub arrows: Vec<Vec<(i32, i32)>>,
    /// What lies between inputs and outputs: start and length of a line.
    pub rules: Vec<(i32, i32, i32)>,
    /// What lies behind the names of helper flows: left edge, upper edge and width.
    pub tags: Vec<(i32, i32, i32)>,
    /// The wires.
    pub nets: Vec<Net>,
}

/// A box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    pub width: i32,
    pub height: i32,
    /// The node it stands for.
    pub node: usize,
    /// Whether it holds other boxes.
    pub frame: bool,
}

/// A text.
#[derive(Clone, Debug)]
pub struct Label {
    /// Where it starts.
    pub x: i32,
    /// The line it stands on.
    pub y: i32,
    /// How wide it may be.
    pub room: i32,
    pub font: Font,
    /// What it is, for the style sheet.
    pub class: &'static str,
    /// The text.
    pub pieces: Vec<Piece>,
    /// The flow that it names.
    pub flow: Option<String>,
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
        let mut plan = plan::Plan::new(scene);
        let ways = route::route(&mut plan);
        place::place(&plan, &ways)
    }
}

/// The next row of the grid.
fn snap(y: i32) -> i32 {
    (y + GRID - 1) / GRID * GRID
}
