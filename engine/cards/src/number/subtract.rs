use crate::prelude::*;

/// Subtracts one number from another.
///
/// See also `number.add`; for dates use `date_time.difference`.
#[derive(Inputs)]
pub struct Subtract {
    /// The number that is made smaller.
    a: f64,
    /// What is taken off it.
    b: f64,
}

/// The difference.
#[derive(Outputs)]
pub struct Subtracted {
    /// `a` without `b`.
    #[output(key = "output")]
    difference: f64,
}

impl Pure for Subtract {
    const ID: &str = "number.subtract";
    const EXPORTED_AS: &[&str] = &["kernel:math:subtract"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 5, b: 7 }"# => ok r#"{ difference: -2 }"#,
        r#"{ a: "0.75", b: 0.5 }"# => ok r#"{ difference: 0.25 }"#,
        r#"{ a: 1e308, b: -1e308 }"# => err "too large",
    };
    type Out = Subtracted;

    fn run(self, _: &Cx<'_>) -> Result<Subtracted> {
        Ok(Subtracted { difference: super::finite(self.a - self.b)? })
    }
}
