//! Personio's cards over the simulator: what each does, and how each ends when Personio misbehaves.

use std::collections::HashSet;
use std::time::Duration;

use crate::account::{LIST, URL, account, connect, perform};
use flowrun_core::fault::FaultKind;
use flowrun_core::value::{Value, get};
use flowrun_kit::connector::Settings;
use flowrun_personio::sim::by_client;

const STREAM: &str = r#"{"result_set":"stream"}"#;

#[tokio::test(start_paused = true)]
async fn employees_are_listed_and_read() {
    let account = account(|_| {});
    let listed = account.card(LIST, r#"{"result_set":"first"}"#).await.unwrap();
    let employees = listed["employees"].as_list().unwrap();
    assert_eq!(employees.len(), 100);
    let expected = account.sim.employees().next().unwrap();
    let first = &employees[0];
    assert_eq!(get(first, "ID"), Value::from(expected.id.to_string()));
    for name in ["First Name", "Last Name", "Email", "Status", "Weekly Hours", "Hire Date", "Department"] {
        assert!(first.as_object().unwrap().contains_key(name), "{name}: {first}");
    }
    let read =
        account.card("personio.read_employee", &format!(r#"{{"id":"{}"}}"#, expected.id)).await.unwrap();
    assert_eq!(read["id"], get(first, "ID"));
    assert_eq!(&read["employee"], first);

    let fewer =
        account.stream(r#"{"result_set":"stream","attributes":["email"],"record_limit":130}"#).await.unwrap();
    assert_eq!(fewer.len(), 130);
    assert_eq!(fewer[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["ID", "Email"]);
    assert_eq!(
        account.card("personio.read_employee", r#"{"id":"7"}"#).await.unwrap_err().kind,
        FaultKind::NotFound
    );
    assert!(account.card("personio.read_employee", r#"{"id":"../x"}"#).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_large_account_is_read_whole_at_the_allowed_pace() {
    let account = account(|config| config.employees = 25_000);
    let started_ms = account.clock.now_ms();
    let stream = r#"{"result_set":"stream","attributes":["id","email"]}"#;
    let records = account.stream(stream).await.unwrap();
    let ids: HashSet<String> = records.iter().map(|record| get(record, "ID").to_string()).collect();
    let expected: HashSet<String> = account.sim.employees().map(|employee| employee.id.to_string()).collect();
    assert_eq!((records.len(), ids == expected), (25_000, true));
    // 250 pages and the attributes at 15 in a second; one log-in; no 429 met.
    assert_eq!(account.sim.traffic().total(), 252);
    assert!(account.sim.traffic().recent().iter().all(|seen| seen.status == 200));
    let seconds = (account.clock.now_ms() - started_ms) / 1000;
    assert!((15..=20).contains(&seconds), "{seconds}");

    // Twice as many need the limit of the minute.
    let records = account.stream(stream).await.unwrap();
    assert_eq!((records.len(), account.personio.activity.tally().throttled), (25_000, 0));
}

#[tokio::test(start_paused = true)]
async fn attributes_that_are_not_released_are_named_before_anything_is_read() {
    let keys = ["id", "first_name", "position"];
    let account = account(|config| config.readable = Some(keys.iter().map(ToString::to_string).collect()));
    let fault = account.stream(STREAM).await.unwrap_err();
    assert_eq!(fault.message, "the API credential may not read email, last_name, status");
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("tick these attributes")));
    assert_eq!(account.sim.traffic().by_route().get("GET /v1/company/employees"), None);
    let enough = r#"{"result_set":"stream","required_attributes":["id","position"]}"#;
    assert_eq!(account.stream(enough).await.unwrap().len(), 250);
}

#[tokio::test(start_paused = true)]
async fn one_token_serves_all_and_is_renewed_once() {
    let account = account(|_| {});
    let read = || account.card(LIST, r#"{"result_set":"first","attributes":["id"]}"#);
    let all = futures_util::future::join_all((0..5).map(|_| read())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(account.sim.traffic().count("/v1/auth"), 1);
    account.sim.expire_token();
    let all = futures_util::future::join_all((0..5).map(|_| read())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(account.sim.traffic().count("/v1/auth"), 2);
    account.clock.sleep(Duration::from_secs(86_400)).await;
    let requests = account.sim.traffic().count("employees");
    assert!(read().await.is_ok());
    assert_eq!(account.sim.traffic().count("employees") - requests, 2, "an old token is not even tried");
    assert_eq!(account.sim.traffic().count("/v1/auth"), 3);
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_survived_once_and_ends_clearly_if_it_lasts() {
    let table = [
        ("rate-limit", FaultKind::RateLimit, "Personio answered 429"),
        ("server-error", FaultKind::HttpRequest, "Personio answered 500"),
        ("bad-gateway", FaultKind::HttpRequest, "Personio answered 502: Bad Gateway (4 tries)"),
        (
            "expired-token",
            FaultKind::Connection,
            "Personio answered 401: Provided authorization is not valid",
        ),
        ("drop", FaultKind::Network, "the connection broke off"),
        ("truncate", FaultKind::Parse, "can't be read"),
        ("slow", FaultKind::Timeout, "did not answer GET /v1/company/employees within 30 s"),
    ];
    for (kind, expected, told) in table {
        let account = account(|_| {});
        account.faults.add(format!("{kind}@employees?:nth=2").parse().unwrap());
        assert_eq!(account.stream(STREAM).await.map(|records| records.len()), Ok(250), "{kind}");
        account.faults.add(format!("{kind}@employees?:times=9999").parse().unwrap());
        let fault = account.stream(STREAM).await.unwrap_err();
        assert_eq!(fault.kind, expected, "{kind}: {fault}");
        assert!(fault.message.contains(told), "{kind}: {fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_secrets_are_shown_nowhere() {
    let account = account(|_| {});
    let settings = by_client(&account.sim, URL);
    let wrong = settings.clone().with("client_secret", "papi-another-secret");
    let refused = connect(&account.sim, &wrong, &account.clock).unwrap();
    let fault = perform(&refused, LIST, r#"{"result_set":"first"}"#).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Connection, "{fault}");
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("PERSONIO_CLIENT_SECRET")));
    account.faults.add("truncate@/v1/auth:times=9".parse().unwrap());
    let cut = account.card(LIST, r#"{"result_set":"first"}"#).await.unwrap_err();
    assert_eq!(
        (cut.kind, &cut.body),
        (FaultKind::Parse, &Value::Null),
        "what is left of a token is not quoted"
    );
    let connection = account.personio.connection.downcast_ref::<flowrun_personio::Personio>();
    for shown in
        [format!("{fault:?}"), format!("{cut:?}"), format!("{settings:?}"), format!("{connection:?}")]
    {
        assert!(!shown.contains("papi-"), "{shown}");
    }
    let missing = connect(&account.sim, &Settings::new(), &account.clock).map(|_| ()).unwrap_err();
    assert_eq!(
        missing.message,
        "the connection to Personio lacks PERSONIO_CLIENT_ID, PERSONIO_CLIENT_SECRET"
    );
}

#[tokio::test(start_paused = true)]
async fn attributes_may_be_asked_for_by_their_labels() {
    let account = account(|_| {});
    let inputs = r#"{"result_set":"stream","attributes":["First name","Mobile phone","dynamic_40211"],
                     "required_attributes":["Mobile phone"]}"#;
    let records = account.stream(inputs).await.unwrap();
    assert_eq!(records.len(), 250);
    for (record, e) in records.iter().zip(account.sim.employees()) {
        let phone = Value::from(e.mobile_phone);
        let custom = get(record, "Custom Attributes");
        let custom = custom.as_object().unwrap();
        let keys: Vec<&str> = custom.keys().map(|key| &**key).collect();
        assert_eq!(keys, ["dynamic_31877", "dynamic_40211", "Mobile phone"]);
        assert_eq!((&custom["dynamic_31877"], &custom["Mobile phone"]), (&phone, &phone));
        assert_eq!(get(record, "First Name"), Value::from(&*e.first_name));
        assert_eq!(record.as_object().unwrap().len(), 3, "{record}");
    }
    let fault = account.stream(r#"{"result_set":"stream","attributes":["Handy"]}"#).await.unwrap_err();
    assert_eq!(fault.message, "the API credential may read no attribute with the key or label \"Handy\"");
}

#[tokio::test(start_paused = true)]
async fn who_changed_is_read_at_once_and_from_earlier() {
    let account = account(|config| config.employees = 2_000);
    let inputs =
        r#"{"result_set":"stream","changed_since":"2026-09-01","attributes":["email","Mobile phone"]}"#;
    let records = account.stream(inputs).await.unwrap();
    let traffic = account.sim.traffic();
    assert_eq!(traffic.by_route()["GET /v1/company/employees"], 1, "no paging");
    let target = traffic.recent().pop().unwrap().target;
    assert_eq!(target, "/v1/company/employees?updated_since=2026-08-31T10%3A00%3A00");
    // Here, Personio reads it in Berlin: 8 o'clock in UTC.
    let since = flowrun_personio::sim::Moment::parse("2026-08-31T10:00:00").unwrap();
    let changed: Vec<String> =
        account.sim.employees().filter(|e| e.modified > since).map(|e| e.email).collect();
    assert!(changed.len() > 100, "more than a page");
    let emails: Vec<String> = records.iter().map(|record| get(record, "Email").to_string()).collect();
    assert_eq!(emails, changed);
    let names =
        |record: &Value| record.as_object().unwrap().keys().map(ToString::to_string).collect::<Vec<_>>();
    assert!(records.iter().all(|record| names(record) == ["ID", "Email", "Custom Attributes"]));
    let some = r#"{"result_set":"stream","changed_since":"2026-09-01","record_limit":7}"#;
    assert_eq!(account.stream(some).await.unwrap().len(), 7);
    let nobody = r#"{"result_set":"stream","changed_since":"2030-01-01"}"#;
    assert_eq!(account.stream(nobody).await.unwrap().len(), 0);
}
