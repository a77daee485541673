use flowrun_core::value::Distinct;

use super::lists;
use crate::prelude::*;

/// Takes out of a list what is in others.
///
/// What is left keeps its order, each value once. Two values are the same if their types and all that they hold are: the
/// text "1" is not the number 1. See also `list.intersection` and `list.union`.
#[derive(Inputs)]
pub struct Difference {
    /// The list from which it takes.
    #[input(key = "list1")]
    list_1: Arc<Vec<Value>>,
    /// What it takes out.
    #[input(key = "list2")]
    list_2: Option<Arc<Vec<Value>>>,
    /// Further lists of what it takes out, under any names.
    #[input(rest)]
    more: Record,
}

/// What is left.
#[derive(Outputs)]
pub struct Left {
    /// The values of the first list that are in no other, each once.
    list: Vec<Value>,
}

impl Pure for Difference {
    const ID: &str = "list.difference";
    const EXPORTED_AS: &[&str] = &["kernel:list:difference"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list_1: [a, b, c, a], list_2: [b, d] }"# => ok r#"{ list: [a, c] }"#,
        r#"{ list_1: [a, b, c], list_2: [a], list_3: [c] }"# => ok r#"{ list: [b] }"#,
        r#"{ list_1: [{ id: 1, of: a }, { id: 2 }], list_2: [{ of: a, id: 1 }] }"# => ok r#"{ list: [{ id: 2 }] }"#,
        r#"{ list_1: [1, 2], list_2: ["1"] }"# => ok r#"{ list: [1, 2] }"#,
        r#"{ list_1: [1, 1], list_2: null }"# => ok r#"{ list: [1] }"#,
    };
    type Out = Left;

    fn run(self, _: &Cx<'_>) -> Result<Left> {
        let lists = lists(self.list_1, self.list_2, self.more)?;
        // What is left is out as well, once it has been there.
        let mut out: Distinct = lists[1..].iter().flat_map(|list| list.iter().cloned()).collect();
        let left = lists[0].iter().filter(|item| out.insert((*item).clone()));
        Ok(Left { list: left.cloned().collect() })
    }
}
