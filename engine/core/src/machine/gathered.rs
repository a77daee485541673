//! What list cards make of what their helper flows return.

use std::sync::Arc;

use super::carry;
use super::frame::{End, Frame};
use crate::control::DONE;
use crate::fault::{Fault, FaultKind};
use crate::program::{Flow, LoopKind, Op};
use crate::value::{DEEPEST, Depth, FromValue, Mismatch, Record, Text, Value, sort_by_key};
use crate::words;

/// What a list card has gathered so far.
#[derive(Debug)]
pub(super) enum Gathered {
    /// The card wants nothing of its helper.
    Nothing,
    /// For each item what was returned: the new items of Map, the keys of Sort Custom.
    Values { values: Vec<Value>, as_object: bool },
    /// The new members of an object.
    Members(Vec<Option<(Text, Value)>>),
    /// Which items stay.
    Kept(Vec<bool>),
    /// The first item that was said to be the one.
    First(Option<u32>),
    /// The running value of Reduce.
    Memo { memo: Value, as_object: bool, depth: Depth },
    /// The running value of a loop that its helper ends.
    Until { memo: Value, depth: Depth, until: Until, ended: bool, turns: u32 },
}

/// What ends a loop.
#[derive(Clone, Debug)]
pub(super) enum Until {
    /// The helper returns true under this name.
    Says(&'static str),
    /// The value is an object that lacks this key.
    Lacks(Text),
}

impl Gathered {
    /// Nothing yet, of `total` items.
    pub fn new(kind: LoopKind, total: usize, as_object: bool, memo: Value) -> Gathered {
        match kind {
            LoopKind::ForEach | LoopKind::ForEachIgnoreErrors | LoopKind::Repeat => Gathered::Nothing,
            LoopKind::Map | LoopKind::MapToList | LoopKind::SortCustom => {
                Gathered::Values { values: vec![Value::Null; total], as_object }
            }
            LoopKind::MapObject => Gathered::Members(vec![None; total]),
            LoopKind::FilterCustom => Gathered::Kept(vec![false; total]),
            LoopKind::FindCustom => Gathered::First(None),
            LoopKind::Reduce => Gathered::Memo { memo, as_object, depth: Depth::default() },
            LoopKind::RepeatUntil => Gathered::until(memo, Until::Says(DONE)),
            LoopKind::Paginate => Gathered::until(memo, Until::Lacks(Text::default())),
        }
    }

    /// Nothing yet, of a loop that its helper ends.
    pub fn until(memo: Value, until: Until) -> Gathered {
        Gathered::Until { memo, depth: Depth::default(), until, ended: false, turns: 0 }
    }

    /// Why a loop that its helper should have ended is not over, if so.
    pub fn unended(&self, helper: &str) -> Option<Fault> {
        let Gathered::Until { until, ended: false, turns, .. } = self else { return None };
        let turns = words::count(u64::from(*turns));
        let (what, help) = match until {
            Until::Says(name) => (
                "said that it is done".to_owned(),
                format!("let it return `{name}`: true when there is nothing more to do"),
            ),
            Until::Lacks(key) => (
                format!("taken `{key}` away"),
                format!("let it return the object without `{key}` when there is nothing more to do"),
            ),
        };
        let message = format!("after {turns} turns `{helper}` has not {what}");
        Some(Fault::new(FaultKind::InvalidInput, message).help(help))
    }

    /// The running value that the next item gets.
    pub fn memo(&self) -> Value {
        match self {
            Gathered::Memo { memo, .. } | Gathered::Until { memo, .. } => memo.clone(),
            _ => Value::Null,
        }
    }

    /// Puts the running value there.
    pub fn put_memo(&mut self, value: Value) {
        if let Gathered::Memo { memo, .. } | Gathered::Until { memo, .. } = self {
            *memo = value;
        }
    }

    /// Whether the running value is not needed while this helper flow has it.
    pub fn lends(&self, helper: &Flow) -> bool {
        match self {
            Gathered::Memo { .. } => true,
            // One that says nothing but whether it is done leaves the value as it was.
            Gathered::Until { until: Until::Says(name), .. } => {
                helper.outputs.iter().any(|output| *output.name != **name)
            }
            Gathered::Until { .. } => true,
            _ => false,
        }
    }

    /// Whether no further item can change the result.
    pub fn is_settled(&self) -> bool {
        matches!(self, Gathered::First(Some(_)) | Gathered::Until { ended: true, .. })
    }

    /// Takes what a helper flow returned for the item at `index`.
    pub fn take(&mut self, flow: &Flow, child: &mut Frame, index: u32) -> Result<(), Fault> {
        let place = index as usize;
        match self {
            Gathered::Nothing => {}
            Gathered::Values { values, as_object } => values[place] = returned(flow, child, *as_object),
            Gathered::Members(members) => members[place] = member(flow, child, index)?,
            Gathered::Kept(kept) => kept[place] = answer(child, index)?,
            Gathered::First(first) => {
                if answer(child, index)? {
                    // With several items at once a later one may have answered before.
                    *first = Some(first.map_or(index, |first| first.min(index)));
                }
            }
            // Continue If ends the item without a value, so that the running value stays what it was.
            Gathered::Memo { .. } if matches!(child.end, Some(End::Stopped)) => {}
            Gathered::Until { turns, .. } if matches!(child.end, Some(End::Stopped)) => *turns += 1,
            Gathered::Until { memo, depth, until, ended, turns } => {
                *turns += 1;
                (*memo, *ended) = turned(flow, child, until, std::mem::take(memo), index)?;
                if !depth.bears(memo) {
                    return Err(too_deep(index));
                }
            }
            Gathered::Memo { memo, as_object, depth } => {
                *memo = returned(flow, child, *as_object);
                if !depth.bears(memo) {
                    return Err(too_deep(index));
                }
            }
        }
        Ok(())
    }

    /// The card's outputs, in their order; `items` is the card's list.
    pub fn outputs(self, kind: LoopKind, items: &[Value]) -> Result<Vec<Value>, Mismatch> {
        Ok(match self {
            Gathered::Nothing => Vec::new(),
            Gathered::Values { values, .. } if kind == LoopKind::SortCustom => {
                vec![Value::list(sort_by_key(values.into_iter().zip(items.iter().cloned()).collect())?)]
            }
            Gathered::Values { values, .. } => vec![Value::list(values)],
            Gathered::Members(members) => {
                vec![Value::from(members.into_iter().flatten().collect::<Record>())]
            }
            Gathered::Kept(kept) => {
                let kept = items.iter().zip(kept).filter(|(_, kept)| *kept);
                vec![Value::list(kept.map(|(item, _)| item.clone()).collect())]
            }
            Gathered::First(None) => vec![Value::Null, Value::Number(-1.0)],
            Gathered::First(Some(index)) => vec![items[index as usize].clone(), Value::Number(index.into())],
            Gathered::Memo { memo, .. } => vec![memo],
            Gathered::Until { memo, turns, .. } => vec![memo, Value::from(f64::from(turns))],
        })
    }
}

fn too_deep(index: u32) -> Fault {
    let message = format!("after item {index} the value is more than {DEEPEST} levels deep");
    let help = "let the helper flow add to the value with `list.add_to_end` or `object.set` rather than put it into a new one";
    Fault::new(FaultKind::InvalidInput, message).help(help)
}

/// The value, or the object of values, that the helper returned.
fn returned(flow: &Flow, child: &mut Frame, as_object: bool) -> Value {
    if !as_object {
        return child.outputs.first_mut().map(|output| carry::given(flow, output)).unwrap_or_default();
    }
    let last = child.trace.last().map(|trace| trace.step);
    let stopped = matches!(child.end, Some(End::Stopped));
    let outputs = flow.outputs.iter().zip(child.outputs.iter_mut()).enumerate();
    let given = outputs.filter(|(place, _)| match last.map(|last| &flow.step(last).op) {
        Some(Op::ContinueIf { message, .. }) if stopped => *message == Some(*place as u32),
        // Where types are promises, so are the keys.
        Some(Op::Return { places, .. }) if !flow.converts => places.contains(&Some(*place as u32)),
        _ => !stopped,
    });
    let members = given.map(|(_, (output, value))| (output.name.clone(), carry::given(flow, value)));
    Value::from(members.collect::<Record>())
}

/// The value for the next turn, and whether the loop is over.
fn turned(
    flow: &Flow,
    child: &mut Frame,
    until: &Until,
    memo: Value,
    index: u32,
) -> Result<(Value, bool), Fault> {
    let outputs = flow.outputs.iter().map(|output| output.name.clone());
    let outputs = outputs.zip(child.outputs.iter_mut().map(|output| carry::given(flow, output)));
    match until {
        Until::Says(name) => {
            let (said, others): (Vec<_>, Vec<_>) = outputs.partition(|(output, _)| **output == **name);
            let said = said.into_iter().next().map(|(_, said)| said).unwrap_or_default();
            let done = bool::from_value(said).map_err(|mismatch| unfit(index, &mismatch))?;
            let value = match others.len() {
                0 => memo,
                1 => others.into_iter().next().map(|(_, value)| value).unwrap_or_default(),
                _ => Value::from(others.into_iter().collect::<Record>()),
            };
            Ok((value, done))
        }
        Until::Lacks(key) => {
            let all: Vec<_> = outputs.collect();
            let object = match &*all {
                [(_, Value::Object(only))] => only.clone(),
                _ => Arc::new(all.into_iter().collect::<Record>()),
            };
            let over = object.get(key).is_none_or(Value::is_null);
            Ok((Value::Object(object), over))
        }
    }
}

/// The true or false that the helper returned; nothing is false.
fn answer(child: &Frame, index: u32) -> Result<bool, Fault> {
    let answer = child.outputs.first().cloned().unwrap_or_default();
    bool::from_value(answer).map_err(|mismatch| unfit(index, &mismatch))
}

/// The key and the value that the helper returned; none if it returned no key.
fn member(flow: &Flow, child: &Frame, index: u32) -> Result<Option<(Text, Value)>, Fault> {
    let output = |name: &str| {
        let place = flow.outputs.iter().position(|output| output.name == *name);
        place.and_then(|place| child.outputs.get(place)).cloned().unwrap_or_default()
    };
    let key = output("key");
    if key.is_null() || matches!(child.end, Some(End::Stopped)) {
        return Ok(None);
    }
    let key = Text::from_value(key).map_err(|mismatch| unfit(index, &mismatch))?;
    Ok(Some((key, output("value"))))
}

fn unfit(index: u32, mismatch: &Mismatch) -> Fault {
    let message = format!("what the helper flow returned for item {index}: {mismatch}");
    Fault::new(FaultKind::InvalidTypeConversion, message)
}
