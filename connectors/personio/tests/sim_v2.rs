//! Version 2 of the simulated Personio account, asked over its API.

use std::time::Duration;

use crate::asked::{account, send};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use flowrun_personio::sim::{PersonioSim, RateLimits, Status, employee};
use serde_json::{Value, json};

const PERSONS: &str = "/v2/persons";

async fn form(sim: &PersonioSim, path: &str, form: &str) -> (u16, HeaderMap, Value) {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    send(sim, request.body(Body::from(form.to_owned())).unwrap()).await
}

fn login(sim: &PersonioSim) -> String {
    let (id, secret) = (sim.client_id(), sim.client_secret());
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
}

async fn token(sim: &PersonioSim) -> String {
    let (status, _, answer) = form(sim, "/v2/auth/token", &login(sim)).await;
    assert_eq!((status, &answer["token_type"]), (200, &json!("Bearer")));
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn get_with(sim: &PersonioSim, token: &str, target: &str) -> (u16, HeaderMap, Value) {
    let request = Request::get(target).header("host", "127.0.0.1:8787");
    let request = request.header("authorization", format!("Bearer {token}"));
    send(sim, request.body(Body::empty()).unwrap()).await
}

pub async fn get(sim: &PersonioSim, target: &str) -> (u16, Value) {
    let token = token(sim).await;
    let (status, _, body) = get_with(sim, &token, target).await;
    (status, body)
}

fn ids(page: &Value) -> Vec<String> {
    page["_data"].as_array().unwrap().iter().map(|person| person["id"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Value) -> Option<String> {
    page["_meta"]["links"]["next"]["href"].as_str().map(str::to_owned)
}

/// The members that something has, in alphabetical order.
fn members(value: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

#[tokio::test(start_paused = true)]
async fn persons_and_employments_look_as_specified() {
    let sim = account(|_| ());
    let everybody: Vec<_> = sim.employees().collect();
    let gone = everybody.iter().find(|e| e.termination.is_some() && e.preferred_name.is_some()).unwrap();
    let (_, person) = get(&sim, &format!("{PERSONS}/{}", gone.id)).await;
    let every = [
        "_meta",
        "created_at",
        "custom_attributes",
        "email",
        "employments",
        "first_name",
        "gender",
        "id",
        "last_name",
        "preferred_name",
        "profile_picture",
        "status",
        "updated_at",
    ];
    assert_eq!(members(&person), every);
    assert_eq!((&person["id"], &person["status"]), (&json!(gone.id.to_string()), &json!("INACTIVE")));
    assert_eq!(person["created_at"], json!(gone.created.to_utc()));
    assert!(person["created_at"].as_str().unwrap().ends_with('Z'));
    let anniversary =
        person["custom_attributes"].as_array().unwrap().iter().find(|it| it["type"] == "DATE").unwrap();
    let expected = json!({ "id": "dynamic_33400", "type": "DATE", "label": "Anniversary Date", "value": gone.hired.to_day() });
    assert_eq!(anniversary, &expected);
    let href = person["_meta"]["links"]["employments"]["href"].as_str().unwrap();
    assert_eq!(href, format!("http://127.0.0.1:8787/v2/persons/{}/employments", gone.id));

    let (_, page) = get(&sim, href).await;
    let employment = &page["_data"][0];
    assert_eq!(employment["id"], person["employments"][0]["id"]);
    assert_eq!(employment["id"].as_str().unwrap().len(), 36);
    assert_eq!(employment["status"], "INACTIVE");
    let end = gone.termination.unwrap();
    assert_eq!(employment["employment_end_date"], json!(end.at.to_day()));
    assert_eq!(employment["termination"]["type"], json!(end.kind.to_uppercase()));
    assert_eq!(employment["person"], json!({ "id": gone.id.to_string() }));
    assert!(employment["weekly_working_hours"].is_number());
    let busy = everybody.iter().find(|e| e.termination.is_none() && e.position.is_none()).unwrap();
    let (_, page) = get(&sim, &format!("{PERSONS}/{}/employments", busy.id)).await;
    let employment = &page["_data"][0];
    assert_eq!(employment["employment_end_date"], Value::Null);
    assert!(employment.get("position").is_none() && employment.get("termination").is_none(), "{employment}");
}

#[tokio::test(start_paused = true)]
async fn cursors_lead_through_everybody_and_cannot_be_made() {
    let sim = account(|config| (config.employees, config.duplicates) = (120, 3));
    let (mut target, mut all) = (format!("{PERSONS}?limit=50"), Vec::new());
    let mut hrefs = Vec::new();
    loop {
        let (status, page) = get(&sim, &target).await;
        assert_eq!(status, 200, "{page}");
        all.extend(ids(&page));
        let Some(href) = next(&page) else { break };
        assert!(href.starts_with("http://127.0.0.1:8787/v2/persons?cursor=cur_"), "{href}");
        hrefs.push(href.clone());
        target = href;
    }
    let expected: Vec<String> = sim.employees().map(|e| e.id.to_string()).collect();
    assert_eq!((all.len(), &all[..120]), (123, &expected[..]));
    assert_eq!(hrefs.len(), 2);
    for target in [
        format!("{PERSONS}?cursor=cur_50"),
        format!("{PERSONS}?cursor=50"),
        hrefs[0].replace("cursor=cur_", "cursor=cur_0"),
        format!("{}&status=ACTIVE", hrefs[0]),
        format!("{PERSONS}?limit=51"),
        format!("{PERSONS}?limit=0"),
        format!("{PERSONS}?sort=id"),
        format!("{PERSONS}?status=active"),
        format!("{PERSONS}?updated_at.gt=soon"),
    ] {
        let (status, body) = get(&sim, &target).await;
        assert_eq!((status, &body["errors"][0]["title"]), (400, &json!("Bad request")), "{target}");
    }
    assert_eq!(ids(&get(&sim, PERSONS).await.1).len(), 10, "the default page");
}

#[tokio::test(start_paused = true)]
async fn filters_are_all_of_them() {
    let sim = account(|_| ());
    let (one, other) = (employee(1, 33), employee(1, 40));
    let both = format!("{PERSONS}?email={},{}", one.email.to_uppercase(), other.email);
    assert_eq!(ids(&get(&sim, &both).await.1), [one.id.to_string(), other.id.to_string()]);
    let none = format!("{both}&id={}", employee(1, 34).id);
    assert_eq!(ids(&get(&sim, &none).await.1).len(), 0);
    let since = one.modified.to_utc();
    for (order, holds) in [("", 0), (".gt", 1), (".lt", -1)] {
        let (_, page) = get(&sim, &format!("{PERSONS}?limit=50&updated_at{order}={since}")).await;
        let expected = sim.employees().filter(|e| e.modified.cmp(&one.modified) as i32 == holds);
        assert_eq!(ids(&page), expected.map(|e| e.id.to_string()).take(50).collect::<Vec<_>>(), "{order}");
    }
    let (_, page) = get(&sim, &format!("{PERSONS}?limit=50&status=INACTIVE")).await;
    assert_eq!(ids(&page).len(), sim.employees().filter(|e| e.status == Status::Inactive).count());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_released_is_silently_absent() {
    let readable = ["id", "last_name", "dynamic_40211", "hire_date"];
    let sim = account(|config| config.readable = Some(readable.iter().map(|key| key.to_string()).collect()));
    let (_, page) = get(&sim, PERSONS).await;
    let person = &page["_data"][0];
    assert_eq!(members(person), ["_meta", "custom_attributes", "employments", "id", "last_name"]);
    assert_eq!(person["custom_attributes"].as_array().unwrap().len(), 1);
    let (_, page) = get(&sim, &format!("{PERSONS}/{}/employments", person["id"].as_str().unwrap())).await;
    assert_eq!(members(&page["_data"][0]), ["_meta", "employment_start_date", "id", "org_units", "person"]);
    assert_eq!(page["_data"][0]["org_units"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn log_ins_speak_oauth() {
    let sim = account(|_| ());
    let (status, _, answer) = form(&sim, "/v2/auth/token", &login(&sim)).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&answer["expires_in"], &answer["scope"]),
        (&json!(86_400), &json!("personio:persons:read personio:employments:read"))
    );
    let first = token(&sim).await;
    assert_eq!(get_with(&sim, &first, PERSONS).await.0, 200);
    assert_eq!(get_with(&sim, &first, "/v1/company/employees").await.0, 401, "each API has its own tokens");
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert_eq!(get_with(&sim, &first, PERSONS).await.0, 401);
    let second = token(&sim).await;
    assert_ne!(second, first);
    let (status, _, body) = form(&sim, "/v2/auth/revoke", &format!("token={second}")).await;
    assert_eq!((status, body), (200, Value::Null));
    assert_eq!(get_with(&sim, &second, PERSONS).await.0, 401);

    let good = login(&sim);
    for (sent, error) in [
        ("".to_owned(), "invalid_request"),
        ("grant_type=client_credentials&client_id=a".to_owned(), "invalid_request"),
        (good.replace("client_credentials", "password"), "unsupported_grant_type"),
        (good.replace("secret=papi", "secret=other"), "invalid_client"),
        (format!("{good}&scope=personio:persons:write"), "invalid_scope"),
    ] {
        let (status, headers, body) = form(&sim, "/v2/auth/token", &sent).await;
        assert_eq!((status, &body["error"]), (400, &json!(error)), "{sent}");
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    let sent = json!({ "grant_type": "client_credentials" }).to_string();
    let request = Request::post("/v2/auth/token").header("content-type", "application/json");
    let (status, _, body) = send(&sim, request.body(Body::from(sent)).unwrap()).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "forms only");
    let v1_only = account(|config| config.access.v2 = false);
    let (_, _, body) = form(&v1_only, "/v2/auth/token", &login(&v1_only)).await;
    assert_eq!(body["error"], "unauthorized_client");
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_a_401_and_a_missing_person_a_404() {
    let sim = account(|config| config.access.employments = false);
    let id = employee(1, 0).id;
    assert_eq!(get(&sim, PERSONS).await.0, 200);
    let (status, body) = get(&sim, &format!("{PERSONS}/{id}/employments")).await;
    assert_eq!((status, members(&body)), (401, vec!["errors", "personio_trace_id", "timestamp"]));
    for target in [format!("{PERSONS}/7"), format!("{PERSONS}/x"), "/v2/org-units".to_owned()] {
        let (status, body) = get(&sim, &target).await;
        assert_eq!((status, &body["errors"][0]["title"]), (404, &json!("Resource not found")), "{target}");
    }
    let request = Request::get("/v2/auth/token").body(Body::empty()).unwrap();
    assert_eq!(send(&sim, request).await.0, 405);
}

#[tokio::test(start_paused = true)]
async fn each_path_has_a_bucket_of_tokens() {
    let sim = account(|config| config.limits = RateLimits::default());
    let token = token(&sim).await;
    let mut allowed = Vec::new();
    for wait_ms in [0, 100, 1_000, 60_000] {
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let mut count = 0;
        loop {
            let (status, headers, _) = get_with(&sim, &token, PERSONS).await;
            let told = |name: &str| headers[&format!("x-ratelimit-{name}")].to_str().unwrap().to_owned();
            assert_eq!(
                (told("replenish-rate"), told("burst-capacity"), told("requested-tokens")),
                ("30".into(), "30".into(), "1".into())
            );
            if status == 429 {
                assert!(told("remaining") == "0" && !headers.contains_key("retry-after"));
                break;
            }
            count += 1;
        }
        allowed.push(count);
    }
    assert_eq!(allowed, [30, 3, 30, 30]);
    let id = employee(1, 0).id;
    assert_eq!(
        get_with(&sim, &token, &format!("{PERSONS}/{id}/employments")).await.0,
        200,
        "a bucket of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn faults_speak_v2() {
    for (fault, status) in [("rate-limit", 429), ("expired-token@personio", 401)] {
        let sim = account(|_| ());
        let token_before = token(&sim).await;
        flowrun_kit::sim::SimVendor::faults(&sim).add(fault.parse().unwrap());
        let (found, _, body) = get_with(&sim, &token_before, PERSONS).await;
        assert_eq!((found, body.get("success")), (status, None), "{fault}");
        let after = if status == 401 { 401 } else { 200 };
        assert_eq!(get_with(&sim, &token_before, PERSONS).await.0, after, "{fault}");
        assert_eq!(get(&sim, PERSONS).await.0, 200, "{fault}");
    }
}
