//! Webhooks of others, with the proofs that the vendors publish.

use axum::http::Method;

use super::{asked, doors, pass, request};
use crate::world::World;

fn flow(webhook: &str, inputs: &str) -> String {
    format!(
        "name: Heard\ntrigger: {{ webhook: {{ {webhook} }} }}\ninputs: {{ {inputs} }}\ncards:\n  \
         - {{ card: flow_control.assign, with: {{ done: true }} }}\n"
    )
}

#[tokio::test]
async fn who_proves_itself_starts_a_run_once() {
    // docs.github.com, validating webhook deliveries; api.slack.com, verifying requests; Personio signs nothing.
    let github =
        ("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    let delivery = |id| ("x-github-delivery", id);
    let person = r#"{"company_id":"123","event_name":"person.updated","occurred_at":"2026-03-01T08:00:00Z","payload":{"person_id":"42"}}"#;
    let later = person.replace("08:00", "09:00");
    let files = [
        ("deploys.yaml", flow("name: deploys, signature: github", "raw: text")),
        ("chat.yaml", flow("name: chat, signature: slack, secret_env: CHAT_SECRET", "body: any")),
        ("personio.yaml", flow("name: personio", "event_name: text, payload: object, query: object")),
        ("secretless.yaml", flow("name: secretless, signature: token", "body: any")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    let world = World::new("2026-03-01T08:00:03Z", &files);
    let serving = world.serve();
    let hooks = doors(&serving);
    type Row<'r> = (&'r str, Vec<(&'r str, &'r str)>, &'r str, u16, usize);
    let rows: Vec<Row<'_>> = vec![
        ("deploys", vec![github, delivery("1")], "Hello, World!", 204, 1),
        ("deploys", vec![github, delivery("1")], "Hello, World!", 204, 1),
        ("deploys", vec![github, delivery("2")], "Hello, World!", 204, 2),
        ("deploys", vec![github, delivery("3")], "Hello, World?", 401, 2),
        ("deploys", vec![], "Hello, World!", 401, 2),
        ("personio?token=unguessable", vec![], person, 204, 3),
        ("personio?token=unguessable", vec![], person, 204, 3),
        ("personio?token=unguessable", vec![], &later, 204, 4),
        ("personio", vec![("authorization", "Bearer unguessable")], &later, 204, 4),
        ("personio?token=guessed", vec![], person, 401, 4),
        ("personio", vec![], person, 401, 4),
        // The published example of Slack's is from 2018.
        (
            "chat",
            vec![("x-slack-signature", "v0=a2"), ("x-slack-request-timestamp", "1531420618")],
            "",
            401,
            4,
        ),
        ("secretless", vec![("authorization", "")], "", 401, 4),
        ("nowhere", vec![], "", 401, 4),
    ];
    for (path, headers, body, status, runs) in rows {
        let asks = request(Method::POST, &format!("/hooks/{path}"), &headers, body.to_owned());
        let answered = asked(&world, hooks.routes(), asks).await;
        pass(&world, 1).await;
        assert_eq!(
            (answered.0, serving.runs().len()),
            (status, runs),
            "{path} {headers:?}: {:?}",
            serving.told()
        );
    }
    assert!(serving.runs().iter().all(|run| run.state.status().name() == "done"), "{:?}", serving.told());
    serving.end(&world).await;
}

#[tokio::test]
async fn slack_is_answered_its_challenge() {
    let world = World::new(
        "2026-03-01T08:00:00Z",
        &[("chat.yaml", &flow("name: chat, signature: slack, secret_env: CHAT_SECRET", "body: any"))],
    );
    let serving = world.serve();
    let hooks = doors(&serving);
    // `openssl dgst -sha256 -hmac SECRET` of `v0:1772352000:BODY`.
    let headers = [
        ("x-slack-request-timestamp", "1772352000"),
        ("x-slack-signature", "v0=9cb11ade3284b2c8e3f3e6818a5a24b1b430a724b5c5681b0b8e4e61748c01ad"),
        ("content-type", "application/json"),
    ];
    let body = r#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#;
    let answered = asked(&world, hooks.routes(), request(Method::POST, "/hooks/chat", &headers, body)).await;
    assert_eq!(answered, (200, "3eZbrw1aB".to_owned()));
    assert_eq!(serving.runs().len(), 0);
    serving.end(&world).await;
}
