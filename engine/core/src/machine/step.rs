//! Carries out one step.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::carry::gather;
use super::eval::{Item, Reach, mix};
use super::frame::{Caller, End, Frame, FrameId, Purpose, Role, Status, Trace, Waiting};
use super::{DEPTH_LIMIT, Limits, Machine, Response, sealed};
use crate::card::{Args, Cx, Inputs, Slots};
use crate::control::{ContinueIf, ReturnError, ReturnErrorIf, ReturnRaw};
use crate::effect::{Act, EffectId, Mocked, Performance};
use crate::fault::{Fault, FaultKind, InputId};
use crate::program::{Call, Condition, Flow, Op, Step, StepId};
use crate::types::Type;
use crate::value::{FromValue, Operator, Record, Value, compare, convert};
use crate::words;

/// How many cards may clean up after the run came to its limit.
const CLEANING: u64 = 100_000;

impl Machine {
    /// Starts a step: carries it out, or leaves the frame waiting for it.
    pub(super) fn step(&mut self, flow: &Flow, frame: &mut Frame, step: StepId, at: FrameId) {
        self.counts.cards += 1;
        frame.trace.push(Trace {
            step,
            level: frame.stack.len() as u32,
            status: Status::Running,
            tries: 1,
            visits: 0,
            started_us: self.now_us,
            ended_us: self.now_us,
            remains: None,
        });
        self.attempt(flow, frame, step, at);
    }

    /// Tries a step once more.
    pub(super) fn step_again(&mut self, flow: &Flow, frame: &mut Frame, step: StepId, at: FrameId) {
        frame.waiting = Waiting::Nothing;
        if let Some(trace) = frame.current() {
            trace.tries += 1;
        }
        self.attempt(flow, frame, step, at);
    }

    /// The step that ran last is done.
    pub(super) fn step_done(&mut self, frame: &mut Frame) {
        frame.waiting = Waiting::Nothing;
        let now = self.now_us;
        if let Some(trace) = frame.current() {
            trace.status = Status::Done;
            trace.ended_us = now;
        }
    }

    fn attempt(&mut self, flow: &Flow, frame: &mut Frame, id: StepId, at: FrameId) {
        let step = flow.step(id);
        if let Err(fault) = self.may_go_on(frame) {
            return self.fail(flow, frame, id, at, fault);
        }
        self.begin_to_hear();
        let done = match &step.op {
            Op::Pure(run) => self.pure(step, frame, *run),
            Op::Effect { stream: None, .. } => self.effect(step, frame, id, at),
            Op::Effect { stream: Some(_), .. } => self.start_stream(step, frame, id, at),
            Op::Branch { arms, contains_return } => self.branch(step, frame, id, arms, *contains_return),
            Op::Try { body, .. } => {
                let trace = frame.trace.len() - 1;
                self.enter(frame, body.block, Role::Try { step: id, trace });
                Ok(false)
            }
            Op::Call(call) => self.open_child(frame, id, at, call, None, Value::Null).map(|child| {
                frame.hand_on(&step.last);
                frame.waiting = Waiting::Call(child);
                false
            }),
            Op::Start(call) => self.start_beside(frame, id, at, call),
            Op::Loop { kind, .. } => self.start_loop(step, frame, id, at, *kind),
            Op::Return { places, leaves_arm } => {
                let mut values = Vec::with_capacity(step.args.len());
                gather(step, frame, &mut values)
                    .and_then(|()| self.give_back(frame, values, places, *leaves_arm))
            }
            Op::ReturnRaw { places, leaves_arm } => self.return_raw(step, frame, at, places, *leaves_arm),
            Op::Close => self.close_request(step, frame),
            Op::ContinueIf { message, leaves_arm } => self.continue_if(step, frame, *message, *leaves_arm),
            Op::ReturnError => self.return_error(step, frame),
            Op::ReturnErrorIf => self.return_error_if(step, frame),
            Op::Wait => self.wait(step, frame, id, at),
            Op::WaitUntil => self.wait_until(step, frame, id, at),
            Op::Pause { raw, .. } => self.pause(step, frame, id, at, *raw),
        };
        self.hear(flow, frame.flow.0, Some(id));
        match done {
            Ok(true) => self.step_done(frame),
            Ok(false) => {}
            Err(fault) => self.fail(flow, frame, id, at, fault),
        }
    }

    /// Fails at a limit of the run. What cleans up may take some more.
    fn may_go_on(&self, frame: &Frame) -> Result<(), Fault> {
        let Limits { cards, memory, .. } = &self.limits;
        let (cards, more) =
            if frame.cleans_up { (cards.saturating_add(CLEANING), true) } else { (*cards, false) };
        if self.counts.cards > cards {
            let message = format!("the run took more than {} cards", words::count(self.limits.cards));
            return Err(Fault::new(FaultKind::RunLimit, message)
                .help("look for a flow that calls itself again and again; `--cards N` allows more"));
        }
        if more { Ok(()) } else { memory.check() }
    }

    fn pure(&mut self, step: &Step, frame: &mut Frame, run: crate::card::PureFn) -> Result<bool, Fault> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let result = gather(step, frame, &mut scratch).and_then(|()| {
            let secrets = sealed::open(&step.card, &mut scratch);
            let wanted = &step.outputs[step.card.outputs.len().min(step.outputs.len())..];
            let cx = Cx { now_ms: self.now_us.div_euclid(1000), seed: self.seed(frame, step.key), wanted };
            let out = &mut frame.slots[step.out_range()];
            // A card that panics is a mistake of flowrun's; the flow must still be able to clean up.
            let ran = catch_unwind(AssertUnwindSafe(|| {
                run(&mut Args::new(&mut scratch, &step.names), &cx, &mut Slots::new(out, wanted))
            }));
            let ran = ran.unwrap_or_else(|_| Err(Fault::panicked(&step.card.id)));
            if !secrets.is_empty() {
                sealed::seal(out);
            }
            ran.map_err(|fault| fault.without(&secrets))
        });
        self.scratch = scratch;
        result.map(|()| true)
    }

    fn effect(&mut self, step: &Step, frame: &mut Frame, id: StepId, at: FrameId) -> Result<bool, Fault> {
        let mut args = Vec::with_capacity(step.args.len());
        gather(step, frame, &mut args)?;
        self.perform(step, frame, id, at, (args, None), step.policy.timeout_ms)?;
        frame.waiting = Waiting::Effect { until_us: None };
        Ok(false)
    }

    /// Hands out a card for the driver to perform, within a limit that is the card's own unless there is another.
    pub(super) fn perform(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        (args, page): (Vec<Value>, Option<crate::effect::Cursor>),
        limit_ms: Option<u64>,
    ) -> Result<(), Fault> {
        if self.cancelled && !frame.cleans_up {
            return Err(Fault::cancelled());
        }
        let Op::Effect { spec, connection, .. } = &step.op else {
            return Err(Fault::new(
                FaultKind::InvalidInput,
                "this card has nothing for the driver to perform",
            ));
        };
        // The driver converts them out of our sight.
        for (field, value) in step.card.inputs.iter().zip(&args) {
            if let (Type::NUMBER, Value::Text(_)) = (field.ty, value) {
                let _ = convert(value.clone(), Type::NUMBER);
            }
        }
        let purpose = if page.is_some() { Purpose::Page } else { Purpose::Card };
        let performance = Performance {
            card: step.card.clone(),
            connection: *connection,
            args,
            names: step.names.clone(),
            outputs: step.outputs.clone(),
            page,
            timeout_ms: limit_ms.unwrap_or(spec.timeout.as_millis() as u64),
            cleans_up: frame.cleans_up,
            mocked: step.mock.map(|mock| Mocked { mock, item: self.item_of(frame) }),
        };
        let effect = next_effect(frame, step.key);
        self.hand_out(effect, (at, id, purpose), Act::Card(performance));
        Ok(())
    }

    /// The item of the innermost loop that a frame is in.
    pub(super) fn item_of(&self, frame: &Frame) -> Option<u32> {
        let mut caller = frame.caller;
        while let Some(from) = caller {
            if from.item.is_some() {
                return from.item;
            }
            caller = self.frames.get(from.frame).and_then(|frame| frame.caller);
        }
        None
    }

    /// The item of the innermost loop that an effect was asked for in.
    pub(super) fn item_of_effect(&self, id: EffectId) -> Option<u32> {
        let (frame, ..) = self.pending.get(&id)?;
        self.item_of(self.frames.get(*frame)?)
    }

    /// Asks the driver to let time pass.
    pub(super) fn let_pass(&mut self, frame: &mut Frame, id: StepId, at: FrameId, purpose: Purpose, ms: u64) {
        let effect = next_effect(frame, self.program.flow(frame.flow).step(id).key);
        let until_us = self.now_us.saturating_add_unsigned(ms.saturating_mul(1000));
        self.hand_out(effect, (at, id, purpose), Act::WaitUntil(until_us));
        if purpose != Purpose::PageRetry {
            frame.waiting = Waiting::Effect { until_us: Some(until_us) };
        }
    }

    /// Opens the frame of a flow that a step calls, for one item of its list if there is one.
    pub(super) fn open_child(
        &mut self,
        frame: &Frame,
        id: StepId,
        at: FrameId,
        call: &Call,
        item: Option<Item<'_>>,
        error: Value,
    ) -> Result<FrameId, Fault> {
        if frame.depth >= DEPTH_LIMIT {
            let (caller, callee) = (&self.program.flow(frame.flow).name, &self.program.flow(call.flow).name);
            let message = format!("`{caller}` is {DEPTH_LIMIT} flows deep and would call `{callee}`");
            return Err(Fault::new(FaultKind::StackLimit, message)
                .help("look for a flow that calls itself without an end; the chain of calls shows it; a loop is `flow_control.repeat_until`"));
        }
        let reach = Reach { slots: &frame.slots, item };
        let given = call.pass.iter().map(|arg| reach.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        let tries = frame.trace.last().map_or(0, |trace| trace.tries);
        let caller = self.program.flow(frame.flow).step(id).key;
        let place = mix(mix(frame.id, caller), item.map_or(0, |item| u64::from(item.index) + 1));
        let child = mix(place, u64::from(tries) << 1 | u64::from(!error.is_null()));
        let child = mix(child, self.program.flow(call.flow).key);
        let caller = Caller {
            frame: at,
            flow: frame.flow,
            step: id,
            item: item.map(|item| item.index),
            depth: frame.depth,
            cleans_up: frame.cleans_up,
        };
        self.open(call.flow, given, Some(caller), child, error)
    }

    fn give_back(
        &mut self,
        frame: &mut Frame,
        values: Vec<Value>,
        places: &[Option<u32>],
        leaves_arm: bool,
    ) -> Result<bool, Fault> {
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        if !leaves_arm {
            for (value, place) in values.into_iter().zip(places) {
                if let Some(place) = place {
                    let output = &flow.outputs[*place as usize];
                    frame.outputs[*place as usize] = returned(value, output)?;
                }
            }
            self.step_done(frame);
            self.close_levels(frame);
            frame.end = Some(End::Done);
            return Ok(false);
        }
        self.step_done(frame);
        let given = values.into_iter().zip(places).filter_map(|(value, place)| Some(((*place)?, value)));
        self.leave_container(flow, frame, given);
        Ok(false)
    }

    fn return_raw(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        at: FrameId,
        places: &[Option<u32>],
        leaves_arm: bool,
    ) -> Result<bool, Fault> {
        let ReturnRaw { status_code, headers, body } = read(step, frame)?;
        answerable(status_code)?;
        if self.is_root(at) {
            let (status, headers, body) = (status_code as u16, headers.clone(), Value::Text(body.clone()));
            self.respond(Response { status, headers, body, pauses: false });
        }
        let values = vec![Value::from(status_code), Value::from(headers), Value::Text(body)];
        self.give_back(frame, values, places, leaves_arm)
    }

    fn continue_if(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        message: Option<u32>,
        leaves_arm: bool,
    ) -> Result<bool, Fault> {
        let condition: ContinueIf = read(step, frame)?;
        if compare(&condition.value_a, condition.operator, &condition.value_b)? {
            return Ok(true);
        }
        if let Some(trace) = frame.current() {
            trace.status = Status::Stopped;
        }
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        if leaves_arm {
            self.leave_container(flow, frame, message.map(|place| (place, condition.message)).into_iter());
        } else {
            if let Some(message) = message {
                frame.outputs[message as usize] = condition.message;
            }
            self.close_levels(frame);
            frame.end = Some(End::Stopped);
        }
        Ok(false)
    }

    fn return_error(&mut self, step: &Step, frame: &mut Frame) -> Result<bool, Fault> {
        let error: ReturnError = read(step, frame)?;
        Err(raised(error.message, error.status_code, error.more))
    }

    fn return_error_if(&mut self, step: &Step, frame: &mut Frame) -> Result<bool, Fault> {
        let error: ReturnErrorIf = read(step, frame)?;
        if compare(&error.value_a, error.operator, &error.value_b)? {
            return Err(raised(error.message, error.status_code, error.more));
        }
        Ok(true)
    }

    fn branch(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        arms: &[(Option<Condition>, crate::program::Arm)],
        contains_return: bool,
    ) -> Result<bool, Fault> {
        if !step.looks_into.is_empty() {
            gather(step, frame, &mut Vec::new())?;
        }
        let reach = Reach::of(&frame.slots);
        let mut chosen = None;
        for (index, (condition, _)) in arms.iter().enumerate() {
            if condition.as_ref().map_or(Ok(true), |condition| holds(&reach, condition))? {
                chosen = Some(index);
                break;
            }
        }
        let Some(arm) = chosen else { return Ok(true) };
        let trace = frame.trace.len() - 1;
        frame.remains(trace).arm = Some(arm);
        self.enter(frame, arms[arm].1.block, Role::Arm { step: id, trace, arm, contains_return });
        Ok(false)
    }

    /// From what the chance of one card of a frame is drawn.
    pub(super) fn seed(&self, frame: &Frame, card: u64) -> u64 {
        mix(mix(self.chance, frame.id), card)
    }

    /// What Okta calls the execution of a flow: the run and the frame.
    pub(super) fn execution(&self, frame: &Frame) -> String {
        format!("{}-{:016x}", self.start.chance(), frame.id)
    }

    /// What a flow may know of its own run: built only where the flow reads it.
    pub(super) fn run_context(&self, frame: &Frame) -> Value {
        if !self.program.flow(frame.flow).reads_run {
            return Value::Null;
        }
        let index = frame.caller.and_then(|caller| caller.item);
        let caller = frame.caller.map(|caller| {
            let flow = self.program.flow(caller.flow);
            Value::object([("flow", flow.name.clone()), ("card", flow.step(caller.step).id.clone())])
        });
        let time = crate::value::Date::from_millis(self.start.at_us.div_euclid(1000));
        Value::object([
            ("execution_id", Value::from(self.execution(frame))),
            ("index", Value::from(index.map(f64::from))),
            ("caller", caller.unwrap_or_default()),
            ("execution_time", Value::from(time)),
            ("dry_run", Value::Bool(self.start.dry_run)),
        ])
    }
}

/// The inputs of a control card, as its declaration types them.
pub(super) fn read<C: Inputs>(step: &Step, frame: &mut Frame) -> Result<C, Fault> {
    let mut args = Vec::with_capacity(step.args.len());
    gather(step, frame, &mut args)?;
    C::read(&mut Args::new(&mut args, &step.names))
}

fn holds(reach: &Reach<'_>, condition: &Condition) -> Result<bool, Fault> {
    let (a, b) = (reach.eval(&condition.a)?, reach.eval(&condition.b)?);
    let operator = Operator::from_value(reach.eval(&condition.operator)?)?;
    Ok(compare(&a, operator, &b)?)
}

fn raised(message: crate::value::Text, code: f64, more: Record) -> Fault {
    let code = if (0.0..=f64::from(u16::MAX)).contains(&code) { code as u16 } else { 500 };
    let fault = Fault::new(FaultKind::User, message).code(code);
    if more.is_empty() { fault } else { fault.body(Value::from(more)) }
}

/// Refuses a status code that Okta answers no caller with.
pub(super) fn answerable(status_code: f64) -> Result<(), Fault> {
    if matches!(status_code, 200.0 | 400.0..600.0) && status_code.fract() == 0.0 {
        return Ok(());
    }
    let message = format!("expected the status code 200, or 400 to 599, found {}", Value::from(status_code));
    Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(0)))
}

/// What a value becomes that is given under the name of an output.
pub(super) fn returned(value: Value, output: &crate::program::Output) -> Result<Value, Fault> {
    if value.is_null() {
        return Ok(value);
    }
    crate::value::convert(value, output.ty).map_err(|mismatch| {
        Fault::new(FaultKind::InvalidTypeConversion, format!("output `{}`: {mismatch}", output.name))
            .may_help(mismatch.help())
    })
}

pub(super) fn next_effect(frame: &mut Frame, card: u64) -> EffectId {
    let name = frame.id;
    let visit = frame.current().map_or(0, |trace| {
        trace.visits += 1;
        trace.visits
    });
    EffectId { frame: name, card, visit }
}
