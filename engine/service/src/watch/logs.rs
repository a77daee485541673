//! The log of the process: one line a change, for programs or for a terminal.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_store::{State, Status};
use serde_json::{Map, Value, json};

use crate::changes::{Change, Moved, What};
use crate::when;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    #[default]
    Json,
    /// A sentence a line.
    Text,
    /// Not at all.
    Off,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something that is as it should be and comes often: a run waits.
    Debug,
    /// Something that is as it should be.
    #[default]
    Info,
    /// Something that somebody may want to look at.
    Warn,
    /// Something that went wrong.
    Error,
}

impl Form {
    /// The form of a word: `json`, `text` or `off`.
    pub fn named(word: &str) -> Option<Form> {
        [(Form::Json, "json"), (Form::Text, "text"), (Form::Off, "off")]
            .into_iter()
            .find_map(|(form, name)| (name == word).then_some(form))
    }
}

impl Level {
    const ALL: [Level; 4] = [Level::Debug, Level::Info, Level::Warn, Level::Error];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level of a name.
    pub fn named(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Writes lines; clones write to the same place.
///
/// A place that takes no more lines makes the log wait, and with it whatever else watches, but no run.
#[derive(Clone)]
pub struct Log {
    form: Form,
    least: Level,
    out: Arc<Mutex<Box<dyn Write + Send>>>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("form", &self.form).field("least", &self.least).finish_non_exhaustive()
    }
}

impl Log {
    /// A log that writes what matters at least so much.
    pub fn new(form: Form, least: Level, out: impl Write + Send + 'static) -> Log {
        Log { form, least, out: Arc::new(Mutex::new(Box::new(out))) }
    }

    /// One that writes nothing.
    pub fn off() -> Log {
        Log::new(Form::Off, Level::Error, std::io::sink())
    }

    /// Writes what happened.
    pub fn hear(&self, change: &Change) {
        let level = level(&change.what);
        if level < self.least || self.form == Form::Off {
            return;
        }
        match serde_json::to_value(change) {
            Ok(Value::Object(members)) => {
                let more = members.into_iter().filter(|(key, _)| key != "kind" && key != "at").collect();
                let words = words(&change.what);
                let place = if change.project.is_empty() { "" } else { ": " };
                let words = format!("{}{place}{words}", change.project);
                self.write(change.at_us, level, change.what.kind(), &words, more);
            }
            _ => self.say(change.at_us, level, change.what.kind(), &words(&change.what)),
        }
    }

    /// Writes something that is no change of a project.
    pub fn say(&self, at_us: i64, level: Level, kind: &str, words: &str) {
        let more = [("message".to_owned(), json!(words))].into_iter().collect();
        self.write(at_us, level, kind, words, more);
    }

    fn write(&self, at_us: i64, level: Level, kind: &str, words: &str, more: Map<String, Value>) {
        if level < self.least {
            return;
        }
        let at = when(at_us);
        let line = match self.form {
            Form::Off => return,
            Form::Json => {
                let mut line: Map<String, Value> =
                    [("at", json!(at)), ("level", json!(level.name())), ("kind", json!(kind))]
                        .map(|(key, value)| (key.to_owned(), value))
                        .into_iter()
                        .collect();
                line.extend(more);
                Value::Object(line).to_string()
            }
            Form::Text => format!("{at} {:<5} {}", level.name(), plain(words)),
        };
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that can't be written has nobody to tell it to.
        let _ = writeln!(out, "{line}");
    }
}

fn level(what: &What) -> Level {
    match what {
        What::Began(_) | What::Switched { .. } | What::Received { .. } | What::Reloaded { .. } => Level::Info,
        What::Missed { .. } | What::Skipped { .. } | What::Reconciled { .. } => Level::Warn,
        What::Refused { .. } | What::Trouble { .. } => Level::Error,
        What::Moved(moved) => match moved.state.status() {
            Status::Running | Status::Waiting | Status::Paused => Level::Debug,
            Status::Done => Level::Info,
            Status::Held | Status::Cancelled => Level::Warn,
            Status::Failed => Level::Error,
        },
    }
}

fn words(what: &What) -> String {
    match what {
        What::Began(begun) => format!("{} began ({}), run {}", begun.flow, begun.cause, begun.run),
        What::Moved(moved) => of_run(moved),
        What::Switched { flow, on: true } => format!("{flow} is on"),
        What::Switched { flow, on: false } => format!("{flow} is off"),
        What::Missed { flow, times } => {
            format!("{flow}: {} passed while nothing served it", flowrun_core::words::many(*times, "time"))
        }
        What::Skipped { flow, cause, why } => format!("{flow} was not started ({cause}): {why}"),
        What::Received { source, new, again } => {
            format!("{source} brought {new} new events, {again} were known")
        }
        What::Reconciled { source, events } => {
            format!("{source} alone told {events} events: no hook did in time")
        }
        What::Reloaded { version } => format!("version {version} runs now"),
        What::Refused { why } => {
            format!("the changed project has mistakes, the version before goes on: {why}")
        }
        What::Trouble { kind, about, why } => format!("trouble with the {kind} {about}: {why}"),
    }
}

fn of_run(moved: &Moved) -> String {
    let Moved { flow, run, cards, took_us, .. } = moved;
    let took = *took_us as f64 / 1e6;
    match &moved.state {
        State::Running => format!("{flow} goes on, run {run}"),
        State::Waiting { wake_us } => format!("{flow} waits until {}, run {run}", when(*wake_us)),
        State::Paused { .. } => format!("{flow} waits for somebody, run {run}"),
        State::Held { question } => format!("{flow} is held, run {run}: {question}"),
        State::Done => format!("{flow} is done after {took:.3} s and {cards} cards, run {run}"),
        State::Failed => {
            let error = moved.error.as_deref().unwrap_or("no error is known");
            format!("{flow} failed after {took:.3} s, run {run}: {error}")
        }
        State::Cancelled => format!("{flow} was cancelled after {took:.3} s, run {run}"),
    }
}

/// A text without what would begin a line, or tell a terminal to do something.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Changes;
    use crate::watch::tests::{Written, began, moved};

    fn lines(form: Form, least: Level) -> String {
        let (changes, written) = (Changes::default(), Written::default());
        let log = Log::new(form, least, written.clone());
        let mut heard = changes.watch();
        for what in [
            began("r1", "import", "schedule", 0),
            moved("r1", "import", "schedule", State::Waiting { wake_us: 60_000_000 }, None),
            moved("r1", "import", "schedule", State::Failed, Some("RateLimit")),
            What::Trouble {
                kind: "hook".into(),
                about: "okta".into(),
                why: "silent\nfaked \u{1b}[31m".into(),
            },
        ] {
            changes.tell(&Arc::from("people"), 1_000_000, what);
            log.hear(&heard.try_recv().unwrap());
        }
        log.say(2_000_000, Level::Warn, "watch.lost", "a record");
        written.text()
    }

    #[test]
    fn programs_get_an_object_a_line() {
        let expected = r#"{"at":"1970-01-01T00:00:01.000Z","level":"info","kind":"run.began","project":"people","run":"r1","flow":"import","title":"The import","cause":"schedule","who":"Ada@Example.com"}
{"at":"1970-01-01T00:00:01.000Z","level":"error","kind":"run.moved","project":"people","run":"r1","flow":"import","title":"The import","cause":"schedule","state":"failed","error":"too many requests","took_ms":2000,"cards":7}
{"at":"1970-01-01T00:00:01.000Z","level":"error","kind":"trouble","project":"people","trouble":"hook","about":"okta","why":"silent\nfaked \u001b[31m"}
{"at":"1970-01-01T00:00:02.000Z","level":"warn","kind":"watch.lost","message":"a record"}
"#;
        assert_eq!(lines(Form::Json, Level::Info), expected);
    }

    #[test]
    fn people_get_a_sentence_a_line_that_nobody_can_forge() {
        let expected = "1970-01-01T00:00:01.000Z info  people: import began (schedule), run r1
1970-01-01T00:00:01.000Z debug people: import waits until 1970-01-01T00:01:00.000Z, run r1
1970-01-01T00:00:01.000Z error people: import failed after 2.000 s, run r1: too many requests
1970-01-01T00:00:01.000Z error people: trouble with the hook okta: silent faked  [31m
1970-01-01T00:00:02.000Z warn  a record
";
        assert_eq!(lines(Form::Text, Level::Debug), expected);
    }

    #[test]
    fn a_level_and_off_are_kept_to() {
        assert_eq!(lines(Form::Text, Level::Error).lines().count(), 2);
        assert_eq!(lines(Form::Off, Level::Debug), "");
        assert_eq!((Form::named("text"), Form::named("xml")), (Some(Form::Text), None));
        assert_eq!((Level::named("warn"), Level::named("WARN")), (Some(Level::Warn), None));
    }
}
