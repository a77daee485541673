//! `flowrun test`: runs the tests that stand beside flows.

mod accept;
mod choose;
mod covered;
mod from;
mod init;
mod kept;
mod report;
mod results;
mod tell;
mod tried;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use flowrun_core::diag::render;
use flowrun_core::memory::Memory;
use flowrun_host::runtime;
use flowrun_project::check::has_errors;
use flowrun_project::{Mistakes, Problem};
use flowrun_testing::crash::Places;
use flowrun_testing::reports::{Counts, Results};
use flowrun_testing::run::{Came, Running};
use flowrun_testing::suite::Suite;
use flowrun_views::mistakes::style;
use tokio::task::JoinSet;

use self::choose::{Chosen, Shard, choose};
use self::kept::Failed;
use self::report::Report;
use self::tried::Tried;
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused, WRONG};
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
  flowrun test --init flows/welcome.yaml    prints the first tests of a flow; with --write, into the file beside it
  flowrun test --coverage                   which cards and branches they came to
  flowrun test --report junit=junit.xml --report html=tests.html --report lcov=lcov.info
                                            for CI, for people, for code hosts
  flowrun test --accept                     snapshots are right as they are now

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
    /// Only tests of this part of all, as 2/5: a test is always in the same part, whatever others there are
    #[arg(long, value_name = "PART/PARTS")]
    pub shard: Option<Shard>,
    /// Only cases that failed the last time that they were run on this machine
    #[arg(long)]
    pub failed: bool,
    /// Accept snapshots as they are now
    #[arg(long, conflicts_with = "review")]
    pub accept: bool,
    /// Show each snapshot that is otherwise, and ask whether to accept it
    #[arg(long)]
    pub review: bool,
    /// Write what is there into test files in the place of ~fill
    #[arg(long)]
    pub fill: bool,
    /// Write no file: a snapshot that is new or otherwise only fails its test. So it is where CI is set
    #[arg(long, conflicts_with_all = ["accept", "review", "fill"])]
    pub ci: bool,
    /// Tell which cards and branches the tests came to
    #[arg(long)]
    pub coverage: bool,
    /// Write a report, more than one if given more often: junit=FILE, tap=FILE, json=FILE, html=FILE, of the coverage lcov=FILE and
    /// cobertura=FILE; `-` is the standard output; github: annotations of a workflow, which come by themselves there
    #[arg(long, value_name = "FORM=FILE")]
    pub report: Vec<Report>,
    /// Fail if the tests came to fewer of all cards than this, of a hundred
    #[arg(long, value_name = "PERCENT")]
    pub coverage_min: Option<f64>,
    /// Run each test again and again, each time with a process that dies at another place and another that goes on: `everywhere`, or
    /// at so many places
    #[arg(long, value_name = "PLACES", value_parser = places)]
    pub crash: Option<Places>,
    /// Run each test so many times more, each time with effects that go on at the same time ending in another order
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub shuffle: u64,
    /// Print the first tests of a flow, one for each way that it can take: a flow file, or an export
    #[arg(long, value_name = "FLOW", conflicts_with_all = ["paths", "filter", "tag", "coverage", "crash"])]
    pub init: Option<PathBuf>,
    /// With --init: which flow of an export
    #[arg(long, value_name = "TITLE", requires = "init")]
    pub flow: Option<String>,
    /// With --init: write them beside the flow, if it has none yet
    #[arg(long, requires = "init")]
    pub write: bool,
    /// Go on: after each save, run the tests that it reaches again
    #[arg(long)]
    pub watch: bool,
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

impl TestArgs {
    /// Whether all tests of the files are run.
    fn is_whole(&self) -> bool {
        self.filter.is_none() && self.tag.is_empty() && self.shard.is_none() && !self.failed
    }
}

/// Runs tests, and says what came of them.
pub fn run(args: &TestArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    if let Some(flow) = &args.init {
        return init::init(flow, args, surroundings, console);
    }
    if let Some(id) = &args.from {
        return from::run(args, id, surroundings, console);
    }
    match args.watch {
        true => watch::watch(args, surroundings, console, &mut watch::saves(&args.paths)),
        false => once(args, None, surroundings, console),
    }
}

/// The same once; where files were changed, only of tests that those concern.
fn once(
    args: &TestArgs,
    changed: Option<&BTreeSet<PathBuf>>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
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
    let reports = report::wanted(&args.report, surroundings)?;
    let update = accept::update(args, surroundings)?;
    let mut chosen = choose(args, &suites, surroundings);
    if let Some(changed) = changed {
        chosen.retain(|one| watch::reaches(one.suite, one.beside, changed));
        if chosen.is_empty() {
            console.print("no test says anything of that\n")?;
            return Ok(DONE);
        }
    }
    if chosen.is_empty() {
        let problem = match suites.is_empty() {
            true => Problem::new("there are no tests here")
                .help("a test file lies beside its flow: welcome.test.yaml beside welcome.yaml"),
            false if args.failed => Problem::new("no test failed the last time"),
            false => Problem::new("no test is meant by that"),
        };
        return Err(problem.into());
    }
    let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let mut came = runtime::of_many_threads()?.block_on(all(args, &chosen, surroundings));
    accept::snapshots(args, update, (&chosen, &mut came), surroundings, console)?;
    if args.fill {
        accept::fill(&chosen, &mut came, console)?;
    }
    for suite in &suites {
        let ran = chosen.iter().zip(&came).filter(|(one, _)| std::ptr::eq(one.suite, suite));
        let ended = ran.filter_map(|(one, came)| Some((one, !came.as_ref()?.came.passed())));
        if let Some(failed) = Failed::read(suite, surroundings) {
            failed.note(ended)?;
        }
    }
    if args.is_whole() && changed.is_none() {
        accept::tell_unused(&chosen, console);
    }
    let results = Results {
        files: results::files(args, &chosen, &came),
        covered: covered::covered(&suites, &chosen, &came),
        at_ms,
        took: started.elapsed(),
    };
    let out = reports.iter().any(report::is_out);
    let look = if out { console.err_look } else { console.out_look };
    let told = tell::told(&results, &came, style(look)) + &covered::tables(args, &results);
    if out {
        console.note(&told)
    } else {
        console.print(&told)?
    }
    report::write(&reports, &results, surroundings, console)?;
    let enough = covered::is_enough(args, &results, console);
    let counts = results.counts();
    Ok(match counts {
        Counts { cases, skipped, .. } if cases == skipped => WRONG,
        Counts { failed: 0, broken: 0, .. } if enough => DONE,
        _ => FAILED,
    })
}

async fn all(args: &TestArgs, chosen: &[Chosen<'_>], surroundings: &Surroundings) -> Vec<Option<Tried>> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let jobs = args.jobs.unwrap_or(cores).max(1);
    let mut came: Vec<Option<Tried>> = chosen.iter().map(|_| None).collect();
    let mut running = JoinSet::new();
    let mut next = chosen.iter().enumerate().filter(|(_, one)| one.test.skip.is_none());
    loop {
        while running.len() < jobs {
            let Some((place, one)) = next.next() else { break };
            let (project, entry) = (one.suite.project.clone(), one.beside.entry.clone());
            let program = one.suite.program.clone();
            let folder = one.beside.path.parent().map(PathBuf::from).unwrap_or_default();
            let (registry, case) = (surroundings.registry.clone(), one.case.clone());
            let memory = Memory::new(MEMORY_MB * 1_000_000, surroundings.memory_used);
            let (shuffle, crash) = (args.shuffle, args.crash);
            running.spawn(async move {
                let running = Running { project, program, entry: &entry, folder: &folder, registry, memory };
                (place, Tried::of(&running, &case, shuffle, crash).await)
            });
        }
        match running.join_next().await {
            Some(Ok((place, one))) => came[place] = Some(one),
            Some(Err(_)) => {}
            None => break,
        }
    }
    let broken = "flowrun came to a state that it should never come to: please report it";
    let whether = |(one, came): (&Chosen<'_>, Option<Tried>)| match one.test.skip {
        None => Some(came.unwrap_or_else(|| Tried::from(Came::broken(broken)))),
        Some(_) => None,
    };
    chosen.iter().zip(came).map(whether).collect()
}

/// `everywhere`, or at how many places.
fn places(text: &str) -> Result<Places, String> {
    match text {
        "everywhere" => Ok(Places::Everywhere),
        number => match number.parse() {
            Ok(number @ 1..) => Ok(Places::Some(number)),
            _ => Err("it is `everywhere` or a number of places".to_owned()),
        },
    }
}
