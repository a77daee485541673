use crate::prelude::*;

/// Adds an item at the end of a list.
///
/// A missing item is added as well, and a list is added as one item. To put two lists together use
/// `list.combine_all`. See also `list.add_to_front` and `list.get_last_item`.
#[derive(Inputs)]
pub struct AddToEnd {
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

impl Pure for AddToEnd {
    const ID: &str = "list.add_to_end";
    const EXPORTED_AS: &[&str] = &["kernel:list:push"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ item: c, list: [a, b] }"# => ok r#"{ list: [a, b, c] }"#,
        r#"{ item: [c, d], list: [a] }"# => ok r#"{ list: [a, [c, d]] }"#,
        r#"{ item: null, list: null }"# => ok r#"{ list: [null] }"#,
    };
    type Out = Longer;

    fn run(self, _: &Cx<'_>) -> Result<Longer> {
        let mut list = Arc::unwrap_or_clone(self.list);
        list.push(self.item);
        Ok(Longer { list })
    }
}
