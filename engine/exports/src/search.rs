//! What is searched for, and how much of it is wanted.

use super::pack::Card;
use super::wire::{View, nowhere};
use flowrun_core::card::{Card as Declared, Words};
use flowrun_core::model::{At, Expr};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};

/// Which records a card gives, by Okta's words for it.
pub(super) fn result_set(declared: &Declared, raw: &Card) -> Option<String> {
    let input = declared.inputs.iter().find(|input| input.name == "result_set")?;
    if raw.inputs.iter().any(|field| streaming_method(&field.value).is_some()) {
        return Some("stream".to_owned());
    }
    let field = raw.inputs.iter().find(|field| *field.key == *input.key)?;
    Some(result_set_named(&field.value, &input.choices))
}

/// The method that Custom API Action streams by: `GET` of `GET(Streaming)`.
pub(super) fn streaming_method(value: &Value) -> Option<&str> {
    value.as_text()?.strip_suffix("(Streaming)").map(str::trim)
}

/// A choice of records by its name here, if there is one like it.
pub(super) fn result_set_named(value: &Value, choices: &Words) -> String {
    let said = value.as_text().map(|text| text.to_lowercase()).unwrap_or_default();
    let has = |choice: &str| choices.contains(choice);
    let first = |prefix: &str| choices.iter().find(|choice| choice.starts_with(prefix));
    let named = match said.as_str() {
        "one" => "first",
        said if said.starts_with("stream") => "stream",
        said if said.starts_with("first 200") && has("first_200") => "first_200",
        said if said.starts_with("first matching") || said.starts_with("first record") => "first",
        said if said.starts_with("first") => first("first_").unwrap_or("first"),
        said if said.starts_with("all") && has("all") => "all",
        said if said.starts_with("all") => first("first_").unwrap_or("all"),
        _ => return value.as_text().map(|text| text.to_string()).unwrap_or_default(),
    };
    named.to_owned()
}

/// A where expression as a list of conditions.
pub(super) fn condition(view: &View<'_>, card: usize, raw: &Card, value: &Value) -> Option<Expr> {
    let terms = value.as_object()?.get("expr")?.as_list()?;
    // OR begins another group: AND binds closer.
    let mut groups: Vec<Vec<At<Expr>>> = Vec::new();
    for term in terms.iter().filter_map(Value::as_object) {
        let text = |key: &str| term.get(key).and_then(Value::as_text).cloned().unwrap_or_default();
        let value = match term.get("rhd").and_then(Value::as_object) {
            Some(from) => {
                let output = from.get("outputId").and_then(Value::as_text).cloned().unwrap_or_default();
                let field = raw
                    .inputs
                    .iter()
                    .find(|field| field.group.as_deref() == Some("_expr") && field.key == output);
                field
                    .map(|field| view.expr(card, field, Type::ANY))
                    .unwrap_or_else(|| direct(view, from, &output))
            }
            None => Expr::Constant(term.get("rhs").cloned().unwrap_or_default()),
        };
        let operator = Expr::Constant(Value::Text(text("op")));
        let column = Expr::Constant(Value::Text(text("lhs")));
        let condition = nowhere(Expr::Object(vec![
            (nowhere("column".into()), nowhere(column)),
            (nowhere("operator".into()), nowhere(operator)),
            (nowhere("value".into()), nowhere(value)),
        ]));
        match groups.last_mut().filter(|_| !text("join").eq_ignore_ascii_case("or")) {
            Some(group) => group.push(condition),
            None => groups.push(vec![condition]),
        }
    }
    let some =
        |key: &str, list: Vec<At<Expr>>| Expr::Object(vec![(nowhere(key.into()), nowhere(Expr::List(list)))]);
    let group = |mut group: Vec<At<Expr>>| match group.len() {
        1 => group.remove(0),
        _ => nowhere(some("all", group)),
    };
    match groups.len() {
        0 => None,
        1 => groups.pop().map(Expr::List),
        _ => Some(some("any", groups.into_iter().map(group).collect())),
    }
}

/// A value that a condition names by card and output, and that no field brings.
fn direct(view: &View<'_>, from: &flowrun_core::value::Record, output: &Text) -> Expr {
    let method = from.get("methodId").and_then(Value::as_text);
    let card = method.and_then(|method| view.scope.cards.iter().position(|card| card.uuid == *method));
    card.map_or(Expr::Constant(Value::Null), |card| view.source(card, output, 0).into_expr())
}
