//! What happens when a card fails, and how often it is tried again.

use super::flow::Flowing;
use super::pack::{Callee, Card, Field};
use super::wire::{View, nowhere};
use flowrun_core::model::{At, OnError, Retry};
use flowrun_core::types::Type;
use flowrun_core::value::Value;

impl Flowing<'_, '_> {
    /// What the flow does when the card fails; nothing where it simply stops.
    pub fn on_error(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Option<At<OnError>> {
        match (&*raw.policy.kind, &raw.policy.flow) {
            ("return", _) => {
                let declared = self.all.dictionary.cards.get(&*raw.address);
                let own = |field: &&Field| {
                    declared.is_some_and(|card| card.inputs.iter().any(|input| *input.key == *field.key))
                };
                let extra = raw.inputs.iter().filter(|field| field.group.is_none() && !own(field));
                let values = extra
                    .map(|field| (nowhere(field.key.clone()), nowhere(view.expr(card, field, Type::ANY))));
                Some(nowhere(OnError::Return(values.collect())))
            }
            ("flo", Some(Callee::Named(flow))) => {
                let flow = self.named(flow, raw);
                Some(nowhere(OnError::Call { flow: nowhere(flow), pass: Vec::new() }))
            }
            _ => None,
        }
    }
}

/// How often a card is tried again.
pub(super) fn retry(raw: &Card) -> Option<At<Retry>> {
    let policy = &raw.policy;
    (policy.retry > 0).then(|| {
        let text = |ms: &f64| Value::from(duration(*ms));
        let wait = match policy.delay_ms.as_slice() {
            [] => None,
            [one] => Some(text(one)),
            many => Some(Value::list(many.iter().take(2).map(text).collect())),
        };
        let times = nowhere(Value::Number(f64::from(policy.retry.min(5))));
        nowhere(Retry { times, wait: wait.map(nowhere), on: None })
    })
}

/// A duration as an author would write it.
fn duration(ms: f64) -> String {
    match ms {
        ms if ms > 0.0 && ms % 60_000.0 == 0.0 => format!("{} min", ms / 60_000.0),
        ms if ms % 1_000.0 == 0.0 => format!("{} s", ms / 1_000.0),
        ms => format!("{ms} ms"),
    }
}
