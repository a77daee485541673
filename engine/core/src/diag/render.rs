//! Diagnostics for people: the message, the place with its line, other places, the remedy.

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet, normalize_untrusted_str,
};

use super::mask::Masked;
use super::{Diagnostic, Severity, sorted};
use crate::source::{FileId, Sources, Span, boundary};
use crate::words;

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether the terminal shows colors.
    pub color: bool,
    /// How many letters a line may have.
    pub width: usize,
}

/// How many mistakes are shown: nobody reads more at once.
const MOST_SHOWN: usize = 100;

/// Lines farther apart than this are shown in excerpts of their own.
const NEAR_LINES: usize = 200;

/// Draws the diagnostics, by file and place, with a summary as the last line; nothing for none.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let masked = Masked::new(diagnostics, sources);
    let mut drawn = String::new();
    let mut shown = sorted(diagnostics, sources);
    let more = shown.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        // Warnings may follow from errors, and wait.
        shown.sort_by_key(|diagnostic| diagnostic.code.severity());
        shown.truncate(MOST_SHOWN);
    }
    for diagnostic in shown {
        drawn.push_str(&renderer.render(&[group(diagnostic, sources, &masked, style)]));
        drawn.push_str("\n\n");
    }
    if more > 0 {
        drawn.push_str(&format!("… and {} more\n\n", words::count(more as u64)));
    }
    drawn.push_str(&summary(diagnostics, sources));
    drawn.push('\n');
    words::harmless(&drawn).into_owned()
}

/// Draws the diagnostics in the order in which they are given, without a summary.
pub fn draw(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let masked = Masked::new(diagnostics, sources);
    let mut drawn = String::new();
    for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
        drawn.push_str(&renderer.render(&[group(diagnostic, sources, &masked, style)]));
        drawn.push_str("\n\n");
    }
    words::harmless(&drawn).into_owned()
}

/// How many mistakes there are: `2 errors, 1 warning in 3 files`.
pub fn summary(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let sorted = sorted(diagnostics, sources);
    let files: BTreeSet<FileId> = sorted.iter().map(|d| d.span.file).collect();
    let count = |severity, word: &str| match sorted.iter().filter(|d| d.code.severity() == severity).count() {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let counts: Vec<String> = [count(Severity::Error, "error"), count(Severity::Warning, "warning")]
        .into_iter()
        .flatten()
        .collect();
    match (counts.is_empty(), files.len()) {
        (true, _) => "no mistakes".into(),
        (false, 1) => format!("{} in 1 file", counts.join(", ")),
        (false, n) => format!("{} in {n} files", counts.join(", ")),
    }
}

fn group<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    masked: &'a Masked<'_>,
    style: Style,
) -> Group<'a> {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(masked.words(&diagnostic.message)).id(diagnostic.code.to_string());
    let mut group = Group::with_title(title);

    // The first place is the mistake's own; places near it in the same file share its excerpt.
    let mut places = vec![(diagnostic.span, AnnotationKind::Primary, diagnostic.label.as_str())];
    places
        .extend(diagnostic.related.iter().map(|(span, why)| (*span, AnnotationKind::Context, why.as_str())));
    let mut excerpts: Vec<Vec<(Span, AnnotationKind, &str)>> = Vec::new();
    for place in places {
        let line = |span: Span| sources.line_column(span).0;
        let near = excerpts.iter_mut().find(|excerpt| {
            excerpt[0].0.file == place.0.file && line(excerpt[0].0).abs_diff(line(place.0)) <= NEAR_LINES
        });
        match near {
            Some(excerpt) => excerpt.push(place),
            None => excerpts.push(vec![place]),
        }
    }
    for excerpt in excerpts {
        group = group.element(snippet(&excerpt, sources, masked));
    }
    if let Some(origin) = sources.origin(diagnostic.span) {
        let words = normalize_untrusted_str(&masked.words(&format!("this is in {origin}")));
        group =
            group.element(Element::from(Level::NOTE.message(wrap(&words, style.width.saturating_sub(14)))));
    }
    if let Some(help) = &diagnostic.help {
        let words = normalize_untrusted_str(&masked.words(help));
        group =
            group.element(Element::from(Level::HELP.message(wrap(&words, style.width.saturating_sub(14)))));
    }
    group
}

/// An excerpt of one file with all `places` in it.
fn snippet<'a>(
    places: &[(Span, AnnotationKind, &'a str)],
    sources: &'a Sources,
    masked: &'a Masked<'_>,
) -> Snippet<'a, Annotation<'a>> {
    let file = places[0].0.file;
    let text = masked.text(file);
    let ranges: Vec<Range<usize>> = places.iter().map(|(span, ..)| on_one_line(text, *span)).collect();
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let last = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    Snippet::source(text[start..end].trim_end_matches('\r'))
        .path(&*sources.get(file).path)
        .line_start(text[..start].matches('\n').count() + 1)
        .annotations(places.iter().zip(ranges).map(|((_, kind, label), range)| {
            let annotation = kind.span(range.start - start..range.end - start);
            if label.is_empty() { annotation } else { annotation.label(masked.words(label)) }
        }))
}

/// What of a span lies on its first line that has any of it: an underline of many lines hides more than it shows.
fn on_one_line(text: &str, span: Span) -> Range<usize> {
    let (start, end) = (boundary(text, span.start), boundary(text, span.end.max(span.start)));
    let line = text[start..end].find(['\n', '\r']).map_or(end, |at| start + at);
    let trimmed = start + text[start..line].trim_end().len();
    start..trimmed
}

/// Breaks each line of a text into lines of at most `width` letters, but never inside of code, which stands in backquotes.
fn wrap(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let text = line.trim_start_matches(' ');
    let indent = &line[..line.len() - text.len()];
    let mut in_code = false;
    let chunks = text.split(|c| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    });
    let mut wrapped = indent.to_owned();
    let mut column = indent.len();
    for (place, chunk) in chunks.enumerate() {
        let length = chunk.chars().count();
        if column > 0 && place > 0 && column + 1 + length > width.max(20) {
            wrapped.push('\n');
            column = 0;
        } else if column > 0 && place > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(chunk);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, to_json};

    fn case() -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::default();
        let a =
            sources.add("flows/b.yaml", "name: Grüße\r\ncards:\r\n  - card: text.splitt\r\n    id: x\r\n");
        let b = sources.add("flows/a.yaml", "");
        let at = |file, start: u32, end: u32| Span { file, start, end };
        let card = at(a, 33, 44);
        assert_eq!(sources.slice(card), "text.splitt");
        let diagnostics = vec![
            Diagnostic::new(Code::UnknownCard, card, "there is no card `text.splitt`")
                .label("unknown card")
                .related(at(a, 0, 4), "in this flow")
                .related(at(b, 0, 0), "and in this file")
                .help("did you mean `text.split`?"),
            Diagnostic::new(Code::Unused, at(b, 0, 0), "nothing uses it"),
        ];
        (sources, diagnostics)
    }

    #[test]
    fn draws() {
        let (sources, diagnostics) = case();
        let drawn = render(&diagnostics, &sources, Style { color: false, width: 80 });
        let expected = "\
warning[W062]: nothing uses it
 --> flows/a.yaml:1:1
  |
1 |
  | ^

error[E010]: there is no card `text.splitt`
 --> flows/b.yaml:3:11
  |
1 | name: Grüße
  | ---- in this flow
2 | cards:
3 |   - card: text.splitt
  |           ^^^^^^^^^^^ unknown card
  |
 ::: flows/a.yaml:1:1
  |
1 |
  | - and in this file
  |
  = help: did you mean `text.split`?

1 error, 1 warning in 2 files
";
        assert_eq!(drawn, expected, "\n{drawn}");
        assert!(render(&diagnostics, &sources, Style { color: true, width: 80 }).contains("\u{1b}["));
        assert_eq!(render(&[], &sources, Style { color: false, width: 80 }), "");
    }

    #[test]
    fn tells_programs() {
        let (sources, diagnostics) = case();
        let json = to_json(&diagnostics, &sources);
        assert_eq!((&json["errors"], &json["warnings"]), (&1.into(), &1.into()));
        let error = &json["diagnostics"][1];
        assert_eq!(error["code"], "E010");
        assert_eq!(error["slug"], "unknown-card");
        assert_eq!(error["file"], "flows/b.yaml");
        assert_eq!(
            (&error["line"], &error["column"], &error["endColumn"]),
            (&3.into(), &11.into(), &22.into())
        );
        assert_eq!((&error["start"], &error["end"]), (&33.into(), &44.into()));
        assert_eq!(error["related"][0]["message"], "in this flow");
    }

    #[test]
    fn hides_credentials() {
        let mut sources = Sources::default();
        let file = sources.add("flowrun.yaml", "token: \"geheim-ü\"\nother: geheim-ü\n");
        let span = |start, end| Span { file, start, end };
        let diagnostics = vec![
            Diagnostic::new(Code::SecretInFile, span(7, 18), "a credential is in the file"),
            Diagnostic::new(Code::BadValue, span(19, 24), "`geheim-ü` isn't a number"),
        ];
        for shown in [
            render(&diagnostics, &sources, Style { color: false, width: 80 }),
            to_json(&diagnostics, &sources).to_string(),
        ] {
            assert!(!shown.contains("geheim"), "{shown}");
        }
    }
}
