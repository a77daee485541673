use super::holds;
use crate::prelude::*;

/// Finds the first item of a list for which a comparison holds.
///
/// It compares as `list.filter` does. If the comparison holds for no item, `item` is missing and `index` is
/// -1; that isn't an error.
#[derive(Inputs)]
pub struct Find {
    /// The items.
    list: Arc<Vec<Value>>,
    /// Where in each item to look: a key, or keys with dots between them.
    #[input(default = "")]
    path: Text,
    /// How it is compared.
    #[input(default = "==", choices = Operator::NAMES)]
    operator: Operator,
    /// What it is compared with.
    comparison: Value,
}

/// What was found.
#[derive(Outputs)]
pub struct Found {
    /// The first item for which the comparison holds.
    #[output(keys_of = "list")]
    item: Value,
    /// Its place in the list, from 0, or -1.
    index: f64,
}

impl Pure for Find {
    const ID: &str = "list.find";
    const EXPORTED_AS: &[&str] = &["kernel:list:findBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ id: 1, name: Bob }, { id: 2, name: Jane }], path: name, comparison: Jane }"#
            => ok r#"{ item: { id: 2, name: Jane }, index: 1 }"#,
        r#"{ list: [red, green, blue], comparison: green }"# => ok r#"{ item: green, index: 1 }"#,
        r#"{ list: [red, green, blue], comparison: Green }"# => ok r#"{ item: null, index: -1 }"#,
        r#"{ list: null, comparison: 1 }"# => ok r#"{ item: null, index: -1 }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        let path = Path::new(&self.path);
        for (index, item) in self.list.iter().enumerate() {
            let holds = holds(&path, item, self.operator, &self.comparison);
            if holds.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::COMPARISON)))? {
                return Ok(Found { item: item.clone(), index: index as f64 });
            }
        }
        Ok(Found { item: Value::Null, index: -1.0 })
    }
}
