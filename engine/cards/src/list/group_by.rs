use crate::prelude::*;

/// Sorts the items of a list into groups, by a value that each has.
///
/// The groups are an object: the value, as text, is the key, and under it is the list of the items that have it.
/// Items that lack the value are under the blank key. Groups and items keep their order. See also
/// `list.index_by` and `list.remove_duplicates`.
#[derive(Inputs)]
pub struct GroupBy {
    /// The items.
    list: Arc<Vec<Value>>,
    /// Where in each item the value lies: a key, or keys with dots between them; blank means the item itself.
    #[input(default = "")]
    path: Text,
}

/// The groups.
#[derive(Outputs)]
pub struct Grouped {
    /// For each value the items that have it.
    groups: Record,
}

impl Pure for GroupBy {
    const ID: &str = "list.group_by";
    const EXPORTED_AS: &[&str] = &["kernel:list:groupBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ id: 1, office: Berlin }, { id: 2, office: Paris }, { id: 3, office: Berlin }], path: office }"#
            => ok r#"{ groups: { Berlin: [{ id: 1, office: Berlin }, { id: 3, office: Berlin }], Paris: [{ id: 2, office: Paris }] } }"#,
        r#"{ list: [1, "1", true] }"# => ok r#"{ groups: { "1": [1, "1"], "true": [true] } }"#,
        r#"{ list: [{ a: 1 }, { office: "" }], path: office }"#
            => ok r#"{ groups: { "": [{ a: 1 }, { office: "" }] } }"#,
        r#"{ list: null, path: office }"# => ok r#"{ groups: {} }"#,
    };
    type Out = Grouped;

    fn run(self, _: &Cx<'_>) -> Result<Grouped> {
        let path = Path::new(&self.path);
        let mut groups = Record::default();
        for item in self.list.iter() {
            let key = Text::from_value(path.get(item));
            let key = key.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::PATH)))?;
            match groups.member(&key) {
                Value::List(group) => Arc::make_mut(group).push(item.clone()),
                group => *group = Value::list(vec![item.clone()]),
            }
        }
        Ok(Grouped { groups })
    }
}
