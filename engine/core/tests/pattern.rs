//! Patterns, held against values. What holds and what doesn't follows from what the manual says of each operator; the values are worked out by hand.

use flowrun_core::load::reader::Reader;
use flowrun_core::pattern::Pattern;
use flowrun_core::source::FileId;
use flowrun_core::value::{Value, convert, parse_json};

fn pattern(text: &str) -> Result<Pattern, String> {
    let mut reader = Reader::plain(FileId(0), text);
    let pattern = reader.parse().and_then(|node| reader.pattern(&node));
    match reader.finish().first() {
        Some(mistake) => Err(mistake.message.clone()),
        None => pattern.ok_or_else(|| "nothing".to_owned()),
    }
}

fn value(json: &str) -> Value {
    parse_json(json).unwrap()
}

/// A pattern, a value as JSON, and where it differs; nothing where it holds.
const TABLE: &[(&str, &str, &str)] = &[
    // Without operators.
    ("2", "2", ""),
    ("2", "\"2\"", "."),
    ("'2'", "2", "."),
    ("true", "true", ""),
    ("null", "null", ""),
    ("null", "\"\"", "."),
    ("{ a: 1 }", r#"{"a":1,"b":2}"#, ""),
    ("{ a: 1, c: 3 }", r#"{"a":1,"b":2}"#, "c"),
    ("{ a: { b: [1, 2] } }", r#"{"a":{"b":[1,3]}}"#, "a.b[1]"),
    ("[1, 2]", "[1,2,3]", "."),
    ("[1, 2, 3]", "[1,2]", "[2]"),
    ("{ 'a b': 1 }", r#"{"a b":2}"#, "[\"a b\"]"),
    // Operators.
    ("{ ~equals: { a: 1 } }", r#"{"a":1,"b":2}"#, "."),
    ("{ ~exactly: { a: 1 } }", r#"{"a":1,"b":2}"#, "b"),
    ("{ ~exactly: { a: { ~gt: 0 } } }", r#"{"a":1}"#, ""),
    ("{ ~not: 3 }", "2", ""),
    ("{ ~not: { ~gt: 1 } }", "2", "."),
    ("{ ~gt: 1, ~lt: 3 }", "2", ""),
    ("{ ~gte: 3, ~lte: 1 }", "2", ". ."),
    ("{ ~gt: 1 }", "\"2\"", "."),
    ("~gt 2026-01-01T00:00:00Z", "\"2026-01-02T00:00:00+01:00\"", ""),
    ("~lt 2026-01-01T00:00:00Z", "\"2026-01-02T00:00:00+01:00\"", "."),
    ("{ ~near: [1, 0.1] }", "1.05", ""),
    ("{ ~near: [1, 0.1] }", "1.2", "."),
    ("{ ~in: [a, b] }", "\"b\"", ""),
    ("{ ~in: [a, b] }", "\"c\"", "."),
    ("~contains ell", "\"hello\"", ""),
    ("~not_contains ell", "\"hello\"", "."),
    ("{ ~contains: b }", r#"["a","b"]"#, ""),
    ("~starts_with he", "\"hello\"", ""),
    ("~ends_with @x.test", "\"ada@x.test\"", ""),
    ("~matches ^[a-z]+$", "\"hello\"", ""),
    ("~matches ^[a-z]+$", "\"Hello\"", "."),
    ("{ ~exists: true }", "null", "."),
    ("{ ~exists: false }", "null", ""),
    ("{ ~empty: true }", "[]", ""),
    ("{ ~empty: false }", "\"\"", "."),
    ("~type list of text", r#"["a"]"#, ""),
    ("~type list of text", r#"["a",1]"#, "."),
    ("~type number", "1", ""),
    ("~type number", "\"1\"", "."),
    ("{ ~length: 2 }", "\"äö\"", ""),
    ("{ ~length: { ~gt: 2 } }", "[1,2]", "."),
    ("{ ~any: { id: 2 } }", r#"[{"id":1},{"id":2}]"#, ""),
    ("{ ~any: { id: 3 } }", r#"[{"id":1},{"id":2}]"#, "."),
    ("{ ~all: { id: { ~gt: 1 } } }", r#"[{"id":1},{"id":2}]"#, "[0].id"),
    ("{ ~none: { id: 2 } }", r#"[{"id":1},{"id":2}]"#, "[1]"),
    ("{ ~unordered: [1, 2, 3] }", "[3,1,2]", ""),
    ("{ ~unordered: [1, 2, 2] }", "[1,1,2]", "."),
    // The first pattern fits both items; only the other way round each has one of its own.
    ("{ ~unordered: [{ ~gt: 0 }, 1] }", "[1,2]", ""),
    ("{ ~json: { a: 1 } }", r#""{\"a\":1}""#, ""),
    ("{ ~json: { a: 2 } }", r#""{\"a\":1}""#, "a"),
    ("{ ~json: { a: 1 } }", "\"{\"", "."),
    ("{ ~secret: true }", "\"x\"", "."),
];

#[test]
fn each_operator_holds_what_it_says() {
    for (text, json, wanted) in TABLE {
        let pattern = pattern(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        let differences = pattern.differences(&value(json));
        let places: Vec<&str> =
            differences.iter().map(|one| if one.path.is_empty() { "." } else { &*one.path }).collect();
        assert_eq!(places.join(" "), *wanted, "{text} against {json}: {differences:?}");
    }
}

#[test]
fn a_date_is_the_text_that_says_it() {
    let date = convert(Value::from("2026-03-01T09:00:00+01:00"), flowrun_core::types::Type::DATE).unwrap();
    assert!(pattern("2026-03-01T08:00:00Z").unwrap().holds(&date));
    assert!(!pattern("2026-03-01T08:00:01Z").unwrap().holds(&date));
    assert!(pattern("{ ~gte: 2026-03-01 }").unwrap().holds(&date));
}

#[test]
fn nonsense_is_told() {
    let table = [
        ("{ ~gtt: 1 }", "there is no operator `~gtt`"),
        ("~gtt 1", "there is no operator `~gtt`"),
        ("~any 1", "`~any` in a text has nothing to go by"),
        ("~contains", "`~contains` in a text has nothing to go by"),
        ("{ ~near: 1 }", "`~near` is followed by `[number, how far it may be off]`, found a number"),
        ("{ ~in: [] }", "`~in` is followed by a list of values, found a list"),
        ("{ ~matches: '(' }", "this is no regular expression: unclosed group"),
        ("{ ~type: liste }", "there is no type `liste`"),
        ("{ ~exists: yes }", "`~exists` is followed by true or false, found a text"),
        ("{ ~gt: [1] }", "`~gt` is followed by a number or a date, found a list"),
        ("{ ~gt: 1, a: 2 }", "the member `a` stands beside operators"),
        ("{ ~unordered: 1 }", "`~unordered` is followed by a list of items, found a number"),
    ];
    for (text, wanted) in table {
        assert_eq!(pattern(text).unwrap_err(), wanted, "{text}");
    }
}
