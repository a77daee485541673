//! Error handling.

use super::{Control, Moves, Named};
use crate::card::Example;
use crate::examples;
use crate::value::{Operator, Record, Text, Value};
use flowrun_derive::Inputs;

/// Tries some cards, and runs others if one of them fails.
///
/// The cards of `try` run first. If one fails, the rest of them is left out and `catch` runs; there `$.error` has the
/// `message`, the `code` (an HTTP status, or 500), the `body` that a vendor answered, the `method` (the failing card), the `flow` and
/// the `execution`. Afterwards the flow goes on behind the block. Return in either leaves only the block, and gives its outputs.
/// An error inside `catch` goes outward. When a run is cancelled, `catch` runs too, so that it can clean up.
#[derive(Inputs)]
pub struct IfError {}

impl Moves for IfError {
    const ID: &str = "error_handling.if_error";
    const EXPORTED_AS: &[&str] = &["kernel:control:tryCatch"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: error_handling.if_error
  try:
    - { card: list.at, with: { list: [1, 2], index: 9 } }
  catch: []
  outputs: { told: { try: fine, catch: $.error.message } }"# => ok "{ told: 'Array index out of bounds: index 9 of a list of 2' }",
        r#"- card: error_handling.if_error
  try:
    - { card: flow_control.return, with: { result: fine } }
  catch:
    - { card: flow_control.return, with: { result: failed } }
  outputs: { result: text }"# => ok "{ result: fine }",
    };
    type Out = Named;
    const CONTROL: Control = Control::IfError;
}

/// Ends the flow with an error.
///
/// A caller's card fails with it; a `try` around it catches it, and finds fields of your own under `$.error.body`. See also
/// `error_handling.return_error_if`.
#[derive(Inputs)]
pub struct ReturnError {
    /// What went wrong.
    pub(crate) message: Text,
    /// A code for it, as HTTP uses them.
    #[input(default = 500, key = "statusCode")]
    pub(crate) status_code: f64,
    /// What else is to be known of the error.
    #[input(rest)]
    pub(crate) more: Record,
}

impl Moves for ReturnError {
    const ID: &str = "error_handling.return_error";
    const EXPORTED_AS: &[&str] = &["kernel:control:throw"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: error_handling.return_error
  with: { message: no such employee, status_code: 404 }"# => err "no such employee",
        r#"- card: error_handling.if_error
  try:
    - { card: error_handling.return_error, with: { message: gone, login: jane } }
  catch: []
  outputs: { who: { try: nobody, catch: $.error.body.login } }"# => ok "{ who: jane }",
    };
    type Out = ();
    const CONTROL: Control = Control::ReturnError;
}

/// Ends the flow with an error if a comparison holds.
///
/// If it does not hold, the flow goes on. The error may have fields of your own, as that of `error_handling.return_error`. See also `branching.continue_if`, which ends it without an error.
#[derive(Inputs)]
pub struct ReturnErrorIf {
    /// The value that is compared.
    #[input(key = "left-operand")]
    pub(crate) value_a: Value,
    /// How the values are compared.
    #[input(default = "==", choices = Operator::NAMES)]
    pub(crate) operator: Operator,
    /// The value that it is compared with; converted to the type of `value_a`.
    #[input(key = "right-operand")]
    pub(crate) value_b: Value,
    /// What went wrong.
    #[input(default = "")]
    pub(crate) message: Text,
    /// A code for it, as HTTP uses them.
    #[input(default = 500, key = "statusCode")]
    pub(crate) status_code: f64,
    /// What else is to be known of the error.
    #[input(rest)]
    pub(crate) more: Record,
}

impl Moves for ReturnErrorIf {
    const ID: &str = "error_handling.return_error_if";
    const EXPORTED_AS: &[&str] = &["kernel:control:throwIf"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: error_handling.return_error_if
  with: { value_a: 35, operator: ">", value_b: 20, message: "35 % is more than 20 %", status_code: 409 }"#
            => err "35 % is more than 20 %",
        r#"- card: error_handling.return_error_if
  with: { value_a: 5, operator: ">", value_b: 20, message: never }"# => ok "{}",
    };
    type Out = ();
    const CONTROL: Control = Control::ReturnErrorIf;
}
