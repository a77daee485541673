//! Runs that want to be alone, and what may go on beside each other.

use std::fs;
use std::path::Path;
use std::time::Duration;

use flowrun::console::Console;
use flowrun::{Surroundings, run_in};
use flowrun_host::session::alone::Alone;
use flowrun_kit::clock::Clock;
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{Ran, surroundings};
use tempfile::TempDir;

/// An hour long, and alone for its org.
const LONG: &str = "name: Long
inputs: { org: text }
alone: { key: \"{{ inputs.org }}\", others: OTHERS }
cards:
  - { card: flow_control.wait_for, with: { delay: 3600 } }
";

/// Another flow, which must not meet it.
const SHORT: &str = "name: Short
alone: { key: acme, others: wait }
cards: []
";

const COUNTS: &str = "name: Counts
cards:
  - { card: tables.create_row, with: { table: counted, by: counts } }
  - { card: flow_control.wait_for, with: { delay: 3600 } }
";

const LOOKS_ELSEWHERE: &str = "name: Looks elsewhere
cards:
  - { card: tables.create_row, with: { table: passing, by: looks } }
";

const MANIFEST: &str = "tables:
  counted: { kept: true, columns: { by: text } }
  passing: { columns: { by: text } }
";

/// A project, the folder in which it keeps its state, and the time of all its runs.
struct Project {
    folder: TempDir,
    simulators: Simulators,
}

impl Project {
    fn new(others: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("long.yaml", LONG.replace("OTHERS", others)),
            ("short.yaml", SHORT.to_owned()),
            ("counts.yaml", COUNTS.to_owned()),
            ("looks_elsewhere.yaml", LOOKS_ELSEWHERE.to_owned()),
            ("flowrun.yaml", MANIFEST.to_owned()),
        ];
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let nobody = Setup { employees: 0, ..Setup::default() };
        Project { folder, simulators: Simulators::empty(Clock::simulated(EPOCH_MS), &nobody) }
    }

    fn state(&self) -> String {
        self.folder.path().join("state").display().to_string()
    }

    /// Runs a flow in a process whose runs that are alone are these.
    async fn run(&self, process: &Alone, flow: &str, args: &[&str]) -> Ran {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let surroundings = Surroundings {
            simulators: Some(self.simulators.all()),
            alone: process.clone(),
            run_id: Some("r1".to_owned()),
            ..surroundings()
        };
        let flow = Path::new(self.folder.path()).join(flow).display().to_string();
        let args = [&[&*flow], args].concat();
        let code = run_in(args, &surroundings, &mut Console::plain(&mut stdout, &mut stderr)).await;
        Ran::new(code, stdout, stderr)
    }

    /// Runs two flows at once, the first one first.
    async fn both(&self, one: impl Future<Output = Ran>, other: impl Future<Output = Ran>) -> (Ran, Ran) {
        let second = async {
            self.simulators.clock.sleep(Duration::from_secs(60)).await;
            other.await
        };
        self.simulators.clock.drive(async { tokio::join!(one, second) }).await
    }

    fn minutes(&self) -> i64 {
        (self.simulators.clock.now_ms() - EPOCH_MS) / 60_000
    }
}

#[tokio::test]
async fn a_second_run_waits_for_the_first() {
    let project = Project::new("wait");
    let process = Alone::default();
    let args = ["-i", "org=acme"];
    let (first, second) = project
        .both(project.run(&process, "long.yaml", &args), project.run(&process, "long.yaml", &args))
        .await;
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.stderr, second.stderr);
    assert_eq!(project.minutes(), 120, "one after the other");
    assert!(second.stderr.contains("waits for the end of `Long` since 2026-09-21T"), "{}", second.stderr);
    assert!(!first.stderr.contains("waits"), "{}", first.stderr);
}

#[tokio::test]
async fn a_second_run_is_refused_where_the_flow_says_so() {
    let project = Project::new("refuse");
    let process = Alone::default();
    let args = ["-i", "org=acme"];
    let (first, second) = project
        .both(project.run(&process, "long.yaml", &args), project.run(&process, "long.yaml", &args))
        .await;
    assert_eq!((first.code, second.code), (0, 2), "{}{}", first.stderr, second.stderr);
    let told = format!("(run r1, process {})", std::process::id());
    assert!(
        second.stderr.contains("`Long` wants to be alone, and `Long` since 2026-09-21T"),
        "{}",
        second.stderr
    );
    assert!(second.stderr.contains(&told), "{}", second.stderr);
    assert_eq!(project.minutes(), 60);
}

#[tokio::test]
async fn other_keys_are_nobody_s_business_and_flows_of_one_key_are() {
    let project = Project::new("wait");
    let process = Alone::default();
    let (first, second) = project
        .both(
            project.run(&process, "long.yaml", &["-i", "org=acme"]),
            project.run(&process, "long.yaml", &["-i", "org=other"]),
        )
        .await;
    assert_eq!((first.code, second.code), (0, 0));
    assert_eq!(project.minutes(), 61, "side by side");
    let (first, second) = project
        .both(
            project.run(&process, "long.yaml", &["-i", "org=acme"]),
            project.run(&process, "short.yaml", &[]),
        )
        .await;
    assert_eq!((first.code, second.code), (0, 0));
    assert!(second.stderr.contains("waits for the end of `Long`"), "{}", second.stderr);
}

#[tokio::test]
async fn processes_that_share_a_state_folder_know_of_each_other() {
    let project = Project::new("refuse");
    let (state, apart) = (project.state(), project.folder.path().join("apart").display().to_string());
    // Each knows only of its own runs, as processes do.
    let (here, there) = (Alone::default(), Alone::default());
    let args = |state: &str| ["-i", "org=acme", "--state", state].map(str::to_owned);
    for (place, code) in [(&state, 2), (&apart, 0)] {
        let (one, other) = (args(&state), args(place));
        let (one, other) = (one.each_ref().map(|arg| &**arg), other.each_ref().map(|arg| &**arg));
        let (first, second) = project
            .both(project.run(&here, "long.yaml", &one), project.run(&there, "long.yaml", &other))
            .await;
        assert_eq!((first.code, second.code), (0, code), "{}{}", first.stderr, second.stderr);
        assert_eq!(second.stderr.contains("and `Long` since 2026-09-21T"), code == 2, "{}", second.stderr);
    }
}

#[tokio::test]
async fn a_dry_run_is_in_nobody_s_way() {
    let project = Project::new("refuse");
    let process = Alone::default();
    let args = ["-i", "org=acme"];
    let dry = ["-i", "org=acme", "--dry-run"];
    let (first, second) = project
        .both(project.run(&process, "long.yaml", &args), project.run(&process, "long.yaml", &dry))
        .await;
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.stderr, second.stderr);
}

#[tokio::test]
async fn one_process_has_the_store_of_a_project() {
    let project = Project::new("wait");
    let state = project.state();
    let process = Alone::default();
    for (flow, more, code) in [
        ("counts.yaml", None, 2),
        ("looks_elsewhere.yaml", None, 2),
        // What keeps nothing is in nobody's way.
        ("looks_elsewhere.yaml", Some("--no-journal"), 0),
    ] {
        let usual = ["--state", &*state];
        let first = project.run(&process, "counts.yaml", &usual);
        let args: Vec<&str> = usual.into_iter().chain(more).collect();
        let (first, second) = project.both(first, project.run(&process, flow, &args)).await;
        assert_eq!((first.code, second.code), (0, code), "{}{}", first.stderr, second.stderr);
        assert_eq!(second.stderr.contains("`Counts` since"), code == 2, "{}", second.stderr);
    }
}

#[tokio::test]
async fn a_blank_key_is_refused() {
    let project = Project::new("wait");
    let ran = project.run(&Alone::default(), "long.yaml", &["-i", "org= "]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`Long` wants to be alone, but its key is blank"), "{}", ran.stderr);
}
