//! What Okta is answered: hooks.md 1.2, as far as it is documented; what is not is flowrun's choice.

use axum::http::Method;
use flowrun_service::changes::What;
use serde_json::json;

use super::{SECRET, added, asked, deliver, doors, flow, request};
use crate::world::{Serving, World};

const NOW: &str = "2026-03-01T08:00:03Z";

#[tokio::test]
async fn okta_is_answered_what_it_expects() {
    let world =
        World::new(NOW, &[("heard.yaml", &flow("event: okta.user_added_to_group", "Okta User: object", 1))]);
    let serving = world.serve();
    let hooks = doors(&serving);
    let auth = ("authorization", SECRET);
    let long = "x".repeat(1_025);
    let batch =
        |events: serde_json::Value| json!({ "eventId": "d", "data": { "events": events } }).to_string();
    let deep = format!(r#"{{"data":{{"events":{}{}}}}}"#, "[".repeat(200), "]".repeat(200));
    let many = batch((0..1_001).map(|_| json!({})).collect());
    let challenge = "x-okta-verification-challenge";
    type Row<'r> = (Method, &'r str, Vec<(&'r str, &'r str)>, String, u16, &'r str);
    let rows: Vec<Row<'_>> = vec![
        (Method::GET, "people", vec![auth, (challenge, "abc")], String::new(), 200, r#"{"verification":"abc"}"#),
        (Method::GET, "people", vec![(challenge, "abc")], String::new(), 401, ""),
        (Method::GET, "people", vec![("authorization", "Basic YTpj"), (challenge, "abc")], String::new(), 401, ""),
        (Method::GET, "people", vec![auth], String::new(), 400, ""),
        (Method::GET, "people", vec![auth, (challenge, &long)], String::new(), 400, ""),
        // A hook without a secret lets nobody in.
        (Method::GET, "others", vec![("authorization", "none"), (challenge, "abc")], String::new(), 401, ""),
        (Method::POST, "people", vec![], batch(json!([])), 401, ""),
        (Method::POST, "people", vec![("authorization", "")], batch(json!([])), 401, ""),
        (Method::POST, "people", vec![auth], batch(json!([])), 204, ""),
        (Method::POST, "people", vec![auth], "{".to_owned(), 400, ""),
        (Method::POST, "people", vec![auth], "[]".to_owned(), 400, ""),
        (Method::POST, "people", vec![auth], r#"{"data":{}}"#.to_owned(), 400, ""),
        (Method::POST, "people", vec![auth], deep, 400, ""),
        (Method::POST, "people", vec![auth], many, 413, ""),
        (Method::POST, "people", vec![auth], " ".repeat((4 << 20) + 1), 413, ""),
        (Method::PUT, "people", vec![auth], batch(json!([])), 405, ""),
        // The console's preview: a source that is a word, an event that lacks parts.
        (
            Method::POST,
            "people",
            vec![auth],
            json!({ "source": "https://a.example.com/api/v1/eventHooks/preview", "eventId": null,
                    "data": { "events": [{ "uuid": "p", "eventType": "user.session.start", "actor": null }] } })
            .to_string(),
            204,
            "",
        ),
    ];
    for (method, name, headers, body, status, answer) in rows {
        let shown = body.chars().take(40).collect::<String>();
        let path = format!("/hooks/okta/{name}");
        let answered = asked(&world, hooks.routes(), request(method.clone(), &path, &headers, body)).await;
        assert_eq!(answered, (status, answer.to_owned()), "{method} {name} {headers:?} {shown}");
    }
    assert_eq!(serving.runs().len(), 0);
    let lost = serving.told().iter().filter(|told| told.contains("lost")).count();
    assert_eq!(lost, 6, "what can't be read is told: {:?}", serving.told());
    serving.end(&world).await;
}

/// An event becomes one run a flow, however often and by whatever delivery it comes; one that fails stops nothing.
#[tokio::test]
async fn an_event_becomes_one_run_of_each_flow_that_listens() {
    let fails = "name: Fails\ntrigger: { event: { event: okta.user_added_to_group } }\ncards:\n  \
                 - { card: error_handling.return_error, with: { message: no } }\n";
    let other = flow("event: okta.user_created", "Okta User: object", 1);
    let heard = flow("event: okta.user_added_to_group", "Okta User: object, Group: object", 1);
    let world = World::new(NOW, &[("heard.yaml", &heard), ("fails.yaml", fails), ("other.yaml", &other)]);
    let serving = world.serve();
    let hooks = doors(&serving);
    let events: Vec<_> =
        ["u1", "u2", "u1"].iter().map(|id| added(id, NOW, &format!("of {id}"), "Staff")).collect();
    assert_eq!(deliver(&world, &hooks, "d1", &events).await, 204);
    assert_eq!(deliver(&world, &hooks, "d1", &events).await, 204);
    assert_eq!(deliver(&world, &hooks, "d2", &events[1..2]).await, 204);
    world.until("2026-03-01T08:10:00Z").await;
    let mut ran: Vec<(String, &str)> =
        serving.runs().iter().map(|run| (run.about.flow.to_string(), run.state.status().name())).collect();
    ran.sort();
    let expected = [("fails", "failed"), ("fails", "failed"), ("heard", "done"), ("heard", "done")];
    assert_eq!(ran, expected.map(|(flow, state)| (flow.to_owned(), state)), "{:?}", serving.told());
    let runs = serving.runs();
    assert!(runs.iter().all(|run| run.about.cause.as_deref() == Some("okta.user_added_to_group")));
    serving.end(&world).await;
}

/// Events about the same person start in the order in which they happened, each when the run of the one before has ended; others
/// wait for nobody. Each run takes ten minutes.
#[tokio::test]
async fn events_about_the_same_go_one_after_the_other() {
    let rows = [
        ("", ["03-01 08:00", "03-01 08:00", "03-01 08:10", "03-01 08:20"]),
        (", order: none", ["03-01 08:00"; 4]),
    ];
    for (order, expected) in rows {
        let heard = flow(&format!("event: okta.user_added_to_group{order}"), "Okta User: object", 600);
        let world = World::new(NOW, &[("heard.yaml", &heard)]);
        let mut serving = world.serve();
        let hooks = doors(&serving);
        let event = |uuid, at: &str, user| added(uuid, &format!("2026-03-01T07:59:{at}Z"), user, "Staff");
        let events = [
            event("3", "03", "ada"),
            event("1", "01", "ada"),
            event("2", "02", "ada"),
            event("4", "04", "bob"),
        ];
        assert_eq!(deliver(&world, &hooks, "d", &events).await, 204);
        world.until("2026-03-01T08:05:00Z").await;
        // Another process knows whose turn it is.
        drop(hooks);
        serving.end(&world).await;
        serving = world.serve();
        world.until("2026-03-01T09:00:00Z").await;
        assert_eq!(serving.began(), expected, "`{order}`\n{}", serving.told().join("\n"));
        serving.end(&world).await;
    }
}

#[tokio::test]
async fn filters_say_which_events_count() {
    let app = |uuid: &str, id: &str| {
        let mut event = added(uuid, NOW, "ada", "Staff");
        event["eventType"] = "application.user_membership.add".into();
        event["target"][1] = json!({ "id": id, "type": "AppInstance", "displayName": "Mail" });
        event
    };
    let staff = r#"filter: "{{ inputs.Group['Display Name'] == 'Staff' }}""#;
    let rows = [
        ("event: okta.user_added_to_group".to_owned(), vec!["g1", "g2"]),
        (format!("event: okta.user_added_to_group, {staff}"), vec!["g1"]),
        ("event: okta.user_assigned_to_application".to_owned(), vec!["a1", "a2"]),
        // As exports have it: the first two are from a published template.
        (
            "event: okta.user_assigned_to_application, with: { useId: \"No\", app: x, instance: 0oa1 }"
                .to_owned(),
            vec!["a1"],
        ),
        (
            "event: okta.user_assigned_to_application, with: { app: active_directory, instance: 0oa1 }"
                .to_owned(),
            vec!["a1"],
        ),
        (
            "event: okta.user_assigned_to_application, with: { useId: \"Yes\", appId: 0oa2 }".to_owned(),
            vec!["a2"],
        ),
        // An event does not say of which kind its application is.
        ("event: okta.user_assigned_to_application, with: { app: active_directory }".to_owned(), vec![]),
        ("event: okta.user_assigned_to_application, source: log".to_owned(), vec![]),
    ];
    let events = [
        added("g1", NOW, "ada", "Staff"),
        added("g2", NOW, "bob", "Guests"),
        app("a1", "0oa1"),
        app("a2", "0oa2"),
    ];
    for (trigger, expected) in rows {
        let text = flow(&trigger, "Okta User: object, Group: object", 1);
        let world = World::new(NOW, &[("heard.yaml", &text)]);
        let serving = world.serve();
        let hooks = doors(&serving);
        assert_eq!(deliver(&world, &hooks, "d", &events).await, 204);
        world.until("2026-03-01T08:10:00Z").await;
        let notes = flowrun_store::Notes::of(flowrun_service::inbox::SPACE);
        let notes = serving.hosted().runs.store().notes(&notes).unwrap();
        let taken: Vec<&str> = notes.iter().map(|note| note.key.rsplit(' ').next().unwrap()).collect();
        assert_eq!(taken, expected, "{trigger}");
        assert_eq!(serving.runs().len(), expected.len(), "{trigger}");
        serving.end(&world).await;
    }
}

/// Turns the flow on or off.
async fn switch(serving: &Serving, on: bool) {
    let (runs, now_us) = (&serving.hosted().runs, serving.hosted().runs.now_us());
    serving.hosted().switches.set("heard", on, now_us).await.unwrap();
    runs.tell(What::Switched { flow: "heard".into(), on });
}

/// What comes while a flow is off waits, also over a restart, and runs when it is turned on, unless it is dropped.
#[tokio::test]
async fn a_flow_that_is_off_keeps_its_events() {
    for (drops, expected) in [(false, 3), (true, 1)] {
        let world = World::new(NOW, &[("heard.yaml", &flow("event: okta.user_added_to_group", "", 1))]);
        let mut serving = world.serve();
        switch(&serving, false).await;
        let hooks = doors(&serving);
        let events = [added("u1", NOW, "ada", "Staff"), added("u2", NOW, "bob", "Staff")];
        assert_eq!(deliver(&world, &hooks, "d1", &events).await, 204);
        world.until("2026-03-01T12:00:00Z").await;
        drop(hooks);
        serving.end(&world).await;
        serving = world.serve();
        world.until("2026-03-01T16:00:00Z").await;
        let inbox = serving.hosted().inbox.clone();
        assert_eq!((serving.runs().len(), inbox.aside().get("heard").copied()), (0, Some(2)));
        if drops {
            assert_eq!(world.clock.drive(inbox.drop_aside("heard")).await.unwrap(), 2);
        }
        switch(&serving, true).await;
        let hooks = doors(&serving);
        assert_eq!(
            deliver(
                &world,
                &hooks,
                "d2",
                &[added("u1", NOW, "ada", "Staff"), added("u3", NOW, "eve", "Staff")]
            )
            .await,
            204
        );
        world.until("2026-03-01T20:00:00Z").await;
        assert_eq!(serving.runs().len(), expected, "drops: {drops}");
        assert_eq!(inbox.waiting(), 0);
        serving.end(&world).await;
    }
}
