use flowrun_core::value::get;

use super::read;
use crate::prelude::*;

/// Takes one value out of a JSON text, by its path.
///
/// It is `json.parse` and `object.get` in one. Dots separate the keys of nested objects; a number is a place
/// in a list, from 0; a blank path gives all of it. What is not there gives a missing value, which is no
/// error, but a text that isn't JSON is one.
#[derive(Inputs)]
pub struct Get {
    /// The JSON, or an object or list.
    text: Value,
    /// The key, or keys with dots between them.
    path: Text,
}

/// The value.
#[derive(Outputs)]
pub struct Got {
    /// What lies there.
    value: Value,
}

impl Pure for Get {
    const ID: &str = "json.get";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: '{"users": [{"id": 7}, {"id": 8}]}', path: users.1.id }"# => ok r#"{ value: 8 }"#,
        r#"{ text: "[true]", path: "" }"# => ok r#"{ value: [true] }"#,
        r#"{ text: "{}", path: users.0 }"# => ok r#"{ value: null }"#,
        r#"{ text: "users", path: users }"# => err "the text is not JSON",
    };
    type Out = Got;

    fn run(self, _: &Cx<'_>) -> Result<Got> {
        let value = read(self.text, Self::TEXT)?;
        Ok(Got { value: if self.path.is_empty() { value } else { get(&value, &self.path) } })
    }
}
