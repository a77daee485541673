use crate::prelude::*;

/// Lists the keys of an object.
///
/// Only its own, not those of objects inside it, in the order in which they were written. A missing object
/// has none. See also `object.get`.
#[derive(Inputs)]
pub struct Keys {
    /// The object.
    object: Arc<Record>,
}

/// The keys.
#[derive(Outputs)]
pub struct Listed {
    /// The names of its keys.
    keys: Vec<Text>,
}

impl Pure for Keys {
    const ID: &str = "object.keys";
    const EXPORTED_AS: &[&str] = &["kernel:object:keys"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { z: 1, a: { b: 2 } } }"# => ok r#"{ keys: [z, a] }"#,
        r#"{ object: '{"from":"text"}' }"# => ok r#"{ keys: [from] }"#,
        r#"{ object: null }"# => ok r#"{ keys: [] }"#,
    };
    type Out = Listed;

    fn run(self, _: &Cx<'_>) -> Result<Listed> {
        Ok(Listed { keys: self.object.keys().cloned().collect() })
    }
}
