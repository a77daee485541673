//! Flow control.

use super::{Control, Moves, Named};
use crate::card::{Example, FlowName};
use crate::examples;
use crate::value::{Date, Record, Text};
use flowrun_derive::Inputs;

/// Runs a helper flow and waits for it.
///
/// What the helper returns are the card's outputs; what it needs stands under `pass`. If the helper fails, the card fails.
/// Flows may call each other, and themselves, 250 deep.
#[derive(Inputs)]
pub struct CallFlow {
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
}

impl Moves for CallFlow {
    const ID: &str = "flow_control.call_flow";
    const EXPORTED_AS: &[&str] = &["kernel:control:spawn"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.call_flow
  with: { flow: double }
  pass: { number: 21 }"# => ok "{ doubled: 42 }",
        r#"- card: flow_control.call_flow
  with: { flow: refuse_odd }
  pass: { number: 3 }"# => err "3 is odd",
    };
    type Out = Named;
    const CONTROL: Control = Control::CallFlow;
}

/// Starts a helper flow and goes on at once.
///
/// Nothing comes back, and an error of the helper does not reach this flow; the report shows both. Flows that were started
/// run at the same time. The flow that started them ends when they have ended, so that none is left running unseen. If one
/// must be waited for use `flow_control.call_flow`; for many items use `list.for_each` with a `concurrency`.
#[derive(Inputs)]
pub struct CallFlowAsync {
    /// The flow to start: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
}

impl Moves for CallFlowAsync {
    const ID: &str = "flow_control.call_flow_async";
    const EXPORTED_AS: &[&str] = &["kernel:control:run"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.call_flow_async
  with: { flow: double }
  pass: { number: 21 }"# => ok "{}",
        r#"- card: flow_control.call_flow_async
  with: { flow: refuse_odd }
  pass: { number: 3 }"# => ok "{}",
        r#"- card: flow_control.call_flow_async
  with: { flow: double }
  pass: { number: many }"# => err "expected a number for `number`, found text",
    };
    type Out = ();
    const CONTROL: Control = Control::CallFlowAsync;
}

/// Ends the flow and gives its outputs.
///
/// Inside a branch of If/ElseIf or If Error it ends only the branch, and its fields become the outputs of the block.
#[derive(Inputs)]
pub struct Return {
    /// The outputs, by their names.
    #[input(rest)]
    fields: Record,
}

impl Moves for Return {
    const ID: &str = "flow_control.return";
    const EXPORTED_AS: &[&str] = &["kernel:control:return"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.return
  with: { imported: 250, failed: 0 }"# => ok "{ imported: 250, failed: 0 }",
    };
    type Out = ();
    const CONTROL: Control = Control::Return;
}

/// Ends the flow and gives the whole answer to an HTTP request.
///
/// It is for flows that an API endpoint starts. The flow has the outputs `status_code`, `headers` and `body`. Inside a branch
/// of If/ElseIf or If Error it ends only the branch, as `flow_control.return` does.
#[derive(Inputs)]
pub struct ReturnRaw {
    /// The status: 200, or 400 to 599.
    #[input(key = "statusCode", default = 200)]
    pub(crate) status_code: f64,
    /// Headers of the answer, by their names.
    pub(crate) headers: Record,
    /// The body, as text.
    #[input(default = "")]
    pub(crate) body: Text,
}

impl Moves for ReturnRaw {
    const ID: &str = "flow_control.return_raw";
    const EXPORTED_AS: &[&str] = &["kernel:control:returnRaw"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: error_handling.if_error
  try:
    - { card: flow_control.return_raw, with: { status_code: 404, headers: {}, body: none } }
  outputs: { status_code: number, body: text }"# => ok "{ status_code: 404, body: none }",
        r#"- card: flow_control.return_raw
  with: { status_code: 302, headers: { Location: /elsewhere } }"#
            => err "expected the status code 200, or 400 to 599, found 302",
    };
    type Out = ();
    const CONTROL: Control = Control::ReturnRaw;
}

/// Runs a helper flow a number of times.
///
/// The helper finds under `$.run.index` which time it is, from 0; so can `pass`, under `$.index`. A count of 0 or less runs nothing, a fraction is
/// cut off. If one time fails, no further one starts and the card fails; the others that run at that moment end first.
#[derive(Inputs)]
pub struct Repeat {
    /// How many times.
    pub(crate) count: f64,
    /// The flow to run: the name of its file, or the flow itself.
    #[input(key = "flo")]
    flow: FlowName,
    /// How many may run at the same time, 1 to 200.
    #[input(default = 1)]
    pub(crate) concurrency: f64,
}

impl Moves for Repeat {
    const ID: &str = "flow_control.repeat";
    const EXPORTED_AS: &[&str] = &["kernel:control:times"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.repeat
  with: { count: 3, flow: double }
  pass: { number: $.index }"# => ok "{}",
        r#"- card: flow_control.repeat
  with: { count: 3, flow: refuse_odd }
  pass: { number: $.index }"# => err "1 is odd",
    };
    type Out = ();
    const CONTROL: Control = Control::Repeat;
}

/// Waits for a while before the flow goes on.
///
/// On the simulators the time is simulated too, so that waiting takes none.
#[derive(Inputs)]
pub struct WaitFor {
    /// How long, in `unit`.
    pub(crate) delay: f64,
    /// The unit of `delay`.
    #[input(default = "second", choices = ["second", "minute", "hour", "day"])]
    pub(crate) unit: Text,
}

impl Moves for WaitFor {
    const ID: &str = "flow_control.wait_for";
    const EXPORTED_AS: &[&str] = &["kernel:control:wait"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: flow_control.wait_for
  with: { delay: 330, unit: second }"# => ok "{}",
        r#"- card: flow_control.wait_for
  with: { delay: 31, unit: day }"# => err "30 days",
    };
    type Out = ();
    const CONTROL: Control = Control::WaitFor;
}

/// Waits until a date & time before the flow goes on.
///
/// It waits for a second at least, and a date that has passed takes no longer; more than 30 days are an error. On the
/// simulators the time is simulated too, so that waiting takes none. See also `flow_control.wait_for` and `date_time.add`.
#[derive(Inputs)]
pub struct WaitUntil {
    /// Until when.
    pub(crate) date: Date,
}

impl Moves for WaitUntil {
    const ID: &str = "flow_control.wait_until";
    const EXPORTED_AS: &[&str] = &["kernel:control:until"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- id: now
  card: date_time.now
- id: later
  card: date_time.add
  with: { start_date: $.now.date, add: 2, units: hours }
- card: flow_control.wait_until
  with: { date: $.later.date }"# => ok "{}",
        r#"- card: flow_control.wait_until
  with: { date: 2016-09-01 }"# => ok "{}",
        r#"- card: flow_control.wait_until
  with: { date: 2016-12-24 }"# => err "a wait may take up to 30 days, and 2016-12-24T00:00:00.000Z is further away",
    };
    type Out = ();
    const CONTROL: Control = Control::WaitUntil;
}
