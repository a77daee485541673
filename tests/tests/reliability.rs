//! The import on a thousand bad days: for each seed a company, a way to log in, faults at some requests, and perhaps Ctrl-C
//! or a kill. What must hold holds on all of them.
//!
//! `FLOWRUN_SEEDS=1000` runs that many, and holds the manual's table against what came of them; `FLOWRUN_SEED=17` runs that one and tells of it.

mod case;
mod gate;
mod programs;
mod tally;
mod trial;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use flowrun_tests::org::{Edit, Project};
use flowrun_tests::times;
use tokio::runtime::Builder;

use case::Case;
use programs::Programs;
use tally::Tally;
use trial::{Outcome, trial};

/// How many seeds are run unless the environment says.
const SEEDS: u64 = 60;

/// How many the manual's table is of.
const IN_THE_MANUAL: u64 = 1_000;

/// Seeds that once broke what must hold, with what was wrong.
const REGRESSIONS: [(u64, &str); 2] = [
    (500, "a session whose opening was not answered was left open without a word"),
    (736, "the same, when Okta is too slow to list its sessions afterwards"),
];

/// One seed, in a runtime of its own.
fn tried(programs: &Programs, case: &Case) -> Result<Outcome, String> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(trial(programs, case)).map_err(|violation| format!("{case}: {violation}"))
}

/// So many seeds on two threads: what came of them, and what of all that must hold did not.
fn all(project: &Project, seeds: u64) -> (Tally, Vec<String>) {
    let programs = Programs::of(project);
    let next = AtomicU64::new(0);
    let found = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let tried = tried(&programs, &Case::drawn(seed));
                    let mut found = found.lock().unwrap();
                    match tried {
                        Ok(outcome) => found.0.count(&outcome),
                        Err(violation) => found.1.push(violation),
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn bad_days_from_seeds() {
    let project = Project::shipped();
    if let Ok(seed) = std::env::var("FLOWRUN_SEED") {
        let seed = seed.parse().unwrap();
        let outcome = tried(&Programs::of(&project), &Case::drawn(seed));
        panic!("{}\n{outcome:?}", Case::drawn(seed));
    }
    let seeds = times("FLOWRUN_SEEDS", SEEDS);
    let (tally, violations) = all(&project, seeds);
    assert!(violations.is_empty(), "{} of {seeds}\n{}", violations.len(), violations.join("\n"));
    std::io::stdout().write_all(tally.to_string().as_bytes()).unwrap();
    if seeds == IN_THE_MANUAL {
        let page = include_str!("../../docs/reliability.md");
        assert!(page.contains(&tally.to_string()), "docs/reliability.md has another table than\n\n{tally}");
    }
}

#[test]
fn what_once_broke_holds() {
    let programs = Programs::of(&Project::shipped());
    for (seed, wrong) in REGRESSIONS {
        let tried = tried(&programs, &Case::drawn(seed));
        assert!(tried.is_ok(), "again, {wrong}: {tried:?}");
    }
}

#[test]
fn flows_with_a_mistake_are_caught() {
    let handler = "utilities/load_session.yaml";
    let closing = concat!(
        "              - card: flow_control.call_flow\n                with: { flow: delete_import_session }\n",
        "                pass: { sessionId: $.session.sessionId, applicationId: $.inputs.applicationId }\n",
    );
    let nothing = "              - card: flow_control.assign\n                with: { done: nothing }\n";
    let noted = "with: { table: open_sessions, session_id: $.session.sessionId }";
    let mistakes: [(Edit<'_>, &str); 4] = [
        ((handler, closing, nothing), "left open"),
        (
            (handler, noted, "with: { table: open_sessions, session_id: nobody }"),
            "no earlier run of this project",
        ),
        (
            (
                "bulk_request_handler.yaml",
                "with: { a: $.inputs.tableOffset, b: $.before.product }",
                "with: { a: $.inputs.tableOffset, b: 0 }",
            ),
            "is twice in session",
        ),
        (
            (
                "session_handler.yaml",
                "with: { a: $.requests.result }",
                "with: { a: \"{{ [requests.result - 1, 1] | max }}\" }",
            ),
            "is not there as Active",
        ),
    ];
    for (mistake, because) in mistakes {
        let (_, violations) = all(&Project::shipped().edited(&[mistake]), 60);
        assert!(
            violations.iter().any(|found| found.contains(because)),
            "not caught: {mistake:?}\n{violations:?}"
        );
    }
}
