use flowrun_core::value::sort_order;

use super::letters::fold;
use crate::prelude::*;

/// Tells which of two texts comes first in order, and whether they are equal.
///
/// Texts are ordered by their characters, as `list.sort` does: capital letters before small ones, letters with
/// accents behind all others. `case_sensitive: false` makes all letters small first. For conditions use
/// `true_false.compare`.
#[derive(Inputs)]
pub struct Compare {
    /// The first text.
    text_1: Text,
    /// The second text.
    text_2: Text,
    /// Whether capital and small letters differ.
    #[input(default = true)]
    case_sensitive: bool,
}

/// How they compare.
#[derive(Outputs)]
pub struct Compared {
    /// -1 if the first text comes first, 1 if the second does, 0 if they are equal.
    order: f64,
    /// Whether they are equal.
    equal: bool,
}

impl Pure for Compare {
    const ID: &str = "text.compare";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text_1: a, text_2: b }"# => ok r#"{ order: -1, equal: false }"#,
        r#"{ text_1: "9", text_2: "80" }"# => ok r#"{ order: 1, equal: false }"#,
        r#"{ text_1: JANE, text_2: jane, case_sensitive: false }"# => ok r#"{ order: 0, equal: true }"#,
        r#"{ text_1: null, text_2: "" }"# => ok r#"{ order: 0, equal: true }"#,
    };
    type Out = Compared;

    fn run(self, _: &Cx<'_>) -> Result<Compared> {
        let text = |text: Text| match self.case_sensitive {
            true => Value::Text(text),
            false => Value::from(fold(&text).collect::<String>()),
        };
        let order = sort_order(&text(self.text_1), &text(self.text_2));
        Ok(Compared { order: f64::from(order as i8), equal: order.is_eq() })
    }
}
