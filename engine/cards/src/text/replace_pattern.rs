use flowrun_core::value::Composed;
use regex::Captures;

use super::pattern::{compile, matches};
use crate::prelude::*;

/// Replaces what a pattern matches.
///
/// In the replacement `$1` to `$99` stand for what the parentheses of the pattern matched, `$<name>` for those
/// with a name, `$&` for all of the match, and `$$` for `$`. Patterns are those of `text.find_pattern`. For
/// texts that mean themselves use `text.replace` or `text.replace_patterns`.
#[derive(Inputs)]
pub struct ReplacePattern {
    /// The text to search.
    look_in: Text,
    /// The pattern.
    look_for: Text,
    /// What takes the place of a match.
    #[input(default = "")]
    replace_with: Text,
    /// Whether every match is replaced, or only the first.
    #[input(default = true)]
    all_instances: bool,
    /// Whether capital and small letters differ.
    #[input(default = true)]
    case_sensitive: bool,
}

/// The text after it.
#[derive(Outputs)]
pub struct Replaced {
    /// The text with the replacements.
    text: Text,
}

impl Pure for ReplacePattern {
    const ID: &str = "text.replace_pattern";
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: "+49 (30) 123", look_for: '[^\d]' }"# => ok r#"{ text: "4930123" }"#,
        r#"{ look_in: "Smith, Jane", look_for: '(\w+), (\w+)', replace_with: "$2 $1" }"# => ok r#"{ text: Jane Smith }"#,
        r#"{ look_in: aAa, look_for: a, replace_with: "<$&>", all_instances: false, case_sensitive: false }"#
            => ok r#"{ text: "<a>Aa" }"#,
        r#"{ look_in: a, look_for: "(?<x>a)", replace_with: "$<x>$$1$2$" }"# => ok r#"{ text: "a$1$2$" }"#,
        r#"{ look_in: a, look_for: "(?<x>b)?a", replace_with: "[$<x>$<y>]" }"# => ok r#"{ text: "[]" }"#,
        r#"{ look_in: a, look_for: '(a)\1' }"# => err "backreferences are not supported",
    };
    type Out = Replaced;

    fn judge(input: InputId, constant: &Value, _: &[&str]) -> Result<()> {
        match constant.as_text() {
            Some(pattern) if input == Self::LOOK_FOR => compile(pattern, true, input).map(drop),
            _ => Ok(()),
        }
    }

    fn run(self, _: &Cx<'_>) -> Result<Replaced> {
        let pattern = compile(&self.look_for, self.case_sensitive, Self::LOOK_FOR)?;
        let has_names = pattern.capture_names().flatten().next().is_some();
        let most = if self.all_instances { usize::MAX } else { 1 };
        let (mut out, mut rest_at) = (Composed::default(), 0);
        for found in matches(&pattern, &self.look_in).take(most) {
            let whole = found.get_match();
            out.push(&self.look_in[rest_at..whole.start()])?;
            expand(&self.replace_with, &found, has_names, &mut out)?;
            rest_at = whole.end();
        }
        if rest_at == 0 && out.is_empty() {
            return Ok(Replaced { text: self.look_in });
        }
        out.push(&self.look_in[rest_at..])?;
        Ok(Replaced { text: out.into() })
    }
}

/// Writes the replacement for a match, as JavaScript does: what has no group's number stays as it is, and so does what has none's name, but
/// only where no group has a name.
fn expand(template: &str, found: &Captures<'_>, has_names: bool, out: &mut Composed) -> Result<()> {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push(before)?;
        let (taken, length) = reference(after, found, has_names).unwrap_or(("$", 0));
        out.push(taken)?;
        rest = &after[length..];
    }
    out.push(rest)
}

/// What the text behind a `$` refers to, and how many bytes of it say so.
fn reference<'f>(after: &str, found: &'f Captures<'_>, has_names: bool) -> Option<(&'f str, usize)> {
    let group = |index: usize| Some(found.get(index).map_or("", |group| group.as_str()));
    match after.as_bytes() {
        [b'$', ..] => Some(("$", 1)),
        [b'&', ..] => Some((group(0)?, 1)),
        [b'<', ..] if has_names => {
            let (name, _) = after[1..].split_once('>')?;
            Some((found.name(name).map_or("", |group| group.as_str()), name.len() + 2))
        }
        digits => {
            let count = digits.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
            // `$12` is the twelfth group if there are so many, else the first one and a 2.
            (1..=count).rev().find_map(|count| {
                let index = after[..count].parse::<usize>().ok()?;
                (index > 0 && index < found.len()).then(|| Some((group(index)?, count)))?
            })
        }
    }
}
