use crate::prelude::*;

/// Takes the square root of a number.
///
/// A negative number has none. See also `number.power`.
#[derive(Inputs)]
pub struct SquareRoot {
    /// The number.
    a: f64,
}

/// The root.
#[derive(Outputs)]
pub struct Root {
    /// What gives the number when multiplied by itself.
    #[output(key = "output")]
    result: f64,
}

impl Pure for SquareRoot {
    const ID: &str = "number.square_root";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 16 }"# => ok r#"{ result: 4 }"#,
        r#"{ a: 0.25 }"# => ok r#"{ result: 0.5 }"#,
        r#"{ a: 0 }"# => ok r#"{ result: 0 }"#,
        r#"{ a: -1 }"# => err "-1 has no square root",
    };
    type Out = Root;

    fn run(self, _: &Cx<'_>) -> Result<Root> {
        if self.a < 0.0 {
            bail!(Self::A, "{} has no square root, expected 0 or more", self.a);
        }
        Ok(Root { result: self.a.sqrt() })
    }
}
