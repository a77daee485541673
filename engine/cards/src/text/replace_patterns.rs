use flowrun_core::value::Composed;

use super::pattern::any_of;
use crate::prelude::*;

/// Replaces any of several texts by another.
///
/// The texts mean themselves, whatever the name of the card says, and so does the replacement. Where two of
/// them begin at the same place, the one that comes first in the list counts. What was replaced is not
/// searched again. For regular expressions use `text.replace_pattern`, for one text `text.replace`.
#[derive(Inputs)]
pub struct ReplacePatterns {
    /// The text to search.
    #[input(key = "text")]
    look_in: Text,
    /// The texts that are replaced; blank ones occur nowhere.
    patterns: Vec<Text>,
    /// What takes their place.
    #[input(key = "replacement", default = "")]
    replace_with: Text,
    /// Whether every occurrence is replaced, or only the first.
    #[input(key = "global", default = true)]
    all_instances: bool,
    /// Whether capital and small letters differ.
    #[input(key = "case sensitive", default = true)]
    case_sensitive: bool,
}

/// The text after it.
#[derive(Outputs)]
pub struct Replaced {
    /// The text with the replacements.
    #[output(key = "output")]
    text: Text,
}

impl Pure for ReplacePatterns {
    const ID: &str = "text.replace_patterns";
    const EXPORTED_AS: &[&str] = &["kernel:string:replaceAny"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: "j.smith@x", patterns: [".", "@"], replace_with: "-" }"# => ok r#"{ text: j-smith-x }"#,
        r#"{ look_in: ÄàA, patterns: [ä, à], replace_with: $1, case_sensitive: false }"# => ok r#"{ text: $1$1A }"#,
        r#"{ look_in: abab, patterns: [b, ab], replace_with: x, all_instances: false }"# => ok r#"{ text: xab }"#,
        r#"{ look_in: abc, patterns: ["", null] }"# => ok r#"{ text: abc }"#,
        r#"{ look_in: abc, patterns: null }"# => ok r#"{ text: abc }"#,
    };
    type Out = Replaced;

    fn run(self, _: &Cx<'_>) -> Result<Replaced> {
        let pattern = any_of(&self.patterns, self.case_sensitive, Self::PATTERNS)?;
        let most = if self.all_instances { usize::MAX } else { 1 };
        let (mut out, mut rest_at) = (Composed::default(), 0);
        for found in pattern.find_iter(&self.look_in).take(most) {
            out.push(&self.look_in[rest_at..found.start()])?;
            out.push(&self.replace_with)?;
            rest_at = found.end();
        }
        if rest_at == 0 && out.is_empty() {
            return Ok(Replaced { text: self.look_in });
        }
        out.push(&self.look_in[rest_at..])?;
        Ok(Replaced { text: out.into() })
    }
}
