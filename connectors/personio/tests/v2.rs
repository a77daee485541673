//! Personio's cards over version 2 of its API: what they give, and how each ends when Personio misbehaves.

use std::collections::HashSet;

use crate::account::{LIST, PERSONS, URL, account, connect_to, perform, stream};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{get as on_get, post};
use axum::{Json, Router};
use flowrun_core::fault::FaultKind;
use flowrun_core::value::{Date, Record, Value, get};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Settings};
use flowrun_personio::connector;
use flowrun_personio::sim::by_client;
use flowrun_personio::sim::{Access, Status, employee};
use serde_json::json;

const STREAM: &str = r#"{"result_set":"stream","api":"v2"}"#;
const EMPLOYMENTS: &str = "personio.list_employments";

/// What both APIs have of an employee, in one form: days without time, times in UTC, names of what only has an ID in v2
/// left out, nothing where nothing is.
fn common(name: &str, value: &Value) -> Value {
    match value {
        Value::Text(text) if name.ends_with(" At") || name == "Last Modified" => {
            Date::parse_iso(text).map_or(Value::Null, Value::from)
        }
        // In v2's answers, links lead back to where they were asked for.
        Value::Text(text) if name == "Profile Picture" => {
            Value::from(text.rsplit_once("/v1/").map_or("", |(_, path)| path))
        }
        Value::Text(text) if text.len() == 25 && text[10..].starts_with("T00:00:00+") => {
            Value::from(&text[..10])
        }
        Value::List(items) => Value::list(items.iter().map(|item| common(name, item)).collect()),
        Value::Object(members) if name == "Custom Attributes" => {
            let filled = members.iter().filter(|(_, value)| !value.is_null());
            Value::object(filled.map(|(key, value)| (key.clone(), common("", value))))
        }
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| matches!(&***key, "ID" | "Percentage"));
            Value::object(kept.map(|(key, value)| (key.clone(), value.clone())))
        }
        value => value.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn both_apis_give_the_same_employees() {
    let account = account(|config| config.employees = 1_000);
    let v1 = account.stream(r#"{"result_set":"stream"}"#).await.unwrap();
    let v2 = account.stream(r#"{"result_set":"stream","api":"v2","employments":true}"#).await.unwrap();
    assert_eq!((v1.len(), v2.len()), (1_000, 1_000));
    let only_v1 = [
        "Holiday Calendar",
        "Absence Entitlement",
        "Work Schedule",
        "Fix Salary",
        "Fix Salary Interval",
        "Hourly Salary",
        "Vacation Day Balance",
    ];
    let mut compared = HashSet::new();
    for (one, other) in v1.iter().zip(&v2) {
        let (one, other) = (one.as_object().unwrap(), other.as_object().unwrap());
        for (name, value) in one.iter().filter(|(name, _)| !only_v1.contains(&&***name)) {
            let found = other.get(name).unwrap_or(&Value::Null);
            let blank = |value: Value| if value.is_empty() { Value::Null } else { value };
            let (expected, found) = (blank(common(name, value)), blank(common(name, found)));
            assert_eq!(found, expected, "{name} of {}", one["ID"]);
            if !found.is_null() {
                compared.insert(name.to_string());
            }
        }
        assert!(other.keys().all(|name| one.contains_key(name)), "{:?}", other.keys().collect::<Vec<_>>());
    }
    assert_eq!(compared.len(), 38 - 5 + 1 - only_v1.len(), "every common name was seen: {compared:?}");
    // 20 pages and a request for each person, at 25 in a second; one more log-in; no 429 met.
    assert!(account.sim.traffic().recent().iter().all(|seen| seen.status == 200));
    assert_eq!(account.sim.traffic().count("employments"), 1_000);
    assert_eq!(account.personio.activity.tally().throttled, 0);
}

#[tokio::test(start_paused = true)]
async fn status_alone_needs_no_employments() {
    let account = account(|_| {});
    let attributes = r#"{"result_set":"stream","api":"v2","attributes":["email","status"]}"#;
    let records = account.stream(attributes).await.unwrap();
    assert_eq!(account.sim.traffic().count("employments"), 0);
    for (record, e) in records.iter().zip(account.sim.employees()) {
        assert_eq!(record.as_object().unwrap().keys().collect::<Vec<_>>(), ["ID", "Email", "Status"]);
        let expected = if e.status == Status::Inactive { "inactive" } else { "active" };
        assert_eq!(get(record, "Status"), Value::from(expected));
    }
    // A date of employment needs them, and then the status is v1's.
    let attributes =
        r#"{"result_set":"stream","api":"v2","attributes":["status","Hire Date"],"record_limit":120}"#;
    let records = account.stream(attributes).await.unwrap();
    assert_eq!((records.len(), account.sim.traffic().count("employments")), (120, 120));
    for (record, e) in records.iter().zip(account.sim.employees()) {
        assert_eq!(get(record, "Status"), Value::from(e.status.as_str()));
        assert_eq!(get(record, "Hire Date"), Value::from(e.hired.to_day()));
    }
    let fault = account
        .stream(r#"{"result_set":"stream","api":"v2","attributes":["fix_salary"]}"#)
        .await
        .unwrap_err();
    assert_eq!(fault.message, "API version 2 has no attribute fix_salary");
    assert!(account.stream(r#"{"result_set":"stream","api":"v3"}"#).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_large_account_is_read_whole_at_a_pace_below_the_limit() {
    let account = account(|config| config.employees = 10_000);
    let started_ms = account.clock.now_ms();
    let records = account.stream(STREAM).await.unwrap();
    let ids: HashSet<String> = records.iter().map(|record| get(record, "ID").to_string()).collect();
    let expected: HashSet<String> = account.sim.employees().map(|employee| employee.id.to_string()).collect();
    assert_eq!((records.len(), ids == expected), (10_000, true));
    // 200 pages at 25 in a second, and a log-in.
    assert_eq!(account.sim.traffic().total(), 201);
    assert!(account.sim.traffic().recent().iter().all(|seen| seen.status == 200));
    assert_eq!(account.clock.now_ms() - started_ms, 7_000);

    // Without a pace the limit is met, and waited for.
    let settings = by_client(&account.sim, URL).with("v2_requests_per_second", "0");
    let hasty = crate::account::connect(&account.sim, &settings, &account.clock).unwrap();
    assert_eq!(stream(&hasty, LIST, STREAM).await.unwrap().len(), 10_000);
    assert!(hasty.activity.tally().throttled > 0);
    let wrong = settings.with("v2_requests_per_second", "fast");
    let fault = crate::account::connect(&account.sim, &wrong, &account.clock).map(|_| ()).unwrap_err();
    assert_eq!(fault.message, "PERSONIO_V2_REQUESTS_PER_SECOND is a whole number, not `fast`");
}

#[tokio::test(start_paused = true)]
async fn persons_are_filtered() {
    let account = account(|config| config.employees = 600);
    let ids = |records: Vec<Value>| records.iter().map(|it| get(it, "ID").to_string()).collect::<Vec<_>>();
    let list = async |inputs: String| {
        let inputs = format!(r#"{{"result_set":"stream",{inputs}}}"#);
        stream(&account.personio, PERSONS, &inputs).await.map(ids)
    };
    let sim = &account.sim;
    let expected = |wanted: &dyn Fn(&flowrun_personio::sim::Employee) -> bool| {
        sim.employees().filter(|e| wanted(e)).map(|e| e.id.to_string()).collect::<Vec<_>>()
    };
    let inactive = expected(&|e| e.status == Status::Inactive);
    assert!((1..50).contains(&inactive.len()));
    assert_eq!(list(r#""status":"inactive""#.into()).await.unwrap(), inactive);
    let active = expected(&|e| e.status != Status::Inactive);
    assert_eq!(list(r#""status":"active""#.into()).await.unwrap(), active, "the filter holds on all pages");
    let one = employee(1, 33);
    assert_eq!(list(format!(r#""email":"{}""#, one.email)).await.unwrap(), [one.id.to_string()]);
    let since = Date::parse_iso("2026-08-01T12:00:00Z").unwrap();
    let changed = expected(&|e| e.modified.0 * 1000 > since.millis());
    assert!(changed.len() > 10);
    assert_eq!(list(format!(r#""updated_since":"{since}""#)).await.unwrap(), changed);
    let created = expected(&|e| e.created.0 * 1000 > since.millis() && e.status != Status::Inactive);
    assert_eq!(list(format!(r#""created_since":"{since}","status":"active""#)).await.unwrap(), created);
    assert!(list(r#""status":"gone""#.into()).await.is_err());

    // The same through Personio · List Employees, to the second.
    let same = format!(r#"{{"result_set":"stream","api":"v2","changed_since":"{since}"}}"#);
    assert_eq!(ids(account.stream(&same).await.unwrap()), changed);
    let first = account.card(PERSONS, r#"{"result_set":"first","status":"active"}"#).await.unwrap();
    assert_eq!(ids(first["persons"].as_list().unwrap().to_vec()), active[..100]);
}

#[tokio::test(start_paused = true)]
async fn custom_attributes_have_their_labels_in_v2() {
    let account = account(|_| {});
    let inputs = r#"{"result_set":"stream","api":"v2","attributes":["Mobile phone","Titel","dynamic_40211"],
                     "required_attributes":["Mobile phone"]}"#;
    let records = account.stream(inputs).await.unwrap();
    for (record, e) in records.iter().zip(account.sim.employees()) {
        assert_eq!(get(record, "Custom Attributes.Mobile phone"), Value::from(e.mobile_phone.clone()));
        assert_eq!(get(record, "Custom Attributes.dynamic_31877"), Value::from(e.mobile_phone));
        assert_eq!(get(record, "Custom Attributes.Titel"), Value::from(e.title));
        let languages = e.languages.iter().map(|&language| Value::from(language)).collect();
        assert_eq!(get(record, "Custom Attributes.dynamic_40211"), Value::list(languages));
        assert_eq!(get(record, "Custom Attributes.dynamic_31878"), Value::Null);
    }
    let inputs = r#"{"result_set":"stream","api":"v2","required_attributes":["id","Handy"]}"#;
    let fault = account.stream(inputs).await.unwrap_err();
    assert_eq!(fault.message, "the API credential may not read Handy");
}

#[tokio::test(start_paused = true)]
async fn attributes_that_are_not_released_are_named_after_the_first_page() {
    let keys = ["id", "first_name", "hire_date"];
    let account = account(|config| config.readable = Some(keys.iter().map(ToString::to_string).collect()));
    let fault = account.stream(STREAM).await.unwrap_err();
    assert_eq!(fault.message, "the API credential may not read email, last_name, status");
    assert_eq!(account.sim.traffic().count("GET /v2/persons"), 1);
    // One who has been asked for alone is judged by a whole page.
    let one =
        r#"{"result_set":"stream","api":"v2","record_limit":1,"required_attributes":["id","first_name"]}"#;
    let records = account.stream(one).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["ID", "First Name"]);
    let employed = r#"{"result_set":"stream","api":"v2","required_attributes":["hire_date","position"]}"#;
    let fault = account.stream(employed).await.unwrap_err();
    assert_eq!(fault.message, "the API credential may not read position");
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_told_beside_bad_credentials() {
    let account = account(|config| config.access.persons = false);
    let fault = account.stream(STREAM).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Connection);
    assert_eq!(
        fault.message,
        "Personio answered 401: Unauthorized (The request is not authorized.): the API credential lacks the right to read \
         this, or is no longer good"
    );
    let help = fault.help.as_ref().unwrap();
    assert!(help.contains("read persons") && help.contains("PERSONIO_CLIENT_SECRET"), "{help}");
    assert!(account.stream(r#"{"result_set":"stream"}"#).await.is_ok(), "v1 is not touched by it");

    let v1_only = crate::account::account(|config| config.access = Access { v2: false, ..Access::default() });
    let fault = v1_only.stream(STREAM).await.unwrap_err();
    assert_eq!(fault.message, "Personio did not log in to v2: unauthorized_client");
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("`api: v1`")));
    let wrong = by_client(&account.sim, URL).with("client_secret", "papi-another-secret");
    let wrong = crate::account::connect(&account.sim, &wrong, &account.clock).unwrap();
    let fault = stream(&wrong, LIST, STREAM).await.unwrap_err();
    assert_eq!(fault.message, "Personio did not log in to v2: invalid_client");
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("PERSONIO_CLIENT_SECRET")));
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_survived_once_and_ends_clearly_if_it_lasts() {
    let table = [
        ("rate-limit", FaultKind::RateLimit, "Personio answered 429"),
        ("server-error", FaultKind::HttpRequest, "Personio answered 500"),
        ("bad-gateway", FaultKind::HttpRequest, "Personio answered 502: Bad Gateway (4 tries)"),
        ("expired-token", FaultKind::Connection, "Personio answered 401: Unauthorized"),
        ("drop", FaultKind::Network, "the connection broke off"),
        ("truncate", FaultKind::Parse, "can't be read"),
        ("slow", FaultKind::Timeout, "did not answer GET"),
    ];
    for (kind, expected, told) in table {
        let account = account(|_| {});
        account.faults.add(format!("{kind}@persons?:nth=2").parse().unwrap());
        assert_eq!(account.stream(STREAM).await.map(|records| records.len()), Ok(250), "{kind}");
        let logins = if kind == "expired-token" { 2 } else { 1 };
        assert_eq!(account.sim.traffic().count("/v2/auth/token"), logins, "{kind}");
        account.faults.add(format!("{kind}@persons?:times=9999").parse().unwrap());
        let fault = account.stream(STREAM).await.unwrap_err();
        assert_eq!(fault.kind, expected, "{kind}: {fault}");
        assert!(fault.message.contains(told), "{kind}: {fault}");
    }
    let account = account(|_| {});
    account.faults.add("truncate@/v2/auth/token:times=9".parse().unwrap());
    let cut = account.stream(STREAM).await.unwrap_err();
    assert_eq!(
        (cut.kind, &cut.body),
        (FaultKind::Parse, &Value::Null),
        "what is left of a token is not quoted"
    );
    assert!(
        !format!("{cut:?} {:?}", account.personio.connection.downcast_ref::<flowrun_personio::Personio>())
            .contains("papi-")
    );
}

#[tokio::test(start_paused = true)]
async fn employments_are_listed() {
    let account = account(|_| {});
    let returned = employee(1, 10);
    let listed = account.card(EMPLOYMENTS, &format!(r#"{{"id":"{}"}}"#, returned.id)).await.unwrap();
    let employments = listed["employments"].as_list().unwrap();
    assert_eq!(employments.len(), 2, "the newest first");
    assert_eq!(get(&employments[0], "Hire Date"), Value::from(returned.hired.to_day()));
    assert_eq!(get(&employments[0], "Status"), Value::from(returned.status.as_str()));
    assert_eq!(get(&employments[1], "Status"), Value::from("inactive"));
    assert_eq!(get(&employments[1], "Position"), Value::from("Intern"));
    assert_eq!(account.card(EMPLOYMENTS, r#"{"id":"7"}"#).await.unwrap_err().kind, FaultKind::NotFound);
    assert!(account.card(EMPLOYMENTS, r#"{"id":"  "}"#).await.is_err());
    assert_eq!(
        account.card(EMPLOYMENTS, r#"{"id":"../persons"}"#).await.unwrap_err().kind,
        FaultKind::NotFound
    );
}

/// A Personio that gives these pages of persons, or of anyone's employments, one after the other.
fn scripted(pages: Vec<serde_json::Value>) -> Connected {
    let login =
        || async { Json(json!({ "access_token": "papi-scripted", "expires_in": 86_400, "extra": null })) };
    let persons = move |request: Request| async move {
        let query = request.uri().query().unwrap_or_default();
        let number = query.split('&').find_map(|pair| pair.strip_prefix("cursor="));
        let number: usize = number.map_or(0, |number| number.parse().unwrap());
        pages.get(number).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
    };
    let router = Router::new()
        .route("/v2/auth/token", post(login))
        .route("/v2/persons", on_get(persons.clone()))
        .route("/v2/persons/{id}/employments", on_get(persons));
    let settings =
        Settings::new().with("base_url", URL).with("client_id", "x").with("client_secret", "papi-s");
    connect_to(router, &settings, &Clock::starting_at(0, 1.0)).unwrap()
}

fn next(href: &str) -> serde_json::Value {
    json!({ "links": { "self": { "href": "x" }, "next": { "href": href } } })
}

const ANYTHING: &str = r#"{"result_set":"stream","required_attributes":[]}"#;

#[tokio::test(start_paused = true)]
async fn what_personio_may_send_is_read() {
    let full = json!({
        "id": "1", "email": null, "first_name": "Ada", "status": "UNSPECIFIED", "gender": "DIVERSE", "preferred_name": null,
        "profile_picture": null, "something_new": { "deep": [1, 2] }, "employments": [{ "id": "e" }],
        "custom_attributes": [
            { "id": "dynamic_1", "type": "string", "label": "A", "value": "x", "more": 1 },
            { "id": "dynamic_2", "type": "INT", "label": null, "value": "12", "global_id": "n" },
            { "id": "dynamic_3", "type": "STRING_LIST", "value": ["a", "b"] },
            { "id": "dynamic_4", "type": "DATE", "label": "D" },
            { "label": "without id", "value": "?" },
        ],
    });
    let bare = json!({ "id": "2" });
    let nulls = json!({ "id": "3", "custom_attributes": null, "employments": null, "_meta": null });
    let personio = scripted(vec![
        json!({ "_data": [full, bare], "_meta": next("/v2/persons?cursor=1"), "_extra": true }),
        json!({ "_data": [], "_meta": next(&format!("{URL}/v2/persons?cursor=2")) }),
        json!({ "_data": [nulls], "_meta": { "links": { "next": null } } }),
    ]);
    let records = stream(&personio, PERSONS, ANYTHING).await.unwrap();
    let expected = [
        r#"{"ID":"1","First Name":"Ada","Preferred Name":null,"Email":null,"Gender":"diverse","Status":null,"#
            .to_owned()
            + r#""Profile Picture":null,"Custom Attributes":{"dynamic_1":"x","dynamic_2":12,"dynamic_3":["a","b"],"dynamic_4":null}}"#,
        r#"{"ID":"2"}"#.to_owned(),
        r#"{"ID":"3"}"#.to_owned(),
    ];
    assert_eq!(records.iter().map(Value::to_json).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn employments_come_from_all_pages() {
    let first =
        json!({ "id": "e2", "status": "ONBOARDING", "office": { "id": 7 }, "org_units": null, "new": [] });
    let second =
        json!({ "id": "e1", "supervisor": null, "termination": { "termination_date": "2020-01-31" } });
    let personio = scripted(vec![
        json!({ "_data": [first], "_meta": next("/v2/persons/1/employments?cursor=1") }),
        json!({ "_data": [second] }),
    ]);
    let listed = perform(&personio, EMPLOYMENTS, r#"{"id":"1"}"#).await.unwrap();
    let expected = r#"[{"ID":"e2","Status":"onboarding","Office":{"ID":"7"},"Department":null,"Team":null},"#
        .to_owned()
        + r#"{"ID":"e1","Supervisor":null,"Termination Date":"2020-01-31","Termination Type":null,"#
        + r#""Termination Reason":null,"Last Working Day":null}]"#;
    assert_eq!(listed["employments"].to_json(), expected);
    let away = json!({ "_data": [], "_meta": next("http://api.personio.sim/v2/persons/1/employments") });
    let fault = perform(&scripted(vec![away]), EMPLOYMENTS, r#"{"id":"1"}"#).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Url, "another scheme is another host");
}

#[tokio::test(start_paused = true)]
async fn lists_that_cannot_be_trusted_are_refused() {
    let persons = |ids: std::ops::Range<u32>| -> serde_json::Value {
        ids.map(|id| json!({ "id": id.to_string(), "status": "ACTIVE" })).collect()
    };
    let here = "/v2/persons?cursor=1";
    let table = [
        (
            json!({ "_data": persons(0..2), "_meta": next("https://evil.example/v2/persons?cursor=1") }),
            json!({}),
            FaultKind::Url,
            "not to https://evil.example",
        ),
        (
            json!({ "_data": persons(0..5), "_meta": next(here) }),
            json!({ "_data": persons(4..9) }),
            FaultKind::HttpRequest,
            "person 4 came twice",
        ),
        (
            json!({ "_data": persons(0..5), "_meta": next(here) }),
            json!({ "_data": [], "_meta": next(here) }),
            FaultKind::HttpRequest,
            "goes in circles",
        ),
        (
            json!({ "_data": [{ "id": "1" }, "x"] }),
            json!({}),
            FaultKind::Parse,
            "expected an object in `_data`, found text",
        ),
        (json!({ "_data": [{ "email": "a@b.c" }] }), json!({}), FaultKind::Parse, "a person without an id"),
        (json!({ "data": [] }), json!({}), FaultKind::Parse, "missing field `_data`"),
    ];
    for (first, second, kind, told) in table {
        let fault = stream(&scripted(vec![first, second]), PERSONS, ANYTHING).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.message.contains(told), "{fault}");
    }
    let inactive = r#"{"result_set":"stream","required_attributes":[],"status":"inactive"}"#;
    let fault =
        stream(&scripted(vec![json!({ "_data": persons(0..3) })]), PERSONS, inactive).await.unwrap_err();
    assert_eq!(
        fault.message,
        "Personio was asked for persons with the status INACTIVE, and gave one with ACTIVE"
    );

    let labelled =
        |key: &str| json!({ "id": key, "custom_attributes": [{ "id": key, "label": "Cost", "value": "1" }] });
    let pages = vec![
        json!({ "_data": [labelled("dynamic_1")], "_meta": next(here) }),
        json!({ "_data": [labelled("dynamic_2")] }),
    ];
    let cost = r#"{"result_set":"stream","required_attributes":[],"attributes":["Cost"]}"#;
    let fault = stream(&scripted(pages), PERSONS, cost).await.unwrap_err();
    assert_eq!(fault.message, "several attributes are labelled \"Cost\": dynamic_1, dynamic_2");
}

/// What a try of the connection tells, one line for each thing.
async fn tried(personio: &Connected) -> Vec<String> {
    let checks = (connector().test)(&personio.connection).await;
    let told = checks.into_iter().map(|check| match check.outcome {
        Ok(seen) => format!("{}: {seen}", check.title),
        Err(fault) => format!("{} FAILED: {}", check.title, fault.message),
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn a_try_tells_what_a_connection_can_do() {
    let logged_in = "logs in: v1, at api.personio.sim, which is not one of Personio's own hosts";
    let released = "may read employees: 250 employees, 38 attributes are released";
    let needed = "the attributes that an import needs: id, email, first_name, last_name, status";
    assert_eq!(tried(&account(|_| {}).personio).await, [logged_in, released, needed, "may read persons: v2"]);

    let v1_only = account(|config| config.access.v2 = false);
    let v2 = "may read persons: v2: not allowed (Personio did not log in to v2: unauthorized_client)";
    assert_eq!(tried(&v1_only.personio).await, [logged_in, released, needed, v2]);
    let few = account(|config| config.readable = Some(["id".to_owned(), "email".to_owned()].into()));
    let lacking = "the attributes that an import needs FAILED: the API credential may not read first_name, last_name, status";
    assert_eq!(tried(&few.personio).await[2], lacking);
    let no_right = account(|config| config.access.employees = false);
    assert!(
        tried(&no_right.personio).await[1].starts_with("may read employees FAILED: Personio answered 403")
    );

    let account = account(|_| {});
    let wrong = by_client(&account.sim, URL).with("client_secret", "papi-another-secret");
    let told = tried(&crate::account::connect(&account.sim, &wrong, &account.clock).unwrap()).await;
    assert!(told.len() == 1 && told[0].starts_with("logs in FAILED: Personio answered 403"), "{told:?}");
    let page = || async { axum::response::Html("<html>Welcome</html>") };
    let elsewhere = Router::new().route("/v1/auth", post(page));
    let told = tried(&connect_to(elsewhere, &by_client(&account.sim, URL), &account.clock).unwrap()).await;
    assert!(
        told.len() == 1 && told[0].contains("api.personio.sim does not answer as Personio does"),
        "{told:?}"
    );
    // Ten minutes ahead of 2026-11-22T09:00:00Z.
    let clock = Clock::starting_at(1_795_338_000_000, 1.0);
    let dated = |response| async { ([("date", "Sun, 22 Nov 2026 09:10:00 GMT")], response) };
    let router = account.sim.router().layer(axum::middleware::map_response(dated));
    let told = tried(&connect_to(router, &by_client(&account.sim, URL), &clock).unwrap()).await;
    assert_eq!(told[4], "the clocks agree FAILED: this machine's clock is 10 minutes behind Personio's");
}

#[tokio::test(start_paused = true)]
async fn one_connection_has_a_token_for_each_api() {
    let account = account(|_| {});
    let read = |api: &'static str| {
        let inputs = format!(r#"{{"result_set":"first","api":"{api}","attributes":["email"]}}"#);
        let personio = account.personio.clone();
        async move { perform(&personio, LIST, &inputs).await.map(|out: Record| out["employees"].clone()) }
    };
    for _ in 0..2 {
        let (v1, v2) = futures_util::future::join(read("v1"), read("v2")).await;
        assert_eq!(v1.unwrap(), v2.unwrap());
    }
    let logins = |path: &str| account.sim.traffic().count(path);
    assert_eq!((logins("/v1/auth"), logins("/v2/auth/token")), (1, 1));
    account.sim.expire_token();
    assert!(read("v2").await.is_ok());
    assert_eq!((logins("/v1/auth"), logins("/v2/auth/token")), (1, 2));
    assert_eq!(
        account.personio.activity.tally().requests,
        account.sim.traffic().total(),
        "one activity for both"
    );
}
