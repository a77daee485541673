//! What happens when a card fails, and how often it is tried again.

use super::Dictionary;
use super::flow::Flowing;
use super::pack::{Callee, Card, Field, Scope};
use super::project::Signatures;
use super::wire::{View, nowhere};
use flowrun_core::model::{At, OnError, Retry};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};

impl Flowing<'_, '_> {
    /// What the flow does when the card fails; nothing where it simply stops.
    pub fn on_error(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Option<At<OnError>> {
        match (&*raw.policy.kind, &raw.policy.flow) {
            ("return", _) => {
                let values = of_policy(self.all.dictionary, self.all.signatures, raw);
                let values = values
                    .map(|field| (nowhere(field.key.clone()), nowhere(view.expr(card, field, Type::ANY))));
                Some(nowhere(OnError::Return(values.collect())))
            }
            ("flo", Some(Callee::Named(flow))) => {
                let path = self.named(flow, raw);
                let values = of_policy(self.all.dictionary, self.all.signatures, raw);
                let pass = values
                    .map(|field| (nowhere(field.key.clone()), nowhere(view.expr(card, field, Type::ANY))));
                Some(nowhere(OnError::Call { flow: nowhere(path), pass: pass.collect() }))
            }
            _ => None,
        }
    }
}

/// The fields that a card has for what happens when it fails: values that are returned then, or inputs of the flow that runs then.
/// All others are the card's own, or inputs of the flow that it calls.
pub(super) fn of_policy<'c>(
    dictionary: &'c Dictionary,
    signatures: &'c Signatures<'c>,
    card: &'c Card,
) -> impl Iterator<Item = &'c Field> {
    let takes = move |callee: Option<&Callee>, key: &str| match callee {
        Some(Callee::Named(flow)) => signatures
            .get(&**flow)
            .is_some_and(|signature| signature.inputs.iter().any(|(name, ..)| **name == *key)),
        _ => false,
    };
    let declared = dictionary.cards.get(&*card.address);
    let own = move |field: &Field| {
        field.group.is_some()
            || field.flow.is_some()
            || declared.is_some_and(|card| card.inputs.iter().any(|input| *input.key == *field.key))
            || card.inputs.iter().any(|other| takes(other.flow.as_ref(), &field.key))
    };
    card.inputs.iter().filter(move |field| match &*card.policy.kind {
        "return" => !own(field) && (declared.is_some() || field.custom),
        "flo" => !own(field) && field.custom && takes(card.policy.flow.as_ref(), &field.key),
        _ => false,
    })
}

/// What a flow gives when one of its cards fails, and that no Return gives.
pub(super) fn returned_on_errors(
    dictionary: &Dictionary,
    signatures: &Signatures<'_>,
    scope: &Scope,
    outputs: &[(Text, Type)],
) -> Vec<(Text, Type)> {
    let mut found: Vec<(Text, Type)> = Vec::new();
    let failing = scope.cards.iter().filter(|card| *card.policy.kind == *"return");
    for field in failing.flat_map(|card| of_policy(dictionary, signatures, card)) {
        if !outputs.iter().chain(&found).any(|(name, _)| *name == field.key) {
            found.push((field.key.clone(), field.ty));
        }
    }
    found
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
