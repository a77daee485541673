//! The import on bad days: every fault of the simulators at every kind of request, and Ctrl-C in the middle of each.
//!
//! `FLOWRUN_EVERY=1` runs every fault at every request, an ordinary test run every fourth.
//!
//! However a run ends, it says so; it leaves no session open, sends nobody twice and loses nobody, and the next run works.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowrun_core::report::Status;
use flowrun_host::driver::{self, Stop};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_kit::simulator::SimFaultKind;
use flowrun_okta::sim::{Operation, SessionStatus};
use flowrun_tests::org::{Org, Project, SMALL, fault};
use flowrun_tests::simulators::Setup;
use flowrun_tests::{Ran, times};
use tokio::runtime::Builder;
use tokio::sync::watch;

/// A table's cases are run in steps of this many unless the environment says.
const EVERY: u64 = 4;

/// Five pages of Personio's, three bulk requests to Okta.
const EMPLOYEES: u64 = 450;

/// A request of the import.
struct Asked {
    /// What the table calls it.
    name: &'static str,
    /// What a fault that hits it is aimed at.
    part: &'static str,
    /// How many such requests come before it, and one more.
    nth: u32,
    /// What makes the import send it.
    because: Because,
}

/// What else goes on.
#[derive(Clone, Copy, PartialEq)]
enum Because {
    /// Nothing.
    Always,
    /// An earlier run has left a session open.
    LeftOpen,
    /// A bulk request fails.
    Failure,
    /// The connection breaks in a bulk request.
    Lost,
}

const fn asked(name: &'static str, part: &'static str, nth: u32, because: Because) -> Asked {
    Asked { name, part, nth, because }
}

/// Every kind of request, in the order in which they are sent.
const REQUESTS: [Asked; 16] = [
    asked("log in to Personio", "POST /v1/auth", 1, Because::Always),
    asked("ask what may be read", "GET /v1/company/employees/attributes", 1, Because::Always),
    asked("read the first page", "GET /v1/company/employees?limit=100&offset=0", 1, Because::Always),
    asked("read the third page", "GET /v1/company/employees?limit=100&offset=200", 1, Because::Always),
    asked("list sessions", "GET /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions", 1, Because::Always),
    asked("read Okta's users", "GET /api/v1/apps/0oa1simulatedSrc05d7/users", 1, Because::Always),
    asked("close the session left open", "DELETE ", 1, Because::LeftOpen),
    asked(
        "list sessions again",
        "GET /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions",
        2,
        Because::Always,
    ),
    asked(
        "open a session",
        "POST /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions",
        1,
        Because::Always,
    ),
    asked("send the first 200", "bulk-upsert", 1, Because::Always),
    asked("send the last 50", "bulk-upsert", 3, Because::Always),
    asked(
        "see what of an upload arrived",
        "GET /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions/",
        1,
        Because::Lost,
    ),
    asked("close the session that failed", "DELETE ", 1, Because::Failure),
    asked(
        "read the session",
        "GET /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions/",
        1,
        Because::Always,
    ),
    asked("start the import", "start-import", 1, Because::Always),
    asked(
        "read how it ended",
        "GET /api/v1/identity-sources/0oa1simulatedSrc05d7/sessions/",
        2,
        Because::Always,
    ),
];

impl Asked {
    /// An org in which this request meets a fault so many times in a row.
    fn org(&self, kind: SimFaultKind, times: u32) -> Org {
        let mut faults =
            vec![fault(&format!("{}@{}:nth={}:times={times}", kind.name(), self.part, self.nth))];
        match self.because {
            Because::Failure => faults.push(fault("server-error@bulk-upsert:nth=2")),
            Because::Lost => faults.push(fault("drop-before@bulk-upsert")),
            Because::Always | Because::LeftOpen => {}
        }
        let org = Org::of(&Setup { employees: EMPLOYEES, faults, ..Setup::default() });
        if self.because == Because::LeftOpen {
            org.leave_open(SessionStatus::InProgress);
        }
        org
    }

    /// How many requests a fault of so many times hits in all.
    fn faults(&self, times: u32) -> usize {
        times as usize + usize::from(matches!(self.because, Because::Failure | Because::Lost))
    }
}

/// How a run ended, in a line.
fn told(ran: &Ran) -> String {
    match ran.code {
        0 => "done".to_owned(),
        1 => {
            let line = ran.stderr.lines().find(|line| line.starts_with("error["));
            line.unwrap_or_else(|| panic!("it does not say why it failed: {ran:?}")).to_owned()
        }
        code => panic!("exit code {code}: {ran:?}"),
    }
}

/// What of all that must hold does not hold after a run.
async fn violations(org: &Org, ran: &Ran) -> Vec<String> {
    let mut found = Vec::new();
    let open = org.open_sessions();
    if !open.is_empty() {
        found.push(format!("{} left open", open[0].status.as_str()));
    }
    if let Some((id, times)) = org.0.okta.sent(Operation::Upsert).into_iter().find(|(_, times)| *times > 1) {
        found.push(format!("{id} was sent {times} times"));
    }
    org.settle().await;
    if ran.code == 0 {
        found.extend(org.sent_once(Operation::Upsert, &org.here()).err());
        if org.0.okta.user_count() != org.here().len() {
            found.push(format!("{} users arrived", org.0.okta.user_count()));
        }
    }
    found
}

/// One fault at one request; how the run ended.
async fn survives(project: &Project, asked: &Asked, kind: SimFaultKind, times: u32) -> String {
    let case = format!("{} at `{}`, {times} times", kind.name(), asked.name);
    let org = asked.org(kind, times);
    let import = project.flow("import.yaml");
    let ran = org.run(&import, &[]).await;
    let after_s = (org.elapsed_ms() + 500) / 1000;
    assert!(org.faults_met() > 0, "{case}: met no fault");
    let mut line = format!("{after_s:>4} s  {}", told(&ran));
    let told_closed = ran.stderr.contains("the session that failed was closed");
    for violation in violations(&org, &ran).await {
        // A session that can't be closed stays open, and the run says so if it is its own.
        assert!(asked.part == "DELETE " && violation.ends_with("left open"), "{case}: {violation}");
        let told_open = ran.stderr.contains("could not be closed");
        assert_eq!(told_open, asked.because == Because::Failure, "{case}: {}", ran.stderr);
        assert!(!told_closed, "{case}: {}", ran.stderr);
        line.push_str(&format!(" ({violation})"));
    }
    if told_closed {
        assert!(org.statuses().contains(&"CLOSED"), "{case}: {}", ran.stderr);
    }

    // As soon as the fault is over, the import works, whatever was left behind. All are there then, also those whom a
    // failed run did not send; where none failed, a small batch will do.
    let batch: &[&str] = if ran.code == 0 { &["--set", "max_records_to_import=5"] } else { &[] };
    for _ in 0..=times {
        let over = org.faults_met() >= asked.faults(times);
        let again = org.run(&import, batch).await;
        if again.code == 0 {
            break;
        }
        assert!(!over, "{case}: the next run fails\n{}", again.stderr);
    }
    org.settle().await;
    assert_eq!(org.0.okta.user_count(), org.here().len(), "{case}: somebody is lost by the next run");
    assert_eq!(org.open_sessions(), [], "{case}: the next run leaves a session open");
    line
}

/// Where the accepted tables lie.
const FOLDER: &str = "faults";

/// How wide a table's column of kinds of faults is.
const KINDS: usize = 13;

/// How each run of the accepted table `name` ended, by request and fault.
fn known(name: &str) -> BTreeMap<(String, String), String> {
    let path = format!("{}/tests/{FOLDER}/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    let mut request = "";
    let mut ends = BTreeMap::new();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for line in text.lines() {
        match line.strip_prefix("  ").and_then(|row| row.split_at_checked(KINDS + 1)) {
            Some((kind, end)) => {
                ends.insert((request.to_owned(), kind.trim_end().to_owned()), end.to_owned());
            }
            None => request = line,
        }
    }
    ends
}

/// Every fault at every request, so many times in a row; how each run ended, as a table. Of cases that the accepted table knows, every
/// fourth is run; the others are taken from it.
fn table(name: &str, kinds: &[SimFaultKind], in_a_row: u32) -> String {
    let (known, every) = (known(name), times("FLOWRUN_EVERY", EVERY) as usize);
    let column = |kind: SimFaultKind, shift: usize| -> Vec<String> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let project = Project::shipped();
        let end = |(place, asked): (usize, &Asked)| {
            let known = known.get(&(asked.name.to_owned(), kind.name().to_owned()));
            match known {
                Some(end) if !(place + shift).is_multiple_of(every) => end.clone(),
                _ => runtime.block_on(survives(&project, asked, kind, in_a_row)),
            }
        };
        REQUESTS.iter().enumerate().map(end).collect()
    };
    let columns: Vec<(&str, Vec<String>)> = std::thread::scope(|scope| {
        let column = &column;
        let kinds = kinds.iter().zip(0..);
        let running: Vec<_> =
            kinds.map(|(kind, shift)| (kind.name(), scope.spawn(move || column(*kind, shift)))).collect();
        running.into_iter().map(|(name, column)| (name, column.join().unwrap())).collect()
    });
    let mut table = String::new();
    for (place, asked) in REQUESTS.iter().enumerate() {
        table.push_str(&format!("{}\n", asked.name));
        for (name, column) in &columns {
            table.push_str(&format!("  {name:<KINDS$} {}\n", column[place]));
        }
    }
    table
}

fn accepted(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path(FOLDER);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_fault_is_survived_or_explained() {
    accepted("once", &table("once", &SimFaultKind::ALL.map(|(_, kind)| kind), 1));
}

#[test]
fn a_lasting_fault_is_survived_or_explained() {
    use SimFaultKind::{ExpiredToken, RateLimit, ServerError, Truncate};
    // One more than a client tries. What is left of a fault hits the requests after it whose paths begin alike.
    accepted("five-times", &table("five-times", &[RateLimit, ServerError, ExpiredToken, Truncate], 5));
}

/// Runs the import and stops it five seconds after the answer to a request has failed to come.
async fn interrupted(project: &Project, asked: &Asked) -> (Org, Ran) {
    let org = asked.org(SimFaultKind::Slow, 1);
    let (switch, stop) = Stop::new();
    let pressed = async {
        while org.faults_met() < asked.faults(1) {
            org.0.clock.sleep(Duration::from_secs(1)).await;
        }
        org.0.clock.sleep(Duration::from_secs(5)).await;
        switch.send(true).unwrap();
    };
    let import = project.flow("import.yaml");
    let both = async { tokio::join!(org.run_until(&import, &[], Some(stop)), pressed) };
    let (ran, ()) = org.0.clock.drive(both).await;
    (org, ran)
}

#[tokio::test]
async fn an_interrupted_import_cleans_up_wherever_it_is() {
    let project = Project::shipped();
    let mut table = String::new();
    for asked in &REQUESTS {
        let (org, ran) = interrupted(&project, asked).await;
        let case = format!("interrupted at `{}`", asked.name);
        assert_eq!(ran.code, 130, "{case}: {ran:?}");
        let last = ran.stdout.lines().last().unwrap();
        assert!(last.starts_with("interrupted"), "{case}: {last}");
        assert_eq!(violations(&org, &ran).await, [""; 0], "{case}");
        table.push_str(&format!("{:<30} {}\n", asked.name, org.statuses().join(", ")));
        let again = org.run(&project.flow("import.yaml"), &[]).await;
        assert_eq!(again.code, 0, "{case}: the next run fails\n{}", again.stderr);
        org.settle().await;
        assert_eq!(org.0.okta.user_count(), org.here().len(), "{case}: somebody is lost by the next run");
    }
    accepted("interrupted", &table);
}

#[tokio::test]
async fn an_import_interrupted_between_sessions_keeps_the_finished_ones() {
    let project = Project::shipped().edited(&SMALL);
    // Four records to a session: the third upload is the first of the second session.
    let second = asked("send the fifth and the sixth", "bulk-upsert", 3, Because::Always);
    let (org, ran) = interrupted(&project, &second).await;
    assert_eq!(ran.code, 130, "{ran:?}");
    org.settle().await;
    assert_eq!(org.statuses(), ["COMPLETED", "CLOSED"]);
    let first = org.here().into_iter().take(4).collect();
    assert_eq!(org.sent_once(Operation::Upsert, &first), Ok(()));
    assert_eq!(org.0.okta.user_count(), 4);
}

/// Gives the stop at one of the requests that go through it, before it is sent or after it was answered.
struct Presser {
    within: Box<dyn Transport>,
    requests: AtomicUsize,
    at: usize,
    answered: bool,
    switch: watch::Sender<bool>,
}

impl Transport for Presser {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let now = self.requests.fetch_add(1, Ordering::Relaxed) + 1 == self.at;
            if now && !self.answered {
                self.switch.send(true).unwrap();
            }
            let answer = self.within.send(request, limits).await;
            if now && self.answered {
                self.switch.send(true).unwrap();
            }
            answer
        })
    }
}

#[tokio::test]
async fn an_import_interrupted_at_any_request_leaves_no_session_open() {
    let (program, start) = Project::shipped().edited(&SMALL).compiled("import");
    for answered in [false, true] {
        for at in 1.. {
            // One of ten has left.
            let org = Org::new(10);
            let (switch, stop) = Stop::new();
            let (requests, within) = (AtomicUsize::new(0), Box::new(org.0.transport()));
            let presser = Arc::new(Presser { within, requests, at, answered, switch });
            let transport: Arc<dyn Transport> = presser.clone();
            let world = org.world(&program, &transport, stop);
            let report = driver::run(program.clone(), start.clone(), &world, &mut (), &mut ()).await;
            let report = report.unwrap();
            let case = format!("interrupted at request {at}, answered: {answered}");
            assert_eq!(org.open_sessions(), [], "{case}");
            let sent = org.0.okta.sent(Operation::Upsert);
            assert!(sent.values().all(|times| *times == 1), "{case}: {sent:?}");
            if report.status == Status::Done {
                // It was the last request, or there was none any more, and nothing left to be stopped.
                let requests = presser.requests.load(Ordering::Relaxed);
                assert!(requests == at || requests == at - 1, "{case}: {requests}");
                assert_eq!(sent.len(), 9, "{case}");
                assert!(at > 20, "{case}");
                break;
            }
            let error = report.flow.error.map(|error| error.message.to_string()).unwrap_or_default();
            assert_eq!(report.status, Status::Cancelled, "{case}: {error}");
            // What a session was opened for is either sent or not, and the run says how much.
            let sessions = org.statuses().len();
            let told = error.contains(&format!("{} of 9 records were sent", sent.len()));
            assert!(told || sessions == 0 || sessions == 3, "{case}: {error}, but {sent:?}");
        }
    }
}

#[tokio::test]
async fn a_session_of_somebody_else_is_left_alone() {
    let import = Project::shipped().flow("import.yaml");
    for status in [SessionStatus::Created, SessionStatus::InProgress] {
        let org = Org::new(7);
        let foreign = org.0.okta.open_session_for_test(status);
        let ran = org.run(&import, &[]).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        let told = format!("the import session {foreign} of this identity source is {}", status.as_str());
        assert!(ran.stderr.contains(&told) && ran.stderr.contains("nothing was sent"), "{}", ran.stderr);
        let changed = ["POST", "DELETE", "PUT"].map(|method| org.asked(method));
        assert_eq!((changed, org.statuses()), ([0; 3], vec![status.as_str()]));

        let allowed = ["--set", "close_foreign_sessions=true"];
        assert!(ran.stderr.contains(&allowed.join(" ")), "{}", ran.stderr);
        let ran = org.run(&import, &allowed).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        org.settle().await;
        assert_eq!(org.statuses(), ["CLOSED", "COMPLETED"]);
        assert_eq!(org.sent_once(Operation::Upsert, &org.here()), Ok(()));
    }
}

/// An org in which the answer to a request is long on its way, and the run that waits for it.
async fn until_slow(org: &Org, case: impl Future<Output = Ran>) -> Option<Ran> {
    let waiting = async {
        while org.faults_met() == 0 {
            org.0.clock.sleep(Duration::from_secs(1)).await;
        }
    };
    let either = async {
        tokio::select! {
            ran = case => Some(ran),
            () = waiting => None,
        }
    };
    org.0.clock.drive(either).await
}

#[tokio::test]
async fn what_a_killed_import_left_open_is_closed_by_the_next() {
    let import = Project::shipped().flow("import.yaml");
    // One is killed when it has opened a session and does not know which, the other while it loads it.
    for (slow, left) in [("POST /api/v1/identity-sources", "CREATED"), ("bulk-upsert:nth=2", "IN_PROGRESS")] {
        let faults = vec![fault(&format!("slow@{slow}"))];
        let org = Org::of(&Setup { employees: EMPLOYEES, faults, ..Setup::default() });
        // Dropped in the middle, nothing of it goes on.
        // With a journal it would be resumed, and another import refused until then.
        let args = ["--no-journal"];
        assert!(until_slow(&org, org.run(&import, &args)).await.is_none(), "{slow}: it was not slow");
        assert_eq!(org.statuses(), [left], "{slow}");
        let again = org.run(&import, &args).await;
        assert_eq!(again.code, 0, "{slow}: {}", again.stderr);
        assert_eq!(violations(&org, &again).await, [""; 0], "{slow}");
        assert_eq!(org.statuses(), ["CLOSED", "COMPLETED"], "{slow}");
    }
}

#[tokio::test]
async fn a_second_run_at_the_same_time_waits_for_the_first() {
    let import = Project::shipped().flow("import.yaml");
    let faults = vec![fault("slow@bulk-upsert")];
    let org = Org::of(&Setup { employees: EMPLOYEES, faults, ..Setup::default() });
    let second = async {
        while org.faults_met() == 0 {
            org.0.clock.sleep(Duration::from_secs(1)).await;
        }
        org.run(&import, &[]).await
    };
    let both = async { tokio::join!(org.run(&import, &[]), second) };
    let (first, second) = org.0.clock.drive(both).await;
    assert_eq!((first.code, second.code), (0, 0), "{}\n{}", first.stderr, second.stderr);
    let told = "waits for the end of `Import from Personio (Create & Update)` since ";
    assert!(second.stderr.contains(told), "{}", second.stderr);
    assert_eq!(org.open_sessions(), []);
    let sent = org.0.okta.sent(Operation::Upsert);
    assert!(org.here().iter().all(|id| sent.get(id) == Some(&2)), "each run sends everybody once: {sent:?}");
    org.settle().await;
    assert_eq!(org.0.okta.user_count(), org.here().len());
}

/// Panics in the middle of each upload but the first, as a mistake in a card would.
struct Panics {
    within: Box<dyn Transport>,
    uploads: AtomicUsize,
}

impl Transport for Panics {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let upload = request.url.contains("/bulk-");
            let answer = self.within.send(request, limits).await;
            assert!(!upload || self.uploads.fetch_add(1, Ordering::Relaxed) == 0, "the mistake");
            answer
        })
    }
}

#[tokio::test]
async fn a_card_that_panics_leaves_no_session_open() {
    let (program, start) = Project::shipped().compiled("import");
    let org = Org::new(EMPLOYEES);
    let within = Box::new(org.0.transport());
    let transport: Arc<dyn Transport> = Arc::new(Panics { within, uploads: AtomicUsize::new(0) });
    let world = org.world(&program, &transport, Stop::default());
    let report = driver::run(program, start, &world, &mut (), &mut ()).await.unwrap();
    let error = report.flow.error.map(|error| error.message.to_string()).unwrap_or_default();
    assert_eq!(report.status, Status::Failed, "{error}");
    assert!(error.contains("the session that failed was closed"), "{error}");
    let none = format!("0 of {} records were sent", org.here().len());
    assert!(error.contains(&none), "{error}");
    assert_eq!(org.statuses(), ["CLOSED"; 3], "{error}");
}
