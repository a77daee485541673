//! Which input of a card here a field of an export is.

use std::collections::BTreeSet;

use super::naming::id;
use super::pack::{Card, Field};
use flowrun_core::card::Card as Declared;
use flowrun_core::types::Kind;
use flowrun_core::value::Value;

/// Cards that take any number of values of one kind: Okta gives them the first two, which an author may take away.
pub(super) const EXTENSIBLE: &[&str] = &[
    "list.combine_all",
    "list.difference",
    "list.intersection",
    "list.union",
    "number.add",
    "number.multiply",
    "text.concatenate",
    "true_false.and",
    "true_false.or",
    "true_false.or_exclusive",
    "true_false.xnor",
];

/// Those of them for whose result a blank value counts.
pub(super) const COUNT_BLANKS: &[&str] = &["true_false.and", "list.intersection"];

/// The author's own values take the places of those that the author took away: what isn't there takes no part.
pub(super) fn stood_in<'d>(
    declared: &'d Declared,
    raw: &Card,
    field: &Field,
    given: &BTreeSet<&str>,
) -> Option<&'d flowrun_core::card::Field> {
    let own =
        EXTENSIBLE.contains(&&*declared.id) && !declared.inputs.iter().any(|input| *input.key == *field.key);
    let is_gone = |input: &&flowrun_core::card::Field| {
        !raw.inputs.iter().any(|field| *field.key == *input.key) && !given.contains(&*input.name)
    };
    declared.inputs.iter().filter(|_| own && field.group.is_none()).find(is_gone)
}

/// Export Flow, of whose fields only the flow counts here.
pub(super) const EXPORT_FLOW: &str = "kernel:utility:exportFlo";

/// Raw Request of Connector Builder and of old flows: its keys are the names that its fields have here.
pub(super) const LEGACY_RAW: &str = "kernel:http:raw";

/// The field of a table that is known only in the run.
pub(super) const RUN_TIME_TABLE: &str = "Table ID";

/// Fields that say nothing: those of a comparison that takes one value only, and the choice of an application that stands in a field of its own.
pub(super) fn skipped(declared: &Declared, raw: &Card, field: &Field) -> bool {
    let operator =
        raw.inputs.iter().find(|field| *field.key == *"operator").and_then(|field| field.value.as_text());
    let alone =
        operator.is_some_and(|operator| operator.ends_with("empty")) && declared.input("value_b").is_some();
    let unneeded = alone && *field.key == *"right-operand";
    let names = |field: &Field| {
        field.value.as_text().is_some_and(|text| !text.is_empty() && !text.starts_with("-- "))
    };
    let by_choice = raw.inputs.iter().any(|field| *field.key == *"application" && names(field));
    let table = |field: &Field| {
        declared.inputs.iter().any(|input| input.ty.kind == Kind::Table && *input.key == *field.key)
    };
    let later = raw.inputs.iter().any(|other| *other.key == *RUN_TIME_TABLE);
    // How to write JSON, which is not written.
    let form = *raw.address == *EXPORT_FLOW && field.flow.is_none();
    unneeded
        || form
        || field.value.is_empty() && later && table(field)
        || *field.key == *"application" && !names(field)
        || *field.key == *"applicationID" && !names(field) && by_choice
}

/// What Okta's cards call the choice whether blank fields empty what is there, and its key on those that are known from exports.
const PASS_EMPTY: (&str, &str) = ("Pass Empty Values?", "updateEmptyInputs");

fn passes_empty(field: &Field) -> bool {
    field.label.as_deref() == Some(PASS_EMPTY.0) || *field.key == *PASS_EMPTY.1
}

/// Whether a card says that its blank fields empty what is there.
pub(super) fn empties(raw: &Card) -> bool {
    let yes = |field: &Field| field.value == Value::Bool(true) || field.value == Value::from("Yes");
    raw.inputs.iter().any(|field| passes_empty(field) && yes(field))
}

/// The input that a field of an export is here; fields of one key are told apart by their order.
pub(super) fn declared_input<'d>(
    declared: &'d Declared,
    raw: &Card,
    field: &Field,
    result_set: Option<&str>,
) -> Option<&'d flowrun_core::card::Field> {
    if *raw.address == *LEGACY_RAW {
        let name = id(&field.key, "field");
        return declared.inputs.iter().find(|input| *input.name == *name);
    }
    if *field.key == *"_text_" {
        return declared.inputs.first();
    }
    if passes_empty(field)
        && let Some(input) = declared.input("pass_empty_values").map(|index| &declared.inputs[index])
    {
        return Some(input);
    }
    if *field.key == *RUN_TIME_TABLE {
        return declared.inputs.iter().find(|input| input.ty.kind == Kind::Table);
    }
    let key = match &*field.key {
        // Chosen from a list, or given by its ID: one field here.
        "application" if !declared.inputs.iter().any(|input| input.key == "application") => "applicationID",
        "applicationID" if !declared.inputs.iter().any(|input| input.key == "applicationID") => "application",
        key => key,
    };
    let mut named = declared.inputs.iter().filter(|input| *input.key == *key);
    let nth =
        raw.inputs.iter().filter(|other| other.key == field.key).position(|other| other.id == field.id)?;
    if result_set == Some("stream")
        && let Some(limit) = named.clone().find(|input| input.name == "record_limit")
    {
        return Some(limit);
    }
    named.nth(nth)
}
