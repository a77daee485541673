use crate::prelude::*;

/// Gives the result that a table has for a value.
///
/// `options` is the table: when the value is the key, the result is what is there. The value must be the
/// key exactly, with capital and small letters, dots included. If no key is the value, the result is that of
/// `else`. For a table that is only known while the flow runs use `object.get`.
#[derive(Inputs)]
pub struct Lookup {
    /// The value to look up.
    #[input(key = "key")]
    value: Text,
    /// The table: for each value its result.
    options: Arc<Record>,
    /// The result for any other value.
    r#else: Value,
}

/// The result.
#[derive(Outputs)]
pub struct LookedUp {
    /// What the table has for the value.
    result: Value,
}

impl Pure for Lookup {
    const ID: &str = "flow_control.lookup";
    const EXPORTED_AS: &[&str] = &["kernel:control:lookup"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ value: LI, options: { LI: List All, RE: Read }, else: Custom }"# => ok r#"{ result: List All }"#,
        r#"{ value: li, options: { LI: List All }, else: Custom }"# => ok r#"{ result: Custom }"#,
        r#"{ value: 404, options: { "404": [not, found] } }"# => ok r#"{ result: [not, found] }"#,
        r#"{ value: a.b, options: { a: { b: nested } } }"# => ok r#"{ result: null }"#,
    };
    type Out = LookedUp;

    fn run(self, _: &Cx<'_>) -> Result<LookedUp> {
        Ok(LookedUp { result: self.options.get(&self.value).cloned().unwrap_or(self.r#else) })
    }
}
