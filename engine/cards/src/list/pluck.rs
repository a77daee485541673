use crate::prelude::*;

/// Takes one value out of each object of a list.
///
/// The new list has as many items as the old one; where an object lacks the key, there is a missing value.
/// The key may be a path: `profile.name`, `emails.0.address`. See also `object.get` and `list.map`.
#[derive(Inputs)]
pub struct Pluck {
    /// The objects.
    list: Arc<Vec<Value>>,
    /// The key, or keys with dots between them.
    key: Text,
}

/// The values.
#[derive(Outputs)]
pub struct Plucked {
    /// One value for each object, in their order.
    values: Vec<Value>,
}

impl Pure for Pluck {
    const ID: &str = "list.pluck";
    const EXPORTED_AS: &[&str] = &["kernel:list:pluck"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ name: Bob, gender: male }, { name: Sarah, gender: female }], key: name }"#
            => ok r#"{ values: [Bob, Sarah] }"#,
        r#"{ list: [{ profile: { name: Bob } }, { profile: {} }, 7], key: profile.name }"#
            => ok r#"{ values: [Bob, null, null] }"#,
        r#"{ list: [], key: name }"# => ok r#"{ values: [] }"#,
    };
    type Out = Plucked;

    fn run(self, _: &Cx<'_>) -> Result<Plucked> {
        let path = Path::new(&self.key);
        Ok(Plucked { values: self.list.iter().map(|item| path.get(item)).collect() })
    }
}
