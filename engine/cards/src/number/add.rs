use crate::prelude::*;

/// Adds numbers.
///
/// More numbers than two are given as fields of any name. If `b` is left out, 1 is added. See also `number.subtract`, and
/// `number.sum` for a list.
#[derive(Inputs)]
pub struct Add {
    /// The first number.
    a: f64,
    /// The second number.
    #[input(default = 1)]
    b: f64,
    /// Further numbers.
    #[input(rest)]
    more: Record,
}

/// The sum.
#[derive(Outputs)]
pub struct Added {
    /// All of them together.
    #[output(key = "output")]
    total: f64,
}

impl Pure for Add {
    const ID: &str = "number.add";
    const EXPORTED_AS: &[&str] = &["kernel:math:add"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2, b: 3.5 }"# => ok r#"{ total: 5.5 }"#,
        r#"{ a: 1, b: 1, third: 1 }"# => ok r#"{ total: 3 }"#,
        r#"{ a: 41 }"# => ok r#"{ total: 42 }"#,
        r#"{ a: "10 days", b: -3 }"# => ok r#"{ total: 7 }"#,
        r#"{ a: ten, b: 1 }"# => err "expected number, found text \"ten\"",
        r#"{ a: null, b: 1 }"# => err "found nothing",
    };
    type Out = Added;

    fn run(self, _: &Cx<'_>) -> Result<Added> {
        let more = super::more(self.more)?;
        Ok(Added { total: super::finite(more.iter().fold(self.a + self.b, |total, more| total + more))? })
    }
}
