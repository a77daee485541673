//! What Okta's documentation says of its cards, page by page, held against ours.
//!
//! Where the pages show an example it stands here, with the page's name; pages lie under `function-reference/` of Okta's
//! help for Workflows. What only the published flows tell has the name of such a flow.

use flowrun_cards::catalog;

use crate::perform::{perform, yaml};

/// The page, the card, its inputs, its outputs.
const VECTORS: &[(&str, &str, &str, &str)] = &[
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 80, operator: ">", value_b: 9 }"#,
        "{ result: true }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: "80", operator: ">", value_b: "9" }"#,
        "{ result: false }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 12, operator: "%", value_b: 4 }"#,
        "{ result: true }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 0, operator: "%", value_b: 4 }"#,
        "{ result: true }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: -4, operator: "%", value_b: 4 }"#,
        "{ result: true }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 2, operator: "%", value_b: 4 }"#,
        "{ result: false }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 3, operator: "%", value_b: 4 }"#,
        "{ result: false }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        r#"{ value_a: 7, operator: "%", value_b: 4 }"#,
        "{ result: false }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        "{ value_a: test, operator: in, value_b: this is a test }",
        "{ result: true }",
    ),
    (
        "branching_continueif",
        "true_false.compare",
        "{ value_a: i, operator: in, value_b: team }",
        "{ result: false }",
    ),
    (
        "truefalse_compare",
        "true_false.compare",
        "{ value_a: { test: 123 }, operator: has, value_b: test }",
        "{ result: true }",
    ),
    (
        "truefalse_expression",
        "true_false.expression",
        r#"{ expression: "true and (true or false) and (4>pi)" }"#,
        "{ result: true }",
    ),
    ("object_get", "object.get", "{ object: { a: one, b: two, c: 17 }, path: b }", "{ value: two }"),
    ("object_get", "object.get", "{ object: { a: one, b: two, c: 17 }, path: c }", "{ value: 17 }"),
    (
        "object_get",
        "object.get",
        "{ object: { all: { b: banana, c: cucumber } }, path: all.c }",
        "{ value: cucumber }",
    ),
    (
        "object_get",
        "object.get",
        "{ object: { all: [{ b: banana }, { b: blackberry }, { b: breadfruit }] }, path: all.2.b }",
        "{ value: breadfruit }",
    ),
    (
        "object_merge",
        "object.merge",
        "{ object_1: { email: jane, id: 123 }, object_2: { email: john, first: John, last: Doe } }",
        "{ object: { email: john, first: John, last: Doe, id: 123 } }",
    ),
    (
        "object_merge",
        "object.merge",
        "{ object_1: { email: john, first: John, last: Doe }, object_2: { email: jane, id: 123 } }",
        "{ object: { email: jane, first: John, last: Doe, id: 123 } }",
    ),
    (
        "object_clearempty",
        "object.clear_empty",
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {}, test2: value2 } }, recursive: false }"#,
        "{ object: { Name: Emily, Settings: { test: {}, test2: value2 } } }",
    ),
    (
        "object_clearempty",
        "object.clear_empty",
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {}, test2: value2 } } }"#,
        "{ object: { Name: Emily, Settings: { test2: value2 } } }",
    ),
    (
        "object_filter",
        "object.filter",
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {}, test2: value2 } } }"#,
        "{ object: { Name: Emily, Settings: { test: {}, test2: value2 } } }",
    ),
    (
        "object_construct",
        "object.construct",
        "{ First name: Jane, Last name: Smith, Age: 29, Loyalty: true }",
        "{ object: { First name: Jane, Last name: Smith, Age: 29, Loyalty: true } }",
    ),
    (
        "text_split",
        "text.split",
        r#"{ text: "one,two,three", separator: "," }"#,
        "{ list: [one, two, three] }",
    ),
    (
        "text_replace",
        "text.replace",
        "{ look_in: a test Test TEST, look_for: Test, replace_with: x, all_instances: true, case_sensitive: false }",
        "{ text: a x x x }",
    ),
    ("text_replace", "text.replace", "{ look_in: abc, look_for: z, replace_with: x }", "{ text: abc }"),
    ("number_expression", "number.formula", "{ formula: 10^2 }", "{ result: 100 }"),
    ("number_expression", "number.formula", "{ formula: 12%5 }", "{ result: 2 }"),
    ("number_expression", "number.formula", r#"{ formula: "3!" }"#, "{ result: 6 }"),
    ("number_expression", "number.formula", "{ formula: abs(-10) }", "{ result: 10 }"),
    ("number_expression", "number.formula", r#"{ formula: "pow(2,3)" }"#, "{ result: 8 }"),
    // A name of one word: Find Last gives -1, and the whole name is the last name.
    (
        "create_contact_in_salesforce",
        "text.find_last",
        r#"{ look_in: Madonna, look_for: " " }"#,
        "{ position: -1 }",
    ),
    (
        "create_contact_in_salesforce",
        "text.text_segment",
        "{ text: Madonna, start_at: 0, end_before: -1 }",
        r#"{ segment: "" }"#,
    ),
    (
        "create_contact_in_salesforce",
        "text.text_segment",
        "{ text: Madonna, start_at: -1 }",
        "{ segment: Madonna }",
    ),
    (
        "generate_unique_emails",
        "text.find_pattern",
        r#"{ look_in: jane.smith7, look_for: "[0-9]" }"#,
        "{ position: 10 }",
    ),
    (
        "generate_unique_emails",
        "text.text_segment",
        "{ text: jane.smith7, start_at: 10, end_before: 99 }",
        r#"{ segment: "7" }"#,
    ),
    (
        "special_character_validation_and_substitution",
        "text.replace_patterns",
        r#"{ look_in: ü.u, patterns: [".", u], replace_with: A }"#,
        "{ text: üAA }",
    ),
    ("a space that a field can't hold", "text.base64_decode", "{ text: IA== }", r#"{ text: " " }"#),
];

#[test]
fn every_vector_holds() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for (page, id, given, outputs) in VECTORS {
        let found = perform(catalog.get(id).unwrap(), &yaml(given), &[]);
        if found.as_ref() != Ok(&yaml(outputs)) {
            wrong.push(format!("{page}: {id} {given}\ngave {found:?}\nnot {outputs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn get_multiple_takes_the_path_from_the_output_that_was_only_declared() {
    let given = yaml("{ object: { ID: 7, profile: { name: Jane } }, id: ID }");
    let catalog = catalog();
    let card = catalog.get("object.get_multiple").expect("a card");
    let outputs = perform(card, &given, &["profile.name".into()]);
    assert_eq!(outputs, Ok(yaml("{ id: 7, profile.name: Jane }")));
}
