//! What a run is doing right now, for those who watch it.

use super::Machine;
use super::frame::{FrameId, Waiting};
use crate::value::Text;

/// One of the cards that are open, from the outside in.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The flow that it stands in.
    pub flow: Text,
    /// The ID that wires use.
    pub id: Text,
    /// The card's name in Okta's console.
    pub title: String,
    /// How many items are done, for a loop or a stream.
    pub done: Option<usize>,
    /// How many there are, where that is known.
    pub total: Option<usize>,
    /// Until when it waits, in microseconds since 1970, for a wait.
    pub until_us: Option<i64>,
    /// Since when it runs, in microseconds since 1970.
    pub since_us: i64,
}

impl Machine {
    /// The cards that are open, from the outside in; of several items that run at once, the first.
    pub fn progress(&self) -> Vec<Activity> {
        let mut open = Vec::new();
        let mut next = Some(self.root);
        while let Some(frame) = next.and_then(|at: FrameId| self.frames.get(at)) {
            next = None;
            let flow = self.program.flow(frame.flow);
            let Some(trace) = frame.trace.last() else { break };
            let step = flow.step(trace.step);
            let many = trace.remains.as_ref().and_then(|remains| remains.many.as_ref());
            let mut until_us = None;
            match &frame.waiting {
                // Who watches is told that it waits for an answer by the report.
                Waiting::Effect { .. } if self.pause_of(frame).is_some() => {}
                // After its own end a flow waits for those that it started.
                Waiting::Nothing if frame.end.is_some() => next = frame.beside().next(),
                Waiting::Nothing => {}
                Waiting::Effect { until_us: until } => until_us = *until,
                Waiting::Call(child) | Waiting::Handler { child, .. } => next = Some(*child),
                Waiting::Loop(state) => next = state.open.first().copied(),
                Waiting::Stream(state) => next = state.open,
            }
            open.push(Activity {
                flow: flow.name.clone(),
                id: step.id.clone(),
                title: step.title(),
                done: many.map(|many| many.done),
                total: many.and_then(|many| many.total),
                until_us,
                since_us: trace.started_us,
            });
        }
        open
    }
}
