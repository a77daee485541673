//! A flow as OpenAPI 3.1 describes it: by its declared inputs and outputs.

use axum::http::request::Parts;
use flowrun_core::program::{self, Security};
use flowrun_core::types::{Kind, Type};
use serde_json::{Map, Value, json};

use super::Endpoints;
use super::answer::{EXECUTION, Reply};
use super::directory::Endpoint;
use super::inputs::{Declared, From, declared};
use super::problem::Wrong;
use crate::projects::Version;

impl Endpoints {
    pub(super) async fn describe(&self, alias: &str, parts: &Parts) -> Result<Reply, Wrong> {
        let (endpoint, _) = self.admit(alias, parts, false).await?;
        let version = endpoint.project.runs.served.version();
        let described = document(&endpoint, &version, &self.base).ok_or_else(Wrong::unknown)?;
        Ok(Reply::json(200, &described))
    }
}

/// The document of a flow.
pub(super) fn document(endpoint: &Endpoint, version: &Version, base: &str) -> Option<Value> {
    let model = version.project.flow(&endpoint.flow)?;
    let mut methods = Map::new();
    let takes = |method| endpoint.method.is_none_or(|only| only == method);
    if takes(program::Method::Get) {
        methods.insert("get".to_owned(), operation(endpoint, version, true)?);
    }
    if takes(program::Method::Post) {
        methods.insert("post".to_owned(), operation(endpoint, version, false)?);
    }
    let description = model.description.as_ref().map(|text| text.it.to_string()).unwrap_or_default();
    Some(json!({
        "openapi": "3.1.0",
        "info": { "title": &*model.name.it, "version": version.number.to_string(), "description": description },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "paths": { format!("/api/flo/{}/invoke", endpoint.alias): methods },
        "components": { "securitySchemes": schemes(endpoint.security), "schemas": { "Error": error() } },
    }))
}

fn operation(endpoint: &Endpoint, version: &Version, gets: bool) -> Option<Value> {
    let (_, inputs) = declared(endpoint, version)?;
    let (mut parameters, mut fields, mut required) = (Vec::new(), Map::new(), Vec::new());
    for Declared { input, ty, from } in inputs {
        let name = &*input.name.it;
        let needed = endpoint.strict && input.default.is_none();
        let mut schema = schema(ty);
        if !input.choices.is_empty() {
            let choices = input.choices.iter().map(|choice| serde_json::from_str(&choice.it.to_json()).ok());
            schema["enum"] = Value::from(choices.collect::<Option<Vec<Value>>>()?);
        }
        if let Some(default) = input.default.as_ref().filter(|default| !default.it.is_null()) {
            schema["default"] = serde_json::from_str(&default.it.to_json()).ok()?;
        }
        let place = match from {
            From::InHeaders => Some("header"),
            From::InQuery => Some("query"),
            From::Field if gets => Some("query"),
            From::Field => None,
            // What is the request itself is no field of it.
            From::Raw | From::Headers | From::Body | From::Fields | From::Query => continue,
        };
        match place {
            Some(place) => {
                parameters.push(json!({ "name": name, "in": place, "required": needed, "schema": schema }))
            }
            None => {
                fields.insert(name.to_owned(), schema);
                if needed {
                    required.push(name);
                }
            }
        }
    }
    let parameter = |name: &str, says: &str| json!({ "name": name, "in": "header", "description": says, "schema": { "type": "string" } });
    parameters.push(parameter("Idempotency-Key", "The same call under the same key is made once."));
    parameters.push(parameter("Prefer", "respond-async does not wait for the answer."));
    let mut operation = json!({
        "operationId": if gets { "invoke" } else { "invokeByPost" },
        "parameters": parameters,
        "responses": responses(version, endpoint)?,
        "security": security(endpoint.security),
    });
    if !gets {
        let mut body = json!({ "type": "object", "properties": fields });
        if !required.is_empty() {
            body["required"] = json!(required);
        }
        operation["requestBody"] = json!({ "content": {
            "application/json": { "schema": body },
            "application/x-www-form-urlencoded": { "schema": body },
        } });
    }
    Some(operation)
}

fn responses(version: &Version, endpoint: &Endpoint) -> Option<Value> {
    let model = version.project.flow(&endpoint.flow)?;
    let outputs = model
        .outputs
        .iter()
        .map(|(name, ty)| (name.it.to_string(), schema(Type::parse(&ty.it).unwrap_or(Type::ANY))));
    let headers =
        json!({ EXECUTION: { "description": "The ID of the run.", "schema": { "type": "string" } } });
    let answer = json!({ "type": "object", "properties": outputs.collect::<Map<_, _>>() });
    let wrong = |says: &str| json!({ "description": says, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } });
    let mut responses = json!({
        "200": { "description": "What the flow returns.", "headers": headers, "content": { "application/json": { "schema": answer } } },
        "202": { "description": "The run has begun; Location tells where its status is.", "headers": headers },
        "400": wrong("The request does not fit the flow."),
        "404": wrong("There is no such flow, or it is off."),
        "405": wrong("The flow takes another method."),
        "409": wrong("The flow is off, or the first call of an Idempotency-Key goes on."),
        "413": wrong("The body is too large."),
        "415": wrong("The body is encoded."),
        "422": wrong("The Idempotency-Key was sent with another request."),
        "429": wrong("Too many calls: Retry-After tells when one is taken again."),
        "500": wrong("The flow failed."),
        "503": wrong("The service can't take the call now."),
        "504": wrong("The flow has not answered in time; its run goes on."),
        "default": { "description": "What the flow answers itself, by Return Raw or Close." },
    });
    if endpoint.security != Security::Public {
        responses["401"] = wrong("The token is missing or wrong.");
    }
    Some(responses)
}

/// What a value of a type is in JSON.
fn schema(ty: Type) -> Value {
    if ty.list {
        return json!({ "type": "array", "items": schema(Type::one(ty.kind)) });
    }
    match ty.kind {
        Kind::Text | Kind::Flow | Kind::Table | Kind::File => json!({ "type": "string" }),
        Kind::Secret => json!({ "type": "string", "format": "password" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date-time" }),
        Kind::Object => json!({ "type": "object" }),
        Kind::Any => json!({}),
    }
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
        } },
    })
}

fn schemes(security: Security) -> Value {
    match security {
        Security::Public => json!({}),
        Security::Token => json!({
            "query": { "type": "apiKey", "in": "query", "name": "clientToken" },
            "header": { "type": "apiKey", "in": "header", "name": "x-api-client-token" },
        }),
        Security::Oauth => json!({ "bearer": { "type": "http", "scheme": "bearer" } }),
    }
}

fn security(security: Security) -> Value {
    match security {
        Security::Public => json!([]),
        Security::Token => json!([{ "query": [] }, { "header": [] }]),
        Security::Oauth => json!([{ "bearer": [] }]),
    }
}
