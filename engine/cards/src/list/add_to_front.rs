use crate::prelude::*;

/// Adds an item in front of a list.
///
/// A missing item is added as well, and a list is added as one item. To put two lists together use
/// `list.combine_all`. See also `list.add_to_end` and `list.get_first_item`.
#[derive(Inputs)]
pub struct AddToFront {
    /// The new item.
    item: Value,
    /// The items that there are.
    list: Arc<Vec<Value>>,
}

/// The longer list.
#[derive(Outputs)]
pub struct Longer {
    /// The items, the new one among them.
    list: Vec<Value>,
}

impl Pure for AddToFront {
    const ID: &str = "list.add_to_front";
    const EXPORTED_AS: &[&str] = &["kernel:list:unshift"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ item: a, list: [b, c] }"# => ok r#"{ list: [a, b, c] }"#,
        r#"{ item: [a, b], list: [c] }"# => ok r#"{ list: [[a, b], c] }"#,
        r#"{ item: null, list: null }"# => ok r#"{ list: [null] }"#,
    };
    type Out = Longer;

    fn run(self, _: &Cx<'_>) -> Result<Longer> {
        let mut list = Arc::unwrap_or_clone(self.list);
        list.insert(0, self.item);
        Ok(Longer { list })
    }
}
