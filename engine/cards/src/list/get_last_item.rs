use crate::prelude::*;

/// Takes the last item off a list.
///
/// It gives the item and the list without it. Of an empty list the item is missing; that isn't an error. See also
/// `list.get_first_item` and `list.at`.
#[derive(Inputs)]
pub struct GetLastItem {
    /// The items.
    list: Arc<Vec<Value>>,
}

/// The item and the rest.
#[derive(Outputs)]
pub struct Taken {
    /// The other items, in their order.
    #[output(keys_of = "list")]
    list: Vec<Value>,
    /// The last item.
    #[output(keys_of = "list")]
    item: Value,
}

impl Pure for GetLastItem {
    const ID: &str = "list.get_last_item";
    const EXPORTED_AS: &[&str] = &["kernel:list:pop"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, c] }"# => ok r#"{ list: [a, b], item: c }"#,
        r#"{ list: [{ id: 1 }] }"# => ok r#"{ list: [], item: { id: 1 } }"#,
        r#"{ list: [] }"# => ok r#"{ list: [], item: null }"#,
    };
    type Out = Taken;

    fn run(self, _: &Cx<'_>) -> Result<Taken> {
        Ok(match Arc::try_unwrap(self.list) {
            // Nobody else has it: a loop that takes from it does not copy it each time.
            Ok(mut list) => Taken { item: list.pop().unwrap_or_default(), list },
            Err(shared) => match shared.split_last() {
                Some((item, rest)) => Taken { list: rest.to_vec(), item: item.clone() },
                None => Taken { list: Vec::new(), item: Value::Null },
            },
        })
    }
}
