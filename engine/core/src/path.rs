//! Wires: JSONPath (RFC 9535), compiled once.
//!
//! The singular steps at the start of a wire become plain keys, which cost no more than a look-up each; only what is
//! left is a query. Parsing is jsonpath-rust's; what it accepts against the standard is refused here.

use std::sync::Arc;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, SingularQuery, Test,
    TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use jsonpath_rust::query::queryable::Queryable;

use crate::counted::mended;
use crate::suggest::identifier;
use crate::value::{Text, Value};

/// A wire as it was written: `$.card.output[0].name`.
#[derive(Debug)]
pub struct Wire {
    /// What it starts at: a card's ID, `inputs`, `vars`, `item` and so on.
    pub root: Text,
    /// The single steps that follow.
    pub keys: Vec<Key>,
    /// What follows those and may find any number of places.
    pub query: Option<Arc<Query>>,
    /// Where the root and each key stand in the text: first byte and the one behind the last.
    pub places: Vec<(usize, usize)>,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// A member of an object.
    Name(Text),
    /// An item of a list; negative counts from the end.
    Index(i64),
}

/// The part of a wire that finds any number of places.
#[derive(Debug)]
pub struct Query(JpQuery);

/// Why a text isn't a wire.
#[derive(Debug, Clone, PartialEq)]
pub struct WireError {
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// The first byte at fault.
    pub start: usize,
    /// The byte behind the last one at fault.
    pub end: usize,
    /// What to do.
    pub help: Option<String>,
}

/// Wires longer than this are refused; nobody writes them.
const LONGEST: usize = 4096;

/// How deep brackets may lie in each other; the parser takes more than twice as long for each level.
const DEEPEST: usize = 8;

/// How often a wire may search at any depth: each time it may look at all that the time before has found.
const DESCENTS: usize = 2;

/// How many commas a wire may have: each place that is named twice doubles what is found behind it.
const COMMAS: usize = 16;

/// Reads a wire.
pub fn parse(text: &str) -> Result<Wire, WireError> {
    if text.len() > LONGEST {
        return Err(WireError {
            message: format!("the wire is {} bytes long, {LONGEST} are allowed", text.len()),
            start: 0,
            end: text.len(),
            help: None,
        });
    }
    if let Some(wire) = plain(text) {
        return Ok(wire);
    }
    parse_any(text)
}

/// A wire of plain names and indices, as nearly all are: they need no grammar. None for any other, be it right or wrong.
fn plain(text: &str) -> Option<Wire> {
    let bytes = text.as_bytes();
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let mut at = text.starts_with("$.").then_some(1)?;
    let mut wire = Wire { root: Text::default(), keys: Vec::new(), query: None, places: Vec::new() };
    while let Some(sign) = bytes.get(at) {
        let start = at + 1;
        match sign {
            b'.' => {
                bytes.get(start).filter(|first| letter(first))?;
                let more = bytes[start..].iter().take_while(|byte| letter(byte) || byte.is_ascii_digit());
                at = start + more.count();
                let name = Text::from(&text[start..at]);
                wire.places.push((start, at));
                match wire.places.len() {
                    1 => wire.root = name,
                    _ => wire.keys.push(Key::Name(name)),
                }
            }
            b'[' => {
                let end = start + text[start..].find(']')?;
                let digits = text[start..end].strip_prefix('-').unwrap_or(&text[start..end]);
                let short =
                    (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                // Zero has one form only: neither `-0` nor `01` is an index.
                if !short || digits.starts_with('0') && text[start..end].len() > 1 {
                    return None;
                }
                wire.keys.push(Key::Index(text[start..end].parse().ok()?));
                wire.places.push((at, end + 1));
                at = end + 1;
            }
            _ => return None,
        }
    }
    Some(wire)
}

/// Any wire, by the grammar.
fn parse_any(text: &str) -> Result<Wire, WireError> {
    if let Some((message, at)) = excess(text) {
        return Err(WireError { message, start: at, end: at + 1, help: None });
    }
    let parsed = parse_json_path(text).map_err(|_| syntax(text))?;
    // The parser skips white space even within a name: `$.a b` would read `ab`.
    if let Some(at) = blank(text) {
        let (message, end) = ("a wire can't have white space outside of brackets".into(), at + 1);
        let help = Some("write a name that has a space as `['a name']`".into());
        return Err(WireError { message, start: at, end, help });
    }
    if let Err(message) = parsed.segments.iter().try_for_each(segment) {
        let start = text.find('?').unwrap_or(0);
        return Err(WireError { message, start, end: text.len(), help: None });
    }
    let mut places = places(text).into_iter();
    let mut segments = parsed.segments.into_iter().peekable();
    let root = match (segments.next(), places.next()) {
        (Some(Segment::Selector(Selector::Name(name))), Some(place)) if text[..place.0].ends_with('.') => {
            (name, place)
        }
        _ => {
            return Err(WireError {
                message: "a wire starts with the name of what it reads".into(),
                start: 0,
                end: text.len(),
                help: Some("start with `$.inputs`, `$.vars` or the id of a card: `$.card.output`".into()),
            });
        }
    };
    let mut wire = Wire { root: root.0.into(), keys: Vec::new(), query: None, places: vec![root.1] };
    while let Some(key) = segments.peek().and_then(key) {
        segments.next();
        wire.keys.push(key);
        wire.places.extend(places.next());
    }
    let rest: Vec<Segment> = segments.collect();
    if !rest.is_empty() {
        wire.query = Some(Arc::new(Query(JpQuery::new(mended(rest)))));
    }
    Ok(wire)
}

impl Query {
    /// The name that is read of items, where the query begins by taking items of a list, all or some; `Some(None)` if it ends there.
    pub fn of_items(&self) -> Option<Option<&str>> {
        let (first, rest) = self.0.segments.split_first()?;
        let takes_items = matches!(
            first,
            Segment::Selector(Selector::Wildcard | Selector::Filter(_) | Selector::Slice(..))
        );
        match rest.first() {
            _ if !takes_items => None,
            None => Some(None),
            Some(Segment::Selector(Selector::Name(name))) => Some(Some(name)),
            Some(_) => None,
        }
    }

    /// All places that the query finds in `root`, in their order.
    pub fn run(&self, root: &Value) -> Vec<Value> {
        // The only error is a query that gives no places, and a query made of segments always gives places.
        js_path_process(&self.0, root)
            .map_or_else(|_| Vec::new(), |found| found.into_iter().map(|at| at.val.clone()).collect())
    }
}

/// What lies behind `keys` in `value`; none where there is no such place.
pub fn follow<'v>(value: &'v Value, keys: &[Key]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| match (key, value) {
        (Key::Name(name), Value::Object(members)) => members.get(name),
        (Key::Index(index), Value::List(items)) => {
            let index = if *index < 0 { items.len() as i64 + index } else { *index };
            items.get(usize::try_from(index).ok()?)
        }
        _ => None,
    })
}

fn key(segment: &Segment) -> Option<Key> {
    match segment {
        Segment::Selector(Selector::Name(name)) => Some(Key::Name(name.into())),
        Segment::Selector(Selector::Index(index)) => Some(Key::Index(*index)),
        _ => None,
    }
}

/// Where each of the segments at the start of a valid path stands, up to the first that is not plain.
fn places(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'.') if bytes.get(at + 1) != Some(&b'.') => {
                let end = text[at + 1..].find(['.', '[']).map_or(text.len(), |end| at + 1 + end);
                places.push((at + 1, end));
                at = end;
            }
            Some(b'[') => {
                let Some(end) = closing(bytes, at) else { return places };
                places.push((at, end));
                at = end;
            }
            _ => return places,
        }
    }
}

/// The first white space outside of brackets.
fn blank(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' => at = closing(bytes, at)?,
            byte if byte.is_ascii_whitespace() => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// The byte behind the bracket that closes the one at `open`.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let (mut depth, mut quote, mut at) = (0, None, open);
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// What makes a wire take too long to read or to follow, and where.
fn excess(text: &str) -> Option<(String, usize)> {
    let (mut depth, mut descents, mut commas, mut quote) = (0, 0, 0, None);
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[' | b'(') => depth += 1,
            (None, b']' | b')') => depth = usize::saturating_sub(depth, 1),
            (None, b',') => commas += 1,
            (None, b'.') if bytes.peek().is_some_and(|(_, next)| *next == b'.') => descents += 1,
            (None, _) => {}
        }
        if depth > DEEPEST {
            return Some((format!("brackets lie more than {DEEPEST} deep"), at));
        }
        if descents > DESCENTS {
            return Some((format!("a wire can have `..` at most {DESCENTS} times"), at));
        }
        if commas > COMMAS {
            return Some((format!("a wire can have at most {COMMAS} commas"), at));
        }
    }
    None
}

/// What is wrong with a text that isn't a JSONPath: where the longest beginning that is one ends.
fn syntax(text: &str) -> WireError {
    let cuts = (1..text.len()).rev().filter(|&cut| text.is_char_boundary(cut));
    let cut = cuts.into_iter().find(|&cut| parse_json_path(&text[..cut]).is_ok()).unwrap_or(0);
    let rest = &text[cut..];
    let first = rest.chars().next().unwrap_or('$');
    let mut error = WireError {
        message: format!("expected `.name`, `[0]` or the end of the wire, found `{first}`"),
        start: cut,
        end: (cut + first.len_utf8()).min(text.len()),
        help: None,
    };
    let name_start = text[..cut].rfind('.').map_or(cut, |dot| dot + 1);
    let word = |from: usize| {
        let end = text[from..].find(['.', '[', ' ']).map_or(text.len(), |end| from + end);
        (from, end)
    };
    if rest == "." || rest.starts_with(". ") {
        error.message = "a name is missing behind the point".into();
    } else if first == '[' && closing(text.as_bytes(), cut).is_none() {
        error.message = "the bracket is never closed".into();
        error.end = text.len();
    } else if first == '[' {
        error.message =
            "what is in brackets is neither an index, a name in quotes, a slice nor a filter".into();
        error.end = closing(text.as_bytes(), cut).unwrap_or(text.len());
        error.help = Some("write `[0]`, `['a name']`, `[0:5]`, `[*]` or `[?@.age > 30]`".into());
    } else if first == '.' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        let (start, end) = word(cut + 1);
        let number = &text[start..end];
        error.message = format!("expected a name behind the point, found `{number}`");
        (error.start, error.end) = (start, end);
        error.help = Some(if number.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("write `[{number}]` for an item of a list")
        } else {
            format!("write `['{number}']`")
        });
    } else if !first.is_whitespace() && name_start <= cut && cut > 1 && !text[..cut].ends_with(']') {
        // A name with a sign that names can't have: most often a hyphen.
        let (start, end) = word(if first == '.' { cut + 1 } else { name_start });
        let name = &text[start..end];
        let sign = if first == '.' { name.chars().next() } else { Some(first) };
        error.message = match sign {
            Some(sign) => format!("a name can't have `{sign}` in it"),
            None => "a name is missing behind the point".into(),
        };
        (error.start, error.end) = (start, end.max(start));
        if !name.is_empty() && !name.contains('\'') {
            error.help = Some(match &text[..start - 1] {
                // What a wire starts with is an ID, which has no other signs.
                "$" => format!("IDs have letters, digits and `_`: write `$.{}`", identifier(name)),
                before => format!("write `{before}['{name}']`"),
            });
        }
    }
    error
}

/// Refuses what the parser lets pass against RFC 9535, and what a wire can't do.
fn segment(segment: &Segment) -> Result<(), String> {
    let selector = |selector: &Selector| match selector {
        Selector::Filter(inner) => filter(inner),
        _ => Ok(()),
    };
    match segment {
        // The library finds what they name, but not in the standard's order.
        Segment::Descendant(inner) if matches!(**inner, Segment::Selectors(_)) => {
            Err("behind `..` a wire takes one name or index, not several".into())
        }
        Segment::Descendant(inner) => self::segment(inner),
        Segment::Selector(one) => selector(one),
        Segment::Selectors(many) => many.iter().try_for_each(selector),
    }
}

fn filter(filter: &Filter) -> Result<(), String> {
    match filter {
        Filter::Or(parts) | Filter::And(parts) => parts.iter().try_for_each(self::filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => self::filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => match &**expr {
            Test::Function(call) if call.is_comparable() => {
                Err(format!("`{}` gives a value, which must be compared", name(call)))
            }
            other => test(other),
        },
        Filter::Atom(FilterAtom::Comparison(comparison)) => compared(comparison),
    }
}

fn compared(comparison: &Comparison) -> Result<(), String> {
    let (left, right) = comparison.vals();
    [left, right].into_iter().try_for_each(|side| match side {
        Comparable::Function(call) => function(call),
        Comparable::SingularQuery(SingularQuery::Root(_)) => Err(foreign()),
        Comparable::SingularQuery(SingularQuery::Current(_)) | Comparable::Literal(_) => Ok(()),
    })?;
    let counts = |side: &Comparable| matches!(side, Comparable::Function(TestFunction::Count(_)));
    let constant = |side: &Comparable| matches!(side, Comparable::Literal(_));
    if counts(left) && !constant(right) || counts(right) && !constant(left) {
        return Err("`count` can be compared with a constant only".into());
    }
    Ok(())
}

fn test(test: &Test) -> Result<(), String> {
    match test {
        // The library would filter the item itself.
        Test::RelQuery(segments) if segments.iter().any(filters) => {
            Err("a filter can't hold another one".into())
        }
        Test::RelQuery(segments) => segments.iter().try_for_each(segment),
        Test::AbsQuery(_) => Err(foreign()),
        Test::Function(call) => function(call),
    }
}

fn filters(segment: &Segment) -> bool {
    let filter = |selector: &Selector| matches!(selector, Selector::Filter(_));
    match segment {
        Segment::Descendant(inner) => filters(inner),
        Segment::Selector(one) => filter(one),
        Segment::Selectors(many) => many.iter().any(filter),
    }
}

fn function(call: &TestFunction) -> Result<(), String> {
    let value = |argument: &FnArg| match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Test(inner) => match &**inner {
            Test::RelQuery(segments) if !segments.iter().all(|segment| key(segment).is_some()) => {
                Err(format!("`{}` takes one value, and this path may find many", name(call)))
            }
            Test::Function(inner) if !inner.is_comparable() => {
                Err(format!("`{}` takes a value, not true or false", name(call)))
            }
            inner => test(inner),
        },
        FnArg::Filter(_) => Err(format!("`{}` takes a value, not a condition", name(call))),
    };
    let nodes = |argument: &FnArg| match argument {
        FnArg::Test(inner) if !matches!(**inner, Test::Function(_)) => test(inner),
        _ => Err(format!("`{}` takes a path", name(call))),
    };
    match call {
        TestFunction::Length(argument) => value(argument),
        TestFunction::Count(argument) | TestFunction::Value(argument) => nodes(argument),
        TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
            value(text).and_then(|()| value(pattern))
        }
        TestFunction::Custom(..) => Err(format!("there is no function `{}` in JSONPath", name(call))),
    }
}

fn name(call: &TestFunction) -> &str {
    match call {
        TestFunction::Custom(name, _) => name,
        TestFunction::Length(_) => "length",
        TestFunction::Value(_) => "value",
        TestFunction::Count(_) => "count",
        TestFunction::Search(..) => "search",
        TestFunction::Match(..) => "match",
    }
}

/// `$` within a filter would mean the list being filtered, which is never what the author wants.
fn foreign() -> String {
    "a filter sees only the item, as `@`; it can't read from `$`".into()
}

impl Queryable for Value {
    fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }
    fn as_array(&self) -> Option<&Vec<Value>> {
        if let Value::List(items) = self { Some(items) } else { None }
    }
    fn as_object(&self) -> Option<Vec<(&str, &Value)>> {
        Some(Value::as_object(self)?.iter().map(|(key, value)| (&**key, value)).collect())
    }
    fn as_str(&self) -> Option<&str> {
        self.as_text().map(|text| &**text)
    }
    fn as_i64(&self) -> Option<i64> {
        self.as_number()
            .filter(|number| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0)
            .map(|number| number as i64)
    }
    fn as_f64(&self) -> Option<f64> {
        self.as_number()
    }
    fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(truth) = self { Some(*truth) } else { None }
    }
    fn null() -> Value {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_json;

    fn read(wire: &str, value: &str) -> Result<String, String> {
        let wire =
            parse(wire).map_err(|error| format!("{}..{} {}", error.start, error.end, error.message))?;
        let value = parse_json(value).map_err(|error| error.to_string())?;
        let at = follow(&value, &wire.keys);
        Ok(match (at, &wire.query) {
            (Some(at), Some(query)) => Value::list(query.run(at)).to_json(),
            (at, _) => at.cloned().unwrap_or_default().to_json(),
        })
    }

    #[test]
    fn wires_find_what_they_name() {
        let list = r#"{"list":[{"n":1,"t":"a"},{"n":2,"t":"b"},{"n":3}],"a-b":{"c.d":true}}"#;
        let table = [
            ("$.card.list[0].n", "1"),
            ("$.card.list[-1].n", "3"),
            ("$.card.list[9].n", "null"),
            ("$.card.none.n", "null"),
            ("$.card['a-b']['c.d']", "true"),
            ("$.card.list[*].n", "[1,2,3]"),
            ("$.card.list[1:].n", "[2,3]"),
            ("$.card.list[?@.n > 1].n", "[2,3]"),
            ("$.card.list[?@.t == 'b'].n", "[2]"),
            ("$.card..n", "[1,2,3]"),
            ("$.card.list[?length(@.t) == 1].n", "[1,2]"),
            ("$.card.list[?match(@.t, '[ab]')].t", r#"["a","b"]"#),
            ("$.card.list[0,2].n", "[1,3]"),
        ];
        for (wire, found) in table {
            assert_eq!(read(wire, list).as_deref(), Ok(found), "{wire}");
        }
        let wire = parse("$.card['a-b'][0].x[*]").unwrap();
        let words: Vec<&str> =
            wire.places.iter().map(|&(start, end)| &"$.card['a-b'][0].x[*]"[start..end]).collect();
        assert_eq!((&*wire.root, words), ("card", vec!["card", "['a-b']", "[0]", "x"]));
    }

    #[test]
    fn plain_wires_are_what_the_grammar_makes_of_them() {
        const PARTS: &[&str] = &[
            ".a",
            ".b_2",
            "._",
            ".2",
            ".",
            "..a",
            ".é",
            ".a-b",
            ".a b",
            "[0]",
            "[12]",
            "[-1]",
            "[-0]",
            "[01]",
            "[]",
            "[ 1]",
            "[1234567890]",
            "[1,2]",
            "[*]",
            "['a']",
            "[",
            "]",
            " ",
            "$",
        ];
        let shape = |wire: Wire| (wire.root, wire.keys, wire.query.is_some(), wire.places);
        let mut count = 0;
        let mut look = |text: String| {
            let (by_hand, by_grammar) = (plain(&text), parse_any(&text));
            count += usize::from(by_hand.is_some());
            if let Some(by_hand) = by_hand {
                assert_eq!(Some(shape(by_hand)), by_grammar.ok().map(shape), "{text}");
            }
        };
        for first in PARTS {
            look(format!("${first}"));
            for second in PARTS {
                look(format!("${first}{second}"));
                PARTS.iter().for_each(|third| look(format!("${first}{second}{third}")));
            }
        }
        // Of each length those that begin with one of the three names and go on with names and the three indices.
        assert_eq!(count, 3 + 3 * 6 + 3 * 6 * 6);
    }

    #[test]
    fn what_is_no_wire_is_refused_with_its_place() {
        let table = [
            ("$.", "1..2 a name is missing behind the point"),
            ("$.card.my-output", "7..16 a name can't have `-` in it"),
            ("$.a b", "3..4 a wire can't have white space outside of brackets"),
            ("$.card.list.0", "12..13 expected a name behind the point, found `0`"),
            ("$.card[", "6..7 the bracket is never closed"),
            (
                "$.card[x]",
                "6..9 what is in brackets is neither an index, a name in quotes, a slice nor a filter",
            ),
            ("$..a", "0..4 a wire starts with the name of what it reads"),
            ("$['card']", "0..9 a wire starts with the name of what it reads"),
            ("$.*", "0..3 a wire starts with the name of what it reads"),
            (
                "$.c.l[?@.a == $.inputs.b]",
                "6..25 a filter sees only the item, as `@`; it can't read from `$`",
            ),
            // The six queries that the parser accepts against the standard.
            ("$.c[?length(@.*) < 3]", "4..21 `length` takes one value, and this path may find many"),
            ("$.c[?count(@..*)]", "4..17 `count` gives a value, which must be compared"),
            ("$.c[?length(@.a)]", "4..17 `length` gives a value, which must be compared"),
            ("$.c[?value(@.a)]", "4..16 `value` gives a value, which must be compared"),
            ("$.c[((((((((1))))))))]", "11..12 brackets lie more than 8 deep"),
            ("$.c..a..b['...'].c..d", "18..19 a wire can have `..` at most 2 times"),
            ("$.c[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]", "37..38 a wire can have at most 16 commas"),
            ("$.c[?in(@, 'a')]", "4..16 there is no function `in` in JSONPath"),
        ];
        for (wire, message) in table {
            assert_eq!(read(wire, "{}"), Err(message.to_owned()), "{wire}");
        }
        assert_eq!(
            parse("$.card.my-output").unwrap_err().help.as_deref(),
            Some("write `$.card['my-output']`")
        );
    }
}
