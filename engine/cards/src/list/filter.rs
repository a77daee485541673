use super::holds;
use crate::prelude::*;

/// Keeps the items of a list for which a comparison holds.
///
/// What lies at `path` in an item is compared with `comparison`, as `branching.if_else` compares: the
/// comparison is converted to the type of what it is compared with, unless the operator is === or !==. A
/// blank path means the item itself. An item that lacks the path compares as a missing value: it is equal to
/// nothing but a blank and the text `null`. See also `list.find`, which stops at the first.
#[derive(Inputs)]
pub struct Filter {
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

/// What is left.
#[derive(Outputs)]
pub struct Filtered {
    /// The items for which the comparison holds, in their order.
    #[output(keys_of = "list")]
    list: Arc<Vec<Value>>,
}

impl Pure for Filter {
    const ID: &str = "list.filter";
    const EXPORTED_AS: &[&str] = &["kernel:list:filterBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ name: Jane, status: active }, { name: Bob, status: inactive }], path: status, comparison: active }"#
            => ok r#"{ list: [{ name: Jane, status: active }] }"#,
        r#"{ list: [5, 12, 80], operator: ">", comparison: "9" }"# => ok r#"{ list: [12, 80] }"#,
        r#"{ list: [1, "1"], operator: "===", comparison: 1 }"# => ok r#"{ list: [1] }"#,
        r#"{ list: [{ a: { b: "" } }, { a: {} }], path: a.b, operator: is empty }"#
            => ok r#"{ list: [{ a: { b: "" } }, { a: {} }] }"#,
        r#"{ list: [{ a: 1 }, {}, { a: null }], path: a, operator: "!=", comparison: "null" }"# => ok r#"{ list: [{ a: 1 }] }"#,
        r#"{ list: [{ age: {} }], path: age, operator: ">", comparison: 5 }"# => err "expected object",
    };
    type Out = Filtered;

    fn run(self, _: &Cx<'_>) -> Result<Filtered> {
        let path = Path::new(&self.path);
        let mut kept = Vec::new();
        for item in self.list.iter() {
            let holds = holds(&path, item, self.operator, &self.comparison);
            if holds.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::COMPARISON)))? {
                kept.push(item.clone());
            }
        }
        // If all stay, the old list serves as the new one.
        Ok(Filtered { list: if kept.len() == self.list.len() { self.list } else { Arc::new(kept) } })
    }
}
