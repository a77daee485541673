use flowrun_core::value::compare;

use crate::prelude::*;

/// Compares two values and gives one of two others.
///
/// Both are worked out before; to run cards only if the comparison holds, use `branching.if_else`. The
/// comparison is the same: `value_b` is converted to the type of `value_a`. See also `flow_control.lookup`.
#[derive(Inputs)]
pub struct AssignIf {
    /// The value that is compared.
    #[input(key = "left-operand")]
    value_a: Value,
    /// How the values are compared.
    #[input(default = "==", choices = Operator::NAMES)]
    operator: Operator,
    /// The value that it is compared with.
    #[input(key = "right-operand")]
    value_b: Value,
    /// What comes out if the comparison holds.
    #[input(key = "valueIfTrue")]
    value_if_true: Value,
    /// What comes out if it does not.
    #[input(key = "valueIfFalse")]
    value_if_false: Value,
}

/// The value chosen.
#[derive(Outputs)]
pub struct Chosen {
    /// The one value or the other.
    #[output(key = "output")]
    result: Value,
}

impl Pure for AssignIf {
    const ID: &str = "flow_control.assign_if";
    const EXPORTED_AS: &[&str] = &["kernel:control:assignIf"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ value_a: 80, operator: ">", value_b: 9, value_if_true: more, value_if_false: less }"#
            => ok r#"{ result: more }"#,
        r#"{ value_a: "80", operator: ">", value_b: "9", value_if_true: more, value_if_false: less }"#
            => ok r#"{ result: less }"#,
        r#"{ value_a: null, operator: is empty, value_if_true: none }"# => ok r#"{ result: none }"#,
        r#"{ value_a: 7, operator: "<", value_b: soon }"# => err "expected number, found text \"soon\"",
    };
    type Out = Chosen;

    fn run(self, _: &Cx<'_>) -> Result<Chosen> {
        let holds = compare(&self.value_a, self.operator, &self.value_b)
            .map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::VALUE_B)))?;
        Ok(Chosen { result: if holds { self.value_if_true } else { self.value_if_false } })
    }
}
