//! `flowrun test`: runs the tests that stand beside flows.

mod choose;
mod covered;
mod from;
mod tell;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use flowrun_core::diag::render;
use flowrun_core::memory::Memory;
use flowrun_host::runtime;
use flowrun_project::check::has_errors;
use flowrun_project::{Mistakes, Problem};
use flowrun_testing::run::{Came, Running};
use flowrun_testing::suite::Suite;
use flowrun_views::mistakes::style;
use tokio::task::JoinSet;

use self::choose::{Chosen, choose};
use crate::console::Console;
use crate::outcome::{FAILED, Refused};
use crate::surroundings::Surroundings;

/// How many megabytes one run may take.
const MEMORY_MB: u64 = 1_000;

/// What `test` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun test                              all tests of the project in this folder and below it
  flowrun test flows/welcome.test.yaml      those of one file; the flow or the export beside it is named as well
  flowrun test --filter 'greets'            those with this in their name
  flowrun test --coverage --lcov lcov.info  which cards and branches they came to, also for code hosts

A test file lies beside the flow or export that it tests: welcome.test.yaml beside welcome.yaml. Each test
runs in a world of its own, over simulators and mocks: nothing real is ever reached.

Exit codes: 0 all passed, 1 some failed, 2 a file is wrong, or no test was run.")]
pub struct TestArgs {
    /// Folders, test files, flows or exports
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose file or name has this in it
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only tests with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Tell which cards and branches the tests came to
    #[arg(long)]
    pub coverage: bool,
    /// Write that into this file, in the form of LCOV, over the lines of flow files
    #[arg(long, value_name = "FILE")]
    pub lcov: Option<PathBuf>,
    /// Fail if the tests came to fewer of all cards than this, of a hundred
    #[arg(long, value_name = "PERCENT")]
    pub coverage_min: Option<f64>,
    /// How many run at the same time [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Make a test of this run in the store, with what it was given and answered, and print it
    #[arg(long, value_name = "RUN", help_heading = "Making tests")]
    pub from: Option<String>,
    /// Add it to this test file instead
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "Making tests")]
    pub into: Option<PathBuf>,
    /// The folder that the run was kept in, where it was named with --state
    #[arg(long, value_name = "FOLDER", requires = "from", help_heading = "Making tests")]
    pub state: Option<PathBuf>,
}

/// Runs tests, and says what came of them.
pub fn run(args: &TestArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    if let Some(id) = &args.from {
        return from::run(args, id, surroundings, console);
    }
    let started = Instant::now();
    let mut suites = Vec::new();
    for path in &args.paths {
        suites.extend(Suite::find(path, &surroundings.registry)?);
    }
    let wrong: Vec<&Suite> = suites.iter().filter(|suite| has_errors(&suite.found)).collect();
    if let Some((last, others)) = wrong.split_last() {
        for suite in others {
            console.note(&render(&suite.found, &suite.sources, style(console.err_look)));
        }
        let (found, sources) = (last.found.clone(), last.sources.clone());
        return Err(Refused::Mistakes(Mistakes { found, sources }));
    }
    let (chosen, skipped) = choose(args, &suites);
    if chosen.is_empty() {
        let problem = match suites.is_empty() {
            true => Problem::new("there are no tests here")
                .help("a test file lies beside its flow: welcome.test.yaml beside welcome.yaml"),
            false => Problem::new("no test is meant by that"),
        };
        return Err(problem.into());
    }
    let came = runtime::of_many_threads()?.block_on(all(args, &chosen, surroundings));
    let code = tell::tell(args, &chosen, &came, skipped, started, console)?;
    if covered::tell(args, &suites, &chosen, &came, console)? { Ok(code) } else { Ok(code.max(FAILED)) }
}

async fn all(args: &TestArgs, chosen: &[Chosen<'_>], surroundings: &Surroundings) -> Vec<Came> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let jobs = args.jobs.unwrap_or(cores).max(1);
    let mut came: Vec<Option<Came>> = chosen.iter().map(|_| None).collect();
    let mut running = JoinSet::new();
    let mut next = chosen.iter().enumerate();
    loop {
        while running.len() < jobs {
            let Some((place, one)) = next.next() else { break };
            let (project, entry) = (one.suite.project.clone(), one.beside.entry.clone());
            let folder = one.beside.path.parent().map(PathBuf::from).unwrap_or_default();
            let (registry, case) = (surroundings.registry.clone(), one.case.clone());
            let memory = Memory::new(MEMORY_MB * 1_000_000, surroundings.memory_used);
            running.spawn(async move {
                let running = Running { project, entry: &entry, folder: &folder, registry, memory };
                (place, running.run(&case).await)
            });
        }
        match running.join_next().await {
            Some(Ok((place, one))) => came[place] = Some(one),
            Some(Err(_)) => {}
            None => break,
        }
    }
    let broken = "flowrun came to a state that it should never come to: please report it";
    came.into_iter().map(|came| came.unwrap_or_else(|| Came::broken(broken))).collect()
}
