//! List cards that ask a helper flow about each item: which stay, which is the one, which comes first.

use std::sync::Arc;

use super::{Control, Moves};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::Value;
use flowrun_derive::{Inputs, Outputs};

/// Keeps the items of a list for which a helper flow says true.
///
/// The helper returns one value, under any name; an item for which it returns nothing is dropped. Under `pass`, `$.item` is
/// the item and `$.index` its place, from 0. If an item fails, no further one starts and the card fails. If a comparison is
/// enough use `list.filter`.
#[derive(Inputs)]
pub struct FilterCustom {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 1)]
    concurrency: f64,
}

/// What is left.
#[derive(Outputs)]
pub struct Filtered {
    /// The items for which the helper said true, in their order.
    #[output(keys_of = "list")]
    list: Vec<Value>,
}

impl Moves for FilterCustom {
    const ID: &str = "list.filter_custom";
    const EXPORTED_AS: &[&str] = &["kernel:list:filter"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.filter_custom
  with: { list: [1, 2, 3, 4], flow: is_even }
  pass: { number: $.item }"# => ok "{ list: [2, 4] }",
        r#"- card: list.filter_custom
  with: { list: [], flow: is_even }
  pass: { number: $.item }"# => ok "{ list: [] }",
        r#"- card: list.filter_custom
  with: { list: [5, 30], flow: tell }
  pass: { value: $.item }"# => err "what the helper flow returned for item 0: expected true/false, found text \"<5>\"",
    };
    type Out = Filtered;
    const CONTROL: Control = Control::FilterCustom;
}

/// Finds the first item of a list for which a helper flow says true.
///
/// The helper returns one value, under any name. Under `pass`, `$.item` is the item and `$.index` its place, from 0. Once an
/// item is found no further one starts; the first in the list counts, also with a `concurrency` above 1. If the helper says
/// true of none, `item` is missing and `index` is -1. If a comparison is enough use `list.find`.
#[derive(Inputs)]
pub struct FindCustom {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 1)]
    concurrency: f64,
}

/// What was found.
#[derive(Outputs)]
pub struct Found {
    /// The first item for which the helper said true.
    #[output(keys_of = "list")]
    item: Value,
    /// Its place in the list, from 0, or -1.
    index: f64,
}

impl Moves for FindCustom {
    const ID: &str = "list.find_custom";
    const EXPORTED_AS: &[&str] = &["kernel:list:find"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.find_custom
  with: { list: [1, 3, 4, 6], flow: is_even }
  pass: { number: $.item }"# => ok "{ item: 4, index: 2 }",
        r#"- card: list.find_custom
  with: { list: [1, 3], flow: is_even }
  pass: { number: $.item }"# => ok "{ item: null, index: -1 }",
        r#"- card: list.find_custom
  with: { list: [2, 3], flow: refuse_odd, concurrency: 2 }
  pass: { number: $.item }"# => err "3 is odd",
    };
    type Out = Found;
    const CONTROL: Control = Control::FindCustom;
}

/// Sorts a list by what a helper flow returns for each item, the smallest first.
///
/// The helper returns one value, under any name; these are compared as `list.sort` compares. Items for which it returns
/// nothing come last, and items with equal values keep their order. Under `pass`, `$.item` is the item and `$.index` its
/// place, from 0. If an item fails, no further one starts and the card fails.
#[derive(Inputs)]
pub struct SortCustom {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many items may be worked on at the same time, 1 to 200.
    #[input(default = 1)]
    concurrency: f64,
}

/// The sorted list.
#[derive(Outputs)]
pub struct Sorted {
    /// The same items, sorted.
    #[output(key = "sorted list", keys_of = "list")]
    list: Vec<Value>,
}

impl Moves for SortCustom {
    const ID: &str = "list.sort_custom";
    const EXPORTED_AS: &[&str] = &["kernel:list:sort"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.sort_custom
  with: { list: [{ rank: 3 }, { rank: 1 }, { rank: 2 }], flow: double }
  pass: { number: $.item.rank }"# => ok "{ list: [{ rank: 1 }, { rank: 2 }, { rank: 3 }] }",
        r#"- card: list.sort_custom
  with: { list: [10, 9], flow: tell }
  pass: { value: $.item }"# => ok "{ list: [10, 9] }",
        r#"- card: list.sort_custom
  with: { list: [2, 3], flow: refuse_odd }
  pass: { number: $.item }"# => err "3 is odd",
    };
    type Out = Sorted;
    const CONTROL: Control = Control::SortCustom;
}
