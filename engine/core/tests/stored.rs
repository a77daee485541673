//! What was stored by a released flowrun is read for ever: `stored/FORM/KIND-*.txt` has one example each, its first line as it was
//! written, the rest as it is understood. No line of them may ever change. A new one is a first line; the test writes the rest if
//! `FLOWRUN_NEW_EXAMPLES` is set.

#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use flowrun_core::effect::Page;
use flowrun_core::fault::Fault;
use flowrun_core::journal::{Entry, Recorded};
use flowrun_core::stored::{Blind, Header, Seal, Stored, Unreadable, decode, encode, encode_within};
use flowrun_core::value::{Record, Value};

/// Writes secrets backwards, which is enough to see that they were sealed and opened.
struct Backwards;

impl Seal for Backwards {
    fn seal(&self, secret: &str) -> String {
        secret.chars().rev().collect()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        (!sealed.is_empty()).then(|| self.seal(sealed))
    }
}

/// How an example is understood; that of the current form is written like that again.
fn understood<T: Stored + Debug>(stored: &str, form: u32) -> String {
    let it: T = decode(stored.as_bytes(), &Backwards).unwrap();
    if form == T::FORM {
        assert_eq!(String::from_utf8(encode(&it, &Backwards)).unwrap(), stored);
        assert_eq!(encode_within(&it, &Backwards, stored.len()).as_deref(), Some(stored.as_bytes()));
        assert_eq!(encode_within(&it, &Backwards, stored.len() - 1), None);
    }
    format!("{it:#?}")
}

/// What an example of this form is understood as.
type Understand = fn(&str, u32) -> String;

const KINDS: [(&str, Understand); 7] = [
    ("value", understood::<Value>),
    ("record", understood::<Record>),
    ("fault", understood::<Fault>),
    ("page", understood::<Page>),
    ("recorded", understood::<Recorded>),
    ("entry", understood::<Entry>),
    ("header", understood::<Header>),
];

#[test]
fn every_released_form_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    let mut met = BTreeSet::new();
    for folder in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let form: u32 = folder.file_name().unwrap().to_str().unwrap().parse().unwrap();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let kind = name.split('-').next().unwrap();
            let (kind, understand) = KINDS.into_iter().find(|(known, _)| *known == kind).expect(name);
            let example = std::fs::read_to_string(&file).unwrap();
            let (stored, expected) = example.split_once('\n').unwrap();
            let found = understand(stored, form);
            if std::env::var_os("FLOWRUN_NEW_EXAMPLES").is_some() && expected.is_empty() {
                std::fs::write(&file, format!("{stored}\n{found}\n")).unwrap();
                continue;
            }
            assert_eq!(found.trim(), expected.trim(), "{name}, form {form}");
            met.insert(kind);
        }
    }
    assert_eq!(met.len(), KINDS.len(), "an example of each kind");
}

#[test]
fn what_can_not_be_read_is_said() {
    let secret = r#"{"v":1,"value":{"token":{"$secret":"2retnuh"}}}"#;
    let value: Value = decode(secret.as_bytes(), &Blind).unwrap();
    assert_eq!(value.to_json(), r#"{"token":"••••••"}"#);
    #[rustfmt::skip]
    let table = [
        (r#"{"v":2,"value":1,"new":3}"#, "a newer flowrun wrote it (form 2, and this one reads forms up to 1)"),
        (r#"{"v":1,"value":{"$secret":""}}"#, "it holds a secret that this key does not open"),
        (r#"{"v":1,"value":[1"#, "it is damaged: the end of the list should stand at byte 17"),
        (r#"{"v":1,"value":{"a":1,"$date":1}}"#, "it is damaged: a key with one more `$` before this should stand at byte 30"),
        (r#"{"v":1,"value":{"$time":1}}"#, "it is damaged: something that is known by its tag should stand at byte 24"),
        (r#"{"v":1,"value":1e999}"#, "it is damaged: a number should stand at byte 15"),
        (r#"{"v":1}"#, "it is damaged: a member should stand at byte 6"),
        (r#"{"v":1,"value":"ü"#, "it is damaged: a text that ends should stand at byte 16"),
        ("", "it is damaged: an object should stand at byte 0"),
    ];
    for (stored, told) in table {
        let unreadable: Unreadable = decode::<Value>(stored.as_bytes(), &Backwards).unwrap_err();
        assert_eq!(unreadable.to_string(), told, "{stored}");
    }
    let latin = decode::<Value>(b"{\"v\":1,\"value\":\"\xfc\"}", &Backwards).unwrap_err();
    assert_eq!(latin.to_string(), "it is damaged: text in UTF-8 should stand at byte 16");
}

/// As deep as may be and no deeper; what is deeper ends neither the process nor the memory.
#[test]
fn depth_has_an_end_and_needs_no_stack() {
    let nested = |open: &str, close: &str, depth: usize| {
        let text = format!("{{\"v\":1,\"value\":{}1{}}}", open.repeat(depth), close.repeat(depth));
        decode::<Value>(text.as_bytes(), &Backwards)
            .map(|value| encode(&value, &Backwards) == text.as_bytes())
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        assert_eq!(nested(open, close, 3_000), Ok(true));
        assert!(matches!(nested(open, close, 3_001), Err(Unreadable::Damaged { .. })));
        assert!(nested(open, close, 1_000_000).is_err());
    }
}
