use crate::prelude::*;

/// Makes an object of a list: each item becomes a key and its value.
///
/// What lies at the key path becomes the key, as text, and what lies at the value path its value; a blank value
/// path means the whole item. Of items with the same key the last one counts; those that lack the key are left
/// out. With it `object.get` finds an item at once, where `list.find` walks the list. See also `list.group_by`.
#[derive(Inputs)]
pub struct IndexBy {
    /// The items.
    list: Arc<Vec<Value>>,
    /// Where in each item the key lies.
    #[input(key = "keyPath")]
    key_path: Text,
    /// Where in each item the value lies.
    #[input(key = "valuePath", default = "")]
    value_path: Text,
}

/// The object.
#[derive(Outputs)]
pub struct Indexed {
    /// For each key its value.
    #[output(key = "output")]
    object: Record,
}

impl Pure for IndexBy {
    const ID: &str = "list.index_by";
    const EXPORTED_AS: &[&str] = &["kernel:list:indexBy"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ field: x, value: one }, { field: z, value: two }], key_path: field, value_path: value }"#
            => ok r#"{ object: { x: one, z: two } }"#,
        r#"{ list: [{ id: 7, name: Jane }], key_path: id }"# => ok r#"{ object: { "7": { id: 7, name: Jane } } }"#,
        r#"{ list: [{ id: a, of: 1 }, { of: 2 }, { id: a, of: 3 }, { id: b }], key_path: id, value_path: of }"#
            => ok r#"{ object: { a: 3, b: null } }"#,
    };
    type Out = Indexed;

    fn run(self, _: &Cx<'_>) -> Result<Indexed> {
        let (key, value) = (Path::new(&self.key_path), Path::new(&self.value_path));
        let mut object = Record::default();
        for item in self.list.iter() {
            let found = key.get(item);
            if found.is_null() {
                continue;
            }
            let found = Text::from_value(found);
            let found = found.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::KEY_PATH)))?;
            object.insert(found, value.get(item));
        }
        Ok(Indexed { object })
    }
}
