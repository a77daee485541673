use flowrun_core::value::Distinct;

use super::lists;
use crate::prelude::*;

/// Keeps the values that are in all of several lists.
///
/// Each is kept once, in the order of the first list; `list_2`, left out, takes no part. Two values are the same if their types and all that they
/// hold are. See also `list.difference` and `list.union`.
#[derive(Inputs)]
pub struct Intersection {
    /// The first list.
    #[input(key = "list1")]
    list_1: Arc<Vec<Value>>,
    /// The second list.
    #[input(key = "list2")]
    list_2: Option<Arc<Vec<Value>>>,
    /// Further lists, under any names, in their order.
    #[input(rest)]
    more: Record,
}

/// The values in common.
#[derive(Outputs)]
pub struct Common {
    /// Each value that is in all lists.
    list: Vec<Value>,
}

impl Pure for Intersection {
    const ID: &str = "list.intersection";
    const EXPORTED_AS: &[&str] = &["kernel:list:intersection"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list_1: [a, b, c, b], list_2: [c, b] }"# => ok r#"{ list: [b, c] }"#,
        r#"{ list_1: [1, 2, 3], list_2: [2, 3], list_3: [3, 4] }"# => ok r#"{ list: [3] }"#,
        r#"{ list_1: [{ id: 1 }, { id: 2 }], list_2: [{ id: 2 }] }"# => ok r#"{ list: [{ id: 2 }] }"#,
        r#"{ list_1: [1, 2], list_2: [] }"# => ok r#"{ list: [] }"#,
        r#"{ list_1: [1, 2], list_2: ["1", "2"] }"# => ok r#"{ list: [] }"#,
    };
    type Out = Common;

    fn run(self, _: &Cx<'_>) -> Result<Common> {
        let lists = lists(self.list_1, self.list_2, self.more)?;
        let others: Vec<Distinct> =
            lists[1..].iter().map(|list| list.iter().cloned().collect()).collect();
        let mut kept = Distinct::default();
        let common = lists[0].iter().filter(|item| {
            others.iter().all(|other| other.contains(item)) && kept.insert((*item).clone())
        });
        Ok(Common { list: common.cloned().collect() })
    }
}
