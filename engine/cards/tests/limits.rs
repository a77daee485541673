//! What is deep, long or wide: cards stay quick, or refuse it.

use std::sync::Arc;

use flowrun_cards::catalog;
use flowrun_core::value::{Text, Value};

use crate::perform::{perform, yaml};

fn run(id: &str, given: Value) -> Result<Value, String> {
    perform(catalog().get(id).unwrap(), &given, &[]).map_err(|fault| fault.to_string())
}

#[test]
fn paths_of_ten_thousand_keys_are_refused_or_lead_nowhere() {
    let path = Value::from(vec!["a"; 10_000].join("."));
    let object = || yaml("{ a: { a: 1 } }");
    let given = |fields: &[(&str, Value)]| {
        Value::object([("object", object())].into_iter().chain(fields.iter().cloned()))
    };
    let told = "expected a path of at most 127 keys, found 10000";
    for (id, fields) in [
        ("object.set", vec![("path", path.clone()), ("value", Value::from(1.0))]),
        ("object.unset", vec![("path", path.clone())]),
        ("object.move", vec![("source", path.clone()), ("destination", Value::from("b"))]),
        ("object.move", vec![("source", Value::from("a")), ("destination", path.clone())]),
    ] {
        let fault = run(id, given(&fields)).unwrap_err();
        assert!(fault.contains(told), "{id}: {fault}");
    }
    assert_eq!(
        run("object.get", given(&[("path", path.clone())])),
        Ok(Value::object([("value", Value::Null)]))
    );
    let fault = run("object.construct", Value::object([(path.to_string(), 1.0)])).unwrap_err();
    assert!(fault.contains("expected a name of at most 127 keys, found 10000"), "{fault}");
}

#[test]
fn an_object_that_is_too_deep_is_not_cleared() {
    let deep = (0..1_000).fold(Value::from("x"), |inner, _| Value::object([("a", inner)]));
    let fault = run("object.clear_empty", Value::object([("object", deep)])).unwrap_err();
    assert!(fault.contains("the object is more than 127 levels deep"), "{fault}");
}

#[test]
fn a_hundred_thousand_keys_are_handled_one_by_one() {
    // Were a card to look through all keys for each, this would take minutes.
    let keys: Vec<Value> = (0..100_000).map(|key| Value::from(format!("k{key}"))).collect();
    let values = Value::list(keys.clone());
    let zipped = run("object.zip", Value::object([("keys", values.clone()), ("values", values.clone())]));
    let Ok(Value::Object(zipped)) = zipped else { panic!("{zipped:?}") };
    let object = zipped["object"].clone();
    let split = run("object.split", Value::object([("object", object.clone()), ("keys", values)]));
    assert_eq!(split.unwrap().as_object().unwrap()["picked"], object);
    for id in ["object.clear_empty", "object.filter"] {
        let same = run(id, Value::object([("object", object.clone())])).unwrap();
        assert_eq!(same.as_object().unwrap()["object"], object, "{id}");
    }
    let unzipped = run("object.unzip", Value::object([("object", object.clone())])).unwrap();
    assert_eq!(unzipped.as_object().unwrap()["keys"], Value::List(Arc::new(keys)));
    let fields = [("object", object), ("path", Value::from("k7"))];
    let shorter = run("object.unset", Value::object(fields)).unwrap();
    assert_eq!(shorter.as_object().unwrap()["object"].as_object().unwrap().len(), 99_999);
}

#[test]
fn a_hostile_pattern_takes_linear_time() {
    // A search that goes back over its steps would take longer than the universe is old.
    let given = Value::object([
        ("look_in", Value::from("a".repeat(20_000))),
        ("look_for", Value::from("^(a|a)*(a|a)*(a|a)*b$")),
    ]);
    assert_eq!(run("text.find_pattern", given), Ok(Value::object([("position", -1.0)])));
    let addresses = Text::from("@".repeat(100_000) + &"a.".repeat(100_000) + "@b");
    let found = run("text.find_email", Value::object([("text", addresses)])).unwrap();
    assert_eq!(found, Value::object([("email", Value::Null)]));
}

/// 16 MiB, as the manual says of texts that cards put together.
#[test]
fn texts_that_are_put_together_end_at_16_mib() {
    let replacing = |id: &'static str, key: &'static str, what: Value, with: String| {
        let fields = [
            ("look_in", Value::from("a".repeat(5_000))),
            (key, what),
            ("replace_with", with.into()),
            ("all_instances", true.into()),
        ];
        (id, Value::object(fields))
    };
    let (large, huge) = ("b".repeat(5_000), || Value::from("c".repeat(9 << 20)));
    for (id, given) in [
        replacing("text.replace", "look_for", "a".into(), large.clone()),
        replacing("text.replace_pattern", "look_for", "a".into(), large.clone()),
        replacing("text.replace_pattern", "look_for", "(a+)".into(), "$1".repeat(5_000)),
        replacing("text.replace_patterns", "patterns", Value::list(vec!["a".into()]), large),
        ("text.concatenate", Value::object([("text_1", huge()), ("text_2", huge())])),
        ("list.list_to_text", Value::object([("list", Value::list(vec![huge(), huge()]))])),
    ] {
        let Err(fault) = run(id, given) else { panic!("{id} makes a text of any length") };
        let told = "expected a text of at most 16777216 bytes, found a longer one";
        assert!(fault.contains(told), "{id}: {fault}");
    }
}

/// As JavaScript's `"abc".replace(/x*/g, "-")` and its like.
#[test]
fn empty_matches_are_matches() {
    for (text, pattern, with, all, becomes) in [
        ("abc", "x*", "-", true, "-a-b-c-"),
        ("abc", "x*", "-", false, "-abc"),
        ("abab", "b", "", false, "aab"),
        ("abab", "b", "", true, "aa"),
        ("äö", "", ".", true, ".ä.ö."),
        ("abc", "z", "-", true, "abc"),
    ] {
        let given = Value::object([
            ("look_in", Value::from(text)),
            ("look_for", pattern.into()),
            ("replace_with", with.into()),
            ("all_instances", all.into()),
        ]);
        let found = run("text.replace_pattern", given).unwrap_or_else(|fault| panic!("{pattern}: {fault}"));
        assert_eq!(found.as_object().unwrap()["text"], Value::from(becomes), "{text} {pattern} {all}");
    }
}
