use flowrun_core::value::Distinct;

use crate::prelude::*;

/// Takes out of a list what is in another.
///
/// Two values are the same if their types and all that they hold are: the text "1" is not the number 1. What is
/// left keeps its order, and stays as often as it was there. See also `list.intersection` and `list.union`.
#[derive(Inputs)]
pub struct Difference {
    /// The list from which it takes.
    #[input(key = "list1")]
    list_1: Arc<Vec<Value>>,
    /// What it takes out.
    #[input(key = "list2")]
    list_2: Arc<Vec<Value>>,
}

/// What is left.
#[derive(Outputs)]
pub struct Left {
    /// The items of the first list that are not in the second.
    list: Vec<Value>,
}

impl Pure for Difference {
    const ID: &str = "list.difference";
    const EXPORTED_AS: &[&str] = &["kernel:list:difference"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list_1: [a, b, c, a], list_2: [b, d] }"# => ok r#"{ list: [a, c, a] }"#,
        r#"{ list_1: [{ id: 1, of: a }, { id: 2 }], list_2: [{ of: a, id: 1 }] }"# => ok r#"{ list: [{ id: 2 }] }"#,
        r#"{ list_1: [1, 2], list_2: ["1"] }"# => ok r#"{ list: [1, 2] }"#,
        r#"{ list_1: [1], list_2: null }"# => ok r#"{ list: [1] }"#,
    };
    type Out = Left;

    fn run(self, _: &Cx<'_>) -> Result<Left> {
        let out: Distinct = self.list_2.iter().cloned().collect();
        Ok(Left { list: self.list_1.iter().filter(|item| !out.contains(item)).cloned().collect() })
    }
}
