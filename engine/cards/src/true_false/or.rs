use crate::prelude::*;

/// Tells whether any of some values is true.
///
/// More values than two are given as fields of any name. What is left out is false. See also `true_false.and`
/// and `true_false.compare`.
#[derive(Inputs)]
pub struct Or {
    /// The first value.
    #[input(default = false)]
    a: bool,
    /// The second value.
    #[input(default = false)]
    b: bool,
    /// Further values.
    #[input(rest)]
    more: Record,
}

/// Whether any is.
#[derive(Outputs)]
pub struct Any {
    /// True if at least one value is true.
    #[output(key = "output")]
    any_true: bool,
}

impl Pure for Or {
    const ID: &str = "true_false.or";
    const EXPORTED_AS: &[&str] = &["kernel:boolean:or"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: false, b: true }"# => ok r#"{ any_true: true }"#,
        r#"{ a: false, b: "", c: null, d: 1 }"# => ok r#"{ any_true: true }"#,
        r#"{}"# => ok r#"{ any_true: false }"#,
        r#"{ a: [] }"# => err "expected true/false, found list",
    };
    type Out = Any;

    fn run(self, _: &Cx<'_>) -> Result<Any> {
        let mut any_true = self.a || self.b;
        for more in self.more.into_values() {
            any_true |= bool::from_value(more)?;
        }
        Ok(Any { any_true })
    }
}
