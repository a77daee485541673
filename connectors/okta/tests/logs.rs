//! What an event of the System Log tells.

use crate::org::*;
use flowrun_okta::sim::RateLimits;
use serde_json::{Value, json};

async fn events(sim: &flowrun_okta::sim::OktaSim, event_type: &str) -> Vec<Value> {
    let answer = get(sim, &format!(r#"/api/v1/logs?filter=eventType eq "{event_type}""#)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.as_array().unwrap().clone()
}

/// OpenAPI, LogEvent, LogActor, LogClient, LogTransaction; the token's ID: system-log-query, "Correlation".
#[tokio::test(start_paused = true)]
async fn who_did_it_and_from_where() {
    let sim = org(|_| ());
    let made = call(&sim, "POST /api/v1/groups", json!({ "profile": { "name": "West" } })).await;
    let group = made.body["id"].as_str().unwrap().to_owned();
    let event = events(&sim, "group.lifecycle.create").await.remove(0);
    assert_eq!(event["actor"]["type"], "User");
    assert_eq!(event["client"]["ipAddress"], "127.0.0.1");
    assert_eq!(event["client"]["zone"], "null", "recorded");
    assert_eq!(event["transaction"]["type"], "WEB");
    let request = made.headers["x-okta-request-id"].to_str().unwrap();
    assert_eq!(event["transaction"]["id"], request, "the header's request is the transaction");
    let token = event["transaction"]["detail"]["requestApiTokenId"].as_str().unwrap();
    assert!(token.starts_with("00T"), "{token}");
    assert_eq!(event["debugContext"]["debugData"]["requestUri"], "/api/v1/groups");
    assert_eq!(event["request"]["ipChain"][0]["version"], "V4");
    assert_eq!(event["target"][0]["id"], group);
    // The page tells to filter by it.
    let query = format!(r#"/api/v1/logs?filter=transaction.detail.requestApiTokenId eq "{token}""#);
    assert_eq!(get(&sim, &query).await.body.as_array().map(Vec::len), Some(1));
}

/// OpenAPI, LogTransaction: `JOB` is what runs by itself.
#[tokio::test(start_paused = true)]
async fn an_import_is_nobodys_request() {
    let sim = org(|_| ());
    import(&sim, &["ada"]).await;
    pass(30).await;
    let event = events(&sim, "system.import.user.create").await.remove(0);
    assert_eq!(
        (&event["transaction"]["type"], &event["actor"]["type"]),
        (&json!("JOB"), &json!("SystemPrincipal"))
    );
}

/// developer.okta.com/docs/reference/rl-system-log-events: a violation is an event, once for each window.
#[tokio::test(start_paused = true)]
async fn an_exceeded_limit_is_an_event() {
    let sim = org(|config| config.limits = RateLimits { groups: 2, ..RateLimits::off() });
    for status in [200, 200, 429, 429] {
        assert_eq!(get(&sim, "/api/v1/groups").await.status, status);
    }
    let told = events(&sim, "system.org.rate_limit.violation").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["outcome"]["result"], "DENY");
    assert_eq!(told[0]["debugContext"]["debugData"]["threshold"], "2");
}
