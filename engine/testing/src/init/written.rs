//! First tests as they stand in a file.

use flowrun_core::program::Step;
use flowrun_core::value::{Text, Value};
use flowrun_core::yaml::{Entry, Yaml, text};

use super::Way;
use super::values::yaml;

/// A case: its name, what leads there, how the run ends, and what is then known of the card.
pub struct Case {
    pub name: String,
    pub way: Way,
    pub status: &'static str,
    pub known: Vec<Entry>,
}

/// What a card answers.
#[derive(Clone)]
pub enum Then {
    Gives(Vec<(Text, Value)>),
    Pages(Vec<Value>),
    Fails,
}

/// A value under a key.
pub fn member(key: &str, value: Yaml) -> Entry {
    Entry::new(Some(text(key)), value)
}

/// A case as it stands in the file.
pub fn written(step: &Step, case: Case, alone: bool) -> Entry {
    let Case { name, way, status, known } = case;
    let mut members = vec![member("name", Yaml::text(&name))];
    if !way.inputs.is_empty() {
        let inputs = way.inputs.iter().map(|(name, value)| member(name, yaml(value)));
        members.push(member("inputs", Yaml::Map(inputs.collect())));
    }
    if !way.mocks.is_empty() {
        let mocks = way.mocks.iter().map(|(id, then)| member(id, answer(then)));
        members.push(member("mocks", Yaml::Map(mocks.collect())));
    }
    let steered = way.open.is_empty();
    // A way that is not yet steered ends somehow, and a test begins with what is so.
    let mut expect = vec![member("status", Yaml::text(if steered { status } else { "done" }))];
    if steered && alone && !known.is_empty() {
        let card = vec![member(&step.id, Yaml::Map(known))];
        expect.push(member("cards", Yaml::Map(card)));
    }
    members.push(member("expect", Yaml::Map(expect)));
    let mut entry = Entry::new(None, Yaml::Map(members));
    if !steered {
        let open = way.open.join(", ");
        entry
            .above
            .push(format!("# Not steered yet: {open}. Write what leads there, and what is expected then."));
    }
    entry
}

pub fn answer(then: &Then) -> Yaml {
    let (key, value) = match then {
        Then::Gives(outputs) => {
            ("gives", Yaml::Map(outputs.iter().map(|(name, value)| member(name, yaml(value))).collect()))
        }
        Then::Pages(records) => {
            let page = Yaml::list(records.iter().map(yaml));
            ("pages", Yaml::list((!records.is_empty()).then_some(page)))
        }
        Then::Fails => (
            "fails",
            Yaml::map([
                ("message".to_owned(), Yaml::text("it failed")),
                ("code".to_owned(), yaml(&Value::from(500_u64))),
            ]),
        ),
    };
    Yaml::Map(vec![member(key, value)])
}
