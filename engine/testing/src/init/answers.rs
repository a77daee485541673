//! What cards and flows answer in first tests.

use flowrun_core::card::external;
use flowrun_core::program::{Flow, FlowId, Op, Program, SlotId, Step};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};
use flowrun_core::yaml::{Entry, Yaml};

use super::set;
use super::values::{self, plausible};
use super::written::{Then, answer, member};

/// Mocks of what the flow has others do, each with the outputs that it reads: cards that reach a vendor, and other flows, which have
/// tests of their own.
pub fn answers(program: &Program, entry: FlowId) -> Vec<Entry> {
    let mut found: Vec<(String, Outputs)> = Vec::new();
    let within = format!("{}#", program.flow(entry).path);
    let is_own = |flow: &Flow| flow.path == program.flow(entry).path || flow.path.starts_with(&within);
    let own = program.reached(entry).into_iter().map(|flow| program.flow(flow)).filter(|flow| is_own(flow));
    for (flow, step) in own.flat_map(|flow| flow.steps.iter().map(move |step| (flow, step))) {
        let called = step.calls().map(|call| program.flow(call.flow)).filter(|called| !is_own(called));
        // A card of the run's own, as those of tables, is there in a test too.
        let is_answered =
            matches!(&step.op, Op::Effect { connection: Some(_), .. }) || external(&step.name).is_some();
        if let Some(called) = called {
            let given = called.outputs.iter();
            let given = given.map(|output| (output.name.clone(), plausible(&output.name, output.ty)));
            place_of(&mut found, &format!("flow:{}", called.path)).named = given.collect();
        }
        if !is_answered {
            continue;
        }
        let outputs = place_of(&mut found, external(&step.name).unwrap_or(&step.name));
        if matches!(step.op, Op::Effect { .. }) {
            outputs.record = step.calls().map(|call| values::item(program, call));
        }
        for (name, value) in read_of(flow, step) {
            set(&mut outputs.named, &name, value);
        }
    }
    found.into_iter().map(|(name, outputs)| member(&name, outputs.answer())).collect()
}

fn place_of<'f>(found: &'f mut Vec<(String, Outputs)>, name: &str) -> &'f mut Outputs {
    let place = found.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        found.push((name.to_owned(), Outputs::default()));
        found.len() - 1
    });
    &mut found[place].1
}

/// What a card gives to those who read it.
#[derive(Default)]
struct Outputs {
    named: Vec<(Text, Value)>,
    /// Of a card that streams: one of its records.
    record: Option<Value>,
}

impl Outputs {
    fn answer(self) -> Yaml {
        match self.record {
            Some(record) => answer(&Then::Pages(vec![record])),
            None => answer(&Then::Gives(self.named)),
        }
    }
}

/// What a flow reads of a card, each with a value that it could have.
pub fn read_of(flow: &Flow, step: &Step) -> Vec<(Text, Value)> {
    let read = values::read(flow);
    let outputs = step.outputs.iter().enumerate();
    let outputs = outputs.filter(|(place, _)| read.contains(&SlotId(step.out.0 + *place as u32)));
    outputs.map(|(place, name)| (name.clone(), plausible(name, output_type(step, place)))).collect()
}

/// The type of an output: what the card declares, or anything.
pub fn output_type(step: &Step, place: usize) -> Type {
    step.card.outputs.get(place).map_or(Type::ANY, |field| field.ty)
}
