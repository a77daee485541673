//! Patterns: JavaScript's regular expressions, as far as they can be searched in linear time.

use std::cell::RefCell;
use std::rc::Rc;

use flowrun_core::fault::InputId;
use regex::{Captures, Regex, RegexBuilder};

use crate::prelude::*;

/// How many bytes a pattern may have.
const LONGEST: usize = 10_000;

/// How much memory a pattern may take when it is ready.
const LARGEST: usize = 4 << 20;

/// Makes `pattern`, given as `input`, ready to search with.
pub(super) fn compile(pattern: &str, case_sensitive: bool, input: InputId) -> Result<Rc<Regex>> {
    if pattern.len() > LONGEST {
        bail!(input, "expected a pattern of at most {LONGEST} bytes, found {}", pattern.len());
    }
    let ready = from_javascript(pattern)
        .and_then(|pattern| build(&pattern, case_sensitive).map_err(|error| reason(&error)));
    ready.map_err(|reason| {
        let fault =
            Fault::new(FaultKind::InvalidInput, format!("the pattern can't be used: {reason}")).at(input);
        if reason.contains("look-around") || reason.contains("backreferences") || pattern.contains("\\k<") {
            return fault.help("look-around and back-references could search for ages; take a part of what was found with `text.extract_pattern`");
        }
        fault.help("to look for a special character itself put a backslash before it")
    })
}

/// Makes a pattern ready that finds any of `texts`, which mean themselves.
pub(super) fn any_of(texts: &[Text], case_sensitive: bool, input: InputId) -> Result<Rc<Regex>> {
    let patterns: Vec<String> =
        texts.iter().filter(|text| !text.is_empty()).map(|text| regex::escape(text)).collect();
    // What can't be left out of a pattern but finds nothing.
    let pattern = if patterns.is_empty() { "[a&&b]".to_owned() } else { patterns.join("|") };
    build(&pattern, case_sensitive).map_err(|_| {
        Fault::new(FaultKind::InvalidInput, "the texts to look for are too many or too long").at(input)
    })
}

/// All that `pattern` matches in `text`, as JavaScript counts: what matches nothing counts right behind another match too.
pub(super) fn matches<'t>(pattern: &Regex, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let found = pattern.captures_at(text, next.take()?)?;
        let whole = found.get_match();
        let letter = text[whole.end()..].chars().next();
        next = match whole.is_empty() {
            true => letter.map(|letter| whole.end() + letter.len_utf8()),
            false => Some(whole.end()),
        };
        Some(found)
    })
}

thread_local! {
    /// The patterns of this thread that were used last, the latest first: a loop takes the same few again and again, and to make one
    /// ready takes a hundred times as long as a short search. What a card gives does not depend on it.
    static READY: RefCell<Vec<Ready>> = const { RefCell::new(Vec::new()) };
}

/// How many patterns stay ready.
const KEPT: usize = 16;

struct Ready {
    pattern: String,
    case_sensitive: bool,
    regex: Rc<Regex>,
}

fn build(pattern: &str, case_sensitive: bool) -> Result<Rc<Regex>, regex::Error> {
    READY.with_borrow_mut(|ready| {
        let same = |ready: &Ready| ready.case_sensitive == case_sensitive && ready.pattern == pattern;
        let place = match ready.iter().position(same) {
            Some(place) => place,
            None => {
                let regex = RegexBuilder::new(pattern)
                    .case_insensitive(!case_sensitive)
                    .size_limit(LARGEST)
                    .dfa_size_limit(LARGEST)
                    .nest_limit(64)
                    .build()?;
                ready.truncate(KEPT - 1);
                let regex = Rc::new(regex);
                ready.push(Ready { pattern: pattern.to_owned(), case_sensitive, regex });
                ready.len() - 1
            }
        };
        ready[..=place].rotate_right(1);
        Ok(ready[0].regex.clone())
    })
}

/// The last line of what the library says, which tells the reason; the others draw the pattern.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let told = other.to_string();
            let last = told.lines().last().unwrap_or(&told);
            last.trim_start_matches("error: ").to_owned()
        }
    }
}

/// The same pattern in the library's flavour, or why JavaScript has none such.
///
/// In JavaScript `\d`, `\w` and `\b` know only ASCII, a `[` in a class is a `[`, and a `{` that counts nothing is a `{`.
fn from_javascript(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.char_indices();
    let mut class = false;
    // Behind a set such as `\w` a hyphen in a class is itself.
    let mut after_set = false;
    // Whether a count may follow: it may behind what finds letters, once.
    let mut countable = false;
    while let Some((at, letter)) = letters.next() {
        let rest = &pattern[at + letter.len_utf8()..];
        let counts = !class && (matches!(letter, '*' | '+' | '?') || letter == '{' && counts(rest));
        if counts && !countable {
            let place = pattern[..at].chars().count() + 1;
            return Err(format!("there is nothing to repeat before the `{letter}` at character {place}"));
        }
        let found = !class && !counts && !matches!(letter, '^' | '$' | '|' | '(');
        match letter {
            '\\' => match letters.next() {
                Some((at, escaped)) => {
                    let taken = escape(escaped, &pattern[at + escaped.len_utf8()..], class, &mut out)?;
                    for _ in 0..taken {
                        letters.next();
                    }
                    after_set = SETS.contains(escaped);
                    countable = class || !matches!(escaped, 'b' | 'B');
                    continue;
                }
                None => out.push('\\'),
            },
            '(' if !class => {
                out.push('(');
                let kind = kind_of_group(rest)?;
                out.push_str(kind);
                for _ in kind.chars() {
                    letters.next();
                }
            }
            '*' | '+' | '?' | '{' if counts => {
                let count = &rest[..if letter == '{' { rest.find('}').map_or(0, |end| end + 1) } else { 0 }];
                let lazy = if rest[count.len()..].starts_with('?') { "?" } else { "" };
                out.push(letter);
                out.extend([count, lazy]);
                for _ in 0..count.len() + lazy.len() {
                    letters.next();
                }
            }
            '-' if class && (after_set || begins_with_set(rest)) => out.push_str("\\-"),
            '.' if !class => out.push_str(NO_LINE_END),
            '[' if class => out.push_str("\\["),
            '[' => {
                class = true;
                out.push('[');
                let negated = rest.starts_with('^');
                if negated {
                    letters.next();
                    out.push('^');
                }
                // An empty class finds nothing, and its opposite anything.
                if rest[usize::from(negated)..].starts_with(']') {
                    letters.next();
                    class = false;
                    out.truncate(out.len() - 1 - usize::from(negated));
                    out.push_str(if negated { "(?s:.)" } else { "[a&&b]" });
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => out.extend(['\\', letter]),
            // Two hyphens would take a class off another: the second is the end of a range.
            '-' if class && rest.starts_with('-') => {
                letters.next();
                out.push_str("-\\-");
            }
            '{' if !class => out.push_str("\\{"),
            other => out.push(other),
        }
        after_set = false;
        countable = found || letter == ']';
    }
    Ok(out)
}

/// What follows the `(` of a group and says which kind it is: `?:`, `?<name>`, nothing.
fn kind_of_group(rest: &str) -> Result<&str, String> {
    let Some(kind) = rest.strip_prefix('?') else { return Ok("") };
    let length = match kind.as_bytes() {
        [b':' | b'=' | b'!', ..] => 1,
        [b'<', b'=' | b'!', ..] => 2,
        [b'<', ..] => kind.find('>').map_or(1, |end| end + 1),
        _ => return Err("behind `(?` only `:` and `<name>` may stand".to_owned()),
    };
    Ok(&rest[..1 + length])
}

/// What stands for a set behind a backslash.
const SETS: &str = "dDwWsS";
/// What JavaScript's `.` finds: all but the ends of lines.
const NO_LINE_END: &str = "[^\\n\\r\\x{2028}\\x{2029}]";
/// What JavaScript's `\s` finds, within a class.
const SPACES: &str =
    "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";

fn begins_with_set(rest: &str) -> bool {
    rest.strip_prefix('\\').is_some_and(|rest| rest.starts_with(|letter| SETS.contains(letter)))
}

/// Writes what `letter` behind a backslash means in JavaScript, and gives how many letters of `rest` belong to it.
fn escape(letter: char, rest: &str, class: bool, out: &mut String) -> Result<usize, String> {
    match letter {
        'd' if class => out.push_str("0-9"),
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' if class => out.push_str("0-9A-Za-z_"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'b' if class => out.push_str("\\x08"),
        'b' => out.push_str("(?-u:\\b)"),
        'B' if !class => out.push_str("(?-u:\\B)"),
        's' if class => out.push_str(SPACES),
        's' => out.push_str(&format!("[{SPACES}]")),
        'S' => out.push_str(&format!("[^{SPACES}]")),
        // The number of a character, by up to three digits.
        '0' => {
            let digits = rest.bytes().take(2).take_while(|digit| (b'0'..b'8').contains(digit)).count();
            let number = u32::from_str_radix(&rest[..digits], 8).unwrap_or_default();
            out.push_str(&format!("\\x{{{number:x}}}"));
            return Ok(digits);
        }
        'x' | 'u' => return numbered(letter, rest, out),
        'c' if rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) => {
            out.push_str(&format!("\\x{{{:x}}}", rest.as_bytes()[0] % 32));
            return Ok(1);
        }
        // What it means with the flag `u`.
        'p' | 'P' if rest.starts_with('{') => {
            let name = &rest[..rest.find('}').map_or(1, |end| end + 1)];
            out.extend(['\\', letter]);
            out.push_str(name);
            return Ok(name.chars().count());
        }
        't' | 'n' | 'v' | 'f' | 'r' | 'k' | '1'..='9' => out.extend(['\\', letter]),
        // Any other letter means itself: `\a` is an `a`, and no bell.
        letter if letter.is_ascii_alphanumeric() => out.push(letter),
        // Any other character means itself, also those that mean something to the library: `\<`.
        letter => out.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
    }
    Ok(0)
}

/// A character by its number: `\x41`, `\u0041`, two halves as `\ud83d\ude00`, or, as with the flag `u`, `\u{1f600}`.
fn numbered(letter: char, rest: &str, out: &mut String) -> Result<usize, String> {
    let hex = |digits: &str| {
        let number = u32::from_str_radix(digits, 16).ok();
        number.filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    let at = |from: usize, digits: usize| rest.get(from..from + digits).and_then(hex);
    let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let (number, taken) = match (letter, inside.filter(|inside| hex(inside).is_some())) {
        ('u', Some(inside)) => (hex(inside), inside.len() + 2),
        ('u', None) => match (at(0, 4), at(6, 4).filter(|_| rest[4..].starts_with("\\u"))) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                (Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 10)
            }
            (number, _) => (number, 4),
        },
        _ => (at(0, 2), 2),
    };
    let Some(number) = number else {
        out.push(letter);
        return Ok(0);
    };
    if char::from_u32(number).is_none() {
        return Err(format!("`\\{letter}{}` is no character, or half of one", &rest[..taken]));
    }
    out.push_str(&format!("\\x{{{number:x}}}"));
    Ok(taken)
}

/// Whether what stands behind a `{` makes it a count: `{2}`, `{2,}`, `{2,3}`.
fn counts(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match inside.split_once(',') {
        Some((least, most)) => !least.is_empty() && digits(least) && digits(most),
        None => !inside.is_empty() && digits(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        compile(pattern, true, InputId(0)).unwrap().find(text).map(|found| found.as_str())
    }

    #[test]
    fn patterns_mean_what_they_mean_in_javascript() {
        let table = [
            (r"\d+", "٣ 42", Some("42")),
            (r"\w+", "ü_a1", Some("_a1")),
            (r"[\w.]+@", "ü.a@", Some(".a@")),
            (r"[^\d]", "1a", Some("a")),
            (r"[\D]", "1a", Some("a")),
            (r"\bne", "üne", Some("ne")),
            (r"[[a]+", "x[a]", Some("[a")),
            (r"[a&&b]+", "&", Some("&")),
            (r"[+--]", "a,", Some(",")),
            ("{x}", "a{x}", Some("{x}")),
            (r"a{2,3}", "aaaa", Some("aaa")),
            (r"a{,3}", "a{,3}", Some("a{,3}")),
            ("[]", "a", None),
            ("[^]", "\n", Some("\n")),
            (r"\/", "a/b", Some("/")),
            (r"\<\ \é[\-\]]", "a< é]", Some("< é]")),
            (r"é", "\u{e9}", Some("é")),
            (r"\u0041", "A", Some("A")),
            ("a.c", "a\nc", None),
            // What Node 20 finds.
            ("Name: .*", "Name: Jane\r\nx", Some("Name: Jane")),
            ("a.c", "a\u{2028}c", None),
            (r"\a\A\z", "x aAz", Some("aAz")),
            (r"\pL", "pL é", Some("pL")),
            (r"\01\x41\u0042\cJ", "\u{1}AB\n", Some("\u{1}AB\n")),
            (r"\xZ\u12", "xZu12", Some("xZu12")),
            (r"[\w-.]+@", "jane-x.y@", Some("jane-x.y@")),
            (r"[.-\d]+", "a-1.2", Some("-1.2")),
            (r"\s", "\u{85}\u{feff}", Some("\u{feff}")),
            ("[^A-Za-z0-9.%]", "a.b c", Some(" ")),
            ("(title)|(displayName)", "x displayName", Some("displayName")),
            (r"(?<name>J\w+)", "Jane", Some("Jane")),
            (r"\B.", "é", Some("é")),
            (r"a+?b??c{1,2}?", "aacc", Some("aac")),
            // As with the flag `u`.
            (r"\ud83d\ude00[\u{1f600}]", "\u{1f600}\u{1f600}", Some("\u{1f600}\u{1f600}")),
        ];
        for (pattern, text, result) in table {
            assert_eq!(found(pattern, text), result, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_stay_ready_are_told_apart_and_are_few() {
        for _ in 0..2 {
            for number in 0..KEPT + 4 {
                assert!(found(&format!("a{number}$"), &format!("a{number}")).is_some());
            }
        }
        assert!(
            READY.with_borrow(|ready| ready.len() == KEPT && ready[0].pattern == format!("a{}$", KEPT + 3))
        );
        let differs = |case_sensitive| compile("jane", case_sensitive, InputId(0)).unwrap().is_match("Jane");
        assert_eq!([differs(true), differs(false), differs(true)], [false, true, false]);
    }

    #[test]
    fn what_can_not_be_searched_is_refused_with_a_reason() {
        let table = [
            ("(?=a)", "look-around", "back-references"),
            ("(?<x>a)\\k<x>", "unrecognized escape sequence", "back-references"),
            ("(a)\\1", "backreferences are not supported", "back-references"),
            ("(a", "unclosed group", "backslash"),
            ("*", "there is nothing to repeat before the `*` at character 1", "backslash"),
            // What V8 refuses as well.
            ("^*a", "nothing to repeat", "backslash"),
            (r"a\b+", "nothing to repeat", "backslash"),
            ("a**", "nothing to repeat", "backslash"),
            ("a{2}{3}", "nothing to repeat before the `{` at character 5", "backslash"),
            ("(?i:a)", "behind `(?` only `:` and `<name>` may stand", "backslash"),
            (r"\ud83d", r"`\ud83d` is no character, or half of one", "backslash"),
            ("[b-a]", "invalid character class range", "backslash"),
            ("(a{999}){999}", "it is too large", "backslash"),
            ("\\", "incomplete escape sequence", "backslash"),
        ];
        for (pattern, reason, help) in table {
            let fault = compile(pattern, true, InputId(0)).unwrap_err();
            assert!(fault.message.contains(reason), "{pattern}: {}", fault.message);
            assert!(fault.help.as_deref().unwrap().contains(help), "{pattern}");
        }
        let nested = format!("{}a{}", "(".repeat(5_000), ")".repeat(4_999));
        assert!(compile(&nested, true, InputId(0)).is_err());
    }
}
