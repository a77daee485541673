//! Repeat and the cards that run a helper flow for each item; and what happens when a called flow ends.

use std::sync::Arc;

use super::Machine;
use super::carry::{self, gather};
use super::eval::Item;
use super::frame::{Caller, End, Frame, FrameId, Loop, Many, Status, Waiting};
use super::gathered::{Gathered, Until};
use crate::card::Args;
use crate::fault::{Fault, FaultKind, InputId};
use crate::program::{Flow, LoopKind, Op, Step, StepId};
use crate::value::{Record, Text, Value};

/// How many turns Paginate may take, as Okta has it.
const MOST_PAGES: usize = 5_000;

/// Whether the helper flow says when the loop is over.
fn ends_itself(kind: LoopKind) -> bool {
    matches!(kind, LoopKind::RepeatUntil | LoopKind::Paginate)
}

/// How many of the first and of the last items are kept for the report, and how many failed ones in full.
const SAMPLE: usize = 3;
const FAILED_SAMPLE: usize = 20;

impl Machine {
    pub(super) fn start_loop(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        kind: LoopKind,
    ) -> Result<bool, Fault> {
        let mut values = Vec::with_capacity(step.args.len());
        gather(step, frame, &mut values)?;
        let mut args = Args::new(&mut values, &step.names);
        let (items, total) = match kind {
            LoopKind::Repeat => (None, args.take::<f64>(0)?.clamp(0.0, f64::from(u32::MAX - 1)) as usize),
            LoopKind::RepeatUntil => {
                let most: f64 = args.take(2)?;
                if !(1.0..=1_000_000.0).contains(&most) {
                    let message = format!("expected 1 to 1000000, found {}", Value::from(most));
                    return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(2)));
                }
                (None, most as usize)
            }
            LoopKind::Paginate => (None, MOST_PAGES),
            LoopKind::MapObject | LoopKind::MapToList => {
                let members: Arc<Record> = args.take(0)?;
                (Some(Arc::new(pairs(&members))), members.len())
            }
            _ => {
                let items: Arc<Vec<Value>> = args.take(0)?;
                let total = items.len();
                (Some(items), total)
            }
        };
        let Op::Loop { call, .. } = &step.op else { return Ok(true) };
        let outputs = &self.program.flow(call.flow).outputs;
        // What Continue If gives is no part of what Return does.
        let mut own = outputs.iter().filter(|output| *output.name != *"message");
        let whole = own.next().is_some_and(|output| *output.name == *"memo") && own.next().is_none();
        let returns = outputs.len();
        let (mut concurrency, mut memo, mut as_object) = (1.0, Value::Null, false);
        if kind == LoopKind::Reduce {
            memo = args.take(2)?;
        } else if ends_itself(kind) {
            memo = args.take(0)?;
        } else {
            concurrency = args.take(2)?;
        }
        if !(1.0..=200.0).contains(&concurrency) {
            let message = format!("expected 1 to 200, found {}", Value::from(concurrency));
            return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(2)));
        }
        if matches!(kind, LoopKind::Map | LoopKind::MapToList | LoopKind::Reduce) {
            as_object = match (&*args.take::<Text>(3)?, kind) {
                ("object", _) => true,
                ("value", _) => false,
                (_, LoopKind::Reduce) => matches!(memo, Value::Object(_)) && !whole,
                _ => returns != 1,
            };
        }
        let trace = frame.trace.len() - 1;
        let known = (!ends_itself(kind)).then_some(total);
        frame.remains(trace).many = Some(Box::new(Many { total: known, ..Many::default() }));
        let gathered = match kind {
            LoopKind::Paginate => Gathered::until(memo, Until::Lacks(args.take(2)?)),
            _ => Gathered::new(kind, total, as_object, memo),
        };
        let state = Loop {
            items,
            total,
            next: 0,
            concurrency: concurrency as usize,
            open: Vec::new(),
            gathered,
            lent: None,
            fault: None,
        };
        self.go_on(step, frame, id, at, Box::new(state))
    }

    /// Opens as many items as may be open; says whether the loop is over.
    fn go_on(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        mut state: Box<Loop>,
    ) -> Result<bool, Fault> {
        let Op::Loop { kind, call } = &step.op else { return Ok(true) };
        while state.open.len() < state.concurrency
            && state.next < state.total
            && state.fault.is_none()
            && !state.gathered.is_settled()
        {
            if self.cancelled && !frame.cleans_up {
                state.fault = Some(Fault::cancelled());
                break;
            }
            let index = state.next as u32;
            state.next += 1;
            let counted;
            let item = match &state.items {
                Some(items) => &items[index as usize],
                None => {
                    counted = Value::Number(index.into());
                    &counted
                }
            };
            let memo = state.gathered.memo();
            let item = Item { value: item, index, memo: &memo };
            match self.open_child(frame, id, at, call, Some(item), Value::Null) {
                Ok(child) => {
                    let helper = self.program.flow(call.flow);
                    let lent = self.frames.get(child).and_then(|child| child.holds(helper, &memo));
                    state.lent = lent.filter(|_| carry::is_heavy(&memo) && state.gathered.lends(helper));
                    if state.lent.is_some() {
                        state.gathered.put_memo(Value::Null);
                    }
                    state.open.push(child);
                }
                Err(fault) => {
                    let trace = frame.trace.len() - 1;
                    if let Some(many) = &mut frame.remains(trace).many {
                        many.done += 1;
                        many.failures.push((index, fault.clone()));
                    }
                    if *kind != LoopKind::ForEachIgnoreErrors {
                        state.fault = Some(fault);
                    }
                }
            }
        }
        if !state.open.is_empty() {
            frame.waiting = Waiting::Loop(state);
            return Ok(false);
        }
        if let Some(fault) = state.fault {
            return Err(fault);
        }
        if let Some(fault) = state.gathered.unended(&self.program.flow(call.flow).name) {
            return Err(fault);
        }
        let mut outputs = match &state.items {
            None if ends_itself(*kind) => state.gathered.outputs(*kind, &[])?,
            Some(items) => state.gathered.outputs(*kind, items)?,
            None => Vec::new(),
        };
        if *kind == LoopKind::ForEachIgnoreErrors {
            let trace = frame.trace.len() - 1;
            let failed = frame.remains(trace).many.as_ref().map_or(0, |many| many.failures.len());
            outputs.push(Value::from(failed));
        }
        for (slot, value) in frame.slots[step.out_range()].iter_mut().zip(outputs) {
            *slot = value;
        }
        Ok(true)
    }

    /// A flow that a step called has ended.
    pub(super) fn child_ended(&mut self, caller: Caller, child: Box<Frame>, child_at: FrameId) {
        let at = caller.frame;
        let Some(mut frame) = self.frames.take(at) else { return };
        if caller.item.is_some() && child.fault().is_some() {
            self.failed_items.insert(child.id);
        }
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        let step = flow.step(caller.step);
        let trace = frame.trace.len() - 1;
        let mut child = Some(child);
        if self.beside_ended(&mut frame, &mut child, child_at) {
            return if Self::lingers(&frame) || frame.end.is_none() {
                // It is queued or waits for something else.
                self.frames.put(at, frame);
            } else {
                self.settle(frame, at);
            };
        }
        let Some(mut child) = child else { return };
        match std::mem::take(&mut frame.waiting) {
            Waiting::Call(_) => {
                let fault = child.fault();
                if fault.is_none() {
                    take_outputs(flow, step, &mut frame, &mut child);
                }
                frame.remains(trace).called = Some(child);
                match fault {
                    None => self.step_done(&mut frame),
                    Some(fault) => self.fail(flow, &mut frame, caller.step, at, fault),
                }
            }
            Waiting::Handler { fault, .. } => {
                frame.remains(trace).called = Some(child);
                self.mark(&mut frame, trace, Status::Failed);
                self.raise(flow, &mut frame, fault);
            }
            Waiting::Loop(mut state) => {
                state.open.retain(|open| *open != child_at);
                let index = caller.item.unwrap_or_default();
                let ignores = matches!(&step.op, Op::Loop { kind: LoopKind::ForEachIgnoreErrors, .. });
                if let (Some(lent), Some(End::Stopped)) = (state.lent.take(), &child.end) {
                    state.gathered.put_memo(carry::take(&mut child.slots[lent.0 as usize]));
                }
                match child.fault() {
                    Some(fault) if !ignores || fault.ends_the_run() => {
                        state.fault.get_or_insert(fault);
                    }
                    Some(_) => {}
                    None => {
                        if let Err(fault) = state.gathered.take(program.flow(child.flow), &mut child, index) {
                            state.fault.get_or_insert(fault);
                        }
                    }
                }
                self.keep(&mut frame, child, index);
                match self.go_on(step, &mut frame, caller.step, at, state) {
                    Ok(true) => self.step_done(&mut frame),
                    Ok(false) => {}
                    Err(fault) => self.fail(flow, &mut frame, caller.step, at, fault),
                }
            }
            Waiting::Stream(state) => self.record_done(flow, &mut frame, caller.step, at, state, child),
            other => frame.waiting = other,
        }
        self.settle(frame, at);
    }

    /// Keeps of an item what the report shows.
    pub(super) fn keep(&mut self, frame: &mut Frame, child: Box<Frame>, index: u32) {
        let trace = frame.trace.len() - 1;
        let many = frame.remains(trace).many.get_or_insert_default();
        many.done += 1;
        let took = child.ended_us - child.started_us;
        if many.slowest.is_none_or(|(_, slowest)| took > slowest) {
            many.slowest = Some((index, took));
        }
        let (sample, failed_sample) =
            if self.limits.whole { (usize::MAX, usize::MAX) } else { (SAMPLE, FAILED_SAMPLE) };
        if let Some(fault) = child.fault() {
            many.failures.push((index, fault));
            if many.failed.len() < failed_sample {
                many.failed.push(child);
                return;
            }
        } else if many.first.len() < sample {
            many.first.push(child);
            return;
        } else {
            many.last.push_back(child);
            if many.last.len() <= SAMPLE {
                return;
            }
            if let Some(old) = many.last.pop_front() {
                self.frames.recycle(old);
            }
            return;
        }
        self.frames.recycle(child);
    }
}

fn take_outputs(flow: &Flow, step: &Step, frame: &mut Frame, child: &mut Frame) {
    let Op::Call(call) = &step.op else { return };
    let first = step.out.0 as usize;
    for (index, place) in call.outputs.iter().enumerate() {
        if let Some(place) = place {
            let output = &mut child.outputs[*place as usize];
            // Several outputs may be one of the callee's.
            let last = !call.outputs[index + 1..].contains(&Some(*place));
            frame.slots[first + index] = if last { carry::given(flow, output) } else { output.clone() };
        }
    }
}

/// The members of an object as items: for each its key and its value.
fn pairs(members: &Record) -> Vec<Value> {
    let pair = |(key, value): (&Text, &Value)| {
        Value::object([("key", Value::Text(key.clone())), ("value", value.clone())])
    };
    members.iter().map(pair).collect()
}

impl Frame {
    /// The error that the flow ended with; it lies at no input of whoever called the flow.
    pub(super) fn fault(&self) -> Option<Fault> {
        if let Some(End::Failed(fault)) = &self.end { Some(fault.clone().nowhere()) } else { None }
    }
}
