use crate::prelude::*;

/// Tells whether all of some values are true.
///
/// More values than two are given as fields of any name. A blank field of those is false; `a` or `b`, left out, takes no part. See also `true_false.or`
/// and `true_false.compare`.
#[derive(Inputs)]
pub struct And {
    /// The first value.
    a: Option<bool>,
    /// The second value.
    b: Option<bool>,
    /// Further values.
    #[input(rest)]
    more: Record,
}

/// Whether all are.
#[derive(Outputs)]
pub struct All {
    /// True if every value is true.
    #[output(key = "output")]
    all_true: bool,
}

impl Pure for And {
    const ID: &str = "true_false.and";
    const EXPORTED_AS: &[&str] = &["kernel:boolean:and"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: true, b: "true" }"# => ok r#"{ all_true: true }"#,
        r#"{ a: true, b: true, c: 0 }"# => ok r#"{ all_true: false }"#,
        r#"{ a: true }"# => ok r#"{ all_true: true }"#,
        r#"{ a: true, b: "" }"# => ok r#"{ all_true: false }"#,
        r#"{ paid: true, signed: null }"# => ok r#"{ all_true: false }"#,
        r#"{ a: true, b: maybe }"# => err "expected true/false, found text \"maybe\"",
    };
    type Out = All;

    fn run(self, _: &Cx<'_>) -> Result<All> {
        let mut all_true = self.a.unwrap_or(true) && self.b.unwrap_or(true);
        for more in self.more.into_values() {
            all_true &= bool::from_value(more)?;
        }
        Ok(All { all_true })
    }
}
