//! Calls of flows: what they are passed, what they give.

use super::expr::{Item, Position};
use super::lower::Lower;
use super::scope::{Callee, Output};
use super::uses::{How, Target};
use crate::card::Card;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Name};
use crate::program::{Arg, Call, FlowId, SlotId};
use crate::source::Span;
use crate::suggest::{closest, listed};
use crate::types::{Kind, Type};
use crate::value::Value;

/// The input of a stream's helper flow that takes the record.
pub(super) const RECORD: &str = "Record";

/// Whether a value that is passed holds the item, or a part of it.
fn reads_item(value: &Expr) -> bool {
    match value {
        Expr::Wire(text) => {
            text.strip_prefix("$.item").is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        }
        Expr::Template(text) => text.contains("item"),
        Expr::List(items) => items.iter().any(|item| reads_item(&item.it)),
        Expr::Object(members) => members.iter().any(|(_, member)| reads_item(&member.it)),
        Expr::Constant(_) | Expr::Broken => false,
    }
}

impl<'p> Lower<'_, 'p> {
    /// Call Flow: the callee's outputs become the card's.
    pub fn call_flow(&mut self, index: usize) -> Option<Call> {
        let callee = self.callee(index)?;
        let given = &self.shared.signatures[callee].outputs;
        let place = |output: &Output| given.iter().position(|given| given.name == output.name);
        let outputs: Vec<Option<u32>> = self.scope.steps[index]
            .outputs
            .iter()
            .map(|output| place(output).map(|place| place as u32))
            .collect();
        if !self.shared.is_broken(callee) {
            self.not_returned(index, callee);
        }
        self.note_call(index, callee);
        let (at, named_at, model) =
            (self.position(index), self.flow_at(index), self.scope.steps[index].model);
        let pass = self.pass(callee, &model.pass, at, named_at, model.broken, &|_| None);
        Some(Call { flow: FlowId(callee as u32), pass, outputs })
    }

    /// Reports outputs of a call that the callee doesn't return.
    fn not_returned(&mut self, index: usize, callee: usize) {
        let outputs = &self.shared.signatures[callee].outputs;
        let flow = self.shortest(callee);
        let known = |name: &Name| outputs.iter().any(|output| output.name == name.it);
        let model = self.scope.steps[index].model;
        for (name, _) in model.outputs.iter().filter(|(name, _)| !known(name)) {
            let mistake = Diagnostic::new(
                Code::HelperOutputs,
                name.span,
                format!("the flow `{flow}` returns no `{}`", name.it),
            )
            .label("not returned")
            .related(self.first_line(callee), "the flow that is called")
            .meant(closest(&name.it, outputs.iter().map(|output| &*output.name)));
            self.report(mistake.or_help(|| match outputs.as_slice() {
                [] => "the flow returns nothing".to_owned(),
                some => format!("it returns {}", listed(some.iter().map(|output| &output.name))),
            }));
        }
    }

    /// The helper flow that gets the records of a card that streams.
    pub fn stream(&mut self, index: usize, card: &Card, streams: bool) -> Option<Call> {
        let flow_field = card.inputs.iter().find(|field| field.ty.kind == Kind::Flow)?;
        let step = &self.scope.steps[index];
        let result_set = step.field("result_set").map(|value| &value.it);
        let wanted = match result_set {
            Some(Expr::Constant(Value::Text(text))) => Some(*text == *"stream"),
            Some(Expr::Constant(_)) | None => {
                match card.inputs.iter().find(|field| field.name == "result_set") {
                    Some(field) => Some(Value::from(&field.default) == Value::from("stream")),
                    // A card without the choice streams if it is given a flow.
                    None => Some(matches!(step.callee, Callee::Flow(_))),
                }
            }
            // Known only when it runs.
            Some(_) => None,
        };
        match (step.callee, wanted) {
            (Callee::None, Some(true)) if streams && !step.model.broken && !flow_field.required => {
                let mistake = Diagnostic::new(
                    Code::MissingField,
                    step.model.card.span,
                    format!("`{}` needs the field `{}` to stream", card.id, flow_field.name),
                )
                .label(format!("`{}` is missing", flow_field.name))
                .help("name the helper flow that gets each record; it has an input `Record`");
                self.report(mistake);
                None
            }
            (Callee::Unknown | Callee::None, _) => None,
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
                self.unpassed(&self.scope.steps[index].model.pass, self.position(index));
                None
            }
            (Callee::Flow(callee), _) => Some(self.streamed(index, callee)),
        }
    }

    /// The call that hands a record on.
    fn streamed(&mut self, index: usize, callee: usize) -> Call {
        let named_at = self.flow_at(index);
        let at = Position { item: Item::Of(Some(Type::OBJECT)), ..self.position(index) };
        let model = self.scope.steps[index].model;
        let takes = model.pass.iter().any(|(_, value)| reads_item(&value.it))
            || self.check_takes(
                callee,
                named_at,
                RECORD,
                "the records",
                &format!("give it the input `{RECORD}: object`"),
            );
        // Without the record, that the helper's inputs are not passed either is the same mistake.
        let broken = model.broken || !takes;
        let record = |name: &str| (name == RECORD).then_some(Arg::Slot(SlotId::ITEM));
        let pass = self.pass(callee, &model.pass, at, named_at, broken, &record);
        Call { flow: FlowId(callee as u32), pass, outputs: Vec::new() }
    }

    /// Whether a helper has the input that takes `what` it is called for; one that lacks it is reported.
    pub fn check_takes(&mut self, callee: usize, named_at: Span, name: &str, what: &str, help: &str) -> bool {
        let inputs = &self.shared.signatures[callee].inputs;
        let takes = inputs.iter().any(|input| input.name == *name);
        if !takes && !self.shared.is_broken(callee) {
            let message = format!("`{}` has no input `{name}` to take {what}", self.shortest(callee));
            let mistake = Diagnostic::new(Code::HelperInputs, named_at, message)
                .label(format!("needs the input `{name}`"))
                .related(self.first_line(callee), "the flow that is called");
            let near = closest(name, inputs.iter().map(|input| &*input.name));
            self.report(mistake.help(match near {
                Some(near) => format!("its input `{near}` must be called `{name}`, as in Okta"),
                None => help.to_owned(),
            }));
        }
        takes
    }

    /// What a flow's inputs get: one argument for each. The input `filled` names gets that slot where nothing else is passed.
    pub fn pass(
        &mut self,
        callee: usize,
        given: &[(Name, At<Expr>)],
        at: Position,
        named_at: Span,
        broken: bool,
        filled: &dyn Fn(&str) -> Option<Arg>,
    ) -> Vec<Arg> {
        let inputs = &self.shared.signatures[callee].inputs;
        self.passed_in_vain(callee, given, at);
        for (name, _) in given.iter().filter(|(name, _)| inputs.iter().any(|input| input.name == name.it)) {
            let target = Target::Input { flow: callee, name: Some(name.it.clone()) };
            self.uses(name.span, at.step, How::Passes, target);
        }
        let mut missing = Vec::new();
        let args = inputs
            .iter()
            .map(|input| {
                let passed = given.iter().find(|(name, _)| name.it == input.name);
                match (passed, &input.default) {
                    (Some((_, value)), Some(default)) if matches!(value.it, Expr::Constant(Value::Null)) => {
                        Arg::Const(default.clone())
                    }
                    (Some((_, value)), _) => self.passed(input, value, at),
                    (None, default) => {
                        if let Some(arg) = filled(&input.name) {
                            return arg;
                        }
                        if let Some(default) = default {
                            return Arg::Const(default.clone());
                        }
                        missing.push(&*input.name);
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
            self.not_passed(callee, &missing, named_at);
        }
        args
    }

    /// Reports what is passed to a flow that has no such input.
    fn passed_in_vain(&mut self, callee: usize, given: &[(Name, At<Expr>)], at: Position) {
        let inputs = &self.shared.signatures[callee].inputs;
        let known = |name: &Name| inputs.iter().any(|input| input.name == name.it);
        for (name, value) in given.iter().filter(|(name, _)| !known(name)) {
            self.expr(value, at);
            if self.shared.is_broken(callee) {
                continue;
            }
            let message = format!("the flow `{}` has no input `{}`", self.shortest(callee), name.it);
            let mistake = Diagnostic::new(Code::HelperInputs, name.span, message)
                .label("no such input")
                .related(self.first_line(callee), "the flow that is called")
                .meant(closest(&name.it, inputs.iter().map(|input| &*input.name)));
            self.report(mistake.or_help(|| match inputs.as_slice() {
                [] => "the flow has no inputs".to_owned(),
                some => format!("its inputs are {}", listed(some.iter().map(|input| &input.name))),
            }));
        }
    }

    /// Reports inputs that a flow needs and does not get.
    fn not_passed(&mut self, callee: usize, missing: &[&str], named_at: Span) {
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let (word, verb) = if missing.len() == 1 { ("input", "is") } else { ("inputs", "are") };
        let mut mistake = Diagnostic::new(
            Code::HelperInputs,
            named_at,
            format!("the flow `{}` needs the {word} {names}", self.shortest(callee)),
        )
        .label(format!("{names} {verb} not passed"));
        let declared = &self.shared.project.flows[callee].inputs;
        for input in missing.iter().filter_map(|name| declared.iter().find(|input| *input.name.it == **name))
        {
            mistake = mistake.related(input.name.span, "has no default");
        }
        self.report(mistake.help("pass it under `pass`, or give it a `default` in that flow"));
    }

    /// The shortest name of a flow.
    pub fn shortest(&self, flow: usize) -> &'p str {
        self.shared.names.shortest(&self.shared.project.flows[flow].path)
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
