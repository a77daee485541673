use crate::prelude::*;

/// Takes one item of a list, by its place.
///
/// Places count from 0; a fraction is cut off. A place that the list does not have is an error, a negative
/// one too. See also `list.find` and `list.length`.
#[derive(Inputs)]
pub struct At {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The place of the item, from 0.
    #[input(default = 0)]
    index: f64,
}

/// The item.
#[derive(Outputs)]
pub struct Taken {
    /// What lies there.
    #[output(keys_of = "list")]
    item: Value,
}

impl Pure for At {
    const ID: &str = "list.at";
    const EXPORTED_AS: &[&str] = &["kernel:list:at"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [one, two, three, four], index: 0 }"# => ok r#"{ item: one }"#,
        r#"{ list: [1, 2, 3, 4, 5], index: 2 }"# => ok r#"{ item: 3 }"#,
        r#"{ list: [1, 2, 3, 4, 5], index: 6 }"# => err "Array index out of bounds: index 6 of a list of 5",
        r#"{ list: [1, 2], index: -1 }"# => err "Array index out of bounds: index -1",
        r#"{ list: [] }"# => err "Array index out of bounds",
    };
    type Out = Taken;

    fn run(self, _: &Cx<'_>) -> Result<Taken> {
        let index = self.index.trunc();
        if index >= 0.0
            && let Some(item) = self.list.get(index as usize)
        {
            return Ok(Taken { item: item.clone() });
        }
        // These are the words of Okta's execution history, which flows may look for.
        bail!(Self::INDEX, "Array index out of bounds: index {} of a list of {}", self.index, self.list.len())
    }
}
