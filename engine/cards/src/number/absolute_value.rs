use crate::prelude::*;

/// Takes the sign off a number.
///
/// -5 becomes 5, and 5 stays. See also `number.sign`.
#[derive(Inputs)]
pub struct AbsoluteValue {
    /// The number.
    a: f64,
}

/// The number without its sign.
#[derive(Outputs)]
pub struct Unsigned {
    /// How far the number is from 0.
    #[output(key = "output")]
    result: f64,
}

impl Pure for AbsoluteValue {
    const ID: &str = "number.absolute_value";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: -2.5 }"# => ok r#"{ result: 2.5 }"#,
        r#"{ a: "7" }"# => ok r#"{ result: 7 }"#,
        r#"{ a: 0 }"# => ok r#"{ result: 0 }"#,
        r#"{ a: null }"# => err "expected number, found nothing",
    };
    type Out = Unsigned;

    fn run(self, _: &Cx<'_>) -> Result<Unsigned> {
        Ok(Unsigned { result: self.a.abs() })
    }
}
