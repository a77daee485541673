//! The compliance suite of RFC 9535 (`tests/conformance/rfc9535`): every path that the standard has no place for is refused, every other finds
//! what the standard finds, or is refused and stands, with the reason, in `refused.txt`.

use std::fmt::Write as _;

use flowrun_core::path;
use flowrun_core::value::{Value, parse_json};

const SUITE: &str = include_str!("../../../tests/conformance/rfc9535/cts.json");
const REFUSED: &str = include_str!("../../../tests/conformance/rfc9535/refused.txt");

/// What a wire finds in `document`, or why it is none. A wire begins with a name, which stands for the document here.
fn found(selector: &str, document: &Value) -> Result<Vec<Value>, String> {
    let wire = format!("$.card{}", &selector[1..]);
    let wire = path::parse(&wire).map_err(|error| error.message)?;
    Ok(match (path::follow(document, &wire.keys), &wire.query) {
        (None, _) => Vec::new(),
        (Some(at), None) => vec![at.clone()],
        (Some(at), Some(query)) => query.run(at),
    })
}

fn key<'v>(of: &'v Value, key: &str) -> Option<&'v Value> {
    of.as_object()?.get(key)
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    key(of, name).and_then(Value::as_text).unwrap_or_else(|| panic!("no {name}"))
}

fn list(of: &Value) -> &[Value] {
    let Value::List(items) = of else { panic!("expected a list") };
    items
}

#[test]
fn wires_find_what_rfc_9535_finds_or_are_refused() {
    let suite = parse_json(SUITE).unwrap();
    let (mut refused, mut wrong, mut equal) = (String::new(), String::new(), 0);
    for case in list(key(&suite, "tests").unwrap()) {
        let selector = text(case, "selector");
        let none = Value::Null;
        let document = key(case, "document").unwrap_or(&none);
        if key(case, "invalid_selector").is_some() {
            // What lacks the `$` is no wire before the name is put in.
            if selector.starts_with('$') && found(selector, document).is_ok() {
                writeln!(wrong, "{selector:?} is no path, and was taken").unwrap();
            }
            continue;
        }
        let same = |found: &[Value], right: &Value| Value::list(found.to_vec()).to_json() == right.to_json();
        match (found(selector, document), key(case, "result"), key(case, "results")) {
            (Err(reason), ..) => writeln!(refused, "{}: {selector:?}: {reason}", text(case, "name")).unwrap(),
            (Ok(found), Some(result), _) if same(&found, result) => equal += 1,
            (Ok(found), _, Some(results)) if list(results).iter().any(|right| same(&found, right)) => {
                equal += 1
            }
            (Ok(found), ..) => {
                writeln!(
                    wrong,
                    "{}: {selector:?} found {}",
                    text(case, "name"),
                    Value::list(found).to_json()
                )
                .unwrap();
            }
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(refused, REFUSED);
    assert!(equal > 400, "{equal}");
}

/// Values by RFC 9535, 2.4.5: of nothing, `count` is 0. The suite has no such case.
#[test]
fn nothing_counts_as_none() {
    let people = parse_json(r#"[{"n":"Ann","g":[]},{"n":"Bob","g":["it","hr"]},{"n":"Cem"}]"#).unwrap();
    let table = [
        ("count(@.g[*]) == 0", r#"["Ann","Cem"]"#),
        ("count(@.g[*]) != 0", r#"["Bob"]"#),
        ("count(@.g[*]) < 2", r#"["Ann","Cem"]"#),
        ("count(@.g[*]) >= 0", r#"["Ann","Bob","Cem"]"#),
        ("count(@.g[*]) > 0", r#"["Bob"]"#),
        ("0 == count(@.g[*])", r#"["Ann","Cem"]"#),
        ("2 > count(@.g[*])", r#"["Ann","Cem"]"#),
        ("!(count(@.g[*]) == 0)", r#"["Bob"]"#),
        ("count(@.g[*]) == 0 && @.n == 'Cem'", r#"["Cem"]"#),
        ("count(@.g[*]) != 'x'", r#"["Ann","Bob","Cem"]"#),
    ];
    for (filter, names) in table {
        let found = found(&format!("$[?{filter}].n"), &people).unwrap();
        assert_eq!(Value::list(found).to_json(), names, "{filter}");
    }
    assert!(found("$[?count(@.g[*]) == count(@.h[*])]", &people).is_err());
}
