use flowrun_core::value::compare;

use crate::prelude::*;

/// Compares two values and tells whether the comparison holds.
///
/// `value_b` is converted to the type of `value_a`, then numbers are compared by their size, texts by their
/// letters, dates by their time, objects and lists by all they hold. `%` asks for a multiple, `in` for a part
/// of a text or an item of a list, `has` for a key of an object; `is empty` is true of a missing value, "",
/// [] and {}, but not of 0 and false. To act on it use `branching.if_else`.
#[derive(Inputs)]
pub struct Compare {
    /// The value that is compared.
    #[input(key = "left-operand")]
    value_a: Value,
    /// How the values are compared.
    #[input(default = "==", choices = Operator::NAMES)]
    operator: Operator,
    /// The value that it is compared with.
    #[input(key = "right-operand")]
    value_b: Value,
}

/// Whether it holds.
#[derive(Outputs)]
pub struct Compared {
    /// True if the comparison holds.
    result: bool,
}

impl Pure for Compare {
    const ID: &str = "true_false.compare";
    const EXPORTED_AS: &[&str] = &["kernel:boolean:compare"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ value_a: 80, operator: ">", value_b: 9 }"# => ok r#"{ result: true }"#,
        r#"{ value_a: "80", operator: ">", value_b: "9" }"# => ok r#"{ result: false }"#,
        r#"{ value_a: -4, operator: "%", value_b: 4 }"# => ok r#"{ result: true }"#,
        r#"{ value_a: 7, operator: "%", value_b: 4 }"# => ok r#"{ result: false }"#,
        r#"{ value_a: test, operator: in, value_b: this is a test }"# => ok r#"{ result: true }"#,
        r#"{ value_a: i, operator: in, value_b: team }"# => ok r#"{ result: false }"#,
        r#"{ value_a: { test: 123 }, operator: has, value_b: test }"# => ok r#"{ result: true }"#,
        r#"{ value_a: 0, operator: is empty }"# => ok r#"{ result: false }"#,
        r#"{ value_a: 7, operator: "<", value_b: {} }"# => err "expected number, found object {}",
    };
    type Out = Compared;

    fn run(self, _: &Cx<'_>) -> Result<Compared> {
        let result = compare(&self.value_a, self.operator, &self.value_b)
            .map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::VALUE_B)))?;
        Ok(Compared { result })
    }
}
