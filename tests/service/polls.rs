//! Polls: what is new in a list starts its flow, once, in each of Okta's modes.
//!
//! What the modes mean: Okta's help, *Set data exchange options* (build/set-monitor-options.htm). That the first poll only marks the
//! place from which on records count: *Build a polling monitor event flow* (connector-builder/event-polling-monitor.htm).

use axum::http::Method;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::hooks::request;
use crate::world::{Serving, World};

const CONNECTED: (&str, &str) = ("flowrun.yaml", "connections: { okta: okta }\n");

/// A flow that polls the users of the simulated Okta.
fn flow(more: &str, inputs: &str, gives: &str) -> String {
    format!(
        "name: Polls\ntrigger: {{ poll: {{ card: okta.list_users_with_search, id: ID{more} }} }}\ninputs: {{ {inputs} }}\n\
         outputs: {{ told: any }}\ncards: [{{ card: flow_control.return, with: {{ told: {gives} }} }}]\n"
    )
}

/// Makes a user of the simulated Okta, or changes one; gives the ID.
async fn put(world: &World, id: &str, profile: Value) -> String {
    let okta = &world.simulators.okta;
    let token = format!("SSWS {}", okta.token());
    let headers = [("authorization", &*token), ("content-type", "application/json")];
    let path =
        if id.is_empty() { "/api/v1/users?activate=true".to_owned() } else { format!("/api/v1/users/{id}") };
    let asks = request(Method::POST, &path, &headers, json!({ "profile": profile }).to_string());
    let response = world.clock.drive(okta.router().oneshot(asks)).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice::<Value>(&body).unwrap()["id"].as_str().unwrap().to_owned()
}

async fn user(world: &World, login: &str) -> String {
    let profile = json!({ "login": login, "email": login, "firstName": "A", "lastName": "B" });
    put(world, "", profile).await
}

/// What the runs were given, the oldest first.
fn gave(serving: &Serving) -> Vec<String> {
    let served = &serving.hosted().runs.served;
    let vocabulary = served.surroundings.registry.vocabulary();
    let give = |run: &flowrun_store::Run| {
        let report = flowrun_host::session::durable::history::report(&served.home, run, None, vocabulary);
        serde_json::to_string(&report.unwrap().unwrap()).unwrap()
    };
    serving.runs().iter().map(give).collect()
}

#[tokio::test]
async fn each_new_record_starts_one_run_and_the_first_poll_none() {
    let text = flow("", "ID: text, record: object", "$.inputs.ID");
    let world = World::new("2026-03-01T08:00:00Z", &[("polls.yaml", &text), CONNECTED]);
    user(&world, "old@example.com").await;
    let serving = world.serve();
    world.until("2026-03-01T08:01:00Z").await;
    let ada = user(&world, "ada@example.com").await;
    user(&world, "grace@example.com").await;
    world.until("2026-03-01T08:04:00Z").await;
    assert_eq!(serving.runs().len(), 0, "every five minutes: {:?}", serving.told());
    world.until("2026-03-01T08:06:00Z").await;
    assert_eq!(serving.began(), ["03-01 08:05", "03-01 08:05"], "{:?}", serving.told());
    assert!(gave(&serving)[0].contains(&ada), "{:?}", gave(&serving));
    // Changed is not new where nothing says that it is.
    put(&world, &ada, json!({ "nickName": "A" })).await;
    world.until("2026-03-01T08:21:00Z").await;
    assert_eq!(serving.runs().len(), 2);
    serving.end(&world).await;

    // What came while nobody served is found with the first poll after that, once.
    user(&world, "later@example.com").await;
    world.until("2026-03-01T10:00:00Z").await;
    let serving = world.serve();
    world.until("2026-03-01T10:11:00Z").await;
    assert_eq!(serving.began()[2..], ["03-01 10:00"], "{:?}", serving.told());
    serving.end(&world).await;
}

#[tokio::test]
async fn a_record_that_has_changed_counts_again_where_the_flow_says_so() {
    let text = flow(", newer: Last Updated, every: 1 min", "ID: text", "$.inputs.ID");
    let world = World::new("2026-03-01T08:00:00Z", &[("polls.yaml", &text), CONNECTED]);
    let ada = user(&world, "ada@example.com").await;
    let serving = world.serve();
    world.until("2026-03-01T08:00:30Z").await;
    put(&world, &ada, json!({ "nickName": "A" })).await;
    world.until("2026-03-01T08:01:30Z").await;
    put(&world, &ada, json!({ "nickName": "B" })).await;
    world.until("2026-03-01T08:05:00Z").await;
    assert_eq!(serving.began(), ["03-01 08:01", "03-01 08:02"], "{:?}", serving.told());
    serving.end(&world).await;
}

#[tokio::test]
async fn no_new_data_and_every_time() {
    let never = flow(", run: no_new_data, every: 1 hour", "records: list", "$.inputs.records");
    let always = flow(", run: every_time, every: 1 hour", "records: list, since: text", "$.inputs.records");
    let files = [("never.yaml", &*never), ("always.yaml", &*always), CONNECTED];
    let world = World::new("2026-03-01T08:00:00Z", &files);
    user(&world, "old@example.com").await;
    let serving = world.serve();
    world.until("2026-03-01T08:10:00Z").await;
    assert_eq!(serving.runs().len(), 0, "the first poll starts nothing: {:?}", serving.told());
    let new = [user(&world, "ada@example.com").await, user(&world, "grace@example.com").await];
    world.until("2026-03-01T10:10:00Z").await;
    let runs = serving.runs();
    let began: Vec<String> = runs
        .iter()
        .zip(serving.began())
        .map(|(run, at)| format!("{} {}", &at[6..], run.about.flow))
        .collect();
    let mut sorted = began.clone();
    sorted.sort();
    assert_eq!(sorted, ["09:00 always", "10:00 always", "10:00 never"], "{:?}", serving.told());
    let gave = gave(&serving);
    assert!(new.iter().all(|id| gave[0].contains(&**id)), "all that are new at once: {}", gave[0]);
    assert!(gave[0].contains("2026-03-01T08:00:00"), "when it asked before: {}", gave[0]);
    serving.end(&world).await;
}

#[tokio::test]
async fn what_is_asked_otherwise_begins_anew_and_what_fails_is_told_once() {
    let text = |more: &str| flow(&format!(", every: 1 min{more}"), "ID: text", "$.inputs.ID");
    let active = text(", with: { search: 'status eq \"ACTIVE\" and lastUpdated gt \"{{ vars.after }}\"' }");
    let manifest = "connections: { okta: okta }\nvars: { after: \"2020-01-01T00:00:00.000Z\" }\n";
    let world = World::new("2026-03-01T08:00:00Z", &[("polls.yaml", &active), ("flowrun.yaml", manifest)]);
    user(&world, "old@example.com").await;
    let serving = world.serve();
    world.until("2026-03-01T08:00:30Z").await;
    // A wider list has much that is not new.
    world.write("polls.yaml", &text(""));
    serving.hosted().reload().unwrap();
    world.until("2026-03-01T08:03:30Z").await;
    assert_eq!(serving.runs().len(), 0, "{:?}", serving.told());
    world.write("polls.yaml", &text("").replace("id: ID", "id: Number"));
    serving.hosted().reload().unwrap();
    world.until("2026-03-01T08:10:30Z").await;
    let told: Vec<String> =
        serving.told().into_iter().filter(|told| told.contains("has no `Number`")).collect();
    assert_eq!(told.len(), 1, "{:?}", serving.told());
    world.write("polls.yaml", &text(""));
    serving.hosted().reload().unwrap();
    // Turned off it asks nothing; turned on again it starts what has come, unless that is dropped.
    let switches = &serving.hosted().switches;
    world.until("2026-03-01T08:12:30Z").await;
    world.clock.drive(switches.set("polls", false, 0)).await.unwrap();
    user(&world, "ada@example.com").await;
    world.until("2026-03-01T08:30:00Z").await;
    assert_eq!(serving.runs().len(), 0);
    world.clock.drive(switches.set("polls", true, 0)).await.unwrap();
    serving.hosted().polls.look();
    world.until("2026-03-01T08:32:00Z").await;
    assert_eq!(serving.runs().len(), 1, "{:?}", serving.told());
    world.clock.drive(switches.set("polls", false, 0)).await.unwrap();
    user(&world, "grace@example.com").await;
    world.until("2026-03-01T08:40:00Z").await;
    serving.hosted().polls.forget("polls");
    world.clock.drive(switches.set("polls", true, 0)).await.unwrap();
    serving.hosted().polls.look();
    world.until("2026-03-01T08:45:00Z").await;
    assert_eq!(serving.runs().len(), 1, "{:?}", serving.told());
    serving.end(&world).await;
}
