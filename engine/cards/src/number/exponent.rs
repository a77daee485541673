use crate::prelude::*;

/// Raises e, the base of natural logarithms, to a power.
///
/// The way back is `number.log`; for other bases use `number.power`.
#[derive(Inputs)]
pub struct Exponent {
    /// The power.
    a: f64,
}

/// The result.
#[derive(Outputs)]
pub struct Raised {
    /// e to the power.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Exponent {
    const ID: &str = "number.exponent";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 0 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: 1 }"# => ok r#"{ result: 2.718281828459045 }"#,
        r#"{ a: 1000 }"# => err "too large",
    };
    type Out = Raised;

    fn run(self, _: &Cx<'_>) -> Result<Raised> {
        Ok(Raised { result: super::finite(self.a.exp())? })
    }
}
