//! How a service stands with many runs: begun, waiting, and under way at a start.
//!
//!     cargo run --release -p flowrun-tests --example bench_service -- 100000 10000 1000000
//!
//! The first number is how many runs wait for tomorrow, the second how many are under way when the process dies, the third how many have
//! ended when they are listed.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun::Surroundings;
use flowrun_core::value::Text;
use flowrun_host::driver::Stop;
use flowrun_host::runtime::of_many_threads;
use flowrun_host::session::simulators::Simulators;
use flowrun_host::session::{Job, Record, clock};
use flowrun_service::gate::Bounds;
use flowrun_service::runs::Beginning;
use flowrun_service::{Service, Setup};
use flowrun_store::{
    About, Access, Batch, Durability, Filter, Holder, Moved, NewRun, RunId, Settings, Sqlite, State, Status,
    Store,
};

fn flow(seconds: u32) -> String {
    format!("name: Waits\ncards:\n  - {{ card: flow_control.wait_for, with: {{ delay: {seconds} }} }}\n")
}

fn service(folder: &Path, at_once: usize) -> Arc<Service> {
    let surroundings = Surroundings::default();
    let clock = clock(1.0);
    let mut around = surroundings.session();
    let setup = flowrun_host::session::simulators::Setup::default();
    around.simulators = Some(Simulators::new(&surroundings.registry, clock.clone(), &setup));
    around.instant = true;
    let job = Job { state: Some(folder.join("state")), record: Record::Off, ..Job::default() };
    let bounds = Bounds { at_once, of_a_flow: at_once, waiting: 1_000_000 };
    let folders = vec![folder.join("flows")];
    let made = Service::new(Setup { folders, job, surroundings: around, clock, bounds });
    Arc::new(made.unwrap_or_else(|_| panic!("the flow has mistakes")))
}

/// Megabytes in use, as the system counts them.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
}

async fn begin(service: &Arc<Service>, count: usize) {
    let runs = service.projects[0].runs.clone();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..count {
        while all.len() >= 512 {
            all.join_next().await;
        }
        let runs = runs.clone();
        all.spawn(async move {
            let beginning =
                Beginning { flow: Text::from("waits"), cause: "bench".to_owned(), ..Beginning::default() };
            assert!(runs.begin(beginning).await.is_ok());
        });
    }
    while all.join_next().await.is_some() {}
    let store = runs.store();
    store.durable(store.newest()).await.unwrap();
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|number| number.parse::<usize>().ok());
    let (waiting, open) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(10_000));
    let ended = numbers.next().unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("flows")).unwrap();
    let write = |seconds| std::fs::write(folder.path().join("flows/waits.yaml"), flow(seconds)).unwrap();

    write(86_400);
    let started = Instant::now();
    of_many_threads().unwrap().block_on(async {
        let service = service(folder.path(), 256);
        let (_switch, stop) = Stop::new();
        let running = service.clone();
        tokio::spawn(async move { running.run(stop, Duration::ZERO).await });
        let before = memory();
        println!(
            "a service with nothing to do: {before:.0} MB after {:.0} ms",
            started.elapsed().as_secs_f64() * 1e3
        );
        let started = Instant::now();
        begin(&service, waiting).await;
        while service.projects[0].runs.waiting.count() < waiting {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let each = started.elapsed().as_secs_f64();
        println!("{waiting} runs begun and let go of: {each:.1} s, {:.0} a second", waiting as f64 / each);
        println!("memory of {waiting} waiting runs: {:.0} MB more", memory() - before);
        let store = service.projects[0].runs.store();
        let started = Instant::now();
        let page = store.runs(&Filter { limit: Some(51), ..Filter::default() }).unwrap();
        println!("the list of the newest 51 of them: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
        assert_eq!(page.len(), 51.min(waiting));
    });

    write(50);
    of_many_threads().unwrap().block_on(async {
        let service = service(folder.path(), open);
        begin(&service, open).await;
        // The process dies here: nothing is told.
        std::mem::forget(service.projects[0].runs.clone());
    });
    // Its store is given back as the end of a process gives it back.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("flows")).unwrap();
    std::fs::write(copy.path().join("flows/waits.yaml"), flow(50)).unwrap();
    std::fs::create_dir(copy.path().join("state")).unwrap();
    for entry in std::fs::read_dir(folder.path().join("state")).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() && entry.file_name() != "store.lock" {
            std::fs::copy(entry.path(), copy.path().join("state").join(entry.file_name())).unwrap();
        }
    }
    of_many_threads().unwrap().block_on(async {
        let started = Instant::now();
        let service = service(copy.path(), open + 256);
        let (_switch, stop) = Stop::new();
        let running = service.clone();
        tokio::spawn(async move { running.run(stop, Duration::ZERO).await });
        let runs = &service.projects[0].runs;
        while runs.running() < open {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        println!(
            "a start with {open} runs under way, until the last goes on: {:.2} s",
            started.elapsed().as_secs_f64()
        );
        let states = vec![Status::Running];
        let stored = runs.store().runs(&Filter { states, ..Filter::default() }).unwrap().len();
        assert_eq!(stored, open);
    });
    lists(ended);
    std::process::exit(0);
}

/// Lists of a store with so many runs of 200 flows in 30 days, one in fifty of which failed.
fn lists(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::Own(Holder::new("bench", "", 0));
    let store = Sqlite::open(folder.path(), access, Settings { durability: Durability::Process }).unwrap();
    let step_us = 30 * 86_400_000_000 / count.max(1) as i64;
    let mut ticket = store.newest();
    for number in 0..count {
        let flow = format!("flow{}", number * 7919 % 200);
        let (id, at_us) = (format!("run-{number:07}"), number as i64 * step_us);
        let about = About { id: id.as_str().into(), title: flow.clone(), flow, started_us: at_us, ..about() };
        store.append(Batch::start(NewRun { about, start: Vec::new() }));
        let state = if number % 50 == 0 { State::Failed } else { State::Done };
        ticket = store.append(Batch::of(&id.as_str().into()).moved(Moved::to(state, at_us + 1_000_000)));
        if number % 10_000 == 0 {
            store.durable(ticket).wait().unwrap();
        }
    }
    store.durable(ticket).wait().unwrap();
    let page = Filter { limit: Some(51), ..Filter::default() };
    let of = |flow: &str| Some(flow.to_owned());
    let middle: RunId = format!("run-{:07}", count / 2).as_str().into();
    let failed = vec![Status::Failed];
    let lists = [
        ("the newest", page.clone()),
        ("a page in the middle", Filter { before: Some(middle), ..page.clone() }),
        ("the newest of a flow", Filter { flow: of("flow7"), ..page.clone() }),
        ("the newest that failed", Filter { states: failed.clone(), ..page.clone() }),
        ("those of a flow", Filter { flow: of("flow7"), states: failed, ..page.clone() }),
        ("those that nothing started", Filter { cause: of("nothing"), ..page }),
    ];
    for (what, filter) in lists {
        let mut times: Vec<f64> = (0..21)
            .map(|_| {
                let started = Instant::now();
                store.runs(&filter).unwrap();
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("of {count} runs {what}: {:.2} ms", times[10]);
    }
}

fn about() -> About {
    About {
        id: "".into(),
        scope: "no connections".to_owned(),
        flow: String::new(),
        title: String::new(),
        root: String::new(),
        program: "program".to_owned(),
        started_us: 0,
        dry_run: false,
        simulated: true,
        save_data: true,
        alone: None,
        parent: None,
        forked: None,
        owner: String::new(),
        cause: None,
        who: None,
    }
}
