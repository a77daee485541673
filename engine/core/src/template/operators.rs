//! What is said where a template computes with values that its operators don't take.

use crate::value::Value;

/// Which operator of the template took what it can't take, and what to use instead; none if `message` says something else.
pub(super) fn refused(message: &str, values: &[Value]) -> Option<(String, Option<&'static str>)> {
    let rest = message.strip_prefix("tried to use ")?;
    let (operator, kinds) = rest.split_once(" operator on unsupported types ")?;
    let (left, right) = kinds.split_once(" and ")?;
    let own = own_kind(values);
    let named = |kind: &str| match kind {
        "plain object" => own.to_owned(),
        "string" => "a text".to_owned(),
        "bool" => "true/false".to_owned(),
        "sequence" | "iterator" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        "none" | "undefined" => "nothing".to_owned(),
        kind => format!("a {kind}"),
    };
    let help = match (left, right) {
        ("plain object", _) | (_, "plain object") if own == DATE => Some(
            "`date_time.add` and `date_time.subtract` move a date, `date_time.difference` tells what lies between two",
        ),
        ("string", "number") | ("number", "string") => {
            Some("`~` puts texts together, as in `{{ a ~ b }}`; `| number` makes a number of a text")
        }
        _ => None,
    };
    Some((format!("`{operator}` does not take {} and {}", named(left), named(right)), help))
}

const DATE: &str = "a date & time";

/// What minijinja has no name for: a date or a file, by what the template was given.
fn own_kind(values: &[Value]) -> &'static str {
    let has = |wanted: fn(&Value) -> bool| values.iter().any(|value| holds(value, wanted, DEPTH));
    match (has(|value| matches!(value, Value::Date(_))), has(|value| matches!(value, Value::File(_)))) {
        (_, false) => DATE,
        (false, true) => "a file",
        (true, true) => "a date & time or a file",
    }
}

/// Values are shared: a small one can be too large to walk through.
const DEPTH: usize = 3;
const ITEMS: usize = 100;

fn holds(value: &Value, wanted: fn(&Value) -> bool, depth: usize) -> bool {
    let below = |value: &Value| depth > 0 && holds(value, wanted, depth - 1);
    match value {
        Value::List(items) => items.iter().take(ITEMS).any(below),
        Value::Object(members) => members.values().take(ITEMS).any(below),
        one => wanted(one),
    }
}
