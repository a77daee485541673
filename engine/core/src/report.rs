//! What happened in a run, as a tree. Text, JSON and snapshots are functions of it.
//!
//! Secrets are values of their own type and write themselves as dots; large values are cut, except the run's own outputs.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::value::{Record, Text, Value};

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// A run, or the part of it that has happened so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The name of the run.
    pub run: Text,
    /// How the run stands.
    pub status: Status,
    /// When it started, in ISO 8601.
    pub started: String,
    /// How long it took, simulated waits included, in milliseconds.
    pub duration_ms: f64,
    /// How much was done.
    pub counts: Counts,
    /// What the run warns of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningReport>,
    /// The flow that ran.
    pub flow: FlowReport,
}

/// Something that went on and was probably not meant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WarningReport {
    /// The path of the flow.
    pub flow: Text,
    /// The ID of the card; none for what the flow was passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Text>,
    /// What was probably not meant, the first time.
    pub message: String,
    /// How often.
    pub times: u64,
}

/// How much a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Cards carried out.
    pub cards: u64,
    /// Effects completed.
    pub effects: u64,
    /// Flows started, the entry included.
    pub flows: u64,
}

/// How a run, a flow or a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not ended yet.
    Running,
    /// It waits for somebody to answer.
    Paused,
    /// It can't go on before somebody has said what became of a request.
    Held,
    /// It ended as it should.
    Done,
    /// A dry run that came to its end: what would have been changed was not.
    Planned,
    /// Continue If ended it, successfully.
    Stopped,
    /// It failed, and the error policy of the card made it end with values.
    Handled,
    /// It failed.
    Failed,
    /// The run was cancelled.
    Cancelled,
}

/// A flow that ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlowReport {
    /// Okta's name of the flow.
    pub name: Text,
    /// The path by which flows name it.
    pub path: Text,
    /// For the helper of a list card: which item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// How it stands.
    pub status: Status,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Its inputs.
    pub inputs: Value,
    /// Its outputs.
    pub outputs: Value,
    /// The error that it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultReport>,
    /// The cards that ran, in their order.
    pub cards: Vec<CardReport>,
}

/// A card that ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardReport {
    /// Which card of its flow: a number in the program that ran, told to nobody else.
    #[serde(skip)]
    pub step: u32,
    /// The ID that wires use.
    pub id: Text,
    /// The card: `text.split`.
    pub card: Text,
    /// Its name in Okta's console.
    pub title: String,
    /// How it stands.
    pub status: Status,
    /// When it started, in milliseconds after the run did.
    pub started_ms: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// How often it was tried.
    pub tries: u32,
    /// What it was given; secrets are dots, large values are cut.
    pub inputs: Value,
    /// What it put out.
    pub outputs: Value,
    /// Why it failed, or failed before a later try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultReport>,
    /// The author's remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Until when it waits for an answer, in ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What ran inside of it.
    #[serde(flatten)]
    pub inside: Inside,
}

/// What ran inside of a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, from = "Found")]
pub enum Inside {
    /// Nothing.
    Nothing {},
    /// An arm of a block.
    Arm {
        /// The arm.
        arm: Text,
        /// The cards of the block that ran; of If Error, those of both arms.
        cards: Vec<CardReport>,
    },
    /// A flow that it called.
    Call {
        /// The flow.
        called: Box<FlowReport>,
    },
    /// A helper flow for each of many items.
    Items(Box<ItemsReport>),
}

/// What ran inside of a card, in the order in which the members of a report tell it apart.
#[derive(Deserialize)]
#[serde(untagged)]
enum Found {
    Items(Box<ItemsReport>),
    Call { called: Box<FlowReport> },
    Arm { arm: Text, cards: Vec<CardReport> },
    Nothing {},
}

impl From<Found> for Inside {
    fn from(found: Found) -> Inside {
        match found {
            Found::Items(items) => Inside::Items(items),
            Found::Call { called } => Inside::Call { called },
            Found::Arm { arm, cards } => Inside::Arm { arm, cards },
            Found::Nothing {} => Inside::Nothing {},
        }
    }
}

/// The items of a list card or of a stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ItemsReport {
    /// The helper flow.
    pub helper: Text,
    /// How many there are, where that is known.
    pub total: Option<usize>,
    /// How many have ended.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
    /// How many pages came, for a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<usize>,
    /// Which item took longest, and how long in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<(u32, f64)>,
    /// Every failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailureReport>,
    /// A sample: the first and the last that went well, the first that failed, those that run.
    pub items: Vec<FlowReport>,
}

/// An item that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FailureReport {
    /// Which item, from 0.
    pub index: u32,
    /// Why.
    pub error: FaultReport,
}

/// Why something failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultReport {
    /// The kind, in Okta's words.
    pub kind: String,
    /// What was expected and what was found.
    pub message: Text,
    /// The name of the input at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Text>,
    /// The HTTP status, or the code that Return Error gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// What the vendor answered.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
}

impl FaultReport {
    /// The fault, with the name of the input that it lies at.
    pub fn new(fault: &Fault, input: Option<Text>) -> FaultReport {
        FaultReport {
            kind: fault.kind.to_string(),
            message: fault.message.clone(),
            input,
            code: fault.code,
            body: clip(&fault.body),
            help: fault.help.clone(),
        }
    }
}

/// How many items of a list, and characters of a text, a report shows; those that saying what is left out would not make it shorter
/// by come on top.
const SHOWN_ITEMS: usize = 10;
const SHOWN_CHARS: usize = 2_000;
const REMARK: usize = 30;

/// How many values of one output a report shows: lists of ten lists of ten lists have no end either.
const SHOWN_VALUES: usize = 10_000;

/// How many values stay of one that is handed on.
const GLIMPSED_VALUES: usize = 32;

/// A copy of `value` that is small enough for a report: long lists and texts are cut, and say so. Cutting it again changes nothing.
pub fn clip(value: &Value) -> Value {
    clipped(value, &mut { SHOWN_VALUES })
}

/// What stays in a value's place for the report, made in about the same time however large the value.
pub(crate) fn glimpse(value: &Value) -> Value {
    clipped(value, &mut { GLIMPSED_VALUES })
}

fn clipped(value: &Value, left: &mut usize) -> Value {
    let Some(fewer) = left.checked_sub(1) else { return Value::from("…") };
    *left = fewer;
    match value {
        Value::Text(text) if text.len() > SHOWN_CHARS + REMARK => {
            let mut ends = text.char_indices().map(|(end, _)| end).skip(SHOWN_CHARS);
            match (ends.next(), ends.nth(REMARK)) {
                (Some(cut), Some(_)) => Value::from(format!("{}… ({} bytes)", &text[..cut], text.len())),
                // Many bytes, but not many characters.
                _ => value.clone(),
            }
        }
        Value::List(items) if items.len() <= SHOWN_ITEMS + 1 => {
            Value::list(items.iter().map(|item| clipped(item, left)).collect())
        }
        Value::List(items) => {
            let mut shown: Vec<Value> =
                items.iter().take(SHOWN_ITEMS).map(|item| clipped(item, left)).collect();
            shown.push(Value::from(format!("… {} more", items.len() - SHOWN_ITEMS)));
            Value::list(shown)
        }
        Value::Object(members) => {
            let mut shown = Record::default();
            for (key, value) in members.iter() {
                if *left == 0 {
                    let more = members.len() - shown.len();
                    shown.insert(Text::from("…"), Value::from(format!("{more} more")));
                    break;
                }
                shown.insert(key.clone(), clipped(value, left));
            }
            Value::from(shown)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let table = [
            ("ü".repeat(SHOWN_CHARS + REMARK), "ü".repeat(SHOWN_CHARS + REMARK)),
            ("ü".repeat(2_050), format!("{}… (4100 bytes)", "ü".repeat(SHOWN_CHARS))),
        ];
        for (text, shown) in table {
            assert_eq!(clip(&Value::from(text)), Value::from(shown.clone()));
            assert_eq!(clip(&Value::from(shown.clone())), Value::from(shown));
        }
        let numbers = |count: i64| (0..count).map(Value::from).collect::<Vec<_>>();
        assert_eq!(clip(&Value::list(numbers(11))), Value::list(numbers(11)));
        let Value::List(cut) = clip(&Value::list(numbers(12))) else { panic!("a list") };
        assert_eq!((cut.len(), &cut[10]), (11, &Value::from("… 2 more")));
        assert_eq!(clip(&Value::List(cut.clone())), Value::List(cut));
        let members = |count: i64| Value::object((0..count).map(|key| (key.to_string(), key)));
        let Value::Object(cut) = glimpse(&members(500)) else { panic!("an object") };
        assert_eq!((cut.len(), cut.get("…")), (32, Some(&Value::from("469 more"))));
        assert_eq!(clip(&Value::Object(cut.clone())), Value::Object(cut));
        // Forty lists, a trillion items.
        let doubled = (0..40).fold(Value::from("a"), |inner, _| Value::list(vec![inner.clone(), inner]));
        assert!(clip(&doubled).to_json().len() < 100_000);
    }
}
