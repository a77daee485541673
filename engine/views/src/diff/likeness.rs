//! How much two cards, branches or flows have in common, whatever their cards are called.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use flowrun_core::model::{Arm, At, Expr, Joined, Name, OnError, Step};
use flowrun_core::value::Value;

use super::roots::{self, numberless};

/// No more words of a text are looked at.
const MOST_WORDS: usize = 64;

/// What tells a thing apart from others of its sort.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// The sort: things of two sorts have nothing in common.
    sort: u64,
    /// What it consists of, sorted.
    marks: Vec<u64>,
    /// The words of its texts, sorted: of two that are as much alike, the one that says nearly the same is meant.
    words: Vec<u64>,
    /// All of it; equal things have equal numbers.
    pub whole: u64,
    /// Whether there is one that is equal to it on the other side, so that it can be no other.
    pub settled: bool,
}

impl Likeness {
    /// A thing of a sort, by what it consists of.
    pub fn of(sort: u64, mut marks: Vec<u64>) -> Likeness {
        marks.sort_unstable();
        let whole = mark(&(sort, &marks));
        Likeness { sort, marks, words: Vec::new(), whole, settled: false }
    }

    fn saying(mut self, mut words: Vec<u64>) -> Likeness {
        words.sort_unstable();
        self.words = words;
        self
    }

    /// How much two have in common, of a thousand.
    pub fn share(&self, other: &Likeness) -> u32 {
        if self.whole == other.whole {
            return 1_000;
        }
        if self.sort != other.sort || self.settled || other.settled {
            return 0;
        }
        // Two that are not equal never have all in common.
        share(&self.marks, &other.marks).min(999)
    }

    /// Adds what it consists of to a larger thing.
    pub fn add_to(&self, marks: &mut Vec<u64>) {
        marks.extend(&self.marks);
    }

    /// How much is won if two are taken for the same: what they have in common, so that large things count more.
    pub fn weight(&self, other: &Likeness) -> u32 {
        1_000 * common(&self.marks, &other.marks) as u32 + share(&self.words, &other.words)
    }
}

/// How much two sorted lists have in common, of a thousand.
fn share(one: &[u64], other: &[u64]) -> u32 {
    (2_000 * common(one, other) / (one.len() + other.len()).max(1)) as u32
}

/// How many numbers two sorted lists have in common.
fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        match a.cmp(b) {
            Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
        }
    }
    common
}

/// A number for anything: the same for what is equal.
pub fn mark<T: Hash + ?Sized>(thing: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

/// A card's likeness, of its own fields and of the cards that it holds.
pub fn card(step: &Step, arms: &[Likeness]) -> Likeness {
    let mut marks = vec![mark(&("card", &*step.card.it))];
    marks.extend(step.id.as_ref().map(|id| mark(&("id", numberless(&id.it)))));
    named("with", &step.with, &mut marks);
    named("pass", &step.pass, &mut marks);
    for (name, output) in &step.outputs {
        match &output.it {
            Joined::Type(ty) => marks.push(mark(&("type", &*name.it, &**ty))),
            Joined::Arms(arms) => named(&name.it, arms, &mut marks),
        }
    }
    match step.on_error.as_ref().map(|policy| &policy.it) {
        Some(OnError::Return(values)) => named("on error", values, &mut marks),
        Some(OnError::Call { flow, pass }) => {
            marks.push(mark(&("on error", numberless(&flow.it))));
            named("on error", pass, &mut marks);
        }
        Some(OnError::Stop) | None => {}
    }
    marks.extend(step.title.as_ref().map(|title| mark(&("title", &*title.it))));
    marks.extend(step.note.as_ref().map(|note| mark(&("note", &*note.it))));
    marks.extend(arms.iter().map(|arm| mark(&("arm", arm.whole))));
    let held = arms.iter().flat_map(|arm| &arm.marks);
    marks.extend(held.map(|held| mark(&("held", held))));
    let mut said = Vec::new();
    step.with.iter().for_each(|(_, value)| words(&value.it, &mut said));
    step.title.iter().chain(&step.note).for_each(|note| words_of(&note.it, &mut said));
    Likeness::of(mark(&*step.card.it), marks).saying(said)
}

/// The words of all texts in an expression.
fn words(value: &Expr, into: &mut Vec<u64>) {
    match value {
        Expr::Constant(Value::Text(text)) => words_of(text, into),
        Expr::Wire(text) | Expr::Template(text) => words_of(text, into),
        Expr::List(items) => items.iter().for_each(|item| words(&item.it, into)),
        Expr::Object(members) => members.iter().for_each(|(_, value)| words(&value.it, into)),
        Expr::Constant(_) | Expr::Broken => {}
    }
}

fn words_of(text: &str, into: &mut Vec<u64>) {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    into.extend(words.take(MOST_WORDS.saturating_sub(into.len())).map(mark));
}

/// A branch's likeness; `case` says that it has a condition of its own.
pub fn arm(arm: &Arm, case: bool, cards: &[&Likeness]) -> Likeness {
    let mut marks = vec![mark(&("name", numberless(&arm.name.it)))];
    named("when", &arm.when, &mut marks);
    marks.extend(cards.iter().map(|card| card.whole));
    // `then` can be nothing but `then`, whatever stands in it.
    let sort = if case { mark(&"case") } else { mark(&&*arm.name.it) };
    Likeness::of(sort, marks)
}

fn named(part: &str, fields: &[(Name, At<Expr>)], marks: &mut Vec<u64>) {
    for (name, value) in fields {
        marks.push(mark(&(part, &*name.it)));
        // A flow that stands in a card has a number in its name where there are several.
        if let (Some(flow), "flow") = (text_of(&value.it), &*name.it) {
            marks.push(mark(&(part, numberless(flow))));
            continue;
        }
        leaves(mark(&(part, &*name.it)), &value.it, marks);
    }
}

fn text_of(value: &Expr) -> Option<&str> {
    let Expr::Constant(value) = value else { return None };
    value.as_text().map(|text| &**text)
}

/// Every constant, wire and template in an expression, with its place.
fn leaves(place: u64, value: &Expr, marks: &mut Vec<u64>) {
    let plain = |name: &str| Some(numberless(name).to_owned());
    match value {
        Expr::Constant(value) => constant(place, value, marks),
        Expr::Wire(text) => marks.push(mark(&(place, roots::wire(text, &plain)))),
        Expr::Template(text) => marks.push(mark(&(place, roots::template(text, &plain)))),
        Expr::List(items) => items.iter().for_each(|item| leaves(place, &item.it, marks)),
        Expr::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(mark(&(place, &*name.it)), &value.it, marks));
        }
        Expr::Broken => {}
    }
}

fn constant(place: u64, value: &Value, marks: &mut Vec<u64>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| constant(mark(&(place, &**name)), value, marks));
        }
        Value::List(items) => items.iter().for_each(|item| constant(place, item, marks)),
        value => marks.push(mark(&(place, value.to_json()))),
    }
}
