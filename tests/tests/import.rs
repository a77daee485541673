//! The Personio import from outside: what its flow tests (`flows/*.test.yaml`) can't say, on many employees and to the byte; and that those catch
//! the mistakes of the template, and some more, so that none of them passes by accident.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use flowrun_core::report::Status;
use flowrun_host::driver::{self, Stop};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_okta::sim::{Operation, UserStatus};
use flowrun_tests::org::{Edit, Org, Project};
use flowrun_tests::simulators::Setup;
use flowrun_tests::{Ran, flowrun};
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

/// A mistake that somebody could make in a flow, and the test that says that it must not be: its file, and its name.
type Mistake = (Edit<'static>, &'static str, &'static str);

const CREATES: &str = "utilities/create_import_session.yaml";
const DRIVES: &str = "orchestrate_import.yaml";
const MISTAKES: &[Mistake] = &[
    // The template's second session sends the records of the first again.
    (
        (
            "bulk_request_handler.yaml",
            "a: $.inputs.tableOffset, b: $.before.product",
            "a: 0, b: $.before.product",
        ),
        "bulk_request_handler",
        "sends its page in the order in which Personio listed it",
    ),
    (
        (
            "bulk_request_handler.yaml",
            "      table: temporary_records\n      limit:",
            "      table: temporary_records\n      sort_column: last_name\n      limit:",
        ),
        "bulk_request_handler",
        "sends its page in the order in which Personio listed it",
    ),
    (
        (
            DRIVES,
            "with: { a: $.sessionsNeeded.result }",
            "with: { a: \"{{ [sessionsNeeded.result, 1] | max }}\" }",
        ),
        "orchestrate_import",
        "sends nothing and opens no session where nobody is listed",
    ),
    // What an earlier run left, opened or loaded, blocks this one until it is closed.
    (
        ("preflight.yaml", "comparison: [CREATED, IN_PROGRESS] }", "comparison: [IN_PROGRESS] }"),
        "preflight",
        "hands on what an earlier run of this project left open",
    ),
    (
        ("preflight.yaml", "comparison: [CREATED, IN_PROGRESS] }", "comparison: [CREATED] }"),
        "preflight",
        "hands on what an earlier run of this project left open",
    ),
    // The template deletes whatever is listed.
    (
        (
            "preflight.yaml",
            "comparison: [CREATED, IN_PROGRESS] }",
            "comparison: [CREATED, IN_PROGRESS, TRIGGERED] }",
        ),
        "preflight",
        "lets a session that was triggered come to its end",
    ),
    // The template overlooks sessions that are IN_PROGRESS, and looks once.
    (
        (CREATES, "comparison: [CREATED, IN_PROGRESS, TRIGGERED]", "comparison: [CREATED, TRIGGERED]"),
        "create_import_session",
        "waits for one that is active, and looks again",
    ),
    (
        (CREATES, "comparison: [CREATED, IN_PROGRESS, TRIGGERED]", "comparison: [CREATED, IN_PROGRESS]"),
        "create_import_session",
        "waits for one that is active, and looks again",
    ),
    (
        (
            CREATES,
            "value_a: $.count.length, operator: \">\"",
            "value_a: \"{{ count.length if inputs.attempt == 1 else 0 }}\", operator: \">\"",
        ),
        "create_import_session",
        "waits for one that is active, and looks again",
    ),
    // The card that closes the session is replaced by one that does nothing.
    (
        (
            "utilities/load_session.yaml",
            concat!(
                "              - card: flow_control.call_flow\n                with: { flow: delete_import_session }\n",
                "                pass: { sessionId: $.session.sessionId, applicationId: $.inputs.applicationId }\n",
            ),
            "              - card: flow_control.assign\n                with: { done: nothing }\n",
        ),
        "load_session",
        "gives up after three sessions, and leaves none open",
    ),
    (
        ("utilities/store_person.yaml", "operator: \"==\", value_b: 0 }", "operator: \">=\", value_b: 0 }"),
        "store_person",
        "stores whom Personio lists twice once",
    ),
    (
        (
            DRIVES,
            "value_a: $.employees.failed\n      operator: \">\"",
            "value_a: $.employees.failed\n      operator: \"<\"",
        ),
        "orchestrate_import",
        "refuses when an employee could not be stored",
    ),
    (
        (DRIVES, "list: $.states.values, value: ERROR", "list: $.states.values, value: NONE"),
        "orchestrate_import",
        "is no success when Okta's import fails",
    ),
    (
        (DRIVES, "value_if_true: $.fitting.entries", "value_if_true: $.limits.entriesPerBulkRequest"),
        "orchestrate_import",
        "puts only as many into a bulk request as are sure to fit",
    ),
    (
        (DRIVES, "      record_limit: $.inputs.maxRecordsToImport\n", "      record_limit:\n"),
        "import",
        "a small batch is a small batch",
    ),
    // The template stores everybody, so that Deactivate & Delete would deactivate everybody.
    (
        (
            "utilities/add_personio_record.yaml",
            "value_a: $.inputs.Record.Status, operator: \"==\"",
            "value_a: inactive, operator: ==",
        ),
        "add_personio_record",
        "creates and updates who is there, under a trimmed address",
    ),
    (
        (DRIVES, "value_b: $.vars.max_deactivation_share", "value_b: 100"),
        "orchestrate_import",
        "refuses to deactivate more than may be",
    ),
    // The template triggers a session into which Okta took nothing.
    (
        (
            "utilities/trigger_import_session.yaml",
            "value_a: $.loaded.status, operator: \"==\", value_b: CREATED",
            "value_a: $.loaded.status, operator: ==, value_b: NONE",
        ),
        "trigger_import_session",
        "closes a session into which Okta took nothing",
    ),
];

#[test]
fn each_mistake_is_caught_by_a_flow_test() {
    for (edit, file, name) in MISTAKES {
        let project = Project::shipped().edited(&[*edit]);
        let folder =
            if project.root().join(format!("{file}.test.yaml")).is_file() { "" } else { "utilities/" };
        let path = project.flow(&format!("{folder}{file}.test.yaml"));
        let ran = flowrun(&["test", &path, "--filter", name], Default::default());
        let caught = ran.stdout.contains(&format!("failed: {folder}{file}.test.yaml: {name}"));
        assert!(ran.code == 1 && caught, "not caught: {edit:?}\n{}{}", ran.stdout, ran.stderr);
    }
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
/// Values that are cut in it are held whole elsewhere: what of an employee arrives by `what_arrives_is_what_personio_says`, the rest by
/// the flows' own tests, what cards answer by their examples.
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
