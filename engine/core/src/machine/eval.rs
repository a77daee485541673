//! Evaluates arguments in a frame.

use crate::chance::{STEP, spread};
use crate::fault::{Fault, InputId};
use crate::path::follow;
use crate::program::{Arg, SlotId, Step};
use crate::value::{Record, Value};

/// Where arguments find their values: a frame's slots and, in a list card, the item it is at.
#[derive(Clone, Copy)]
pub(super) struct Reach<'a> {
    pub slots: &'a [Value],
    pub item: Option<Item<'a>>,
}

/// What a list card is at.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub value: &'a Value,
    pub index: u32,
    /// The running value of Reduce.
    pub memo: &'a Value,
}

impl<'a> Reach<'a> {
    pub fn of(slots: &'a [Value]) -> Reach<'a> {
        Reach { slots, item: None }
    }

    #[inline]
    fn slot(&self, slot: SlotId) -> Value {
        if let Some(value) = self.slots.get(slot.0 as usize) {
            return value.clone();
        }
        match (slot, self.item) {
            (SlotId::ITEM, Some(item)) => item.value.clone(),
            (SlotId::INDEX, Some(item)) => Value::Number(item.index.into()),
            (SlotId::MEMO, Some(item)) => item.memo.clone(),
            _ => Value::Null,
        }
    }

    /// What an argument comes to.
    pub fn eval(&self, arg: &Arg) -> Result<Value, Fault> {
        Ok(match arg {
            Arg::Const(value) => value.clone(),
            Arg::Slot(slot) => self.slot(*slot),
            Arg::At(slot, keys) => self.with(*slot, |value| follow(value, keys).cloned().unwrap_or_default()),
            Arg::Query(slot, keys, query) => self.with(*slot, |value| {
                Value::list(follow(value, keys).map(|value| query.run(value)).unwrap_or_default())
            }),
            Arg::Template(template, uses) => {
                let values = uses.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
                return template.render(values);
            }
            Arg::List(items) => {
                Value::list(items.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?)
            }
            Arg::Object(members) => {
                let members = members.iter().map(|(key, arg)| Ok((key.clone(), self.eval(arg)?)));
                Value::from(members.collect::<Result<Record, Fault>>()?)
            }
        })
    }

    fn with(&self, slot: SlotId, read: impl FnOnce(&Value) -> Value) -> Value {
        match (slot, self.item) {
            (SlotId::ITEM, Some(item)) => read(item.value),
            (SlotId::MEMO, Some(item)) => read(item.memo),
            (slot, _) => self.slots.get(slot.0 as usize).map_or(Value::Null, read),
        }
    }

    /// Appends all arguments of a step to `into`; a fault names the input.
    pub fn eval_all(&self, step: &Step, into: &mut Vec<Value>) -> Result<(), Fault> {
        for (index, arg) in step.args.iter().enumerate() {
            into.push(match arg {
                // Most arguments are these two, and they can't fail.
                Arg::Const(value) => value.clone(),
                Arg::Slot(slot) => self.slot(*slot),
                arg => self.eval(arg).map_err(|fault| fault.at(InputId(index as u16)))?,
            });
        }
        Ok(())
    }
}

/// A number that stands for a pair; neighbours land far apart.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    spread(a.rotate_left(25) ^ b.wrapping_add(STEP).wrapping_mul(0xbf58_476d_1ce4_e5b9))
}
