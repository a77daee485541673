//! List cards that run a helper flow for each item.

use std::sync::Arc;

use super::{Control, Moves};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::{Text, Value};
use flowrun_derive::{Inputs, Outputs};

/// Runs a helper flow for each item of a list; stops at the first that fails.
///
/// Under `pass`, `$.item` is the item and `$.index` its place, from 0. If an item fails, no further one starts and the card fails;
/// the others that run at that moment end first. See also `list.for_each_ignore_errors` and `list.map`.
#[derive(Inputs)]
pub struct ForEach {
    /// The items.
    pub(crate) list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 1)]
    pub(crate) concurrency: f64,
}

impl Moves for ForEach {
    const ID: &str = "list.for_each";
    const EXPORTED_AS: &[&str] = &["kernel:list:each"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.for_each
  with: { list: [2, 4], flow: refuse_odd }
  pass: { number: $.item }"# => ok "{}",
        r#"- card: list.for_each
  with: { list: [2, 3, 4], flow: refuse_odd }
  pass: { number: $.item }"# => err "3 is odd",
    };
    type Out = ();
    const CONTROL: Control = Control::ForEach;
}

/// Runs a helper flow for each item of a list, past those that fail.
///
/// As `list.for_each`, but an item that fails is only counted; the report keeps the error of each.
#[derive(Inputs)]
pub struct ForEachIgnoreErrors {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 1)]
    concurrency: f64,
}

/// What comes of the items.
#[derive(Outputs)]
pub struct Counted {
    /// How many items failed. Okta's card has no such output.
    pub(crate) failed: f64,
}

impl Moves for ForEachIgnoreErrors {
    const ID: &str = "list.for_each_ignore_errors";
    const TITLE: Option<&str> = Some("For Each - Ignore Errors");
    const EXPORTED_AS: &[&str] = &["kernel:list:asyncEach"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.for_each_ignore_errors
  with: { list: [2, 3, 4, 5], flow: refuse_odd }
  pass: { number: $.item }"# => ok "{ failed: 2 }",
        r#"- card: list.for_each_ignore_errors
  with: { list: [], flow: refuse_odd }
  pass: { number: $.item }"# => ok "{ failed: 0 }",
    };
    type Out = Counted;
    const CONTROL: Control = Control::ForEachIgnoreErrors;
}

/// Makes a new list of what a helper flow returns for each item.
///
/// The new list has as many items as the old one, in its order. If the helper returns one field, its value is the new item;
/// if it returns several, the new item is an object of them. An item for which nothing is returned is null, or {} for objects.
/// If an item fails, no further one starts and the card fails.
#[derive(Inputs)]
pub struct Map {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 5)]
    concurrency: f64,
    /// Whether a new item is the value that the helper returns or an object of all that it returns.
    #[input(default = "auto", choices = ["auto", "value", "object"])]
    pub(crate) items: Text,
}

/// The new list.
#[derive(Outputs)]
pub struct Mapped {
    /// One item for each of the old list.
    #[output(key = "new list", keys_of = helper)]
    pub(crate) list: Arc<Vec<Value>>,
}

impl Moves for Map {
    const ID: &str = "list.map";
    const EXPORTED_AS: &[&str] = &["kernel:list:map"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.map
  with: { list: [1, 2, 3], flow: double }
  pass: { number: $.item }"# => ok "{ list: [2, 4, 6] }",
        r#"- card: list.map
  with: { list: [1, 2], flow: double, items: object }
  pass: { number: $.item }"# => ok "{ list: [{ doubled: 2 }, { doubled: 4 }] }",
        r#"- card: list.map
  with: { list: [2, 3], flow: refuse_odd }
  pass: { number: $.item }"# => err "3 is odd",
    };
    type Out = Mapped;
    const CONTROL: Control = Control::Map;
}
