//! Into the arms of blocks, and out of them.

use super::Machine;
use super::eval::Reach;
use super::frame::{End, Frame, Level, Role, Status};
use crate::fault::{Fault, FaultKind};
use crate::program::{Arm, BlockId, Flow, Op, StepId};
use crate::value::Value;

impl Machine {
    pub(super) fn enter(&mut self, frame: &mut Frame, block: BlockId, role: Role) {
        frame.stack.push(Level { block, next: 0, role });
    }

    /// The innermost block has run to its end.
    pub(super) fn leave_arm(&mut self, flow: &Flow, frame: &mut Frame) {
        let Some(level) = frame.stack.pop() else { return };
        match level.role {
            Role::Body => frame.end = Some(End::Done),
            Role::Arm { step, trace, arm, .. } => {
                if let Op::Branch { arms, .. } = &flow.step(step).op {
                    self.join(flow, frame, step, trace, &arms[arm].1);
                }
            }
            Role::Try { step, trace } => {
                if let Op::Try { body, .. } = &flow.step(step).op {
                    self.join(flow, frame, step, trace, body);
                }
            }
            Role::Catch { step, trace, fault, cleaned_up_before } => {
                frame.cleans_up = cleaned_up_before;
                if fault.kind == FaultKind::Cancelled {
                    // Clean-up has run; the cancellation goes on.
                    self.mark(frame, trace, Status::Failed);
                    self.raise(flow, frame, fault);
                } else if let Op::Try { catch, .. } = &flow.step(step).op {
                    self.join(flow, frame, step, trace, catch);
                }
            }
        }
    }

    /// What an arm gives becomes the outputs of the block's step.
    fn join(&mut self, flow: &Flow, frame: &mut Frame, step: StepId, trace: usize, arm: &Arm) {
        let reach = Reach::of(&frame.slots);
        match arm.join.iter().map(|arg| reach.eval(arg)).collect::<Result<Vec<Value>, Fault>>() {
            Ok(values) => {
                frame.hand_on(&arm.last);
                let out = flow.step(step).out_range();
                for (slot, value) in frame.slots[out].iter_mut().zip(values) {
                    *slot = value;
                }
                self.mark(frame, trace, Status::Done);
            }
            Err(fault) => {
                self.mark(frame, trace, Status::Failed);
                frame.remains(trace).fault = Some(fault.clone());
                self.raise(flow, frame, fault);
            }
        }
    }

    /// Leaves the innermost block that Return and Continue If end, with values for the outputs of its step.
    pub(super) fn leave_container(
        &mut self,
        flow: &Flow,
        frame: &mut Frame,
        given: impl Iterator<Item = (u32, Value)>,
    ) {
        while let Some(level) = frame.stack.pop() {
            let (owner, trace, goes_on) = match level.role {
                Role::Body => {
                    frame.stack.push(level);
                    return;
                }
                Role::Arm { trace, contains_return: false, .. } => {
                    self.mark(frame, trace, Status::Done);
                    continue;
                }
                Role::Arm { step, trace, .. } | Role::Try { step, trace } => (step, trace, None),
                Role::Catch { step, trace, fault, cleaned_up_before } => {
                    frame.cleans_up = cleaned_up_before;
                    (step, trace, (fault.kind == FaultKind::Cancelled).then_some(fault))
                }
            };
            let first = flow.step(owner).out.0 as usize;
            for (place, value) in given {
                frame.slots[first + place as usize] = value;
            }
            self.mark(frame, trace, if goes_on.is_some() { Status::Failed } else { Status::Done });
            if let Some(fault) = goes_on {
                self.raise(flow, frame, fault);
            }
            return;
        }
    }

    /// Whether Return would leave only a block here.
    pub(super) fn in_container(frame: &Frame) -> bool {
        frame.stack.iter().any(|level| match level.role {
            Role::Body => false,
            Role::Arm { contains_return, .. } => contains_return,
            Role::Try { .. } | Role::Catch { .. } => true,
        })
    }

    /// The flow ends inside of blocks: their steps are done.
    pub(super) fn close_levels(&mut self, frame: &mut Frame) {
        while let Some(level) = frame.stack.pop() {
            match level.role {
                Role::Body => {}
                Role::Arm { trace, .. } | Role::Try { trace, .. } | Role::Catch { trace, .. } => {
                    self.mark(frame, trace, Status::Done);
                }
            }
        }
    }

    pub(super) fn mark(&mut self, frame: &mut Frame, trace: usize, status: Status) {
        let trace = &mut frame.trace[trace];
        trace.status = status;
        trace.ended_us = self.now_us;
    }
}
