//! Tests made of runs: what a run was given, what answered it, and what came of it.

use std::collections::BTreeSet;
use std::fmt::Write;

use flowrun_core::fault::Fault;
use flowrun_core::journal::Recorded;
use flowrun_core::program::Program;
use flowrun_core::report::FaultReport;
use flowrun_core::value::{Date, REDACTED, Record, Text, Value};
use flowrun_host::session::durable::lived::{Answered, Lived};
use flowrun_host::session::durable::recall::Recalled;

use crate::happened::word;

/// A test made of a run.
#[derive(Clone, Debug)]
pub struct Made {
    /// The flow that it tests.
    pub flow: Text,
    /// Its name.
    pub name: String,
    /// What it says, a line each, without the space before it.
    pub lines: Vec<String>,
    /// What of the run is not in it, and why.
    pub left_out: Vec<String>,
}

/// Makes a test of a run. Of the outputs in `changing` it expects only that they are there.
pub fn made(recalled: &Recalled, lived: &Lived, changing: &BTreeSet<Text>) -> Made {
    let header = &recalled.opening.header;
    let mut maker = Maker { lines: Vec::new(), left_out: Vec::new() };
    maker.line(0, "now", &start(recalled.start.at_us));
    let inputs = maker.told("input", header.inputs.iter());
    maker.members(0, "inputs", &inputs);
    let vars = &recalled.opening.vars;
    let from_env = vars.env.iter().filter(|(name, _)| !vars.set.iter().any(|(set, _)| set == name));
    let given = maker.told("variable", vars.set.iter().chain(from_env).map(|(name, value)| (name, value)));
    maker.members(0, "vars", &given);
    maker.tables(&recalled.program, lived);
    maker.mocks(lived);
    maker.meanwhile(lived);
    maker.expect(lived, changing);
    Made {
        flow: header.flow.clone(),
        name: format!("as in run {}", recalled.run.about.id),
        lines: maker.lines,
        left_out: maker.left_out,
    }
}

impl Made {
    /// A whole file with this test.
    pub fn file(&self) -> String {
        format!("flow: {}\ntests:\n{}", quoted(&self.flow), self.test("  ", &self.name))
    }

    /// The test, as it stands below `tests` after so much space.
    pub fn test(&self, before: &str, name: &str) -> String {
        let mut text = format!("{before}{}:\n", quoted(name));
        for left_out in &self.left_out {
            let _ = writeln!(text, "{before}  # Not taken over: {left_out}");
        }
        for line in &self.lines {
            let _ = writeln!(text, "{before}  {line}");
        }
        text
    }
}

struct Maker {
    lines: Vec<String>,
    left_out: Vec<String>,
}

impl Maker {
    fn line(&mut self, depth: usize, key: &str, value: &str) {
        self.lines.push(format!("{}{key}: {value}", "  ".repeat(depth)));
    }

    fn members(&mut self, depth: usize, key: &str, members: &[(Text, String)]) {
        if members.is_empty() {
            return;
        }
        self.lines.push(format!("{}{key}:", "  ".repeat(depth)));
        for (name, value) in members {
            self.lines.push(format!("{}{}: {value}", "  ".repeat(depth + 1), quoted(name)));
        }
    }

    /// Values that can be written down.
    fn told<'v>(
        &mut self,
        what: &str,
        values: impl Iterator<Item = (&'v Text, &'v Value)>,
    ) -> Vec<(Text, String)> {
        let mut told = Vec::new();
        for (name, value) in values {
            match lost(value) {
                None => told.push((name.clone(), value.to_json())),
                Some(why @ "a secret") => {
                    self.left_out
                        .push(format!("the {what} `{name}` is {why}; `made up` stands in its place"));
                    told.push((name.clone(), quoted("made up")));
                }
                Some(why) => self.left_out.push(format!("the {what} `{name}` is {why}")),
            }
        }
        told
    }

    fn tables(&mut self, program: &Program, lived: &Lived) {
        if lived.filled.is_empty() {
            return;
        }
        self.lines.push("tables:".to_owned());
        for (name, rows) in &lived.filled {
            let table = program.tables.iter().find(|table| table.name == *name);
            let columns: Vec<&Text> = table
                .map(|table| table.columns.iter().map(|column| &column.name).collect())
                .unwrap_or_default();
            self.lines.push(format!("  {}:", quoted(name)));
            for row in rows {
                let cells = row.iter().filter(|(column, value)| columns.contains(column) && !value.is_null());
                let row: Record = cells.map(|(column, value)| (column.clone(), value.clone())).collect();
                self.lines.push(format!("    - {}", Value::from(row).to_json()));
            }
        }
    }

    /// The cards that were answered from outside, each by its flow and ID.
    fn mocks(&mut self, lived: &Lived) {
        let mut places: Vec<&str> = Vec::new();
        for card in &lived.cards {
            if !places.contains(&&*card.place) {
                places.push(&card.place);
            }
        }
        let mut lines = Vec::new();
        for place in places {
            let cards: Vec<&Answered> = lived.cards.iter().filter(|card| card.place == place).collect();
            let answers: Option<Vec<Vec<String>>> =
                cards.iter().map(|card| self.answers(card, &cards)).collect();
            if let Some(answers) = answers {
                lines.push(format!("  {}:", quoted(place)));
                lines.extend(answers.into_iter().flatten().map(|answer| format!("    - {answer}")));
            }
        }
        if !lines.is_empty() {
            self.lines.push("mocks:".to_owned());
            self.lines.append(&mut lines);
        }
    }

    /// The answers that one performance got, as a mock has them; none where they can't be written down.
    fn answers(&mut self, card: &Answered, all: &[&Answered]) -> Option<Vec<String>> {
        let differs =
            |name: &Text, value: &Value| all.iter().any(|other| other.fields.get(name) != Some(value));
        let told = card.fields.iter().filter(|(name, value)| differs(name, value) && lost(value).is_none());
        let when: Vec<String> =
            told.map(|(name, value)| format!("{}: {}", quoted(name), pattern(value))).collect();
        let when = if when.is_empty() { String::new() } else { format!("when: {{ {} }}, ", when.join(", ")) };
        let mut pages: Vec<Value> = Vec::new();
        let mut answers = Vec::new();
        for end in &card.ends {
            let what = match end {
                Recorded::Page(page) => {
                    pages.push(Value::list(page.records.clone()));
                    continue;
                }
                Recorded::Failed(fault, _) => format!("fails: {}", failure(fault)),
                Recorded::Outputs(outputs) => {
                    let mut given = Vec::new();
                    for (name, value) in outputs.iter().filter(|(_, value)| !value.is_null()) {
                        match lost(value) {
                            None => given.push(format!("{}: {}", quoted(name), value.to_json())),
                            Some(why) => {
                                let note = format!("`{name}` of {} is {why}", card.place);
                                if !self.left_out.contains(&note) {
                                    self.left_out.push(note);
                                }
                                if why == "a file" {
                                    return None;
                                }
                                given.push(format!("{}: {}", quoted(name), quoted("made up")));
                            }
                        }
                    }
                    format!("gives: {{ {} }}", given.join(", "))
                }
                Recorded::Waited => continue,
            };
            answers.push(format!("{{ {when}times: 1, {what} }}"));
        }
        if !pages.is_empty() {
            answers.push(format!("{{ {when}times: 1, pages: {} }}", Value::list(pages).to_json()));
        }
        Some(answers)
    }

    fn meanwhile(&mut self, lived: &Lived) {
        let seconds = |us: i64| format!("{} s", us.max(0) as f64 / 1e6);
        let replies = lived.replies.iter().map(|(us, answer)| {
            (*us, format!("{{ after: {}, resume: {} }}", seconds(*us), Value::from(answer.clone()).to_json()))
        });
        let cancelled =
            lived.cancelled_us.map(|us| (us, format!("{{ after: {}, cancel: true }}", seconds(us))));
        let mut all: Vec<(i64, String)> = replies.chain(cancelled).collect();
        all.sort();
        if !all.is_empty() {
            self.lines.push("meanwhile:".to_owned());
            self.lines.extend(all.into_iter().map(|(_, what)| format!("  - {what}")));
        }
    }

    fn expect(&mut self, lived: &Lived, changing: &BTreeSet<Text>) {
        let flow = &lived.report.flow;
        self.lines.push("expect:".to_owned());
        self.line(1, "status", word(lived.report.status));
        let mut outputs = Vec::new();
        for (name, value) in flow.outputs.as_object().into_iter().flat_map(|outputs| outputs.iter()) {
            match lost(value) {
                _ if changing.contains(name) => {
                    self.left_out.push(format!("the output `{name}` is another in each run"));
                    outputs.push((name.clone(), "{ ~exists: true }".to_owned()));
                }
                None => outputs.push((name.clone(), pattern(value))),
                Some(why) => self.left_out.push(format!("the output `{name}` is {why}")),
            }
        }
        self.members(1, "outputs", &outputs);
        if let Some(error) = &flow.error {
            let FaultReport { kind, message, code, .. } = error;
            let mut parts = vec![("kind".into(), quoted(kind)), ("message".into(), equal(message))];
            parts.extend(code.map(|code| ("code".into(), code.to_string())));
            self.members(1, "error", &parts);
        }
    }
}

/// Why a value can't be written down, if it can't.
fn lost(value: &Value) -> Option<&'static str> {
    match value {
        Value::Secret(_) => Some("a secret"),
        Value::Text(text) if text.contains(REDACTED) => Some("a secret"),
        Value::File(_) => Some("a file"),
        Value::List(items) => items.iter().find_map(lost),
        Value::Object(members) => members.values().find_map(lost),
        _ => None,
    }
}

fn start(at_us: i64) -> String {
    Date::from_millis(at_us.div_euclid(1000)).map(|date| quoted(&date.to_string())).unwrap_or_default()
}

fn failure(fault: &Fault) -> String {
    let mut parts = vec![
        format!("kind: {}", quoted(&fault.kind.to_string())),
        format!("message: {}", quoted(&fault.message)),
    ];
    parts.extend(fault.code.map(|code| format!("code: {code}")));
    if !fault.body.is_null() && lost(&fault.body).is_none() {
        parts.push(format!("body: {}", fault.body.to_json()));
    }
    format!("{{ {} }}", parts.join(", "))
}

/// A value as what it is held against: a sign that begins an operator is meant as it stands.
fn pattern(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => equal(text),
        Value::List(items) => format!("[{}]", items.iter().map(pattern).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.keys().any(|name| name.starts_with('~')) => {
            format!("{{ ~equals: {} }}", value.to_json())
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", quoted(name), pattern(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_json(),
    }
}

fn equal(text: &str) -> String {
    if text.starts_with('~') { format!("{{ ~equals: {} }}", quoted(text)) } else { quoted(text) }
}

/// A text in the quotes of JSON, which YAML reads as well.
fn quoted(text: &str) -> String {
    let list = Value::list(vec![Value::from(text)]).to_json();
    list[1..list.len() - 1].to_owned()
}
