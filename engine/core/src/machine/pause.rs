//! Pause and Pause Raw: what they wait for, and what an answer comes to.

use super::Machine;
use super::frame::{Frame, FrameId, Purpose, Waiting};
use super::step::{answerable, next_effect, read, returned};
use super::waits::LONGEST_MS;
use crate::control::{self, PauseRaw};
use crate::effect::{Act, Answer, EffectId, Pause};
use crate::fault::{Fault, FaultKind};
use crate::program::{Op, Output, Step, StepId};
use crate::suggest::listed;
use crate::value::{Record, Text, Value};
use crate::words;

/// A card that waits for somebody's answer.
#[derive(Clone, Debug)]
pub struct Paused {
    /// The effect that the answer completes.
    pub id: EffectId,
    /// Names the pause for who answers: the flow that waits knows it as `$.run.execution_id`, and waits for one answer at a time.
    pub execution: Text,
    /// The path of its flow.
    pub flow: Text,
    /// The card's ID.
    pub card: Text,
    /// Until when it waits, in microseconds since 1970.
    pub until_us: i64,
    /// What whoever is to answer is told, as far as a report shows it.
    pub told: Value,
    /// What the answer may give.
    pub wanted: Vec<Output>,
}

impl Machine {
    pub(super) fn pause(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        raw: bool,
    ) -> Result<bool, Fault> {
        let (raw, told) = if raw {
            let raw = read::<PauseRaw>(step, frame)?;
            answerable(raw.status_code)?;
            (Some(raw), Value::Null)
        } else {
            (None, Value::from(read::<control::Pause>(step, frame)?.fields))
        };
        if self.cancelled && !frame.cleans_up {
            return Err(Fault::cancelled());
        }
        self.respond_with_pause(raw, told);
        let until_us = self.now_us.saturating_add_unsigned(limit_ms(step).saturating_mul(1000));
        let effect = next_effect(frame, step.key);
        let pause = Pause { until_us, outputs: step.outputs.clone() };
        self.hand_out(effect, (at, id, Purpose::Pause), Act::Pause(pause));
        frame.waiting = Waiting::Effect { until_us: Some(until_us) };
        Ok(false)
    }

    /// The pauses that wait for an answer, those first whose time is over first.
    pub fn pauses(&self) -> Vec<Paused> {
        let waits = self.pending.iter().filter(|(_, (.., purpose))| *purpose == Purpose::Pause);
        let mut pauses: Vec<Paused> = waits.filter_map(|(id, _)| self.paused(*id)).collect();
        pauses.sort_by_key(|pause| (pause.until_us, pause.id));
        pauses
    }

    /// The pause of this effect, if it waits for an answer.
    pub fn paused(&self, id: EffectId) -> Option<Paused> {
        let (at, step, Purpose::Pause) = self.pending.get(&id)? else { return None };
        let frame = self.frames.get(*at)?;
        let flow = self.program.flow(frame.flow);
        let step = flow.step(*step);
        let (Op::Pause { wanted, .. }, Waiting::Effect { until_us }) = (&step.op, &frame.waiting) else {
            return None;
        };
        Some(Paused {
            id,
            execution: self.execution(frame).into(),
            flow: flow.path.clone(),
            card: step.id.clone(),
            until_us: (*until_us)?,
            told: self.told(step, frame),
            wanted: wanted.clone(),
        })
    }

    /// What an answer to a pause completes it with: its values, converted to what the card's outputs are; what it leaves out is
    /// nothing. An answer that does not fit is refused, and the pause goes on.
    pub fn answer(&self, id: EffectId, given: &Record) -> Result<Answer, Fault> {
        let refuse = |message: String| Fault::new(FaultKind::InvalidInput, message);
        let Some(Paused { card, wanted, .. }) = self.paused(id) else {
            return Err(refuse("the run doesn't wait for this answer, or not any more".to_owned())
                .help("look at what it waits for now"));
        };
        let known = |name: &Text| wanted.iter().any(|output| output.name == *name);
        if let Some(name) = given.keys().find(|name| !known(name)) {
            let help = match &*wanted {
                [] => "it takes nothing but the answer itself".to_owned(),
                some => format!("it takes {}", listed(some.iter().map(|output| &*output.name))),
            };
            return Err(refuse(format!("`{card}` has no output `{name}` to answer")).help(help));
        }
        let value = |output: &Output| returned(given.get(&output.name).cloned().unwrap_or_default(), output);
        Ok(Answer::Outputs(wanted.iter().map(value).collect::<Result<_, _>>()?))
    }

    /// Whether the run waits for answers and for nothing else.
    pub(super) fn all_pause(&self) -> bool {
        let waits = !self.pending.is_empty() && self.ready.is_empty();
        waits && self.pending.values().all(|(.., purpose)| *purpose == Purpose::Pause)
    }

    /// Whether a frame waits for answers and for nothing else.
    pub(super) fn only_pauses(&self, frame: &Frame) -> bool {
        let child = |at: &FrameId| self.frames.get(*at).is_some_and(|child| self.only_pauses(child));
        match &frame.waiting {
            Waiting::Nothing => {
                frame.end.is_some() && frame.beside > 0 && frame.beside().all(|at| child(&at))
            }
            Waiting::Effect { .. } => self.pause_of(frame).is_some(),
            Waiting::Call(at) | Waiting::Handler { child: at, .. } => child(at),
            Waiting::Loop(state) => !state.open.is_empty() && state.open.iter().all(child),
            Waiting::Stream(state) => !state.fetching && state.open.as_ref().is_some_and(child),
        }
    }

    /// Until when the frame's own card waits for an answer.
    pub(super) fn pause_of(&self, frame: &Frame) -> Option<i64> {
        let trace = frame.trace.last()?;
        let card = self.program.flow(frame.flow).step(trace.step).key;
        let (.., purpose) = self.pending.get(&EffectId { frame: frame.id, card, visit: trace.visits })?;
        match &frame.waiting {
            Waiting::Effect { until_us } if *purpose == Purpose::Pause => *until_us,
            _ => None,
        }
    }

    fn told(&self, step: &Step, frame: &Frame) -> Value {
        let kept = frame.trace.last().and_then(|trace| trace.remains.as_ref()?.given.clone());
        kept.unwrap_or_else(|| super::record::inputs(step, frame, &crate::report::clip))
    }
}

/// How long a pause waits.
fn limit_ms(step: &Step) -> u64 {
    step.policy.timeout_ms.unwrap_or(LONGEST_MS as u64).min(LONGEST_MS as u64)
}

/// The fault of a pause whose time is over.
pub(super) fn unanswered(step: &Step) -> Fault {
    let limit = words::duration(limit_ms(step) as f64);
    Fault::new(FaultKind::Timeout, format!("nobody answered within {limit}")).help(
        "run the flow again, or let an If Error around the card say what is to be done without an answer",
    )
}
