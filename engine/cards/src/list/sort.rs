use flowrun_core::value::sort_by_key;

use crate::prelude::*;

/// Sorts a list, the smallest first.
///
/// What lies at `path` in the items is compared; a blank path means the items themselves. Numbers are sorted
/// by their size, texts by their letters (`10` before `9`, `Z` before `a`), dates by their time, false before
/// true. All are converted to the type of the first one. Items that lack the value come last. Equal items
/// keep their order. For the largest first put `list.reverse` behind it; to sort by something that must be
/// worked out use `list.sort_custom`.
#[derive(Inputs)]
pub struct Sort {
    /// The items.
    list: Arc<Vec<Value>>,
    /// Where in each item the value lies by which it is sorted: a key, or keys with dots between them.
    #[input(default = "")]
    path: Text,
}

/// The sorted list.
#[derive(Outputs)]
pub struct Sorted {
    /// The same items, sorted.
    #[output(key = "sorted list", keys_of = "list")]
    list: Vec<Value>,
}

impl Pure for Sort {
    const ID: &str = "list.sort";
    const EXPORTED_AS: &[&str] = &["kernel:list:sortBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [10, 9, 80] }"# => ok r#"{ list: [9, 10, 80] }"#,
        r#"{ list: ["10", "9", b, B] }"# => ok r#"{ list: ["10", "9", B, b] }"#,
        r#"{ list: [{ age: 2, of: a }, {}, { age: 1 }, { age: "2", of: b }], path: age }"#
            => ok r#"{ list: [{ age: 1 }, { age: 2, of: a }, { age: "2", of: b }, {}] }"#,
        r#"{ list: [1, two] }"# => err "expected number, found text \"two\"",
        r#"{ list: [{}, [1]] }"# => err "expected text, found object",
    };
    type Out = Sorted;

    fn run(self, _: &Cx<'_>) -> Result<Sorted> {
        let path = Path::new(&self.path);
        let keyed = self.list.iter().map(|item| (path.get(item), item.clone())).collect();
        let list = sort_by_key(keyed).map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::LIST)))?;
        Ok(Sorted { list })
    }
}
