use crate::prelude::*;

/// Gives the larger of two numbers.
///
/// For a whole list use `number.maximum`. See also `number.smaller`.
#[derive(Inputs)]
pub struct Larger {
    /// The first number.
    a: f64,
    /// The second number.
    b: f64,
}

/// One of the two.
#[derive(Outputs)]
pub struct Chosen {
    /// The larger one.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Larger {
    const ID: &str = "number.larger";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 3, b: 7 }"# => ok r#"{ result: 7 }"#,
        r#"{ a: "-2", b: -5 }"# => ok r#"{ result: -2 }"#,
        r#"{ a: 1, b: 1 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: 1, b: null }"# => err "expected number, found nothing",
    };
    type Out = Chosen;

    fn run(self, _: &Cx<'_>) -> Result<Chosen> {
        Ok(Chosen { result: self.a.max(self.b) })
    }
}
