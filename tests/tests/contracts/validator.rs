//! The check finds what is wrong: faults planted into requests and answers that are right without them.

use flowrun_kit::http::{Request, Response};
use flowrun_tests::simulators::{OKTA_URL, PERSONIO_URL};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::contract::contract;

const SESSION: &str = "/api/v1/identity-sources/0oa1/sessions/aps1";

fn request(method: Method, url: &str, body: &str, kind: &str) -> Request {
    let mut headers = HeaderMap::new();
    if !url.ends_with("/v1/auth") {
        headers.insert(AUTHORIZATION, HeaderValue::from_static("SSWS x"));
    }
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
    }
    Request { method, url: url.to_owned(), headers, body: body.to_owned().into() }
}

/// What is wrong with a request; `None` where there are no files.
fn found(request: &Request) -> Option<Vec<String>> {
    Some(match contract()?.find(request).expect("its host is under contract") {
        Ok(operation) => operation.check_request(request),
        Err(unknown) => vec![unknown],
    })
}

fn post(path: &str, body: &Value) -> Request {
    request(Method::POST, &format!("{OKTA_URL}{path}"), &body.to_string(), "application/json")
}

fn get(url: &str) -> Request {
    request(Method::GET, url, "", "")
}

/// The only thing that is wrong with a request contains `part`.
fn assert_found(request: &Request, part: &str) {
    let Some(found) = found(request) else { return };
    assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
}

fn assert_right(request: &Request) {
    let Some(found) = found(request) else { return };
    assert_eq!(found, [""; 0], "{request:?}");
}

fn upsert(user: Value) -> Request {
    post(&format!("{SESSION}/bulk-upsert"), &json!({ "entityType": "USERS", "profiles": [user] }))
}

#[test]
fn planted_faults_in_bodies_are_found() {
    assert_right(&upsert(json!({ "externalId": "1", "profile": { "userName": "ada", "firstName": null } })));
    assert_found(&upsert(json!({ "externalID": "1", "profile": { "userName": "ada" } })), "externalID");
    assert_found(
        &upsert(json!({ "externalId": 1, "profile": { "userName": "ada" } })),
        "/profiles/*/externalId",
    );
    assert_found(&upsert(json!({ "externalId": "1", "profile": { "email": "adaexample" } })), "email");
    assert_found(&upsert(json!({ "externalId": "1", "profile": { "email": null } })), "null");
    let long = "x".repeat(51);
    assert_found(&upsert(json!({ "externalId": "1", "profile": { "firstName": long } })), "50");
    let path = format!("{SESSION}/bulk-upsert");
    assert_found(&post(&path, &json!([])), "object");
    assert_found(&post(&path, &json!({ "entityType": "GROUPS", "profiles": [] })), "GROUPS");
    assert_found(&post(&path, &json!({ "entityType": "USERS", "users": [] })), "users");
    assert_found(&post(&format!("{SESSION}/start-import"), &json!({})), "where none is wanted");
    let form = request(
        Method::POST,
        &format!("{OKTA_URL}{path}"),
        "entityType=USERS",
        "application/x-www-form-urlencoded",
    );
    assert_found(&form, "x-www-form-urlencoded");
    let broken = request(Method::POST, &format!("{OKTA_URL}{path}"), "{", "application/json");
    assert_found(&broken, "can't be read");
    assert_found(&request(Method::POST, &format!("{OKTA_URL}{path}"), "", ""), "empty");
}

#[test]
fn planted_faults_in_log_ins_are_found() {
    let auth = |body: &str, kind: &str| request(Method::POST, &format!("{PERSONIO_URL}/v1/auth"), body, kind);
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    assert_right(&auth(r#"{"client_id":"a","client_secret":"b"}"#, json));
    assert_right(&auth("client_id=a&client_secret=b%20c", form));
    assert_found(&auth(r#"{"client_id":"a"}"#, json), "client_secret");
    assert_found(&auth("client_id=a", form), "client_secret");
    assert_found(&auth("client_id=a&client_secret=b&scope=all", form), "scope");
    let mut credential = auth("client_id=a&client_secret=b", form);
    credential.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    assert_found(&credential, "where none is wanted");
    let token = |body: &str| request(Method::POST, &format!("{PERSONIO_URL}/v2/auth/token"), body, form);
    let mut right = token("grant_type=client_credentials&client_id=a&client_secret=b");
    right.headers.remove(AUTHORIZATION);
    assert_right(&right);
    let mut wrong = token("grant_type=password&client_id=a&client_secret=b");
    wrong.headers.remove(AUTHORIZATION);
    assert_found(&wrong, "password");
}

#[test]
fn planted_faults_in_addresses_and_headers_are_found() {
    assert_right(&get(&format!(
        "{PERSONIO_URL}/v1/company/employees?limit=100&attributes[]=id&attributes[]=email"
    )));
    assert_found(
        &get(&format!("{PERSONIO_URL}/v1/company/employees?page=2")),
        "unknown query parameter `page`",
    );
    assert_found(&get(&format!("{PERSONIO_URL}/v1/company/employees?limit=many")), "the parameter `limit`");
    assert_found(&get(&format!("{PERSONIO_URL}/v1/company/employees?limit=0")), "the parameter `limit`");
    assert_found(&get(&format!("{PERSONIO_URL}/v1/company/employees?limit=1&limit=2")), "more than once");
    assert_found(&get(&format!("{PERSONIO_URL}/v2/persons?limit=51")), "the parameter `limit`");
    assert_found(&get(&format!("{PERSONIO_URL}/v2/persons?status=GONE")), "GONE");
    assert_found(&get(&format!("{PERSONIO_URL}/v1/company/employees/ada")), "the parameter `employee_id`");
    assert_found(&get(&format!("{OKTA_URL}/api/v1/user")), "no file has GET /api/v1/user");
    assert_found(&post("/api/v1/users/me", &json!([])), "object");
    let mut bare = get(&format!("{OKTA_URL}/api/v1/users/me"));
    bare.headers.remove(AUTHORIZATION);
    assert_found(&bare, "no credential");
    let mut more = get(&format!("{OKTA_URL}/api/v1/users/me"));
    more.headers.insert("x-page", HeaderValue::from_static("1"));
    assert_found(&more, "unknown header parameter `x-page`");
}

#[test]
fn planted_faults_in_answers_are_found() {
    let Some(contract) = contract() else { return };
    let check = |name: &str, status: u16, body: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let status = StatusCode::from_u16(status).unwrap();
        contract.operation(name).check_response(&Response { status, headers, body: body.to_owned().into() })
    };
    let session = "GET /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}";
    let none: [&str; 0] = [];
    assert_eq!(check(session, 200, r#"{"id":"aps1","status":"CREATED"}"#), none);
    let cases = [
        (200, r#"{"id":"aps1","state":"CREATED"}"#, "state"),
        (200, r#"{"id":"aps1","status":"OPEN"}"#, "OPEN"),
        (200, r#"{"created":"yesterday"}"#, "yesterday"),
        (200, "[]", "object"),
        (200, "", "empty"),
        (202, r#"{"id":"aps1"}"#, "status 202 is not listed"),
        (404, r#"{"error":"gone"}"#, "error"),
    ];
    for (status, body, part) in cases {
        let found = check(session, status, body);
        assert!(found.len() == 1 && found[0].contains(part), "{body}: {found:?}");
    }
    let deleted = check(&session.replace("GET", "DELETE"), 204, "{}");
    assert_eq!(deleted, ["there is a body, where none is wanted"]);
}
