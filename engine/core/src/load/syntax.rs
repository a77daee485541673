//! What is wrong with a text that is no YAML, in the author's words: the parser knows only its own rules, the author
//! wanted to write a template, a wire or an operator.

use serde_yaml::{Error, Location};

use super::{MAX_DEPTH, MAX_NODES};
use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// The diagnostic for what the parser says.
pub(super) fn explain(file: FileId, text: &str, error: &Error) -> Diagnostic {
    let place = error.locations().map_or(Location::UNKNOWN, |places| {
        if places.defined_location == Location::UNKNOWN { places.reference_location } else { places.defined_location }
    });
    let at = offset(text, place);
    let here = |start: usize, end: usize| Span { file, start: start as u32, end: end.max(start) as u32 };
    let spot = here(at, at + text[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8));

    let message = error.without_snippet().to_string();
    if message.contains("budget") || message.contains("alias replay") || message.contains("nesting") {
        return too_large(spot, &message);
    }
    if let Some(slip) = slip(text, at) {
        return Diagnostic::new(Code::Syntax, here(slip.start, slip.end), slip.message).label(slip.label).help(slip.help);
    }
    if let Some(mistake) = colon(file, text, at, &message).or_else(|| unclosed(file, text, at, &message)) {
        return mistake;
    }
    let (message, label, help) = said(&message);
    Diagnostic::new(Code::Syntax, spot, message).label(label).help(help)
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
    let above_span = |from: usize, to: usize| Span { file, start: (above_start + from) as u32, end: (above_start + to) as u32 };
    let from = above.len() - above.trim_start().len();
    if let Some(colon) = above.find(':').filter(|colon| !above[*colon..].contains(": ") && !above.ends_with(':')) {
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
        let line_start = text[..end - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..end - 1].trim_end();
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
    if has("quoted scalar") && (has("indentation") || has("EOF") || has("end of stream") || has("unexpected end")) {
        let mut end = text[at..].find('\n').map_or(text.len(), |line| at + line + 1);
        while let Some((start, line)) = above(text, end) {
            if let Some(quote) = open_quote(line) {
                return Some(
                    Diagnostic::new(Code::Syntax, span(start + quote, start + line.len()), "the quote is not closed")
                        .label("this text has no end")
                        .help("close the quote where the text ends"),
                );
            }
            end = start;
        }
        return None;
    }
    let bracket = ["unclosed bracket", "expected ',' or '}'", "expected ',' or ']'", "illegal placement of ':'", "EOF while parsing"];
    if !bracket.into_iter().any(has) {
        return None;
    }
    if text[at..].starts_with(',') && text[..at].trim_end().ends_with([',', '[', '{']) {
        let mistake = Diagnostic::new(Code::Syntax, span(at, at + 1), "expected a value, found a comma");
        return Some(mistake.label("one too many").help("a comma stands between two values"));
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
        .help(format!("close it with `{close}`; inside, a comma stands between two values, and a text with brackets needs quotes"));
    Some(if end > at { mistake } else { mistake.related(span(at, at), format!("expected `,` or `{close}` by here")) })
}

/// Where a text in quotes starts that goes on past the line.
fn open_quote(line: &str) -> Option<usize> {
    let (start, value) = values(line).pop()?;
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = value[1..].replace("\\\"", "").replace("''", "");
    (!inside.contains(mark)).then_some(start)
}

fn too_large(spot: Span, message: &str) -> Diagnostic {
    let mistake = if message.contains("Depth") || message.contains("nesting") || message.contains("recursion") {
        Diagnostic::new(Code::TooLarge, spot, format!("lists and mappings lie more than {MAX_DEPTH} deep in each other"))
            .help("move the inner cards into a helper flow")
    } else if message.contains("alias") || message.contains("used at") {
        Diagnostic::new(Code::TooLarge, spot, format!("aliases make more than {MAX_NODES} values of this file"))
            .help("name things by aliases (`*name`) less often")
    } else {
        Diagnostic::new(Code::TooLarge, spot, format!("the file has more than {MAX_NODES} keys and values"))
            .help("move some of its cards into helper flows, and data into a table")
    };
    mistake.label("the limit is passed here")
}

/// The byte at which a location starts; the parser counts characters in errors.
fn offset(text: &str, place: Location) -> usize {
    if place == Location::UNKNOWN {
        return 0;
    }
    let line = place.line().saturating_sub(1) as usize;
    let start = match line {
        0 => 0,
        _ => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
    };
    let column = place.column().saturating_sub(1) as usize;
    let rest = &text[start..];
    let in_line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    start + in_line.char_indices().nth(column).map_or(in_line.len(), |(at, _)| at)
}

/// A slip that shows by the text around the place.
struct Slip {
    start: usize,
    end: usize,
    message: String,
    label: &'static str,
    help: String,
}

fn slip(text: &str, at: usize) -> Option<Slip> {
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
            let end = value.find([' ', ',', '}']).unwrap_or(value.len());
            // Up to the closing bracket, should there be one.
            let end = value[end..].find(']').map_or(end, |close| if value[..end].contains('[') && !value[..end].contains(']') { end + close + 1 } else { end });
            if value[..end].contains(['[', ']', '{']) {
                let message = "expected a text, found a wire without quotes".into();
                let help = format!("put it in quotes: {}", quote(&value[..end]));
                return slip(end, message, "in this place a wire with brackets needs quotes", help);
            }
        }
        let first = value.chars().next().unwrap_or_default();
        let end = value.find([',', '}', ']', ' ']).unwrap_or(value.len()).max(first.len_utf8().min(value.len()));
        let word = &value[..end];
        if matches!(first, '@' | '`' | '%') || matches!(word, ">" | ">=" | "!=" | "|" | "?" | "*") {
            let message = format!("expected a text, found `{word}` without quotes");
            let help = format!("put the text in quotes, as in: {}", quote(word));
            return slip(end, message, "this sign means something else to YAML", help);
        }
        if first == '*' {
            let message = format!("there is no anchor `{}`", &word[1..]);
            return slip(end, message, "YAML takes a `*` for the use of an anchor", format!("if a text is meant, put it in quotes: {}", quote(word)));
        }
        if first == '!' {
            let message = format!("there is no tag `{word}`");
            return slip(end, message, "YAML takes a `!` for the start of a tag", format!("if a text is meant, put it in quotes: {}", quote(word)));
        }
    }
    None
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

/// What the parser says, in flowrun's words: message, label, help.
fn said(message: &str) -> (&'static str, &'static str, &'static str) {
    let has = |part: &str| message.contains(part);
    if has("mapping values are not allowed") || has("illegal placement of ':'") {
        return ("did not expect a `:` here", "a key can't start here", "a text that has `: ` in it must be in quotes");
    }
    if has("did not find expected key") || has("invalid indentation") && !has("quoted") {
        return (
            "the indentation does not fit",
            "expected a key of the mapping above",
            "keys of one mapping, and items of one list, start in the same column",
        );
    }
    if has("simple key expected") {
        return ("expected a `:`", "this is neither a key nor part of the line above", "write `key: value`, with a space behind the colon");
    }
    if has("quoted scalar") && (has("indentation") || has("EOF") || has("end of stream") || has("unexpected end")) {
        return ("a quote is not closed", "the text goes on into this line", "close the quote where the text ends");
    }
    if has("unknown escape") {
        return (
            "there is no such escape in a text in double quotes",
            "in this text",
            "use single quotes, in which a backslash is a backslash, or write two of them",
        );
    }
    if has("trailing content") || has("trailing characters") {
        return ("expected the line to end behind the quote", "this does not belong to the text", "put all of the text in quotes");
    }
    if has("unclosed bracket") || has("expected ',' or '}'") || has("expected ',' or ']'") || has("EOF while parsing") {
        return (
            "a bracket is not closed",
            "expected `,` or the closing bracket by here",
            "close `{` with `}` and `[` with `]`; a text with brackets in it needs quotes",
        );
    }
    if has("misplaced bracket") || has("mismatched bracket") {
        return ("did not expect this bracket", "nothing was opened that it could close", "a text with brackets in it needs quotes");
    }
    if has("block sequence entries are not allowed") {
        return ("a list can't start here", "expected a value", "start the list in the next line");
    }
    if has("multiple YAML documents") || has("multiple documents") {
        return ("a file holds one document", "a second one starts here", "one file is one flow: move this one into a file of its own");
    }
    if has("merge value") {
        return ("expected a mapping under `<<`", "`<<` takes in the members of a mapping", "give it an alias of a mapping: `<<: *name`");
    }
    if has("found a tab") || has("tabs disallowed") {
        return ("expected spaces, found a tab", "YAML does not allow a tab here", "indent with spaces, two for each level");
    }
    if has("unexpected character") {
        return ("did not expect this character", "YAML does not allow it here", "put the text in quotes");
    }
    if has("unknown anchor") {
        return ("there is no such anchor", "YAML takes a `*` for the use of an anchor", "if a text is meant, put it in quotes");
    }
    if has("unsupported tag") {
        return ("flow files have no tags", "YAML takes a `!` for the start of a tag", "if a text is meant, put it in quotes");
    }
    if has("comment") {
        return ("expected a space in front of the comment", "a comment needs one", "write ` # …`, or put the text in quotes");
    }
    ("this is not YAML", "the text can't be understood from here on", "look for a quote or a bracket that is not closed, and at the indentation")
}
