use super::lists;
use crate::prelude::*;

/// Puts lists together, one behind the other.
///
/// Items that are in several lists stay, all of them; `list.union` keeps each once. See also
/// `list.add_to_end`.
#[derive(Inputs)]
pub struct CombineAll {
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

/// The long list.
#[derive(Outputs)]
pub struct Combined {
    /// All items of all lists, in their order.
    #[output(key = "output")]
    list: Vec<Value>,
}

impl Pure for CombineAll {
    const ID: &str = "list.combine_all";
    const EXPORTED_AS: &[&str] = &["kernel:list:concat"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list_1: [a, b], list_2: [b, c] }"# => ok r#"{ list: [a, b, b, c] }"#,
        r#"{ list_1: [1], list_2: [], list_3: [2, 3] }"# => ok r#"{ list: [1, 2, 3] }"#,
        r#"{ list_1: null, list_2: one }"# => ok r#"{ list: [one] }"#,
    };
    type Out = Combined;

    fn run(self, _: &Cx<'_>) -> Result<Combined> {
        let mut parts = lists(self.list_1, self.list_2, self.more)?.into_iter();
        let mut list = parts.next().map(Arc::unwrap_or_clone).unwrap_or_default();
        for part in parts {
            list.extend(part.iter().cloned());
        }
        Ok(Combined { list })
    }
}
