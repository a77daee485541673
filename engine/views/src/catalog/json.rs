//! The cards for other programs.

use flowrun_core::card::{Card, Catalog, Field, Keys, Literal, Rest, Then, Work};
use flowrun_core::does::{AfterCrash, Does};
use serde_json::{Value, json};

use super::{category, chosen, given, summary};

/// The cards as a JSON list, in the order of the manual; only those that fit `search`, where one is given.
pub fn json(catalog: &Catalog, search: Option<&str>) -> String {
    let cards: Vec<Value> = chosen(catalog, search).into_iter().map(|one| card(catalog, one)).collect();
    format!("{:#}\n", Value::Array(cards))
}

/// Everything that a card's declaration says, as JSON.
pub fn card(catalog: &Catalog, card: &Card) -> Value {
    let mut object = json!({
        "id": card.id,
        "title": card.title(),
        "category": category::title(catalog, card.group()),
        "summary": summary(card),
        "docs": card.docs.trim(),
        "kind": match card.work {
            Work::Pure(_) => "pure",
            Work::Effect(_) => "effect",
            Work::Control(_) => "control",
        },
        "inputs": card.inputs.iter().map(input).collect::<Vec<Value>>(),
        "named_inputs": card.rest_in.as_ref().map(rest),
        "outputs": card.outputs.iter().map(field).collect::<Vec<Value>>(),
        "named_outputs": card.rest_out.as_ref().map(rest),
        "arms": super::arms(card),
        "examples": card.examples.iter().map(|example| match &example.then {
            Then::Gives(outputs) => json!({ "cards": given(card, &example.given), "gives": outputs }),
            Then::Fails(message) => json!({ "cards": given(card, &example.given), "fails": message }),
        }).collect::<Vec<Value>>(),
        "exported_as": card.exported_as.iter().collect::<Vec<_>>(),
    });
    if let Work::Effect(effect) = &card.work {
        object["connector"] = (*effect.connector).into();
        object["timeout_seconds"] = effect.timeout.as_secs_f64().into();
        object["does"] = does(effect.does).into();
        object["repeatable"] = effect.does.may_be_repeated().into();
        object["after_crash"] = after_crash(&effect.after_crash);
        object["streams"] = effect.streams.into();
    }
    object
}

fn does(does: Does) -> &'static str {
    match does {
        Does::Reads => "reads",
        Does::Changes(_) => "changes",
        Does::AsMethod(_) => "as_method",
    }
}

fn after_crash(after_crash: &AfterCrash) -> Value {
    match after_crash {
        AfterCrash::Repeats => json!({ "does": "repeats" }),
        AfterCrash::Looks(by) => json!({ "does": "looks", "how": by }),
        AfterCrash::Asks(why) => json!({ "does": "asks", "why": why }),
    }
}

fn input(input: &Field) -> Value {
    let mut object = field(input);
    object["required"] = input.required.into();
    object["default"] = match &input.default {
        Literal::Null => Value::Null,
        Literal::Bool(value) => (*value).into(),
        // A whole number reads as one.
        Literal::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => (*value as i64).into(),
        Literal::Number(value) => (*value).into(),
        Literal::Text(text) => (**text).into(),
    };
    object["choices"] = input.choices.iter().collect::<Vec<_>>().into();
    object
}

fn field(field: &Field) -> Value {
    let mut object = json!({ "name": field.name, "type": field.ty.to_string(), "docs": field.docs.trim(), "exported_as": field.key });
    if let Keys::Known { names, open } = &field.keys {
        object["keys"] = names.iter().collect::<Vec<_>>().into();
        object["other_keys"] = (*open).into();
    }
    object
}

fn rest(rest: &Rest) -> Value {
    json!({ "type": rest.ty.to_string(), "docs": rest.docs.trim() })
}
