//! Whether two texts say the same: the values, and what their author remarked.

use super::tree::{self, Remark};
use crate::diag::{Code, Diagnostic};
use crate::load::node::{Content, Node};
use crate::source::{FileId, Span};

/// Holds what was written against what was meant: keys may stand elsewhere in their mapping, all else is the same.
pub(super) fn check(
    file: FileId,
    before: &Node,
    remarks: &[Remark<'_>],
    written: &str,
) -> Result<(), Diagnostic> {
    let lost = |what: &str, span: Span| {
        Diagnostic::new(Code::Structure, span, format!("formatted, the file would not {what}"))
            .label("the file is left as it is")
            .help("this is a mistake of flowrun: please report it with the file")
    };
    let start = Span::start_of(file);
    let after = super::meaning(file, written).map_err(|_| lost("be YAML", start))?;
    if let Some(span) = differs(before, &after) {
        return Err(lost("say the same", span));
    }
    let (_, now) = tree::read(file, written).map_err(|_| lost("be YAML", start))?;
    let sorted = |remarks: &[Remark<'_>]| {
        let mut all: Vec<String> = remarks.iter().map(|remark| remark.text.to_owned()).collect();
        all.sort();
        all
    };
    if sorted(remarks) == sorted(&now) { Ok(()) } else { Err(lost("keep all of its comments", start)) }
}

/// The first value that is another one.
fn differs(a: &Node, b: &Node) -> Option<Span> {
    match (&a.content, &b.content) {
        (Content::List(a), Content::List(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| differs(a, b))
        }
        (Content::Map(before), Content::Map(after)) if before.len() == after.len() => {
            let mut after: Vec<Option<&(Node, Node)>> = after.iter().map(Some).collect();
            let mut first = 0;
            before.iter().find_map(|(key, value)| {
                let same = |member: &Option<&(Node, Node)>| {
                    member.is_some_and(|(other, _)| differs(key, other).is_none())
                };
                // Mostly nothing has moved, and the first that is left is it. Of a key that stands twice, the first is still the first.
                first += after[first..].iter().take_while(|member| member.is_none()).count();
                match after[first..].iter_mut().find(|member| same(member)).and_then(Option::take) {
                    Some((_, other)) => differs(value, other),
                    None => Some(key.span),
                }
            })
        }
        (a_content, b_content) if a_content == b_content => None,
        _ => Some(a.span),
    }
}
