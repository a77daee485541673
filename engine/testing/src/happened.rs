//! What happened in a run, as the values that expectations are held against.

use std::collections::BTreeMap;

use flowrun_core::machine::Response;
use flowrun_core::report::{CardReport, FaultReport, FlowReport, Inside, Report, Status};
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_host::session::Ended;
use flowrun_kit::files::Files;

use crate::requests::Sent;

/// The text of a file is shown up to this size.
const MOST_OF_A_FILE: u64 = 1 << 20;

/// What happened in a run.
#[derive(Debug)]
pub struct Happened {
    /// How it ended: `done`.
    pub status: Text,
    /// Its outputs, its error, its tables and so on, by their names.
    pub parts: Record,
    /// What its cards did, by flow and ID: `greet/sent`.
    pub cards: BTreeMap<String, Vec<Card>>,
    /// What it sent.
    pub requests: Vec<Sent>,
    /// What simulated vendors tell afterwards, by vendor and path.
    pub told: BTreeMap<(Text, Text), Value>,
}

/// What a card did once.
#[derive(Clone, Debug)]
pub struct Card {
    /// What can be expected of it, by name.
    pub parts: Record,
}

/// What is known of a run besides its report.
pub struct Known<'k> {
    /// Its files.
    pub files: &'k Files,
    /// What its caller was answered.
    pub response: Option<&'k Response>,
    /// The rows of each table.
    pub tables: Vec<(Text, Vec<Record>)>,
    /// What it sent.
    pub requests: Vec<Sent>,
    /// The runs that began meanwhile, in their order.
    pub started: &'k [Ended],
    /// What simulated vendors tell afterwards, by vendor and path.
    pub told: BTreeMap<(Text, Text), Value>,
}

impl Happened {
    /// What a report and what is known beside it tell.
    pub fn new(report: &Report, known: Known<'_>) -> Happened {
        let mut cards: BTreeMap<String, Vec<Card>> = BTreeMap::new();
        collect(&report.flow, known.files, &mut cards);
        let mut parts = Record::default();
        let mut put = |name: &str, value: Value| parts.insert(name.into(), value);
        put("outputs", shown(&report.flow.outputs, known.files));
        if let Some(error) = &report.flow.error {
            put("error", error_of(&report.flow, error));
        }
        if let Some(response) = known.response {
            put("answer", answer(response));
        }
        let tables = known.tables.into_iter().map(|(name, rows)| {
            let count = Value::from(rows.len());
            let rows = Value::list(rows.into_iter().map(Value::from).collect());
            (name, Value::object([("count", count), ("rows", rows)]))
        });
        put("tables", Value::from(tables.collect::<Record>()));
        put("waited", Value::Number(report.duration_ms / 1000.0));
        let warnings = report.warnings.iter().map(|warning| Value::from(warning.message.as_str()));
        put("warnings", Value::list(warnings.collect()));
        let counts = [
            ("cards", report.counts.cards),
            ("effects", report.counts.effects),
            ("flows", report.counts.flows),
        ];
        put("counts", Value::object(counts.map(|(name, count)| (name, Value::from(count)))));
        put("started", Value::list(known.started.iter().map(beside).collect()));
        Happened {
            status: word(report.status).into(),
            parts,
            cards,
            requests: known.requests,
            told: known.told,
        }
    }
}

/// How a run ended that began meanwhile.
fn beside(ended: &Ended) -> Value {
    let flow = &ended.report.flow;
    let error = flow.error.as_ref().map(|error| ("error", error_of(flow, error)));
    let answer = ended.response.as_ref().map(|response| ("answer", answer(response)));
    let always = [
        ("flow", Value::from(flow.path.clone())),
        ("status", Value::from(word(ended.report.status))),
        ("outputs", shown(&flow.outputs, &ended.files)),
    ];
    Value::object(always.into_iter().chain(error).chain(answer))
}

/// A status as test files have it.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Paused => "paused",
        Status::Held => "held",
        Status::Done => "done",
        Status::Planned => "planned",
        Status::Stopped => "stopped",
        Status::Handled => "handled",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
    }
}

/// A value with files as what is known of them.
fn shown(value: &Value, files: &Files) -> Value {
    match value {
        Value::File(file) => {
            let text = files.read(file, MOST_OF_A_FILE).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let known = [
                ("name", Value::from(file.name.clone())),
                ("size", Value::from(file.size)),
                ("sha256", Value::from(file.handle.clone())),
            ];
            let text = text.map(|text| ("text", Value::from(text)));
            Value::object(known.into_iter().chain(text))
        }
        Value::List(items) => Value::list(items.iter().map(|item| shown(item, files)).collect()),
        Value::Object(members) => {
            Value::object(members.iter().map(|(key, value)| (key.clone(), shown(value, files))))
        }
        other => other.clone(),
    }
}

fn answer(response: &Response) -> Value {
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    // As a caller reads it.
    let said = response.body.as_text().filter(|text| text.starts_with(['{', '[']));
    let body = said.and_then(|text| parse_json(text).ok()).unwrap_or_else(|| response.body.clone());
    Value::object([
        ("status", Value::from(u64::from(response.status))),
        ("headers", Value::object(headers)),
        ("body", body),
    ])
}

fn fault(error: &FaultReport) -> Record {
    let mut parts = Record::default();
    parts.insert("kind".into(), Value::from(error.kind.as_str()));
    parts.insert("message".into(), Value::from(error.message.clone()));
    for (name, value) in [("input", &error.input), ("help", &error.help)] {
        if let Some(value) = value {
            parts.insert(name.into(), Value::from(value.clone()));
        }
    }
    if let Some(code) = error.code {
        parts.insert("code".into(), Value::from(u64::from(code)));
    }
    parts
}

/// The error that a run ended with, the card that it came from, and the flows on the way there.
fn error_of(flow: &FlowReport, error: &FaultReport) -> Value {
    let mut parts = fault(error);
    let mut chain = vec![Value::from(flow.path.clone())];
    if let Some((flow, card)) = cause(flow, &mut chain) {
        parts.insert("card".into(), Value::from(card));
        parts.insert("flow".into(), Value::from(flow));
    }
    parts.insert("chain".into(), Value::list(chain));
    Value::from(parts)
}

/// The card that failed first on the way that the error took, and its flow.
fn cause(flow: &FlowReport, chain: &mut Vec<Value>) -> Option<(Text, Text)> {
    let failed = failed(&flow.cards)?;
    let inner = match &failed.inside {
        Inside::Call { called } if called.error.is_some() => Some(&**called),
        Inside::Items(items) => items.items.iter().find(|item| item.status == Status::Failed),
        _ => None,
    };
    if let Some(inner) = inner {
        chain.push(Value::from(inner.path.clone()));
        return cause(inner, chain).or_else(|| Some((flow.path.clone(), failed.id.clone())));
    }
    Some((flow.path.clone(), failed.id.clone()))
}

fn failed(cards: &[CardReport]) -> Option<&CardReport> {
    let last = cards.iter().rev().find(|card| matches!(card.status, Status::Failed | Status::Cancelled))?;
    match &last.inside {
        Inside::Arm { cards, .. } => failed(cards).or(Some(last)),
        _ => Some(last),
    }
}

fn collect(flow: &FlowReport, files: &Files, into: &mut BTreeMap<String, Vec<Card>>) {
    collect_cards(&flow.path, &flow.cards, files, into);
}

fn collect_cards(path: &str, cards: &[CardReport], files: &Files, into: &mut BTreeMap<String, Vec<Card>>) {
    for card in cards {
        let mut parts = Record::default();
        let mut put = |name: &str, value: Value| parts.insert(name.into(), value);
        put("inputs", shown(&card.inputs, files));
        put("outputs", shown(&card.outputs, files));
        put("status", Value::from(word(card.status)));
        put("tries", Value::from(u64::from(card.tries)));
        if let Some(error) = &card.error {
            put("error", Value::from(fault(error)));
        }
        match &card.inside {
            Inside::Arm { arm, .. } => {
                put("branch", Value::from(arm.clone()));
            }
            Inside::Items(items) => {
                let failed = Value::from(items.failed);
                put("items", Value::object([("count", Value::from(items.done)), ("failed", failed)]));
            }
            Inside::Nothing {} | Inside::Call { .. } => {}
        }
        into.entry(format!("{path}/{}", card.id)).or_default().push(Card { parts });
        match &card.inside {
            Inside::Nothing {} => {}
            Inside::Arm { cards, .. } => collect_cards(path, cards, files, into),
            Inside::Call { called } => collect(called, files, into),
            Inside::Items(items) => items.items.iter().for_each(|item| collect(item, files, into)),
        }
    }
}
