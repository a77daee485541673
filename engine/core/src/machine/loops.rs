//! For Each, Map, Repeat; and what happens when a called flow ends.

use std::sync::Arc;

use super::frame::{Caller, End, Frame, FrameId, Loop, Many, Status, Waiting};
use super::{Machine, cancelled};
use crate::card::Args;
use crate::fault::{Fault, FaultKind, InputId};
use crate::program::{Flow, LoopKind, Op, Step, StepId};
use crate::value::{Record, Text, Value};

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
        super::eval::Scope::of(&frame.slots).eval_all(step, &mut values)?;
        let mut args = Args::new(&mut values, &step.names);
        let (items, total) = if kind == LoopKind::Repeat {
            (None, args.take::<f64>(0)?.clamp(0.0, f64::from(u32::MAX - 1)) as usize)
        } else {
            let items: Arc<Vec<Value>> = args.take(0)?;
            let total = items.len();
            (Some(items), total)
        };
        let concurrency: f64 = args.take(2)?;
        if !(1.0..=200.0).contains(&concurrency) {
            let message = format!("expected 1 to 200, found {}", Value::from(concurrency));
            return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(2)));
        }
        let Op::Loop { call, .. } = &step.op else { return Ok(true) };
        let mut as_object = false;
        if kind == LoopKind::Map {
            as_object = match &*args.take::<Text>(3)? {
                "object" => true,
                "value" => false,
                _ => self.program.flow(call.flow).outputs.len() != 1,
            };
        }
        let trace = frame.trace.len() - 1;
        frame.detail(trace).many = Some(Box::new(Many { total: Some(total), ..Many::default() }));
        let results = if kind == LoopKind::Map { vec![Value::Null; total] } else { Vec::new() };
        let state = Loop {
            items,
            total,
            next: 0,
            concurrency: concurrency as usize,
            open: Vec::new(),
            results,
            as_object,
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
        while state.open.len() < state.concurrency && state.next < state.total && state.fault.is_none() {
            if self.cancelled && !frame.cleans_up {
                state.fault = Some(cancelled());
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
            match self.open_child(frame, id, at, call, Some((item, index)), Value::Null) {
                Ok(child) => state.open.push(child),
                Err(fault) => {
                    let trace = frame.trace.len() - 1;
                    if let Some(many) = &mut frame.detail(trace).many {
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
        let out = step.out_range();
        match kind {
            LoopKind::Map => frame.slots[out.start] = Value::list(std::mem::take(&mut state.results)),
            LoopKind::ForEachIgnoreErrors => {
                let trace = frame.trace.len() - 1;
                let failed = frame.detail(trace).many.as_ref().map_or(0, |many| many.failures.len());
                frame.slots[out.start] = Value::from(failed);
            }
            LoopKind::ForEach | LoopKind::Repeat => {}
        }
        Ok(true)
    }

    /// A flow that a step called has ended.
    pub(super) fn child_ended(&mut self, caller: Caller, child: Box<Frame>, child_at: FrameId) {
        let at = caller.frame;
        let Some(mut frame) = self.frames.take(at) else { return };
        let program = self.program.clone();
        let flow = program.flow(frame.flow);
        let step = flow.step(caller.step);
        let trace = frame.trace.len() - 1;
        match std::mem::take(&mut frame.waiting) {
            Waiting::Call(_) => {
                let fault = child.fault();
                if fault.is_none() {
                    take_outputs(step, &mut frame, &child);
                }
                frame.detail(trace).called = Some(child);
                match fault {
                    None => self.step_done(&mut frame),
                    Some(fault) => self.fail(flow, &mut frame, caller.step, at, fault),
                }
            }
            Waiting::Handler { fault, .. } => {
                frame.detail(trace).called = Some(child);
                self.mark(&mut frame, trace, Status::Failed);
                self.raise(flow, &mut frame, fault);
            }
            Waiting::Loop(mut state) => {
                state.open.retain(|open| *open != child_at);
                let index = caller.item.unwrap_or_default();
                let ignores = matches!(&step.op, Op::Loop { kind: LoopKind::ForEachIgnoreErrors, .. });
                match child.fault() {
                    Some(fault) if !ignores || fault.kind == FaultKind::Cancelled => {
                        state.fault.get_or_insert(fault);
                    }
                    Some(_) => {}
                    None if !state.results.is_empty() => {
                        state.results[index as usize] =
                            mapped(program.flow(child.flow), &child, state.as_object);
                    }
                    None => {}
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
        let many = frame.detail(trace).many.get_or_insert_default();
        many.done += 1;
        let took = child.ended_us - child.started_us;
        if many.slowest.is_none_or(|(_, slowest)| took > slowest) {
            many.slowest = Some((index, took));
        }
        if let Some(fault) = child.fault() {
            many.failures.push((index, fault));
            if many.failed.len() < FAILED_SAMPLE {
                many.failed.push(child);
                return;
            }
        } else if many.first.len() < SAMPLE {
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

fn take_outputs(step: &Step, frame: &mut Frame, child: &Frame) {
    let Op::Call(call) = &step.op else { return };
    let first = step.out.0 as usize;
    for (index, place) in call.outputs.iter().enumerate() {
        if let Some(place) = place {
            // Cloned, not taken: the report shows what the flow gave.
            frame.slots[first + index] = child.outputs[*place as usize].clone();
        }
    }
}

/// The new item that Map makes of what the helper returned.
fn mapped(flow: &Flow, child: &Frame, as_object: bool) -> Value {
    if !as_object {
        return child.outputs.first().cloned().unwrap_or_default();
    }
    if matches!(child.end, Some(End::Stopped)) {
        return Value::from(Record::default());
    }
    let names = flow.outputs.iter().map(|output| output.name.clone());
    Value::from(names.zip(child.outputs.iter().cloned()).collect::<Record>())
}

impl Frame {
    /// The error that the flow ended with.
    pub(super) fn fault(&self) -> Option<Fault> {
        if let Some(End::Failed(fault)) = &self.end { Some(fault.clone()) } else { None }
    }
}
