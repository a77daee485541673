//! What is wrong with a text that isn't YAML, in the author's words: the parser knows only its own rules, the author
//! wanted to write a template, a wire or an operator.

use serde_yaml::{Error, Location};

use super::{MAX_DEPTH, MAX_NODES, slip};
use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// The diagnostic for what the parser says.
pub(super) fn explain(file: FileId, text: &str, error: &Error) -> Diagnostic {
    let place = error.locations().map_or(Location::UNKNOWN, |places| {
        if places.defined_location == Location::UNKNOWN {
            places.reference_location
        } else {
            places.defined_location
        }
    });
    let at = offset(text, place);
    let letter = text[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    let spot = Span { file, start: at as u32, end: (at + letter) as u32 };

    let message = error.without_snippet().to_string();
    if message.contains("budget")
        || message.contains("alias replay")
        || message.contains("nesting")
        || message.contains("recursion")
    {
        return too_large(spot, &message);
    }
    if let Some(mistake) = slip::find(file, text, at, &message) {
        return mistake;
    }
    let (message, label, help) = said(&message);
    Diagnostic::new(Code::Syntax, spot, message).label(label).help(help)
}

fn too_large(spot: Span, message: &str) -> Diagnostic {
    if message.contains("Documents") {
        return Diagnostic::new(Code::Syntax, spot, "the file has more than one document")
            .label("`---` begins another one")
            .help("put what follows into a file of its own");
    }
    let mistake = if ["Depth", "nesting", "recursion"].iter().any(|part| message.contains(part)) {
        Diagnostic::new(
            Code::TooLarge,
            spot,
            format!("lists and mappings lie more than {MAX_DEPTH} deep in each other"),
        )
        .help("move the inner cards into a helper flow")
    } else if message.contains("alias") || message.contains("used at") {
        Diagnostic::new(
            Code::TooLarge,
            spot,
            format!("aliases make more than {MAX_NODES} values of this file"),
        )
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

/// What the parser says, in flowrun's words: message, label, help.
fn said(message: &str) -> Said {
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    // Of the inside of a text in quotes the parser complains in words that it has for indentation too.
    if says(&["quoted scalar"]) && says(&["indentation", "EOF", "end of stream", "unexpected end"]) {
        return OPEN_QUOTE;
    }
    SAID.iter().find(|(parts, _)| says(parts)).map_or(NO_YAML, |(_, said)| *said)
}

/// Message, label, help.
type Said = (&'static str, &'static str, &'static str);

const OPEN_QUOTE: Said =
    ("a quote is not closed", "the text goes on into this line", "close the quote where the text ends");

const NO_YAML: Said = (
    "this is not YAML",
    "the text can't be understood from here on",
    "look for a quote or a bracket that is not closed, and at the indentation",
);

/// What stands in the parser's message, any of it, and what is said in its place. The first that fits counts.
const SAID: &[(&[&str], Said)] = &[
    (
        &["mapping values are not allowed", "illegal placement of ':'"],
        (
            "did not expect a `:` here",
            "a key can't start here",
            "a text that has `: ` in it must be in quotes",
        ),
    ),
    (
        &["did not find expected key", "invalid indentation"],
        (
            "the indentation does not fit",
            "expected a key of the mapping above",
            "keys of one mapping, and items of one list, start in the same column",
        ),
    ),
    (
        &["expected '-' indicator"],
        (
            "the indentation does not fit",
            "expected an item of the list above, which starts with `- `",
            "keys of one mapping, and items of one list, start in the same column",
        ),
    ),
    (
        &["simple key expected"],
        (
            "expected a `:`",
            "this is neither a key nor part of the line above",
            "write `key: value`, with a space behind the colon",
        ),
    ),
    (
        &["unknown escape"],
        (
            "there is no such escape in a text in double quotes",
            "in this text",
            "use single quotes, in which a backslash is a backslash, or write two of them",
        ),
    ),
    (
        &["trailing content", "trailing characters"],
        (
            "expected the line to end behind the quote",
            "this does not belong to the text",
            "put all of the text in quotes",
        ),
    ),
    (
        &["unclosed bracket", "expected ',' or '}'", "expected ',' or ']'", "EOF while parsing"],
        (
            "a bracket is not closed",
            "expected `,` or the closing bracket by here",
            "close `{` with `}` and `[` with `]`; a text with brackets in it needs quotes",
        ),
    ),
    (
        &["misplaced bracket", "mismatched bracket"],
        (
            "did not expect this bracket",
            "nothing was opened that it could close",
            "a text with brackets in it needs quotes",
        ),
    ),
    (
        &["block sequence entries are not allowed"],
        ("a list can't start here", "expected a value", "start the list in the next line"),
    ),
    (
        &["multiple YAML documents", "multiple documents"],
        (
            "a file holds one document",
            "a second one starts here",
            "one file is one flow: move this one into a file of its own",
        ),
    ),
    (
        &["merge value"],
        (
            "expected a mapping under `<<`",
            "`<<` takes in the members of a mapping",
            "give it an alias of a mapping: `<<: *name`",
        ),
    ),
    (
        &["found a tab", "tabs disallowed"],
        (
            "expected spaces, found a tab",
            "YAML does not allow a tab here",
            "indent with spaces, two for each level",
        ),
    ),
    (
        &["unexpected character"],
        ("did not expect this character", "YAML does not allow it here", "put the text in quotes"),
    ),
    (
        &["unknown anchor"],
        (
            "there is no such anchor",
            "YAML takes a `*` for the use of an anchor",
            "if a text is meant, put it in quotes",
        ),
    ),
    (
        &["unsupported tag"],
        (
            "flow files have no tags",
            "YAML takes a `!` for the start of a tag",
            "if a text is meant, put it in quotes",
        ),
    ),
    (
        &["comment"],
        (
            "expected a space in front of the comment",
            "a comment needs one",
            "write ` # …`, or put the text in quotes",
        ),
    ),
];
