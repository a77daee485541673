//! What every pure card costs: with its first example, and with an input of 10,000 items or characters, and how that grows.
//!
//!     cargo bench -p flowrun-tests --bench cards            prints a summary by category
//!     cargo bench -p flowrun-tests --bench cards -- text.   prints the cards whose IDs begin so
//!
//! Both are Markdown. A card that takes more than twice as long for twice as much is told by its growth.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun_core::card::{Card, Then, Work};
use flowrun_core::types::Kind;
use flowrun_core::value::{Record, Text, Value};
use flowrun_tests::perform::{Call, yaml};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How large the large input is.
const LARGE: usize = 10_000;
/// How long a round takes at the least, so that the clock's steps don't count.
const ROUND: Duration = Duration::from_millis(2);
/// Others use the machine too: the best round counts.
const ROUNDS: usize = 12;

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let pure = flowrun_cards::cards().into_iter().filter(|card| matches!(card.work, Work::Pure(_)));
    let measured: Vec<Measured> = pure
        .filter(|card| wanted.as_ref().is_none_or(|wanted| card.id.starts_with(wanted.as_str())))
        .map(Measured::of)
        .collect();
    match wanted {
        Some(_) => cards(&measured),
        None => summary(&measured),
    }
}

/// What a card costs.
struct Measured {
    card: Arc<Card>,
    small: Duration,
    /// With the large input, if the card takes any.
    large: Option<Duration>,
    /// How much more twice as large an input costs.
    growth: Option<f64>,
}

impl Measured {
    fn of(card: Arc<Card>) -> Measured {
        let example = card.examples.iter().find(|example| matches!(example.then, Then::Gives(_))).unwrap();
        let given = yaml(&example.given);
        let at = |size: usize| time(&card, &scaled(&card, given.as_object().unwrap(), size)?);
        let (half, large, double) = (at(LARGE / 2), at(LARGE), at(LARGE * 2));
        let grown =
            |from: Option<Duration>, to: Option<Duration>| Some(to?.as_secs_f64() / from?.as_secs_f64());
        Measured {
            small: time(&card, &given).unwrap(),
            card,
            large,
            // What is refused for its length grew until then.
            growth: grown(large, double).or_else(|| grown(half, large)),
        }
    }
}

/// The best time of a call; none if the card refuses the input.
fn time(card: &Card, given: &Value) -> Option<Duration> {
    let call = Call::of(card, given, &[]).unwrap();
    if call.run().is_err() {
        return None;
    }
    let mut calls = 1;
    let round = |calls: u32| {
        let started = Instant::now();
        (0..calls).for_each(|_| drop(black_box(call.run())));
        started.elapsed()
    };
    while round(calls) < ROUND {
        calls *= 2;
    }
    (0..ROUNDS).map(|_| round(calls) / calls).min()
}

/// The inputs of an example, made so large: every list and object, or else the first text, or else the fields that the author names.
/// None if nothing of it can be.
fn scaled(card: &Card, given: &Record, size: usize) -> Option<Value> {
    let mut scaled = given.clone();
    if let Some(made) = made(&card.id, size) {
        scaled.extend(made.as_object().cloned().unwrap());
        return Some(scaled.into());
    }
    let is_large = |value: &&mut Value| matches!(value, Value::List(_) | Value::Object(_));
    let mut found = false;
    for field in card.inputs.iter() {
        if let Some(value) = scaled.get_mut(&field.name).filter(is_large) {
            *value = grown(value, size);
            found = true;
        }
    }
    if found {
        return Some(scaled.into());
    }
    let mut texts = card
        .inputs
        .iter()
        .filter(|field| field.choices.is_empty() && matches!(field.ty.kind, Kind::Text | Kind::Any));
    let text = texts.find(|field| matches!(given.get(&field.name), Some(Value::Text(_))));
    if let Some(value) = text.and_then(|field| scaled.get_mut(&field.name)) {
        *value = grown(value, size);
        return Some(scaled.into());
    }
    card.rest_in.as_ref()?;
    let named: Record = given.clone().into_iter().filter(|(name, _)| card.input(name).is_none()).collect();
    scaled.extend(grown(&named.into(), size).as_object().cloned().unwrap());
    Some(scaled.into())
}

/// Inputs that mean something, where repeating an example would not.
fn made(id: &str, size: usize) -> Option<Value> {
    let around = |start: &str, part: &str, end: &str| {
        let parts = size.saturating_sub(start.len() + end.len()) / part.len();
        Value::from(format!("{start}{}{end}", part.repeat(parts)))
    };
    Some(Value::object(match id {
        "number.formula" => [("formula", around("", "+1", ""))],
        "true_false.expression" => [("expression", around("1", "+1", ""))],
        "text.base64_decode" => [("text", around("", "SmFu", ""))],
        "json.parse" | "json.is_valid" | "json.get" => [("text", around("[0", ",7", "]"))],
        "csv.parse" => [("text", around("id,name\n", "7,Jane\n", ""))],
        "xml.parse" => [("text", around("<users>", "<user>Jane</user>", "</users>"))],
        "xml.build" => {
            let users = Value::list((0..size).map(Value::from).collect());
            [("object", Value::object([("users", Value::object([("user", users)]))]))]
        }
        "encryption.hmac" => [("data", around("", "a", ""))],
        // {"alg":"none"}, and {"a":"aaa…aaa"}.
        "jwt.decode" => [("token", around("eyJhbGciOiJub25lIn0.eyJhIjoi", "YWFh", "YWEifQ."))],
        _ => return None,
    }))
}

/// A list of so many items, an object of so many members, or a text of so many characters, of the same making.
fn grown(value: &Value, size: usize) -> Value {
    match value {
        Value::List(items) => {
            Value::list((0..size).map(|place| varied(&items[place % items.len()], place)).collect())
        }
        Value::Object(members) => {
            let more = members.iter().cycle().take(size).enumerate();
            let more =
                more.map(|(place, (key, value))| (Text::from(format!("{key}{place}")), varied(value, place)));
            Value::from(members.clone().as_ref().clone().into_iter().chain(more).collect::<Record>())
        }
        Value::Text(text) => Value::from(text.chars().cycle().take(size).collect::<String>()),
        other => other.clone(),
    }
}

/// A value like another: equal ones would be too easy to find.
fn varied(value: &Value, place: usize) -> Value {
    match value {
        Value::Text(text) => Value::from(format!("{text}{place}")),
        Value::Number(number) => Value::from(number + place as f64),
        Value::List(items) => Value::list(items.iter().map(|item| varied(item, place)).collect()),
        Value::Object(members) => {
            Value::object(members.iter().map(|(key, value)| (key.clone(), varied(value, place))))
        }
        other => other.clone(),
    }
}

fn cards(measured: &[Measured]) {
    println!("| card | first example | {LARGE} | growth |\n|---|---:|---:|---:|");
    for Measured { card, small, large, growth } in measured {
        let large = large.map_or("".to_owned(), |large| format!("{:.1} µs", large.as_secs_f64() * 1e6));
        let growth = growth.map_or("".to_owned(), |growth| format!("{growth:.2}"));
        println!("| `{}` | {} ns | {large} | {growth} |", card.id, small.as_nanos());
    }
}

fn summary(measured: &[Measured]) {
    println!("| category | cards | median | slowest | slowest with {LARGE} | growth at most |");
    println!("|---|---:|---:|---|---|---|");
    for cards in measured.chunk_by(|a, b| a.card.group() == b.card.group()) {
        let mut small: Vec<&Measured> = cards.iter().collect();
        small.sort_by_key(|measured| measured.small);
        let (median, slowest) = (small[small.len() / 2].small, small[small.len() - 1]);
        let large = cards.iter().filter(|measured| measured.large.is_some());
        let large = large.max_by_key(|measured| measured.large);
        let growth = cards.iter().filter(|measured| measured.growth.is_some());
        let growth = growth.max_by(|a, b| a.growth.partial_cmp(&b.growth).unwrap());
        let told = |measured: Option<&Measured>, cost: &dyn Fn(&Measured) -> String| {
            measured.map_or("".to_owned(), |measured| format!("`{}` {}", measured.card.id, cost(measured)))
        };
        println!(
            "| {} | {} | {} ns | {} | {} | {} |",
            cards[0].card.group(),
            cards.len(),
            median.as_nanos(),
            told(Some(slowest), &|measured| format!("{} ns", measured.small.as_nanos())),
            told(large, &|measured| format!("{:.0} µs", measured.large.unwrap().as_secs_f64() * 1e6)),
            told(growth, &|measured| format!("{:.1}", measured.growth.unwrap())),
        );
    }
}
