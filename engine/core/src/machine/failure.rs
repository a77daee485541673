//! What happens when a step fails: another try, the card's error policy, If Error, the caller.

use super::Machine;
use super::eval::{Reach, mix};
use super::frame::{End, Frame, FrameId, Level, Purpose, Role, Status, Waiting};
use crate::fault::{Fault, FaultKind};
use crate::program::{Flow, OnError, Op, Retry, RetryOn, SlotId, StepId};
use crate::value::Value;

impl Machine {
    /// The step that runs has failed.
    pub(super) fn fail(&mut self, flow: &Flow, frame: &mut Frame, id: StepId, at: FrameId, fault: Fault) {
        frame.waiting = Waiting::Nothing;
        let step = flow.step(id);
        let trace = frame.trace.len() - 1;
        frame.remains(trace).fault = Some(fault.clone());
        if let Some(retry) = step.policy.retry
            && self.worth_another_try(frame, &retry, &fault)
        {
            let ms = self.retry_wait(frame, id, &retry);
            self.let_pass(frame, id, at, Purpose::Retry, ms);
            return;
        }
        self.mark(frame, trace, Status::Failed);
        if fault.ends_the_run() {
            return self.raise(flow, frame, fault);
        }
        match &step.policy.on_error {
            OnError::Stop => self.raise(flow, frame, fault),
            OnError::Return(values) => {
                let around = self.show_error(flow, frame, id, &fault);
                let reach = Reach::of(&frame.slots);
                let values: Result<Vec<_>, Fault> =
                    values.iter().map(|(place, arg)| Ok((*place, reach.eval(arg)?))).collect();
                frame.slots[SlotId::ERROR.0 as usize] = around;
                match values {
                    Err(second) => self.raise(flow, frame, second),
                    Ok(values) if Self::in_container(frame) => {
                        self.leave_container(flow, frame, values.into_iter())
                    }
                    Ok(values) => {
                        for (place, value) in values {
                            frame.outputs[place as usize] = value;
                        }
                        self.close_levels(frame);
                        frame.end = Some(End::Handled(fault));
                    }
                }
            }
            OnError::Call(call) => {
                let error = self.error_object(flow, frame, id, &fault);
                let around = self.show_error(flow, frame, id, &fault);
                let opened = self.open_child(frame, id, at, call, None, error);
                frame.slots[SlotId::ERROR.0 as usize] = around;
                match opened {
                    Ok(child) => frame.waiting = Waiting::Handler { child, fault },
                    Err(_) => self.raise(flow, frame, fault),
                }
            }
        }
    }

    /// Whether a step that failed like this is tried again.
    pub(super) fn worth_another_try(&self, frame: &mut Frame, retry: &Retry, fault: &Fault) -> bool {
        let tries = frame.current().map_or(0, |trace| trace.tries);
        !self.cancelled
            && !fault.ends_the_run()
            && tries <= retry.times
            && match retry.on {
                RetryOn::RateLimit => fault.is_rate_limit() && !fault.lost,
                RetryOn::Any => !fault.lost,
                RetryOn::EvenIfDone => true,
            }
    }

    /// How long to wait before the next try: chance within the policy's bounds, the same on replay.
    pub(super) fn retry_wait(&self, frame: &mut Frame, id: StepId, retry: &Retry) -> u64 {
        let (low, high) = retry.wait_ms;
        let tries = frame.current().map_or(0, |trace| trace.tries);
        let key = self.program.flow(frame.flow).step(id).key;
        let chance = mix(self.seed(frame, key), tries.into());
        low + if high > low { chance % (high - low + 1) } else { 0 }
    }

    /// A fault goes outward until an If Error catches it or the flow ends.
    pub(super) fn raise(&mut self, flow: &Flow, frame: &mut Frame, mut fault: Fault) {
        while let Some(level) = frame.stack.pop() {
            match level.role {
                Role::Body => break,
                Role::Arm { trace, .. } => self.mark(frame, trace, Status::Failed),
                Role::Catch { trace, fault: caught, cleaned_up_before, .. } => {
                    frame.cleans_up = cleaned_up_before;
                    self.mark(frame, trace, Status::Failed);
                    if caught.kind == FaultKind::Cancelled {
                        // Clean-up may say what has become of things, but no policy may take it for an error of its own.
                        fault = fault.of_kind(FaultKind::Cancelled);
                    }
                }
                Role::Try { step, trace } => {
                    let Op::Try { catch, error, .. } = &flow.step(step).op else { continue };
                    let failing = frame.trace.iter().rev().find(|trace| trace.status == Status::Failed);
                    let failing = failing.map_or(step, |trace| trace.step);
                    frame.slots[error.0 as usize] = self.error_object(flow, frame, failing, &fault);
                    frame.remains(trace).arm = Some(1);
                    frame.remains(trace).fault = Some(fault.clone());
                    let cleaned_up_before = std::mem::replace(&mut frame.cleans_up, true);
                    let role = Role::Catch { step, trace, fault, cleaned_up_before };
                    frame.stack.push(Level { block: catch.block, next: 0, role });
                    return;
                }
            }
        }
        frame.stack.clear();
        frame.end = Some(End::Failed(fault));
    }

    /// Puts an error where the policy of its card reads `$.error`; gives what was there before.
    fn show_error(&self, flow: &Flow, frame: &mut Frame, step: StepId, fault: &Fault) -> Value {
        let error = self.error_object(flow, frame, step, fault);
        std::mem::replace(&mut frame.slots[SlotId::ERROR.0 as usize], error)
    }

    /// The error as flows see it, under `$.error`.
    fn error_object(&self, flow: &Flow, frame: &Frame, step: StepId, fault: &Fault) -> Value {
        Value::object([
            ("message", Value::from(fault.message.clone())),
            ("code", Value::from(i64::from(fault.code.unwrap_or(500)))),
            ("kind", Value::from(fault.kind.to_string())),
            ("method", Value::from(flow.step(step).id.clone())),
            ("flow", Value::from(flow.name.clone())),
            ("execution", Value::from(self.execution(frame))),
            ("body", fault.body.clone()),
        ])
    }
}
