//! Reduce.

use std::sync::Arc;

use super::{Control, Moves};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::{Text, Value};
use flowrun_derive::{Inputs, Outputs};

/// Makes one value of a list, by a helper flow that passes it on from item to item.
///
/// The helper has an input `memo`, which is the value so far; what it returns is the value for the next item. If `memo` is an
/// object, the next value is an object of all that the helper returns, unless that is nothing but a `memo`; else it is the one value that it
/// returns, whatever its name.
/// Under `pass`, `$.item` is the item and `$.index` its place, from 0. Items come one after the other; one that Continue If
/// ends leaves the value as it was, and one that fails makes the card fail. See also
/// `list.map` and `list.collapse`.
#[derive(Inputs)]
pub struct Reduce {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// The value that the first item gets; also the result of an empty list.
    memo: Value,
    /// Whether the value is the one value that the helper returns or an object of all that it returns.
    #[input(default = "auto", choices = ["auto", "value", "object"])]
    result: Text,
}

/// The result.
#[derive(Outputs)]
pub struct Reduced {
    /// The value after the last item.
    item: Value,
}

impl Moves for Reduce {
    const ID: &str = "list.reduce";
    const EXPORTED_AS: &[&str] = &["kernel:list:reduce"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: list.reduce
  with: { list: [1, 2, 3], flow: add_to_memo, memo: 10 }
  pass: { number: $.item }"# => ok "{ item: 16 }",
        r#"- card: list.reduce
  with: { list: [], flow: add_to_memo, memo: 10 }
  pass: { number: $.item }"# => ok "{ item: 10 }",
        r#"- card: list.reduce
  with: { list: [1, 2], flow: add_to_memo, memo: ten }
  pass: { number: $.item }"# => err "input `memo` of the flow `Add to Memo`: expected number, found text",
    };
    type Out = Reduced;
    const CONTROL: Control = Control::Reduce;
}
