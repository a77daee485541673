//! What nothing reads any more: in the helper flows of Reduce and its kin, so that the running value can be changed in place.
//!
//! A value that two places hold is copied by the card that changes it. A list to which a helper flow adds would be copied for each
//! item, were it still held by the helper's input when the card gets it. So a flow that carries a running value hands on what it
//! reads for the last time. Each step of a flow runs once, which makes "the last time" plain: what no later step reads, nor any
//! that may run because this one failed.

use std::collections::BTreeMap;

use crate::path::Key;
use crate::program::{Arg, Arm, BlockId, Call, Flow, LoopKind, OnError, Op, Place, SlotId, Step};

/// Marks the last reads of all flows that carry a running value.
pub(super) fn mark(flows: &mut [Flow]) {
    let mut carrying: Vec<usize> =
        flows.iter().flat_map(|flow| &flow.steps).filter_map(carried_into).collect();
    while let Some(flow) = carrying.pop() {
        if !std::mem::replace(&mut flows[flow].carries, true) {
            carrying.extend(flows[flow].calls.iter().map(|called| called.0 as usize));
        }
    }
    for flow in flows.iter_mut().filter(|flow| flow.carries) {
        let last = Walk::new(flow).marks();
        put(flow, last);
    }
}

/// The helper flow that gets a running value from this step.
fn carried_into(step: &Step) -> Option<usize> {
    match &step.op {
        Op::Loop { kind: LoopKind::Reduce | LoopKind::RepeatUntil | LoopKind::Paginate, call } => {
            Some(call.flow.0 as usize)
        }
        _ => None,
    }
}

/// What is read for the last time: by each step, and by what each arm of a step gives.
#[derive(Default)]
struct Marks {
    steps: BTreeMap<usize, Vec<Place>>,
    arms: BTreeMap<(usize, usize), Vec<Place>>,
}

fn put(flow: &mut Flow, marks: Marks) {
    let handed_on: Vec<Place> = marks.steps.values().chain(marks.arms.values()).flatten().cloned().collect();
    for step in &mut flow.steps {
        let looks_into = handed_on.iter().filter(|place| step.args.iter().any(|arg| looks_into(arg, place)));
        step.looks_into = looks_into.cloned().collect();
    }
    for (step, last) in marks.steps {
        flow.steps[step].last = last.into();
    }
    for ((step, arm), last) in marks.arms {
        let arm = match &mut flow.steps[step].op {
            Op::Branch { arms, .. } => &mut arms[arm].1,
            Op::Try { body, .. } if arm == 0 => body,
            Op::Try { catch, .. } => catch,
            _ => continue,
        };
        arm.last = last.into();
    }
}

/// Whether an argument depends on more of what lies at a place than its outline.
fn looks_into(arg: &Arg, place: &Place) -> bool {
    let touches = |arg: &Arg| {
        let mut touches = false;
        arg.places(&mut |slot, keys| touches |= slot == place.slot && overlap(keys, &place.keys));
        touches
    };
    match arg {
        Arg::Const(_) | Arg::Slot(_) => false,
        Arg::At(_, keys) => keys.len() > place.keys.len() && touches(arg),
        Arg::Query(..) | Arg::Template(..) => touches(arg),
        Arg::List(items) => items.iter().any(|item| looks_into(item, place)),
        Arg::Object(members) => members.iter().any(|(_, member)| looks_into(member, place)),
    }
}

/// Whether one of two ways leads through the end of the other; places counted from the end of a list may be any.
fn overlap(one: &[Key], other: &[Key]) -> bool {
    one.iter().zip(other).all(|(one, other)| match (one, other) {
        (Key::Name(one), Key::Name(other)) => one == other,
        _ => true,
    })
}

/// The places that something later reads.
#[derive(Clone, Default)]
struct Live(BTreeMap<SlotId, Vec<Box<[Key]>>>);

impl Live {
    fn reads(&mut self, slot: SlotId, keys: &[Key]) {
        let known = self.0.entry(slot).or_default();
        if !known.iter().any(|known| **known == *keys) {
            known.push(keys.into());
        }
    }

    fn all<'a>(&mut self, args: impl IntoIterator<Item = &'a Arg>) {
        args.into_iter().for_each(|arg| arg.places(&mut |slot, keys| self.reads(slot, keys)));
    }

    fn also(&mut self, other: Live) {
        for (slot, ways) in other.0 {
            ways.iter().for_each(|keys| self.reads(slot, keys));
        }
    }

    fn has(&self, slot: SlotId, keys: &[Key]) -> bool {
        self.0.get(&slot).is_some_and(|ways| ways.iter().any(|way| overlap(way, keys)))
    }
}

/// Goes through a flow from its end to its start.
struct Walk<'f> {
    flow: &'f Flow,
    marks: Marks,
}

impl<'f> Walk<'f> {
    fn new(flow: &'f Flow) -> Walk<'f> {
        Walk { flow, marks: Marks::default() }
    }

    fn marks(mut self) -> Marks {
        self.block(Flow::BODY, Live::default());
        self.marks
    }

    /// What is read from the start of a block on, given what is read after it.
    fn block(&mut self, block: BlockId, mut live: Live) -> Live {
        for id in self.flow.block(block).iter().rev() {
            let (index, step) = (id.0 as usize, self.flow.step(*id));
            // Whatever its policy reads is read after it.
            match &step.policy.on_error {
                OnError::Stop => {}
                OnError::Return(values) => live.all(values.iter().map(|(_, arg)| arg)),
                OnError::Call(call) => live.all(&call.pass),
            }
            live = self.step(index, step, live);
        }
        live
    }

    fn step(&mut self, index: usize, step: &'f Step, mut live: Live) -> Live {
        let mut read: Vec<&Arg> = step.args.iter().collect();
        match &step.op {
            Op::Branch { arms, .. } => {
                // None of them may be chosen.
                let mut before = live.clone();
                for (place, (condition, arm)) in arms.iter().enumerate() {
                    before.all(
                        condition
                            .iter()
                            .flat_map(|condition| [&condition.a, &condition.operator, &condition.b]),
                    );
                    before.also(self.arm((index, place), arm, live.clone()));
                }
                before.all(read);
                return before;
            }
            Op::Try { body, catch, .. } => {
                let caught = self.arm((index, 1), catch, live.clone());
                // Any step of the body may be the one that fails.
                live.also(caught);
                return self.arm((index, 0), body, live);
            }
            // Reduce gives the running value to the next item as it was, so this flow must still have it.
            Op::ContinueIf { leaves_arm: false, .. } => {
                (0..self.flow.inputs.len()).for_each(|input| live.reads(SlotId::input(input), &[]));
            }
            Op::Call(Call { pass, .. }) | Op::Start(Call { pass, .. }) => read.extend(pass),
            // Each item, each record reads them again.
            Op::Loop { call, .. } | Op::Effect { stream: Some(call), .. } => live.all(&call.pass),
            _ => {}
        }
        if step.policy.retry.is_none() {
            let last = self.last(&read, &live);
            self.marks.steps.insert(index, last);
        }
        live.all(read);
        live
    }

    fn arm(&mut self, place: (usize, usize), arm: &'f Arm, mut live: Live) -> Live {
        let last = self.last(&arm.join.iter().collect::<Vec<_>>(), &live);
        self.marks.arms.insert(place, last);
        live.all(&arm.join);
        self.block(arm.block, live)
    }

    /// What is read here and not after it; of places inside of each other the outermost.
    fn last(&self, read: &[&Arg], live: &Live) -> Vec<Place> {
        let mut last: Vec<Place> = Vec::new();
        let values = SlotId::FIRST_INPUT..SlotId(self.flow.slots);
        for arg in read {
            arg.places(&mut |slot, keys| {
                if !values.contains(&slot)
                    || live.has(slot, keys)
                    || last.iter().any(|place| place.slot == slot && keys.starts_with(&place.keys))
                {
                    return;
                }
                last.retain(|place| place.slot != slot || !place.keys.starts_with(keys));
                last.push(Place { slot, keys: keys.into() });
            });
        }
        last
    }
}
