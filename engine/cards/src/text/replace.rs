use crate::prelude::*;

/// Replaces a part of a text by another.
///
/// What is looked for means itself, it is no pattern, and so does the replacement: `$1` stays `$1`. Only the
/// first occurrence is replaced unless `all_instances` says otherwise. A text in which it does not occur
/// stays as it is, and a blank `look_for` occurs nowhere. See also `text.split` and `text.text_segment`.
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
        let mut out = String::new();
        while !self.look_for.is_empty()
            && let Some((start, end)) = find(rest)
        {
            out.push_str(&rest[..start]);
            out.push_str(&self.replace_with);
            rest = &rest[end..];
            if !self.all_instances {
                break;
            }
        }
        if rest.len() == self.look_in.len() {
            return Ok(Replaced { text: self.look_in });
        }
        out.push_str(rest);
        Ok(Replaced { text: out.into() })
    }
}

fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// The first place in `text` whose letters, made small, are `wanted`; only whole characters are matched.
fn find_folded(text: &str, wanted: &[char]) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(start, _)| {
        let mut left = wanted;
        for (offset, letter) in text[start..].char_indices() {
            for small in letter.to_lowercase() {
                left = left.strip_prefix(&[small])?;
            }
            if left.is_empty() {
                return Some((start, start + offset + letter.len_utf8()));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_fold_to_several_are_matched_whole() {
        // İ folds to i and a dot: a lone i matches neither all of it nor a part.
        let wanted: Vec<char> = fold("i").collect();
        assert_eq!(find_folded("İi", &wanted), Some((2, 3)));
        assert_eq!(find_folded("GRÖSSE größe", &fold("Größe").collect::<Vec<_>>()), Some((8, 15)));
    }
}
