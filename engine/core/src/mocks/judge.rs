//! Mocks held against what they stand in for.

use super::place::can_be;
use super::{Answering, Mock, Mocks, Target, Then};
use crate::card::{Catalog, external};
use crate::diag::{Code, Diagnostic};
use crate::model::Name;
use crate::program::{Flow, FlowId, Op, Program, Step};
use crate::suggest::{closest, listed};
use crate::types::Type;
use crate::value::{Value, convert};

impl Mocks {
    /// What is wrong with the mocks of a run of `entry`: that nothing is there to stand in for, or that what is answered is nothing that it
    /// could give.
    pub fn judge(&self, program: &Program, entry: FlowId, catalog: &Catalog) -> Vec<Diagnostic> {
        let judge = Judge { program, entry: program.flow(entry), catalog };
        self.0.iter().flat_map(|mock| judge.mock(mock)).collect()
    }
}

struct Judge<'j> {
    program: &'j Program,
    entry: &'j Flow,
    catalog: &'j Catalog,
}

/// What can be answered: the fields that a call has, and the outputs.
struct Form {
    /// What it is, for messages: `text.split`, `the flow archive`.
    what: String,
    fields: Vec<String>,
    outputs: Vec<(String, String, Type)>,
    streams: bool,
}

impl Judge<'_> {
    fn mock(&self, mock: &Mock) -> Vec<Diagnostic> {
        let form = match &mock.target.it {
            // Which hosts there are is known to those who know the connectors.
            Target::Host(_) => return Vec::new(),
            Target::Flow(path) => match self.program.find(path) {
                Some(flow) => flow_form(self.program.flow(flow)),
                None => {
                    let paths = self.program.flows.iter().map(|flow| &*flow.path);
                    let message = format!("there is no flow `{path}` for a mock to stand in for");
                    return vec![
                        Diagnostic::new(Code::UnknownFlow, mock.target.span, message)
                            .meant(closest(path, paths)),
                    ];
                }
            },
            target => {
                let flows = self.program.flows.iter();
                let entry = &self.entry.path;
                let mut steps = flows
                    .flat_map(|flow| flow.steps.iter().map(move |step| (flow, step)))
                    .filter(|(flow, step)| target.is_for(flow, entry, step))
                    .map(|(_, step)| step)
                    .peekable();
                let Some(first) = steps.peek() else { return vec![self.unknown(mock)] };
                if !can_be(first) {
                    let message =
                        format!("{} moves the flow: nothing can be answered in its place", first.title());
                    let help = match first.op {
                        Op::Pause { .. } => "answer it with `meanwhile`",
                        Op::Wait | Op::WaitUntil => "waits take no time in a test",
                        _ => "mock the cards around it, so that it goes the way that is meant",
                    };
                    return vec![Diagnostic::new(Code::NotForThisCard, mock.target.span, message).help(help)];
                }
                let mut form = step_form(first);
                // Other uses of the card may ask for more.
                for step in steps {
                    let other = step_form(step);
                    form.fields.extend(other.fields);
                    form.outputs.extend(other.outputs);
                }
                form
            }
        };
        mock.answers.iter().flat_map(|answer| judge_answer(answer, &form)).collect()
    }

    fn unknown(&self, mock: &Mock) -> Diagnostic {
        let span = mock.target.span;
        match &mock.target.it {
            Target::Step { flow, id } => {
                let path = flow.as_deref().unwrap_or(&self.entry.path);
                let Some(flow) = self.program.find(path) else {
                    let paths = self.program.flows.iter().map(|flow| &*flow.path);
                    let message = format!("there is no flow `{path}` for a mock to stand in for");
                    return Diagnostic::new(Code::UnknownFlow, span, message).meant(closest(path, paths));
                };
                let ids = self.program.flow(flow).steps.iter().map(|step| &*step.id);
                let message = format!("the flow `{path}` has no card `{id}` for a mock to stand in for");
                Diagnostic::new(Code::UnknownCard, span, message).meant(closest(id, ids))
            }
            Target::Card(card) if self.catalog.get(card).is_some() => {
                let message = format!("no flow that runs has a card {card}, so that its mock is never asked");
                Diagnostic::new(Code::UnknownCard, span, message)
            }
            target => {
                let name = target.to_string();
                let steps = self.program.flows.iter().flat_map(|flow| &flow.steps);
                let known = steps.map(|step| external(&step.name).unwrap_or(&step.name));
                let known = known.chain(self.catalog.iter().map(|card| &*card.id));
                let message =
                    format!("an answer is given for {name}, and no card of the project is called so");
                Diagnostic::new(Code::UnknownCard, span, message).meant(closest(&name, known))
            }
        }
    }
}

fn flow_form(flow: &Flow) -> Form {
    Form {
        what: format!("the flow `{}`", flow.path),
        fields: flow.inputs.iter().map(|input| input.name.to_string()).collect(),
        outputs: flow
            .outputs
            .iter()
            .map(|output| (output.name.to_string(), String::new(), output.ty))
            .collect(),
        streams: false,
    }
}

fn step_form(step: &Step) -> Form {
    let declared = &step.card.outputs;
    let outputs = step.outputs.iter().enumerate().map(|(place, name)| match declared.get(place) {
        Some(field) => (name.to_string(), field.key.to_string(), field.ty),
        None => (name.to_string(), String::new(), Type::ANY),
    });
    let fields = step.card.inputs.iter().map(|field| field.name.to_string());
    Form {
        what: external(&step.name).unwrap_or(&step.name).to_owned(),
        fields: fields.chain(step.names.iter().map(ToString::to_string)).collect(),
        outputs: outputs.collect(),
        streams: matches!(step.op, Op::Effect { stream: Some(_), .. }),
    }
}

fn judge_answer(answer: &Answering, form: &Form) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, pattern) in &answer.when {
        if !form.fields.iter().any(|field| *field == **name) {
            let message = format!("{} has no field `{name}`, so that this answer is never given", form.what);
            let near = closest(name, form.fields.iter().map(String::as_str));
            found.push(
                Diagnostic::new(Code::UnknownField, pattern.span, message)
                    .meant(near)
                    .or_help(|| format!("it has {}", listed(&form.fields))),
            );
        }
    }
    match &answer.then {
        Then::Gives(outputs) if form.streams && !outputs.iter().any(|(name, _)| &*name.it == "records") => {
            let message = format!("{} streams: it gives records, page by page", form.what);
            found.push(
                Diagnostic::new(Code::NotForThisCard, answer.span, message)
                    .help("write `pages: [[ … ], [ … ]]`, each a list of records"),
            );
        }
        Then::Gives(_) if form.streams => {}
        Then::Gives(outputs) => {
            found.extend(outputs.iter().filter_map(|(name, value)| output(name, value, form)))
        }
        Then::Pages(_) if !form.streams => {
            let message = format!("{} does not stream here: it has no pages", form.what);
            found.push(
                Diagnostic::new(Code::NotForThisCard, answer.span, message).help("write `gives: { … }`"),
            );
        }
        Then::Pages(_) | Then::Responds(_) | Then::Fails(_) => {}
    }
    found
}

fn output(name: &Name, value: &Value, form: &Form) -> Option<Diagnostic> {
    let is = |(output, key, _): &&(String, String, Type)| *output == *name.it || *key == *name.it;
    let Some((_, _, ty)) = form.outputs.iter().find(is) else {
        let names: Vec<&str> = form.outputs.iter().map(|(name, ..)| &**name).collect();
        let message = format!("{} puts out no `{}`", form.what, name.it);
        let mistake = Diagnostic::new(Code::UnknownField, name.span, message)
            .meant(closest(&name.it, names.iter().copied()));
        let all = if names.is_empty() {
            "it puts out nothing".to_owned()
        } else {
            format!("it puts out {}", listed(&names))
        };
        return Some(mistake.or_help(|| all));
    };
    if value.is_null() || convert(value.clone(), *ty).is_ok() {
        return None;
    }
    let message = format!("{} puts out {ty} as `{}`, and this is {}", form.what, name.it, value.kind());
    Some(Diagnostic::new(Code::TypeMismatch, name.span, message))
}
