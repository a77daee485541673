//! Object cards that run a helper flow for each member.

use std::sync::Arc;

use super::{Control, Moves};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::{Record, Text, Value};
use flowrun_derive::{Inputs, Outputs};

/// Makes a new object of what a helper flow returns for each member of an object.
///
/// Under `pass`, `$.item.key` is the member's key, `$.item.value` its value and `$.index` its place, from 0. The helper returns
/// `key` and `value`, a member of the new object. A member for which it returns no key, as after Continue If, is left out; of members
/// with the same key the later value counts. If one fails, no further one starts and the card fails. See also `object.map_to_list`.
#[derive(Inputs)]
pub struct MapObject {
    /// The object.
    object: Arc<Record>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many members may be worked on at the same time, 1 to 200.
    #[input(default = 5)]
    concurrency: f64,
}

/// The new object.
#[derive(Outputs)]
pub struct Mapped {
    /// The members that the helper returned.
    #[output(key = "output")]
    object: Record,
}

impl Moves for MapObject {
    const ID: &str = "object.map";
    const EXPORTED_AS: &[&str] = &["kernel:object:process"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: object.map
  with: { object: { a: 1, b: 2 }, flow: double_member }
  pass: { key: $.item.key, number: $.item.value }"# => ok "{ object: { double a: 2, double b: 4 } }",
        r#"- card: object.map
  with: { object: {}, flow: double_member }
  pass: { key: $.item.key, number: $.item.value }"# => ok "{ object: {} }",
        r#"- card: object.map
  with: { object: { a: 1, skip: 2 }, flow: double_member }
  pass: { key: $.item.key, number: $.item.value }"# => ok "{ object: { double a: 2 } }",
        r#"- card: object.map
  with: { object: { a: one }, flow: double_member }
  pass: { key: $.item.key, number: $.item.value }"# => err "expected number, found text",
    };
    type Out = Mapped;
    const CONTROL: Control = Control::MapObject;
}

/// Makes a list of what a helper flow returns for each member of an object.
///
/// Under `pass`, `$.item.key` is the member's key, `$.item.value` its value and `$.index` its place, from 0. The list has an item
/// for each member, in their order, made as `list.map` makes them. See also `object.map`.
#[derive(Inputs)]
pub struct MapToList {
    /// The object.
    object: Arc<Record>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many members may be worked on at the same time, 1 to 200.
    #[input(default = 5)]
    concurrency: f64,
    /// Whether an item is the value that the helper returns or an object of all that it returns.
    #[input(default = "auto", choices = ["auto", "value", "object"])]
    items: Text,
}

/// The list.
#[derive(Outputs)]
pub struct Listed {
    /// One item for each member.
    #[output(key = "new list", keys_of = helper)]
    list: Vec<Value>,
}

impl Moves for MapToList {
    const ID: &str = "object.map_to_list";
    const EXPORTED_AS: &[&str] = &["kernel:object:map"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: object.map_to_list
  with: { object: { a: 1, b: 2 }, flow: tell }
  pass: { value: "{{ item.key }} is {{ item.value }}" }"# => ok "{ list: [<a is 1>, <b is 2>] }",
        r#"- card: object.map_to_list
  with: { object: {}, flow: double }
  pass: { number: $.item.value }"# => ok "{ list: [] }",
        r#"- card: object.map_to_list
  with: { object: { a: 2, b: 3 }, flow: refuse_odd }
  pass: { number: $.item.value }"# => err "3 is odd",
    };
    type Out = Listed;
    const CONTROL: Control = Control::MapToList;
}
