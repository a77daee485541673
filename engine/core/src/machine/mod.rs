//! The machine: runs a program without doing anything itself.
//!
//! `turn` runs every card that can run and hands out the effects now needed; `complete` feeds one back. Given the same
//! completions in the same order the machine does the same, so a journal of them is all that a replay needs.

mod answer;
mod arms;
mod beside;
mod carry;
mod eval;
mod failure;
mod frame;
mod gathered;
mod loops;
mod pause;
mod progress;
mod record;
mod saved;
pub(crate) mod sealed;
mod step;
mod stream;
mod waits;
mod warn;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use answer::Response;
pub use pause::Paused;
pub use progress::Activity;
pub(crate) use saved::{Restore, Save};

use crate::effect::{Act, Answer, Effect, EffectId, Outcome};
use crate::fault::{Fault, FaultKind};
use crate::memory::Memory;
use crate::program::{Flow, FlowId, OnError, Op, Others, Program, SlotId, StepId, Trigger, key_of};
use crate::report::Counts;
use crate::value::{Record, Text, Value, convert};
use eval::Reach;
use frame::{Caller, End, Frame, FrameId, Frames, Purpose, Role, Waiting};

/// How many flows may be open inside each other; Okta's limit.
pub const DEPTH_LIMIT: u32 = 250;

/// How many cards one turn may run before the driver gets a word in.
const TURN_BUDGET: u32 = 100_000;

/// How a run starts; the same start and the same completions give the same run.
#[derive(Clone, Debug)]
pub struct Start {
    /// The flow that runs, by its number in the program.
    pub entry: FlowId,
    /// Its inputs, by name.
    pub inputs: Record,
    /// Names the run; chance is drawn from it, unless it follows another run.
    pub run_id: Text,
    /// The run that this one follows up to some point, whose chance and name it has in the eyes of its flows.
    pub follows: Option<Text>,
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    /// Whether the driver withholds what would change something; flows read it as `$.run.dry_run`.
    pub dry_run: bool,
    /// What failed, for a flow that runs because of it: `$.error`.
    pub error: Value,
}

impl Start {
    /// A start in earnest.
    pub fn new(entry: FlowId, inputs: Record, run_id: impl Into<Text>, at_us: i64) -> Start {
        Start {
            entry,
            inputs,
            run_id: run_id.into(),
            follows: None,
            at_us,
            dry_run: false,
            error: Value::Null,
        }
    }

    /// The name that flows know the run by, and from which chance is drawn.
    pub fn chance(&self) -> &Text {
        self.follows.as_ref().unwrap_or(&self.run_id)
    }
}

/// What came of a turn.
#[derive(Debug)]
pub enum Turn {
    /// Nothing can go on until an effect completes; these are new.
    Blocked(Vec<Effect>),
    /// The budget is used up: turn again. These effects are new.
    Busy(Vec<Effect>),
    /// The run has ended.
    Done,
}

/// How much a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many cards, those of helper flows counted each time.
    pub cards: u64,
    /// How much memory.
    pub memory: Memory,
    /// Whether the report is to hold every item of every loop and every value whole, however many there are: as tests need it.
    pub whole: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { cards: 1_000_000_000, memory: Memory::default(), whole: false }
    }
}

/// A run in progress.
pub struct Machine {
    program: Arc<Program>,
    start: Start,
    limits: Limits,
    now_us: i64,
    frames: Frames,
    root: FrameId,
    ready: VecDeque<FrameId>,
    outbox: Vec<Effect>,
    pending: BTreeMap<EffectId, (FrameId, StepId, Purpose)>,
    chance: u64,
    cancelled: bool,
    ended: Option<Box<Frame>>,
    counts: Counts,
    scratch: Vec<Value>,
    warnings: warn::Warnings,
    response: Option<Box<Response>>,
    failed_items: BTreeSet<u64>,
}

impl Machine {
    /// A run of one of the program's flows; inputs that don't fit are refused.
    pub fn new(program: Arc<Program>, start: Start) -> Result<Machine, Fault> {
        let entry = start.entry;
        let flow = program.flow(entry);
        for name in start.inputs.keys() {
            if !flow.inputs.iter().any(|input| input.name == *name) {
                let known: Vec<&str> = flow.inputs.iter().map(|input| &*input.name).collect();
                let known = if known.is_empty() {
                    "it takes none".to_owned()
                } else {
                    format!("it takes {}", known.join(", "))
                };
                return Err(Fault::new(FaultKind::InvalidInput, format!("the flow has no input `{name}`"))
                    .help(known));
            }
        }
        let given = flow
            .inputs
            .iter()
            .map(|input| start.inputs.get(&input.name).cloned().unwrap_or_default())
            .collect();
        let mut machine = Machine {
            now_us: start.at_us,
            chance: key_of(start.chance()),
            start,
            limits: Limits::default(),
            frames: Frames::default(),
            root: FrameId(0),
            ready: VecDeque::new(),
            outbox: Vec::new(),
            pending: BTreeMap::new(),
            cancelled: false,
            ended: None,
            counts: Counts::default(),
            scratch: Vec::new(),
            warnings: warn::Warnings::default(),
            response: None,
            failed_items: BTreeSet::new(),
            program,
        };
        let id = machine.program.flow(entry).key;
        let error = machine.start.error.clone();
        machine.root = machine.open(entry, given, None, id, error)?;
        Ok(machine)
    }

    /// The frames in which an effect is awaited, as effects name them, from its own outward.
    pub fn frames_of(&self, id: EffectId) -> Vec<u64> {
        let mut frames = Vec::new();
        let mut at = self.pending.get(&id).map(|(at, ..)| *at);
        while let Some(frame) = at.and_then(|at| self.frames.get(at)) {
            frames.push(frame.id);
            at = frame.caller.as_ref().map(|caller| caller.frame);
        }
        frames
    }

    /// The frames of those items of loops and streams that have failed.
    pub fn failed_items(&self) -> &BTreeSet<u64> {
        &self.failed_items
    }

    /// The program that runs.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The same, within these limits.
    pub fn within(mut self, limits: Limits) -> Machine {
        self.limits = limits;
        self
    }

    /// Holds the run to these limits from now on.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The key for which the run wants to be alone, and what becomes of it while another run has that; to be asked before the
    /// first turn.
    pub fn alone(&self) -> Result<Option<(Text, Others)>, Fault> {
        let flow = self.program.flow(self.start.entry);
        let (Some(alone), Some(frame)) = (&flow.alone, self.frames.get(self.root)) else { return Ok(None) };
        let key = match Reach::of(&frame.slots).eval(&alone.key)? {
            Value::Null => Text::default(),
            Value::Text(text) => text,
            value => value.to_json().into(),
        };
        if key.trim().is_empty() {
            let message = format!("`{}` wants to be alone, but its key is blank", flow.name);
            return Err(Fault::new(FaultKind::InvalidInput, message)
                .help("give the inputs and variables that `key` under `alone` reads"));
        }
        Ok(Some((key, alone.others)))
    }

    /// Whether what happened counts for the flow, if an event starts it: its `filter`, with the event in the flow's inputs; to be
    /// asked before the first turn.
    pub fn is_wanted(&self) -> Result<bool, Fault> {
        let flow = self.program.flow(self.start.entry);
        let (Trigger::Event { filter: Some(filter), .. }, Some(frame)) =
            (&flow.trigger, self.frames.get(self.root))
        else {
            return Ok(true);
        };
        match Reach::of(&frame.slots).eval(filter)? {
            Value::Bool(wanted) => Ok(wanted),
            Value::Null => Ok(false),
            other => {
                let message =
                    format!("the filter of `{}` gives {}, not true or false", flow.name, other.to_json());
                Err(Fault::new(FaultKind::InvalidInput, message)
                    .help("write one that does, as `{{ inputs.Group.\"Display Name\" == \"Staff\" }}`"))
            }
        }
    }

    /// What the vendor is asked to limit the flow's events to, by the event's own fields; or what a poll asks, by the fields of its
    /// card. To be asked before the first turn.
    pub fn limited_to(&self) -> Result<Record, Fault> {
        let flow = self.program.flow(self.start.entry);
        let (Trigger::Event { with, .. } | Trigger::Poll { with, .. }, Some(frame)) =
            (&flow.trigger, self.frames.get(self.root))
        else {
            return Ok(Record::default());
        };
        let reach = Reach::of(&frame.slots);
        with.iter().map(|(name, value)| Ok((name.clone(), reach.eval(value)?))).collect()
    }

    /// How much has been done so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Runs every card that can run.
    pub fn turn(&mut self) -> Turn {
        let mut budget = TURN_BUDGET;
        while let Some(frame) = self.ready.pop_front() {
            self.run(frame, &mut budget);
            if budget == 0 && !self.ready.is_empty() {
                return Turn::Busy(std::mem::take(&mut self.outbox));
            }
        }
        if self.ended.is_some() { Turn::Done } else { Turn::Blocked(std::mem::take(&mut self.outbox)) }
    }

    /// Feeds back how an effect ended, at `now_us` microseconds since 1970. One that is not awaited (any more) is ignored.
    pub fn complete(&mut self, id: EffectId, outcome: Outcome, now_us: i64) {
        let Some((at, step, purpose)) = self.pending.remove(&id) else { return };
        self.pass(now_us);
        let Some(mut frame) = self.frames.take(at) else { return };
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        let outcome = outcome.map_err(|fault| match &flow.step(step).op {
            Op::Effect { spec, .. } if spec.does.may_be_repeated() => fault.lost(false),
            _ => fault,
        });
        match (purpose, outcome) {
            (Purpose::Card | Purpose::Pause, Ok(Answer::Outputs(values))) => {
                self.counts.effects += 1;
                if purpose == Purpose::Pause {
                    // Who answers a pause is a caller too.
                    self.response = None;
                }
                let out = flow.step(step).out_range();
                for (slot, value) in frame.slots[out].iter_mut().zip(values) {
                    *slot = value;
                }
                self.step_done(&mut frame);
            }
            (Purpose::Wait, Ok(_)) => {
                self.counts.effects += 1;
                self.step_done(&mut frame);
            }
            (Purpose::Pause, Ok(Answer::Waited)) => {
                self.fail(flow, &mut frame, step, at, pause::unanswered(flow.step(step)))
            }
            (Purpose::Retry, Ok(_)) => self.step_again(flow, &mut frame, step, at),
            (Purpose::Page | Purpose::PageRetry, outcome) => {
                self.page_arrived(flow, &mut frame, step, at, outcome)
            }
            (_, Err(fault)) => self.fail(flow, &mut frame, step, at, fault),
            (Purpose::Card | Purpose::Pause, Ok(_)) => {
                let fault = Fault::new(
                    FaultKind::InvalidInput,
                    "the driver answered with something else than outputs",
                );
                self.fail(flow, &mut frame, step, at, fault);
            }
        }
        self.settle(frame, at);
    }

    /// Says that it is `now_us` by now, in microseconds since 1970; time never goes back.
    pub fn pass(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
    }

    /// What time it is in the run: that of the last completion, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// Ends the run: waits are cut short, no further card reaches outside, except in the `catch` of If Error, which cleans up.
    pub fn cancel(&mut self, now_us: i64) {
        if self.cancelled || self.ended.is_some() {
            return;
        }
        self.cancelled = true;
        self.pass(now_us);
        let waits = self.pending.iter().filter(|(_, (.., purpose))| purpose.only_waits());
        for id in waits.map(|(id, _)| *id).collect::<Vec<_>>() {
            let Some((at, step, purpose)) = self.pending.remove(&id) else { continue };
            let Some(mut frame) = self.frames.take(at) else { continue };
            let program = self.program.clone();
            let flow = program.flow(frame.flow);
            if frame.cleans_up {
                // Clean-up waits as long as it needs to.
                self.pending.insert(id, (at, step, purpose));
                self.frames.put(at, frame);
                continue;
            }
            if purpose == Purpose::PageRetry {
                self.page_arrived(flow, &mut frame, step, at, Err(Fault::cancelled()));
            } else {
                self.fail(flow, &mut frame, step, at, Fault::cancelled());
            }
            self.settle(frame, at);
        }
    }

    /// The flow and the card that an effect is for, as long as it is awaited.
    pub fn card_of(&self, id: EffectId) -> Option<(FlowId, StepId)> {
        let (at, step, _) = self.pending.get(&id)?;
        Some((self.frames.get(*at)?.flow, *step))
    }

    /// Whether the flow says what becomes of it if the effect fails: by If Error around it, or by the error policy of its card or of
    /// one that called the flow. Cards that only go on after errors don't say it.
    pub fn would_take(&self, id: EffectId) -> bool {
        let Some((at, step, _)) = self.pending.get(&id) else { return false };
        let (mut at, mut step) = (*at, *step);
        while let Some(frame) = self.frames.get(at) {
            let says = !matches!(self.program.flow(frame.flow).step(step).policy.on_error, OnError::Stop);
            if says || frame.stack.iter().any(|level| matches!(level.role, Role::Try { .. })) {
                return true;
            }
            let Some(caller) = &frame.caller else { return false };
            (at, step) = (caller.frame, caller.step);
        }
        false
    }

    /// Whether the effect has been handed out and not completed.
    pub fn awaits(&self, id: EffectId) -> bool {
        self.pending.contains_key(&id)
    }

    /// Whether `cancel` was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Opens a frame for a flow; `error` is what made an error policy call it.
    fn open(
        &mut self,
        flow: FlowId,
        given: Vec<Value>,
        caller: Option<Caller>,
        id: u64,
        error: Value,
    ) -> Result<FrameId, Fault> {
        let program = self.program.clone();
        let callee = program.flow(flow);
        let mut frame = self.frames.fresh(flow, id, callee.slots as usize, callee.outputs.len());
        if let Some(caller) = &caller {
            frame.depth = caller.depth + 1;
            frame.cleans_up = caller.cleans_up;
        }
        self.begin_to_hear();
        for (index, (input, value)) in callee.inputs.iter().zip(given).enumerate() {
            frame.slots[SlotId::input(index).0 as usize] = accept(callee, input, value)?;
        }
        self.hear(callee, flow.0, None);
        frame.slots[SlotId::ERROR.0 as usize] = error;
        frame.caller = caller;
        frame.started_us = self.now_us;
        frame.slots[SlotId::RUN.0 as usize] = self.run_context(&frame);
        self.counts.flows += 1;
        let at = self.frames.put_new(frame);
        self.ready.push_back(at);
        Ok(at)
    }

    /// Puts a frame back, or ends it if it has ended.
    fn settle(&mut self, mut frame: Box<Frame>, at: FrameId) {
        if frame.end.is_none() {
            if matches!(frame.waiting, Waiting::Nothing) {
                self.ready.push_back(at);
            }
            self.frames.put(at, frame);
            return;
        }
        if Self::lingers(&frame) {
            self.frames.put(at, frame);
            return;
        }
        Self::count_cut(&mut frame);
        frame.ended_us = self.now_us;
        let Some(caller) = frame.caller else {
            self.ended = Some(frame);
            self.ready.clear();
            return;
        };
        self.frames.free(at);
        self.child_ended(caller, frame, at);
    }

    /// Runs a frame until it waits, ends, or the budget is used up.
    fn run(&mut self, at: FrameId, budget: &mut u32) {
        let Some(mut frame) = self.frames.take(at) else { return };
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        while frame.end.is_none() && matches!(frame.waiting, Waiting::Nothing) {
            if *budget == 0 {
                break;
            }
            *budget -= 1;
            let Some(level) = frame.stack.last_mut() else {
                frame.end = Some(End::Done);
                break;
            };
            match flow.block(level.block).get(level.next as usize) {
                Some(step) => {
                    level.next += 1;
                    self.step(flow, &mut frame, *step, at);
                }
                None => self.leave_arm(flow, &mut frame),
            }
        }
        self.settle(frame, at);
    }

    fn hand_out(&mut self, id: EffectId, awaited: (FrameId, StepId, Purpose), act: Act) {
        self.pending.insert(id, awaited);
        self.outbox.push(Effect { id, act });
    }
}

/// Converts what a caller passes to what a flow's input wants.
fn accept(flow: &Flow, input: &crate::program::Input, value: Value) -> Result<Value, Fault> {
    let refuse = |message: String| Fault::new(FaultKind::InvalidInput, message);
    let value = match (&input.default, value) {
        (Some(default), Value::Null) => default.clone(),
        (None, Value::Null) => Value::Null,
        (_, value) if input.sealed => value.sealed(),
        (_, value) => convert(value, input.ty).map_err(|mismatch| {
            Fault::new(
                FaultKind::InvalidTypeConversion,
                format!("input `{}` of the flow `{}`: {mismatch}", input.name, flow.name),
            )
            .may_help(mismatch.help())
        })?,
    };
    if !input.choices.is_empty() && !value.is_null() && !input.choices.contains(&value) {
        let choices: Vec<String> = input.choices.iter().map(Value::to_string).collect();
        return Err(refuse(format!(
            "input `{}` of the flow `{}`: expected one of {}, found {value}",
            input.name,
            flow.name,
            choices.join(", ")
        )));
    }
    Ok(value)
}
