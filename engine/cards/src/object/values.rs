use crate::prelude::*;

/// Lists the values of an object.
///
/// Only its own, in the order of its keys; a value that is missing keeps its place. A missing object has
/// none. See also `object.keys` and `object.unzip`.
#[derive(Inputs)]
pub struct Values {
    /// The object.
    object: Arc<Record>,
}

/// The values.
#[derive(Outputs)]
pub struct Listed {
    /// What its keys hold.
    values: Vec<Value>,
}

impl Pure for Values {
    const ID: &str = "object.values";
    const EXPORTED_AS: &[&str] = &["kernel:object:values"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { z: 1, a: { b: 2 } } }"# => ok r#"{ values: [1, { b: 2 }] }"#,
        r#"{ object: { a: null, b: "" } }"# => ok r#"{ values: [null, ""] }"#,
        r#"{ object: null }"# => ok r#"{ values: [] }"#,
        r#"{ object: [1] }"# => err "expected object, found list",
    };
    type Out = Listed;

    fn run(self, _: &Cx<'_>) -> Result<Listed> {
        Ok(Listed { values: self.object.values().cloned().collect() })
    }
}
