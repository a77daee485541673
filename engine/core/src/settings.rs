//! What else may be said of a trigger, or of how a flow's runs are started: settings that change when a flow starts and who may
//! start it, and nothing of what it does.

use crate::diag::{Code, Diagnostic};
use crate::duration::milliseconds;
use crate::model::{At, Name};
use crate::suggest::{closest, listed};
use crate::value::{Record, Text, Value};
use crate::words;

/// A setting that may be said.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// What it means, for people.
    pub says: &'static str,
    /// What may stand there.
    pub kind: Kind,
}

/// What may stand in a setting.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// How long, from and to how many seconds.
    Duration(u32, u32),
    /// A whole number, from and to.
    Whole(u32, u32),
    /// A text.
    Text,
    /// A list of texts.
    Texts,
}

/// Settings as they are written, in their order.
pub type Settings = Vec<(Name, At<Value>)>;

const DAY: u32 = 86_400;

/// What may be said of a schedule beside its times.
pub const SCHEDULE: &[Setting] = &[
    Setting {
        key: "missed",
        says: "What becomes of times at which nobody served the flow: the last of them is made up for, all are, or none.",
        kind: Kind::Choice(&["last", "all", "none"]),
    },
    Setting {
        key: "catch_up",
        says: "How long ago a missed time may lie to be made up for; a day where nothing is said.",
        kind: Kind::Duration(0, 31 * DAY),
    },
    Setting {
        key: "overlap",
        says: "What becomes of a time at which the last run still goes on: it is skipped, waits, ends the last run, or runs beside it.",
        kind: Kind::Choice(&["skip", "queue", "replace", "allow"]),
    },
    Setting {
        key: "spread",
        says: "Up to how long after its time a run starts, so that not all start at once: the same for each flow every time.",
        kind: Kind::Duration(0, DAY),
    },
];

/// What may be said of an API endpoint beside its method and security.
pub const ENDPOINT: &[Setting] = &[
    Setting {
        key: "alias",
        says: "The name of the flow in its URL, in place of the one that it has by itself.",
        kind: Kind::Text,
    },
    Setting {
        key: "headers",
        says: "The inputs that come from headers of the request of the same names.",
        kind: Kind::Texts,
    },
    Setting {
        key: "query",
        says: "The inputs that come from the query, also where the request has a body.",
        kind: Kind::Texts,
    },
    Setting {
        key: "strict",
        says: "Whether a request is refused that lacks an input, or whose body is not the JSON that it says it is.",
        kind: Kind::Choice(&["on", "off"]),
    },
    Setting {
        key: "timeout",
        says: "How long a caller waits for the answer; the run goes on after that. A minute where nothing is said.",
        kind: Kind::Duration(1, 600),
    },
    Setting {
        key: "rate",
        says: "How many calls a second are taken; 10 where nothing is said.",
        kind: Kind::Whole(1, 10_000),
    },
    Setting {
        key: "burst",
        says: "How many calls are taken at once after a time without any; as many as `rate` where nothing is said.",
        kind: Kind::Whole(1, 10_000),
    },
    Setting {
        key: "body",
        says: "How many bytes a body may have; 1,048,576 where nothing is said.",
        kind: Kind::Whole(0, 104_857_600),
    },
    Setting {
        key: "cors",
        says: "The origins whose pages may call the flow from a browser: https://app.example.com, or * for all; none where nothing is said.",
        kind: Kind::Texts,
    },
    Setting {
        key: "event_hooks",
        says: "When a delivery of Okta's event hooks is answered: with 204 as soon as its run has begun, so that Okta does not send it again, or with what the flow answers, as other calls are.",
        kind: Kind::Choice(&["at_once", "answered"]),
    },
];

/// What may be said of an event beside what it is.
pub const EVENT: &[Setting] = &[
    Setting {
        key: "order",
        says: "Whether events about the same person or thing start one after the other, each when the run of the one before has ended; they do where nothing is said.",
        kind: Kind::Choice(&["per_target", "none"]),
    },
    Setting {
        key: "source",
        says: "From where events come: from the vendor's hook with gaps filled from its log, from one of the two alone.",
        kind: Kind::Choice(&["hook+log", "hook", "log"]),
    },
    Setting {
        key: "connection",
        says: "The connection by which the vendor's log is read; all that the project has to the vendor where nothing is said.",
        kind: Kind::Text,
    },
];

/// What may be said of a webhook beside its name.
pub const WEBHOOK: &[Setting] = &[
    Setting {
        key: "signature",
        says: "How the sender proves who it is: signed as GitHub, Slack or Stripe do it or with an HMAC of the body, by name and password, or by a token.",
        kind: Kind::Choice(&["github", "slack", "stripe", "hmac", "basic", "token"]),
    },
    Setting {
        key: "secret_env",
        says: "The environment variable that holds the secret; FLOWRUN_HOOK_ and the name in capital letters where nothing is said.",
        kind: Kind::Text,
    },
    Setting {
        key: "header",
        says: "The header that holds the signature or the token, where the sender has one of its own.",
        kind: Kind::Text,
    },
    Setting {
        key: "id",
        says: "Where the sender says which delivery it is, by which one that comes twice is known: `header.X-Request-Id`, or a path in the body as `body.event_id`. Where nothing is said, the same body is the same delivery.",
        kind: Kind::Text,
    },
];

/// What may be said of a poll beside what is asked.
pub const POLL: &[Setting] = &[
    Setting {
        key: "id",
        says: "The member of a record by which it is known again; must be given.",
        kind: Kind::Text,
    },
    Setting {
        key: "newer",
        says: "The member of a record that is another whenever the record counts as new once more, as the time of its last change; records count once where nothing is said.",
        kind: Kind::Text,
    },
    Setting {
        key: "run",
        says: "When the flow runs: once for each new record, once when there is none, or every time with all that are new.",
        kind: Kind::Choice(&["each_record", "no_new_data", "every_time"]),
    },
    Setting {
        key: "every",
        says: "How long after one poll the next begins; 5 minutes where nothing is said.",
        kind: Kind::Duration(60, 30 * DAY),
    },
];

/// What may be said of how the runs of a flow are started.
pub const FLOW: &[Setting] = &[
    Setting {
        key: "concurrency",
        says: "How many runs of the flow may go on at once, of those that are started by a trigger; others wait.",
        kind: Kind::Whole(1, 10_000),
    },
    Setting {
        key: "priority",
        says: "Whether its runs start before those of other flows where there are more than can go on at once.",
        kind: Kind::Choice(&["high", "normal", "low"]),
    },
];

/// The keys of settings.
pub fn keys(settings: &'static [Setting]) -> impl Iterator<Item = &'static str> {
    settings.iter().map(|setting| setting.key)
}

/// What settings come to, by their keys: durations in milliseconds. What can't be is told and left out.
pub(crate) fn settle(written: &Settings, known: &[Setting], report: &mut dyn FnMut(Diagnostic)) -> Record {
    let mut settled = Record::default();
    for (key, value) in written {
        let Some(setting) = known.iter().find(|setting| *setting.key == *key.it) else { continue };
        match setting.kind.read(&value.it) {
            Ok(value) => drop(settled.insert(key.it.clone(), value)),
            Err((expected, help)) => {
                let message = format!("expected {expected} for `{}`, found {}", key.it, value.it.to_json());
                let mistake = Diagnostic::new(Code::BadValue, value.span, message).label("can't be");
                report(if help.is_empty() { mistake } else { mistake.help(help) });
            }
        }
    }
    settled
}

impl Kind {
    /// What a value comes to; else what is expected, and what else there is to say.
    fn read(self, value: &Value) -> Result<Value, (String, String)> {
        let text = match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        };
        match self {
            Kind::Choice(words) => {
                let found = text.filter(|text| words.contains(text));
                found.map(Value::from).ok_or_else(|| {
                    let meant = text.and_then(|text| closest(text, words.iter().copied()));
                    let help = meant.map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
                    (listed(words.iter().copied()), help)
                })
            }
            Kind::Duration(least, most) => {
                let (from, to) = (f64::from(least) * 1000.0, f64::from(most) * 1000.0);
                let ms = milliseconds(value).filter(|ms| (from..=to).contains(ms));
                ms.map(Value::from).ok_or_else(|| {
                    let help = format!("from {} to {}", words::duration(from), words::duration(to));
                    ("how long, as `30 s`, `5 min`, `2 hours`".to_owned(), help)
                })
            }
            Kind::Whole(least, most) => {
                let bounds = f64::from(least)..=f64::from(most);
                let whole =
                    value.as_number().filter(|number| number.fract() == 0.0 && bounds.contains(number));
                whole.map(Value::from).ok_or_else(|| {
                    (
                        format!("a whole number from {least} to {}", words::count(u64::from(most))),
                        String::new(),
                    )
                })
            }
            Kind::Text => text
                .filter(|text| !text.is_empty())
                .map(Value::from)
                .ok_or_else(|| ("a text".to_owned(), String::new())),
            Kind::Texts => {
                let one = |value: &Value| matches!(value, Value::Text(text) if !text.is_empty());
                match value {
                    Value::List(texts) if texts.iter().all(one) => Ok(value.clone()),
                    Value::Text(_) if one(value) => Ok(Value::from(vec![value.clone()])),
                    _ => Err(("a list of texts".to_owned(), String::new())),
                }
            }
        }
    }
}

/// The milliseconds of a setting that says how long.
pub fn milliseconds_of(settings: &Record, key: &str) -> Option<u64> {
    settings.get(key).and_then(Value::as_number).map(|ms| ms as u64)
}

/// The word of a setting.
pub fn word_of<'s>(settings: &'s Record, key: &str) -> Option<&'s Text> {
    settings.get(key).and_then(Value::as_text)
}
