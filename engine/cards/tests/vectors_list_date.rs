//! Examples of Okta's documentation for the cards of the categories List, Flow Control, Branching and Date & Time. Each names the
//! page of help.okta.com, or the guide that quotes it, that it is taken from.

use flowrun_cards::catalog;
use flowrun_core::card::{Args, Cx, Slots, Work};
use flowrun_core::value::{Operator, Record, Text, Value, compare, parse_json};

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// What a card puts out, or the message with which it fails.
fn perform(id: &str, given: &str) -> Result<Value, String> {
    let card = catalog().get(id).unwrap_or_else(|| panic!("no card {id}")).clone();
    let Work::Pure(work) = card.work else { panic!("{id} is not pure") };
    let given = yaml(given);
    let given = given.as_object().unwrap();
    let value = |name: &str, default: Value| given.get(name).cloned().unwrap_or(default);
    let mut args: Vec<Value> =
        card.inputs.iter().map(|field| value(&field.name, (&field.default).into())).collect();
    let mut slots = vec![Value::Null; card.outputs.len()];
    let cx = Cx { now_ms: 1_473_206_485_670, seed: 7, wanted: &[] };
    work(&mut Args::new(&mut args, &[]), &cx, &mut Slots::new(&mut slots, &[]))
        .map_err(|fault| fault.to_string())?;
    let names = card.outputs.iter().map(|field| Text::from(&*field.name));
    Ok(parse_json(&Value::from(names.zip(slots).collect::<Record>()).to_json()).unwrap())
}

/// Page, card, inputs, and some of the outputs.
#[rustfmt::skip]
const VECTORS: &[(&str, &str, &str, &str)] = &[
    ("FR/List/list_at.htm", "list.at", "{ list: [one, two, three, four], index: 0 }", "{ item: one }"),
    ("FR/List/list_at.htm", "list.at", "{ list: [1, 2, 3, 4, 5], index: 2 }", "{ item: 3 }"),
    ("FR/List/list_flatten.htm", "list.flatten", "{ lists: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] }", "{ list: [1, 2, 3, 4, 5, 6, 7, 8, 9] }"),
    ("FR/List/list_flatten.htm", "list.flatten", "{ lists: [one, [two, [three, four], five], six] }", "{ list: [one, two, three, four, five, six] }"),
    ("FR/list/list_pluck.htm", "list.pluck", "{ list: [{ name: Bob, gender: male }, { name: Sarah, gender: female }], key: name }", "{ values: [Bob, Sarah] }"),
    ("AU List/Index By", "list.index_by",
        "{ list: [{ fieldname: x, myvalue: one }, { fieldname: w, myvalue: two }, { fieldname: z, myvalue: three }], key_path: fieldname, value_path: myvalue }",
        "{ object: { x: one, w: two, z: three } }"),
    ("FR/List/list_findby.htm", "list.find", "{ list: [a, b], comparison: c }", "{ index: -1, item: null }"),
    ("FR/List/list_union.htm", "list.union", "{ list_1: [a, b, a], list_2: [] }", "{ list: [a, b] }"),
    ("AU List/Intersection", "list.intersection", "{ list_1: [1, 2, 3], list_2: [2, 3, 4] }", "{ list: [2, 3] }"),
    ("FR/Date&Time/datetime_fromiso.htm", "date_time.convert", r#"{ date: "2016-09-07T00:01:25.670Z" }"#,
        r#"{ iso: "2016-09-07T00:01:25Z", epoch: "1473206485", unix: "1473206485670", human: "Wed, September 7th at 12:01 AM" }"#),
    ("FR/Date&Time/datetime_parse.htm", "date_time.text_to_date", "{ text: 1/2/2016, format: D/M/Y }", r#"{ date: "2016-02-01T00:00:00.000Z" }"#),
    ("FR/Date&Time/datetime_parse.htm", "date_time.text_to_date", "{ text: 1/2/16, format: M/D/YY }", r#"{ date: "2016-01-02T00:00:00.000Z" }"#),
    ("FR/Date&Time/datetime_parse.htm", "date_time.text_to_date", r#"{ text: "1473206485670", format: x }"#, r#"{ date: "2016-09-07T00:01:25.670Z" }"#),
    ("FR/Date&Time/datetime_parse.htm", "date_time.text_to_date", r#"{ text: "1473206485", format: X }"#, r#"{ date: "2016-09-07T00:01:25.000Z" }"#),
    ("FR/branching/branching_lookup.htm", "flow_control.lookup", "{ value: LI, options: { LI: List All }, else: none }", "{ result: List All }"),
    ("FR/Branching/branching_continueif.htm", "flow_control.assign_if", r#"{ value_a: 12, operator: "%", value_b: 4, value_if_true: a multiple, value_if_false: none }"#, "{ result: a multiple }"),
];

#[test]
fn cards_do_what_the_documentation_shows() {
    for (page, card, given, wanted) in VECTORS {
        let found = perform(card, given).unwrap_or_else(|told| panic!("{page} {card} {given}: {told}"));
        for (name, value) in yaml(wanted).as_object().unwrap() {
            assert_eq!(found.as_object().unwrap().get(name), Some(value), "{page} {card} {given}: {name}");
        }
    }
    // FR/List/list_at.htm and execute/workflows-error-messages.htm
    let told = perform("list.at", "{ list: [1, 2, 3, 4, 5], index: 6 }").unwrap_err();
    assert!(told.contains("Array index out of bounds"), "{told}");
}

/// FR/Branching/branching_continueif.htm and FR/True-False/truefalse_compare.htm
#[test]
fn comparisons_are_those_of_the_documentation() {
    let table = [
        ("80", ">", "9", true),
        ("'80'", ">", "'9'", false),
        ("12", "%", "4", true),
        ("0", "%", "4", true),
        ("-4", "%", "4", true),
        ("2", "%", "4", false),
        ("3", "%", "4", false),
        ("7", "%", "4", false),
        ("test", "in", "this is a test", true),
        ("i", "in", "team", false),
        ("{ test: 123 }", "has", "test", true),
    ];
    for (a, operator, b, holds) in table {
        let found = compare(&yaml(a), Operator::parse(operator).unwrap(), &yaml(b));
        assert_eq!(found, Ok(holds), "{a} {operator} {b}");
    }
}

/// A card that took time in proportion to the square of its list would not come to an end here.
#[test]
fn long_lists_are_no_trouble() {
    let item =
        |index: i64| Value::object([("id", Value::from(index % 60_000)), ("name", Value::from(index))]);
    let list: Vec<Value> = (0..200_000).map(item).collect();
    let list = Value::list(list);
    let cards = [
        ("list.union", vec![list.clone(), list.clone()], 200_000),
        ("list.intersection", vec![list.clone(), list.clone()], 200_000),
        ("list.difference", vec![list.clone(), list.clone()], 0),
        ("list.remove_duplicates", vec![list.clone(), Value::from("id")], 60_000),
        ("list.group_by", vec![list.clone(), Value::from("id")], 60_000),
        ("list.index_by", vec![list.clone(), Value::from("id"), Value::from("name")], 60_000),
        ("list.sort", vec![list.clone(), Value::from("id")], 200_000),
        ("list.collapse", vec![list.clone()], 2),
        ("list.sample", vec![list.clone(), Value::from(180_000.0)], 180_000),
    ];
    for (id, mut args, size) in cards {
        let card = catalog().get(id).unwrap().clone();
        let Work::Pure(work) = card.work else { panic!("{id} is not pure") };
        let mut slots = vec![Value::Null; card.outputs.len()];
        let cx = Cx { now_ms: 0, seed: 7, wanted: &[] };
        work(&mut Args::new(&mut args, &[]), &cx, &mut Slots::new(&mut slots, &[])).unwrap();
        let found = match &slots[0] {
            Value::List(items) => items.len(),
            Value::Object(members) => members.len(),
            other => panic!("{id} gave {other}"),
        };
        assert_eq!(found, size, "{id}");
    }
}
