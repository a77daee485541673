use flowrun_core::value::Distinct;

use crate::prelude::*;

/// Keeps the first of the items that have the same value at a path.
///
/// A blank path means the items themselves. Two values are the same if their types and all that they hold are;
/// of the items that lack the value only the first is kept. See also `list.union` and `list.group_by`.
#[derive(Inputs)]
pub struct RemoveDuplicates {
    /// The items.
    list: Arc<Vec<Value>>,
    /// Where in each item the value lies: a key, or keys with dots between them.
    #[input(default = "")]
    path: Text,
}

/// What is left.
#[derive(Outputs)]
pub struct Unique {
    /// The first item for each value, in their order.
    #[output(key = "unique list", keys_of = "list")]
    list: Vec<Value>,
}

impl Pure for RemoveDuplicates {
    const ID: &str = "list.remove_duplicates";
    const EXPORTED_AS: &[&str] = &["kernel:list:uniqueBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ id: 1, of: a }, { id: 2 }, { id: 1, of: b }], path: id }"#
            => ok r#"{ list: [{ id: 1, of: a }, { id: 2 }] }"#,
        r#"{ list: [b, a, b, "1", 1] }"# => ok r#"{ list: [b, a, "1", 1] }"#,
        r#"{ list: [{}, { id: null }, { id: 1 }], path: id }"# => ok r#"{ list: [{}, { id: 1 }] }"#,
    };
    type Out = Unique;

    fn run(self, _: &Cx<'_>) -> Result<Unique> {
        let path = Path::new(&self.path);
        let mut seen = Distinct::default();
        Ok(Unique { list: self.list.iter().filter(|item| seen.insert(path.get(item))).cloned().collect() })
    }
}
