//! Where mocks stand in a program.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use super::{Mocks, Target};
use crate::card::{Card, EffectSpec, Words, Work, external};
use crate::does::{AfterCrash, Does};
use crate::program::{Arg, Flow, FlowId, Op, Program, SlotId, Step, StepId};
use crate::value::Text;

/// In place of a card that nothing answers for.
pub const NOBODY: u32 = u32::MAX;

/// How long a mock may take: as long as whatever it stands in for, and then some.
const TIMEOUT: Duration = Duration::from_secs(40 * 86_400);

impl Target {
    /// How narrow it is: of two for one card the narrower counts.
    fn narrowness(&self) -> u8 {
        match self {
            Target::Card(_) => 0,
            Target::Step { flow: None, .. } => 1,
            Target::Step { flow: Some(_), .. } => 2,
            Target::Flow(_) => 3,
            // It stands below the cards.
            Target::Host(_) => 0,
        }
    }

    /// Whether it stands in for this card of a flow, in a run that starts with `entry`.
    pub(super) fn is_for(&self, flow: &Flow, entry: &str, step: &Step) -> bool {
        match self {
            Target::Card(card) => external(&step.name).unwrap_or(&step.name) == &**card,
            Target::Step { flow: named, id } => {
                *flow.path == *named.as_deref().unwrap_or(entry) && step.id == *id
            }
            Target::Flow(_) | Target::Host(_) => false,
        }
    }
}

/// Whether something could be answered in the card's place: it puts something out, and does not move the flow.
pub(super) fn can_be(step: &Step) -> bool {
    matches!(step.op, Op::Pure(_) | Op::Effect { .. } | Op::Call(_) | Op::Loop { .. })
}

impl Program {
    /// Lets mocks answer in a run that starts with `entry`. Cards for which `lost` is true and that have no mock are answered by nobody,
    /// and so fail.
    pub fn mock(&mut self, mocks: &Mocks, entry: FlowId, lost: &dyn Fn(&Step) -> bool) {
        let path = self.flow(entry).path.clone();
        for flow in &mut self.flows {
            let whole = mocks
                .0
                .iter()
                .position(|mock| matches!(&mock.target.it, Target::Flow(named) if *named == flow.path));
            if let Some(mock) = whole {
                answer_whole(flow, mock as u32);
                continue;
            }
            for index in 0..flow.steps.len() {
                let step = flow.step(StepId(index as u32));
                let mocked =
                    mocks.0.iter().enumerate().filter(|(_, mock)| mock.target.it.is_for(flow, &path, step));
                let narrowest = mocked.max_by_key(|(_, mock)| mock.target.it.narrowness());
                let mock = match narrowest {
                    Some((place, _)) => place as u32,
                    None if lost(step) => NOBODY,
                    None => continue,
                };
                answer(&mut flow.steps[index], mock);
            }
            flow.calls = called(flow);
        }
    }

    /// Lets nothing be handed on, so that a report can show every value that a card was given.
    pub fn show_whole(&mut self) {
        for flow in &mut self.flows {
            flow.carries = false;
            for step in &mut flow.steps {
                (step.last, step.looks_into) = (Box::default(), Box::default());
            }
        }
    }
}

/// The flows that a flow still calls.
fn called(flow: &Flow) -> Vec<FlowId> {
    let mut calls: Vec<FlowId> = flow.steps.iter().filter_map(|step| Some(step.calls()?.flow)).collect();
    calls.extend(flow.steps.iter().filter_map(|step| Some(step.policy.handler()?.flow)));
    calls.extend(flow.on_failure);
    let mut seen = BTreeSet::new();
    calls.retain(|flow| seen.insert(*flow));
    calls
}

fn answer(step: &mut Step, mock: u32) {
    step.mock = Some(mock);
    step.op = match std::mem::replace(&mut step.op, Op::Close) {
        Op::Effect { spec, stream, .. } => Op::Effect { spec, connection: None, stream },
        _ => Op::Effect { spec: spec(), connection: None, stream: None },
    };
}

fn spec() -> EffectSpec {
    EffectSpec {
        connector: Cow::Borrowed("mock"),
        own: true,
        timeout: TIMEOUT,
        does: Does::Reads,
        after_crash: AfterCrash::Repeats,
        scopes: Words::NONE,
        streams: false,
        state_in_record: false,
    }
}

/// Puts two cards into the place of a whole flow: one that is answered, and Return.
fn answer_whole(flow: &mut Flow, mock: u32) {
    let inputs: Vec<Arg> = (0..flow.inputs.len()).map(|index| Arg::Slot(SlotId::input(index))).collect();
    let names: Vec<Text> = flow.inputs.iter().map(|input| input.name.clone()).collect();
    let outputs: Vec<Text> = flow.outputs.iter().map(|output| output.name.clone()).collect();
    let out = SlotId::input(flow.inputs.len());
    let named = Text::from(format!("flow:{}", flow.path));
    let mocked = Step::made("mock", named, (inputs, names), (out, outputs.clone()), flow.span)
        .doing(Op::Effect { spec: spec(), connection: None, stream: None });
    let given = (0..outputs.len() as u32).map(|place| Arg::Slot(SlotId(out.0 + place))).collect();
    let end = SlotId(out.0 + outputs.len() as u32);
    let places = (0..outputs.len() as u32).map(Some).collect();
    let back =
        Step::made("return", "flow_control.return".into(), (given, outputs), (end, Vec::new()), flow.span)
            .doing(Op::Return { places, leaves_arm: false });
    flow.slots = end.0;
    flow.steps = vec![Step { mock: Some(mock), ..mocked }, back];
    flow.blocks = vec![vec![StepId(0), StepId(1)]];
    (flow.calls, flow.carries) = (flow.on_failure.into_iter().collect(), false);
    flow.tables.clear();
}

impl Step {
    /// A card that no author wrote: what it takes and gives has these names.
    fn made(
        id: &'static str,
        name: Text,
        (args, names): (Vec<Arg>, Vec<Text>),
        (out, outputs): (SlotId, Vec<Text>),
        span: crate::source::Span,
    ) -> Step {
        Step {
            key: crate::program::key_of(id),
            id: id.into(),
            card: Card::made(&name, Work::Effect(spec())),
            name,
            titled: None,
            note: None,
            arg_spans: vec![None; args.len()],
            args,
            names: names.into(),
            out,
            outputs: outputs.into(),
            op: Op::Close,
            policy: Default::default(),
            span,
            last: Box::default(),
            looks_into: Box::default(),
            mock: None,
        }
    }

    fn doing(self, op: Op) -> Step {
        Step { op, ..self }
    }
}
