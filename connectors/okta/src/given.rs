//! What a card is given, made fit to be sent.

use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::audit::Subject;
use serde::Serialize;

use crate::Okta;

/// The text without white space around it. A blank one is refused: it would make the path of something else.
pub(crate) fn given<'t>(text: &'t str, input: InputId, what: &str) -> Result<&'t str> {
    match text.trim() {
        "" => Err(Fault::new(FaultKind::InvalidInput, format!("the {what} is blank")).at(input)),
        text => Ok(text),
    }
}

/// A text that is there and not blank.
pub(crate) fn filled(text: &Option<Text>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A value as Okta's expressions write one.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What each attribute must be, in Okta's expressions. A blank one is refused: whoever leaves it out finds everything.
pub(crate) fn conditions(attributes: &Record) -> Result<Vec<String>> {
    let condition = |(name, value): (&Text, &Value)| {
        let wrong = |why: String| Err(Fault::new(FaultKind::InvalidInput, why));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
        {
            return wrong(format!("`{name}` is no attribute that Okta could look for"));
        }
        match value {
            Value::Number(_) | Value::Integer(_) | Value::Bool(_) => {
                Ok(format!("{name} eq {}", value.to_json()))
            }
            Value::Text(text) if !text.trim().is_empty() => Ok(format!("{name} eq {}", quoted(text))),
            Value::Date(date) => Ok(format!("{name} eq {}", quoted(&date.to_string()))),
            Value::Null | Value::Text(_) => {
                wrong(format!("what `{name}` is to be is blank, and without it all would be found"))
            }
            other => wrong(format!("expected a text for `{name}`, found {}", other.kind())),
        }
    };
    attributes.iter().map(condition).collect()
}

/// The conditions and the author's own expression as one, of which all must hold; none where there is nothing.
pub(crate) fn all_of(mut conditions: Vec<String>, own: Option<&str>) -> Option<String> {
    match own {
        Some(own) if conditions.is_empty() => conditions.push(own.to_owned()),
        Some(own) => conditions.push(format!("({own})")),
        None => {}
    }
    (!conditions.is_empty()).then(|| conditions.join(" and "))
}

/// `Yes` or `No`, as Okta's cards say it; readers of YAML that know version 1.1 make true and false of a bare one.
pub(crate) fn yes(text: &str, input: InputId) -> Result<bool> {
    match text {
        "Yes" | "true" => Ok(true),
        "No" | "false" => Ok(false),
        other => {
            let message = format!("expected Yes or No, found \"{other}\"");
            Err(Fault::new(FaultKind::InvalidInput, message).at(input))
        }
    }
}

/// The attributes that are not blank, to be sent: nothing is emptied because a value is missing, and no secret is given away.
pub(crate) fn attributes(rest: Record) -> Result<Record> {
    public(rest.into_iter().filter(|(_, value)| !is_blank(value)).collect())
}

/// The attributes, to be sent, of which blank ones empty what is there: Okta takes null for that. No secret is given away.
pub(crate) fn emptying(rest: Record) -> Result<Record> {
    let emptied = |value| if is_blank(&value) { Value::Null } else { value };
    public(rest.into_iter().map(|(name, value)| (name, emptied(value))).collect())
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn public(attributes: Record) -> Result<Record> {
    match attributes.iter().find(|(_, value)| value.holds_secret()) {
        Some((name, _)) => {
            let message = format!("the attribute `{name}` holds a secret");
            Err(Fault::new(FaultKind::InvalidInput, message))
        }
        None => Ok(attributes),
    }
}

/// A body that has a profile and nothing else.
#[derive(Serialize)]
pub(crate) struct Profiled {
    pub profile: Value,
}

impl Okta {
    /// Whom or what a request changes, for the record; nothing if there is none.
    pub(crate) fn subject(
        &self,
        operation: &'static str,
        id: &str,
        profile: Option<&Record>,
    ) -> Vec<Subject> {
        if !self.client.is_audited() {
            return Vec::new();
        }
        let profile = profile.map(|profile| Value::from(profile.clone()).to_json().into());
        vec![Subject { operation, external_id: id.into(), profile }]
    }
}
