use crate::prelude::*;

/// Tells whether a number is more than 0, less, or 0 itself.
///
/// It gives 1, -1 or 0. See also `number.absolute_value`.
#[derive(Inputs)]
pub struct Sign {
    /// The number.
    a: f64,
}

/// The sign.
#[derive(Outputs)]
pub struct Signed {
    /// 1, -1 or 0.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Sign {
    const ID: &str = "number.sign";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 0.001 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: -7 }"# => ok r#"{ result: -1 }"#,
        r#"{ a: 0 }"# => ok r#"{ result: 0 }"#,
        r#"{ a: [] }"# => err "expected number, found list",
    };
    type Out = Signed;

    fn run(self, _: &Cx<'_>) -> Result<Signed> {
        Ok(Signed { result: if self.a == 0.0 { 0.0 } else { self.a.signum() } })
    }
}
