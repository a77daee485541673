//! Calls of flows: what they are passed, what they give.

use super::expr::{Item, Position};
use super::lower::Lower;
use super::scope::Callee;
use crate::card::Card;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Name};
use crate::program::{Arg, Call, SlotId};
use crate::source::Span;
use crate::suggest::closest;
use crate::types::{Kind, Type};
use crate::value::Value;

/// The input of a stream's helper flow that takes the record.
const RECORD: &str = "Record";

impl Lower<'_, '_> {
    /// Call Flow: the callee's outputs become the card's.
    pub fn call_flow(&mut self, index: usize) -> Option<Call> {
        let callee = self.callee(index)?;
        let shared = self.shared;
        let outputs = &shared.signatures[callee].outputs;
        let step = &self.scope.steps[index];
        let mut unknown = Vec::new();
        let mapped: Vec<Option<u32>> = step
            .outputs
            .iter()
            .map(|output| {
                let at = outputs.iter().position(|given| given.name == output.name);
                if at.is_none() {
                    unknown.push(output.name.clone());
                }
                at.map(|at| at as u32)
            })
            .collect();
        if !shared.is_broken(callee) {
            let names: Vec<(Name, String)> = step
                .model
                .outputs
                .iter()
                .filter(|(name, _)| unknown.contains(&name.it))
                .map(|(name, _)| {
                    (name.clone(), shared.names.shortest(&shared.project.flows[callee].path).to_owned())
                })
                .collect();
            for (name, flow) in names {
                let mistake = Diagnostic::new(
                    Code::HelperOutputs,
                    name.span,
                    format!("the flow `{flow}` returns no `{}`", name.it),
                )
                .label("not returned");
                let place = self.first_line(callee);
                let mistake = mistake.related(place, "the flow that is called");
                self.report(match closest(&name.it, outputs.iter().map(|output| &*output.name)) {
                    Some(near) => mistake.help(format!("did you mean `{near}`?")),
                    None if outputs.is_empty() => mistake.help("the flow returns nothing"),
                    None => {
                        let list = outputs
                            .iter()
                            .map(|output| format!("`{}`", output.name))
                            .collect::<Vec<_>>()
                            .join(", ");
                        mistake.help(format!("it returns {list}"))
                    }
                });
            }
        }
        self.note_call(index, callee);
        let at = self.position(index);
        let (named_at, pass) = (self.flow_at(index), &self.scope.steps[index].model.pass);
        let pass = self.pass(callee, pass, at, named_at, self.scope.steps[index].model.broken, None);
        Some(Call { flow: self.flow_id(callee), pass, outputs: mapped })
    }

    /// The helper flow that gets the records of a card that streams.
    pub fn stream(&mut self, index: usize, card: &Card, streams: bool) -> Option<Call> {
        let flow_field = card.inputs.iter().find(|field| field.ty.kind == Kind::Flow)?;
        let step = &self.scope.steps[index];
        let result_set = step.field("result_set").map(|value| &value.it);
        let wanted = match result_set {
            Some(Expr::Constant(Value::Text(text))) => Some(*text == *"stream"),
            Some(Expr::Constant(_)) | None => {
                let default = card
                    .inputs
                    .iter()
                    .find(|field| field.name == "result_set")
                    .map(|field| Value::from(&field.default));
                Some(default == Some(Value::from("stream")))
            }
            // Known only when it runs.
            Some(_) => None,
        };
        match (step.callee, wanted) {
            (Callee::Unknown, _) => None,
            (Callee::None, Some(true)) if streams => {
                if !step.model.broken && !flow_field.required {
                    let mistake = Diagnostic::new(
                        Code::MissingField,
                        step.model.card.span,
                        format!("`{}` needs the field `{}` to stream", card.id, flow_field.name),
                    )
                    .label(format!("`{}` is missing", flow_field.name))
                    .help("name the helper flow that gets each record; it has an input `Record`");
                    self.report(mistake);
                }
                None
            }
            (Callee::None, _) => None,
            (Callee::Flow(_), Some(false)) => {
                let shown = match result_set {
                    Some(Expr::Constant(value)) => format!("`result_set` is `{value}`"),
                    _ => "`result_set` is not `stream`".to_owned(),
                };
                let mistake = Diagnostic::new(
                    Code::NotForThisCard,
                    self.flow_at(index),
                    format!("a helper flow gets the records of a stream, and {shown}"),
                )
                .label("would never be called")
                .help(format!("write `result_set: stream`, or leave `{}` out", flow_field.name));
                self.report(mistake);
                None
            }
            (Callee::Flow(callee), _) => {
                let named_at = self.flow_at(index);
                let inputs = &self.shared.signatures[callee].inputs;
                let takes = inputs.iter().any(|input| input.name == *RECORD);
                if !takes && !self.shared.is_broken(callee) {
                    let flow = self.shared.names.shortest(&self.shared.project.flows[callee].path).to_owned();
                    let near = closest(RECORD, inputs.iter().map(|input| &*input.name)).map(str::to_owned);
                    let mistake = Diagnostic::new(
                        Code::HelperInputs,
                        named_at,
                        format!("`{flow}` has no input `{RECORD}` to take the records"),
                    )
                    .label(format!("needs the input `{RECORD}`"))
                    .related(self.first_line(callee), "the flow that is called");
                    self.report(match near {
                        Some(near) => {
                            mistake.help(format!("its input `{near}` must be called `{RECORD}`, as in Okta"))
                        }
                        None => mistake.help(format!("give it the input `{RECORD}: object`")),
                    });
                }
                let at = Position { item: Item::Of(Some(Type::OBJECT)), ..self.position(index) };
                // Without the record, that the helper's inputs are not passed either is the same mistake.
                let broken = self.scope.steps[index].model.broken || !takes;
                let pass = self.pass(
                    callee,
                    &self.scope.steps[index].model.pass,
                    at,
                    named_at,
                    broken,
                    Some((RECORD, SlotId::ITEM)),
                );
                Some(Call { flow: self.flow_id(callee), pass, outputs: Vec::new() })
            }
        }
    }

    /// What a flow's inputs get: one argument for each. The input `filled` names gets that slot where nothing else is passed.
    pub fn pass(
        &mut self,
        callee: usize,
        given: &[(Name, At<Expr>)],
        at: Position,
        named_at: Span,
        broken: bool,
        filled: Option<(&str, SlotId)>,
    ) -> Vec<Arg> {
        let shared = self.shared;
        let inputs = &shared.signatures[callee].inputs;
        let flow = shared.names.shortest(&shared.project.flows[callee].path);
        let lenient = shared.is_broken(callee);
        for (name, value) in
            given.iter().filter(|(name, _)| !inputs.iter().any(|input| input.name == name.it))
        {
            self.expr(value, at);
            if lenient {
                continue;
            }
            let mistake = Diagnostic::new(
                Code::HelperInputs,
                name.span,
                format!("the flow `{flow}` has no input `{}`", name.it),
            )
            .label("no such input")
            .related(self.first_line(callee), "the flow that is called");
            self.report(match closest(&name.it, inputs.iter().map(|input| &*input.name)) {
                Some(near) => mistake.help(format!("did you mean `{near}`?")),
                None if inputs.is_empty() => mistake.help("the flow has no inputs"),
                None => {
                    let list =
                        inputs.iter().map(|input| format!("`{}`", input.name)).collect::<Vec<_>>().join(", ");
                    mistake.help(format!("its inputs are {list}"))
                }
            });
        }
        let mut missing = Vec::new();
        let args = inputs
            .iter()
            .map(|input| {
                let passed = given.iter().find(|(name, _)| name.it == input.name);
                let slot = filled.filter(|(name, _)| input.name == **name).map(|(_, slot)| slot);
                match (passed, &input.default) {
                    (Some((_, value)), Some(default)) if matches!(value.it, Expr::Constant(Value::Null)) => {
                        Arg::Const(default.clone())
                    }
                    (Some((_, value)), _) => self.passed(input, value, at),
                    (None, _) if slot.is_some() => Arg::Slot(slot.unwrap_or(SlotId::ITEM)),
                    (None, Some(default)) => Arg::Const(default.clone()),
                    (None, None) => {
                        missing.push(&input.name);
                        Arg::Const(Value::Null)
                    }
                }
            })
            .collect();
        let misspelt = |name: &str| {
            given.iter().any(|(given, _)| {
                closest(&given.it, [name]).is_some() && !inputs.iter().any(|input| input.name == given.it)
            })
        };
        missing.retain(|name| !misspelt(name));
        if !missing.is_empty() && !broken {
            let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
            let (word, verb) = if missing.len() == 1 { ("input", "is") } else { ("inputs", "are") };
            let places: Vec<Span> = missing
                .iter()
                .filter_map(|name| {
                    shared.project.flows[callee].inputs.iter().find(|input| input.name.it == ***name)
                })
                .map(|input| input.name.span)
                .collect();
            let mut mistake = Diagnostic::new(
                Code::HelperInputs,
                named_at,
                format!("the flow `{flow}` needs the {word} {names}"),
            )
            .label(format!("{names} {verb} not passed"));
            for place in places {
                mistake = mistake.related(place, "has no default");
            }
            self.report(mistake.help("pass it under `pass`, or give it a `default` in that flow"));
        }
        args
    }

    /// Where a flow begins: its name, or the start of the file.
    pub fn first_line(&self, flow: usize) -> Span {
        self.shared.project.flows[flow].name.span
    }

    pub fn callee(&self, index: usize) -> Option<usize> {
        match self.scope.steps[index].callee {
            Callee::Flow(flow) => Some(flow),
            Callee::None | Callee::Unknown => None,
        }
    }

    /// Where a card names the flow that it calls.
    pub fn flow_at(&self, index: usize) -> Span {
        let step = &self.scope.steps[index];
        let field = step.card.and_then(|card| card.inputs.iter().find(|field| field.ty.kind == Kind::Flow));
        field.and_then(|field| step.field(&field.name)).map_or(step.model.card.span, |value| value.span)
    }
}
