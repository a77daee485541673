//! Diagnostics for programs: editors, CI.

use serde_json::{Value, json};

use super::mask::Masked;
use super::{Diagnostic, Edit, Severity, sorted};
use crate::source::{Sources, Span};

/// The diagnostics as JSON, by file and place.
///
/// Lines and columns count from 1, columns in characters, `columnUtf16` and `endColumnUtf16` in units of UTF-16, as editors do;
/// `start` and `end` are bytes. The form is version 1: members may be
/// added to it, none will change or go.
pub fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let masked = Masked::new(diagnostics, sources);
    let sorted = sorted(diagnostics, sources);
    let count = |severity| sorted.iter().filter(|d| d.code.severity() == severity).count();
    let list: Vec<Value> = sorted
        .iter()
        .map(|d| {
            let mut object = json!({
                "code": d.code.to_string(),
                "slug": d.code.slug(),
                "severity": match d.code.severity() {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                "message": masked.words(&d.message),
                "label": (!d.label.is_empty()).then(|| masked.words(&d.label)),
                "help": d.help.as_deref().map(|help| masked.words(help)),
            });
            let related: Vec<Value> = d
                .related
                .iter()
                .map(|(span, why)| {
                    let mut place = json!({ "message": masked.words(why) });
                    locate(&mut place, *span, sources);
                    place
                })
                .collect();
            locate(&mut object, d.span, sources);
            object["related"] = related.into();
            if !d.edits().is_empty() {
                let edit = |edit: &Edit| {
                    let mut edited = json!({ "text": edit.text });
                    locate(&mut edited, edit.span, sources);
                    edited
                };
                object["fix"] = d.edits().iter().map(edit).collect();
            }
            if let Some(origin) = sources.origin(d.span) {
                let (card, card_id) = origin.card.clone().unzip();
                let (flow, flow_id) = (&*origin.flow, &*origin.flow_id);
                object["origin"] =
                    json!({ "flow": flow, "flow_id": flow_id, "card": card.as_deref(), "card_id": card_id.as_deref() });
            }
            object
        })
        .collect();
    json!({ "version": 1, "errors": count(Severity::Error), "warnings": count(Severity::Warning), "diagnostics": list })
}

fn locate(object: &mut Value, span: Span, sources: &Sources) {
    let (line, column) = sources.line_column(span);
    let (end_line, end_column) = sources.end_line_column(span);
    object["file"] = (*sources.get(span.file).path).into();
    object["line"] = line.into();
    object["column"] = column.into();
    object["endLine"] = end_line.into();
    object["endColumn"] = end_column.into();
    let (column, end_column) = sources.columns_utf16(span);
    object["columnUtf16"] = column.into();
    object["endColumnUtf16"] = end_column.into();
    object["start"] = span.start.into();
    object["end"] = span.end.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Diagnostic};

    #[test]
    fn columns_count_characters_and_what_editors_count() {
        let mut sources = Sources::default();
        let file = sources.add("flow.yaml", "a: 1\né𝄞: x\n");
        // `x` stands behind two characters of two and four bytes, the second of which is two units of UTF-16.
        let span = Span { file, start: 13, end: 14 };
        let told = to_json(&[Diagnostic::new(Code::BadName, span, "no")], &sources);
        let place = &told["diagnostics"][0];
        let columns = ["line", "column", "columnUtf16", "endColumn", "endColumnUtf16", "start"];
        assert_eq!(columns.map(|name| place[name].as_u64()), [2, 5, 6, 6, 7, 13].map(Some));
    }
}
