use crate::prelude::*;

/// Takes the logarithm of a number.
///
/// Its base is e unless another is given. Only numbers above 0 have one. The way back is `number.exponent`,
/// for other bases `number.power`.
#[derive(Inputs)]
pub struct Log {
    /// The number.
    a: f64,
    /// The base; e if left blank.
    base: Option<f64>,
}

/// The logarithm.
#[derive(Outputs)]
pub struct Logarithm {
    /// The power of the base that gives the number.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Log {
    const ID: &str = "number.log";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 1 }"# => ok r#"{ result: 0 }"#,
        r#"{ a: 1000, base: 10 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: 0.125, base: 2 }"# => ok r#"{ result: -3 }"#,
        r#"{ a: 0 }"# => err "expected a number above 0, found 0",
        r#"{ a: 8, base: 1 }"# => err "expected a base above 0 other than 1, found 1",
    };
    type Out = Logarithm;

    fn run(self, _: &Cx<'_>) -> Result<Logarithm> {
        if self.a <= 0.0 {
            bail!(Self::A, "expected a number above 0, found {}", self.a);
        }
        let result = match self.base {
            None => self.a.ln(),
            Some(base) if base <= 0.0 || base == 1.0 => {
                bail!(Self::BASE, "expected a base above 0 other than 1, found {base}")
            }
            // These two are exact where a division of logarithms is not.
            Some(2.0) => self.a.log2(),
            Some(10.0) => self.a.log10(),
            Some(base) => self.a.ln() / base.ln(),
        };
        Ok(Logarithm { result: super::finite(result)? })
    }
}
