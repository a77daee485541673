//! Writes the state of a machine.

use std::collections::BTreeSet;

use super::flows::{self, Written};
use crate::effect::{Act, Cursor, Effect, EffectId};
use crate::fault::Fault;
use crate::machine::Machine;
use crate::machine::frame::{
    Caller, End, Frame, FrameId, Level, Loop, Many, Remains, Role, Stream, Trace, Waiting,
};
use crate::machine::gathered::{Gathered, Until};
use crate::program::{Flow, FlowId, Op, Program, Step, StepId};
use crate::stored::Writer;
use crate::value::Value;

/// Room that a frame inside of a frame takes on the stack.
const STACK: usize = 64 << 10;

/// Writes what a machine is made of.
pub(crate) struct Save<'m> {
    machine: &'m Machine,
    program: &'m Program,
    flows: Written,
}

impl<'m> Save<'m> {
    /// Writes the machine, so that what lies around it can refer to its flows and effects.
    pub fn write(machine: &'m Machine, writer: &mut Writer<'_>) -> Save<'m> {
        let mut met = BTreeSet::new();
        machine
            .frames
            .places()
            .flatten()
            .chain(machine.ended.as_deref())
            .for_each(|frame| meet(frame, &mut met));
        met.extend(machine.warnings.keys().map(|(flow, _)| FlowId(*flow)));
        let flows = Written::write(met.into_iter(), &machine.program, writer);
        let save = Save { machine, program: &machine.program, flows };
        save.rest(writer);
        save
    }

    fn rest(&self, writer: &mut Writer<'_>) {
        let machine = self.machine;
        writer.name("now").number(machine.now_us);
        if machine.cancelled {
            writer.name("cancelled").boolean(true);
        }
        writer.name("counts").object(|writer| {
            writer.name("cards").number(machine.counts.cards);
            writer.name("effects").number(machine.counts.effects);
            writer.name("flows").number(machine.counts.flows);
        });
        writer.name("warnings").list(&machine.warnings, |writer, ((flow, card), warning)| {
            writer.object(|writer| {
                writer.name("flow").number(self.flows.place(FlowId(*flow)));
                if let Some(card) = card {
                    writer.name("card").number(*card);
                }
                writer.name("message").text(&warning.message);
                writer.name("times").number(warning.times);
            });
        });
        writer.name("frames").list(machine.frames.places(), |writer, frame| match frame {
            Some(frame) => self.frame(writer, frame),
            None => _ = writer.raw("null"),
        });
        writer.name("root").number(machine.root.0);
        if let Some(ended) = &machine.ended {
            self.frame(writer.name("ended"), ended);
        }
        writer.name("ready").list(&machine.ready, |writer, frame| writer.number(frame.0));
        writer.name("pending").list(&machine.pending, |writer, (id, (frame, step, purpose))| {
            writer.object(|writer| {
                writer.name("effect").plain(format_args!("{id}"));
                writer.name("frame").number(frame.0);
                writer.name("card").number(step.0);
                writer.name("for").text(purpose.name());
            });
        });
        writer.name("outbox").list(&machine.outbox, |writer, effect| self.effect(writer, effect));
    }

    /// The step that an effect is for.
    fn step_of(&self, id: EffectId) -> Option<&'m Step> {
        let (flow, step) = self.machine.card_of(id)?;
        Some(self.program.flow(flow).step(step))
    }

    /// What was asked for, as far as the card does not say it.
    pub fn effect(&self, writer: &mut Writer<'_>, effect: &Effect) {
        writer.object(|writer| {
            writer.name("effect").plain(format_args!("{}", effect.id));
            match &effect.act {
                Act::WaitUntil(until_us) => writer.name("until").number(*until_us),
                Act::Pause(pause) => writer.name("pause").number(pause.until_us),
                Act::Card(performance) => {
                    if let Some(step) = self.step_of(effect.id) {
                        args(writer.name("args"), step, &performance.args);
                    }
                    if let Some(page) = &performance.page {
                        cursor(writer.name("page"), page);
                    }
                    writer.name("timeout").number(performance.timeout_ms);
                    if performance.cleans_up {
                        writer.name("cleans_up").boolean(true);
                    }
                }
            }
        });
    }

    fn frame(&self, writer: &mut Writer<'_>, frame: &Frame) {
        stacker::maybe_grow(STACK, 16 * STACK, || writer.object(|writer| self.members(writer, frame)));
    }

    fn members(&self, writer: &mut Writer<'_>, frame: &Frame) {
        let flow = self.program.flow(frame.flow);
        writer.name("flow").number(self.flows.place(frame.flow));
        writer.name("id").plain(format_args!("{:016x}", frame.id));
        writer.name("depth").number(frame.depth);
        if let Some(caller) = &frame.caller {
            self.caller(writer.name("caller"), caller);
        }
        let slots = flows::slots(flow).map(|slot| frame.slots.get(slot.0 as usize));
        writer.name("slots").list(slots, |writer, value| writer.value(value.unwrap_or(&Value::Null)));
        writer.name("outputs").list(&frame.outputs, |writer, value| writer.value(value));
        writer.name("stack").list(&frame.stack, |writer, level| level_of(writer, flow, level));
        writer.name("trace").list(&frame.trace, |writer, trace| self.trace(writer, flow, trace));
        let step = frame.trace.last().map(|trace| flow.step(trace.step));
        self.waiting(writer, step, &frame.waiting);
        if frame.beside > 0 {
            writer.name("beside").number(frame.beside);
        }
        if frame.cut {
            writer.name("cut").boolean(true);
        }
        match &frame.end {
            None => {}
            Some(End::Done) => writer.name("done").boolean(true),
            Some(End::Stopped) => writer.name("stopped").boolean(true),
            Some(End::Handled(fault)) => writer.name("handled").fault(fault, None),
            Some(End::Failed(fault)) => writer.name("failed").fault(fault, None),
        }
        if frame.cleans_up {
            writer.name("cleans_up").boolean(true);
        }
        writer.name("started").number(frame.started_us);
        writer.name("ended").number(frame.ended_us);
    }

    fn caller(&self, writer: &mut Writer<'_>, caller: &Caller) {
        writer.object(|writer| {
            writer.name("frame").number(caller.frame.0);
            writer.name("flow").number(self.flows.place(caller.flow));
            writer.name("card").number(caller.step.0);
            if let Some(item) = caller.item {
                writer.name("item").number(item);
            }
            writer.name("depth").number(caller.depth);
            if caller.cleans_up {
                writer.name("cleans_up").boolean(true);
            }
        });
    }

    fn trace(&self, writer: &mut Writer<'_>, flow: &Flow, trace: &Trace) {
        writer.object(|writer| {
            writer.name("card").number(trace.step.0);
            writer.name("level").number(trace.level);
            writer.name("status").text(trace.status.name());
            writer.name("tries").number(trace.tries);
            writer.name("visits").number(trace.visits);
            writer.name("started").number(trace.started_us);
            writer.name("ended").number(trace.ended_us);
            if let Some(remains) = &trace.remains {
                self.remains(writer, flow.step(trace.step), remains);
            }
        });
    }

    fn remains(&self, writer: &mut Writer<'_>, step: &Step, remains: &Remains) {
        if let Some(fault) = &remains.fault {
            fault_at(writer.name("fault"), step, fault);
        }
        if let Some(given) = &remains.given {
            writer.name("given").value(given);
        }
        if let Some(called) = &remains.called {
            self.frame(writer.name("called"), called);
        }
        if let Some(started) = remains.started {
            writer.name("beside").number(started.0);
        }
        if let Some(many) = &remains.many {
            self.many(writer.name("many"), many);
        }
        if let Some(arm) = remains.arm {
            writer.name("arm").text(arm_name(step, arm));
        }
    }

    fn many(&self, writer: &mut Writer<'_>, many: &Many) {
        writer.object(|writer| {
            if let Some(total) = many.total {
                writer.name("total").number(total as u64);
            }
            writer.name("done").number(many.done as u64);
            writer.name("pages").number(many.pages as u64);
            writer.name("first").list(&many.first, |writer, frame| self.frame(writer, frame));
            writer.name("last").list(&many.last, |writer, frame| self.frame(writer, frame));
            writer.name("failed").list(&many.failed, |writer, frame| self.frame(writer, frame));
            writer.name("failures").list(&many.failures, |writer, (index, fault)| {
                writer.object(|writer| {
                    writer.name("item").number(*index);
                    writer.name("fault").fault(fault, None);
                });
            });
            if let Some((index, took)) = many.slowest {
                writer.name("slowest").list([i64::from(index), took], |writer, number| writer.number(number));
            }
        });
    }

    fn waiting(&self, writer: &mut Writer<'_>, step: Option<&Step>, waiting: &Waiting) {
        match waiting {
            Waiting::Nothing => {}
            Waiting::Effect { until_us: None } => writer.name("waits").boolean(true),
            Waiting::Effect { until_us: Some(until_us) } => writer.name("waits_until").number(*until_us),
            Waiting::Call(child) => writer.name("calls").number(child.0),
            Waiting::Handler { child, fault } => writer.name("handles").object(|writer| {
                writer.name("by").number(child.0);
                writer.name("fault").fault(fault, step.and_then(|step| input_of(step, fault)));
            }),
            Waiting::Loop(state) => self.repeats(writer.name("repeats"), step, state),
            Waiting::Stream(state) => self.streams(writer.name("streams"), step, state),
        }
    }

    fn repeats(&self, writer: &mut Writer<'_>, step: Option<&Step>, state: &Loop) {
        writer.object(|writer| {
            if let Some(items) = &state.items {
                writer.name("items").items(items);
            }
            writer.name("total").number(state.total as u64);
            writer.name("next").number(state.next as u64);
            writer.name("concurrency").number(state.concurrency as u64);
            writer.name("open").list(&state.open, |writer, frame| writer.number(frame.0));
            if let (Some(lent), Some(Op::Loop { call, .. })) = (state.lent, step.map(|step| &step.op)) {
                let helper = self.program.flow(call.flow);
                let input =
                    (0..helper.inputs.len()).find(|input| crate::program::SlotId::input(*input) == lent);
                if let Some(input) = input {
                    writer.name("lent").text(&helper.inputs[input].name);
                }
            }
            if let Some(fault) = &state.fault {
                writer.name("fault").fault(fault, step.and_then(|step| input_of(step, fault)));
            }
            gathered(writer, &state.gathered);
        });
    }

    fn streams(&self, writer: &mut Writer<'_>, step: Option<&Step>, state: &Stream) {
        writer.object(|writer| {
            if let Some(step) = step {
                args(writer.name("args"), step, &state.args);
            }
            if let Some(until_us) = state.until_us {
                writer.name("until").number(until_us);
            }
            if let Some(page) = &state.cursor {
                cursor(writer.name("page"), page);
            }
            writer.name("fetching").boolean(state.fetching);
            writer.name("buffer").list(&state.buffer, |writer, record| writer.value(record));
            if let Some(left) = state.left {
                writer.name("left").number(left as u64);
            }
            writer.name("taken").number(state.taken as u64);
            if let Some(FrameId(open)) = state.open {
                writer.name("open").number(open);
            }
            if let Some(fault) = &state.fault {
                writer.name("fault").fault(fault, step.and_then(|step| input_of(step, fault)));
            }
        });
    }
}

/// Notes the flows of a frame and of those inside of it.
fn meet(frame: &Frame, met: &mut BTreeSet<FlowId>) {
    met.insert(frame.flow);
    met.extend(frame.caller.map(|caller| caller.flow));
    for remains in frame.trace.iter().filter_map(|trace| trace.remains.as_deref()) {
        let many =
            remains.many.iter().flat_map(|many| many.first.iter().chain(&many.last).chain(&many.failed));
        for inside in remains.called.iter().chain(many) {
            stacker::maybe_grow(STACK, 16 * STACK, || meet(inside, met));
        }
    }
}

fn level_of(writer: &mut Writer<'_>, flow: &Flow, level: &Level) {
    writer.object(|writer| {
        let arm = |writer: &mut Writer<'_>, step: StepId, trace: usize, arm: &str| {
            writer.name("card").number(step.0);
            writer.name("trace").number(trace as u64);
            writer.name("arm").text(arm);
        };
        match &level.role {
            Role::Body => {}
            Role::Arm { step, trace, arm: index, .. } => {
                arm(writer, *step, *trace, arm_name(flow.step(*step), *index));
            }
            Role::Try { step, trace } => arm(writer, *step, *trace, "try"),
            Role::Catch { step, trace, fault, cleaned_up_before } => {
                arm(writer, *step, *trace, "catch");
                writer.name("fault").fault(fault, None);
                writer.name("cleaned_up_before").boolean(*cleaned_up_before);
            }
        }
        let last = (level.next as usize).checked_sub(1).and_then(|last| flow.block(level.block).get(last));
        if let Some(last) = last {
            writer.name("after").number(last.0);
        }
    });
}

/// The name of an arm; that of If Error with a number is its `catch`.
fn arm_name(step: &Step, arm: usize) -> &str {
    match &step.op {
        Op::Branch { arms, .. } => arms.get(arm).map_or("", |(_, arm)| &*arm.name),
        _ => "catch",
    }
}

fn gathered(writer: &mut Writer<'_>, gathered: &Gathered) {
    let memo_of = |writer: &mut Writer<'_>, memo: &Value, rests: usize| {
        writer.name("memo").value(memo);
        if rests > 0 {
            writer.name("rests").number(rests as u64);
        }
    };
    match gathered {
        Gathered::Nothing => {}
        Gathered::Values { values, as_object } => {
            writer.name("values").list(values, |writer, value| writer.value(value));
            writer.name("as_object").boolean(*as_object);
        }
        Gathered::Members(members) => writer.name("members").list(members, |writer, member| match member {
            None => _ = writer.raw("null"),
            Some((key, value)) => writer.object(|writer| {
                writer.name("key").text(key);
                writer.name("value").value(value);
            }),
        }),
        Gathered::Kept(kept) => writer.name("kept").list(kept, |writer, kept| writer.boolean(*kept)),
        Gathered::First(None) => _ = writer.name("first").raw("null"),
        Gathered::First(Some(first)) => writer.name("first").number(*first),
        Gathered::Memo { memo, as_object, depth } => {
            memo_of(writer, memo, depth.rests());
            writer.name("as_object").boolean(*as_object);
        }
        Gathered::Until { memo, depth, until, ended, turns } => {
            memo_of(writer, memo, depth.rests());
            match until {
                Until::Says(_) => writer.name("says").boolean(true),
                Until::Lacks(key) => writer.name("lacks").text(key),
            }
            writer.name("over").boolean(*ended);
            writer.name("turns").number(*turns);
        }
    }
}

/// What a card was given, by the names of its inputs; what was left blank is left out.
fn args(writer: &mut Writer<'_>, step: &Step, values: &[Value]) {
    let declared = step.card.inputs.iter().map(|field| &*field.name);
    let names = declared.chain(step.names.iter().map(|name| &**name));
    writer.object(|writer| {
        for (name, value) in names.zip(values).filter(|(_, value)| !value.is_null()) {
            writer.key("", name).value(value);
        }
    });
}

fn cursor(writer: &mut Writer<'_>, cursor: &Cursor) {
    writer.object(|writer| match cursor {
        Cursor::First => writer.name("first").boolean(true),
        Cursor::After(value) => writer.name("after").value(value),
    });
}

fn fault_at(writer: &mut Writer<'_>, step: &Step, fault: &Fault) {
    writer.fault(fault, input_of(step, fault));
}

/// The name of the step's input that a fault lies at.
fn input_of<'s>(step: &'s Step, fault: &Fault) -> Option<&'s str> {
    let place = usize::from(fault.input?.0);
    let declared = step.card.inputs.iter().map(|field| &*field.name);
    declared.chain(step.names.iter().map(|name| &**name)).nth(place)
}
