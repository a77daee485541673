use crate::prelude::*;

/// Counts the keys of an object.
///
/// Only its own, not those of objects inside it; a key with a missing value counts. See also `object.keys` and
/// `list.length`.
#[derive(Inputs)]
pub struct Size {
    /// The object.
    object: Arc<Record>,
}

/// The count.
#[derive(Outputs)]
pub struct Counted {
    /// How many keys it has.
    size: f64,
}

impl Pure for Size {
    const ID: &str = "object.size";
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { a: 1, b: { c: 2, d: 3 } } }"# => ok r#"{ size: 2 }"#,
        r#"{ object: { a: null } }"# => ok r#"{ size: 1 }"#,
        r#"{ object: null }"# => ok r#"{ size: 0 }"#,
        r#"{ object: 7 }"# => err "expected object, found number 7",
    };
    type Out = Counted;

    fn run(self, _: &Cx<'_>) -> Result<Counted> {
        Ok(Counted { size: self.object.len() as f64 })
    }
}
