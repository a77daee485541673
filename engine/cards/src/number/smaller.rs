use crate::prelude::*;

/// Gives the smaller of two numbers.
///
/// For a whole list use `number.minimum`. See also `number.larger`.
#[derive(Inputs)]
pub struct Smaller {
    /// The first number.
    a: f64,
    /// The second number.
    b: f64,
}

/// One of the two.
#[derive(Outputs)]
pub struct Chosen {
    /// The smaller one.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Smaller {
    const ID: &str = "number.smaller";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 3, b: 7 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: "-2", b: -5 }"# => ok r#"{ result: -5 }"#,
        r#"{ a: 1, b: 1 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: 1, b: null }"# => err "expected number, found nothing",
    };
    type Out = Chosen;

    fn run(self, _: &Cx<'_>) -> Result<Chosen> {
        Ok(Chosen { result: self.a.min(self.b) })
    }
}
