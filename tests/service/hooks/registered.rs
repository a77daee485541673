//! `flowrun hooks`: a hook is made at the simulated Okta, Okta asks whether the receiver is there, and what came is delivered again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use flowrun::Surroundings;
use flowrun_kit::in_process::SimTransport;
use flowrun_tests::served::Served;
use flowrun_tests::{Ran, in_surroundings, surroundings};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{SECRET, deliver, doors, flow, request};
use crate::client::Client;
use crate::world::World;

const URL: &str = "https://flows.example.com";

/// A command line over the vendors of a world, with these variables.
async fn command(world: &World, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let around = Surroundings {
        simulators: Some(world.simulators.all()),
        env: env.collect::<BTreeMap<_, _>>(),
        ..surroundings()
    };
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let ran = move || in_surroundings(&args.iter().map(String::as_str).collect::<Vec<_>>(), &around);
    tokio::task::spawn_blocking(ran).await.unwrap()
}

/// What the simulated Okta answers.
async fn okta(world: &World, method: Method, path: &str, body: Value) -> (u16, Value) {
    let okta = &world.simulators.okta;
    let token = format!("SSWS {}", okta.token());
    let headers = [("authorization", &*token), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let asks = request(method, path, &headers, body);
    let response = world.clock.drive(okta.router().oneshot(asks)).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn world() -> World {
    let added = flow("event: okta.user_added_to_group", "", 1);
    let created = flow("event: okta.user_created, source: log", "", 1);
    let manifest = "connections: { okta: okta }\n";
    World::new(
        "2026-03-01T08:00:00Z",
        &[("added.yaml", &added), ("created.yaml", &created), ("flowrun.yaml", manifest)],
    )
}

#[tokio::test]
async fn a_hook_is_made_verified_and_looked_at() {
    let world = world();
    let (folder, state) = (world.project().display().to_string(), world.state().display().to_string());
    let secret = [("FLOWRUN_HOOK_PEOPLE", SECRET)];
    let create = ["hooks", "create", "people", &folder, "--url", URL];
    let status = ["hooks", "status", "people", &folder, "--state", &state];

    let lacks = command(&world, &create, &[]).await;
    assert!(lacks.code == 2 && lacks.stderr.contains("FLOWRUN_HOOK_PEOPLE is not set"), "{}", lacks.stderr);
    let none = command(&world, &status, &[]).await;
    assert!(none.code == 2 && none.stderr.contains("no event hook that delivers"), "{}", none.stderr);

    let made = command(&world, &create, &secret).await;
    assert!(
        made.code == 0 && made.stdout.contains("group.user_membership.add"),
        "{}{}",
        made.stdout,
        made.stderr
    );
    assert!(!made.stdout.contains(SECRET) && !made.stdout.contains("user.lifecycle.create"));
    // OpenAPI, createEventHook: ACTIVE and UNVERIFIED; the secret never comes back.
    let (_, hooks) = okta(&world, Method::GET, "/api/v1/eventHooks", Value::Null).await;
    assert_eq!(
        (&hooks[0]["status"], &hooks[0]["verificationStatus"]),
        (&json!("ACTIVE"), &json!("UNVERIFIED"))
    );
    assert_eq!(
        hooks[0]["channel"]["config"]["authScheme"],
        json!({ "type": "HEADER", "key": "authorization" })
    );
    assert_eq!(hooks[0]["events"]["items"], json!(["group.user_membership.add"]));
    let seen = command(&world, &status, &[]).await;
    assert!(seen.code == 1 && seen.stdout.contains("it is not verified"), "{}", seen.stdout);
    assert!(seen.stdout.contains("by the System Log alone: user.lifecycle.create"), "{}", seen.stdout);

    // Nobody is there yet whom Okta could ask.
    let verify = ["hooks", "verify", "people", &folder];
    let unseen = command(&world, &verify, &[]).await;
    assert!(
        unseen.code == 2 && unseen.stderr.contains("did not answer Okta within 3 seconds"),
        "{}",
        unseen.stderr
    );
    let serving = world.serve();
    let hooks = doors(&serving);
    world.simulators.okta.reach(Arc::new(SimTransport::new(&world.clock).host(URL, hooks.routes())));
    let verified = command(&world, &verify, &[]).await;
    assert!(
        verified.code == 0 && verified.stdout.contains("verified"),
        "{}{}",
        verified.stdout,
        verified.stderr
    );

    // A flow more: the hook lacks its type, and is brought up to it.
    world.write("deleted.yaml", &flow("event: okta.group_deleted", "", 1));
    let behind = command(&world, &status, &[]).await;
    assert!(
        behind.code == 1 && behind.stdout.contains("does not deliver: group.lifecycle.delete"),
        "{}",
        behind.stdout
    );
    let changed = command(&world, &create, &secret).await;
    assert!(changed.code == 0 && changed.stdout.contains("changed"), "{}{}", changed.stdout, changed.stderr);
    let event = super::added("u1", "2026-03-01T08:00:00Z", "ada", "Staff");
    assert_eq!(deliver(&world, &hooks, "d1", &[event]).await, 204);
    let well = command(&world, &status, &[]).await;
    assert!(well.code == 0 && well.stdout.contains("active, verified"), "{}", well.stdout);
    assert!(well.stdout.contains("1 event  d1"), "{}", well.stdout);
    // Another secret is another channel, which has to be verified anew (OpenAPI, replaceEventHook).
    command(&world, &create, &[("FLOWRUN_HOOK_PEOPLE", "Basic b3RoZXI=")]).await;
    let unverified = command(&world, &verify, &[]).await;
    assert!(
        unverified.code == 2 && unverified.stderr.contains("has the same secret"),
        "{}",
        unverified.stderr
    );
    serving.end(&world).await;
}

/// What Okta's specification says of requests that can't be, and of a hook's life.
#[tokio::test]
async fn the_simulated_okta_keeps_hooks_as_its_specification_has_them() {
    let world = world();
    let hook = |uri: &str, kinds: Value| {
        json!({ "name": "flows", "events": { "type": "EVENT_TYPE", "items": kinds },
            "channel": { "type": "HTTP", "version": "1.0.0", "config": { "uri": uri, "headers": [{ "key": "X-Tenant", "value": "a" }] } } })
    };
    let path = "/api/v1/eventHooks";
    let many: Vec<String> = (0..301).map(|at| format!("user.made.up.{at}")).collect();
    for wrong in [
        hook("http://flows.example.com", json!(["user.lifecycle.create"])),
        hook(URL, json!([])),
        hook(URL, json!(many)),
        hook(URL, json!(["workflows.user.flow.activate"])),
        json!({ "name": "flows" }),
    ] {
        let (status, body) = okta(&world, Method::POST, path, wrong).await;
        assert_eq!((status, &body["errorCode"]), (400, &json!("E0000001")), "{body}");
    }
    let mut filtered = hook(URL, json!(["user.lifecycle.create"]));
    let condition = json!({ "event": "user.lifecycle.create", "condition": { "expression": "event.outcome.result eq 'SUCCESS'" } });
    filtered["events"]["filter"] = json!({ "eventFilterMap": [condition] });
    let (status, made) = okta(&world, Method::POST, path, filtered).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["events"]["filter"]["type"], "EXPRESSION_LANGUAGE");
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("who"), "{id}");
    let here = format!("{path}/{id}");
    assert_eq!(okta(&world, Method::GET, &here, Value::Null).await.1, made);
    assert_eq!(okta(&world, Method::DELETE, &here, Value::Null).await.0, 400, "only when INACTIVE");
    let (status, off) =
        okta(&world, Method::POST, &format!("{here}/lifecycle/deactivate"), Value::Null).await;
    assert_eq!((status, &off["status"]), (200, &json!("INACTIVE")));
    assert_eq!(okta(&world, Method::DELETE, &here, Value::Null).await.0, 204);
    assert_eq!(okta(&world, Method::GET, &here, Value::Null).await.0, 404);
    let (_, log) =
        okta(&world, Method::GET, "/api/v1/logs?filter=eventType%20sw%20%22event_hook.%22", Value::Null)
            .await;
    let kinds: Vec<&str> =
        log.as_array().unwrap().iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["event_hook.created", "event_hook.deactivated", "event_hook.deleted"]);
}

/// The events of a delivery, or one of them, start their flows once more; what they say comes from the System Log.
#[tokio::test]
async fn a_delivery_is_delivered_again_when_somebody_wants_it() {
    let text = flow("event: okta.user_created", "UUID: text", 1);
    let files = [("created.yaml", &*text), ("flowrun.yaml", "connections: { okta: okta }\n")];
    let world = World::new("2026-03-01T08:00:00Z", &files);
    let serving = world.serve();
    for login in ["ada@example.com", "grace@example.com"] {
        let profile = json!({ "login": login, "email": login, "firstName": "A", "lastName": "B" });
        assert_eq!(okta(&world, Method::POST, "/api/v1/users", json!({ "profile": profile })).await.0, 200);
    }
    let path = "/api/v1/logs?filter=eventType%20eq%20%22user.lifecycle.create%22";
    let (_, events) = okta(&world, Method::GET, path, Value::Null).await;
    let events = events.as_array().unwrap();
    let hooks = doors(&serving);
    assert_eq!(deliver(&world, &hooks, "d1", events).await, 204);
    world.until("2026-03-01T08:10:00Z").await;
    assert_eq!(serving.runs().len(), 2);
    assert_eq!(deliver(&world, &hooks, "d1", events).await, 204);
    world.until("2026-03-01T08:20:00Z").await;
    assert_eq!(serving.runs().len(), 2, "known");

    let client = Client::new(&world, &serving).await;
    let again = |id: &str| format!("/api/v1/hooks/people/deliveries/{id}/redeliver");
    let all = client.ask("POST", &again("d1"), json!({})).await;
    assert_eq!((all.status, all.body), (200, json!({ "events": 2, "found": 2, "runs": 2 })));
    world.until("2026-03-01T08:25:00Z").await;
    let one = client.ask("POST", &again(events[0]["uuid"].as_str().unwrap()), json!({})).await;
    assert_eq!((one.status, one.body), (200, json!({ "events": 1, "found": 1, "runs": 1 })));
    assert_eq!(client.ask("POST", &again("nobody"), json!({})).await.status, 404);
    world.until("2026-03-01T08:30:00Z").await;
    let causes: Vec<_> = serving.runs().into_iter().filter_map(|run| run.about.cause).collect();
    assert_eq!(causes[2..], ["okta.user_created, again"; 3]);
    let back = "/api/v1/projects/flows/log/redeliver";
    assert_eq!(client.ask("POST", back, json!({ "since": "2026-03-01T08:00:00Z" })).await.status, 200);
    assert_eq!(client.ask("POST", back, json!({ "since": "yesterday" })).await.status, 400);
    serving.end(&world).await;
}

/// What the command sends to a service, and to whom it gives its token.
#[tokio::test]
async fn redeliver_asks_a_service() {
    let world = world();
    let answers = |request: Request| async move {
        let told =
            format!("{} {}", request.uri().path(), request.headers()["authorization"].to_str().unwrap());
        let known = told == "/api/v1/hooks/people/deliveries/d%2F1/redeliver Bearer fr_1";
        let (status, body) = match known {
            true => (200, json!({ "events": 3, "found": 2, "runs": 2 })),
            false => (404, json!({ "title": "Not Found", "detail": told })),
        };
        (axum::http::StatusCode::from_u16(status).unwrap(), axum::Json(body))
    };
    let service = Served::new(Router::new().fallback(answers));
    let token = [("FLOWRUN_TOKEN", "fr_1")];
    let ask = ["hooks", "redeliver", "people", "d/1", "--server", &service.url];
    let asked = command(&world, &ask, &token).await;
    assert_eq!(asked.stdout, "2 of 3 events are in the System Log; they start 2 runs\n", "{}", asked.stderr);
    let other =
        command(&world, &["hooks", "redeliver", "people", "d2", "--server", &service.url], &token).await;
    assert!(other.code == 2 && other.stderr.contains("answers 404"), "{}", other.stderr);
    assert!(command(&world, &ask, &[]).await.stderr.contains("FLOWRUN_TOKEN is not set"));
    let plain = ["hooks", "redeliver", "people", "d1", "--server", "http://flows.example.com"];
    assert!(command(&world, &plain, &token).await.stderr.contains("in plain text"));
}
