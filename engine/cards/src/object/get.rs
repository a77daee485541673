use flowrun_core::value::get;

use super::Tree;
use crate::prelude::*;

/// Takes a value out of an object, by its path.
///
/// Dots separate the keys of nested objects; a number is a place in a list, from 0. A key that has a dot in
/// its name is found by its whole name. What is not there gives a missing value, which isn't an error. A wire
/// can do the same: `$.card.output.key`. For several values use `object.get_multiple`.
#[derive(Inputs)]
pub struct Get {
    /// The object, or a list.
    object: Tree,
    /// The key, or keys with dots between them.
    path: Text,
}

/// The value.
#[derive(Outputs)]
pub struct Got {
    /// What lies there.
    #[output(key = "output")]
    value: Value,
}

impl Pure for Get {
    const ID: &str = "object.get";
    const EXPORTED_AS: &[&str] = &["kernel:object:get"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { a: one, b: two, c: 17 }, path: c }"# => ok r#"{ value: 17 }"#,
        r#"{ object: { all: { b: banana, c: cucumber } }, path: all.c }"# => ok r#"{ value: cucumber }"#,
        r#"{ object: { all: [{ b: banana }, { b: blackberry }, { b: breadfruit }] }, path: all.2.b }"#
            => ok r#"{ value: breadfruit }"#,
        r#"{ object: { "@odata.nextLink": "https://next" }, path: "@odata.nextLink" }"#
            => ok r#"{ value: "https://next" }"#,
        r#"{ object: [{ type: user }], path: 0.type }"# => ok r#"{ value: user }"#,
        r#"{ object: { a: one }, path: z.z }"# => ok r#"{ value: null }"#,
        r#"{ object: 7, path: a }"# => err "expected object, found number 7",
    };
    type Out = Got;

    fn run(self, _: &Cx<'_>) -> Result<Got> {
        Ok(Got { value: get(&self.object.0, &self.path) })
    }
}
