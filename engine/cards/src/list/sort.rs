use flowrun_core::value::{convert, sort_order};

use crate::prelude::*;

/// Sorts a list, the smallest first.
///
/// What lies at `path` in the items is compared; a blank path means the items themselves. Numbers are sorted
/// by their size, texts by their letters (`10` before `9`, `Z` before `a`), dates by their time, false before
/// true. All are converted to the type of the first one. Items that lack the value come last. Equal items
/// keep their order.
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
    #[output(key = "sorted list")]
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
        r#"{ list: [{}, [1]] }"# => err "have no order",
    };
    type Out = Sorted;

    fn run(self, _: &Cx<'_>) -> Result<Sorted> {
        let path = Path::new(&self.path);
        let mut items = Vec::with_capacity(self.list.len());
        let mut wanted = Type::ANY;
        for item in self.list.iter() {
            let key = path.get(item);
            if wanted == Type::ANY {
                wanted = match key {
                    Value::Null => Type::ANY,
                    Value::Number(_) => Type::NUMBER,
                    Value::Text(_) => Type::TEXT,
                    Value::Date(_) => Type::DATE,
                    Value::Bool(_) => Type::BOOL,
                    other => bail!(Self::LIST, "values of kind {} have no order", other.kind()),
                };
            }
            let key = if key.is_null() { Ok(key) } else { convert(key, wanted) };
            items.push((key.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::LIST)))?, item.clone()));
        }
        items.sort_by(|(a, _), (b, _)| sort_order(a, b));
        Ok(Sorted { list: items.into_iter().map(|(_, item)| item).collect() })
    }
}
