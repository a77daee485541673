//! What stands on a card: its texts and where wires meet it, seen from its upper left corner.

use super::super::fit::{fit, lay};
use super::super::scene::{Form, Give, Lane, Node, Paint, Piece, Row};
use super::super::text::Font;
use super::{BODY, CALL, GRID, LANE, Label, SMALL, TITLE};

/// The height of a card's title, with what stands below it.
const HEADER: i32 = 36;
/// From a card's edges to its texts.
const PAD: i32 = 15;
/// So many wires end at one line of a row.
const TIPS: usize = 3;
/// So many lines of a note are shown, and of a card that is only a note.
const NOTE: usize = 2;
const COMMENT: usize = 9;

/// A card's face, or a part of a block's.
#[derive(Debug, Default)]
pub struct Face {
    /// Texts.
    pub labels: Vec<Label>,
    /// What lies behind the names of helper flows.
    pub tags: Vec<(i32, i32, i32)>,
    /// Lines between rows.
    pub rules: Vec<(i32, i32, i32)>,
    /// The sources of wires that end here, and how far down.
    pub ins: Vec<(usize, i32)>,
    /// The sources that wires start from here, and how far down.
    pub outs: Vec<(usize, i32)>,
    pub height: i32,
    width: i32,
}

impl Face {
    /// All of a card, and the upper part of a block.
    pub fn head(node: &Node, whole: Option<usize>, width: i32) -> Face {
        let mut face = Face { width, ..Face::default() };
        face.outs.extend(whole.map(|source| (source, GRID)));
        face.header(node);
        face.note(node);
        face.rows(&node.rows);
        if node.lanes.is_empty() {
            face.gives(&node.gives);
            face.height += GRID / 2;
        }
        face
    }

    /// The lower part of a block: what it gives.
    pub fn foot(node: &Node, width: i32) -> Face {
        let mut face = Face { width, ..Face::default() };
        face.rows(&node.results);
        face.gives(&node.gives);
        face.height += GRID / 2;
        face
    }

    /// The line that names an arm; texts start at `left`.
    pub fn arm(lane: &Lane, width: i32) -> Face {
        let mut face = Face { width, ..Face::default() };
        let baseline = 24;
        let label = LANE.shorten(&lane.label, width / 3);
        let taken = LANE.width(&label);
        face.label(0, baseline, taken, LANE, "arm", label);
        let (after, room) = (taken + 9, width - taken - 9);
        if let Some(when) = &lane.when {
            let pieces = fit(BODY, &when.pieces, room);
            face.labels.push(text(after, baseline, room, BODY, "value", pieces));
            face.taps(&when.reads, GRID, 1);
        } else if lane.nodes.is_empty() {
            face.label(after, baseline, SMALL.width("no cards"), SMALL, "muted", "no cards".to_owned());
        }
        face.height = 2 * GRID;
        face
    }

    fn room(&self) -> i32 {
        self.width - 2 * PAD
    }

    fn label(&mut self, x: i32, y: i32, room: i32, font: Font, class: &'static str, it: String) {
        self.labels.push(text(x, y, room, font, class, vec![Piece { text: it, paint: Paint::Plain }]));
    }

    /// The title, and below it what kind of card it is.
    fn header(&mut self, node: &Node) {
        let room = self.room();
        self.label(PAD, 17, room, TITLE, "title", TITLE.shorten(&node.title, room));
        let kind = SMALL.shorten(&node.kind, room);
        let after = PAD + if kind.is_empty() { 0 } else { SMALL.width(&kind) + 9 };
        self.label(PAD, 31, room, SMALL, "muted", kind);
        // The ID by which wires name the card, unless the title says it.
        let letters = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
        let said = |id: &str| letters(id) == letters(&node.title);
        if let Some(id) = node.id.as_deref().filter(|id| !said(id)) {
            let left = PAD + room - after;
            if left > 40 {
                self.label(after, 31, left, SMALL, "id", SMALL.shorten(id, left));
            }
        }
        self.height = HEADER;
    }

    fn note(&mut self, node: &Node) {
        let Some(note) = &node.note else { return };
        let most = if node.rows.is_empty() && node.lanes.is_empty() { COMMENT } else { NOTE };
        for line in SMALL.wrap(note, self.room(), most) {
            self.label(PAD, self.height + 13, self.room(), SMALL, "note", line);
            self.height += GRID;
        }
    }

    /// The fields, one below another, the values beside their names.
    fn rows(&mut self, rows: &[Row]) {
        let indent = |row: &Row| if row.form == Form::Passed { 12 } else { 0 };
        let keys = rows.iter().filter(|row| row.form != Form::Call);
        let widest = keys.map(|row| indent(row) + BODY.width(&row.key)).max().unwrap_or(0);
        let widest = widest.min(self.room() * 2 / 5);
        for row in rows {
            let baseline = self.height + 13;
            let mut lines = 1;
            if row.form == Form::Call {
                self.call(row, baseline);
            } else {
                let from = indent(row);
                let key = BODY.shorten(&row.key, widest - from);
                self.label(PAD + from, baseline, widest - from, BODY, "key", key);
                let after = if widest == 0 { 0 } else { widest + 12 };
                let room = self.room() - after;
                let values = lay(BODY, &row.pieces, room);
                lines = values.len().max(1);
                for (y, pieces) in (baseline..).step_by(GRID as usize).zip(values) {
                    self.labels.push(text(PAD + after, y, room, BODY, "value", pieces));
                }
            }
            lines = lines.max(row.reads.len().div_ceil(TIPS));
            self.taps(&row.reads, self.height, lines);
            self.height += lines as i32 * GRID;
        }
    }

    /// The tag that names a helper flow.
    fn call(&mut self, row: &Row, baseline: i32) {
        let before =
            if row.key == "flow" { String::new() } else { format!("{} ", row.key.replace('_', " ")) };
        let name = row.text();
        let shown = CALL.shorten(&format!("{before}→ {name}"), self.room() - 6);
        let room = CALL.width(&shown);
        self.tags.push((PAD - 6, baseline - 13, room + 12));
        self.label(PAD, baseline, room, CALL, "call", shown);
        if let Some(label) = self.labels.last_mut() {
            label.flow = row.calls.as_ref().map(|path| path.to_string());
        }
    }

    /// Where the wires to a row end: up to three at each of its lines.
    fn taps(&mut self, reads: &[usize], top: i32, lines: usize) {
        let middles = (0..lines as i32).map(|line| top + line * GRID + GRID / 2);
        for (middle, reads) in middles.zip(reads.chunks(TIPS)) {
            let offsets: &[i32] = match reads.len() {
                1 => &[0],
                2 => &[-6, 6],
                _ => &[-6, 0, 6],
            };
            self.ins.extend(reads.iter().zip(offsets).map(|(source, offset)| (*source, middle + offset)));
        }
    }

    /// The outputs, half a row lower than the inputs, so that wires from cards never meet those to cards.
    fn gives(&mut self, gives: &[Give]) {
        if gives.is_empty() {
            return;
        }
        self.height += GRID / 2;
        if self.height > HEADER + GRID / 2 {
            self.rules.push((PAD, self.height - 4, self.room()));
        }
        for give in gives {
            let baseline = self.height + 13;
            let known = give.row.text();
            let most = if known.is_empty() { self.room() } else { self.room() / 2 };
            let name = BODY.shorten(&give.row.key, most);
            let taken = BODY.width(&name);
            let right = PAD + self.room();
            self.label(right - taken, baseline, taken, BODY, "give", name);
            if !known.is_empty() {
                let pieces = fit(BODY, &give.row.pieces, right - taken - 12 - PAD);
                self.labels.push(text(PAD, baseline, right - taken - 12 - PAD, BODY, "value", pieces));
            }
            self.outs.extend(give.source.map(|source| (source, self.height + GRID / 2)));
            self.height += GRID;
        }
    }
}

fn text(x: i32, y: i32, room: i32, font: Font, class: &'static str, pieces: Vec<Piece>) -> Label {
    Label { x, y, room, font, class, pieces, flow: None }
}
