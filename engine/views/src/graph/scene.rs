//! What a picture of a flow shows, before anything is placed: nodes, their rows, and who reads whom.

use flowrun_core::model::Expr;
use flowrun_core::source::Span;
use flowrun_core::value::{Text, Value};

/// A flow as it is drawn. Node 0 is what starts it.
#[derive(Debug)]
pub struct Scene {
    /// Okta's name of the flow.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Every node, each before those that it holds.
    pub nodes: Vec<Node>,
    /// The nodes that lie in no other, in their order.
    pub body: Vec<usize>,
    /// What is read of nodes: where wires start.
    pub sources: Vec<Source>,
}

/// An output that is read, or a whole node.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub node: usize,
    /// The output's name; empty for all that the node gives.
    pub name: Text,
}

/// A card, or what starts the flow.
#[derive(Debug, Default)]
pub struct Node {
    /// The card's ID in the catalog; empty for what starts the flow.
    pub card: Text,
    /// What stands at the top: the author's title where the ID tells one, or else the card's name.
    pub title: String,
    /// The connector or category, and the card's name where the title is another.
    pub kind: String,
    /// The name by which wires read it.
    pub id: Option<Text>,
    /// The category, as IDs of cards write it.
    pub group: String,
    /// The fields.
    pub rows: Vec<Row>,
    /// The arms of a block.
    pub lanes: Vec<Lane>,
    /// What a block gives, once an arm has run.
    pub results: Vec<Row>,
    /// The outputs that are read; of what starts the flow, all inputs.
    pub gives: Vec<Give>,
    /// The author's remark.
    pub note: Option<Text>,
    /// Where the card is written; none for what starts the flow.
    pub span: Option<Span>,
}

/// An output.
#[derive(Debug)]
pub struct Give {
    /// Its name, and what is known of it.
    pub row: Row,
    /// Where its wires start, if anything reads it.
    pub source: Option<usize>,
}

/// An arm of a block.
#[derive(Debug)]
pub struct Lane {
    /// `then`, `catch`, a case's name.
    pub label: String,
    /// A case's condition.
    pub when: Option<Row>,
    /// Its cards.
    pub nodes: Vec<usize>,
}

/// One line of a node.
#[derive(Debug)]
pub struct Row {
    /// The field's name.
    pub key: String,
    /// What it is given.
    pub pieces: Vec<Piece>,
    /// The sources that are read for it, each once.
    pub reads: Vec<usize>,
    /// What kind of line it is.
    pub form: Form,
    /// The path of the flow that is called.
    pub calls: Option<Text>,
}

/// What kind of line a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Field,
    /// The helper flow that is called.
    Call,
    /// An input of the helper flow.
    Passed,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub text: String,
    /// How it is painted.
    pub paint: Paint,
}

/// How a part of a value is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As a constant.
    Plain,
    /// As a remark.
    Muted,
    /// In the colour of the wires that come from this source.
    From(usize),
}

impl Row {
    /// A row without a value.
    pub fn new(key: &str, form: Form) -> Row {
        Row { key: key.to_owned(), pieces: Vec::new(), reads: Vec::new(), form, calls: None }
    }

    /// A field with a text.
    pub fn plain(key: &str, text: impl Into<String>) -> Row {
        let mut row = Row::new(key, Form::Field);
        row.say(text, Paint::Plain);
        row
    }

    /// Adds to the value.
    pub fn say(&mut self, text: impl Into<String>, paint: Paint) {
        self.pieces.push(Piece { text: text.into(), paint });
    }

    /// Notes that a source is read for it.
    pub fn read(&mut self, source: usize) {
        if !self.reads.contains(&source) {
            self.reads.push(source);
        }
    }

    /// The value as one text.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

impl Node {
    /// Notes that an output is read.
    pub fn give(&mut self, name: &str, source: usize) {
        if name.is_empty() {
            return;
        }
        match self.gives.iter_mut().find(|give| give.row.key == name) {
            Some(give) => give.source = Some(source),
            None => self.gives.push(Give { row: Row::new(name, Form::Field), source: Some(source) }),
        }
    }
}

/// A constant as a person would write it.
pub fn constant(value: &Value) -> String {
    match value {
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Null => "blank".to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(constant).collect::<Vec<_>>().join(", ")),
        other => other.to_json(),
    }
}

/// An expression as one text, for places where nothing is read.
pub fn plain(value: &Expr) -> String {
    match value {
        Expr::Constant(value) => constant(value),
        Expr::Wire(text) | Expr::Template(text) => text.to_string(),
        Expr::List(_) | Expr::Object(_) | Expr::Broken => "…".to_owned(),
    }
}
