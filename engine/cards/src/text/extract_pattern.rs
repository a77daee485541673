use super::pattern::{compile, matches};
use crate::prelude::*;

/// Takes out of a text what a pattern matches.
///
/// `first` is the first match and `groups` what its parentheses matched; `all` lists every match. Parentheses
/// that took no part, and the first match where there is none, are missing. Patterns are those of
/// `text.find_pattern`.
#[derive(Inputs)]
pub struct ExtractPattern {
    /// The text to search.
    look_in: Text,
    /// The pattern.
    look_for: Text,
    /// Whether capital and small letters differ.
    #[input(default = true)]
    case_sensitive: bool,
}

/// What was found.
#[derive(Outputs)]
pub struct Extracted {
    /// The first match.
    first: Option<Text>,
    /// What each pair of parentheses matched in it, in the order in which they open.
    groups: Vec<Option<Text>>,
    /// All matches, one behind the other.
    all: Vec<Text>,
}

impl Pure for ExtractPattern {
    const ID: &str = "text.extract_pattern";
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: "id=7, id=12", look_for: 'id=(\d+)' }"#
            => ok r#"{ first: id=7, groups: ["7"], all: [id=7, id=12] }"#,
        r#"{ look_in: "CN=Jane", look_for: "cn=(x)?(.+)", case_sensitive: false }"#
            => ok r#"{ first: CN=Jane, groups: [null, Jane], all: [CN=Jane] }"#,
        r#"{ look_in: Jane, look_for: "(x)" }"# => ok r#"{ first: null, groups: [], all: [] }"#,
        r#"{ look_in: Jane, look_for: "[" }"# => err "the pattern can't be used: unclosed character class",
    };
    type Out = Extracted;

    fn judge(input: InputId, constant: &Value, _: &[&str]) -> Result<()> {
        match constant.as_text() {
            Some(pattern) if input == Self::LOOK_FOR => compile(pattern, true, input).map(drop),
            _ => Ok(()),
        }
    }

    fn run(self, _: &Cx<'_>) -> Result<Extracted> {
        let pattern = compile(&self.look_for, self.case_sensitive, Self::LOOK_FOR)?;
        let all: Vec<Text> =
            matches(&pattern, &self.look_in).map(|found| Text::from(found.get_match().as_str())).collect();
        let groups = match pattern.captures(&self.look_in) {
            Some(found) => {
                found.iter().skip(1).map(|group| group.map(|group| Text::from(group.as_str()))).collect()
            }
            None => Vec::new(),
        };
        Ok(Extracted { first: all.first().cloned(), groups, all })
    }
}
