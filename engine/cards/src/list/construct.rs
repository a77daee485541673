use crate::prelude::*;

/// Makes a list of the values it is given.
///
/// The fields may have any names; the items follow in their order. Blank ones are kept. A list may also be
/// written directly into any field. See also `object.construct`.
#[derive(Inputs)]
pub struct Construct {
    /// The items.
    #[input(rest)]
    items: Record,
}

/// The list.
#[derive(Outputs)]
pub struct Constructed {
    /// The values, in their order.
    list: Vec<Value>,
}

impl Pure for Construct {
    const ID: &str = "list.construct";
    const EXPORTED_AS: &[&str] = &["kernel:list:construct"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ first: a, second: b }"# => ok r#"{ list: [a, b] }"#,
        r#"{ first: 1, second: null, third: [x] }"# => ok r#"{ list: [1, null, [x]] }"#,
        r#"{}"# => ok r#"{ list: [] }"#,
    };
    type Out = Constructed;

    fn run(self, _: &Cx<'_>) -> Result<Constructed> {
        Ok(Constructed { list: self.items.into_values().collect() })
    }
}
