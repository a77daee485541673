use crate::prelude::*;

/// Multiplies all whole numbers from 1 up to a number.
///
/// The factorial of 0 is 1. Beyond 170 the result is too large for a number.
#[derive(Inputs)]
pub struct Factorial {
    /// The number.
    a: f64,
}

/// The product.
#[derive(Outputs)]
pub struct Product {
    /// 1 times 2 and so on, up to the number.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Factorial {
    const ID: &str = "number.factorial";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 5 }"# => ok r#"{ result: 120 }"#,
        r#"{ a: 0 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: 2.5 }"# => err "expected a whole number from 0 to 170, found 2.5",
        r#"{ a: -1 }"# => err "found -1",
    };
    type Out = Product;

    fn run(self, _: &Cx<'_>) -> Result<Product> {
        match super::factorial(self.a) {
            Some(result) => Ok(Product { result }),
            None => bail!(Self::A, "expected a whole number from 0 to 170, found {}", self.a),
        }
    }
}
