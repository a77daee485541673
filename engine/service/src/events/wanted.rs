//! Which flows want to hear of what happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::{Flow, Trigger};
use flowrun_core::settings::word_of;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::vocabulary::Vocabulary;

use super::{Happened, Source};
use crate::inbox::Item;
use crate::projects::Version;

/// The flows of a project that events start, by the types of events.
pub struct Listeners {
    version: Arc<Version>,
    by_kind: BTreeMap<Text, Vec<Text>>,
}

/// What of events is sought, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Whether hooks start the flow.
    pub by_hook: bool,
    /// Whether the log does.
    pub by_log: bool,
}

/// An event that starts no run although its flow listens, because the flow can't be asked.
#[derive(Debug)]
pub struct Unwanted {
    /// The path of the flow.
    pub flow: Text,
    /// The name of the event in flow files.
    pub event: Text,
    /// Why, in words.
    pub why: String,
}

impl Listeners {
    /// The listeners of a version.
    pub fn of(version: Arc<Version>, vocabulary: &Vocabulary) -> Listeners {
        let mut by_kind: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
        for flow in version.triggered() {
            let Trigger::Event { event, .. } = &flow.trigger else { continue };
            let types = vocabulary
                .events
                .iter()
                .filter(|known| *known.name == **event)
                .flat_map(|known| known.types.iter());
            for ty in types {
                by_kind.entry(Text::from(ty)).or_default().push(flow.path.clone());
            }
        }
        Listeners { version, by_kind }
    }

    /// The number of the version whose listeners they are.
    pub fn version(&self) -> u64 {
        self.version.number
    }

    /// The types of events that hooks are to deliver.
    pub fn by_hook(&self) -> impl Iterator<Item = &Text> {
        let sought = |flow: &Text| self.flow(flow).is_some_and(|(_, sought, _)| sought.by_hook);
        self.by_kind.iter().filter(move |(_, flows)| flows.iter().any(sought)).map(|(kind, _)| kind)
    }

    /// The flows that hooks start.
    pub fn behind_hooks(&self) -> impl Iterator<Item = &Text> {
        let flows: std::collections::BTreeSet<&Text> = self.by_kind.values().flatten().collect();
        flows.into_iter().filter(|flow| self.flow(flow).is_some_and(|(_, sought, _)| sought.by_hook))
    }

    /// The types of events that are sought in the log.
    pub fn in_log(&self) -> impl Iterator<Item = &Text> {
        let sought = |flow: &Text| self.flow(flow).is_some_and(|(_, sought, _)| sought.by_log);
        self.by_kind.iter().filter(move |(_, flows)| flows.iter().any(sought)).map(|(kind, _)| kind)
    }

    /// Whether hooks and the log are both looked at for some flow.
    pub fn by_both(&self) -> bool {
        let sought = |flow: &Text| self.flow(flow).is_some_and(|(_, it, _)| it.by_log && it.by_hook);
        self.by_kind.values().flatten().any(sought)
    }

    fn flow(&self, path: &str) -> Option<(&Flow, Sought, &Text)> {
        let flow = self.version.flow(path)?;
        let Trigger::Event { event, more, .. } = &flow.trigger else { return None };
        let source = word_of(more, "source").map_or("hook+log", |word| &**word);
        let sought = Sought { by_hook: source != "log", by_log: source != "hook" };
        Some((flow, sought, event))
    }

    /// What of an event is for which flow. `after_us` is when the log's word alone counts where hooks are expected too.
    pub fn items(&self, happened: &Happened, source: Source, after_us: i64) -> (Vec<Item>, Vec<Unwanted>) {
        let (mut items, mut unwanted) = (Vec::new(), Vec::new());
        for path in self.by_kind.get(&happened.kind).into_iter().flatten() {
            let Some((flow, sought, event)) = self.flow(path) else { continue };
            if !(if source == Source::Hook { sought.by_hook } else { sought.by_log }) {
                continue;
            }
            let inputs = inputs(flow, &happened.tells);
            match self.wants(flow, &inputs, happened) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(why) => {
                    unwanted.push(Unwanted { flow: path.clone(), event: event.clone(), why });
                    continue;
                }
            }
            let Trigger::Event { more, .. } = &flow.trigger else { continue };
            let ordered = word_of(more, "order").is_none_or(|word| &**word != "none");
            let from_log = source == Source::Log;
            items.push(Item {
                id: happened.id.clone(),
                flow: path.clone(),
                cause: if from_log { format!("{event}, from the log").into() } else { event.clone() },
                inputs,
                about: happened.about.clone().filter(|_| ordered),
                after_us: (from_log && sought.by_hook).then_some(after_us),
            });
        }
        (items, unwanted)
    }

    /// Whether an event counts for a flow: by its filter, and by what its export limits it to.
    fn wants(&self, flow: &Flow, inputs: &Record, happened: &Happened) -> Result<bool, String> {
        let Trigger::Event { filter, with, .. } = &flow.trigger else { return Ok(false) };
        if filter.is_none() && with.is_empty() {
            return Ok(true);
        }
        let program = &self.version.program;
        let Some(entry) = program.find(&flow.path) else { return Ok(false) };
        let at_us = happened.at_ms.unwrap_or_default().saturating_mul(1000);
        let start = Start::new(entry, inputs.clone(), happened.id.clone(), at_us);
        let machine = Machine::new(program.clone(), start).map_err(|fault| fault.message.to_string())?;
        let limited = machine.limited_to().map_err(|fault| fault.message.to_string())?;
        if !is_within(&limited, happened)? {
            return Ok(false);
        }
        machine.is_wanted().map_err(|fault| fault.message.to_string())
    }
}

/// Whether an event is about what the card's fields limit it to: `instance`, or `appId` where `useId` says so, is an application.
fn is_within(limited: &Record, happened: &Happened) -> Result<bool, String> {
    let text = |name: &str| match limited.get(name) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let by_id = text("useId").is_some_and(|word| word.eq_ignore_ascii_case("yes"));
    let id = if by_id { text("appId") } else { text("instance") };
    match id {
        Some(id) => Ok(happened.applications.contains(id)),
        None if text("app").is_some() => Err(
            "the trigger says which kind of application it is about, which an event does not tell; say its ID as `with: { instance: … }`"
                .to_owned(),
        ),
        None => Ok(true),
    }
}

/// Of all that an event tells, what the flow takes.
fn inputs(flow: &Flow, tells: &Record) -> Record {
    let told = |name: &Text| tells.get(name).map(|value| (name.clone(), value.clone()));
    flow.inputs.iter().filter_map(|input| told(&input.name)).collect()
}
