//! Reads the state of a machine.

use std::collections::VecDeque;
use std::sync::Arc;

use super::flows::Known;
use crate::control::DONE;
use crate::effect::{Act, Cursor, Effect, EffectId, Mocked, Pause, Performance};
use crate::fault::{Fault, InputId};
use crate::machine::frame::{
    Caller, End, Frame, FrameId, Frames, Level, Loop, Many, Purpose, Remains, Role, Status, Stream, Trace,
    Waiting,
};
use crate::machine::gathered::{Gathered, Until};
use crate::machine::{DEPTH_LIMIT, Machine};
use crate::program::{BlockId, Flow, Op, Program, SlotId, Step, StepId};
use crate::report::WarningReport;
use crate::stored::read::Read;
use crate::stored::{Reader, Unreadable};
use crate::value::{Depth, Text, Value};

/// Room that a frame inside of a frame takes on the stack.
const STACK: usize = 128 << 10;

/// Reads into a machine that has just been made what another one was made of.
pub(crate) struct Restore {
    machine: Machine,
    program: Arc<Program>,
    flows: Vec<Known>,
    frames: Vec<Option<Box<Frame>>>,
    nested: u32,
}

impl Restore {
    /// Begins with a machine at its start.
    pub fn new(machine: Machine) -> Restore {
        let program = machine.program.clone();
        Restore { machine, program, flows: Vec::new(), frames: Vec::new(), nested: 0 }
    }

    /// Reads a member, if it is one of the machine's.
    pub fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Read<bool> {
        match name {
            "flows" => {
                let program = self.program.clone();
                self.flows = reader.list(|reader| Known::read(&program, reader))?;
            }
            "now" => self.machine.now_us = reader.whole()?,
            "cancelled" => self.machine.cancelled = reader.boolean()?,
            "counts" => self.counts(reader)?,
            "warnings" => drop(reader.list(|reader| self.warning(reader))?),
            "frames" => {
                self.frames = reader.list(|reader| match reader.peek() {
                    Some(b'n') => reader.word("null").map(|()| None),
                    _ => self.frame(reader).map(Some),
                })?;
            }
            "root" => self.machine.root = FrameId(reader.whole()?),
            "ended" => self.machine.ended = Some(self.frame(reader)?),
            "ready" => {
                self.machine.ready = reader.list(|reader| Ok(FrameId(reader.whole()?)))?.into();
                self.settle(reader)?;
            }
            "pending" => drop(reader.list(|reader| self.pending(reader))?),
            "outbox" => self.machine.outbox = reader.list(|reader| self.effect(reader))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The machine as it was.
    pub fn machine(self) -> Machine {
        self.machine
    }

    fn counts(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let counts = &mut self.machine.counts;
        reader.object(|reader, name| {
            match name {
                "cards" => counts.cards = reader.whole()?,
                "effects" => counts.effects = reader.whole()?,
                "flows" => counts.flows = reader.whole()?,
                _ => return reader.damaged("a count"),
            }
            Ok(())
        })
    }

    fn warning(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (mut flow, mut card, mut message, mut times) = (None, None, String::new(), 0);
        reader.object(|reader, name| {
            match name {
                "flow" => flow = Some(reader.whole()?),
                "card" => card = Some(reader.whole()?),
                "message" => message = reader.text()?.into_owned(),
                "times" => times = reader.whole()?,
                _ => return reader.damaged("a warning"),
            }
            Ok(())
        })?;
        let known = self.known(reader, flow)?;
        let step = card.map(|card| known.step(card)).transpose()?;
        let (number, flow) = (known.flow.0, self.program.flow(known.flow));
        let card = step.map(|step| flow.step(step).id.clone());
        let warning = WarningReport { flow: flow.path.clone(), card, message, times };
        self.machine.warnings.insert((number, step.map(|step| step.0)), warning);
        Ok(())
    }

    /// Puts the frames into the machine, if all that they say of each other can be.
    fn settle(&mut self, reader: &Reader<'_>) -> Read<()> {
        let frames = std::mem::take(&mut self.frames);
        let waits = |at: &FrameId| {
            let frame = frames.get(at.0 as usize).and_then(Option::as_ref);
            frame.is_some_and(|frame| !frame.trace.is_empty())
        };
        let is_there = |frame: &Frame| frame.caller.is_none_or(|caller| waits(&caller.frame));
        if !frames.iter().flatten().all(|frame| is_there(frame)) {
            return reader.damaged("frames whose callers are there, before this");
        }
        self.machine.frames = Frames::at_places(frames);
        Ok(())
    }

    fn pending(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (mut id, mut frame, mut card, mut purpose) = (None, None, None, None);
        reader.object(|reader, name| {
            match name {
                "effect" => id = Some(reader.quoted_id()?),
                "frame" => frame = Some(FrameId(reader.whole()?)),
                "card" => card = Some(reader.whole()?),
                "for" => purpose = Purpose::named(&reader.text()?),
                _ => return reader.damaged("what is awaited"),
            }
            Ok(())
        })?;
        let (Some(id), Some(at), Some(card), Some(purpose)) = (id, frame, card, purpose) else {
            return reader.damaged("an effect, its frame, its card and its purpose before this");
        };
        let Some(frame) = self.machine.frames.get(at).filter(|frame| !frame.trace.is_empty()) else {
            return reader.damaged("an effect of a frame that is there before this");
        };
        let known = self.flows.iter().find(|known| known.flow == frame.flow);
        let Some(known) = known else { return reader.damaged("an effect of a known flow before this") };
        self.machine.pending.insert(id, (at, known.step(card)?, purpose));
        Ok(())
    }

    /// What was asked for.
    pub fn effect(&self, reader: &mut Reader<'_>) -> Read<Effect> {
        let (mut id, mut until, mut pause, mut given, mut page) = (None, None, None, None, None);
        let (mut timeout_ms, mut cleans_up) = (0, false);
        reader.object(|reader, name| {
            match name {
                "effect" => id = Some(reader.quoted_id()?),
                "until" => until = Some(reader.whole()?),
                "pause" => pause = Some(reader.whole()?),
                "args" => given = Some(named(reader)?),
                "page" => page = cursor(reader)?,
                "timeout" => timeout_ms = reader.whole()?,
                "cleans_up" => cleans_up = reader.boolean()?,
                _ => return reader.damaged("what is asked for"),
            }
            Ok(())
        })?;
        let Some((id, step)) = id.and_then(|id: EffectId| Some((id, self.step_of(id)?))) else {
            return reader.damaged("an effect that is awaited before this");
        };
        let act = match (given, until, pause) {
            (Some(given), None, None) => {
                let Op::Effect { connection, .. } = &step.op else {
                    return Err(Unreadable::Unknown(format!("request that the card `{}` sends", step.id)));
                };
                Act::Card(Performance {
                    card: step.card.clone(),
                    connection: *connection,
                    args: args(step, given),
                    names: step.names.clone(),
                    outputs: step.outputs.clone(),
                    page,
                    timeout_ms,
                    cleans_up,
                    mocked: step.mock.map(|mock| Mocked { mock, item: self.machine.item_of_effect(id) }),
                })
            }
            (None, Some(until_us), None) => Act::WaitUntil(until_us),
            (None, None, Some(until_us)) => Act::Pause(Pause { until_us, outputs: step.outputs.clone() }),
            _ => return reader.damaged("one thing that is asked for before this"),
        };
        Ok(Effect { id, act })
    }

    fn step_of(&self, id: EffectId) -> Option<&Step> {
        let (flow, step) = self.machine.card_of(id)?;
        Some(self.program.flow(flow).step(step))
    }

    fn known(&self, reader: &Reader<'_>, place: Option<usize>) -> Read<&Known> {
        match place.and_then(|place| self.flows.get(place)) {
            Some(known) => Ok(known),
            None => reader.damaged("the number of a flow before this"),
        }
    }

    fn frame(&mut self, reader: &mut Reader<'_>) -> Read<Box<Frame>> {
        if self.nested > DEPTH_LIMIT {
            return reader.damaged("no flow, as deep as this");
        }
        self.nested += 1;
        let frame = stacker::maybe_grow(STACK, 16 * STACK, || self.members(reader));
        self.nested -= 1;
        frame
    }

    fn members(&mut self, reader: &mut Reader<'_>) -> Read<Box<Frame>> {
        let program = self.program.clone();
        let mut at = None;
        let (mut slots, mut outputs) = (Vec::new(), Vec::new());
        let mut frame = Frames::default().fresh(crate::program::FlowId(0), 0, 0, 0);
        frame.stack.clear();
        reader.object(|reader, name| {
            match name {
                "flow" => {
                    let place = reader.whole()?;
                    frame.flow = self.known(reader, Some(place))?.flow;
                    at = Some(place);
                }
                "id" => frame.id = reader.quoted_hex()?,
                "depth" => frame.depth = reader.whole()?,
                "caller" => frame.caller = Some(self.caller(reader)?),
                "slots" => slots = reader.list(Reader::value)?,
                "outputs" => outputs = reader.list(Reader::value)?,
                "stack" => {
                    let known = self.known(reader, at)?;
                    frame.stack = reader.list(|reader| level(reader, program.flow(known.flow), known))?;
                }
                "trace" => {
                    let place = at;
                    frame.trace = reader.list(|reader| self.trace(reader, place))?;
                }
                "beside" => frame.beside = reader.whole()?,
                "cut" => frame.cut = reader.boolean()?,
                "done" => frame.end = reader.boolean()?.then_some(End::Done),
                "stopped" => frame.end = reader.boolean()?.then_some(End::Stopped),
                "handled" => frame.end = Some(End::Handled(reader.fault()?.0)),
                "failed" => frame.end = Some(End::Failed(reader.fault()?.0)),
                "cleans_up" => frame.cleans_up = reader.boolean()?,
                "started" => frame.started_us = reader.whole()?,
                "ended" => frame.ended_us = reader.whole()?,
                _ => {
                    let step = frame.trace.last().map(|trace| program.flow(frame.flow).step(trace.step));
                    let Some(step) = step else { return reader.damaged("a card before what it waits for") };
                    frame.waiting = self.waiting(reader, step, name)?;
                }
            }
            Ok(())
        })?;
        let known = self.known(reader, at)?;
        let flow = program.flow(known.flow);
        let places: Vec<_> = known.slots.iter().map(|slot| slot.map(|slot| slot.0 as usize)).collect();
        frame.slots = Known::placed(&places, slots, flow.slots as usize);
        frame.outputs = Known::placed(&known.outputs, outputs, flow.outputs.len());
        let traces = frame.trace.len();
        let is_there = |level: &Level| match level.role {
            Role::Body => true,
            Role::Arm { trace, .. } | Role::Try { trace, .. } | Role::Catch { trace, .. } => trace < traces,
        };
        if !frame.stack.iter().all(is_there) {
            return reader.damaged("blocks of cards that ran, before this");
        }
        Ok(frame)
    }

    fn caller(&self, reader: &mut Reader<'_>) -> Read<Caller> {
        let (mut frame, mut flow, mut card, mut item) = (None, None, None, None);
        let (mut depth, mut cleans_up) = (0, false);
        reader.object(|reader, name| {
            match name {
                "frame" => frame = Some(FrameId(reader.whole()?)),
                "flow" => flow = Some(reader.whole()?),
                "card" => card = Some(reader.whole()?),
                "item" => item = Some(reader.whole()?),
                "depth" => depth = reader.whole()?,
                "cleans_up" => cleans_up = reader.boolean()?,
                _ => return reader.damaged("who called"),
            }
            Ok(())
        })?;
        let known = self.known(reader, flow)?;
        let (Some(frame), Some(card)) = (frame, card) else {
            return reader.damaged("a frame and a card that called, before this");
        };
        Ok(Caller { frame, flow: known.flow, step: known.step(card)?, item, depth, cleans_up })
    }

    fn trace(&mut self, reader: &mut Reader<'_>, place: Option<usize>) -> Read<Trace> {
        let known = self.known(reader, place)?;
        let (flow, program) = (known.flow, self.program.clone());
        let mut id: Option<StepId> = None;
        let (mut status, mut remains) = (None, None);
        let mut trace = Trace {
            step: StepId(0),
            level: 0,
            status: Status::Running,
            tries: 0,
            visits: 0,
            started_us: 0,
            ended_us: 0,
            remains: None,
        };
        reader.object(|reader, name| {
            match name {
                "card" => {
                    let card = reader.whole()?;
                    id = Some(self.known(reader, place)?.step(card)?);
                }
                "level" => trace.level = reader.whole()?,
                "status" => status = Status::named(&reader.text()?),
                "tries" => trace.tries = reader.whole()?,
                "visits" => trace.visits = reader.whole()?,
                "started" => trace.started_us = reader.whole()?,
                "ended" => trace.ended_us = reader.whole()?,
                _ => {
                    let Some(step) = id else { return reader.damaged("a card before what it leaves") };
                    let step = program.flow(flow).step(step);
                    self.remains(reader, step, name, remains.get_or_insert_default())?;
                }
            }
            Ok(())
        })?;
        let (Some(step), Some(status)) = (id, status) else {
            return reader.damaged("a card and how it stands before this");
        };
        Ok(Trace { step, status, remains, ..trace })
    }

    fn remains(
        &mut self,
        reader: &mut Reader<'_>,
        step: &Step,
        name: &str,
        remains: &mut Box<Remains>,
    ) -> Read<()> {
        match name {
            "fault" => remains.fault = Some(fault_of(reader, step)?),
            "given" => remains.given = Some(reader.value()?),
            "called" => remains.called = Some(self.frame(reader)?),
            "beside" => remains.started = Some(FrameId(reader.whole()?)),
            "many" => remains.many = Some(Box::new(self.many(reader)?)),
            "arm" => remains.arm = Some(arm_of(&reader.text()?, step)?),
            _ => return reader.damaged("what a card leaves"),
        }
        Ok(())
    }

    fn many(&mut self, reader: &mut Reader<'_>) -> Read<Many> {
        let mut many = Many::default();
        reader.object(|reader, name| {
            match name {
                "total" => many.total = Some(reader.whole()?),
                "done" => many.done = reader.whole()?,
                "pages" => many.pages = reader.whole()?,
                "first" => many.first = reader.list(|reader| self.frame(reader))?,
                "last" => many.last = reader.list(|reader| self.frame(reader))?.into(),
                "failed" => many.failed = reader.list(|reader| self.frame(reader))?,
                "failures" => many.failures = reader.list(failure)?,
                "slowest" => {
                    let slowest = reader.list(Reader::whole::<i64>)?;
                    let [item, took] = slowest[..] else { return reader.damaged("an item and a time") };
                    many.slowest = Some((item as u32, took));
                }
                _ => return reader.damaged("what is kept of items"),
            }
            Ok(())
        })?;
        Ok(many)
    }

    fn waiting(&self, reader: &mut Reader<'_>, step: &Step, name: &str) -> Read<Waiting> {
        Ok(match name {
            "waits" => {
                reader.boolean()?;
                Waiting::Effect { until_us: None }
            }
            "waits_until" => Waiting::Effect { until_us: Some(reader.whole()?) },
            "calls" => Waiting::Call(FrameId(reader.whole()?)),
            "handles" => {
                let (mut child, mut found) = (None, None);
                reader.object(|reader, name| {
                    match name {
                        "by" => child = Some(FrameId(reader.whole()?)),
                        "fault" => found = Some(fault_of(reader, step)?),
                        _ => return reader.damaged("what is handled"),
                    }
                    Ok(())
                })?;
                let (Some(child), Some(fault)) = (child, found) else {
                    return reader.damaged("what is handled before this");
                };
                Waiting::Handler { child, fault }
            }
            "repeats" => Waiting::Loop(Box::new(self.repeats(reader, step)?)),
            "streams" => Waiting::Stream(Box::new(streams(reader, step)?)),
            _ => return reader.damaged("what a frame holds"),
        })
    }

    fn repeats(&self, reader: &mut Reader<'_>, step: &Step) -> Read<Loop> {
        let mut parts = Parts::default();
        let mut state = Loop {
            items: None,
            total: 0,
            next: 0,
            concurrency: 1,
            open: Vec::new(),
            gathered: Gathered::Nothing,
            lent: None,
            fault: None,
        };
        reader.object(|reader, name| {
            match name {
                "items" => match reader.value()? {
                    Value::List(items) => state.items = Some(items),
                    _ => return reader.damaged("a list before this"),
                },
                "total" => state.total = reader.whole()?,
                "next" => state.next = reader.whole()?,
                "concurrency" => state.concurrency = reader.whole()?,
                "open" => state.open = reader.list(|reader| Ok(FrameId(reader.whole()?)))?,
                "lent" => state.lent = self.input_of_helper(&reader.text()?, step),
                "fault" => state.fault = Some(fault_of(reader, step)?),
                _ => return parts.member(reader, name),
            }
            Ok(())
        })?;
        let fits = state.items.as_ref().is_none_or(|items| items.len() == state.total);
        match parts.gathered(state.total).filter(|_| fits && matches!(step.op, Op::Loop { .. })) {
            Some(gathered) => Ok(Loop { gathered, ..state }),
            None => reader.damaged("as much as there are items before this"),
        }
    }

    fn input_of_helper(&self, name: &str, step: &Step) -> Option<SlotId> {
        let Op::Loop { call, .. } = &step.op else { return None };
        let inputs = &self.program.flow(call.flow).inputs;
        inputs.iter().position(|input| input.name == *name).map(SlotId::input)
    }
}

/// What a loop has gathered, as far as it has been read.
#[derive(Default)]
struct Parts {
    values: Option<Vec<Value>>,
    members: Option<Vec<Option<(Text, Value)>>>,
    kept: Option<Vec<bool>>,
    first: Option<Option<u32>>,
    memo: Option<Value>,
    until: Option<Until>,
    rests: usize,
    as_object: bool,
    over: bool,
    turns: u32,
}

impl Parts {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Read<()> {
        match name {
            "values" => self.values = Some(reader.list(Reader::value)?),
            "members" => self.members = Some(reader.list(member)?),
            "kept" => self.kept = Some(reader.list(Reader::boolean)?),
            "first" if reader.peek() == Some(b'n') => {
                reader.word("null")?;
                self.first = Some(None);
            }
            "first" => self.first = Some(Some(reader.whole()?)),
            "memo" => self.memo = Some(reader.value()?),
            "says" => self.until = reader.boolean()?.then_some(Until::Says(DONE)),
            "lacks" => self.until = Some(Until::Lacks(Text::from(&*reader.text()?))),
            "rests" => self.rests = reader.whole()?,
            "as_object" => self.as_object = reader.boolean()?,
            "over" => self.over = reader.boolean()?,
            "turns" => self.turns = reader.whole()?,
            _ => return reader.damaged("what a loop has gathered"),
        }
        Ok(())
    }

    /// All of it, if it is of so many items.
    fn gathered(self, total: usize) -> Option<Gathered> {
        let Parts { values, members, kept, first, memo, until, rests, as_object, over, turns } = self;
        let depth = Depth::resting(rests);
        match (values, members, kept, first, memo) {
            (None, None, None, None, None) => Some(Gathered::Nothing),
            (Some(values), ..) => (values.len() == total).then_some(Gathered::Values { values, as_object }),
            (_, Some(members), ..) => (members.len() == total).then_some(Gathered::Members(members)),
            (_, _, Some(kept), ..) => (kept.len() == total).then_some(Gathered::Kept(kept)),
            (.., Some(first), _) => {
                let fits = first.is_none_or(|first| (first as usize) < total);
                fits.then_some(Gathered::First(first))
            }
            (.., Some(memo)) => Some(match until {
                Some(until) => Gathered::Until { memo, depth, until, ended: over, turns },
                None => Gathered::Memo { memo, as_object, depth },
            }),
        }
    }
}

fn member(reader: &mut Reader<'_>) -> Read<Option<(Text, Value)>> {
    if reader.peek() == Some(b'n') {
        return reader.word("null").map(|()| None);
    }
    let (mut key, mut value) = (Text::default(), Value::Null);
    reader.object(|reader, name| {
        match name {
            "key" => key = Text::from(&*reader.text()?),
            "value" => value = reader.value()?,
            _ => return reader.damaged("a key or a value"),
        }
        Ok(())
    })?;
    Ok(Some((key, value)))
}

fn failure(reader: &mut Reader<'_>) -> Read<(u32, Fault)> {
    let (mut item, mut fault) = (0, None);
    reader.object(|reader, name| {
        match name {
            "item" => item = reader.whole()?,
            "fault" => fault = Some(reader.fault()?.0),
            _ => return reader.damaged("the failure of an item"),
        }
        Ok(())
    })?;
    fault.map_or_else(|| reader.damaged("a fault before this"), |fault| Ok((item, fault)))
}

fn streams(reader: &mut Reader<'_>, step: &Step) -> Read<Stream> {
    let mut state = Stream {
        args: Vec::new(),
        until_us: None,
        cursor: None,
        fetching: false,
        buffer: VecDeque::new(),
        left: None,
        taken: 0,
        open: None,
        fault: None,
    };
    reader.object(|reader, name| {
        match name {
            "args" => state.args = args(step, named(reader)?),
            "until" => state.until_us = Some(reader.whole()?),
            "page" => state.cursor = cursor(reader)?,
            "fetching" => state.fetching = reader.boolean()?,
            "buffer" => state.buffer = reader.list(Reader::value)?.into(),
            "left" => state.left = Some(reader.whole()?),
            "taken" => state.taken = reader.whole()?,
            "open" => state.open = Some(FrameId(reader.whole()?)),
            "fault" => state.fault = Some(fault_of(reader, step)?),
            _ => return reader.damaged("what is known of a stream"),
        }
        Ok(())
    })?;
    Ok(state)
}

/// A level of blocks. The checkpoint says which card ran last in it: the next one is the one behind that.
fn level(reader: &mut Reader<'_>, flow: &Flow, known: &Known) -> Read<Level> {
    let (mut card, mut trace, mut arm, mut after) = (None, None, None, None);
    let (mut fault, mut cleaned_up_before) = (None, false);
    reader.object(|reader, name| {
        match name {
            "card" => card = Some(known.step(reader.whole()?)?),
            "trace" => trace = Some(reader.whole()?),
            "arm" => arm = Some(Text::from(&*reader.text()?)),
            "fault" => fault = Some(reader.fault()?.0),
            "cleaned_up_before" => cleaned_up_before = reader.boolean()?,
            "after" => after = Some(known.step(reader.whole()?)?),
            _ => return reader.damaged("what is known of a block"),
        }
        Ok(())
    })?;
    let (block, role) = match (card, trace, arm) {
        (None, None, None) => (Flow::BODY, Role::Body),
        (Some(step), Some(trace), Some(arm)) => {
            inside(flow.step(step), (step, trace, &arm), fault, cleaned_up_before)?
        }
        _ => return reader.damaged("the card, the trace and the arm of a block before this"),
    };
    let steps = flow.block(block);
    let next = match after {
        None => 0,
        Some(after) => match steps.iter().position(|step| *step == after) {
            Some(last) => last as u32 + 1,
            None => {
                let id = &flow.step(after).id;
                return Err(Unreadable::Unknown(format!(
                    "card `{id}` in that block of the flow `{}`",
                    flow.path
                )));
            }
        },
    };
    Ok(Level { block, next, role })
}

/// The block of an arm, and why a frame is in it.
fn inside(
    owner: &Step,
    (step, trace, arm): (StepId, usize, &str),
    fault: Option<Fault>,
    cleaned_up_before: bool,
) -> Result<(BlockId, Role), Unreadable> {
    match (&owner.op, arm, fault) {
        (Op::Try { body, .. }, "try", _) => Ok((body.block, Role::Try { step, trace })),
        (Op::Try { catch, .. }, "catch", Some(fault)) => {
            Ok((catch.block, Role::Catch { step, trace, fault, cleaned_up_before }))
        }
        (Op::Branch { arms, contains_return }, ..) => {
            let arm = arm_of(arm, owner)?;
            Ok((arms[arm].1.block, Role::Arm { step, trace, arm, contains_return: *contains_return }))
        }
        _ => Err(no_arm(arm, owner)),
    }
}

/// The number of an arm.
fn arm_of(name: &str, step: &Step) -> Result<usize, Unreadable> {
    let place = match &step.op {
        Op::Branch { arms, .. } => arms.iter().position(|(_, arm)| arm.name == *name),
        Op::Try { .. } => (*name == *"catch").then_some(1),
        _ => None,
    };
    place.ok_or_else(|| no_arm(name, step))
}

fn no_arm(name: &str, step: &Step) -> Unreadable {
    Unreadable::Unknown(format!("`{name}` in the card `{}`", step.id))
}

/// A fault of this step.
fn fault_of(reader: &mut Reader<'_>, step: &Step) -> Read<Fault> {
    let (fault, input) = reader.fault()?;
    let place = input.and_then(|input| inputs(step).position(|name| *name == *input));
    Ok(match place {
        Some(place) => fault.at(InputId(place as u16)),
        None => fault,
    })
}

fn inputs(step: &Step) -> impl Iterator<Item = &str> {
    let declared = step.card.inputs.iter().map(|field| &*field.name);
    declared.chain(step.names.iter().map(|name| &**name))
}

/// The arguments of a step, of those given by name.
fn args(step: &Step, mut given: Vec<(Text, Value)>) -> Vec<Value> {
    let mut take = |name: &str| {
        let given = given.iter_mut().find(|(given, _)| *given == *name);
        given.map(|(_, value)| std::mem::take(value)).unwrap_or_default()
    };
    inputs(step).map(&mut take).collect()
}

fn named(reader: &mut Reader<'_>) -> Read<Vec<(Text, Value)>> {
    let mut members = Vec::new();
    reader.object(|reader, name| {
        members.push((Text::from(name), reader.value()?));
        Ok(())
    })?;
    Ok(members)
}

fn cursor(reader: &mut Reader<'_>) -> Read<Option<Cursor>> {
    let mut cursor = None;
    reader.object(|reader, name| {
        cursor = Some(match name {
            "first" => {
                reader.boolean()?;
                Cursor::First
            }
            "after" => Cursor::After(reader.value()?),
            _ => return reader.damaged("where a page is"),
        });
        Ok(())
    })?;
    Ok(cursor)
}
