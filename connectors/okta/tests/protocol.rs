//! What the org makes of requests before it looks at what they want.

use crate::org::*;
use axum::body::Body;
use axum::http::Request;
use flowrun_okta::sim::ServiceApp;
use serde_json::json;
use tower::ServiceExt;

async fn status(
    sim: &flowrun_okta::sim::OktaSim,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(target).header("host", "acme.okta.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sim.router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, body["errorCode"].as_str().unwrap_or_default().to_owned())
}

/// 400 E0000021, also for a GET with a wrong Content-Type: okta-sdk-python/issues/431 and 383. The catalogue has status and words.
#[tokio::test(start_paused = true)]
async fn what_is_said_to_be_no_json_is_refused() {
    let sim = org(|_| ());
    let token = format!("SSWS {}", sim.token());
    let group = r#"{"profile":{"name":"West"}}"#;
    for (method, target, kind, body, expected) in [
        ("POST", "/api/v1/groups", "text/plain", group, (400, "E0000021")),
        ("POST", "/api/v1/groups", "application/x-www-form-urlencoded", group, (400, "E0000021")),
        ("GET", "/api/v1/groups", "text/plain", "", (400, "E0000021")),
        ("GET", "/api/v1/groups", "application/octet-stream", "", (200, "")),
        ("POST", "/api/v1/groups", "application/json; charset=utf-8", "{", (400, "E0000003")),
        ("POST", "/api/v1/groups", "Application/JSON; okta-version=1.0.0", group, (200, "")),
        ("GET", "/api/v1/groups", "application/json", "", (200, "")),
    ] {
        let found =
            status(&sim, method, target, &[("authorization", &token), ("content-type", kind)], body).await;
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{method} {kind} {body}");
    }
    let length = group.len().to_string();
    let unsaid = status(
        &sim,
        "POST",
        "/api/v1/groups",
        &[("authorization", &token), ("content-length", &length)],
        group,
    )
    .await;
    assert_eq!(unsaid, (400, "E0000021".to_owned()));
}

/// PyPI okta 3.4.6 sends `SSWS` and the token without a space; 2.9.13 sends addresses that end in a slash.
#[tokio::test(start_paused = true)]
async fn clients_spell_differently() {
    let sim = org(|_| ());
    for given in
        [format!("SSWS {}", sim.token()), format!("SSWS{}", sim.token()), format!("SSWS   {}", sim.token())]
    {
        let headers = [("authorization", &*given)];
        for target in ["/api/v1/users", "/api/v1/users/", "/api/v1/users/?limit=1"] {
            assert_eq!(status(&sim, "GET", target, &headers, "").await.0, 200, "{given} {target}");
        }
    }
    for given in ["SSWS", "SSWSx", "ssws x", ""] {
        let found = status(&sim, "GET", "/api/v1/users", &[("authorization", given)], "").await;
        assert_eq!(found, (401, "E0000011".to_owned()), "{given}");
    }
    // The next page leads to the address without the slash.
    let answer = seeded(3);
    let page = get(&answer, "/api/v1/users/?limit=1").await;
    assert!(page.next().unwrap().starts_with("/api/v1/users?"), "{:?}", page.next());
}

/// The scopes of the operations are those of Okta's OpenAPI file.
#[tokio::test(start_paused = true)]
async fn a_service_app_may_have_an_rsa_key_and_any_scopes() {
    let owned = ServiceApp::with_rsa_key("0oaTestServiceApp", &["okta.groups.read"]).unwrap();
    assert!(secrecy::ExposeSecret::expose_secret(&owned.private_key).contains("BEGIN PRIVATE KEY"));
    assert_eq!(owned.app.keys[0].jwk()["kty"], json!("RSA"));
    assert_eq!(owned.app.scopes, ["okta.groups.read"]);
}

/// OpenAPI: getUser answers with an `Etag`, updateUser takes it as `If-Match`; error-codes.json: 412, E0000231.
#[tokio::test(start_paused = true)]
async fn a_change_may_demand_what_it_changes() {
    let sim = org(|_| ());
    let profile =
        json!({ "login": "a@example.com", "email": "a@example.com", "firstName": "A", "lastName": "B" });
    let made = call(&sim, "POST /api/v1/users", json!({ "profile": profile })).await;
    let path = format!("/api/v1/users/{}", made.body["id"].as_str().unwrap());
    let tag = get(&sim, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let token = format!("SSWS {}", sim.token());
    let change = async |tag: &str| {
        let headers = [("authorization", &*token), ("if-match", tag), ("content-type", "application/json")];
        status(&sim, "POST", &path, &headers, r#"{"profile":{"lastName":"C"}}"#).await
    };
    assert_eq!(change(&tag).await.0, 200);
    assert_eq!(change(&tag).await, (412, "E0000231".to_owned()), "it is another user now");
    assert_eq!(change("*").await.0, 200);
}
