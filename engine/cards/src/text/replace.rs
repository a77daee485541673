use flowrun_core::value::Composed;

use super::letters::{find_folded, fold};
use crate::prelude::*;

/// Replaces a part of a text by another.
///
/// What is looked for means itself, it isn't a pattern, and so does the replacement: `$1` stays `$1`. Only the
/// first occurrence is replaced unless `all_instances` says otherwise. A text in which it does not occur
/// stays as it is, and a blank `look_for` occurs nowhere. For several texts at once use
/// `text.replace_patterns`, for patterns `text.replace_pattern`.
#[derive(Inputs)]
pub struct Replace {
    /// The text to search.
    #[input(key = "string")]
    look_in: Text,
    /// What is replaced.
    #[input(key = "src")]
    look_for: Text,
    /// What takes its place.
    #[input(key = "dest", default = "")]
    replace_with: Text,
    /// Whether every occurrence is replaced, or only the first.
    #[input(key = "global", default = false)]
    all_instances: bool,
    /// Whether capital and small letters differ.
    #[input(key = "sensitive", default = true)]
    case_sensitive: bool,
}

/// The text after it.
#[derive(Outputs)]
pub struct Replaced {
    /// The text with the replacement.
    #[output(key = "output")]
    text: Text,
}

impl Pure for Replace {
    const ID: &str = "text.replace";
    const EXPORTED_AS: &[&str] = &["kernel:string:replace"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: "a|b|c", look_for: "|", replace_with: ", " }"# => ok r#"{ text: "a, b|c" }"#,
        r#"{ look_in: "a|b|c", look_for: "|", replace_with: ", ", all_instances: true }"#
            => ok r#"{ text: "a, b, c" }"#,
        r#"{ look_in: "Test test TEST", look_for: Test, replace_with: $1, all_instances: true, case_sensitive: false }"#
            => ok r#"{ text: $1 $1 $1 }"#,
        r#"{ look_in: "abc", look_for: x, replace_with: y }"# => ok r#"{ text: abc }"#,
        r#"{ look_in: "abc", look_for: "", replace_with: y }"# => ok r#"{ text: abc }"#,
    };
    type Out = Replaced;

    fn run(self, _: &Cx<'_>) -> Result<Replaced> {
        let folded = if self.case_sensitive { Vec::new() } else { fold(&self.look_for).collect() };
        let find = |text: &str| match self.case_sensitive {
            true => text.find(&*self.look_for).map(|at| (at, at + self.look_for.len())),
            false => find_folded(text, &folded),
        };
        let mut rest = &*self.look_in;
        let mut out = Composed::default();
        while !self.look_for.is_empty()
            && let Some((start, end)) = find(rest)
        {
            out.push(&rest[..start])?;
            out.push(&self.replace_with)?;
            rest = &rest[end..];
            if !self.all_instances {
                break;
            }
        }
        if rest.len() == self.look_in.len() {
            return Ok(Replaced { text: self.look_in });
        }
        out.push(rest)?;
        Ok(Replaced { text: out.into() })
    }
}
