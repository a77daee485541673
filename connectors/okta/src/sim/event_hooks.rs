//! Event hooks: `/api/v1/eventHooks` (OpenAPI, tag EventHook), and the question whether a receiver is there
//! (developer.okta.com/docs/concepts/event-hooks).

use super::OktaSim;
use super::error::ApiError;
use super::kinds::Kind;
use super::log::About;
use super::made_by::Made;
use super::paging::origin;
use super::things::{Thing, Things, required, text};
use super::user_changes::read as read_body;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_kit::http::{Limits, Request as Sent, Transport};
use flowrun_kit::sim::{Endpoint, delete, get, post, put};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

type Answer = Result<Response, ApiError>;

/// A hook may be for so many types of events (OpenAPI, EventSubscriptions).
const MOST_TYPES: usize = 300;

/// An org may have so many hooks that are active and verified (guides/hooks-best-practices).
const MOST_VERIFIED: usize = 25;

/// Of a URL and of other texts (OpenAPI has it for inline hooks; of event hooks a guess).
const LONGEST: usize = 1024;

/// How long a receiver has, and how often it is asked (concepts/event-hooks; OpenAPI, verifyEventHook).
const LIMIT: Duration = Duration::from_secs(3);
const TRIES: u32 = 2;

/// Types that are in the catalogue and that no hook delivers: they lack its tag `event-hook-eligible`.
const NEVER: [&str; 4] =
    ["event_hook.", "workflows.", "user.lifecycle.delete.completed", "policy.evaluate_sign_on"];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 8] {
    [
        get("/api/v1/eventHooks", list),
        post("/api/v1/eventHooks", create),
        get("/api/v1/eventHooks/{eventHookId}", read),
        put("/api/v1/eventHooks/{eventHookId}", replace),
        delete("/api/v1/eventHooks/{eventHookId}", remove),
        post("/api/v1/eventHooks/{eventHookId}/lifecycle/activate", |sim, path, request| turn(sim, path, request, true)),
        post("/api/v1/eventHooks/{eventHookId}/lifecycle/deactivate", |sim, path, request| turn(sim, path, request, false)),
        post("/api/v1/eventHooks/{eventHookId}/lifecycle/verify", verify),
    ]
}

/// The event hooks of an org.
pub fn hooks() -> Things {
    Things::new("who", "EventHook")
}

impl OktaSim {
    /// Lets the org reach receivers of hooks; without it, none is there.
    pub fn reach(&self, transport: Arc<dyn Transport>) {
        *flowrun_kit::simulator::lock(&self.0.receivers) = Some(transport);
    }
}

/// A hook as Okta shows one: without its secret, with the header's name in small letters (OpenAPI, examples of EventHook).
fn shown(hook: &Thing, origin: &str) -> Value {
    let mut shown = Value::Object(hook.clone());
    if let Some(scheme) = shown.pointer_mut("/channel/config/authScheme").and_then(Value::as_object_mut) {
        scheme.remove("value");
        let key = text(scheme, "key").to_lowercase();
        scheme.insert("key".to_owned(), json!(key));
    }
    let here = format!("{origin}/api/v1/eventHooks/{}", text(hook, "id"));
    let post =
        |name: &str| json!({ "href": format!("{here}/lifecycle/{name}"), "hints": { "allow": ["POST"] } });
    let other = if is(hook, "status", "ACTIVE") { "deactivate" } else { "activate" };
    let mut links = json!({ "self": { "href": here }, "verify": post("verify") });
    links[other] = post(other);
    shown["_links"] = links;
    shown
}

fn is(hook: &Thing, name: &str, word: &str) -> bool {
    text(hook, name) == word
}

/// What a client says of a hook.
fn said(sent: &Thing) -> Result<Thing, ApiError> {
    let name = required(sent, "name")?;
    let (mut events, channel) = (object(sent, "events")?, object(sent, "channel")?);
    let items = events.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let kinds: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let wrong = |field: &str, why: &str| ApiError::invalid(field, format!("{field}: {why}"));
    if text(&events, "type") != "EVENT_TYPE" {
        return Err(wrong("events.type", "The field must be EVENT_TYPE."));
    }
    if kinds.is_empty() || kinds.len() != items.len() || kinds.len() > MOST_TYPES {
        return Err(wrong("events.items", "There must be 1 to 300 event types."));
    }
    if let Some(kind) = kinds.iter().find(|kind| NEVER.iter().any(|never| kind.starts_with(never))) {
        return Err(wrong("events.items", &format!("{kind} is not eligible for event hooks.")));
    }
    let filter = filter(&events, &kinds)?;
    events.insert("filter".to_owned(), filter);
    let description = sent.get("description").filter(|text| text.is_string()).cloned();
    let mut hook = Thing::new();
    hook.insert("name".to_owned(), json!(name));
    hook.insert("description".to_owned(), description.unwrap_or_default());
    hook.insert("events".to_owned(), Value::Object(events));
    hook.insert("channel".to_owned(), channel_of(channel)?);
    Ok(hook)
}

/// One condition for a type at most, each for a type that the hook has. What the expressions say nobody looks at here.
fn filter(events: &Thing, kinds: &[&str]) -> Result<Value, ApiError> {
    let wrong = |why: &str| ApiError::invalid("events.filter", format!("events.filter: {why}"));
    let all = match events.get("filter") {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(filter) => filter.get("eventFilterMap").and_then(Value::as_array),
    };
    let all = all.ok_or_else(|| wrong("The field eventFilterMap cannot be left blank"))?;
    let mut conditions: Vec<Value> = Vec::new();
    for one in all {
        let of = one.get("event").and_then(Value::as_str).unwrap_or_default();
        let expression = one.pointer("/condition/expression").and_then(Value::as_str).unwrap_or_default();
        if !kinds.contains(&of)
            || expression.trim().is_empty()
            || conditions.iter().any(|other| other["event"] == of)
        {
            return Err(wrong("There may be one expression for each event type of the hook."));
        }
        conditions.push(json!({ "event": of, "condition": { "expression": expression, "version": null } }));
    }
    Ok(json!({ "type": "EXPRESSION_LANGUAGE", "eventFilterMap": conditions }))
}

fn channel_of(channel: Thing) -> Result<Value, ApiError> {
    let wrong = |field: &str, why: &str| ApiError::invalid(field, format!("{field}: {why}"));
    if text(&channel, "type") != "HTTP" {
        return Err(wrong("channel.type", "The field must be HTTP."));
    }
    if text(&channel, "version").is_empty() {
        return Err(super::sent::blank("channel.version"));
    }
    let config = object(&channel, "config")?;
    let uri = required(&config, "uri")?;
    if !uri.starts_with("https://") || uri.len() > LONGEST {
        return Err(wrong("channel.config.uri", "The field must be an https URL."));
    }
    let pair = |pair: &Value| {
        let (key, value) =
            (pair.get("key").and_then(Value::as_str)?, pair.get("value").and_then(Value::as_str)?);
        (HeaderName::from_bytes(key.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok())
            .then(|| json!({ "key": key, "value": value }))
    };
    let headers = config.get("headers").and_then(Value::as_array).cloned().unwrap_or_default();
    let headers: Option<Vec<Value>> = headers.iter().map(pair).collect();
    let headers =
        headers.ok_or_else(|| wrong("channel.config.headers", "The field is no list of headers."))?;
    let scheme = match config.get("authScheme") {
        None | Some(Value::Null) => Value::Null,
        Some(scheme) => {
            let mut pair = pair(scheme).ok_or_else(|| super::sent::blank("channel.config.authScheme.key"))?;
            pair["type"] = json!("HEADER");
            pair
        }
    };
    Ok(json!({ "type": "HTTP", "version": "1.0.0", "config": {
        "uri": uri, "headers": headers, "method": "POST", "authScheme": scheme,
    } }))
}

fn object(sent: &Thing, name: &str) -> Result<Map<String, Value>, ApiError> {
    match sent.get(name) {
        None | Some(Value::Null) => Err(super::sent::blank(name)),
        Some(Value::Object(part)) => Ok(part.clone()),
        Some(_) => Err(ApiError::malformed()),
    }
}

async fn list(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let all: Vec<Value> = sim.state().hooks.all().map(|hook| shown(hook, &origin(&parts))).collect();
    Ok(Json(all).into_response())
}

async fn create(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let (mut hook, now_ms) = (said(&sent)?, sim.now_ms());
    let by = Made::current().map(|made| made.actor()["id"].clone()).unwrap_or_default();
    hook.insert("status".to_owned(), json!("ACTIVE"));
    hook.insert("verificationStatus".to_owned(), json!("UNVERIFIED"));
    hook.insert("createdBy".to_owned(), by);
    let mut state = sim.state();
    let id = state.hooks.add(hook, now_ms)?;
    state.log.note(now_ms, Kind::HookCreate, About::default());
    Ok(Json(shown(state.hooks.find(&id)?, &origin(&parts))).into_response())
}

async fn read(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    Ok(Json(shown(sim.state().hooks.find(&id)?, &origin(&parts))).into_response())
}

/// Another channel has to be verified anew.
async fn replace(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    state.hooks.find(&id)?;
    let newer = said(&sent)?;
    let hook = state.hooks.change(&id, now_ms)?;
    if hook.get("channel") != newer.get("channel") {
        hook.insert("verificationStatus".to_owned(), json!("UNVERIFIED"));
    }
    hook.extend(newer);
    state.log.note(now_ms, Kind::HookUpdate, About::default());
    Ok(Json(shown(state.hooks.find(&id)?, &origin(&parts))).into_response())
}

/// Only an inactive hook can be deleted (OpenAPI, deleteEventHook).
async fn remove(State(sim): State<OktaSim>, Path(id): Path<String>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    if is(state.hooks.find(&id)?, "status", "ACTIVE") {
        return Err(ApiError::validation("an active event hook cannot be deleted"));
    }
    state.hooks.remove(&id)?;
    state.log.note(now_ms, Kind::HookDelete, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn turn(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request, on: bool) -> Answer {
    let (parts, _) = request.into_parts();
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let (status, kind) = if on { ("ACTIVE", Kind::HookActivate) } else { ("INACTIVE", Kind::HookDeactivate) };
    state.hooks.change(&id, now_ms)?.insert("status".to_owned(), json!(status));
    state.log.note(now_ms, kind, About::default());
    Ok(Json(shown(state.hooks.find(&id)?, &origin(&parts))).into_response())
}

/// Asks the receiver whether it is there. The event is written whatever comes of it (event-types.json, `event_hook.verified`).
async fn verify(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let hook = sim.state().hooks.find(&id)?.clone();
    let (challenge, mut answered) = (super::ids::id("chl", sim.next_request()), false);
    for _ in 0..TRIES {
        answered = answered || sim.challenge(&hook, &challenge).await;
    }
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    state.log.note(now_ms, Kind::HookVerify, About::default());
    let verified = state.hooks.all().filter(|hook| is(hook, "verificationStatus", "VERIFIED"));
    if verified.filter(|hook| text(hook, "id") != id).count() >= MOST_VERIFIED {
        return Err(ApiError::validation("there may be 25 event hooks that are active and verified"));
    }
    if !answered {
        return Err(ApiError::invalid(
            "verification",
            "The receiver did not answer with the challenge within 3 seconds.",
        ));
    }
    state.hooks.change(&id, now_ms)?.insert("verificationStatus".to_owned(), json!("VERIFIED"));
    Ok(Json(shown(state.hooks.find(&id)?, &origin(&parts))).into_response())
}

impl OktaSim {
    /// Whether the receiver of a hook answers with the challenge that it is sent.
    async fn challenge(&self, hook: &Thing, challenge: &str) -> bool {
        let transport = flowrun_kit::simulator::lock(&self.0.receivers).clone();
        let config = hook.get("channel").and_then(|channel| channel.get("config"));
        let (Some(transport), Some(config)) = (transport, config.and_then(Value::as_object)) else {
            return false;
        };
        let mut headers = headers_of(config);
        let value = HeaderValue::from_str(challenge).unwrap_or(HeaderValue::from_static(""));
        headers.insert("x-okta-verification-challenge", value);
        let url = text(config, "uri").to_owned();
        let sent = Sent { method: Method::GET, url, headers, body: Default::default() };
        let limits = Limits { timeout: LIMIT, ..Limits::default() };
        let answer = self.0.config.clock.timeout(LIMIT, transport.send(sent, limits)).await;
        let Some(Ok(answer)) = answer else { return false };
        let told = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        answer.status == StatusCode::OK && told["verification"] == challenge
    }
}

/// The headers of all that is sent to a receiver.
fn headers_of(config: &Thing) -> HeaderMap {
    let more = config.get("headers").and_then(Value::as_array).into_iter().flatten();
    let pairs = more.chain(config.get("authScheme")).filter_map(|pair| {
        let key = HeaderName::from_bytes(pair.get("key")?.as_str()?.as_bytes()).ok()?;
        Some((key, HeaderValue::from_str(pair.get("value")?.as_str()?).ok()?))
    });
    let accepts = (ACCEPT, HeaderValue::from_static("application/json"));
    std::iter::once(accepts).chain(pairs).collect()
}
