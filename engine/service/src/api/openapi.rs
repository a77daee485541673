//! The description of the interface, made of what declares it.

use serde_json::{Map, Value, json};

use super::route::{Call, Kind, Param, Reply, Route, Shape};
use crate::people::Problem;

pub const ROUTES: &[Route] =
    &[Route::anybody("/api/v1/openapi.json", "This description.", |call| Box::pin(own(call)))
        .gives(Shape::One(&["openapi", "paths"]))];

async fn own(_: Call) -> Result<Reply, Problem> {
    Ok(Reply::Json(super::description()))
}

/// All routes, as OpenAPI 3.1 has them.
pub fn document(routes: &[&Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "flowrun", "version": env!("CARGO_PKG_VERSION"),
            "description": "What runs, what ran, and what can be done about it.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem() },
        },
        "security": [{ "token": [] }],
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" },
            "status": { "type": "integer" }, "detail": { "type": "string", "description": "Why, and what can be done about it." },
        },
    })
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }));
    let in_query = route.query.iter().map(|param| {
        json!({ "name": param.name, "in": "query", "required": param.must, "description": param.says, "schema": schema(param.kind) })
    });
    let key = route.once.then(|| {
        json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Sent again with the same request it starts nothing new: the answer names the run that was started. Remembered for 7 days.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
        })
    });
    let mut operation = json!({
        "summary": route.says,
        "operationId": id(route),
        "parameters": in_path.chain(in_query).chain(key).collect::<Vec<_>>(),
        "responses": responses(route),
    });
    if route.takes_csv {
        let content = json!({ "text/csv": { "schema": { "type": "string" } } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    } else if !route.body.is_empty() {
        operation["requestBody"] = json!({
            "required": route.body.iter().any(|param| param.must),
            "content": { "application/json": { "schema": object(route.body) } },
        });
    }
    operation
}

/// As `get_projects_runs`.
fn id(route: &Route) -> String {
    let parts = route.path.split('/').filter(|part| !part.is_empty() && !matches!(*part, "api" | "v1"));
    let parts: Vec<String> =
        parts.map(|part| part.replace(['{', '}', '.'], "_").trim_matches('_').to_owned()).collect();
    format!("{}_{}", route.method.to_lowercase(), parts.join("_"))
}

fn object(members: &[Param]) -> Value {
    let required: Vec<&str> = members.iter().filter(|param| param.must).map(|param| param.name).collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|param| {
            let mut schema = schema(param.kind);
            schema["description"] = json!(param.says);
            (param.name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text(most) => json!({ "type": "string", "maxLength": most }),
        Kind::Words(words) => json!({ "type": "string", "enum": words }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Date => json!({ "type": "string", "format": "date-time" }),
        Kind::Object => json!({ "type": "object" }),
        Kind::List => json!({ "type": "array", "items": { "type": "object" } }),
    }
}

fn responses(route: &Route) -> Value {
    let of = |mime: &str, schema: Value| json!({ mime: { "schema": schema } });
    let with = |members: &[&str]| json!({ "type": "object", "required": members });
    let content = match route.answer.1 {
        Shape::One(members) => Some(of("application/json", with(members))),
        Shape::Page(members) => Some(of(
            "application/json",
            json!({
                "type": "object", "required": ["items", "next"],
                "properties": { "items": { "type": "array", "items": with(members) }, "next": { "type": ["string", "null"] } },
            }),
        )),
        Shape::Text(mime) => Some(of(mime, json!({ "type": "string" }))),
        Shape::Nothing => None,
    };
    let mut good = json!({ "description": "All went well." });
    if let Some(content) = content {
        good["content"] = content;
    }
    let bad = json!({ "description": "It did not.", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let mut responses = Map::new();
    responses.insert(route.answer.0.to_string(), good);
    for status in ["400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429", "503"] {
        responses.insert(status.to_owned(), bad.clone());
    }
    if route.method == "GET" {
        responses.insert("304".to_owned(), json!({ "description": "Nothing has changed." }));
    }
    Value::Object(responses)
}
