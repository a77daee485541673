//! Many runs in one process: each by its own time, on all threads, over what they share.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use flowrun::Surroundings;
use flowrun_core::report::{Report, Status};
use flowrun_host::driver::Stop;
use flowrun_host::runtime::{of_many_threads, of_one_thread};
use flowrun_host::session::{self, Ended, Job, Plan, Session};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{SeedUser, UserStatus};
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::served::{Env, Served, variables};
use flowrun_tests::simulators::{OktaAuth, Setup, Simulators};
use flowrun_tests::surroundings;
use tokio::sync::Semaphore;

/// Waits an hour between two requests.
const SLEEPS: &str = "name: Sleeps
cards:
  - { card: okta.read_user, with: { id_or_login: ada@example.com } }
  - { card: flow_control.wait_for, with: { delay: 3600 } }
  - { card: okta.read_user, with: { id_or_login: ada@example.com } }
";

/// Two requests.
const ASKS: &str = "name: Asks
cards:
  - { card: okta.read_user, with: { id_or_login: ada@example.com } }
  - { card: okta.read_user, with: { id_or_login: ada@example.com } }
";

const MANIFEST: &str = "connections: { okta: okta }\n";

/// An org in which Ada is a user.
fn org(clock: Clock) -> Simulators {
    let org = Simulators::empty(clock, &Setup { employees: 0, ..Setup::default() });
    let profile = ["userName", "email"].map(|name| (name.to_owned(), "ada@example.com".to_owned()));
    let ada = SeedUser { external_id: "1".to_owned(), profile: profile.into(), status: UserStatus::Active };
    org.okta.seed([ada]);
    org
}

/// A run that is ready to start, over these simulators or what the environment leads to.
async fn opened(flow: &Path, env: Env, simulators: Option<Simulators>) -> Session {
    let simulators = simulators.map(|simulators| simulators.all());
    let surroundings = Surroundings { env, simulators, ..surroundings() }.session();
    let job = Job { file: flow.to_owned(), ..Job::default() };
    let Ok(plan) = Plan::new(job, surroundings, &mut Vec::new()) else {
        panic!("{} has mistakes", flow.display())
    };
    plan.open(Stop::default(), &mut |_| {}).await.unwrap_or_else(|problem| panic!("{problem:?}"))
}

fn done(ended: &Ended) -> &Report {
    assert_eq!(ended.report.status, Status::Done, "{:?}", ended.report.flow.error);
    &ended.report
}

#[test]
fn a_simulated_run_jumps_and_a_real_one_beside_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("sleeps.yaml", SLEEPS), ("asks.yaml", ASKS), ("flowrun.yaml", MANIFEST)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    // Answers the real run only when it is let.
    let gate = Arc::new(Semaphore::new(0));
    let vendor = org(Clock::starting_at(EPOCH_MS, 1.0));
    let waits = {
        let gate = gate.clone();
        move |request: Request, next: Next| {
            let gate = gate.clone();
            async move {
                gate.acquire().await.unwrap().forget();
                next.run(request).await
            }
        }
    };
    let served = Served::new(Router::new().merge(vendor.okta.router()).layer(from_fn(waits)));
    let mut env = variables(&vendor, &served.url);
    env.retain(|name, _| name.starts_with("OKTA_"));
    env.insert("XDG_STATE_HOME".to_owned(), folder.path().display().to_string());

    // On one thread: what one of them did to the time would be done to the other too.
    of_one_thread().unwrap().block_on(async {
        let real = opened(&folder.path().join("asks.yaml"), env, None).await;
        let simulated = org(Clock::simulated(EPOCH_MS));
        let sleeps = opened(&folder.path().join("sleeps.yaml"), Env::new(), Some(simulated.clone())).await;
        let real_clock = real.clock().clone();
        assert!(!real.is_simulated() && sleeps.is_simulated());
        let real = real.spawn(());
        // While the real one waits for its answer, an hour passes for the other.
        let ended = sleeps.spawn(()).await.unwrap();
        done(&ended);
        assert_eq!(simulated.clock.now_ms() - EPOCH_MS, 3_600_000);
        assert!(!real.is_finished());
        gate.add_permits(2);
        done(&real.await.unwrap());
        assert!(real_clock.elapsed() < Duration::from_secs(3_600), "it went by the other's time");
    });
    assert_eq!(vendor.okta.traffic().total(), 2, "no request was given up and sent again");
}

/// How many runs go on at once.
const RUNS: usize = 100;

/// Reads twice and changes once.
const FLOW: &str = "name: Changes
cards:
  - { id: users, card: okta.list_users_with_search, connection: okta, with: { result_set: all, search: status pr } }
  - id: user
    card: okta.create_user
    connection: okta
    with: { login: '{{ run.execution_id }}@example.com', email: a@example.com, first_name: Ada, last_name: Lovelace }
  - { card: okta.read_user, connection: okta, with: { id_or_login: $.user.id } }
";

/// Needs another scope: okta.logs.read.
const LOGS: &str = "name: Logs
cards:
  - { card: okta.search_system_logs, connection: okta, with: { result_set: first_200 } }
";

#[test]
fn a_hundred_runs_log_in_once_and_are_never_told_to_slow_down() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("changes.yaml", FLOW), ("logs.yaml", LOGS), ("flowrun.yaml", MANIFEST)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let setup = Setup { employees: 100, okta_auth: OktaAuth::Oauth, ..Setup::default() };
    let simulators = Simulators::new(Clock::simulated(EPOCH_MS), &setup);
    let around = Surroundings { simulators: Some(simulators.all()), ..surroundings() }.session();
    let open = async |flow: &str, number: usize| {
        let around = session::Surroundings { run_id: Some(format!("run-{number}")), ..around.clone() };
        let job = Job { file: folder.path().join(flow), ..Job::default() };
        let plan = Plan::new(job, around, &mut Vec::new()).unwrap_or_else(|_| panic!("{flow} has mistakes"));
        plan.open(Stop::default(), &mut |_| {}).await.unwrap_or_else(|problem| panic!("{problem:?}"))
    };
    let (mut activities, traffic) = (Vec::new(), simulators.okta.traffic());
    of_many_threads().unwrap().block_on(async {
        let mut runs = Vec::new();
        for number in 0..RUNS {
            let session = open("changes.yaml", number).await;
            activities.extend(session.activities());
            runs.push(session.spawn(()));
        }
        for run in runs {
            done(&run.await.unwrap());
        }
        // Of RFC 6749, section 4.4: a login is one request to the token endpoint.
        assert_eq!((traffic.count("/oauth2/v1/token"), traffic.answered(429)), (1, 0));
        let noted = format!("{RUNS} runs: {} at most\n", peak());
        std::io::stderr().write_all(noted.as_bytes()).unwrap();
        // A flow whose cards need something else to be granted asks for that, and nobody else does.
        done(&open("logs.yaml", RUNS).await.spawn(()).await.unwrap());
        done(&open("changes.yaml", RUNS + 1).await.spawn(()).await.unwrap());
    });
    assert_eq!((traffic.count("/oauth2/v1/token"), traffic.answered(429)), (2, 0));
    // A page of up to 200 users each, then a user, made and read: every run counts its own, and the first its login too.
    let counts: Vec<u64> = activities.iter().map(|(_, activity)| activity.tally().requests).collect();
    assert_eq!((counts.iter().sum::<u64>(), counts.iter().filter(|count| **count == 4).count()), (301, 1));
    assert!(counts.iter().all(|count| (3..=4).contains(count)), "{counts:?}");
}

/// Notes itself in a kept table, and an hour later tells who is there.
const COUNTS: &str = "name: Counts
outputs: { counted: number }
cards:
  - { card: tables.create_row, with: { table: counted, by: '{{ run.execution_id }}' } }
  - { card: flow_control.wait_for, with: { delay: 3600 } }
  - { id: all, card: tables.search_rows, with: { table: counted } }
  - { card: flow_control.return, with: { counted: $.all.count } }
";

#[test]
fn runs_share_what_is_kept_and_a_dry_run_changes_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "tables: { counted: { kept: true, columns: { by: text } } }\n";
    for (name, text) in [("counts.yaml", COUNTS), ("flowrun.yaml", manifest)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let state = folder.path().join("state");
    let nobody = Setup { employees: 0, ..Setup::default() };
    let process = || {
        let simulators = Simulators::empty(Clock::simulated(EPOCH_MS), &nobody);
        Surroundings { simulators: Some(simulators.all()), ..surroundings() }.session()
    };
    let open = async |around: &session::Surroundings, run: &str, dry_run: bool| {
        let around = session::Surroundings { run_id: Some(run.to_owned()), ..around.clone() };
        let file = folder.path().join("counts.yaml");
        let job = Job { file, dry_run, state: Some(state.clone()), ..Job::default() };
        let plan = Plan::new(job, around, &mut Vec::new()).unwrap_or_else(|_| panic!("it has mistakes"));
        plan.open(Stop::default(), &mut |_| {}).await
    };
    of_one_thread().unwrap().block_on(async {
        let here = process();
        let mut runs = Vec::new();
        for (run, dry_run) in [("first", false), ("second", false), ("dry", true)] {
            let session = open(&here, run, dry_run).await.unwrap_or_else(|problem| panic!("{problem:?}"));
            runs.push(session.spawn(()));
        }
        let mut counted = Vec::new();
        for run in runs {
            let ended = run.await.unwrap();
            counted.push(ended.report.flow.outputs.as_object().unwrap()["counted"].clone());
        }
        // The dry run came before the others had done anything.
        assert_eq!(counted, [2.into(), 2.into(), 1.into()]);
        // Another process is refused as long as a run of this one is open, and then sees what is kept.
        let there = process();
        let held = open(&here, "third", false).await.unwrap_or_else(|problem| panic!("{problem:?}"));
        let refused = open(&there, "fourth", false).await.err().map(|problem| problem.message);
        let told = "the store of this project is in use by `Counts` since";
        assert!(refused.as_ref().is_some_and(|refused| refused.starts_with(told)), "{refused:?}");
        drop(held);
        let session = open(&there, "fourth", false).await.unwrap_or_else(|problem| panic!("{problem:?}"));
        let ended = session.spawn(()).await.unwrap();
        assert_eq!(done(&ended).flow.outputs.as_object().unwrap()["counted"], 3.into());
    });
}

/// The most memory that this process had, where the system tells it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown memory".to_owned(), |line| line.trim().to_owned())
}
