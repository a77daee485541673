//! What helper flows get of cards that call them for many records or items, and what is made of their answers.

use super::answer::answers;
use super::card::item;
use super::flow::Flowing;
use super::pack::{Callee, Card, Field};
use super::wire::{View, nowhere};
use flowrun_core::card::{Card as Declared, Work};
use flowrun_core::model::{Expr, Step};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value};

impl Flowing<'_, '_> {
    /// What Map makes of an answer, by the type of its list: objects of all fields, or the one field's value. Said where it would be guessed otherwise.
    pub fn made(&self, declared: &Declared, raw: &Card, step: &mut Step) {
        let Some(made) = raw.outputs.iter().find(|output| *output.key == *"new list") else { return };
        if declared.input("items").is_none() || made.ty.kind == Kind::Any {
            return;
        }
        let outputs = raw.inputs.iter().find_map(|field| match field.flow.as_ref()? {
            Callee::Named(flow) => Some(self.all.signatures.get(&**flow)?.outputs.len()),
            Callee::Inline(scope) => Some(answers(scope, true).len()),
        });
        let objects = made.ty.kind == Kind::Object;
        if outputs.is_none_or(|outputs| objects != (outputs > 1)) {
            let items = if objects { "object" } else { "value" };
            step.with.push((nowhere("items".into()), nowhere(Expr::Constant(Value::from(items)))));
        }
    }

    /// What the helper of Object Map gets of each member if the card passes it nothing: key and value, in its only input or by these names.
    pub fn member(&self, declared: &Declared, raw: &Card, step: &mut Step) {
        if !declared.id.starts_with("object.map") || !step.pass.is_empty() {
            return;
        }
        match self.only_input(raw) {
            Some(only) => step.pass.push((nowhere(only), nowhere(item("")))),
            None => {
                let passed = ["key", "value"].map(|name| (nowhere(name.into()), nowhere(item(name))));
                step.pass.extend(passed.into_iter().filter(|(name, _)| self.takes(raw, &name.it)));
            }
        }
    }

    fn takes(&self, raw: &Card, input: &Text) -> bool {
        let callee = raw.inputs.iter().find_map(|field| field.flow.as_ref());
        let Some(Callee::Named(flow)) = callee else { return false };
        let signature = self.all.signatures.get(&**flow);
        signature.is_some_and(|signature| signature.inputs.iter().any(|(name, ..)| name == input))
    }

    /// The name of a helper's input, if it has one only: such a helper gets all that a card hands over as one object.
    fn only_input(&self, raw: &Card) -> Option<Text> {
        let callee = raw.inputs.iter().find_map(|field| field.flow.as_ref())?;
        let Callee::Named(flow) = callee else { return None };
        match self.all.signatures.get(&**flow)?.inputs.as_slice() {
            [(only, ..)] => Some(only.clone()),
            _ => None,
        }
    }

    /// What the helper of a stream gets besides the record: the author's fields, as one object. A helper with one input gets both in it; Personio's
    /// card hands both over as the record.
    pub fn streamed(
        &mut self,
        view: &View<'_>,
        card: usize,
        raw: &Card,
        declared: Option<&Declared>,
        step: &mut Step,
    ) {
        let own = |field: &&Field| author_s(raw, field, declared);
        let state = raw.inputs.iter().filter(own);
        let state: Vec<_> = state
            .map(|field| {
                let expr = match &field.flow {
                    Some(Callee::Named(flow)) => Expr::Constant(Value::Text(self.named(flow, raw))),
                    _ => view.expr(card, field, Type::ANY),
                };
                (nowhere(field.key.clone()), nowhere(expr))
            })
            .collect();
        step.pass.retain(|(name, _)| !state.iter().any(|(own, _)| own.it == name.it));
        let none = state.is_empty();
        let state = Expr::Object(state);
        let in_record =
            declared.is_some_and(|card| matches!(&card.work, Work::Effect(spec) if spec.state_in_record));
        if let Some(whole) = in_record.then(|| "Record".into()).or_else(|| self.only_input(raw)) {
            let mut both = vec![(nowhere("Record".into()), nowhere(item("")))];
            both.extend((!none).then(|| (nowhere("State".into()), nowhere(state))));
            step.pass.push((nowhere(whole), nowhere(Expr::Object(both))));
        } else if !none {
            step.pass.push((nowhere("State".into()), nowhere(state)));
        }
    }
}

/// Whether a field of a card that streams is the author's: its helper gets it.
pub(super) fn author_s(raw: &Card, field: &Field, declared: Option<&Declared>) -> bool {
    let known = match declared {
        Some(card) => card.inputs.iter().any(|input| *input.key == *field.key),
        // Of other connectors' cards this much is known.
        None => field.flow.is_some() || field.key.starts_with("Record Limit"),
    };
    let streams = raw.inputs.iter().any(|field| field.flow.is_some());
    streams && !known && field.group.as_deref() == Some("Streaming")
}
