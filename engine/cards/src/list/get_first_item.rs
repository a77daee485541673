use crate::prelude::*;

/// Takes the first item off a list.
///
/// It gives the item and the list without it. Of an empty list the item is missing; that isn't an error. See also
/// `list.get_last_item` and `list.at`.
#[derive(Inputs)]
pub struct GetFirstItem {
    /// The items.
    list: Arc<Vec<Value>>,
}

/// The item and the rest.
#[derive(Outputs)]
pub struct Taken {
    /// The other items, in their order.
    #[output(keys_of = "list")]
    list: Vec<Value>,
    /// The first item.
    #[output(keys_of = "list")]
    item: Value,
}

impl Pure for GetFirstItem {
    const ID: &str = "list.get_first_item";
    const EXPORTED_AS: &[&str] = &["kernel:list:shift"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, c] }"# => ok r#"{ list: [b, c], item: a }"#,
        r#"{ list: [{ id: 1 }] }"# => ok r#"{ list: [], item: { id: 1 } }"#,
        r#"{ list: [] }"# => ok r#"{ list: [], item: null }"#,
    };
    type Out = Taken;

    fn run(self, _: &Cx<'_>) -> Result<Taken> {
        Ok(match Arc::try_unwrap(self.list) {
            Ok(list) if list.is_empty() => Taken { list, item: Value::Null },
            // Nobody else has it: a loop that takes from it does not copy it each time.
            Ok(mut list) => Taken { item: list.remove(0), list },
            Err(shared) => match shared.split_first() {
                Some((item, rest)) => Taken { list: rest.to_vec(), item: item.clone() },
                None => Taken { list: Vec::new(), item: Value::Null },
            },
        })
    }
}
