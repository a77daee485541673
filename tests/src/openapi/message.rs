//! Whether one request or answer keeps to its operation.

use flowrun_kit::http::{Request, Response};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use super::{Body, Operation, Parameter, Place, Schema, is_slot};

/// Headers that belong to HTTP or to the credentials, so that no file lists them.
const COMMON: [&str; 6] = ["accept", "authorization", "content-length", "content-type", "dpop", "user-agent"];

pub(super) fn check_request(operation: &Operation, request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(url) = Url::parse(&request.url) else { return vec!["the address isn't one".to_owned()] };
    check_path(operation, &url, &mut found);
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    check_parameters(operation, Place::Query, &query, &mut found);
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .filter(|(name, _)| !COMMON.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    check_parameters(operation, Place::Header, &headers, &mut found);
    match (operation.secured, request.headers.contains_key(AUTHORIZATION)) {
        (true, false) => found.push("no credential is sent".to_owned()),
        (false, true) => found.push("a credential is sent, where none is wanted".to_owned()),
        _ => {}
    }
    match &operation.body {
        Some(body) => check_body(body, &request.headers, &request.body, &mut found),
        None if request.body.is_empty() => {}
        None => found.push("a body is sent, where none is wanted".to_owned()),
    }
    found
}

pub(super) fn check_response(operation: &Operation, response: &Response) -> Vec<String> {
    let mut found = Vec::new();
    let status = response.status.as_u16();
    let listed = operation.answers.get(&status);
    if listed.is_none() {
        found.push(format!("status {status} is not listed"));
    }
    let alike = operation.answers.iter().find(|(other, _)| *other / 100 == status / 100);
    if let Some(body) = listed.or(alike.map(|(_, body)| body)) {
        check_body(body, &response.headers, &response.body, &mut found);
    }
    found
}

fn check_path(operation: &Operation, url: &Url, found: &mut Vec<String>) {
    let parts = url.path().split('/').skip(1);
    for (slot, part) in operation.path.iter().zip(parts).filter(|(slot, _)| is_slot(slot)) {
        let name = slot.trim_matches(['{', '}']);
        let declared = |parameter: &&Parameter| parameter.place == Place::Path && parameter.name == name;
        if let Some(parameter) = operation.parameters.iter().find(declared) {
            // A plus is a plus in a path.
            let text = pairs(&format!("x={}", part.replace('+', "%2B"))).remove(0).1;
            check_value(&parameter.schema, &parameter.schema.read_text(&text), name, found);
        }
    }
}

fn check_parameters(
    operation: &Operation,
    place: Place,
    given: &[(String, String)],
    found: &mut Vec<String>,
) {
    let declared = || operation.parameters.iter().filter(|parameter| parameter.place == place);
    let same = |one: &str, other: &str| {
        if place == Place::Header { one.eq_ignore_ascii_case(other) } else { one == other }
    };
    for (name, _) in given {
        if !declared().any(|parameter| same(&parameter.name, name)) {
            found.push(format!("unknown {place:?} parameter `{name}`").to_lowercase());
        }
    }
    for parameter in declared() {
        let values = given.iter().filter(|(name, _)| same(&parameter.name, name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        let value = match values.as_slice() {
            [] if parameter.required => {
                found.push(format!("the parameter `{}` is missing", parameter.name));
                continue;
            }
            [] => continue,
            values if parameter.schema.is_list() => parameter.schema.read_texts(values),
            [value] => parameter.schema.read_text(value),
            _ => {
                found.push(format!("the parameter `{}` comes more than once", parameter.name));
                continue;
            }
        };
        check_value(&parameter.schema, &value, &parameter.name, found);
    }
}

fn check_value(schema: &Schema, value: &Value, name: &str, found: &mut Vec<String>) {
    found.extend(schema.check(value).into_iter().map(|wrong| format!("the parameter `{name}`{wrong}")));
}

fn check_body(body: &Body, headers: &HeaderMap, bytes: &[u8], found: &mut Vec<String>) {
    if bytes.is_empty() {
        if body.required || !body.content.is_empty() {
            found.push("the body is empty".to_owned());
        }
        return;
    }
    if body.content.is_empty() {
        return found.push("there is a body, where none is wanted".to_owned());
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("no content type");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let Some(media) = body.content.get(kind) else {
        return found.push(format!("the body is {kind}"));
    };
    let schema = media.schema();
    let value = match kind {
        "application/x-www-form-urlencoded" => form(schema, bytes),
        _ => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
    };
    match value {
        Ok(value) => found.extend(schema.check(&value).into_iter().map(|wrong| format!("body{wrong}"))),
        Err(error) => found.push(format!("the body can't be read: {error}")),
    }
}

fn form(schema: &Schema, bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut fields = Map::new();
    for (name, value) in pairs(text) {
        let place = format!("/properties/{name}");
        let value = match schema.json.pointer(&place) {
            Some(Value::Object(field)) if field.get("type").is_some_and(|kind| kind == "integer") => {
                value.parse().map(|number: i64| number.into()).unwrap_or(Value::from(value))
            }
            _ => Value::from(value),
        };
        if fields.insert(name.clone(), value).is_some() {
            return Err(format!("`{name}` comes more than once"));
        }
    }
    Ok(Value::Object(fields))
}

/// The names and values of a query or a form.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://localhost/?{text}"));
    url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
