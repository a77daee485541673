//! Events of others: what is answered, what becomes a run, and that it becomes one exactly once.

mod days;
mod doors;
mod inline;
mod registered;
mod told;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use flowrun_service::hooks::{Hooks, Settings};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{Serving, World};

pub const SECRET: &str = "Basic YTpi";

/// Chance that is the same each time.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        // Knuth's constants, MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// The doors of what is served, with the secrets of a hook `people` and of some webhooks.
pub fn doors(serving: &Serving) -> Arc<Hooks> {
    let env = [
        ("FLOWRUN_HOOK_PEOPLE", SECRET),
        ("FLOWRUN_HOOK_DEPLOYS", "It's a Secret to Everybody"),
        ("FLOWRUN_HOOK_PERSONIO", "unguessable"),
        ("CHAT_SECRET", "8f742231b10e8888abcd99yyyzzz85a5"),
    ];
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = Settings { hooks: BTreeMap::from([("people".to_owned(), Default::default())]) };
    Arc::new(Hooks::new([(serving.hosted().clone(), settings)], env))
}

/// What a request is answered: the status and the body.
pub async fn asked(world: &World, routes: Router, request: Request<Body>) -> (u16, String) {
    let answered = world.clock.drive(async {
        let response = routes.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    });
    answered.await
}

/// Lets so many seconds pass.
pub async fn pass(world: &World, seconds: i64) {
    world.until(&flowrun_service::when((world.clock.now_ms() + seconds * 1000) * 1000)).await;
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body.into()).unwrap()
}

/// Delivers events as Okta does.
pub async fn deliver(world: &World, hooks: &Arc<Hooks>, id: &str, events: &[Value]) -> u16 {
    let body = json!({
        "eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1",
        "source": "https://acme.example.com/api/v1/eventHooks/who0000000000000001", "eventId": id,
        "data": { "events": events },
        "eventTime": "2026-03-01T08:00:02.000Z", "contentType": "application/json",
    });
    let headers = [("authorization", SECRET), ("content-type", "application/json")];
    let request = request(Method::POST, "/hooks/okta/people", &headers, body.to_string());
    asked(world, hooks.routes(), request).await.0
}

/// A person was added to a group; in the form of Okta's `LogEvent`.
pub fn added(uuid: &str, published: &str, user: &str, group: &str) -> Value {
    json!({
        "uuid": uuid, "published": published, "eventType": "group.user_membership.add", "version": "0", "severity": "INFO",
        "legacyEventType": "core.user_group_member.user_add", "displayMessage": "Add user to group membership",
        "actor": { "id": "00uadmin", "type": "User", "alternateId": "admin@example.com", "displayName": "Admin", "detailEntry": null },
        "client": { "userAgent": { "rawUserAgent": "x" }, "zone": "null", "ipAddress": "192.0.2.1", "geographicalContext": null },
        "outcome": { "result": "SUCCESS", "reason": null },
        "target": [
            { "id": user, "type": "User", "alternateId": format!("{user}@example.com"), "displayName": user, "detailEntry": null },
            { "id": format!("00g{group}"), "type": "UserGroup", "alternateId": "unknown", "displayName": group, "detailEntry": null },
        ],
        "transaction": { "type": "WEB", "id": "t1", "detail": {} },
        "debugContext": { "debugData": { "requestUri": "/api/v1/groups/00g/users/00u" } },
        "request": { "ipChain": [{ "ip": "192.0.2.1" }] },
    })
}

/// A flow that takes so many seconds for each event.
pub fn flow(trigger: &str, inputs: &str, seconds: u32) -> String {
    format!(
        "name: Heard\ntrigger: {{ event: {{ {trigger} }} }}\ninputs: {{ {inputs} }}\ncards:\n  \
         - {{ card: flow_control.wait_for, with: {{ delay: {seconds} }} }}\n"
    )
}
