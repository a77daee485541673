use flowrun_core::value::Distinct;

use super::lists;
use crate::prelude::*;

/// Puts lists together and keeps each value once.
///
/// The values are in the order in which they come first. Two values are the same if their types and all that
/// they hold are: the text "1" is not the number 1. With one list it takes the duplicates out. See also
/// `list.combine_all`, `list.intersection` and `list.remove_duplicates`, which looks at one key.
#[derive(Inputs)]
pub struct Union {
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

/// The values of all lists.
#[derive(Outputs)]
pub struct United {
    /// Each value once.
    #[output(key = "union")]
    list: Vec<Value>,
}

impl Pure for Union {
    const ID: &str = "list.union";
    const TITLE: Option<&'static str> = Some("Union (Combine Unique)");
    const EXPORTED_AS: &[&str] = &["kernel:list:union"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list_1: [a, b], list_2: [b, c, c] }"# => ok r#"{ list: [a, b, c] }"#,
        r#"{ list_1: [{ id: 1, of: a }], list_2: [{ of: a, id: 1 }, { id: 2 }], list_3: [1, "1"] }"#
            => ok r#"{ list: [{ id: 1, of: a }, { id: 2 }, 1, "1"] }"#,
        r#"{ list_1: [2, 2], list_2: null }"# => ok r#"{ list: [2] }"#,
    };
    type Out = United;

    fn run(self, _: &Cx<'_>) -> Result<United> {
        let mut seen = Distinct::default();
        let mut list = Vec::new();
        for part in lists(self.list_1, self.list_2, self.more)? {
            list.extend(part.iter().filter(|item| seen.insert((*item).clone())).cloned());
        }
        Ok(United { list })
    }
}
