//! What stands between a mistake and a directory: dry runs, the preflight, the audit record, what is kept from run to run, and
//! the vendors' limits.

use std::collections::BTreeSet;
use std::fs;

use flowrun_host::session::durable::home::Home;
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{Operation, Rehire, SeedUser, UserStatus};
use flowrun_tests::limits;
use flowrun_tests::org::{Org, Project, fault};
use flowrun_tests::simulators::{Setup, Simulators};
use serde_json::{Value, json};

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// How many requests Okta got that could change something.
fn changes(org: &Org) -> u64 {
    ["POST", "PUT", "PATCH", "DELETE"].iter().map(|method| org.asked(method)).sum()
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_done_and_does_nothing() {
    let project = Project::shipped();
    let org = Org::imported(&Setup::default());
    for (flow, told) in [
        ("import.yaml", "stored: 238 · left: 12 · to_create: 48 · to_change: 0 · unchanged: 190 · sent: 0"),
        ("deactivate.yaml", "stored: 12 · to_deactivate: 10 · sent: 0"),
        (
            "import_changes.yaml",
            "stored: 238 · left: 12 · to_create: 48 · to_change: 0 · unchanged: 190 · sent: 0",
        ),
    ] {
        let ran = org.run(&project.flow(flow), &["--dry-run"]).await;
        assert_eq!(ran.code, 0, "{flow}: {}", ran.stderr);
        assert!(ran.stdout.contains(told), "{flow}: {}", ran.stdout);
        assert_eq!(last_line(&ran.stdout), "dry run: nothing was changed", "{flow}");
    }
    assert_eq!((changes(&org), org.statuses().len()), (0, 0));
    // Nor is anything remembered that did not happen.
    let home = Home::look(org.state(), &Default::default()).unwrap();
    assert!(home.is_none_or(|home| home.store.tables().unwrap().is_empty()));
}

#[tokio::test]
async fn what_a_dry_run_told_is_what_happens() {
    let project = Project::shipped();
    let org = Org::imported(&Setup::default());
    let before = org.known();
    assert_eq!(org.run(&project.flow("import.yaml"), &[]).await.code, 0);
    org.settle().await;
    // Of 50 who are new two have left: they are not created.
    assert_eq!(org.known().len() - before.len(), 48);
    // The second time there is nothing new, and those who left are still there to be deactivated.
    let again = org.run(&project.flow("import.yaml"), &["--dry-run"]).await;
    assert!(
        again.stdout.contains("left: 12 · to_create: 0 · to_change: 0 · unchanged: 238"),
        "{}",
        again.stdout
    );
    let leavers = org.run(&project.flow("deactivate.yaml"), &["--dry-run"]).await;
    assert!(leavers.stdout.contains("stored: 12 · to_deactivate: 10"), "{}", leavers.stdout);
    assert_eq!(org.run(&project.flow("deactivate.yaml"), &[]).await.code, 0);
    org.settle().await;
    let over = org.run(&project.flow("deactivate.yaml"), &["--dry-run"]).await;
    assert!(over.stdout.contains("stored: 12 · to_deactivate: 0"), "{}", over.stdout);
    // Who is gone stays gone, whatever an import does to the deactivated.
    let next = org.run(&project.flow("import.yaml"), &["--dry-run"]).await;
    assert!(next.stdout.contains("to_create: 0 · to_change: 0 · unchanged: 238"), "{}", next.stdout);
    assert_eq!(org.run(&project.flow("import.yaml"), &[]).await.code, 0);
    org.settle().await;
    assert_eq!(org.0.okta.count_status(UserStatus::Deprovisioned), 10);
}

#[tokio::test]
async fn a_flow_that_knows_no_dry_runs_changes_nothing() {
    let org = Org::new(5);
    let source = format!("applicationId={}", org.0.okta.identity_source_id());
    let flow = Project::shipped().flow("utilities/create_import_session.yaml");
    let ran = org.run(&flow, &["--dry-run", "-i", &source]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let path = format!("POST /api/v1/identity-sources/{}/sessions", org.0.okta.identity_source_id());
    let told = format!("dry run: nothing was changed; 1 request would have been sent:\n  {path}");
    assert!(ran.stdout.trim_end().ends_with(&told), "{}", ran.stdout);
    assert_eq!(changes(&org), 0);
}

#[tokio::test]
async fn only_what_changed_is_imported_again() {
    // Tuesday, 15 September 2026: the data is of 1 October.
    const THEN_MS: i64 = 1_789_430_400_000;
    let project = Project::shipped();
    for (api, earlier_ms) in [("v1", 14 * 3_600_000), ("v2", 0)] {
        let setup = Setup { employees: 400, ..Setup::default() };
        let org = Org::over(Simulators::empty(Clock::simulated(THEN_MS), &setup));
        let version = format!("personio_api={api}");
        let run = async || org.run(&project.flow("import_changes.yaml"), &["--set", &version]).await;
        let first = run().await;
        assert_eq!(first.code, 0, "{api}: {}", first.stderr);
        org.settle().await;
        let before = org.0.okta.sent(Operation::Upsert);
        let second = run().await;
        assert_eq!(second.code, 0, "{api}: {}", second.stderr);
        let sent = org.0.okta.sent(Operation::Upsert);
        let again: BTreeSet<String> =
            sent.into_iter().filter(|(id, times)| before.get(id) != Some(times)).map(|(id, _)| id).collect();
        let since_s = (THEN_MS - 600_000 - earlier_ms) / 1000;
        let changed = org.0.personio.employees().filter(|employee| employee.modified.0 > since_s);
        let changed: BTreeSet<String> = changed.map(|employee| employee.id.to_string()).collect();
        let changed: BTreeSet<String> = changed.intersection(&org.here()).cloned().collect();
        assert!(!changed.is_empty() && changed.len() < 100, "{api}: {}", changed.len());
        assert_eq!(again, changed, "{api}");
        // A trial with a few does not count as an import.
        let remembered = || {
            let home = Home::look(org.state(), &Default::default()).unwrap().unwrap();
            let tables = home.store.tables().unwrap();
            let (table, _) = tables.into_iter().find(|(table, _)| &*table.name == "last_import").unwrap();
            home.store.table(&table).unwrap()
        };
        let before = remembered();
        let trial = org.run(&project.flow("import.yaml"), &["--set", "max_records_to_import=3"]).await;
        assert_eq!((trial.code, remembered()), (0, before), "{api}");
    }
}

#[tokio::test]
async fn a_run_says_afterwards_what_it_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let faults = vec![fault("server-error@bulk-upsert:nth=2")];
    let org = Org::of(&Setup { employees: 250, faults, ..Setup::default() });
    let import = Project::shipped().flow("import.yaml");
    let ran = org.run(&import, &["--audit", &path.display().to_string()]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (start, end) = (&lines[0], lines.last().unwrap());
    assert_eq!(
        (&start["event"], &start["flow"]),
        (&"start".into(), &"Import from Personio (Create & Update)".into())
    );
    assert_eq!(start["flows_sha256"].as_str().map(str::len), Some(64));
    assert_eq!(
        (&end["event"], &end["status"], &end["outputs"]["sent"]),
        (&"end".into(), &"done".into(), &org.here().len().into())
    );

    assert_eq!(end["outputs"]["left_out"], serde_json::json!([]));

    // Every request that changed something is there, with Okta's name for it; what Okta took is what it has.
    let requests: Vec<&Value> = lines.iter().filter(|line| line["event"] == "request").collect();
    assert_eq!(requests.len() as u64, changes(&org));
    assert!(
        requests.iter().all(|request| request["request_id"].as_str().is_some_and(|id| id.starts_with("req")))
    );
    let lost = requests.iter().filter(|request| request["lost"] == true).count();
    assert_eq!(lost, 1, "the 500 may have had its effect");
    let sent: BTreeSet<String> = requests
        .iter()
        .flat_map(|request| request["sent"].as_array().into_iter().flatten())
        .map(|sent| sent["external_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent, org.here());

    // Nobody is named in it, unless that is asked for.
    let someone = org.0.personio.employees().next().unwrap();
    assert!(!text.contains(&someone.email));
    let path = folder.path().join("profiles.jsonl");
    let args = ["--audit", &path.display().to_string(), "--audit-profiles"];
    Org::new(5).run(&import, &args).await;
    assert!(fs::read_to_string(&path).unwrap().contains(&someone.email));
}

#[tokio::test]
async fn no_import_is_told_to_slow_down_within_the_usual_limits() {
    for api in ["v1", "v2"] {
        let limited = limits::import(12_000, api).await;
        assert_eq!(limited.throttled, 0, "{api}: {limited:?}");
        // What is left is that of each limit only the first window comes at once, and that a session's end is seen late.
        assert!(limited.took <= limited.least.mul_f64(1.6), "{api}: {limited:?}");
    }
}

/// Who has left stays out, and who comes back is active again or is named (reports.md 01; Okta documents neither).
#[tokio::test]
async fn who_has_left_stays_out_and_who_comes_back_is_named() {
    for rehire in [Rehire::Reactivates, Rehire::Keeps] {
        let setup =
            Setup { employees: 60, okta: vec![("okta-import", way(rehire).to_owned())], ..Setup::default() };
        let org = Org::of(&setup);
        let project = Project::shipped();
        let run = async |flow: &str| {
            let ran = org.run(&project.flow(flow), &["--json"]).await;
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            org.settle().await;
            serde_json::from_str::<Value>(&ran.stdout).unwrap()["flow"]["outputs"].clone()
        };
        // Everybody was in Okta, those too who have left since; one who is back had been deactivated.
        let back = org.here().into_iter().next().unwrap();
        org.0.okta.seed(org.0.personio.employees().map(|employee| {
            SeedUser {
                external_id: employee.id.to_string(),
                profile: [
                    ("userName", employee.email.clone()),
                    ("email", employee.email.clone()),
                    ("firstName", employee.first_name.to_string()),
                    ("lastName", employee.last_name.to_string()),
                ]
                .map(|(name, text)| (name.to_owned(), text))
                .into(),
                status: if employee.id.to_string() == back {
                    UserStatus::Deprovisioned
                } else {
                    UserStatus::Active
                },
            }
        }));
        let imported = run("import.yaml").await;
        assert_eq!(imported["left"], json!(org.gone().len()));
        assert_eq!(
            (&imported["to_create"], &imported["unchanged"]),
            (&json!(1), &json!(org.here().len() - 1))
        );
        let named = imported["still_deactivated"].as_array().unwrap();
        match rehire {
            Rehire::Reactivates => assert!(named.is_empty(), "{named:?}"),
            Rehire::Keeps => {
                assert!(named.len() == 1 && named[0].as_str().unwrap().contains(&back), "{named:?}")
            }
        }
        run("deactivate.yaml").await;
        let again = run("import.yaml").await;
        assert_eq!(again["to_change"], 0, "nobody who has left is changed");
        for user in org.0.okta.users() {
            let left = org.gone().contains(&user.external_id);
            let kept = rehire == Rehire::Keeps && user.external_id == back;
            assert_eq!(user.status == UserStatus::Deprovisioned, left || kept, "{}", user.external_id);
        }
        assert_eq!(
            org.asked("GET /api/v1/users"),
            if rehire == Rehire::Keeps { 2 } else { 1 },
            "no request for each"
        );
    }
}

fn way(rehire: Rehire) -> &'static str {
    match rehire {
        Rehire::Reactivates => "reactivates",
        Rehire::Keeps => "keeps",
    }
}
