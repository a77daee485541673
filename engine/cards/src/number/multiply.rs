use crate::prelude::*;

/// Multiplies two numbers.
///
/// See also `number.divide`.
#[derive(Inputs)]
pub struct Multiply {
    /// The first number.
    a: f64,
    /// The second number.
    b: f64,
}

/// The product.
#[derive(Outputs)]
pub struct Multiplied {
    /// `a` times `b`.
    #[output(key = "output")]
    product: f64,
}

impl Pure for Multiply {
    const ID: &str = "number.multiply";
    const EXPORTED_AS: &[&str] = &["kernel:math:multiply"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 200, b: 50 }"# => ok r#"{ product: 10000 }"#,
        r#"{ a: -0.5, b: 0 }"# => ok r#"{ product: 0 }"#,
        r#"{ a: 1e200, b: 1e200 }"# => err "too large",
    };
    type Out = Multiplied;

    fn run(self, _: &Cx<'_>) -> Result<Multiplied> {
        Ok(Multiplied { product: super::finite(self.a * self.b)? })
    }
}
