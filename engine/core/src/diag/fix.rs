//! Mistakes that can be mended by anyone who has the file: `flowrun fmt` does, editors may.

use super::Diagnostic;
use crate::source::{FileId, Span};

/// A change of a file: other text in a place of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The place; an empty one is added to.
    pub span: Span,
    /// What is to stand there.
    pub text: String,
}

/// What mends a mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fix {
    /// The edits, all of which must be made.
    pub edits: Vec<Edit>,
}

impl Edit {
    /// Whether only one of the two can be made.
    fn excludes(&self, other: &Edit) -> bool {
        let (a, b) = (self.span, other.span);
        let apart = a.end <= b.start || b.end <= a.start;
        self != other && (!apart || a == b)
    }
}

/// The text of a file with the fixes of what was found in it, and how many mistakes that mends. Of two fixes that can't both be made,
/// the first is.
pub fn mended(file: FileId, text: &str, found: &[Diagnostic]) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for mistake in found.iter().filter(|mistake| mistake.span.file == file && !mistake.edits().is_empty()) {
        let fits = |edit: &Edit| edit.span.file == file && !edits.iter().any(|taken| taken.excludes(edit));
        if mistake.edits().iter().all(fits) {
            edits.extend(mistake.edits());
            count += 1;
        }
    }
    edits.sort();
    edits.dedup();
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        mended.push_str(&text[at..edit.span.start as usize]);
        mended.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    mended.push_str(&text[at..]);
    (mended, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn fixes_share_edits_and_exclude_each_other_where_they_overlap() {
        let (file, text) = (FileId(0), "a: x.b.c");
        let edit = |start, end, text: &str| Edit { span: Span { file, start, end }, text: text.to_owned() };
        let fixed = |edits: &[Edit]| {
            let mistake = Diagnostic::new(Code::UnknownRecordKey, edits[0].span, "no");
            edits.iter().cloned().fold(mistake, Diagnostic::fix)
        };
        let quotes = [edit(3, 3, "\""), edit(8, 8, "\"")];
        let b = fixed(&[quotes[0].clone(), edit(5, 6, "B"), quotes[1].clone()]);
        let c = fixed(&[quotes[0].clone(), edit(7, 8, "C"), quotes[1].clone()]);
        let all = fixed(&[edit(3, 8, "y")]);
        let elsewhere =
            fixed(&[Edit { span: Span { file: FileId(1), start: 0, end: 1 }, text: "z".to_owned() }]);
        let table = [
            (vec![], "a: x.b.c", 0),
            (vec![b.clone()], "a: \"x.B.c\"", 1),
            (vec![c.clone(), b.clone()], "a: \"x.B.C\"", 2),
            (vec![b, all.clone(), c.clone()], "a: \"x.B.C\"", 2),
            (vec![all, c, elsewhere], "a: y", 1),
        ];
        for (found, expected, count) in table {
            assert_eq!(mended(file, text, &found), (expected.to_owned(), count));
        }
    }
}
