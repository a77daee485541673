//! Notices for people: what went wrong, where, and what to do. Many of one kind become one that counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowrun_core::words::many;
use flowrun_store::State;
use serde::{Deserialize, Serialize};

use crate::changes::{Change, What};
use crate::watch::logs::plain;
use crate::when;

/// After a notice the next one of its kind about the same thing comes at the earliest after so many milliseconds.
pub const PAUSE_MS: i64 = 10 * 60 * 1000;

/// So many things are told apart at most; what is more is counted together.
const MOST_THINGS: usize = 1_000;

/// What is quoted of an error has at most so many characters.
const LONGEST: usize = 500;

/// What a notice is about, as settings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A run failed.
    Failed,
    /// A run can't go on before somebody has said what became of a request.
    Held,
    /// A run waits for somebody's answer. Whoever gets this may give it, so that it is sent only where it is asked for by name.
    Waiting,
    /// What should have started a run did not.
    Missed,
    /// A hook delivers nothing.
    Hook,
    /// A connection is refused.
    Connection,
    /// A changed project has mistakes.
    Project,
    /// Something else that somebody should look at.
    Trouble,
}

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// The project.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub project: Arc<str>,
    /// The flow's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Arc<str>>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Arc<str>>,
    /// When it happened last.
    pub at: String,
    /// How often it happened since the last notice.
    pub times: u64,
    /// When it happened first since the last notice.
    pub since: String,
    /// What happened, in a few words.
    pub subject: String,
    /// What happened, in a sentence.
    pub what: String,
    /// What to do.
    pub to_do: String,
    /// Where it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is told apart.
    #[serde(skip)]
    thing: Arc<str>,
}

impl Notice {
    /// The notice of a change, if somebody should hear of it.
    pub fn of(change: &Change) -> Option<Notice> {
        let at = when(change.at_us);
        let notice = |kind, thing: &Arc<str>, subject: String, what: String, to_do: String| Notice {
            kind,
            project: change.project.clone(),
            flow: None,
            run: None,
            at: at.clone(),
            times: 1,
            since: at.clone(),
            subject: plain(&subject),
            what: quoted(&what),
            to_do,
            link: None,
            thing: thing.clone(),
        };
        match &change.what {
            What::Moved(moved) => {
                let (run, flow) = (&moved.run, &moved.flow);
                let (kind, subject, what, to_do) = match &moved.state {
                    State::Failed => (
                        Kind::Failed,
                        format!("{flow} failed"),
                        moved.error.as_deref().unwrap_or("no error is known").to_owned(),
                        format!(
                            "look at it with `flowrun runs show {run}`; when its cause is mended, run it again with `flowrun rerun {run}`"
                        ),
                    ),
                    State::Held { question } => (
                        Kind::Held,
                        format!("{flow} is held"),
                        question.clone(),
                        format!(
                            "find out whether it happened (`flowrun runs show {run}` says what), then say so with `flowrun settle {run} …`"
                        ),
                    ),
                    State::Paused { .. } => (
                        Kind::Waiting,
                        format!("{flow} waits for an answer"),
                        format!("`{}` asks, and somebody has to answer", moved.title),
                        format!(
                            "look at what it asks, and answer (or with `flowrun resume {run} --input NAME=VALUE`)"
                        ),
                    ),
                    _ => return None,
                };
                // Each pause is a matter of its own: none stands for another.
                let thing: &Arc<str> = if kind == Kind::Waiting { run } else { flow };
                let told = notice(kind, thing, subject, what, to_do);
                Some(Notice { flow: Some(flow.clone()), run: Some(run.clone()), ..told })
            }
            What::Missed { flow, times } => {
                let told = notice(
                    Kind::Missed,
                    flow,
                    format!("{flow} was not started"),
                    format!("{} passed while nothing served the flow", many(*times, "time")),
                    "if it should have run, start it by hand; `missed` in its schedule says what is made up for".to_owned(),
                );
                Some(Notice { flow: Some(flow.clone()), ..told })
            }
            What::Skipped { flow, cause, why } => {
                let told = notice(
                    Kind::Missed,
                    flow,
                    format!("{flow} was not started"),
                    format!("{cause}: {why}"),
                    "if it should have run, start it by hand".to_owned(),
                );
                Some(Notice { flow: Some(flow.clone()), ..told })
            }
            What::Refused { why } => Some(notice(
                Kind::Project,
                &change.project,
                "the changed project has mistakes".to_owned(),
                why.to_string(),
                "the version before goes on; mend the mistakes (`flowrun check`), or go back in git"
                    .to_owned(),
            )),
            What::Trouble { kind, about, why } => {
                let (known, to_do) = match &**kind {
                    "hook" => (Kind::Hook, "look at the hook's status with `flowrun hooks status`"),
                    "connection" => (Kind::Connection, "try it with `flowrun connections test`"),
                    _ => (Kind::Trouble, "look at the log of the service"),
                };
                let subject = format!("trouble with the {kind} {about}");
                Some(notice(known, about, subject, why.to_string(), to_do.to_owned()))
            }
            What::Began(_)
            | What::Switched { .. }
            | What::Received { .. }
            | What::Reconciled { .. }
            | What::Reloaded { .. } => None,
        }
    }

    /// The subject, as a mail's or the first line of a message.
    pub fn title(&self) -> String {
        let place = if self.project.is_empty() { "" } else { ": " };
        let times = if self.times > 1 { format!(", {} times", self.times) } else { String::new() };
        format!("{}{place}{}{times}", self.project, self.subject)
    }

    /// All of it as plain text, without the title.
    pub fn text(&self) -> String {
        let mut where_: Vec<String> = Vec::new();
        where_.extend(self.flow.iter().map(|flow| format!("flow {flow}")));
        where_.extend(self.run.iter().map(|run| format!("run {run}")));
        where_.push(format!("at {}", self.at));
        let where_ = plain(&where_.join(", "));
        let mut text = format!("What happened: {}\nWhere: {where_}\n", self.what);
        if self.times > 1 {
            text += &format!("How often: {} times since {}; this is the last one\n", self.times, self.since);
        }
        text + &format!("What to do: {}\n", self.to_do)
    }
}

/// What a text says, without control characters and not at any length: an error may quote what anybody wrote.
fn quoted(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Lets the first notice of a thing through at once, and of those that follow one in ten minutes, which counts them.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(Kind, Arc<str>, Arc<str>), Window>);

#[derive(Debug)]
struct Window {
    end_ms: i64,
    kept: Option<Notice>,
}

impl Tally {
    /// The notice that is to be sent now, if it is.
    pub fn hear(&mut self, now_ms: i64, mut notice: Notice) -> Option<Notice> {
        let mut key = (notice.kind, notice.project.clone(), notice.thing.clone());
        if self.0.len() >= MOST_THINGS && !self.0.contains_key(&key) {
            key = (notice.kind, Arc::from(""), Arc::from(""));
        }
        match self.0.get_mut(&key) {
            None => {
                self.0.insert(key, Window { end_ms: now_ms.saturating_add(PAUSE_MS), kept: None });
                Some(notice)
            }
            Some(window) => {
                if let Some(before) = window.kept.take() {
                    notice.times += before.times;
                    notice.since = before.since;
                }
                window.kept = Some(notice);
                None
            }
        }
    }

    /// The notices whose time has come.
    pub fn due(&mut self, now_ms: i64) -> Vec<Notice> {
        let mut due = Vec::new();
        self.0.retain(|_, window| {
            if window.end_ms > now_ms {
                return true;
            }
            window.end_ms = now_ms.saturating_add(PAUSE_MS);
            let kept = window.kept.take();
            let more = kept.is_some();
            due.extend(kept);
            more
        });
        due
    }

    /// When the next may be due.
    pub fn next_ms(&self) -> Option<i64> {
        self.0.values().map(|window| window.end_ms).min()
    }

    /// All that would have come later.
    pub fn rest(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.0).into_values().filter_map(|window| window.kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::tests::{change, moved};

    fn failed(run: &str, flow: &str) -> Notice {
        Notice::of(&change(0, moved(run, flow, "schedule", State::Failed, Some("RateLimit")))).unwrap()
    }

    #[test]
    fn a_notice_says_what_where_and_what_to_do() {
        let notice = failed("r1", "import");
        assert_eq!(notice.title(), "people: import failed");
        assert_eq!(
            notice.text(),
            "What happened: too many requests\nWhere: flow import, run r1, at 1970-01-01T00:00:00.000Z\nWhat to do: \
             look at it with `flowrun runs show r1`; when its cause is mended, run it again with `flowrun rerun r1`\n"
        );
        let held = State::Held { question: "was the order sent?".to_owned() };
        let held = Notice::of(&change(0, moved("r2", "order", "endpoint", held, None))).unwrap();
        assert_eq!((held.kind, held.title()), (Kind::Held, "people: order is held".to_owned()));
        let kinds = [("hook", Kind::Hook), ("connection", Kind::Connection), ("store", Kind::Trouble)];
        for (word, kind) in kinds {
            let trouble = What::Trouble { kind: word.into(), about: "okta".into(), why: "x\r\ny".into() };
            let notice = Notice::of(&change(0, trouble)).unwrap();
            assert_eq!((notice.kind, &*notice.what), (kind, "x  y"));
        }
        assert_eq!(Notice::of(&change(0, moved("r", "f", "c", State::Done, None))), None);
    }

    #[test]
    fn the_first_comes_at_once_and_then_one_in_ten_minutes_that_counts() {
        let mut tally = Tally::default();
        assert_eq!(tally.hear(0, failed("r1", "import")).map(|notice| notice.times), Some(1));
        for run in ["r2", "r3", "r4"] {
            assert_eq!(tally.hear(1_000, failed(run, "import")), None);
        }
        assert!(tally.hear(2_000, failed("r5", "other")).is_some(), "another flow is another matter");
        assert_eq!((tally.due(PAUSE_MS - 1), tally.next_ms()), (Vec::new(), Some(PAUSE_MS)));
        let due = tally.due(PAUSE_MS);
        assert_eq!((due.len(), due[0].times, due[0].run.as_deref()), (1, 3, Some("r4")));
        assert_eq!(due[0].title(), "people: import failed, 3 times");
        // Ten minutes without one more, and the next comes at once again.
        assert_eq!(tally.hear(PAUSE_MS + 1, failed("r6", "import")), None);
        assert_eq!(tally.due(2 * PAUSE_MS).len(), 1);
        assert_eq!(tally.due(3 * PAUSE_MS), []);
        assert_eq!(tally.next_ms(), None);
        assert!(tally.hear(3 * PAUSE_MS, failed("r7", "import")).is_some());
    }

    #[test]
    fn many_things_take_no_more_than_so_much_memory() {
        let mut tally = Tally::default();
        let sent = (0..2 * MOST_THINGS).filter_map(|flow| tally.hear(0, failed("r", &flow.to_string())));
        assert_eq!(sent.count(), MOST_THINGS + 1);
        assert_eq!(tally.rest().iter().map(|notice| notice.times).sum::<u64>(), MOST_THINGS as u64 - 1);
    }
}
