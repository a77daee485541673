//! A simulated org, asked as a client asks it.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, RateLimits, SeedUser, UserStatus};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

pub const START_MS: i64 = 1_789_000_000_250;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["errorCode"].as_str().unwrap_or_default()
    }

    pub fn cause(&self) -> &str {
        self.body["errorCauses"][0]["errorSummary"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> i64 {
        self.headers[name].to_str().unwrap().parse().unwrap()
    }

    pub fn next(&self) -> Option<String> {
        let links = self.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
        let next = links.filter_map(|link| link.strip_suffix(">; rel=\"next\"")).next()?;
        Some(next.strip_prefix("<http://acme.okta.test").unwrap().to_owned())
    }

    pub fn logins(&self) -> Vec<&str> {
        self.body.as_array().unwrap().iter().map(|user| user["profile"]["login"].as_str().unwrap()).collect()
    }
}

pub fn org(change: impl FnOnce(&mut OktaSimConfig)) -> OktaSim {
    let mut config = OktaSimConfig::new(Clock::starting_at(START_MS, 1.0));
    config.limits = RateLimits::off();
    change(&mut config);
    OktaSim::new(config)
}

pub async fn send(sim: &OktaSim, request: &str, token: &str, body: Vec<u8>) -> Option<Answer> {
    let (method, target) = request.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(target.replace("{source}", &format!("/api/v1/identity-sources/{}", sim.identity_source_id())))
        .header("host", "acme.okta.test")
        .header("authorization", token);
    let response = sim.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
    Some(Answer { status, headers, body })
}

pub async fn call(sim: &OktaSim, request: &str, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    send(sim, request, &format!("SSWS {}", sim.token()), body).await.unwrap()
}

pub async fn get(sim: &OktaSim, target: &str) -> Answer {
    call(sim, &format!("GET {}", target.replace(' ', "%20").replace('"', "%22")), Value::Null).await
}

pub fn person(id: &str) -> Value {
    json!({ "externalId": id, "profile": {
        "userName": format!("{id}@example.com"), "email": format!("{id}@example.com"),
        "firstName": id.to_uppercase(), "lastName": "O'Neill", "secondEmail": "x@example.net", "mobilePhone": null,
        "department": "Größe & Co",
    } })
}

pub fn upload(ids: &[&str]) -> Value {
    json!({ "entityType": "USERS", "profiles": ids.iter().map(|id| person(id)).collect::<Vec<_>>() })
}

pub fn removal(ids: &[&str]) -> Value {
    let profiles: Vec<Value> = ids.iter().map(|id| json!({ "externalId": id })).collect();
    json!({ "entityType": "USERS", "profiles": profiles })
}

pub async fn open(sim: &OktaSim) -> String {
    let answer = call(sim, "POST {source}/sessions", Value::Null).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

pub async fn import(sim: &OktaSim, ids: &[&str]) -> String {
    let session = open(sim).await;
    let loaded = call(sim, &format!("POST {{source}}/sessions/{session}/bulk-upsert"), upload(ids)).await;
    assert_eq!((loaded.status, loaded.body), (202, Value::Null));
    let started = call(sim, &format!("POST {{source}}/sessions/{session}/start-import"), Value::Null).await;
    assert_eq!((started.status, &started.body["status"]), (200, &json!("TRIGGERED")));
    session
}

pub async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

pub fn seeded(count: usize) -> OktaSim {
    let sim = org(|_| ());
    let statuses = [UserStatus::Active, UserStatus::Active, UserStatus::Deprovisioned, UserStatus::Staged];
    let profile = |n: usize| {
        [
            ("userName".to_owned(), format!("user{n:03}@example.com")),
            ("email".to_owned(), format!("user{n:03}@example.com")),
            ("lastName".to_owned(), format!("{}ller", ["Mü", "mi", "Z\"e"][n % 3])),
            ("costCenter".to_owned(), format!("C{}", n % 10)),
        ]
    };
    sim.seed((0..count).map(|n| SeedUser {
        external_id: n.to_string(),
        profile: profile(n).into(),
        status: statuses[n % 4],
    }));
    sim
}
