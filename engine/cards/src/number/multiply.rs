use crate::prelude::*;

/// Multiplies numbers.
///
/// More numbers than two are given as fields of any name. See also `number.divide`.
#[derive(Inputs)]
pub struct Multiply {
    /// The first number.
    a: f64,
    /// The second number.
    b: f64,
    /// Further numbers.
    #[input(rest)]
    more: Record,
}

/// The product.
#[derive(Outputs)]
pub struct Multiplied {
    /// All of them, multiplied.
    #[output(key = "output")]
    product: f64,
}

impl Pure for Multiply {
    const ID: &str = "number.multiply";
    const EXPORTED_AS: &[&str] = &["kernel:math:multiply"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 200, b: 50 }"# => ok r#"{ product: 10000 }"#,
        r#"{ a: 2, b: 3, third: "4" }"# => ok r#"{ product: 24 }"#,
        r#"{ a: -0.5, b: 0 }"# => ok r#"{ product: 0 }"#,
        r#"{ a: 1e200, b: 1e200 }"# => err "too large",
    };
    type Out = Multiplied;

    fn run(self, _: &Cx<'_>) -> Result<Multiplied> {
        let more = super::more(self.more)?;
        Ok(Multiplied { product: super::finite(more.iter().fold(self.a * self.b, |product, more| product * more))? })
    }
}
