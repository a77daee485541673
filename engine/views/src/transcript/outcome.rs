//! What came of a card, in a few words.

use flowrun_core::report::{CardReport, Inside, ItemsReport, Status};
use flowrun_core::value::Value;

use flowrun_core::words;

/// How many outputs are worth a few words each.
const SHOWN_OUTPUTS: usize = 3;

/// How many letters of a text are shown.
const SHOWN_LETTERS: usize = 32;

/// What came of a card, in a few words.
pub(super) fn outcome(card: &CardReport) -> String {
    match card.status {
        Status::Failed => return failed(card),
        Status::Cancelled => return "✗ cancelled".to_owned(),
        Status::Running | Status::Paused | Status::Held => return progress(card),
        Status::Done | Status::Planned | Status::Stopped | Status::Handled => {}
    }
    let tries = if card.tries > 1 { format!(" ({} tries)", card.tries) } else { String::new() };
    let words = match &card.inside {
        Inside::Items(items) => with_outputs(items_done(card, items), card),
        Inside::Arm { arm, .. } if card.card == "error_handling.if_error" => match (&**arm, &card.error) {
            ("catch", Some(error)) => format!("! caught: {}", error.message),
            ("catch", None) => "! caught an error".to_owned(),
            _ => outputs(&card.outputs),
        },
        Inside::Arm { arm, .. } => format!("→ {}", arm.replace('_', " ")),
        Inside::Call { .. } | Inside::Nothing {} => outputs(&card.outputs),
    };
    format!("{words}{tries}")
}

fn failed(card: &CardReport) -> String {
    match &card.inside {
        Inside::Items(items) if items.failed > 0 => format!("✗ {}", items_done(card, items)),
        Inside::Call { .. } | Inside::Arm { .. } | Inside::Items(_) => "✗ failed".to_owned(),
        Inside::Nothing {} => match &card.error {
            Some(error) => format!("✗ {}", error.message),
            None => "✗ failed".to_owned(),
        },
    }
}

fn progress(card: &CardReport) -> String {
    if let Some(until) = &card.until {
        return format!("waits for an answer until {}", minute(until));
    }
    match &card.inside {
        Inside::Items(items) => items_done(card, items),
        _ => String::new(),
    }
}

/// `2026-09-07 14:03 UTC`: a time in ISO 8601, to the minute.
fn minute(time: &str) -> String {
    let at = time.split_once('T').and_then(|(day, time)| Some(format!("{day} {} UTC", time.get(..5)?)));
    at.unwrap_or_else(|| time.to_owned())
}

/// `250 records in 3 pages`, `3 of 5 items`, `2 times`.
fn items_done(card: &CardReport, items: &ItemsReport) -> String {
    let done = items.done as u64;
    let total = items.total.map(|total| total as u64).filter(|total| *total != done);
    let thing = match (items.pages, &*card.card) {
        (Some(_), _) => "record",
        (None, "flow_control.repeat") => "time",
        (None, _) => "item",
    };
    let mut words = match total {
        Some(total) => format!("{} of {}", words::count(done), words::many(total, thing)),
        None => words::many(done, thing),
    };
    if let Some(pages) = items.pages {
        words.push_str(&format!(" in {}", words::many(pages as u64, "page")));
    }
    if items.failed > 0 {
        words.push_str(&format!(", {} failed", words::count(items.failed as u64)));
    }
    words
}

/// Outputs beside the items: only those that don't repeat the count.
fn with_outputs(words: String, card: &CardReport) -> String {
    let Some(all) = card.outputs.as_object() else { return words };
    let lists = all.values().any(|value| matches!(value, Value::List(_) | Value::Object(_)));
    if lists || all.values().any(|value| value.as_number().is_some()) {
        words
    } else {
        join(words, outputs(&card.outputs))
    }
}

fn join(words: String, more: String) -> String {
    match (words.is_empty(), more.is_empty()) {
        (_, true) => words,
        (true, false) => more,
        (false, false) => format!("{words} · {more}"),
    }
}

/// The outputs of a card in a few words.
pub(super) fn outputs(outputs: &Value) -> String {
    let Some(all) = outputs.as_object() else { return String::new() };
    if let Some((name, value)) = all.get_index(0).filter(|_| all.len() == 1) {
        return match value {
            Value::Number(_) if plural(name) => named(name, value),
            _ => short(value),
        };
    }
    let mut ranked: Vec<_> = all.iter().collect();
    ranked.sort_by_key(|(name, value)| rank(name, value));
    let shown: Vec<String> =
        ranked.into_iter().take(SHOWN_OUTPUTS).map(|(name, value)| named(name, value)).collect();
    let more = if all.len() > SHOWN_OUTPUTS { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// What tells the most comes first; equals keep their order.
fn rank(name: &str, value: &Value) -> u8 {
    match value {
        Value::Number(_) if plural(name) => 0,
        _ if matches!(name, "status" | "count" | "result") => 1,
        Value::Number(_) | Value::Integer(_) | Value::Bool(_) => 2,
        Value::List(_) => 3,
        Value::Object(_) => 5,
        _ => 4,
    }
}

/// `250 employees`, `count 3`, `status: CREATED`.
fn named(name: &str, value: &Value) -> String {
    let words = spaced(name);
    match value {
        Value::Number(number) if plural(name) => {
            let words = if *number == 1.0 { singular(&words) } else { words };
            format!("{} {words}", words::number(*number))
        }
        Value::Number(_) | Value::Integer(_) => format!("{words} {}", short(value)),
        _ => format!("{words}: {}", short(value)),
    }
}

/// Whether a name says of what there are so many: `employees`, `records_streamed`.
fn plural(name: &str) -> bool {
    let noun =
        |word: &str| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
    let words = spaced(name);
    let last = words.rsplit(' ').next().unwrap_or_default();
    noun(last)
        || words.split(' ').any(noun) && last.ends_with("ed")
        || matches!(last, "sent" | "stored" | "failed" | "skipped")
}

fn singular(words: &str) -> String {
    let mut parts: Vec<String> = words.split(' ').map(str::to_owned).collect();
    if let Some(word) =
        parts.iter_mut().rev().find(|word| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss"))
    {
        *word = match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word[..word.len() - 1].to_owned(),
        };
    }
    parts.join(" ")
}

/// `records_streamed` and `recordsStreamed` as words.
fn spaced(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for letter in name.chars() {
        if letter == '_' {
            words.push(' ');
        } else if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
        before = letter;
    }
    words
}

/// A value in a few letters.
pub(super) fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Number(number) => words::number(*number),
        Value::List(items) => words::many(length(items), "item"),
        Value::Object(members) => format!("{{{}}}", words::fit(&keys(members), SHOWN_LETTERS)),
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        other => words::fit(&other.excerpt(4 * SHOWN_LETTERS), SHOWN_LETTERS),
    }
}

fn keys(members: &flowrun_core::value::Record) -> String {
    members.keys().map(|key| &**key).collect::<Vec<_>>().join(", ")
}

/// How long a list was before the report cut it: then its last item says how many are missing.
fn length(items: &[Value]) -> u64 {
    let cut = items
        .last()
        .and_then(Value::as_text)
        .and_then(|text| text.strip_prefix("… ")?.strip_suffix(" more")?.parse::<u64>().ok());
    match cut {
        Some(more) => items.len() as u64 - 1 + more,
        None => items.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_read_like_words() {
        assert_eq!(named("employees", &Value::Number(25_000.0)), "25,000 employees");
        assert_eq!(named("sessions", &Value::Number(1.0)), "1 session");
        assert_eq!(named("entries", &Value::Number(1.0)), "1 entry");
        assert_eq!(named("records_streamed", &Value::Number(3.0)), "3 records streamed");
        assert_eq!(named("sessionId", &Value::from("aps1")), "session id: aps1");
        assert_eq!(named("status", &Value::Number(404.0)), "status 404");
        assert_eq!(outputs(&Value::object([("product", 400)])), "400");
        assert_eq!(outputs(&Value::object([("rows", 1)])), "1 row");
        assert_eq!(outputs(&Value::Null), "");
        let mut cut: Vec<Value> = (0..10).map(Value::from).collect();
        cut.push(Value::from("… 240 more"));
        assert_eq!(short(&Value::list(cut)), "250 items");
    }
}
