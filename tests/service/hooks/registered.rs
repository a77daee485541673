//! The whole circle: a hook is made at Okta, Okta asks whether the receiver is there, and delivers. Okta's side is written here as
//! its specification of the Event Hooks API has it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Method;
use flowrun_core::value::Text;
use flowrun_kit::effect::Pending;
use flowrun_service::hooks::registered::{Api, New, all, create, verify};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{SECRET, added, doors, flow, request};
use crate::world::World;

const URI: &str = "https://flows.example.com/hooks/okta/people";

/// An org that reaches the receiver.
struct Org {
    hook: Mutex<Option<Value>>,
    receiver: Router,
}

impl Org {
    /// A request to the receiver with the headers that the hook has, as `(status, body)`.
    async fn reach(&self, method: Method, more: &[(&str, &str)], body: Value) -> (u16, String) {
        let hook = self.hook.lock().unwrap().clone().unwrap();
        let config = &hook["channel"]["config"];
        let path =
            config["uri"].as_str().unwrap().strip_prefix("https://flows.example.com").unwrap().to_owned();
        let auth =
            (config["authScheme"]["key"].as_str().unwrap(), config["authScheme"]["value"].as_str().unwrap());
        let headers: Vec<(&str, &str)> = [auth].into_iter().chain(more.iter().copied()).collect();
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.receiver.clone().oneshot(request(method, &path, &headers, body)).await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap(),
        )
    }

    /// Secrets never come back.
    fn shown(&self) -> Value {
        let mut hook = self.hook.lock().unwrap().clone().unwrap();
        hook["channel"]["config"]["authScheme"].as_object_mut().unwrap().remove("value");
        hook
    }
}

impl Api for Org {
    fn call<'a>(
        &'a self,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) -> Pending<'a, Result<(u16, Value), String>> {
        Box::pin(async move {
            match (method, path.as_str()) {
                ("POST", "/api/v1/eventHooks") => {
                    let mut hook = body.unwrap();
                    hook["id"] = "who1".into();
                    hook["status"] = "ACTIVE".into();
                    hook["verificationStatus"] = "UNVERIFIED".into();
                    *self.hook.lock().unwrap() = Some(hook);
                }
                ("GET", "/api/v1/eventHooks") => return Ok((200, json!([self.shown()]))),
                ("POST", "/api/v1/eventHooks/who1/lifecycle/verify") => {
                    let asked = [("x-okta-verification-challenge", "c1")];
                    let answer = self.reach(Method::GET, &asked, Value::Null).await;
                    if answer != (200, json!({ "verification": "c1" }).to_string()) {
                        return Ok((
                            400,
                            json!({ "errorCode": "E0000001", "errorSummary": "Api validation failed" }),
                        ));
                    }
                    self.hook.lock().unwrap().as_mut().unwrap()["verificationStatus"] = "VERIFIED".into();
                }
                other => panic!("{other:?}"),
            }
            Ok((200, self.shown()))
        })
    }
}

#[tokio::test]
async fn a_hook_is_made_verified_and_delivers() {
    let files = [
        ("heard.yaml", flow("event: okta.user_added_to_group", "", 1)),
        ("created.yaml", flow("event: okta.user_created, source: log", "", 1)),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    let world = World::new("2026-03-01T08:00:00Z", &files);
    let serving = world.serve();
    let hooks = doors(&serving);
    let org = Org { hook: Mutex::default(), receiver: hooks.routes() };
    let wanted = hooks.wanted("people");
    assert_eq!(
        wanted,
        BTreeSet::from([Text::from("group.user_membership.add")]),
        "the log alone gives the other"
    );
    let new = |secret, uri| New { name: "people", uri, header: "Authorization", secret, kinds: &wanted };

    let wrong = create(&org, new("Basic wrong", URI)).await.unwrap();
    assert!(
        verify(&org, &wrong.id).await.unwrap_err().contains("has the same secret (Api validation failed)")
    );
    assert!(create(&org, new(SECRET, "http://flows.example.com")).await.unwrap_err().contains("https alone"));
    let never = BTreeSet::from([Text::from("workflows.user.flow.activate")]);
    assert!(
        create(&org, New { kinds: &never, ..new(SECRET, URI) }).await.unwrap_err().contains("source: log")
    );

    let made = create(&org, new(SECRET, URI)).await.unwrap();
    assert_eq!(made.amiss(&wanted), ["it is not verified, and delivers nothing until it is"]);
    assert!(verify(&org, &made.id).await.unwrap().is_verified);
    let known = all(&org).await.unwrap();
    assert_eq!((known.len(), known[0].amiss(&wanted)), (1, Vec::new()));
    let more = BTreeSet::from([Text::from("group.lifecycle.delete")]);
    assert_eq!(known[0].amiss(&more), ["flows want what it does not deliver: group.lifecycle.delete"]);

    let event = added("u1", "2026-03-01T08:00:00Z", "ada", "Staff");
    let batch = json!({ "eventId": "d", "data": { "events": [event] } });
    let delivered = world.clock.drive(org.reach(Method::POST, &[], batch)).await;
    assert_eq!(delivered, (204, String::new()));
    world.until("2026-03-01T09:00:00Z").await;
    assert_eq!(serving.runs().len(), 1);
    serving.end(&world).await;
}
