use crate::prelude::*;

/// Tells whether a value is among the items of a list.
///
/// Only an item of the same type and the same content counts: the text "1" is not the number 1, `A` is not
/// `a`. Objects and lists are equal if all that they hold is. See also `list.find`, which converts.
#[derive(Inputs)]
pub struct Includes {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The value to look for.
    value: Value,
}

/// Whether it is there.
#[derive(Outputs)]
pub struct Included {
    /// True if an item is the value.
    result: bool,
}

impl Pure for Includes {
    const ID: &str = "list.includes";
    const EXPORTED_AS: &[&str] = &["kernel:list:includes"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [active, onboarding], value: active }"# => ok r#"{ result: true }"#,
        r#"{ list: [{ id: 1, tags: [a] }], value: { tags: [a], id: 1 } }"# => ok r#"{ result: true }"#,
        r#"{ list: [1, 2], value: "1" }"# => ok r#"{ result: false }"#,
        r#"{ list: null, value: null }"# => ok r#"{ result: false }"#,
    };
    type Out = Included;

    fn run(self, _: &Cx<'_>) -> Result<Included> {
        Ok(Included { result: self.list.contains(&self.value) })
    }
}
