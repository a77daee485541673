//! What a dry run goes on with where a request was withheld: answers that are made up of the card's declaration.

use std::sync::atomic::{AtomicU64, Ordering};

use flowrun_core::card::{Card, Field};
use flowrun_core::effect::{Answer, Page, Performance};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Record, Text, Value};

/// What IDs begin with that a dry run has made up; none that a vendor gives begins so.
const MADE_UP: &str = "planned-";

/// The requests of one dry run: how many were withheld, over all connections.
#[derive(Debug, Default)]
pub struct Planning(AtomicU64);

impl Planning {
    /// The number of the next withheld request, from 1.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn id(&self) -> Text {
        format!("{MADE_UP}{}", self.0.load(Ordering::Relaxed)).into()
    }

    /// Whether a request asks for something that this dry run has made up, so that no vendor knows it.
    pub(crate) fn knows(&self, asked: &str) -> bool {
        self.0.load(Ordering::Relaxed) > 0 && asked.contains(MADE_UP)
    }
}

/// What a card needs to be answered for that is not performed.
pub(crate) struct Unperformed {
    inputs: Vec<(Text, Value)>,
    outputs: Vec<(Text, Type)>,
    streams: bool,
}

impl Unperformed {
    pub(crate) fn of(card: &Card, performance: &Performance) -> Unperformed {
        let name = |field: &Field| Text::from(&*field.name);
        let named = card.inputs.iter().map(name).chain(performance.names.iter().cloned());
        let declared = card.outputs.iter().map(|field| field.ty).chain(std::iter::repeat(Type::ANY));
        Unperformed {
            inputs: named.zip(performance.args.iter().cloned()).collect(),
            outputs: performance.outputs.iter().cloned().zip(declared).collect(),
            streams: performance.page.is_some(),
        }
    }

    /// What there would be: what the card was given under the same name, an ID of the plan's own where one is wanted, else a
    /// blank value of the right type.
    pub(crate) fn answer(&self, planning: &Planning) -> Answer {
        if self.streams {
            return Answer::Page(Page { records: Vec::new(), total: Some(0), next: None });
        }
        let outputs = self.outputs.iter().map(|(name, ty)| self.output(name, *ty, planning));
        Answer::Outputs(outputs.collect())
    }

    fn output(&self, name: &str, ty: Type, planning: &Planning) -> Value {
        let given = self.inputs.iter().find(|(input, _)| **input == *name).map(|(_, value)| value);
        match (given, name) {
            (Some(Value::Object(members)), "body") if !members.contains_key("id") => {
                let id = [(Text::from("id"), Value::from(planning.id()))];
                Value::from(
                    id.into_iter()
                        .chain(members.iter().map(|(key, value)| (key.clone(), value.clone())))
                        .collect::<Record>(),
                )
            }
            (Some(given), _) if !given.is_null() => given.clone(),
            _ if ty == Type::NUMBER && name.starts_with("status") => Value::from(200.0),
            _ if !ty.list && is_id(name) => Value::from(planning.id()),
            _ => blank(ty),
        }
    }
}

fn is_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "id" || name.ends_with("_id") || name.ends_with(" id")
}

fn blank(ty: Type) -> Value {
    match ty.kind {
        _ if ty.list => Value::list(Vec::new()),
        Kind::Text => Value::from(""),
        Kind::Number => Value::from(0.0),
        Kind::Bool => Value::Bool(true),
        Kind::Object => Value::from(Record::default()),
        _ => Value::Null,
    }
}
