use super::clear_empty::clear;
use crate::prelude::*;

/// Drops the empty keys of an object, but not those of objects inside it.
///
/// Empty are a missing value, "", [] and {}, but not 0 and false. To clear the objects inside too use
/// `object.clear_empty`; to keep keys by their names `object.split`.
#[derive(Inputs)]
pub struct Filter {
    /// The object.
    object: Arc<Record>,
}

/// The copy.
#[derive(Outputs)]
pub struct Filtered {
    /// The object without its empty keys.
    #[output(key = "output")]
    object: Record,
}

impl Pure for Filter {
    const ID: &str = "object.filter";
    const EXPORTED_AS: &[&str] = &["kernel:object:filter"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {} } } }"#
            => ok r#"{ object: { Name: Emily, Settings: { test: {} } } }"#,
        r#"{ object: { a: 0, b: false, c: null, d: [], e: {} } }"# => ok r#"{ object: { a: 0, b: false } }"#,
        r#"{ object: null }"# => ok r#"{ object: {} }"#,
        r#"{ object: text }"# => err "expected object, found text",
    };
    type Out = Filtered;

    fn run(self, _: &Cx<'_>) -> Result<Filtered> {
        Ok(Filtered { object: clear(&self.object, None).unwrap_or_default() })
    }
}
