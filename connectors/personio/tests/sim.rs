//! The simulated Personio account, asked over its API, and the people in it.

use crate::asked::{account, send};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use flowrun_personio::sim::{Employee, Moment, PersonioSim, RateLimits, Status, employee, index_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

const LIST: &str = "/v1/company/employees";

pub async fn log_in(sim: &PersonioSim) -> String {
    let body = json!({ "client_id": sim.client_id(), "client_secret": sim.client_secret() }).to_string();
    let request = Request::post("/v1/auth").header("content-type", "application/json");
    let (status, headers, answer) = send(sim, request.body(Body::from(body)).unwrap()).await;
    assert_eq!((status, &answer["success"]), (200, &json!(true)));
    let token = answer["data"]["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("papi-"));
    assert_eq!(headers["authorization"], format!("Bearer {token}"));
    token
}

async fn get_with(sim: &PersonioSim, token: &str, target: &str) -> (u16, HeaderMap, Value) {
    let request = Request::get(target).header("authorization", format!("Bearer {token}"));
    send(sim, request.body(Body::empty()).unwrap()).await
}

pub async fn get(sim: &PersonioSim, target: &str) -> (u16, Value) {
    let token = log_in(sim).await;
    let (status, headers, body) = get_with(sim, &token, target).await;
    assert_eq!(headers.contains_key("authorization"), status == 200, "the token is echoed");
    (status, body)
}

fn ids(page: &Value) -> Vec<u64> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["attributes"]["id"]["value"].as_u64().unwrap())
        .collect()
}

#[test]
fn employees_are_plausible_varied_and_always_the_same() {
    let everybody: Vec<Employee> = (0..20_000).map(|index| employee(7, index)).collect();
    assert_eq!(everybody[4711], employee(7, 4711));
    assert_ne!(everybody[4711].email, employee(8, 4711).email);
    let unique = |key: &dyn Fn(&Employee) -> String| everybody.iter().map(key).collect::<HashSet<_>>().len();
    assert_eq!(unique(&|e| e.id.to_string()), 20_000);
    assert_eq!(unique(&|e| e.email.clone()), 20_000);
    assert!(unique(&|e| format!("{} {}", e.first_name, e.last_name)) > 4_000);
    assert!(everybody.is_sorted_by_key(|e| e.id) && everybody[19_999].id > 1_020_001);

    let mut statuses: BTreeMap<&str, u32> = BTreeMap::new();
    for e in &everybody {
        *statuses.entry(e.status.as_str()).or_default() += 1;
        assert_eq!(index_of(7, e.id), Some(e.index));
        for name in [e.first_name.as_ref(), e.last_name.as_ref()] {
            assert!((1..=50).contains(&name.chars().count()), "{name}");
        }
        assert!(
            e.email.is_ascii() && (5..=100).contains(&e.email.len()) && !e.email.contains(".."),
            "{}",
            e.email
        );
        assert!(e.supervisor.map_or(e.index == 0, |supervisor| supervisor < e.index));
        assert_eq!(e.termination.is_some(), e.status == Status::Inactive);
        assert!(e.created <= e.modified && e.termination.is_none_or(|end| end.at > e.hired));
    }
    let percent = |status: &str| (statuses[status] + 100) / 200;
    assert_eq!(["active", "inactive", "leave", "onboarding"].map(percent), [85, 7, 4, 4], "{statuses:?}");

    let some = |what: &dyn Fn(&Employee) -> bool| assert!(everybody.iter().any(what));
    some(&|e| e.last_name.contains('\''));
    some(&|e| e.last_name.contains('-') && e.last_name.contains('ü'));
    some(&|e| e.last_name.chars().count() > 45);
    some(&|e| e.first_name.chars().count() > 45);
    some(&|e| e.last_name == "Ng");
    some(&|e| e.position.is_none() && e.office.is_none());
    some(&|e| e.gender.is_none());
    some(&|e| e.mobile_phone.is_none() && e.private_email.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_page_looks_as_specified() {
    let sim = account(|_| ());
    let (status, page) = get(&sim, &format!("{LIST}?limit=2&offset=5")).await;
    assert_eq!(status, 200);
    let keys: Vec<&str> = page.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["success", "metadata", "offset", "limit", "data"]);
    assert_eq!(page["metadata"], json!({ "total_elements": 250, "current_page": 2, "total_pages": 125 }));
    assert_eq!((&page["offset"], &page["limit"]), (&json!(5), &json!(2)));
    let row = &page["data"][0];
    assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), ["type", "attributes"]);
    let attributes = &row["attributes"];
    let e = employee(1, 5);
    let first_name = json!({ "label": "First name", "value": e.first_name, "type": "standard", "universal_id": "first_name" });
    assert_eq!(attributes["first_name"], first_name);
    assert_eq!(
        attributes["id"],
        json!({ "label": "ID", "value": e.id, "type": "integer", "universal_id": "id" })
    );
    assert_eq!(attributes["fix_salary"]["currency"], "EUR");
    assert_eq!(attributes["dynamic_24407"]["universal_id"], Value::Null);
    assert_eq!(attributes["supervisor"]["value"]["attributes"]["id"]["value"], json!(employee(1, 0).id));
    assert!(attributes["weekly_working_hours"]["value"].is_string());
    let hired = attributes["hire_date"]["value"].as_str().unwrap();
    assert!(hired.ends_with("T00:00:00+02:00") || hired.ends_with("T00:00:00+01:00"), "{hired}");
    assert_eq!(Moment::parse("2026-07-01T08:15:30").unwrap().to_iso(), "2026-07-01T08:15:30+02:00");

    let (_, one) = get(&sim, &format!("{LIST}/{}", e.id)).await;
    assert_eq!(one, json!({ "success": true, "data": row }));
}

#[tokio::test(start_paused = true)]
async fn pages_cover_everybody_once_and_the_duplicates_twice() {
    let sim = account(|config| (config.employees, config.duplicates) = (230, 7));
    let mut all = Vec::new();
    for (offset, size) in [(0, 100), (100, 100), (200, 37), (300, 0)] {
        let (_, page) = get(&sim, &format!("{LIST}?limit=100&offset={offset}")).await;
        assert_eq!((ids(&page).len(), &page["metadata"]["total_elements"]), (size, &json!(237)));
        assert_eq!(page["metadata"]["total_pages"], 3);
        all.extend(ids(&page));
    }
    let expected: Vec<u64> = sim.employees().map(|e| e.id).collect();
    assert_eq!(all[..230], expected);
    let again: HashSet<u64> = all[230..].iter().copied().collect();
    assert!(again.len() == 7 && again.iter().all(|id| expected.contains(id)));

    assert_eq!(ids(&get(&sim, LIST).await.1).len(), 50, "the default page");
    for query in ["limit=101", "limit=0", "limit=x", "offset=-1", "updated_since=soon"] {
        let (status, body) = get(&sim, &format!("{LIST}?{query}")).await;
        assert_eq!(
            (status, &body["success"], &body["error"]["code"]),
            (422, &json!(false), &json!(422)),
            "{query}"
        );
    }
    let (_, body) = get(&sim, &format!("{LIST}?limit=101")).await;
    assert_eq!(body["error"]["message"], "The limit must be between 1 and 100.");
    let empty = account(|config| (config.employees, config.duplicates) = (0, 3));
    let (_, body) = get(&empty, LIST).await;
    assert_eq!((ids(&body).len(), &body["metadata"]["total_pages"]), (0, &json!(0)));
}

#[tokio::test(start_paused = true)]
async fn lists_can_be_narrowed() {
    let sim = account(|_| ());
    let e = employee(1, 33);
    let (_, found) = get(&sim, &format!("{LIST}?email={}", e.email.to_uppercase())).await;
    assert_eq!((ids(&found), &found["metadata"]["total_elements"]), (vec![e.id], &json!(1)));
    assert_eq!(ids(&get(&sim, &format!("{LIST}?email=nobody@example.com")).await.1).len(), 0);

    let (_, some) = get(&sim, &format!("{LIST}?attributes%5B%5D=email&attributes[]=status&limit=1")).await;
    let keys: Vec<&String> = some["data"][0]["attributes"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "email", "status"]);

    let since = "2026-09-01";
    let (_, changed) = get(&sim, &format!("{LIST}?updated_since={since}&limit=1&offset=200&email=x")).await;
    let expected: Vec<u64> =
        sim.employees().filter(|e| e.modified.to_iso().as_str() > since).map(|e| e.id).collect();
    assert!(!expected.is_empty());
    assert_eq!(ids(&changed), expected, "limit, offset and email are ignored");
    let narrowed =
        format!("{LIST}?updated_since={since}&attributes[]=team&attributes[]=office&attributes[]=first_name");
    let (_, changed) = get(&sim, &narrowed).await;
    assert!(
        !ids(&changed).is_empty() && ids(&changed).len() < expected.len(),
        "others were changed otherwise"
    );
    assert!(ids(&changed).iter().all(|id| expected.contains(id)));
    assert_eq!(changed["metadata"]["total_elements"], json!(ids(&changed).len()));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_released_is_silently_absent() {
    let readable = ["id", "last_name", "dynamic_40211"];
    let sim = account(|config| config.readable = Some(readable.iter().map(|key| key.to_string()).collect()));
    let (_, page) = get(&sim, &format!("{LIST}?limit=1")).await;
    let keys: Vec<&String> = page["data"][0]["attributes"].as_object().unwrap().keys().collect();
    assert_eq!(keys, readable);
    let (_, listed) = get(&sim, &format!("{LIST}/attributes")).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    assert_eq!(
        listed["data"][2],
        json!({ "key": "dynamic_40211", "label": "Language Skills", "type": "tags", "universal_id": null,
                "options": ["English", "French", "Spanish", "German"] })
    );
    assert_eq!(PersonioSim::all_attributes().count(), 38);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_the_same_for_a_day_and_then_worthless() {
    let sim = account(|_| ());
    let token = log_in(&sim).await;
    tokio::time::sleep(Duration::from_secs(86_399)).await;
    assert_eq!(log_in(&sim).await, token);
    assert_eq!(get_with(&sim, &token, LIST).await.0, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (status, headers, body) = get_with(&sim, &token, LIST).await;
    let refusal =
        |code: u16, message: &str| json!({ "success": false, "error": { "code": code, "message": message } });
    assert_eq!((status, body), (401, refusal(401, "Provided authorization is not valid")));
    assert!(!headers.contains_key("authorization"));
    assert_ne!(log_in(&sim).await, token);

    let (id, secret) = (sim.client_id(), sim.client_secret());
    let form = Request::post("/v1/auth").header("content-type", "application/x-www-form-urlencoded");
    let form = form.body(Body::from(format!("client_id={id}&client_secret={secret}"))).unwrap();
    assert_eq!(send(&sim, form).await.0, 200);
    let query = format!("/v1/auth?client_id={id}&client_secret={secret}");
    assert_eq!(send(&sim, Request::post(query).body(Body::empty()).unwrap()).await.0, 200);
    for (body, code, message) in [
        ("{}", 401, "Authorization is not provided"),
        (r#"{"client_id":"a","client_secret":"b"}"#, 403, "Provided authorization is not valid"),
    ] {
        let (status, _, answer) = send(&sim, Request::post("/v1/auth").body(Body::from(body)).unwrap()).await;
        assert_eq!((status, answer), (code, refusal(code, message)));
    }
    let (status, _, body) = send(&sim, Request::get(LIST).body(Body::empty()).unwrap()).await;
    assert_eq!((status, body), (401, refusal(401, "Authorization is not provided")));
    assert_eq!(get(&sim, &format!("{LIST}/1")).await, (404, refusal(404, "Es ist ein Problem aufgetreten ")));
    assert_eq!(get(&sim, "/v1/nothing").await, (404, refusal(404, "Not Found")));
    assert_eq!(send(&sim, Request::delete("/v1/auth").body(Body::empty()).unwrap()).await.0, 405);
}

#[tokio::test(start_paused = true)]
async fn limits_are_by_second_and_by_minute() {
    let sim = account(|config| config.limits = RateLimits::default());
    let token = log_in(&sim).await;
    let mut allowed = Vec::new();
    for _ in 0..21 {
        let mut count = 0;
        for _ in 0..16 {
            let (status, headers, _) = get_with(&sim, &token, &format!("{LIST}?limit=1")).await;
            assert!(status == 200 || status == 429 && !headers.contains_key("retry-after"));
            count += u32::from(status == 200);
        }
        allowed.push(count);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(
        (allowed[..20].iter().all(|&count| count == 15), allowed[20]),
        (true, 0),
        "300 a minute in all"
    );

    let sim = account(|config| config.limits = RateLimits::default());
    for _ in 0..60 {
        log_in(&sim).await;
    }
    let mut status = Vec::new();
    for wait in [0, 30, 29, 1] {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        status.push(send(&sim, Request::post("/v1/auth").body(Body::from("{}")).unwrap()).await.0);
    }
    assert_eq!(status, [429, 429, 429, 401], "shut for a minute");
}

#[tokio::test(start_paused = true)]
async fn faults_speak_personio() {
    for (fault, status) in [("rate-limit", 429), ("server-error", 500), ("expired-token@personio", 401)] {
        let sim = account(|_| ());
        let token = log_in(&sim).await;
        flowrun_kit::sim::SimVendor::faults(&sim).add(fault.parse().unwrap());
        let (found, _, body) = get_with(&sim, &token, LIST).await;
        assert_eq!((found, &body["success"]), (status, &json!(false)), "{fault}");
        // An expired token stays expired; the rest passes.
        let after = if status == 401 { 401 } else { 200 };
        assert_eq!(get_with(&sim, &token, LIST).await.0, after, "{fault}");
        assert_eq!(get_with(&sim, &log_in(&sim).await, LIST).await.0, 200, "{fault}");
    }
}
