//! Branching.

use super::{Control, Moves, Named};
use crate::card::Example;
use crate::examples;
use crate::value::{Operator, Value};
use flowrun_derive::Inputs;

/// Compares two values and runs one of two branches.
///
/// The cards of `then` run if the comparison holds, those of `else` if not; either may be left out. Cards after the
/// block can't read what lies in a branch, for it may not have run: name under `outputs` what each branch gives, and
/// read that. Return in a branch ends the whole flow. See also `branching.if_elseif` and `flow_control.assign_if`.
#[derive(Inputs)]
pub struct IfElse {
    /// The value that is compared.
    #[input(key = "left-operand")]
    value_a: Value,
    /// How the values are compared.
    #[input(default = "==", choices = Operator::NAMES)]
    operator: Operator,
    /// The value that it is compared with; converted to the type of `value_a`.
    #[input(key = "right-operand")]
    value_b: Value,
}

impl Moves for IfElse {
    const ID: &str = "branching.if_else";
    const TITLE: Option<&str> = Some("If/Else");
    const EXPORTED_AS: &[&str] = &["kernel:control:if"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: branching.if_else
  with: { value_a: 80, operator: ">", value_b: 9 }
  outputs: { size: { then: large, else: small } }"# => ok "{ size: large }",
        r#"- card: branching.if_else
  with: { value_a: "80", operator: ">", value_b: "9" }
  outputs: { size: { then: large, else: small } }"# => ok "{ size: small }",
        r#"- card: branching.if_else
  with: { value_a: 0, operator: is empty }
  outputs: { found: { then: nothing, else: zero } }"# => ok "{ found: zero }",
    };
    type Out = Named;
    const CONTROL: Control = Control::IfElse;
}

/// Tests conditions from top to bottom and runs the branch of the first that holds.
///
/// Each case has a condition under `when` (fields as those of `branching.if_else`) and its `cards`; `else` runs if no
/// condition holds. A case may have an `id`, else it is called `case_1`, `case_2` and so on; name under `outputs` what
/// each gives. Return and Continue If in a branch leave only the branch; what Return gives becomes the card's outputs.
#[derive(Inputs)]
pub struct IfElseIf {}

impl Moves for IfElseIf {
    const ID: &str = "branching.if_elseif";
    const TITLE: Option<&str> = Some("If/ElseIf");
    const EXPORTED_AS: &[&str] = &["kernel:control:branch"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: branching.if_elseif
  cases:
    - when: { value_a: leave, operator: ==, value_b: active }
      cards: [{ card: flow_control.return, with: { color: green } }]
    - when: { value_a: leave, operator: in, value_b: [leave, onboarding] }
      cards: [{ card: flow_control.return, with: { color: yellow } }]
  else:
    - { card: flow_control.return, with: { color: red } }
  outputs: { color: text }"# => ok "{ color: yellow }",
        r#"- card: branching.if_elseif
  cases:
    - { id: heads, when: { value_a: 1, operator: "==", value_b: 2 }, cards: [] }
  outputs: { side: { heads: up, else: down } }"# => ok "{ side: down }",
    };
    type Out = Named;
    const CONTROL: Control = Control::IfElseIf;
}

/// Goes on with the flow only if a comparison holds.
///
/// If it does not hold, the flow ends there, successfully, and gives `message`, if it has such an output. Inside a branch
/// of If/ElseIf or If Error it leaves only the branch; in the helper flow of a list card it ends the item. To end with an
/// error use `error_handling.return_error_if`.
#[derive(Inputs)]
pub struct ContinueIf {
    /// The value that is compared.
    #[input(key = "left-operand")]
    pub(crate) value_a: Value,
    /// How the values are compared.
    #[input(default = "==", choices = Operator::NAMES)]
    pub(crate) operator: Operator,
    /// The value that it is compared with; converted to the type of `value_a`.
    #[input(key = "right-operand")]
    pub(crate) value_b: Value,
    /// What the flow gives if it ends here.
    pub(crate) message: Value,
}

impl Moves for ContinueIf {
    const ID: &str = "branching.continue_if";
    const EXPORTED_AS: &[&str] = &["kernel:control:continueIf"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: branching.continue_if
  with: { value_a: 1, operator: "==", value_b: 1 }
- card: text.compose
  with: { text: went on }"# => ok "{ text: went on }",
        r#"- card: branching.continue_if
  with: { value_a: "", operator: "is not empty" }
- card: error_handling.return_error
  with: { message: never reached }"# => ok "{}",
    };
    type Out = ();
    const CONTROL: Control = Control::ContinueIf;
}
