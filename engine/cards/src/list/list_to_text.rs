use flowrun_core::value::Composed;

use crate::prelude::*;

/// Puts the items of a list together into a text.
///
/// Numbers and dates are put as their text, objects and lists as JSON, missing items as nothing, but with
/// their separator. The way back is `text.split`.
#[derive(Inputs)]
pub struct ListToText {
    /// The items.
    list: Arc<Vec<Value>>,
    /// What is put between two items.
    #[input(key = "delimiter", default = ",")]
    separator: Text,
}

/// The text.
#[derive(Outputs)]
pub struct Joined {
    /// The items with the separator between them.
    #[output(key = "string")]
    text: Text,
}

impl Pure for ListToText {
    const ID: &str = "list.list_to_text";
    const EXPORTED_AS: &[&str] = &["kernel:list:join"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [one, two, three], separator: ", " }"# => ok r#"{ text: "one, two, three" }"#,
        r#"{ list: [1, true, { a: 1 }], separator: "" }"# => ok r#"{ text: '1true{"a":1}' }"#,
        r#"{ list: [a, null, b] }"# => ok r#"{ text: "a,,b" }"#,
        r#"{ list: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Joined;

    fn run(self, _: &Cx<'_>) -> Result<Joined> {
        let mut text = Composed::default();
        for (index, item) in self.list.iter().enumerate() {
            if index > 0 {
                text.push(&self.separator)?;
            }
            match item {
                Value::Text(item) => text.push(item)?,
                other => {
                    let item = Text::from_value(other.clone());
                    text.push(&item.map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::LIST)))?)?;
                }
            }
        }
        Ok(Joined { text: text.into() })
    }
}
