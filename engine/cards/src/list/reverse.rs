use crate::prelude::*;

/// Turns the order of a list round.
///
/// Behind `list.sort` it gives the largest first. See also `list.at`.
#[derive(Inputs)]
pub struct Reverse {
    /// The items.
    list: Arc<Vec<Value>>,
}

/// The list the other way round.
#[derive(Outputs)]
pub struct Reversed {
    /// The same items, the last one first.
    #[output(keys_of = "list")]
    list: Vec<Value>,
}

impl Pure for Reverse {
    const ID: &str = "list.reverse";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, c] }"# => ok r#"{ list: [c, b, a] }"#,
        r#"{ list: [1, null, [2, 3]] }"# => ok r#"{ list: [[2, 3], null, 1] }"#,
        r#"{ list: null }"# => ok r#"{ list: [] }"#,
    };
    type Out = Reversed;

    fn run(self, _: &Cx<'_>) -> Result<Reversed> {
        let mut list = Arc::unwrap_or_clone(self.list);
        list.reverse();
        Ok(Reversed { list })
    }
}
