//! Call Flow Async: flows that run beside the one that started them.
//!
//! A flow's frame stays until all that it started have ended, so that the report shows them where they belong and nothing is
//! left running unseen.

use super::Machine;
use super::frame::{End, Frame, FrameId};
use crate::fault::{Fault, FaultKind};
use crate::program::{Call, StepId};
use crate::value::Value;

impl Machine {
    pub(super) fn start_beside(
        &mut self,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        call: &Call,
    ) -> Result<bool, Fault> {
        let child = self.open_child(frame, id, at, call, None, Value::Null)?;
        let trace = frame.trace.len() - 1;
        frame.remains(trace).started = Some(child);
        frame.beside += 1;
        Ok(true)
    }

    /// Whether the frame waits, after its end, for flows that it started.
    pub(super) fn lingers(frame: &Frame) -> bool {
        frame.end.is_some() && frame.beside > 0
    }

    /// If `child` runs beside the frame, keeps it for the report and gives true.
    pub(super) fn beside_ended(
        &mut self,
        frame: &mut Frame,
        child: &mut Option<Box<Frame>>,
        child_at: FrameId,
    ) -> bool {
        let remains = frame.trace.iter_mut().filter_map(|trace| trace.remains.as_deref_mut());
        let Some(remains) = remains.into_iter().find(|remains| remains.started == Some(child_at)) else {
            return false;
        };
        remains.started = None;
        remains.called = child.take();
        let fault = remains.called.as_ref().and_then(|child| child.fault());
        frame.beside -= 1;
        frame.cut |= fault.is_some_and(|fault| fault.kind == FaultKind::Cancelled);
        true
    }

    /// A flow whose own cards are done was cancelled all the same if one that it started was.
    pub(super) fn count_cut(frame: &mut Frame) {
        if frame.cut && !matches!(frame.end, Some(End::Failed(_))) {
            frame.end = Some(End::Failed(Fault::cancelled()));
        }
    }
}

impl Frame {
    /// The flows that it started and that still run.
    pub(super) fn beside(&self) -> impl Iterator<Item = FrameId> + '_ {
        self.trace.iter().filter_map(|trace| trace.remains.as_ref()?.started)
    }
}
