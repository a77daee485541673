//! The Personio import from outside: what it must never do, shown on the flows as they are and on flows with a mistake.
//!
//! Each mistake of the template, and some more, has a test that makes it: the flow as it is must hold what the test asks
//! for, and the flow with the mistake must not, so that no test passes by accident.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowrun_core::report::Status;
use flowrun_host::driver::{self, Stop};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_okta::sim::{OktaSim, OktaSimConfig, Operation, SessionStatus, UserStatus};
use flowrun_tests::Ran;
use flowrun_tests::org::{EPOCH_MS, Edit, Org, Project, SMALL, fault};
use flowrun_tests::simulators::Setup;
use serde_json::{Value, json};

type Checked = Result<(), String>;

/// A condition of a test that a mistake may break.
fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn done(ran: &Ran) -> Checked {
    ensure(ran.code == 0, || format!("exit code {}: {}", ran.code, ran.stderr.trim()))
}

fn outputs(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["flow"]["outputs"].clone()
}

/// Shows that a scenario holds for the flows of `project`, and that `mistake` is caught: the scenario then ends with an
/// error that contains `because`.
async fn catches(
    project: &Project,
    mistake: &[Edit<'_>],
    because: &str,
    scenario: impl AsyncFn(&Project) -> Checked,
) {
    if let Err(error) = scenario(project).await {
        panic!("the flows as they are fail: {error}");
    }
    match scenario(&project.edited(mistake)).await {
        Ok(()) => panic!("not caught: {mistake:?}"),
        Err(error) => assert!(error.contains(because), "caught for another reason than `{because}`: {error}"),
    }
}

/// Imports so many employees into an empty org, each exactly once.
async fn imports_each_once(project: &Project, setup: &Setup) -> Result<(Org, Ran), String> {
    let org = Org::of(setup);
    let ran = org.run(&project.flow("import.yaml"), &["--json"]).await;
    done(&ran)?;
    org.sent_once(Operation::Upsert, &org.here())?;
    org.settle().await;
    let statuses = org.statuses();
    ensure(statuses.iter().all(|status| *status == "COMPLETED"), || format!("sessions are {statuses:?}"))?;
    ensure(org.0.okta.user_count() == org.here().len(), || format!("{} users", org.0.okta.user_count()))?;
    Ok((org, ran))
}

fn employees(employees: u64) -> Setup {
    Setup { employees, ..Setup::default() }
}

#[tokio::test]
async fn twenty_five_thousand_employees_arrive_once_each() {
    let (org, ran) = imports_each_once(&Project::shipped(), &employees(25_000)).await.unwrap();
    let sessions: Vec<_> =
        org.0.okta.sessions().into_iter().map(|session| (session.requests, session.upserts)).collect();
    let here = org.here().len();
    let requests = (here - 20_000).div_ceil(200);
    assert_eq!(sessions, [(50, 10_000), (50, 10_000), (requests as u32, here - 20_000)]);
    let users = org.0.okta.users();
    let distinct: BTreeSet<&str> = users.iter().map(|user| &*user.external_id).collect();
    assert_eq!(distinct.len(), here);

    let statuses: Vec<Value> = org
        .0
        .okta
        .sessions()
        .iter()
        .map(|session| json!({ "id": session.id, "records": session.upserts, "status": "COMPLETED" }))
        .collect();
    assert_eq!(
        outputs(&ran),
        json!({
            "employees": 25_000,
            "stored": here,
            "left": 25_000 - here,
            "left_out": [],
            "to_create": here,
            "to_change": 0,
            "unchanged": 0,
            "to_deactivate": null,
            "sent": here,
            "sessions": 3,
            "requests": 100 + requests,
            "session_statuses": statuses,
            "still_deactivated": [],
        })
    );
    // 250 pages, as none is read twice, and what is read is what is stored.
    assert_eq!(org.0.personio.traffic().count("GET /v1/company/employees"), 251);
    // Personio lets 15 requests through in a second, 300 in a minute; the run kept to it without being told off.
    let refused = org.0.personio.traffic().recent().into_iter().filter(|seen| seen.status == 429).count();
    assert_eq!(refused, 0);
    // The report of a large run is no larger than its samples: a list of 25,000 alone would be more.
    assert!(ran.stdout.len() < 2_000_000, "the report has {} bytes", ran.stdout.len());
}

#[tokio::test]
async fn what_arrives_is_what_personio_says() {
    let org = imports_each_once(&Project::shipped(), &employees(300)).await.unwrap().0;
    let here = org.here();
    for employee in org.0.personio.employees() {
        let user = org.0.okta.user(&employee.id.to_string());
        assert_eq!(user.is_some(), here.contains(&employee.id.to_string()), "who has left is not created");
        let Some(user) = user else { continue };
        let expected = [
            ("userName", &*employee.email),
            ("email", &*employee.email),
            ("firstName", &*employee.first_name),
            ("lastName", &*employee.last_name),
        ];
        let expected: BTreeMap<String, String> =
            expected.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        assert_eq!(user.profile, expected);
        assert_eq!(user.status, UserStatus::Active);
    }
}

#[tokio::test]
async fn a_second_session_goes_on_where_the_first_ended() {
    let mistake = [(
        "bulk_request_handler.yaml",
        "with: { a: $.inputs.tableOffset, b: $.before.product }",
        "with: { a: 0, b: $.before.product }",
    )];
    catches(&Project::shipped().edited(&SMALL), &mistake, "was sent 3 times", async |project| {
        // One of ten has left.
        let (org, ran) = imports_each_once(project, &employees(10)).await?;
        let sessions: Vec<_> = org.0.okta.sessions().into_iter().map(|session| session.requests).collect();
        ensure(sessions == [2, 2, 1], || format!("requests by session: {sessions:?}"))?;
        let outputs = outputs(&ran);
        ensure(outputs["sessions"] == 3 && outputs["requests"] == 5, || outputs.to_string())
    })
    .await;
}

#[tokio::test]
async fn rows_are_sent_in_the_order_in_which_they_came() {
    let mistake = [(
        "bulk_request_handler.yaml",
        "      table: temporary_records\n      limit:",
        "      table: temporary_records\n      sort_column: last_name\n      limit:",
    )];
    catches(&Project::shipped(), &mistake, "comes before", async |project| {
        let org = imports_each_once(project, &employees(150)).await?.0;
        let session = &org.0.okta.sessions()[0].id;
        let sent: Vec<String> = org.0.okta.sent_in(session).into_iter().map(|(_, id)| id).collect();
        let wrong = sent.windows(2).find(|pair| pair[0] > pair[1]);
        ensure(wrong.is_none(), || format!("{} comes before {}", wrong.unwrap()[0], wrong.unwrap()[1]))
    })
    .await;
}

#[tokio::test]
async fn without_employees_nothing_is_opened_and_nothing_is_sent() {
    let mistake = [(
        "orchestrate_import.yaml",
        "with: { a: $.sessionsNeeded.result }",
        "with: { a: \"{{ [sessionsNeeded.result, 1] | max }}\" }",
    )];
    let nothing = async |project: &Project| {
        for flow in ["import.yaml", "deactivate.yaml"] {
            let org = Org::new(0);
            let ran = org.run(&project.flow(flow), &["--json"]).await;
            done(&ran)?;
            let opened = org.statuses();
            ensure(opened.is_empty(), || format!("sessions were opened: {opened:?}"))?;
            ensure(org.asked("POST") == 0, || "something was sent".to_owned())?;
            let outputs = outputs(&ran);
            let zeros = ["employees", "stored", "sent", "sessions", "requests"];
            ensure(zeros.iter().all(|name| outputs[*name] == 0), || outputs.to_string())?;
        }
        Ok(())
    };
    catches(&Project::shipped(), &mistake, "sessions were opened: [\"CLOSED\"]", nothing).await;
}

#[tokio::test]
async fn a_session_left_open_is_closed_first() {
    // What an earlier run left, opened or loaded, blocks this one until it is closed.
    for (left, narrower) in
        [(SessionStatus::Created, "[IN_PROGRESS]"), (SessionStatus::InProgress, "[CREATED]")]
    {
        let narrower = format!("operator: in, comparison: {narrower} }}");
        let mistake = [("preflight.yaml", "operator: in, comparison: [CREATED, IN_PROGRESS] }", &*narrower)];
        catches(&Project::shipped(), &mistake, "for more than an hour", async |project| {
            let org = Org::new(7);
            org.leave_open(left);
            let ran = org.run(&project.flow("import.yaml"), &[]).await;
            done(&ran)?;
            org.sent_once(Operation::Upsert, &org.here())?;
            org.settle().await;
            ensure(org.statuses() == ["CLOSED", "COMPLETED"], || format!("{:?}", org.statuses()))
        })
        .await;
    }
}

/// Runs the import while a session of somebody else is being imported, which must be left alone.
async fn waits_for_somebody_else(project: &Project) -> Checked {
    let org = Org::new(7);
    org.0.okta.open_session_for_test(SessionStatus::Triggered);
    let ran = org.run(&project.flow("import.yaml"), &[]).await;
    ensure(org.asked("DELETE") == 0, || format!("somebody else's session was given up: {}", ran.stderr))?;
    done(&ran)?;
    let sessions = org.0.okta.sessions();
    let waited_s = (sessions[1].created_ms - EPOCH_MS) / 1000;
    // Its import takes 20 seconds, and Okta opens no other session before that.
    ensure((20..400).contains(&waited_s), || format!("waited {waited_s} s"))?;
    org.sent_once(Operation::Upsert, &org.here())?;
    org.settle().await;
    ensure(org.statuses() == ["COMPLETED", "COMPLETED"], || format!("{:?}", org.statuses()))
}

#[tokio::test]
async fn a_triggered_session_of_somebody_else_is_waited_for() {
    let project = Project::shipped();
    let overlooked = [(
        "utilities/create_import_session.yaml",
        "comparison: [CREATED, IN_PROGRESS, TRIGGERED]",
        "comparison: [CREATED, IN_PROGRESS]",
    )];
    catches(&project, &overlooked, "Only one active import session", waits_for_somebody_else).await;
    let deleted = [(
        "preflight.yaml",
        "operator: in, comparison: [CREATED, IN_PROGRESS] }",
        "operator: in, comparison: [CREATED, IN_PROGRESS, TRIGGERED] }",
    )];
    catches(&project, &deleted, "no earlier run of this project opened it", waits_for_somebody_else).await;
}

#[tokio::test]
async fn a_session_found_in_progress_while_waiting_is_waited_for_too() {
    let scenario = async |project: &Project| {
        let org = Org::new(7);
        // Somebody else's import runs, and before it is over they open the next session, load it, and trigger it later.
        org.0.okta.open_session_for_test(SessionStatus::Triggered);
        let somebody_else = async {
            org.0.clock.sleep(Duration::from_secs(10)).await;
            let session = org.0.okta.open_session_for_test(SessionStatus::InProgress);
            org.0.clock.sleep(Duration::from_secs(500)).await;
            let shipped = Project::shipped();
            let source = format!("applicationId={}", org.0.okta.identity_source_id());
            let session = format!("sessionId={session}");
            let args = ["-i", &source, "-i", &session];
            Org::over(org.0.clone()).run(&shipped.flow("utilities/trigger_import_session.yaml"), &args).await
        };
        let import = project.flow("import.yaml");
        let both = async { tokio::join!(org.run(&import, &[]), somebody_else) };
        let (ran, triggered) = org.0.clock.drive(both).await;
        done(&ran)?;
        done(&triggered)?;
        let created_s = (org.0.okta.sessions()[2].created_ms - EPOCH_MS) / 1000;
        ensure(created_s >= 530, || format!("opened a session after {created_s} s"))?;
        org.sent_once(Operation::Upsert, &org.here())?;
        org.settle().await;
        ensure(org.statuses() == ["COMPLETED"; 3], || format!("{:?}", org.statuses()))
    };
    let project = Project::shipped();
    let file = "utilities/create_import_session.yaml";
    let refused = "Only one active import session";
    let overlooked =
        [(file, "comparison: [CREATED, IN_PROGRESS, TRIGGERED]", "comparison: [CREATED, TRIGGERED]")];
    catches(&project, &overlooked, refused, scenario).await;
    let once = [(
        file,
        "with: { value_a: $.count.length, operator: \">\", value_b: 0 }",
        "with: { value_a: \"{{ count.length if inputs.attempt == 1 else 0 }}\", operator: \">\", value_b: 0 }",
    )];
    catches(&project, &once, refused, scenario).await;
}

#[tokio::test]
async fn a_failed_bulk_request_leaves_no_session_open() {
    let scenario = async |project: &Project| {
        // Okta takes no request of the second session: two, each sent again because nothing had arrived, in three sessions.
        let faults = vec![fault("server-error@bulk-upsert:nth=3:times=12")];
        let org = Org::of(&Setup { employees: 7, faults, ..Setup::default() });
        let import = project.flow("import.yaml");
        let ran = org.run(&import, &[]).await;
        ensure(ran.code == 1, || format!("exit code {}", ran.code))?;
        ensure(org.open_sessions().is_empty(), || format!("left open: {:?}", org.statuses()))?;
        let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["the session that failed was closed", "4 of 7 records were sent, in 1 of 2 sessions"] {
            ensure(said.contains(part), || said.clone())?;
        }
        ensure(said.contains("Okta answered 500 E0000009"), || said.clone())?;
        // What the first session took is imported; of the second nothing is.
        org.settle().await;
        ensure(org.statuses() == ["COMPLETED", "CLOSED", "CLOSED", "CLOSED"], || {
            format!("{:?}", org.statuses())
        })?;
        let first: BTreeSet<String> = org.here().into_iter().take(4).collect();
        org.sent_once(Operation::Upsert, &first)?;
        ensure(org.0.okta.user_count() == 4, || format!("{} users", org.0.okta.user_count()))?;

        done(&org.run(&import, &[]).await)?;
        org.settle().await;
        ensure(org.0.okta.user_count() == 7, || format!("{} users", org.0.okta.user_count()))
    };
    let small = Project::shipped().edited(&SMALL);
    // The card that closes the session is replaced by one that does nothing.
    let mistake = [(
        "utilities/load_session.yaml",
        concat!(
            "              - card: flow_control.call_flow\n                with: { flow: delete_import_session }\n",
            "                pass: { sessionId: $.session.sessionId, applicationId: $.inputs.applicationId }\n",
        ),
        "              - card: flow_control.assign\n                with: { done: nothing }\n",
    )];
    catches(&small, &mistake, "left open: [\"COMPLETED\", \"CREATED\"]", scenario).await;
}

#[tokio::test]
async fn who_is_listed_twice_is_sent_once() {
    let mistake = [(
        "utilities/store_person.yaml",
        "with: { value_a: $.known.count, operator: \"==\", value_b: 0 }",
        "with: { value_a: $.known.count, operator: \">=\", value_b: 0 }",
    )];
    let setup = Setup { employees: 25, duplicates: 7, ..Setup::default() };
    let scenario = async |project: &Project| {
        let outputs = outputs(&imports_each_once(project, &setup).await?.1);
        ensure(
            outputs["employees"] == 32
                && outputs["stored"] == 22
                && outputs["sent"] == 22
                && outputs["left"] == 3,
            || outputs.to_string(),
        )
    };
    catches(&Project::shipped().edited(&SMALL), &mistake, "was sent 2 times", scenario).await;
    // In one bulk request the card would refuse them.
    catches(&Project::shipped(), &mistake, "twice", scenario).await;
}

#[tokio::test]
async fn an_employee_who_cannot_be_stored_stops_the_import() {
    // The fifth employee fails.
    let broken = Project::shipped().edited(&[(
        "utilities/add_personio_record.yaml",
        "cards:\n  - id: trimmed\n",
        concat!(
            "cards:\n  - card: error_handling.return_error_if\n    with:\n",
            "      { value_a: \"{{ run.index }}\", operator: ==, value_b: 4, message: no room }\n",
            "  - id: trimmed\n",
        ),
    )]);
    let mistake = [(
        "orchestrate_import.yaml",
        "      value_a: $.employees.failed\n      operator: \">\"\n",
        "      value_a: $.employees.failed\n      operator: \"<\"\n",
    )];
    catches(&broken, &mistake, "exit code 0", async |project| {
        let org = Org::new(25);
        let ran = org.run(&project.flow("import.yaml"), &[]).await;
        ensure(ran.code == 1, || format!("exit code {}", ran.code))?;
        ensure(ran.stderr.contains("1 of 25 employees could not be stored; nothing was sent"), || {
            ran.stderr
        })?;
        ensure(org.asked("POST") == 0, || "something was sent".to_owned())
    })
    .await;
}

#[tokio::test]
async fn an_import_that_okta_fails_is_no_success() {
    let mistake = [(
        "orchestrate_import.yaml",
        "with: { list: $.states.values, value: ERROR }",
        "with: { list: $.states.values, value: NONE }",
    )];
    catches(&Project::shipped(), &mistake, "exit code 0", async |project| {
        let org = Org::new(7);
        org.0.okta.fail_next_import();
        let ran = org.run(&project.flow("import.yaml"), &[]).await;
        ensure(ran.code == 1, || format!("exit code {}", ran.code))?;
        ensure(ran.stderr.contains("its import of a session ended in ERROR"), || ran.stderr)
    })
    .await;
}

/// The rows and the users get an address so long that 200 entries are more than Okta takes at once.
fn with_long_addresses() -> Project {
    let address = "Straße \"Am Wall\" 1, ".repeat(80);
    let weighed = format!("with: {{ value: [$.inputs.Record, '{address}'] }}");
    let stored = format!("      email: $.inputs.address\n      address: '{address}'\n");
    Project::shipped().edited(&[
        ("flowrun.yaml", "      email: text\n", "      email: text\n      address: text\n"),
        ("utilities/store_person.yaml", "with: { value: $.inputs.Record }", &weighed),
        ("utilities/store_person.yaml", "      email: $.inputs.address\n", &stored),
        ("utilities/personio_mapping.yaml", "email: text }", "email: text, homeAddress: text }"),
        (
            "utilities/personio_mapping.yaml",
            "      email: $.inputs.user.email\n",
            "      email: $.inputs.user.email\n      homeAddress: $.inputs.user.address\n",
        ),
    ])
}

#[tokio::test]
async fn a_bulk_request_stays_under_200_kb() {
    let mistake = [(
        "orchestrate_import.yaml",
        "value_if_true: $.fitting.entries",
        "value_if_true: $.limits.entriesPerBulkRequest",
    )];
    catches(&with_long_addresses(), &mistake, "users make", async |project| {
        let org = Org::new(450);
        let uploads = measured(project, &org).await?;
        ensure(uploads.iter().all(|bytes| *bytes <= 200_000), || format!("uploads of {uploads:?} bytes"))?;
        // Nor so small that a session would hold too few.
        let mean = uploads.iter().sum::<usize>() / uploads.len();
        ensure(mean > 50_000, || format!("uploads of {uploads:?} bytes"))?;
        org.sent_once(Operation::Upsert, &org.here())
    })
    .await;
}

#[tokio::test]
async fn what_fits_into_a_bulk_request_is_reckoned_from_the_limit() {
    // The same with rows as they are and a lower limit, which the card itself does not know.
    let lower = |limit: &str| {
        let limit = format!("bytesPerBulkRequest: {limit}");
        Project::shipped().edited(&[("orchestrate_import.yaml", "bytesPerBulkRequest: 200000", &limit)])
    };
    let mistake = [(
        "orchestrate_import.yaml",
        "value_if_true: $.fitting.entries",
        "value_if_true: $.limits.entriesPerBulkRequest",
    )];
    for limit in [2_000, 20_000] {
        catches(&lower(&limit.to_string()), &mistake, "more than the limit", async |project| {
            let org = Org::new(150);
            let uploads = measured(project, &org).await?;
            ensure(uploads.iter().all(|bytes| *bytes <= limit), || {
                format!("uploads of {uploads:?} bytes, more than the limit")
            })?;
            org.sent_once(Operation::Upsert, &org.here())
        })
        .await;
    }
}

/// Runs the import and tells how large its bulk requests were.
async fn measured(project: &Project, org: &Org) -> Result<Vec<usize>, String> {
    let uploads = Uploads::default();
    let transport: Arc<dyn Transport> =
        Arc::new(Scale { within: Box::new(org.0.transport()), uploads: uploads.clone() });
    let (program, start) = project.compiled("import");
    let world = org.world(&program, &transport, Stop::default());
    let report = driver::run(program, start, &world, &mut (), &mut ()).await.unwrap();
    let said = report.flow.error.map(|error| error.message.to_string());
    ensure(report.status == Status::Done, || said.unwrap_or_default())?;
    let uploads = uploads.0.lock().unwrap().clone();
    Ok(uploads)
}

#[derive(Clone, Default)]
struct Uploads(Arc<Mutex<Vec<usize>>>);

/// Weighs what goes to the simulators.
struct Scale {
    within: Box<dyn Transport>,
    uploads: Uploads,
}

impl Transport for Scale {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        if request.url.contains("/bulk-") {
            self.uploads.0.lock().unwrap().push(request.body.len());
        }
        self.within.send(request, limits)
    }
}

#[tokio::test]
async fn a_small_batch_is_a_small_batch() {
    let mistake = [(
        "orchestrate_import.yaml",
        "      record_limit: $.inputs.maxRecordsToImport\n",
        "      record_limit:\n",
    )];
    catches(&Project::shipped(), &mistake, "was sent, who should not be", async |project| {
        for (limit, some) in [("5", 5), ("0", 0), ("101", 101), ("1000", 120)] {
            let org = Org::new(120);
            let limit = format!("max_records_to_import={limit}");
            let ran = org.run(&project.flow("import.yaml"), &["--json", "--set", &limit]).await;
            done(&ran)?;
            let read: BTreeSet<String> = org.ids().into_iter().take(some).collect();
            let here: BTreeSet<String> = read.intersection(&org.here()).cloned().collect();
            org.sent_once(Operation::Upsert, &here)?;
            let outputs = outputs(&ran);
            ensure(outputs["employees"] == some && outputs["sent"] == here.len(), || outputs.to_string())?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_those_who_have_left_are_deactivated() {
    // The template stores everybody.
    let mistake = [(
        "utilities/add_personio_record.yaml",
        "value_a: $.inputs.Record.Status, operator: \"==\"",
        "value_a: inactive, operator: ==",
    )];
    catches(&Project::shipped(), &mistake, "was sent, who should not be", async |project| {
        let org = Org::imported(&employees(300));
        let ran = org
            .run(&project.flow("deactivate.yaml"), &["--json", "--set", "max_deactivation_share=100"])
            .await;
        done(&ran)?;
        let gone = org.gone();
        org.sent_once(Operation::Delete, &gone)?;
        ensure(org.0.okta.sent(Operation::Upsert).is_empty(), || "somebody was updated".to_owned())?;
        org.settle().await;
        for user in org.0.okta.users() {
            let expected = match gone.contains(&user.external_id) {
                true => UserStatus::Deprovisioned,
                false => UserStatus::Active,
            };
            ensure(user.status == expected, || format!("{} is {:?}", user.external_id, user.status))?;
        }
        let outputs = outputs(&ran);
        let numbers = [&outputs["employees"], &outputs["stored"], &outputs["sent"]];
        ensure(numbers == [&json!(300), &json!(gone.len()), &json!(gone.len())], || outputs.to_string())
    })
    .await;
}

#[tokio::test]
async fn too_many_deactivations_are_refused() {
    let mistake = [("orchestrate_import.yaml", "value_b: $.vars.max_deactivation_share", "value_b: 100")];
    // In a small company one in three has left, which is more than the 20 % that pass.
    let org = || {
        let seeds = (1..).map(|seed| Setup { employees: 6, seed, ..Setup::default() });
        let mut orgs = seeds.map(|setup| Org::imported(&setup));
        orgs.find(|org| org.gone().len() == 2 && org.gone().is_subset(&org.known())).unwrap()
    };
    catches(&Project::shipped(), &mistake, "exit code 0", async |project| {
        let org = org();
        let deactivate = project.flow("deactivate.yaml");
        let ran = org.run(&deactivate, &[]).await;
        ensure(ran.code == 1, || format!("exit code {}", ran.code))?;
        ensure(org.asked("POST") == 0 && org.statuses().is_empty(), || "something was sent".to_owned())?;
        ensure(
            ran.stderr.contains("2 of 6 employees (33.3 %) would be deactivated, more than the 20 %"),
            || ran.stderr.clone(),
        )?;
        let allow = "--set max_deactivation_share=34";
        ensure(ran.stderr.contains(allow), || ran.stderr.clone())?;
        // What the message says is enough, and no less would be.
        let allow: Vec<&str> = allow.split(' ').collect();
        let less = org.run(&deactivate, &["--set", "max_deactivation_share=33"]).await;
        ensure(less.code == 1, || format!("33 % exit code {}", less.code))?;
        done(&org.run(&deactivate, &allow).await)?;
        org.sent_once(Operation::Delete, &org.gone())
    })
    .await;
}

#[tokio::test]
async fn those_whom_okta_never_knew_need_no_import() {
    let mistake = [(
        "utilities/trigger_import_session.yaml",
        "with: { value_a: $.loaded.status, operator: \"==\", value_b: CREATED }",
        "with: { value_a: $.loaded.status, operator: ==, value_b: NONE }",
    )];
    let because = "Only a session that is in IN_PROGRESS status can be triggered";
    catches(&Project::shipped(), &mistake, because, async |project| {
        let org = Org::new(120);
        let ran = org.run(&project.flow("deactivate.yaml"), &[]).await;
        done(&ran)?;
        ensure(org.open_sessions().is_empty(), || format!("left open: {:?}", org.statuses()))?;
        ensure(org.statuses() == ["CLOSED"], || format!("{:?}", org.statuses()))
    })
    .await;
}

#[tokio::test]
async fn a_session_that_waits_for_its_import_is_reported_as_it_stands() {
    // Okta takes an hour for the import; the run does not wait for it.
    let mut org = Org::new(7);
    let slow = OktaSimConfig {
        import_duration: Duration::from_secs(3600),
        ..OktaSimConfig::new(org.0.clock.clone())
    };
    org.0.okta = OktaSim::new(slow);
    let ran = org.run(&Project::shipped().flow("import.yaml"), &["--json"]).await;
    done(&ran).unwrap();
    assert_eq!(outputs(&ran)["session_statuses"][0]["status"], "TRIGGERED");
    assert!(org.elapsed_ms() < 600_000, "{}", org.elapsed_ms());
    // A run that starts meanwhile waits for it.
    let again = org.run(&Project::shipped().flow("import.yaml"), &["--json"]).await;
    done(&again).unwrap();
    assert!(org.0.okta.sessions()[1].created_ms - EPOCH_MS >= 3_600_000);
}

/// How much of a card's inputs and outputs an outline shows.
const SHOWN: usize = 140;

/// A value in a line, cut where it is long.
fn short(value: &Value) -> String {
    let line = value.to_string();
    match line.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// A flow that ran, a line for each card: which ran, how it ended, what it was given and what it gave. Of the items of a loop the first
/// is shown, and how many there were.
fn outline(flow: &Value, indent: usize) -> String {
    let text = |name: &str| flow[name].as_str().unwrap();
    let head = format!("{:indent$}{} {}: {}", "", text("path"), text("status"), short(&flow["inputs"]));
    format!("{head} → {}\n{}", short(&flow["outputs"]), cards(&flow["cards"], indent + 2))
}

fn cards(all: &Value, indent: usize) -> String {
    let mut told = String::new();
    for card in all.as_array().unwrap() {
        let text = |name: &str| card[name].as_str().unwrap();
        told += &format!("{:indent$}{}: {}", "", text("id"), text("card"));
        if card["status"] != "done" || card["tries"] != 1 {
            told += &format!(", {} after {} tries", text("status"), card["tries"]);
        }
        told += &format!(": {} → {}\n", short(&card["inputs"]), short(&card["outputs"]));
        let deeper = indent + 2;
        if card["arm"].is_string() {
            told += &format!("{:deeper$}{}\n{}", "", text("arm"), cards(&card["cards"], deeper + 2));
        }
        if card["called"].is_object() {
            told += &outline(&card["called"], deeper);
        }
        if let Some(items) = card["items"].as_array() {
            let counts = ["total", "done", "failed", "pages"].map(|name| format!(" {name} {}", card[name]));
            told += &format!("{:deeper$}items:{}\n", "", counts.join(","));
            told += &items.first().map(|first| outline(first, deeper)).unwrap_or_default();
        }
    }
    told
}

/// What a part of a report can have: the names of its members, and those of the parts in it, by the name that each part goes by.
fn members(part: &str, value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(members_of) => {
            for (name, value) in members_of {
                found.entry(part.to_owned()).or_default().insert(name.clone());
                match &**name {
                    "flow" | "called" | "items" => members("flow", value, found),
                    "cards" | "counts" => members(name, value, found),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(part, item, found)),
        _ => {}
    }
}

/// A report in short: its counts and its flow's outputs whole, then an outline, then which members its parts have.
///
/// Values that are cut in it are held whole elsewhere: what of an employee arrives by `what_arrives_is_what_personio_says`, rows and
/// their order by `rows_are_sent_in_the_order_in_which_they_came`, each flow's own outputs by `each_flow_runs_alone`, what cards
/// answer by their examples.
fn in_short(report: &Value) -> String {
    let mut parts = BTreeMap::new();
    members("report", report, &mut parts);
    let parts = parts.iter().map(|(part, names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("{part}: {}\n", names.join(", "))
    });
    let (counts, outputs) = (&report["counts"], &report["flow"]["outputs"]);
    format!("{counts}\n{outputs:#}\n\n{}\n{}", outline(&report["flow"], 0), parts.collect::<String>())
}

fn accepted(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("import");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[tokio::test]
async fn reports_are_as_accepted() {
    let project = Project::shipped();
    let org = Org::imported(&Setup { duplicates: 1, ..employees(25) });
    for name in ["import", "deactivate"] {
        let ran = org.run(&project.flow(&format!("{name}.yaml")), &["--json"]).await;
        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        accepted(&format!("report-{name}"), &in_short(&serde_json::from_str(&ran.stdout).unwrap()));
        org.settle().await;
    }
}

#[tokio::test]
async fn each_flow_runs_alone() {
    let project = Project::shipped();
    let org = Org::new(25);
    let source = format!("applicationId={}", org.0.okta.identity_source_id());
    let told = async |flow: &str, inputs: &[String]| {
        let args: Vec<&str> = inputs.iter().flat_map(|input| ["-i", input]).collect();
        let ran = org.run(&project.flow(flow), &args).await;
        let place = format!("{}/", project.root().display());
        let told = format!("{}{}exit code {}\n", ran.stdout, ran.stderr, ran.code).replace(&place, "");
        let typed: Vec<String> = inputs.iter().map(|input| format!(" -i '{input}'")).collect();
        format!("$ flowrun run flows/{flow}{}\n{told}\n", typed.concat())
    };
    let inputs =
        |inputs: &[&str]| -> Vec<String> { inputs.iter().map(|input| (*input).to_owned()).collect() };

    let row =
        r#"user={"id":"17","first_name":"Zoë","last_name":"D'Arc","email":"zoe@example.com","bytes":90}"#;
    let mapping = told("utilities/personio_mapping.yaml", &inputs(&[row])).await;
    accepted("personio_mapping", &mapping);

    let record = r#"Record={"ID":"17","First Name":"Zoë","Last Name":"D'Arc","Email":"zoe@example.com","Status":"active"}"#;
    let flow = "utilities/add_personio_record.yaml";
    let leaving = "importOperation=Deactivate & Delete";
    accepted(
        "add_personio_record",
        &(told(flow, &inputs(&[record])).await + &told(flow, &inputs(&[record, leaving])).await),
    );

    // A session from its opening to its import, then one that is given up.
    let create = "utilities/create_import_session.yaml";
    let mut all = told(create, &inputs(&[&source])).await;
    let session = org.0.okta.sessions()[0].id.clone();
    let its_id = format!("sessionId={session}");
    all += &told("utilities/trigger_import_session.yaml", &inputs(&[&its_id, &source])).await;
    let row = format!(r#"session={{"session_id":"{session}","records":0,"status":"TRIGGERED"}}"#);
    all += &told("utilities/read_import_session.yaml", &inputs(&[&row, &source])).await;
    accepted("session-that-stays-empty", &all);

    let loaded = org.0.okta.open_session_for_test(SessionStatus::InProgress);
    let its_id = format!("sessionId={loaded}");
    let row = format!(r#"session={{"session_id":"{loaded}","records":7,"status":"TRIGGERED"}}"#);
    let mut all = told("utilities/trigger_import_session.yaml", &inputs(&[&its_id, &source])).await;
    // It waits for the one that was just triggered.
    all += &told(create, &inputs(&[&source])).await;
    all += &told("utilities/read_import_session.yaml", &inputs(&[&row, &source])).await;
    accepted("session-that-is-triggered", &all);

    let opened = org.0.okta.sessions().last().unwrap().id.clone();
    let its_id = format!("sessionId={opened}");
    let delete = "utilities/delete_import_session.yaml";
    let mut all = told(delete, &inputs(&[&its_id, &source])).await;
    all += &told(delete, &inputs(&[&its_id, &source])).await;
    accepted("session-that-is-given-up", &all);

    // These two are for a loop to call: without one there is no number of the item.
    let handler = inputs(&[
        &source,
        "totalRecords=0",
        "maxRecordsPerBulkImport=200",
        "maxRecordsPerSession=10000",
        "importOperation=Create & Update",
    ]);
    let page = inputs(&[
        "sessionId=none",
        &source.replace("applicationId", "appId"),
        "tableOffset=0",
        "maxRecordsPerBulkImport=200",
        "importOperation=Create & Update",
    ]);
    let all = told("session_handler.yaml", &handler).await + &told("bulk_request_handler.yaml", &page).await;
    accepted("flows-for-a-loop", &all);
    assert!(org.open_sessions().is_empty());
}
