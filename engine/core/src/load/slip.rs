//! Slips that show by the text around the place where the parser gave up: a template, a wire or an operator without quotes,
//! a tab, a quote or bracket left open, a colon too many.

use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// The slip that made the parser give up at `at`, if it is one that is known.
pub(super) fn find(file: FileId, text: &str, at: usize, message: &str) -> Option<Diagnostic> {
    if let Some(slip) = unquoted(text, at, message) {
        let span = Span { file, start: slip.start as u32, end: slip.end as u32 };
        return Some(Diagnostic::new(Code::Syntax, span, slip.message).label(slip.label).help(slip.help));
    }
    colon(file, text, at, message).or_else(|| unclosed(file, text, at, message))
}

/// A slip that shows by the line alone.
struct Slip {
    start: usize,
    end: usize,
    message: String,
    label: &'static str,
    help: String,
}

/// A tab in front of the line, or a value on it that needs quotes.
fn unquoted(text: &str, at: usize, message: &str) -> Option<Slip> {
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();

    let indent = line.len() - line.trim_start().len();
    if let Some(tab) = line[..indent].find('\t') {
        return Some(Slip {
            start: line_start + tab,
            end: line_start + tab + 1,
            message: "expected spaces, found a tab".into(),
            label: "YAML does not allow tabs in front of a line",
            help: "indent with spaces, two for each level".into(),
        });
    }
    // The parser often notices a value's wrong start only later, so all values of the line are looked at.
    let mut values = values(line);
    values.sort_by_key(|(start, _)| (line_start + start).abs_diff(at));
    for (start, value) in values {
        let quote = |part: &str| if part.contains('"') { format!("'{part}'") } else { format!("\"{part}\"") };
        let slip = |end: usize, message: String, label, help| {
            Some(Slip { start: line_start + start, end: line_start + start + end, message, label, help })
        };
        if value.starts_with("{{") || value.starts_with("{%") {
            let end = value.rfind("}}").or(value.rfind("%}")).map_or(value.len(), |end| end + 2);
            let message = "expected a text, found a template without quotes".into();
            let help = format!("put the whole text in quotes, as in: {}", quote(&value[..end]));
            return slip(end, message, "YAML takes `{` for the start of a mapping", help);
        }
        if value.starts_with("$.") || value.starts_with("$[") {
            let end = wire_end(value);
            if value[..end].contains(['[', ']', '{']) {
                let message = "expected a text, found a wire without quotes".into();
                let help = format!("put it in quotes: {}", quote(&value[..end]));
                return slip(end, message, "in this place a wire with brackets needs quotes", help);
            }
        }
        let first = value.chars().next().unwrap_or_default();
        let end =
            value.find([',', '}', ']', ' ']).unwrap_or(value.len()).max(first.len_utf8().min(value.len()));
        let word = &value[..end];
        // Some signs are right in this place unless the parser names them.
        let named = |what: &str| message.contains(what);
        let block = matches!(first, '>' | '|') && (named("block scalar") || named("unexpected character"));
        if matches!(first, '@' | '`' | '%') || word == "!=" && named("tag") || word.len() < 3 && block {
            let message = format!("expected a text, found `{word}` without quotes");
            let help = format!("put the text in quotes, as in: {}", quote(word));
            return slip(end, message, "this sign means something else to YAML", help);
        }
        if first == '*' && named("anchor") {
            let message = format!("there is no anchor `{}`", &word[1..]);
            return slip(
                end,
                message,
                "YAML takes a `*` for the use of an anchor",
                format!("if a text is meant, put it in quotes: {}", quote(word)),
            );
        }
        if first == '!' && named("tag") {
            let message = format!("there is no tag `{word}`");
            return slip(
                end,
                message,
                "YAML takes a `!` for the start of a tag",
                format!("if a text is meant, put it in quotes: {}", quote(word)),
            );
        }
    }
    None
}

/// Where a wire ends, what stands in its brackets included.
fn wire_end(value: &str) -> usize {
    let mut depth = 0;
    let end = value.find(|c| match c {
        '[' => {
            depth += 1;
            false
        }
        ']' if depth > 0 => {
            depth -= 1;
            false
        }
        ' ' | ',' | '}' | ']' => depth == 0,
        _ => false,
    });
    end.unwrap_or(value.len())
}

/// The values on a line, with where they start: what stands behind `: `, `- `, `{`, `[` and `,`, outside of quotes.
fn values(line: &str) -> Vec<(usize, &str)> {
    let mut starts = Vec::new();
    let mut quote = None;
    let mut open = true;
    let mut before = ' ';
    let mut letters = line.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        match quote {
            Some('\'') if c == '\'' && next == '\'' => _ = letters.next(),
            Some('"') if c == '\\' => _ = letters.next(),
            Some(mark) if c == mark => quote = None,
            Some(_) => {}
            None if c == '#' && before.is_whitespace() => break,
            None if c.is_whitespace() => open |= before == ':',
            None if c == ',' => open = true,
            None if open && c == '-' && next.is_whitespace() => {}
            None if open && matches!(c, '{' | '[') && !matches!(next, '{' | '%') => {}
            None if open => {
                starts.push(at);
                open = false;
                quote = Some(c).filter(|c| matches!(c, '"' | '\''));
                if c == '{' {
                    break;
                }
            }
            None => {}
        }
        before = c;
    }
    starts.into_iter().map(|start| (start, line[start..].trim_end())).collect()
}

/// A `:` in a place where no key can start: a second one in the line, one too far to the right, or one without its space.
fn colon(file: FileId, text: &str, at: usize, message: &str) -> Option<Diagnostic> {
    if !message.contains("mapping values are not allowed") {
        return None;
    }
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let before = text[start..at].trim_start();
    let spot = Span { file, start: at as u32, end: at as u32 + 1 };
    let mistake = |span, message: &str| Diagnostic::new(Code::Syntax, span, message);
    if before.contains(": ") {
        let place = mistake(spot, "did not expect a second `:` in the line").label("a key can't start here");
        return Some(place.help("a text that has `: ` in it must be in quotes"));
    }
    let (above_start, above) = above(text, start)?;
    let above_span = |from: usize, to: usize| Span {
        file,
        start: (above_start + from) as u32,
        end: (above_start + to) as u32,
    };
    let from = above.len() - above.trim_start().len();
    if let Some(colon) =
        above.find(':').filter(|colon| !above[*colon..].contains(": ") && !above.ends_with(':'))
    {
        let place = mistake(above_span(from, above.len()), "expected a space behind the colon");
        return Some(place.label("YAML takes this for a text").help(format!(
            "write: {}: {}",
            &above[from..colon],
            &above[colon + 1..]
        )));
    }
    let indent = text[start..at].len() - before.len();
    (indent > from).then(|| {
        mistake(Span { file, start: (start + indent) as u32, end: at as u32 }, "the indentation does not fit")
            .label("indented more than the line above")
            .related(above_span(from, above.len()), "this has a value already, so nothing can belong to it")
            .help("keys of one mapping, and items of one list, start in the same column")
    })
}

/// The line above that has anything in it, and where it starts.
fn above(text: &str, start: usize) -> Option<(usize, &str)> {
    let mut end = start;
    while end > 0 {
        let before = text[..end].strip_suffix('\n').unwrap_or(&text[..end]);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before[line_start..].trim_end();
        if !line.trim_start().is_empty() && !line.trim_start().starts_with('#') {
            return Some((line_start, line));
        }
        end = line_start;
    }
    None
}

/// A quote or bracket that was not closed: shows where it was opened, for the parser notices only lines later.
fn unclosed(file: FileId, text: &str, at: usize, message: &str) -> Option<Diagnostic> {
    let has = |part: &str| message.contains(part);
    let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
    if has("quoted scalar")
        && (has("indentation") || has("EOF") || has("end of stream") || has("unexpected end"))
    {
        let mut end = text[at..].find('\n').map_or(text.len(), |line| at + line + 1);
        while let Some((start, line)) = above(text, end) {
            if let Some(quote) = open_quote(line) {
                return Some(
                    Diagnostic::new(
                        Code::Syntax,
                        span(start + quote, start + line.len()),
                        "the quote is not closed",
                    )
                    .label("this text has no end")
                    .help("close the quote where the text ends"),
                );
            }
            end = start;
        }
        return None;
    }
    let bracket = [
        "unclosed bracket",
        "expected ',' or '}'",
        "expected ',' or ']'",
        "illegal placement of ':'",
        "EOF while parsing",
    ];
    if !bracket.into_iter().any(has) {
        return None;
    }
    if text[at..].starts_with(',') && text[..at].trim_end().ends_with([',', '[', '{']) {
        let mistake = Diagnostic::new(Code::Syntax, span(at, at + 1), "expected a value, found a comma");
        return Some(mistake.label("one too many").help("a comma goes between two values"));
    }
    // What stands in quotes counts too: near enough, for it only shows where to look.
    let mut closed = 0;
    let end = if text[at..].starts_with(['{', '[']) { at + 1 } else { at };
    let (open, sign) = text[..end].char_indices().rev().find(|(_, c)| {
        match c {
            '}' | ']' => closed += 1,
            '{' | '[' if closed > 0 => closed -= 1,
            '{' | '[' => return true,
            _ => {}
        }
        false
    })?;
    let close = if sign == '{' { '}' } else { ']' };
    let mistake = Diagnostic::new(Code::Syntax, span(open, open + 1), format!("the `{sign}` is not closed"))
        .label("opened here")
        .help(format!("close it with `{close}`; inside, a comma goes between two values, and a text with brackets needs quotes"));
    Some(if end > at {
        mistake
    } else {
        mistake.related(span(at, at), format!("expected `,` or `{close}` by here"))
    })
}

/// Where a text in quotes starts that goes on past the line.
fn open_quote(line: &str) -> Option<usize> {
    let (start, value) = values(line).pop()?;
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = value[1..].replace("\\\"", "").replace("''", "");
    (!inside.contains(mark)).then_some(start)
}
