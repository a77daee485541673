//! Streams: pages from outside, a helper flow for each record.

use super::Machine;
use super::eval::Item;
use super::frame::{Frame, FrameId, Many, Purpose, Stream, Waiting};
use crate::card::Args;
use crate::effect::{Answer, Cursor, Outcome};
use crate::fault::{Fault, FaultKind, InputId};
use crate::program::{Flow, Op, Step, StepId};
use crate::value::{FromValue, Text, Value};

/// The next page is fetched while no more than this many records wait: one page ahead, never the whole list.
const AHEAD: usize = 200;

impl Machine {
    pub(super) fn start_stream(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
    ) -> Result<bool, Fault> {
        let mut args = Vec::with_capacity(step.args.len());
        super::eval::Reach::of(&frame.slots).eval_all(step, &mut args)?;
        if let Some(index) = step.card.input("result_set")
            && Text::from_value(args[index].clone())? != "stream"
        {
            self.perform(step, frame, id, at, (args, None), step.policy.timeout_ms)?;
            frame.waiting = Waiting::Effect { until_us: None };
            return Ok(false);
        }
        let left = match step.card.input("record_limit") {
            Some(index) => {
                let mut limit = [args[index].clone()];
                let limit: Option<f64> =
                    Args::new(&mut limit, &[]).take(0).map_err(|fault| fault.at(InputId(index as u16)))?;
                if let Some(limit) = limit
                    && limit < 0.0
                {
                    let message = format!("a record limit can't be negative, found {}", Value::from(limit));
                    return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(index as u16)));
                }
                limit.map(|limit| limit as usize)
            }
            None => None,
        };
        let trace = frame.trace.len() - 1;
        frame.remains(trace).many = Some(Box::new(Many::default()));
        let stream = Stream {
            args,
            until_us: step
                .policy
                .timeout_ms
                .map(|ms| self.now_us.saturating_add_unsigned(ms.saturating_mul(1000))),
            cursor: (left != Some(0)).then_some(Cursor::First),
            fetching: false,
            buffer: Default::default(),
            left,
            taken: 0,
            open: None,
            fault: None,
        };
        self.pump(step, frame, id, at, Box::new(stream))
    }

    /// A page came, or failed, or the wait before asking for it again is over.
    pub(super) fn page_arrived(
        &mut self,
        flow: &Flow,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        outcome: Outcome,
    ) {
        let Waiting::Stream(mut stream) = std::mem::take(&mut frame.waiting) else { return };
        let step = flow.step(id);
        stream.fetching = false;
        match outcome {
            Ok(Answer::Page(page)) => {
                self.counts.effects += 1;
                let trace = frame.trace.len() - 1;
                let most = stream.left.map(|left| stream.taken + stream.buffer.len() + left);
                if let Some(many) = &mut frame.remains(trace).many {
                    many.pages += 1;
                    let told = page.total.map(|total| usize::try_from(total).unwrap_or(usize::MAX));
                    many.total = told.map(|told| told.min(most.unwrap_or(told)));
                }
                let wanted = stream.left.unwrap_or(usize::MAX).min(page.records.len());
                stream.buffer.extend(page.records.into_iter().take(wanted));
                stream.left = stream.left.map(|left| left - wanted);
                stream.cursor = page.next.filter(|_| stream.left != Some(0)).map(Cursor::After);
            }
            Ok(_) => {}
            Err(fault) => {
                if let Some(retry) = step.policy.retry
                    && self.worth_another_try(frame, &retry, &fault)
                {
                    let ms = self.retry_wait(frame, id, &retry);
                    if let Some(trace) = frame.current() {
                        trace.tries += 1;
                    }
                    stream.fetching = true;
                    self.let_pass(frame, id, at, Purpose::PageRetry, ms);
                } else {
                    stream.fault = Some(fault);
                }
            }
        }
        self.pumped(flow, frame, id, at, stream);
    }

    /// The helper flow of a record has ended.
    pub(super) fn record_done(
        &mut self,
        flow: &Flow,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        mut stream: Box<Stream>,
        child: Box<Frame>,
    ) {
        stream.open = None;
        let index = child.caller.and_then(|caller| caller.item).unwrap_or_default();
        if let Some(fault) = child.fault()
            && fault.ends_the_run()
        {
            stream.fault.get_or_insert(fault);
        }
        self.keep(frame, child, index);
        self.pumped(flow, frame, id, at, stream);
    }

    fn pumped(&mut self, flow: &Flow, frame: &mut Frame, id: StepId, at: FrameId, stream: Box<Stream>) {
        match self.pump(flow.step(id), frame, id, at, stream) {
            Ok(true) => self.step_done(frame),
            Ok(false) => {}
            Err(fault) => self.fail(flow, frame, id, at, fault),
        }
    }

    /// Asks for the next page, starts the next record; says whether the stream is over.
    fn pump(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
        mut stream: Box<Stream>,
    ) -> Result<bool, Fault> {
        let Op::Effect { stream: Some(call), .. } = &step.op else { return Ok(true) };
        if self.cancelled && !frame.cleans_up {
            stream.fault.get_or_insert_with(Fault::cancelled);
        }
        let left_ms = stream.until_us.map(|until_us| (until_us - self.now_us).div_euclid(1000));
        if left_ms.is_some_and(|ms| ms <= 0) && !(stream.buffer.is_empty() && stream.cursor.is_none()) {
            let taken = stream.taken;
            stream.fault.get_or_insert_with(|| out_of_time(step, taken));
        }
        if stream.fault.is_none()
            && !stream.fetching
            && stream.buffer.len() <= AHEAD
            && let Some(cursor) = stream.cursor.clone()
        {
            let limit_ms = left_ms.map(i64::unsigned_abs);
            match self.perform(step, frame, id, at, (stream.args.clone(), Some(cursor)), limit_ms) {
                Ok(()) => stream.fetching = true,
                Err(fault) => stream.fault = Some(fault),
            }
        }
        while stream.open.is_none() && stream.fault.is_none() {
            let Some(record) = stream.buffer.pop_front() else { break };
            let index = stream.taken as u32;
            stream.taken += 1;
            match self.open_child(
                frame,
                id,
                at,
                call,
                Some(Item { value: &record, index, memo: &Value::Null }),
                Value::Null,
            ) {
                Ok(child) => stream.open = Some(child),
                Err(fault) => {
                    let trace = frame.trace.len() - 1;
                    if let Some(many) = &mut frame.remains(trace).many {
                        many.done += 1;
                        many.failures.push((index, fault));
                    }
                }
            }
        }
        if stream.open.is_some() || stream.fetching {
            frame.waiting = Waiting::Stream(stream);
            return Ok(false);
        }
        if let Some(fault) = stream.fault {
            return Err(fault);
        }
        let trace = frame.trace.len() - 1;
        let failed = frame.remains(trace).many.as_ref().map_or(0, |many| many.failures.len());
        let first = step.out.0 as usize;
        for (index, name) in step.outputs.iter().enumerate() {
            match &**name {
                "records_streamed" | "Records Streamed" => {
                    frame.slots[first + index] = Value::from(stream.taken)
                }
                "failed" => frame.slots[first + index] = Value::from(failed),
                _ => {}
            }
        }
        Ok(true)
    }
}

/// The limit that the flow gives counts for the stream as a whole, its records included.
fn out_of_time(step: &Step, taken: usize) -> Fault {
    let seconds = step.policy.timeout_ms.unwrap_or_default() as f64 / 1000.0;
    Fault::timed_out(format!("the card's {seconds} s were over after {taken} records"))
}
