//! Hands on what is read for the last time, so that a running value is changed in place rather than copied for each item.
//!
//! What was handed on stays in its slot as far as the report shows it.

use std::sync::Arc;

use super::eval::Reach;
use super::frame::Frame;
use super::record;
use crate::fault::{Fault, InputId};
use crate::path::{Key, follow};
use crate::program::{Arg, Flow, Place, SlotId, Step};
use crate::report::{clip, glimpse};
use crate::value::Value;

/// A value with fewer values inside costs less to copy than to hand on.
const LIGHT: usize = 64;

/// A text shorter than this likewise.
const SHORT: usize = 4_096;

/// Takes a value and leaves what the report shows of it; one that is small is copied.
pub(super) fn take(value: &mut Value) -> Value {
    if !is_heavy(value) {
        return value.clone();
    }
    let shown = glimpse(value);
    std::mem::replace(value, shown)
}

/// What a flow gave: handed on where it carries a running value, else shared with the report.
pub(super) fn given(flow: &Flow, output: &mut Value) -> Value {
    if flow.carries { take(output) } else { output.clone() }
}

/// Whether a value is worth handing on.
pub(super) fn is_heavy(value: &Value) -> bool {
    fn fits(value: &Value, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        match value {
            Value::List(items) => items.len() <= LIGHT && items.iter().all(|item| fits(item, left)),
            Value::Object(members) => {
                members.len() <= LIGHT && members.values().all(|value| fits(value, left))
            }
            Value::Text(text) => text.len() < SHORT,
            _ => true,
        }
    }
    !fits(value, &mut { LIGHT })
}

/// Whether these are one value, not two that are alike.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => Arc::ptr_eq(one, other),
        (Value::Object(one), Value::Object(other)) => Arc::ptr_eq(one, other),
        (Value::Text(one), Value::Text(other)) => one.shares(other),
        _ => false,
    }
}

impl Frame {
    /// Whether a step is given more than its slots will keep for the report.
    fn looks_into_heavy(&self, step: &Step) -> bool {
        self.caller.is_some() && step.looks_into.iter().any(|place| self.at(place).is_some_and(is_heavy))
    }

    /// Keeps for the report what a step is given, where its slots won't.
    fn keep_given(&mut self, step: &Step, values: &[Value]) {
        let given = record::given(step, values.iter().cloned(), &clip);
        let trace = self.trace.len() - 1;
        self.remains(trace).given = Some(given);
    }

    /// Lets go of what nothing reads any more.
    pub(super) fn hand_on(&mut self, last: &[Place]) {
        // Of the flow that was started the report shows more.
        if self.caller.is_none() {
            return;
        }
        for place in last {
            if let Some(value) =
                self.slots.get_mut(place.slot.0 as usize).and_then(|slot| alone(slot, &place.keys))
            {
                drop(take(value));
            }
        }
    }

    /// The input that holds this very value.
    pub(super) fn holds(&self, flow: &Flow, value: &Value) -> Option<SlotId> {
        let inputs = (0..flow.inputs.len()).map(SlotId::input);
        inputs.into_iter().find(|slot| is_same(&self.slots[slot.0 as usize], value))
    }

    fn at(&self, place: &Place) -> Option<&Value> {
        follow(self.slots.get(place.slot.0 as usize)?, &place.keys)
    }
}

/// What lies at the end of a way, if all on the way there belongs to this slot alone.
fn alone<'v>(value: &'v mut Value, keys: &[Key]) -> Option<&'v mut Value> {
    keys.iter().try_fold(value, |value, key| match (key, value) {
        (Key::Name(name), Value::Object(members)) => Arc::get_mut(members)?.get_mut(name),
        (Key::Index(index), Value::List(items)) => {
            let items = Arc::get_mut(items)?;
            let index = if *index < 0 { items.len() as i64 + index } else { *index };
            items.get_mut(usize::try_from(index).ok()?)
        }
        _ => None,
    })
}

/// Reads all arguments of a step and lets go of what it is the last to read.
pub(super) fn gather(step: &Step, frame: &mut Frame, into: &mut Vec<Value>) -> Result<(), Fault> {
    if step.last.is_empty() && step.looks_into.is_empty() {
        return Reach::of(&frame.slots).eval_all(step, into);
    }
    let keeps = frame.looks_into_heavy(step);
    // A template goes on with a text that nobody else has: it is written when its step has let go.
    let mut templates = Vec::new();
    let reach = Reach::of(&frame.slots);
    for (index, arg) in step.args.iter().enumerate() {
        into.push(match arg {
            Arg::Template(template, uses) => {
                let uses = uses.iter().map(|arg| reach.eval(arg)).collect::<Result<Vec<_>, _>>();
                templates.push((index, template, uses.map_err(|fault| at(fault, index))?));
                Value::Null
            }
            arg => reach.eval(arg).map_err(|fault| at(fault, index))?,
        });
    }
    frame.hand_on(&step.last);
    for (index, template, uses) in templates {
        into[index] = template.render(uses).map_err(|fault| at(fault, index))?;
    }
    if keeps {
        frame.keep_given(step, into);
    }
    Ok(())
}

fn at(fault: Fault, index: usize) -> Fault {
    fault.at(InputId(index as u16))
}
