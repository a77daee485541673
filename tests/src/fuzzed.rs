//! What is thrown at everything that reads a text: the bodies of the targets in `tests/fuzz`, and of the test that goes once more
//! through all that they found.
//!
//! Each takes any text and panics if a promise is broken. That it also ends soon, in bounded memory, the fuzzer sees to.

use crate::registry;
use std::sync::{Arc, LazyLock};

use crate::simulators::{Setup, Simulators};
use flowrun_cards::catalog;
use flowrun_core::card::{Card, Work};
use flowrun_core::fault::Fault;
use flowrun_core::machine::Start;
use flowrun_core::path;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::report::Report;
use flowrun_core::source::FileId;
use flowrun_core::template::Template;
use flowrun_core::value::{Date, Path, Record, Text, Value, convert, get, parse_json};
use flowrun_host::driver::run;
use flowrun_kit::clock::Clock;
use tokio::runtime::Builder;

use crate::perform::Call;

/// Takes any text, and panics if a promise is broken.
pub type Target = fn(&str);

/// Every target under its name, which is that of its folders of inputs too.
pub const TARGETS: &[(&str, Target)] = &[
    ("template", template),
    ("expression", expression),
    ("date_format", date_format),
    ("where_expression", where_expression),
    ("path", path),
    ("csv", csv),
    ("json", json),
    ("xml", xml),
    ("pattern", pattern),
    ("card", card),
    ("export", export),
    ("format", format),
];

/// Longer inputs are left out: they cost time and find no more.
const LONGEST: usize = 1 << 16;

/// A template: mistakes lie inside of it, and it renders the same each time.
pub fn template(text: &str) {
    if text.len() > LONGEST {
        return;
    }
    let template = match Template::compile(text) {
        Ok(template) => template,
        Err(error) => return assert_place(text, &error.message, error.start, error.end),
    };
    for used in template.uses() {
        assert_place(text, &used.path[0], used.start, used.end);
    }
    let pool = values();
    let given: Vec<Value> =
        (0..template.uses().len()).map(|number| pool[number % pool.len()].clone()).collect();
    let rendered = template.render(given.clone()).map_err(assert_told);
    assert_eq!(rendered, template.render(given).map_err(assert_told));
}

/// A flow file: it is refused, or gets a form that it keeps.
pub fn format(text: &str) {
    if text.len() > LONGEST {
        return;
    }
    match flowrun_core::format::format(FileId(0), text) {
        Ok(once) => {
            assert_eq!(flowrun_core::format::format(FileId(0), &once).map_err(|it| it.message), Ok(once))
        }
        // That the form would say something else is found before it is written; it is a mistake all the same.
        Err(mistake) => assert!(!mistake.message.starts_with("formatted,"), "{}", mistake.message),
    }
}

/// One value of each kind that a template may read.
fn values() -> [Value; 7] {
    let person = Value::object([("name", Value::from("Jane")), ("x", Value::from(7.0))]);
    [
        Value::list(vec![person.clone(), Value::from("a"), Value::from(2.0), Value::Null]),
        person,
        Value::from("Jöhn & <b>"),
        Value::from(-0.5),
        Value::from(true),
        Value::Null,
        Date::from_millis(1_473_206_485_670).into(),
    ]
}

/// A formula and a condition: a result is a number, and as a condition true unless it is 0.
pub fn expression(text: &str) {
    let fields = [
        ("a", Value::from(3.0)),
        ("b", Value::from(-0.5)),
        ("big", Value::from(1e308)),
        ("on", Value::from(true)),
        ("t", Value::from("7")),
        ("none", Value::Null),
    ];
    let perform = |id, name| {
        let given = fields.iter().cloned().chain([(name, Value::from(text))]);
        perform(id, given).map(|outputs| outputs["result"].clone())
    };
    let number = perform("number.formula", "formula");
    let truth = perform("true_false.expression", "expression");
    if let Ok(Value::Number(number)) = number {
        assert!(number.is_finite(), "{number}");
        // A text that says a number is one in a formula alone.
        assert!(truth.is_err() || truth == Ok(Value::Bool(number != 0.0)), "{truth:?}");
    }
}

/// A format, a time zone, and milliseconds since 1970 or a text to read, each on a line of its own.
pub fn date_format(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let mut line = || Value::from(lines.next().unwrap_or_default());
    let (format, zone, given) = (line(), line(), line());
    let instant = given.as_text().and_then(|text| text.trim().parse().ok()).and_then(Date::from_millis);
    let date = instant.map_or(given.clone(), Value::from);
    let forms = perform(
        "date_time.convert",
        [("date", date.clone()), ("format", format.clone()), ("time_zone", zone.clone())],
    );
    let written = perform(
        "date_time.date_to_text",
        [("date", date.clone()), ("format", format.clone()), ("time_zone", zone)],
    );
    let read = |text: Value, format: Value| {
        perform("date_time.text_to_date", [("text", text), ("format", format)])
            .map(|outputs| outputs["date"].clone())
    };
    let _ = read(given, format.clone());
    let (Ok(forms), Ok(written)) = (forms, written) else { return };
    assert_eq!(forms["custom"], written["text"]);
    let _ = read(written["text"].clone(), format);
    assert_eq!(read(forms["unix"].clone(), Value::from("x")), Ok(forms["date"].clone()));
}

/// Conditions on rows, as JSON or as Okta has them: rows of the table are found, in their order, or a fault is told.
pub fn where_expression(text: &str) {
    const FLOW: &str = "#### file: main.yaml
name: Search
inputs: { condition: any }
outputs: { ids: any, count: number }
cards:
  - { card: tables.create_row, with: { table: rows, id: 1, name: Jane, hired: 2020-01-01, active: true } }
  - { card: tables.create_row, with: { table: rows, id: 2, name: ü } }
  - { id: found, card: tables.search_rows, with: { table: rows, where: $.inputs.condition } }
  - { id: ids, card: list.pluck, with: { list: $.found.rows, key: id } }
  - { card: flow_control.return, with: { ids: $.ids.values, count: $.found.count } }
#### file: flowrun.yaml
tables:
  rows:
    columns: { id: number, name: text, hired: date, active: true/false }
";
    static PROGRAM: LazyLock<(Arc<Program>, FlowId)> =
        LazyLock::new(|| crate::compile(&crate::sources(FLOW), "main", &[]));
    let search = |condition: Value| {
        let inputs = [(Text::from("condition"), condition)].into_iter().collect();
        let flow = report(&PROGRAM, inputs).flow;
        match flow.error {
            None => Ok(flow.outputs),
            Some(error) => Err(error.message),
        }
    };
    let condition = parse_json(text).unwrap_or_else(|_| Value::from(text));
    let found = search(condition.clone());
    if let Ok(found) = &found {
        let ids = get(found, "ids");
        assert_eq!(get(found, "count"), Value::from(ids.as_list().map_or(0, <[Value]>::len)));
    }
    for group in ["all", "any"] {
        let alone = Value::object([(group, Value::list(vec![condition.clone()]))]);
        assert_eq!(search(alone).ok(), found.clone().ok(), "{group}");
    }
}

/// What came of a run over tables alone.
fn report((program, entry): &(Arc<Program>, FlowId), inputs: Record) -> Report {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let clock = Clock::simulated(0);
    let simulators = Simulators::empty(clock, &Setup { employees: 0, ..Setup::default() });
    let world = crate::world(program, &simulators);
    let start = Start::new(*entry, inputs, "fuzz", 0);
    runtime
        .block_on(run(program.clone(), start, &world, &mut (), &mut ()))
        .expect("inputs that the flow takes")
}

/// A path or wire, and behind a line break the JSON that it leads into: what is put at a path is found there.
pub fn path(text: &str) {
    let (text, json) = text.split_once('\n').unwrap_or((text, "{}"));
    let value = parse_json(json).unwrap_or_default();
    let new = Value::from("new");
    let path = Path::new(text);
    assert_eq!(path.get(&value), get(&value, text));
    let mut copy = value.clone();
    match path.put(&mut copy, new.clone()) {
        Ok(()) => assert_eq!(get(&copy, text), new),
        Err(wrong) => drop(wrong.to_string()),
    }
    match path::parse(text) {
        Ok(wire) => {
            for &(start, end) in &wire.places {
                assert_place(text, &wire.root, start, end);
            }
            let at = path::follow(&value, &wire.keys);
            if let (Some(at), Some(query)) = (at, &wire.query) {
                query.run(at);
            }
        }
        Err(error) => assert_place(text, &error.message, error.start, error.end),
    }
}

/// CSV, with and without names: what is read can be written, and is read the same again.
pub fn csv(text: &str) {
    for header in [true, false] {
        for separator in [",", ";"] {
            let settings = [("header", Value::from(header)), ("separator", Value::from(separator))];
            let read =
                |text: Value| perform("csv.parse", [("text", text)].into_iter().chain(settings.clone()));
            let Ok(parsed) = read(Value::from(text)) else { continue };
            let mut rows = vec![("rows", parsed["rows"].clone())];
            if header {
                rows.push(("columns", parsed["columns"].clone()));
            }
            let built =
                perform("csv.build", rows.into_iter().chain(settings.clone())).expect("rows of texts");
            assert_eq!(read(built["text"].clone()).as_ref(), Ok(&parsed), "{}", built["text"]);
        }
    }
}

/// Exports of Okta's: what is read is written as flows, and those are written the same again when they are read.
pub fn export(text: &str) {
    let Ok(export) = flowrun_exports::read(text, &flowrun_exports::Dictionary::new(registry().vocabulary()))
    else {
        return;
    };
    let written = flowrun_project::export::sources(&export.project);
    let _ = crate::examine(&written, &[]);
    let (again, found) = flowrun_core::load::load(&written, &registry().vocabulary().cards);
    // A title or key that no name can be is told; the rest of such a file is not what it was.
    if found.is_empty() {
        let again = flowrun_project::export::sources(&again);
        assert!(
            written.iter().map(|(_, source)| &source.text).eq(again.iter().map(|(_, source)| &source.text))
        );
    }
}

/// JSON: what is read can be written, in short and at length, and is read the same again.
pub fn json(text: &str) {
    let read = |text: Value| perform("json.parse", [("text", text)]).map(|outputs| outputs["value"].clone());
    let valid = perform("json.is_valid", [("text", Value::from(text))]).expect("an answer to any text");
    let value = read(Value::from(text));
    assert_eq!(valid["valid"], Value::Bool(value.is_ok()));
    let Ok(value) = value else { return };
    for pretty in [true, false] {
        let written = perform("json.stringify", [("value", value.clone()), ("pretty", Value::from(pretty))]);
        assert_eq!(read(written.expect("JSON of a value")["text"].clone()), Ok(value.clone()));
    }
}

/// XML: what is read can be written, and is read the same again.
pub fn xml(text: &str) {
    let read = |text: Value| perform("xml.parse", [("text", text)]).map(|outputs| outputs["object"].clone());
    let Ok(object) = read(Value::from(text)) else { return };
    for pretty in [true, false] {
        // Names and characters that XML does not allow are read, but not written.
        let given = [("object", object.clone()), ("pretty", Value::from(pretty))];
        let Ok(built) = perform("xml.build", given) else { continue };
        assert_eq!(read(built["text"].clone()), Ok(object.clone()), "{}", built["text"]);
    }
}

/// A pattern, a replacement, and the text to search, each on a line of its own: all cards with patterns tell the same.
pub fn pattern(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let mut line = || Value::from(lines.next().unwrap_or_default());
    let (look_for, replace_with, look_in) = (line(), line(), line());
    let given = [("look_for", look_for.clone()), ("look_in", look_in.clone())];
    let found = perform("text.find_pattern", given.clone());
    let extracted = perform("text.extract_pattern", given.clone());
    let replacing = given.clone().into_iter().chain([("replace_with", replace_with)]);
    let replaced = perform("text.replace_pattern", replacing);
    assert_eq!(found.is_ok(), extracted.is_ok());
    if let (Ok(found), Ok(extracted), Ok(replaced)) = (found, extracted, replaced) {
        let none = found["position"] == Value::from(-1.0);
        assert_eq!(none, extracted["first"].is_null());
        assert!(!none || replaced["text"] == look_in);
    }
    // A pattern that was escaped means itself.
    let escaped =
        perform("text.escape_pattern", [("text", look_for.clone())]).expect("any text")["pattern"].clone();
    let as_pattern = perform("text.find_pattern", [("look_in", look_in.clone()), ("look_for", escaped)]);
    let as_text = perform("text.find", [("look_in", look_in), ("look_for", look_for)]);
    if let (Ok(as_pattern), Ok(as_text)) = (as_pattern, as_text) {
        assert_eq!(as_pattern["position"], as_text["position"]);
    }
}

/// A card's ID and its inputs, each on a line of its own as JSON or as a text, those that the author names as `name: value`:
/// a card gives the same each time, of the types that it declares.
pub fn card(text: &str) {
    static CARDS: LazyLock<Vec<Arc<Card>>> =
        LazyLock::new(|| flowrun_cards::cards().into_iter().filter(|card| is_pure(card)).collect());
    if text.len() > LONGEST {
        return;
    }
    let mut lines = text.lines();
    let id = lines.next().unwrap_or_default();
    let other = || &CARDS[id.bytes().map(usize::from).sum::<usize>() % CARDS.len()];
    let catalog = catalog();
    let card = catalog.get(id).filter(|card| is_pure(card)).unwrap_or_else(other);
    let value = |line: &str| parse_json(line).unwrap_or_else(|_| Value::from(line));
    let mut given: Vec<(&str, Value)> =
        card.inputs.iter().zip(&mut lines).map(|(field, line)| (&*field.name, value(line))).collect();
    if card.rest_in.is_some() {
        given.extend(lines.filter_map(|line| line.split_once(": ")).map(|(name, line)| (name, value(line))));
    }
    let outputs = perform(&card.id, given.clone());
    // Numbers that JSON lacks are not equal to themselves.
    let told = |outputs: &Result<Record, Fault>| format!("{outputs:?}");
    assert_eq!(told(&outputs), told(&perform(&card.id, given)), "{}", card.id);
    for (field, value) in card.outputs.iter().zip(outputs.iter().flat_map(Record::values)) {
        let kept = convert(value.clone(), field.ty);
        assert!(value.is_null() || kept.is_ok(), "{}.{}: {value:?}", card.id, field.name);
    }
}

fn is_pure(card: &Card) -> bool {
    matches!(card.work, Work::Pure(_))
}

fn perform<'n>(id: &str, given: impl IntoIterator<Item = (&'n str, Value)>) -> Result<Record, Fault> {
    let catalog = catalog();
    let card = catalog.get(id).unwrap_or_else(|| panic!("there is no card {id}"));
    let outputs =
        Call::of(card, &Value::object(given), &[]).and_then(|call| call.run()).map_err(assert_told)?;
    Ok(outputs.as_object().cloned().unwrap_or_default())
}

/// A fault has something to say.
fn assert_told(fault: Fault) -> Fault {
    assert!(!fault.message.trim().is_empty(), "{fault:?}");
    fault
}

/// What a mistake or name says of a text lies inside of it.
fn assert_place(text: &str, told: &str, start: usize, end: usize) {
    assert!(!told.trim().is_empty() && text.get(start..end).is_some(), "{told:?} at {start}..{end}");
}
