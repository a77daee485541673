//! Patterns that values are held against: by flow tests, and by the answers that stand in place of cards.
//!
//! A pattern is written as the value that is meant. A text, a number or true/false is equal, an object has at least these members, a list
//! has these items and no others. What is not so simple is a mapping of operators: `{ ~gt: 3 }`; where a text stands, one operator may be
//! written in it: `~ends_with @example.com`.

mod hold;
mod read;

use regex::Regex;

use crate::source::Span;
use crate::types::Type;
use crate::value::{Text, Value};

/// What a value is held against.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Where it is written.
    pub span: Span,
    /// What it asks for.
    pub wants: Wants,
}

/// What a pattern asks for.
#[derive(Clone, Debug)]
pub enum Wants {
    /// This value.
    Equal(Value),
    /// An object with at least these members.
    Members(Vec<(Text, Pattern)>),
    /// A list of exactly so many items, each as its pattern asks.
    Items(Vec<Pattern>),
    /// All of these.
    All(Vec<Operator>),
    /// Nothing yet: what is there is to be written in its place. No value is so.
    Fill,
}

/// How a place is written that is to be filled in.
pub const FILL: &str = "~fill";

/// One thing that a pattern asks for.
#[derive(Clone, Debug)]
pub enum Operator {
    /// This value, whole: an object has no other members.
    Equals(Value),
    /// Whatever is otherwise.
    Not(Box<Pattern>),
    /// A number, date or text on this side of a bound.
    Beyond(Bound, Value),
    /// A number no further than this from one.
    Near(f64, f64),
    /// One of these values.
    In(Vec<Value>),
    /// A text with this in it.
    Contains(Text),
    /// A text that starts so.
    StartsWith(Text),
    /// A text that ends so.
    EndsWith(Text),
    /// A text in which this is found.
    Matches(Regex),
    /// Something, or nothing.
    Exists(bool),
    /// An empty text, list or object, or one that isn't.
    Empty(bool),
    /// A value of this type.
    Type(Type),
    /// A text, list or object of such a length.
    Length(Box<Pattern>),
    /// A list with such an item.
    Any(Box<Pattern>),
    /// A list of nothing but such items.
    Each(Box<Pattern>),
    /// A list without such an item.
    None(Box<Pattern>),
    /// A list of these items, in whatever order.
    Unordered(Vec<Pattern>),
    /// An object with these members and no others.
    Exactly(Vec<(Text, Pattern)>),
    /// A text that is JSON of such a value.
    Json(Box<Pattern>),
    /// A secret, or none.
    Secret(bool),
}

/// On which side of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Above it.
    Above,
    /// Not below it.
    AtLeast,
    /// Below it.
    Below,
    /// Not above it.
    AtMost,
}

/// Where a value is not as a pattern asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The way to it: `employees[0].email`; empty for the value itself.
    pub path: String,
    /// Where that is asked for.
    pub span: Span,
    /// What is asked for, as it would be written.
    pub wanted: String,
    /// What is there; none where there is nothing.
    pub found: Option<Value>,
    /// What more there is to say of it, in a few words.
    pub why: Option<String>,
}

/// The operators, as they are written.
pub fn operators() -> impl Iterator<Item = String> {
    read::OPERATORS.iter().map(|(name, _)| format!("~{name}"))
}

impl Pattern {
    /// Asks for this value.
    pub fn of(value: Value, span: Span) -> Pattern {
        Pattern { span, wants: Wants::Equal(value) }
    }

    /// The first place in it that is to be filled in.
    pub fn open(&self) -> Option<Span> {
        let of = |patterns: &[Pattern]| patterns.iter().find_map(Pattern::open);
        let members = |members: &[(Text, Pattern)]| members.iter().find_map(|(_, pattern)| pattern.open());
        match &self.wants {
            Wants::Fill => Some(self.span),
            Wants::Equal(_) => None,
            Wants::Members(all) => members(all),
            Wants::Items(all) => of(all),
            Wants::All(operators) => operators.iter().find_map(|operator| match operator {
                Operator::Not(one)
                | Operator::Length(one)
                | Operator::Any(one)
                | Operator::Each(one)
                | Operator::None(one)
                | Operator::Json(one) => one.open(),
                Operator::Unordered(all) => of(all),
                Operator::Exactly(all) => members(all),
                _ => None,
            }),
        }
    }
}
