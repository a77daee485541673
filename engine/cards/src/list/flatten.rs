use crate::prelude::*;

/// Makes one list of lists that lie in each other, however deep.
///
/// The items keep their order; empty lists leave nothing behind. To go one list deep only use
/// `list.combine_all`. See also `list.chunk`, the way back.
#[derive(Inputs)]
pub struct Flatten {
    /// The lists.
    lists: Arc<Vec<Value>>,
}

/// The flat list.
#[derive(Outputs)]
pub struct Flat {
    /// All items, none of them a list.
    list: Vec<Value>,
}

impl Pure for Flatten {
    const ID: &str = "list.flatten";
    const EXPORTED_AS: &[&str] = &["kernel:list:flatten"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ lists: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] }"# => ok r#"{ list: [1, 2, 3, 4, 5, 6, 7, 8, 9] }"#,
        r#"{ lists: [one, [two, [three, four], five], six] }"#
            => ok r#"{ list: [one, two, three, four, five, six] }"#,
        r#"{ lists: [[], [[]], [null], { a: [1] }] }"# => ok r#"{ list: [null, { a: [1] }] }"#,
    };
    type Out = Flat;

    fn run(self, _: &Cx<'_>) -> Result<Flat> {
        let mut list = Vec::with_capacity(self.lists.len());
        // Not by recursion: how deep the lists lie is up to whoever sent them.
        let mut open = vec![self.lists.iter()];
        while let Some(items) = open.last_mut() {
            match items.next() {
                Some(Value::List(inner)) => open.push(inner.iter()),
                Some(item) => list.push(item.clone()),
                None => _ = open.pop(),
            }
        }
        Ok(Flat { list })
    }
}
