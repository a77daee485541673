//! What an effect promises: a change is recorded before it is sent, told when nobody knows whether it was made, and never made
//! twice unasked; a run that is stopped stops.

use std::fs;
use std::path::Path;
use std::time::Duration;

use flowrun_host::driver::Stop;
use flowrun_tests::Ran;
use flowrun_tests::org::{Org, fault};
use flowrun_tests::simulators::Setup;
use serde_json::Value;
use tempfile::TempDir;

/// A project of these files, beside a manifest with all connections.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "connections: { okta: okta, personio: personio, api_connector: api_connector }\n";
    for (name, text) in files.iter().chain(&[("flowrun.yaml", manifest)]) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn main_of(folder: &TempDir) -> String {
    folder.path().join("main.yaml").display().to_string()
}

/// An org in which these faults happen.
fn org(faults: &[&str]) -> Org {
    let faults = faults.iter().map(|text| fault(text)).collect();
    Org::imported(&Setup { employees: 1000, faults, ..Setup::default() })
}

/// The lines of an audit record.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

/// Runs a flow with a record of what it changes.
async fn recorded(org: &Org, flow: &str) -> (Ran, Vec<Value>) {
    let folder = project(&[("main.yaml", flow)]);
    let audit = folder.path().join("audit.jsonl");
    let ran = org.run(&main_of(&folder), &["--audit", &audit.display().to_string()]).await;
    (ran, lines(&audit))
}

#[tokio::test]
async fn a_change_whose_answer_comes_too_late_is_recorded_and_told() {
    let org = org(&["slow@POST /api/v1/groups"]);
    let (ran, lines) = recorded(
        &org,
        "cards: [{ card: okta.create_group, connection: okta, timeout: 5 s, with: { name: Readers } }]",
    )
    .await;
    assert_eq!((ran.code, org.asked("POST")), (1, 1));
    let told = "Okta did not answer POST /api/v1/groups within the card's 5 s; it is not known whether it took effect";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(events(&lines), ["start", "sending", "request", "end"]);
    assert_eq!((&lines[1]["number"], &lines[2]["number"]), (&1.into(), &1.into()));
    assert_eq!(
        (&lines[2]["method"], &lines[2]["path"], &lines[2]["status"], &lines[2]["lost"]),
        (&"POST".into(), &"/api/v1/groups".into(), &Value::Null, &true.into())
    );
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_unless_the_flow_says_so() {
    let create = "card: okta.create_group, connection: okta, timeout: 5 s, with: { name: Readers }";
    let call = "card: flow_control.call_flow, with: { flow: create }";
    for (card, on, sent) in
        [(create, "any", 1), (create, "even_if_done", 2), (call, "any", 1), (call, "even_if_done", 2)]
    {
        let org = org(&["slow@POST /api/v1/groups"]);
        let main = format!("cards: [{{ {card}, retry: {{ times: 1, wait: 1 s, on: {on} }} }}]");
        let folder = project(&[("main.yaml", &main), ("create.yaml", &format!("cards: [{{ {create} }}]"))]);
        let ran = org.run(&main_of(&folder), &[]).await;
        assert_eq!(org.asked("POST"), sent, "{card}, {on}: {}", ran.stderr);
    }
}

#[tokio::test]
async fn a_change_stands_in_the_record_before_it_is_sent() {
    let org = org(&["slow@POST /api/v1/groups"]);
    let folder = project(&[(
        "main.yaml",
        "cards: [{ card: okta.create_group, connection: okta, with: { name: Readers } }]",
    )]);
    let audit = folder.path().join("audit.jsonl");
    let (flow, path) = (main_of(&folder), audit.display().to_string());
    // The run is given up while its request is on its way, as a kill would do it.
    let args = ["--audit", &*path];
    let clock = &org.0.clock;
    let ran = clock.drive(clock.timeout(Duration::from_secs(10), org.run(&flow, &args))).await;
    assert!(ran.is_none(), "the request was answered");
    assert_eq!(org.asked("POST"), 1);
    let lines = lines(&audit);
    assert_eq!(events(&lines), ["start", "sending"]);
    assert_eq!(lines[1]["path"], "/api/v1/groups");
}

#[tokio::test]
async fn changes_that_wait_together_are_all_in_the_record() {
    let org = org(&["rate-limit@POST /api/v1/groups:every=3"]);
    let folder = project(&[
        (
            "main.yaml",
            "cards: [{ card: flow_control.repeat, with: { count: 20, flow: create, concurrency: 10 }, pass: { name: $.index } }]",
        ),
        (
            "create.yaml",
            "inputs: { name: text }\ncards: [{ card: okta.create_group, connection: okta, with: { name: $.inputs.name } }]",
        ),
    ]);
    let audit = folder.path().join("audit.jsonl");
    let ran = org.run(&main_of(&folder), &["--audit", &audit.display().to_string()]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = lines(&audit);
    let numbers = |event: &str| {
        let mut numbers: Vec<u64> = lines
            .iter()
            .filter(|line| line["event"] == event)
            .map(|line| line["number"].as_u64().unwrap())
            .collect();
        numbers.sort_unstable();
        numbers
    };
    let all: Vec<u64> = (1..=20).collect();
    assert_eq!((numbers("sending"), numbers("request")), (all.clone(), all));
}

/// Runs a flow that is stopped after so long; how many milliseconds it went on.
async fn stopped(org: &Org, files: &[(&str, &str)], after: Duration) -> (Ran, i64) {
    let folder = project(files);
    let (switch, stop) = Stop::new();
    let flow = main_of(&folder);
    let run = async {
        let ran = org.run_until(&flow, &[], Some(stop)).await;
        (ran, org.elapsed_ms())
    };
    let press = async {
        org.0.clock.sleep(after).await;
        let _ = switch.send(true);
        (org.elapsed_ms(), switch)
    };
    let ((ran, ended_ms), (at_ms, _switch)) = org.0.clock.drive(async { tokio::join!(run, press) }).await;
    (ran, ended_ms - at_ms)
}

#[tokio::test]
async fn a_stop_cuts_what_has_changed_nothing() {
    let helper = (
        "each.yaml",
        "inputs: { Record: object }\ncards: [{ card: flow_control.wait_for, with: { delay: 0 } }]",
    );
    for (faults, card) in [
        // Waits for the vendor's limit: before the first request, and between two pages.
        (
            "rate-limit@okta:every=1",
            "card: okta.list_users_with_search, connection: okta, with: { result_set: all, search: status pr }",
        ),
        (
            "rate-limit@okta:nth=2:times=1000",
            "card: okta.list_users_with_search, connection: okta, with: { result_set: all, search: status pr }",
        ),
        ("rate-limit@okta:every=1", "card: okta.create_group, connection: okta, with: { name: Readers }"),
        (
            "rate-limit@personio:every=1",
            "card: personio.list_employees, connection: personio, with: { result_set: stream, flow: each }",
        ),
        (
            "rate-limit@personio:nth=4:times=1000",
            "card: personio.list_employees, connection: personio, with: { result_set: stream, flow: each }",
        ),
        // Waits for it to recover.
        (
            "server-error@personio:nth=2:times=1000",
            "card: personio.list_employees, connection: personio, with: { result_set: stream, flow: each }",
        ),
        ("slow@nowhere", "card: api_connector.put, connection: api_connector, with: { url: /status/503 }"),
        ("slow@nowhere", "card: api_connector.post, connection: api_connector, with: { url: /status/429 }"),
        ("slow@nowhere", "card: file.download, connection: api_connector, with: { url: /status/429 }"),
        // Waits for an answer.
        (
            "slow@okta:every=1",
            "card: okta.list_users_with_search, connection: okta, with: { result_set: all, search: status pr }",
        ),
        (
            "slow@personio:every=1",
            "card: personio.list_employees, connection: personio, with: { result_set: first }",
        ),
    ] {
        let org = org(&[faults]);
        let main = format!("cards: [{{ {card} }}]");
        let (ran, late_ms) = stopped(&org, &[("main.yaml", &main), helper], Duration::from_millis(400)).await;
        assert!(late_ms <= 1000, "{faults}, {card}: it went on for {late_ms} ms\n{}", ran.stdout);
        assert_eq!(ran.code, 130, "{faults}, {card}: {}\n{}", ran.stderr, ran.stdout);
    }
}

#[tokio::test]
async fn what_has_begun_and_what_cleans_up_is_brought_to_its_end() {
    // The first answer is lost on its way; the card then looks whether there is a session, and waits for that.
    let org = org(&["drop@POST", "rate-limit@GET:times=1", "rate-limit@DELETE:times=2"]);
    let main = "cards:
  - { id: session, card: okta.create_import_session, connection: okta }
  - card: error_handling.if_error
    try:
      - { card: okta.read_user, connection: okta, with: { id_or_login: nobody } }
    catch:
      - { card: okta.delete_import_session, connection: okta, with: { session_id: $.session.id } }
";
    let (ran, late_ms) = stopped(&org, &[("main.yaml", main)], Duration::from_millis(400)).await;
    assert_eq!((org.statuses(), ran.code), (vec!["CLOSED"], 130), "{}{}", ran.stdout, ran.stderr);
    assert!(late_ms > 1000, "it waited for both: {late_ms} ms");
    assert_eq!(org.asked("/users"), 0);
}

#[tokio::test]
async fn a_time_limit_counts_for_a_stream_as_a_whole() {
    let org = org(&[]);
    let main = "cards: [{ card: personio.list_employees, connection: personio, timeout: 10 s, with: { result_set: stream, flow: each } }]";
    let each = "inputs: { Record: object }\ncards: [{ card: flow_control.wait_for, with: { delay: 3 } }]";
    let folder = project(&[("main.yaml", main), ("each.yaml", each)]);
    let ran = org.run(&main_of(&folder), &[]).await;
    // The fourth begins after 9 s and ends after 12.
    assert!(ran.stderr.contains("the card's 10 s were over after 4 records"), "{}", ran.stderr);
    assert_eq!((ran.code, org.elapsed_ms() / 1000), (1, 12));
}

#[tokio::test]
async fn a_time_limit_counts_for_all_pages_together() {
    // Each page takes the simulator as long as a slow answer does, and the list has several.
    let org = org(&["slow@GET:every=1"]);
    let main = "cards: [{ card: okta.list_users_with_search, connection: okta, timeout: 20 s, with: { result_set: all, search: status pr } }]";
    let folder = project(&[("main.yaml", main)]);
    let ran = org.run(&main_of(&folder), &[]).await;
    assert!(ran.stderr.contains("within the card's 20 s"), "{}", ran.stderr);
    assert_eq!((ran.code, org.elapsed_ms() / 1000), (1, 20));
}
