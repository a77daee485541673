use crate::prelude::*;

/// Takes an object apart into a list of its keys and a list of their values.
///
/// Both have the order of the object, so that the first value belongs to the first key. The way back is
/// `object.zip`. See also `object.keys` and `object.values`.
#[derive(Inputs)]
pub struct Unzip {
    /// The object.
    object: Arc<Record>,
}

/// The two lists.
#[derive(Outputs)]
pub struct Unzipped {
    /// The keys.
    keys: Vec<Text>,
    /// Their values.
    values: Vec<Value>,
}

impl Pure for Unzip {
    const ID: &str = "object.unzip";
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { id: 7, email: jane@example.com } }"# => ok r#"{ keys: [id, email], values: [7, jane@example.com] }"#,
        r#"{ object: { a: { b: null }, c: null } }"# => ok r#"{ keys: [a, c], values: [{ b: null }, null] }"#,
        r#"{ object: {} }"# => ok r#"{ keys: [], values: [] }"#,
        r#"{ object: true }"# => err "expected object, found true/false",
    };
    type Out = Unzipped;

    fn run(self, _: &Cx<'_>) -> Result<Unzipped> {
        let (keys, values) = Arc::unwrap_or_clone(self.object).into_iter().unzip();
        Ok(Unzipped { keys, values })
    }
}
