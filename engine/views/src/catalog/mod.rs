//! The cards as a reader wants them: listed, shown one by one, as JSON, and as the manual's reference pages.
//!
//! All of it comes from the declarations; nothing is said here that a declaration doesn't say.

pub mod catalogue;
pub mod category;
mod coverage;
mod json;
mod list;
mod markdown;

mod show;

pub use json::{card as card_json, json};
pub use list::list;
pub use markdown::{COMMAND, markdown};
pub use show::show;

use std::sync::Arc;

use flowrun_core::card::Control;
use flowrun_core::card::{Card, Catalog, EffectSpec, Field, Keys, Literal, Work};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::suggest::{closest, listed};
use flowrun_core::types::Kind;

use flowrun_project::Problem;

/// The card that `name` means: its ID, its name in Okta's console, the last part of its ID, or an address in Okta's exports.
pub fn find<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Card, Problem> {
    if let Some(card) = catalog.get(name.trim()) {
        return Ok(card);
    }
    let wanted = plain(name);
    let named = |card: &&Card| {
        plain(&card.id) == wanted
            || plain(last(card)) == wanted
            || plain(&card.title()) == wanted
            || card.exported_as.contains(name)
    };
    let found: Vec<&Card> = catalog.iter().map(Arc::as_ref).filter(named).collect();
    match found[..] {
        [card] => Ok(card),
        [] => Err(unknown(catalog, name)),
        _ => {
            let ids: Vec<&str> = found.iter().map(|card| &*card.id).collect();
            Err(Problem::new(format!("`{name}` is more than one card"))
                .help(format!("choose one of {}", ids.join(", "))))
        }
    }
}

/// The last part of a card's ID.
fn last(card: &Card) -> &str {
    card.id.split_once('.').map_or(&*card.id, |(_, last)| last)
}

fn unknown(catalog: &Catalog, name: &str) -> Problem {
    let problem = Problem::new(format!("there is no card `{name}`"));
    let whole = closest(name, catalog.iter().map(|card| &*card.id));
    // Who leaves the category out may have misspelled the rest.
    let near = whole.or_else(|| {
        let near = closest(name, catalog.iter().map(|card| last(card)))?;
        catalog.iter().find(|card| last(card) == near).map(|card| &*card.id)
    });
    problem
        .meant(near)
        .or_help(|| "`flowrun cards` lists them all, `flowrun cards --search WORD` those that fit a word")
}

/// The cards in the order of the manual; only those that have, for every word of `search`, one that starts with it.
fn chosen<'c>(catalog: &'c Catalog, search: Option<&str>) -> Vec<&'c Card> {
    let wanted = words(search.unwrap_or_default());
    let fits = |card: &&Card| {
        let text = words(&searched(catalog, card));
        wanted.iter().all(|wanted| text.iter().any(|word| word.starts_with(wanted.as_str())))
    };
    let mut cards: Vec<&Card> = catalog.iter().map(Arc::as_ref).filter(fits).collect();
    cards.sort_by_key(|card| (category::rank(catalog, card.group()), card.group()));
    cards
}

/// The cards, in groups of one category each.
fn by_category<'a>(cards: &'a [&'a Card]) -> impl Iterator<Item = (&'a str, &'a [&'a Card])> {
    cards.chunk_by(|a, b| a.group() == b.group()).filter_map(|group| Some((group.first()?.group(), group)))
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Everything in a declaration that a search may hit.
fn searched(catalog: &Catalog, card: &Card) -> String {
    let mut text =
        format!("{} {} {} {}", card.id, card.title(), category::title(catalog, card.group()), card.docs);
    for field in card.inputs.iter().chain(card.outputs.iter()) {
        text.push_str(&format!(" {} {}", field.name, field.docs));
    }
    for address in card.exported_as.iter() {
        text.push_str(&format!(" {address}"));
    }
    text
}

/// A name without what people write differently.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The first sentence of a card's docs.
fn summary(card: &Card) -> String {
    let text = card.summary().split_whitespace().collect::<Vec<_>>().join(" ");
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text,
    }
}

/// A constant as a flow file has it.
fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => flowrun_core::value::format_number(*value),
        Literal::Text(text) => yaml(text),
    }
}

/// A text as YAML, in quotes where it needs some.
fn yaml(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | ' ' | '&' | '\'' | '-');
    let starts = text.chars().next().is_some_and(char::is_alphabetic);
    let word = matches!(text, "true" | "false" | "null");
    let plain = starts && !word && text.trim() == text && text.chars().all(safe);
    if plain { text.to_owned() } else { format!("\"{}\"", text.escape_default()) }
}

/// Whether an input must be given, and what it is if it isn't.
fn need(field: &Field) -> String {
    match &field.default {
        _ if field.required => "required".to_owned(),
        Literal::Null => "optional".to_owned(),
        default => format!("default {}", literal(default)),
    }
}

/// The choices of a field, each in backticks; none where its docs name them all.
fn choices(field: &Field) -> Vec<String> {
    let choices: Vec<String> = field.choices.iter().map(|choice| format!("`{choice}`")).collect();
    if choices.iter().all(|choice| field.docs.contains(choice.as_str())) { Vec::new() } else { choices }
}

/// Which keys an output's objects have, as a sentence; none where its docs name them all, or nothing is said of them.
fn keys(field: &Field) -> Option<String> {
    let names: Vec<&str> = match &field.keys {
        Keys::Known { names, .. } => names.iter().collect(),
        Keys::OfRows => return Some("Keys: `Row ID`, `Created`, `Updated` and the columns.".to_owned()),
        Keys::Unknown | Keys::OfItems(_) | Keys::OfInputs | Keys::OfHelper => return None,
    };
    let is_told = |name: &&str| field.docs.contains(&format!("`{name}`"));
    (!names.iter().all(is_told)).then(|| format!("Keys: {}.", listed(names)))
}

/// Where a block's cards stand.
fn arms(card: &Card) -> &'static [&'static str] {
    match card.work {
        Work::Control(Control::IfElse) => &["then", "else"],
        Work::Control(Control::IfElseIf) => &["cases", "else"],
        Work::Control(Control::IfError) => &["try", "catch"],
        _ => &[],
    }
}

/// Whether the card runs a helper flow, and so takes what the flow needs under `pass`.
fn calls(card: &Card) -> bool {
    card.inputs.iter().any(|field| field.ty.kind == Kind::Flow)
}

/// What is true of the card as a whole, in sentences.
fn traits(catalog: &Catalog, card: &Card) -> Vec<String> {
    let mut said = Vec::new();
    if let [first, second] = arms(card) {
        said.push(format!("Holds cards under `{first}` and `{second}`."));
    }
    if calls(card) {
        said.push("Beside `with`, `pass` gives the helper flow its inputs.".to_owned());
    }
    if let Work::Effect(effect) = &card.work {
        if let Some(connector) = card.connector() {
            said.push(format!("Uses a connection to {}.", category::title(catalog, connector)));
        }
        said.push(format!(
            "May take {} before it fails.",
            flowrun_core::words::duration(effect.timeout.as_secs_f64() * 1000.0)
        ));
        said.push(does(card, effect.does));
        said.extend(after_crash(effect));
    }
    said
}

/// What a card does to the world, and whether it may do so twice.
fn does(card: &Card, does: Does) -> String {
    match does {
        Does::Reads => "Changes nothing, so it may be tried again.".to_owned(),
        Does::Changes(Repeat::Safe) => {
            "Changes something; twice comes to the same as once, so it may be tried again.".to_owned()
        }
        Does::Changes(Repeat::Never) => {
            "Changes something, and is not tried again when it may already have been done.".to_owned()
        }
        Does::AsMethod(input) => format!(
            "Does what `{}` says: GET changes nothing, and with PUT and DELETE twice comes to the same as once; with any \
             other it is not tried again when it may already have been done.",
            card.inputs[usize::from(input.0)].name
        ),
    }
}

/// What is done about a performance that a crash cut off; nothing is said of what only reads.
fn after_crash(effect: &EffectSpec) -> Option<String> {
    if effect.does == Does::Reads {
        return None;
    }
    Some(match &effect.after_crash {
        AfterCrash::Repeats if effect.own => {
            "After a crash it is done again, for nothing of it was left.".to_owned()
        }
        AfterCrash::Repeats => "After a crash it is done again.".to_owned(),
        AfterCrash::Looks(by) => format!("After a crash it looks what became of it: {by}."),
        AfterCrash::Asks(why) => {
            let narrowed = matches!(effect.does, Does::AsMethod(_));
            let which = if narrowed { " of any other method" } else { "" };
            let again = if narrowed { "GET, PUT and DELETE are done again; " } else { "" };
            format!("After a crash {again}somebody must say what became of it{which}: {why}.")
        }
    })
}

/// The names that a card's fields have in Okta's exports, where they differ.
fn renamed(card: &Card) -> Vec<(&str, &str)> {
    let fields = card.inputs.iter().chain(card.outputs.iter());
    fields.filter(|field| field.key != field.name).map(|field| (&*field.name, &*field.key)).collect()
}

/// An example as it stands in a flow: for pure cards only the fields are given.
fn given(card: &Card, text: &str) -> String {
    match card.work {
        Work::Pure(_) => format!("- card: {}\n  with: {text}", card.id),
        _ => text.to_owned(),
    }
}
