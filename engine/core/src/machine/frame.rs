//! Frames: one for each flow that is running.
//!
//! They are boxed wherever they lie, so that handing one on moves a pointer.
#![allow(clippy::vec_box)]

use std::collections::VecDeque;

use super::gathered::Gathered;
use crate::effect::Cursor;
use crate::fault::Fault;
use crate::program::{BlockId, FlowId, SlotId, StepId};
use crate::value::Value;

/// A frame's place among the machine's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FrameId(pub u32);

/// A flow that is running, or has run.
#[derive(Debug)]
pub(super) struct Frame {
    pub flow: FlowId,
    /// Names the frame in the journal; made from the path of calls and items that leads to it.
    pub id: u64,
    /// How many flows are open around this one.
    pub depth: u32,
    pub caller: Option<Caller>,
    pub slots: Vec<Value>,
    /// The flow's outputs, as far as a Return has set them.
    pub outputs: Vec<Value>,
    pub stack: Vec<Level>,
    pub trace: Vec<Trace>,
    pub waiting: Waiting,
    /// How many flows that Call Flow Async started are still open; the frame stays until they have ended.
    pub beside: u32,
    /// Whether one of them was cancelled.
    pub cut: bool,
    pub end: Option<End>,
    /// Whether this runs inside a `catch`, which may still reach outside when the run is cancelled.
    pub cleans_up: bool,
    pub started_us: i64,
    pub ended_us: i64,
}

/// Who called a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub frame: FrameId,
    pub flow: FlowId,
    pub step: StepId,
    /// Which item of a loop or stream.
    pub item: Option<u32>,
    /// The caller's own depth.
    pub depth: u32,
    /// Whether the caller is inside a `catch`.
    pub cleans_up: bool,
}

/// How a flow ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// With its last card, or Return.
    Done,
    /// By Continue If.
    Stopped,
    /// With outputs, by the error policy of a card that failed.
    Handled(Fault),
    /// With an error.
    Failed(Fault),
}

/// A block that a frame is in.
#[derive(Debug)]
pub(super) struct Level {
    pub block: BlockId,
    /// The next step in it.
    pub next: u32,
    pub role: Role,
}

/// Why a frame is in a block.
#[derive(Debug)]
pub(super) enum Role {
    /// It is the flow's own.
    Body,
    /// It is an arm of the step whose trace stands at `trace`.
    Arm { step: StepId, trace: usize, arm: usize, contains_return: bool },
    /// It is tried.
    Try { step: StepId, trace: usize },
    /// It handles an error; after a cancellation the fault goes on afterwards.
    Catch { step: StepId, trace: usize, fault: Fault, cleaned_up_before: bool },
}

/// What a step did.
#[derive(Debug)]
pub(super) struct Trace {
    pub step: StepId,
    /// How deep in blocks it stands, from 1.
    pub level: u32,
    pub status: Status,
    pub tries: u32,
    /// How many effects the step has handed out.
    pub visits: u32,
    pub started_us: i64,
    pub ended_us: i64,
    pub remains: Option<Box<Remains>>,
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Done,
    /// Continue If ended the flow or the arm here.
    Stopped,
    Failed,
}

/// What a step leaves for the report, besides its slots.
#[derive(Debug, Default)]
pub(super) struct Remains {
    pub fault: Option<Fault>,
    /// What it was given, where its slots have let go of that.
    pub given: Option<Value>,
    /// The flow it called, or the one that its error policy called.
    pub called: Option<Box<Frame>>,
    /// The flow that Call Flow Async started, while it runs.
    pub started: Option<FrameId>,
    pub many: Option<Box<Many>>,
    /// The arm that ran.
    pub arm: Option<usize>,
}

/// What is kept of the items of a loop or stream.
#[derive(Debug, Default)]
pub(super) struct Many {
    pub total: Option<usize>,
    pub done: usize,
    pub pages: usize,
    pub first: Vec<Box<Frame>>,
    pub last: VecDeque<Box<Frame>>,
    /// Every failure.
    pub failures: Vec<(u32, Fault)>,
    /// The first failures in full.
    pub failed: Vec<Box<Frame>>,
    pub slowest: Option<(u32, i64)>,
}

/// What a frame waits for.
#[derive(Debug, Default)]
pub(super) enum Waiting {
    /// It can run.
    #[default]
    Nothing,
    /// An effect, since `since_us`; for a wait, until `until_us`.
    Effect { until_us: Option<i64> },
    /// A flow that it called.
    Call(FrameId),
    /// The flow that its error policy called.
    Handler { child: FrameId, fault: Fault },
    /// The items of a list card.
    Loop(Box<Loop>),
    /// The records of a stream.
    Stream(Box<Stream>),
}

/// A list card in progress.
#[derive(Debug)]
pub(super) struct Loop {
    pub items: Option<std::sync::Arc<Vec<Value>>>,
    pub total: usize,
    pub next: usize,
    pub concurrency: usize,
    pub open: Vec<FrameId>,
    pub gathered: Gathered,
    /// The input of the open item that has the running value, where nothing else holds it.
    pub lent: Option<SlotId>,
    pub fault: Option<Fault>,
}

/// A stream in progress.
#[derive(Debug)]
pub(super) struct Stream {
    /// The card's inputs, for every page.
    pub args: Vec<Value>,
    /// When the time is over that the flow gives the whole stream.
    pub until_us: Option<i64>,
    /// Where the next page is; none when there is none.
    pub cursor: Option<Cursor>,
    pub fetching: bool,
    pub buffer: VecDeque<Value>,
    /// How many records may still be taken.
    pub left: Option<usize>,
    pub taken: usize,
    pub open: Option<FrameId>,
    pub fault: Option<Fault>,
}

/// What an effect is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Card,
    Wait,
    /// Somebody's answer.
    Pause,
    Retry,
    Page,
    /// The wait before a page is asked for again.
    PageRetry,
}

impl Purpose {
    /// Whether nothing is asked of a vendor, so that a cancellation need not wait for it.
    pub fn only_waits(self) -> bool {
        matches!(self, Purpose::Wait | Purpose::Pause | Purpose::Retry | Purpose::PageRetry)
    }
}

/// All frames that are open, and a few spare ones.
#[derive(Debug, Default)]
pub(super) struct Frames {
    all: Vec<Option<Box<Frame>>>,
    free: Vec<FrameId>,
    spare: Vec<Box<Frame>>,
}

/// How many frames are kept for reuse.
const SPARE: usize = 256;

impl Frames {
    /// A frame with empty slots, at its first card.
    pub fn fresh(&mut self, flow: FlowId, id: u64, slots: usize, outputs: usize) -> Box<Frame> {
        let mut frame = self.spare.pop().unwrap_or_else(|| {
            Box::new(Frame {
                flow,
                id,
                depth: 1,
                caller: None,
                slots: Vec::new(),
                outputs: Vec::new(),
                stack: Vec::new(),
                trace: Vec::new(),
                waiting: Waiting::Nothing,
                beside: 0,
                cut: false,
                end: None,
                cleans_up: false,
                started_us: 0,
                ended_us: 0,
            })
        });
        frame.flow = flow;
        frame.id = id;
        frame.slots.resize(slots, Value::Null);
        frame.outputs.resize(outputs, Value::Null);
        frame.stack.push(Level { block: crate::program::Flow::BODY, next: 0, role: Role::Body });
        frame
    }

    /// Keeps a frame that nobody needs any more for reuse.
    pub fn recycle(&mut self, mut frame: Box<Frame>) {
        if self.spare.len() < SPARE {
            frame.slots.clear();
            frame.outputs.clear();
            frame.stack.clear();
            frame.trace.clear();
            frame.waiting = Waiting::Nothing;
            frame.end = None;
            frame.beside = 0;
            frame.cut = false;
            frame.caller = None;
            frame.depth = 1;
            frame.cleans_up = false;
            self.spare.push(frame);
        }
    }

    /// Gives a frame its place.
    pub fn put_new(&mut self, frame: Box<Frame>) -> FrameId {
        if let Some(at) = self.free.pop() {
            self.all[at.0 as usize] = Some(frame);
            return at;
        }
        self.all.push(Some(frame));
        FrameId(self.all.len() as u32 - 1)
    }

    pub fn put(&mut self, at: FrameId, frame: Box<Frame>) {
        self.all[at.0 as usize] = Some(frame);
    }

    pub fn take(&mut self, at: FrameId) -> Option<Box<Frame>> {
        self.all.get_mut(at.0 as usize)?.take()
    }

    pub fn get(&self, at: FrameId) -> Option<&Frame> {
        self.all.get(at.0 as usize)?.as_deref()
    }

    /// The open frames by their places.
    pub fn places(&self) -> impl Iterator<Item = Option<&Frame>> {
        self.all.iter().map(Option::as_deref)
    }

    /// Frames at these places; those that are empty are given up.
    pub fn at_places(all: Vec<Option<Box<Frame>>>) -> Frames {
        let free = (0..all.len()).filter(|at| all[*at].is_none()).map(|at| FrameId(at as u32)).collect();
        Frames { all, free, spare: Vec::new() }
    }

    /// Gives up a place whose frame was taken.
    pub fn free(&mut self, at: FrameId) {
        self.free.push(at);
    }
}

impl Frame {
    /// The trace of the step that runs.
    pub fn current(&mut self) -> Option<&mut Trace> {
        self.trace.last_mut()
    }

    /// What the step at `trace` leaves for the report.
    pub fn remains(&mut self, trace: usize) -> &mut Remains {
        self.trace[trace].remains.get_or_insert_default()
    }
}
