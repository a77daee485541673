//! The form of a recording: one YAML file. Bodies stand in it as they were sent, as texts; what is no text, in Base64.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::value::{Date, Record, Text, Value, parse_date, parse_json};
use flowrun_project::{Problem, bounded, unreadable};
use serde::Deserialize;

/// The number of the form.
const FORM: u32 = 1;

/// No file of a recording may be larger than this many bytes.
const MOST_BYTES: u64 = 256 << 20;

/// A recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The flow that it started with.
    pub flow: Text,
    /// The hash of its program.
    pub program: String,
    /// Its name: chance is drawn from it.
    pub run: Text,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// Its inputs, but for secrets and files.
    pub inputs: Record,
    /// The variables that it was given, but for secrets.
    pub vars: Record,
    /// The connections that it could reach.
    pub connections: Vec<Recorded>,
    /// What was exchanged, in the order in which it was asked.
    pub exchanges: Vec<Exchange>,
}

/// A connection of a recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// Its connector.
    pub connector: String,
    /// Its addresses, by the names of the settings.
    pub addresses: BTreeMap<String, String>,
}

/// A request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The connection.
    pub connection: String,
    /// How long after the start it was asked, in milliseconds.
    pub at_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// Whether a token was asked for.
    pub login: bool,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, as it was written.
    pub query: String,
    /// The headers of the request.
    pub headers: Vec<(String, String)>,
    /// The body of the request.
    pub body: Body,
    /// How it ended.
    pub ends: Ends,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// With this answer.
    Answer {
        /// The status.
        status: u16,
        /// The headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Body,
    },
    /// Without one, for this reason.
    Failed {
        /// `connect`, `refused`, `broken`, `timeout`.
        kind: String,
        /// In words.
        why: String,
    },
}

/// A body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// A text.
    Text(String),
    /// Bytes that are no text, in Base64.
    Base64(String),
}

impl Body {
    /// The body as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Body::None => Vec::new(),
            Body::Text(text) => text.clone().into_bytes(),
            Body::Base64(text) => STANDARD.decode(text).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    recording: u32,
    flow: String,
    program: String,
    run: String,
    started: String,
    #[serde(default)]
    inputs: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    vars: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    connections: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    exchanges: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    connection: String,
    #[serde(default)]
    at: i64,
    #[serde(default)]
    took: i64,
    #[serde(default)]
    login: bool,
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    base64: Option<String>,
    answer: Option<Answered>,
    fails: Option<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    base64: Option<String>,
}

fn body(text: Option<String>, base64: Option<String>) -> Body {
    text.map(Body::Text).or_else(|| base64.map(Body::Base64)).unwrap_or_default()
}

impl From<Written> for Exchange {
    fn from(written: Written) -> Exchange {
        let ends = match (written.answer, written.fails) {
            (Some(answer), _) => Ends::Answer {
                status: answer.status,
                headers: answer.headers,
                body: body(answer.body, answer.base64),
            },
            (None, Some((kind, why))) => Ends::Failed { kind, why },
            (None, None) => Ends::Failed { kind: "timeout".to_owned(), why: String::new() },
        };
        Exchange {
            connection: written.connection,
            at_ms: written.at,
            took_ms: written.took,
            login: written.login,
            method: written.method,
            path: written.path,
            query: written.query,
            headers: written.headers,
            body: body(written.body, written.base64),
            ends,
        }
    }
}

impl Recording {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Recording, Problem> {
        let text = bounded::read_text(path, MOST_BYTES).map_err(|error| unreadable(path, &error))?;
        let shown = path.display();
        let text = text.ok_or_else(|| Problem::new(format!("{shown} is too large for a recording")))?;
        Recording::parse(&text).map_err(|why| {
            let problem = Problem::new(format!("{shown} is no recording: {why}"));
            problem.help("`flowrun run FLOW --record FILE` writes one")
        })
    }

    fn parse(text: &str) -> Result<Recording, String> {
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! {
                max_depth: 64,
                max_nodes: 50_000_000,
                max_events: 150_000_000,
                max_documents: 1,
            },
            strict_booleans: true,
            with_snippet: false,
        };
        let file: File =
            serde_yaml::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        if file.recording != FORM {
            return Err(format!("its form is {}, and this flowrun reads form {FORM}", file.recording));
        }
        let started = parse_date(&file.started).ok_or_else(|| format!("`{}` is no date", file.started))?;
        let values = |members: serde_json::Map<String, serde_json::Value>| -> Record {
            let read = |value: serde_json::Value| parse_json(&value.to_string()).unwrap_or_default();
            members.into_iter().map(|(name, value)| (Text::from(name), read(value))).collect()
        };
        let connection = |(name, mut settings): (String, BTreeMap<String, String>)| Recorded {
            name,
            connector: settings.remove("connector").unwrap_or_default(),
            addresses: settings,
        };
        Ok(Recording {
            flow: file.flow.into(),
            program: file.program,
            run: file.run.into(),
            started_ms: started.millis(),
            inputs: values(file.inputs),
            vars: values(file.vars),
            connections: file.connections.into_iter().map(connection).collect(),
            exchanges: file.exchanges.into_iter().map(Exchange::from).collect(),
        })
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        let started = Date::from_millis(self.started_ms).map(|date| date.to_string()).unwrap_or_default();
        let mut text = format!(
            "# What a run exchanged with vendors, without secrets: see docs/testing.md, Recordings.\n\
             recording: {FORM}\nflow: {}\nprogram: {}\nrun: {}\nstarted: {}\n",
            quoted(&self.flow),
            quoted(&self.program),
            quoted(&self.run),
            quoted(&started),
        );
        for (name, values) in [("inputs", &self.inputs), ("vars", &self.vars)] {
            if !values.is_empty() {
                let _ = writeln!(text, "{name}:");
                for (name, value) in values {
                    let _ = writeln!(text, "  {}: {}", quoted(name), json(value));
                }
            }
        }
        if !self.connections.is_empty() {
            text += "connections:\n";
        }
        for connection in &self.connections {
            let _ = write!(
                text,
                "  {}: {{ connector: {}",
                quoted(&connection.name),
                quoted(&connection.connector)
            );
            for (name, address) in &connection.addresses {
                let _ = write!(text, ", {}: {}", quoted(name), quoted(address));
            }
            text += " }\n";
        }
        text += if self.exchanges.is_empty() { "exchanges: []\n" } else { "exchanges:\n" };
        for exchange in &self.exchanges {
            exchange.write(&mut text);
        }
        text
    }
}

impl Exchange {
    fn write(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "- connection: {}\n  at: {}\n  took: {}",
            quoted(&self.connection),
            self.at_ms,
            self.took_ms
        );
        if self.login {
            text.push_str("  login: true\n");
        }
        let _ = writeln!(text, "  method: {}\n  path: {}", self.method, quoted(&self.path));
        if !self.query.is_empty() {
            let _ = writeln!(text, "  query: {}", quoted(&self.query));
        }
        headers(&self.headers, "  ", text);
        self.body.write("  ", text);
        match &self.ends {
            Ends::Answer { status, headers: answered, body } => {
                let _ = writeln!(text, "  answer:\n    status: {status}");
                headers(answered, "    ", text);
                body.write("    ", text);
            }
            Ends::Failed { kind, why } => {
                let _ = writeln!(text, "  fails: [ {kind}, {} ]", quoted(why));
            }
        }
    }
}

impl Body {
    fn write(&self, before: &str, into: &mut String) {
        match self {
            Body::None => {}
            Body::Text(text) => {
                let _ = writeln!(into, "{before}body: {}", quoted(text));
            }
            Body::Base64(text) => {
                let _ = writeln!(into, "{before}base64: {text}");
            }
        }
    }
}

fn headers(headers: &[(String, String)], before: &str, into: &mut String) {
    if headers.is_empty() {
        return;
    }
    let each: Vec<String> =
        headers.iter().map(|(name, value)| format!("[ {name}, {} ]", quoted(value))).collect();
    let _ = writeln!(into, "{before}headers: [ {} ]", each.join(", "));
}

/// A text in quotes: single ones, in which JSON stays readable, unless something in it needs the others.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| {
        !letter.is_control() && !matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if text.chars().all(is_plain) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if is_plain(letter) => quoted.push(letter),
            letter => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A value as JSON, which is YAML as well.
fn json(value: &Value) -> String {
    match value.as_text() {
        Some(text) => quoted(text),
        None => value.to_json(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is read again as it was, whatever letters it has.
    #[test]
    fn what_is_written_is_read_again() {
        let strange = "it's \"x\" \\ \u{1}\n\t: # {[ü😀\u{2028} - yes";
        let exchange = Exchange {
            connection: "okta".to_owned(),
            at_ms: 1,
            took_ms: 2,
            login: true,
            method: "POST".to_owned(),
            path: "/a b".to_owned(),
            query: "a=%20&b".to_owned(),
            headers: vec![("x-a".to_owned(), "true".to_owned())],
            body: Body::Text(strange.to_owned()),
            ends: Ends::Answer {
                status: 200,
                headers: vec![("x-b".to_owned(), "12".to_owned())],
                body: Body::Base64("AAEC".to_owned()),
            },
        };
        let failed = Exchange {
            body: Body::None,
            ends: Ends::Failed { kind: "broken".to_owned(), why: strange.to_owned() },
            ..exchange.clone()
        };
        let addresses = [("org_url".to_owned(), "http://127.0.0.1:1".to_owned())].into();
        let recording = Recording {
            flow: "a/b".into(),
            program: "00".to_owned(),
            run: "123".into(),
            started_ms: 1_767_603_600_123,
            inputs: [(Text::from("a"), parse_json(r#"{"n":1.5,"t":"null"}"#).unwrap())].into_iter().collect(),
            vars: [(Text::from("v"), Value::from("no"))].into_iter().collect(),
            connections: vec![Recorded { name: "okta".to_owned(), connector: "okta".to_owned(), addresses }],
            exchanges: vec![exchange, failed],
        };
        assert_eq!(Recording::parse(&recording.write()), Ok(recording));
    }
}
