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
use flowrun_host::session::simulators::{OktaAuth, Setup, Simulators};
use flowrun_host::session::{Ended, Job, Plan, Session};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{SeedUser, UserStatus};
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::served::{Env, Served, variables};
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

/// A request of which Okta allows 100 a minute, twice.
const LISTS: &str = "name: Lists
cards:
  - { card: okta.list_applications, with: { result_set: first_200 } }
  - { card: okta.list_applications, with: { result_set: first_200 } }
";

const MANIFEST: &str = "connections: { okta: okta }\n";

/// An org in which Ada is a user.
fn org(clock: Clock, okta_auth: OktaAuth) -> Simulators {
    let org = Simulators::empty(clock, &Setup { employees: 0, okta_auth, ..Setup::default() });
    let profile = ["userName", "email"].map(|name| (name.to_owned(), "ada@example.com".to_owned()));
    let ada = SeedUser { external_id: "1".to_owned(), profile: profile.into(), status: UserStatus::Active };
    org.okta.seed([ada]);
    org
}

/// A run that is ready to start, over these simulators or what the environment leads to.
async fn opened(flow: &Path, env: Env, simulators: Option<Simulators>) -> Session {
    let surroundings = Surroundings { env, simulators, ..surroundings() }.session();
    let job = Job { file: flow.to_owned(), ..Job::default() };
    let Ok(plan) = Plan::new(job, surroundings) else { panic!("{} has mistakes", flow.display()) };
    plan.open(&Stop::new().1, &mut |_| {}).await.unwrap_or_else(|problem| panic!("{problem:?}"))
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
    let vendor = org(Clock::starting_at(EPOCH_MS, 1.0), OktaAuth::ApiToken);
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
        let simulated = org(Clock::simulated(EPOCH_MS), OktaAuth::ApiToken);
        let sleeps = opened(&folder.path().join("sleeps.yaml"), Env::new(), Some(simulated.clone())).await;
        let (real_clock, (_switch, stop)) = (real.clock().clone(), Stop::new());
        assert!(!real.is_simulated() && sleeps.is_simulated());
        let real = real.spawn((), stop.clone());
        // While the real one waits for its answer, an hour passes for the other.
        let ended = sleeps.spawn((), stop).await.unwrap();
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

#[test]
fn a_hundred_runs_share_an_org() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("lists.yaml", LISTS), ("flowrun.yaml", MANIFEST)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let org = org(Clock::simulated(EPOCH_MS), OktaAuth::Oauth);
    of_many_threads().unwrap().block_on(async {
        let (_switch, stop) = Stop::new();
        let mut opened_runs = Vec::new();
        for _ in 0..RUNS {
            opened_runs.push(opened(&folder.path().join("lists.yaml"), Env::new(), Some(org.clone())).await);
        }
        let runs: Vec<_> = opened_runs.into_iter().map(|run| run.spawn((), stop.clone())).collect();
        for run in runs {
            done(&run.await.unwrap());
        }
    });
    let traffic = org.okta.traffic();
    let (logins, throttled) = (traffic.count("/oauth2/v1/token"), traffic.answered(429));
    let noted = format!("{RUNS} runs: {logins} logins, {throttled} answers of 429, {} at most\n", peak());
    std::io::stderr().write_all(noted.as_bytes()).unwrap();
    assert_eq!(traffic.count("GET /api/v1/apps"), 2 * RUNS as u64 + throttled);
    // Each run has a client of its own: it logs in by itself, and learns of the others' pace by being refused.
    assert_eq!(logins, RUNS as u64);
    assert!(throttled > 0);
}

/// The most memory that this process had, where the system tells it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown memory".to_owned(), |line| line.trim().to_owned())
}
