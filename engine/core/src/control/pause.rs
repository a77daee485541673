//! Pause and Pause Raw: a run that waits for somebody's answer.

use super::{Control, Moves};
use crate::card::Example;
use crate::examples;
use crate::value::{Record, Text};
use flowrun_derive::{Inputs, Outputs};

/// Waits for somebody to answer before the flow goes on.
///
/// Its fields are for whoever is to answer. What the answer gives are its outputs: name them, with their types, under `outputs`;
/// what an answer leaves out is nothing, and one that gives something else is refused. Who answers names the run by its
/// `$.run.execution_id`. After 30 days without an answer the card fails; `timeout` makes that shorter. In the examples the answer was
/// what comes out.
#[derive(Inputs)]
pub struct Pause {
    /// What whoever is to answer is told, by names of the author's.
    #[input(rest)]
    pub(crate) fields: Record,
}

impl Moves for Pause {
    const ID: &str = "flow_control.pause";
    const EXPORTED_AS: &[&str] = &["kernel:control:pause"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.pause
  with: { question: "May 12 people be deactivated?" }
  outputs: { approved: true/false, at_most: number }"# => ok "{ approved: true, at_most: 10 }",
        r#"- card: flow_control.pause
  outputs: { comment: text }"# => ok r#"{ comment: "" }"#,
    };
    type Out = Answered;
    const CONTROL: Control = Control::Pause;
}

/// What the author wants to hear.
#[derive(Outputs)]
pub struct Answered {
    /// What the answer gives, by names of the author's.
    #[output(rest)]
    fields: Record,
}

/// Waits for an HTTP request before the flow goes on, and gives a whole answer to the one that started it.
///
/// The request that resumes the flow is its output. After 30 days without one the card fails; `timeout` makes that shorter. See
/// also `flow_control.pause`.
#[derive(Inputs)]
pub struct PauseRaw {
    /// The status: 200, or 400 to 599.
    #[input(key = "statusCode", default = 200)]
    pub(crate) status_code: f64,
    /// Headers of the answer, by their names.
    pub(crate) headers: Option<Record>,
    /// The body, as text.
    #[input(default = "")]
    pub(crate) body: Text,
}

impl Moves for PauseRaw {
    const ID: &str = "flow_control.pause_raw";
    const EXPORTED_AS: &[&str] = &["kernel:control:pauseRaw"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.pause_raw
  with: { body: "May 12 people be deactivated?" }"# => ok r#"{ headers: { accept: text/plain }, body: "yes" }"#,
        r#"- card: flow_control.pause_raw
  with: { status_code: 302 }"# => err "expected the status code 200, or 400 to 599, found 302",
    };
    type Out = Resumed;
    const CONTROL: Control = Control::PauseRaw;
}

/// The request that resumed the flow.
#[derive(Outputs)]
pub struct Resumed {
    /// Its headers, by their names.
    #[output(key = "Headers")]
    headers: Record,
    /// Its body, as text.
    #[output(key = "Body")]
    body: Text,
}
