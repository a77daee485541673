//! Loops that end when their helper flow says so.

use std::sync::Arc;

use super::{Control, Moves};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::{Record, Text, Value};
use flowrun_derive::{Inputs, Outputs};

/// The output by which the helper flow of Repeat Until ends the loop.
pub(crate) const DONE: &str = "done";

/// Runs a helper flow again and again, until it says that it is done.
///
/// The helper has an input `memo`, which is the value so far, and an output `done`: true ends the loop. What it returns besides is
/// the value for the next turn: of one output the value, whatever its name; of several an object of them; of none the value
/// stays as it was. It runs once at least. Under `pass`, `$.index` is the number of the turn, from 0. A turn that Continue If ends is
/// not done and leaves the value as it was; one that fails makes the card fail. So one asks an API for page after page, or looks
/// again (with a Wait For in the helper) until a job has ended. For Okta's own card of this kind see `flow_control.paginate`.
#[derive(Inputs)]
pub struct RepeatUntil {
    /// The value that the first turn gets.
    memo: Value,
    /// The flow to run: the name of its file, or the flow itself.
    flow: FlowName,
    /// How many turns there may be, 1 to 1,000,000; that they were not enough is an error.
    #[input(default = 5000)]
    most: f64,
}

/// What came of it.
#[derive(Outputs)]
pub struct Ended {
    /// The value after the last turn.
    item: Value,
    /// How many turns there were.
    turns: f64,
}

impl Moves for RepeatUntil {
    const ID: &str = "flow_control.repeat_until";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.repeat_until
  with: { memo: 3, flow: double_to_hundred }"# => ok "{ item: 192, turns: 6 }",
        r#"- card: flow_control.repeat_until
  with: { memo: 3, flow: double_to_hundred, most: 2 }"# => err "after 2 turns `Double to Hundred` has not said that it is done",
    };
    type Out = Ended;
    const CONTROL: Control = Control::RepeatUntil;
}

/// Runs a helper flow again and again, on an object from which it takes away a key at last.
///
/// Each key of the object goes to the helper's input of its name. What the helper returns is the object for the next turn: its one
/// output, if that is an object, else an object of all its outputs. The loop ends when the key named by `path` is not in it
/// any more, or nothing; it runs once at least, and at most 5,000 times. Okta has it in its Connector Builder, for the pages of an
/// API; `flow_control.repeat_until` is simpler.
#[derive(Inputs)]
pub struct Paginate {
    /// What the first turn gets: whatever it takes to go on, such as an offset and a list of what was found, and the key that
    /// `path` names, set to false.
    object: Arc<Record>,
    /// The flow to run: the name of its file, or the flow itself.
    flow: FlowName,
    /// The key that keeps the loop going.
    #[input(default = "break")]
    path: Text,
}

/// What came of it.
#[derive(Outputs)]
pub struct Paginated {
    /// The object after the last turn.
    output: Value,
}

impl Moves for Paginate {
    const ID: &str = "flow_control.paginate";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.paginate
  with: { object: { page_index: 0, max_page_index: 10, break: false }, flow: next_page }"#
            => ok "{ output: { page_index: 10, max_page_index: 10, break: null } }",
        r#"- card: flow_control.paginate
  with: { object: { page_index: 0, max_page_index: 10, break: false }, flow: next_page, path: max_page_index }"#
            => err "after 5,000 turns `Next Page` has not taken `max_page_index` away",
    };
    type Out = Paginated;
    const CONTROL: Control = Control::Paginate;
}
