//! `flowrun test`: runs the tests that stand beside flows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use flowrun_core::diag::{Code, Diagnostic, draw, render};
use flowrun_core::memory::Memory;
use flowrun_core::source::{Sources, Span};
use flowrun_core::words;
use flowrun_host::runtime;
use flowrun_project::check::has_errors;
use flowrun_project::{Mistakes, Problem, unwritable};
use flowrun_testing::coverage::{self, Coverage};
use flowrun_testing::form::{Case, Test};
use flowrun_testing::held::{self, Unmet, within};
use flowrun_testing::run::{Came, Running};
use flowrun_testing::suite::{Beside, Suite};
use flowrun_views::mistakes::style;
use tokio::task::JoinSet;

use super::check::prefix;
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
}

/// A case that is to be run, by its places.
struct Chosen<'s> {
    suite: &'s Suite,
    beside: &'s Beside,
    test: &'s Test,
    case: &'s Case,
}

/// Runs tests, and says what came of them.
pub fn run(args: &TestArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
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
    let code = tell(args, &chosen, &came, skipped, started, console)?;
    if covered(args, &suites, &chosen, &came, console)? { Ok(code) } else { Ok(code.max(FAILED)) }
}

fn choose<'s>(args: &TestArgs, suites: &'s [Suite]) -> (Vec<Chosen<'s>>, usize) {
    let (mut chosen, mut skipped) = (Vec::new(), 0);
    for suite in suites {
        for beside in &suite.files {
            for test in &beside.file.tests {
                let named = |text: &String| beside.name.contains(&**text) || test.name.it.contains(&**text);
                let tagged = |tag: &String| test.tags.iter().any(|own| **own == **tag);
                if !args.filter.iter().all(named) || !args.tag.iter().all(tagged) {
                    continue;
                }
                if test.skip.is_some() {
                    skipped += test.cases.len();
                    continue;
                }
                chosen.extend(test.cases.iter().map(|case| Chosen { suite, beside, test, case }));
            }
        }
    }
    (chosen, skipped)
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

/// Tells what the tests came to, where that is asked for; whether it is enough.
fn covered(
    args: &TestArgs,
    suites: &[Suite],
    chosen: &[Chosen<'_>],
    came: &[Came],
    console: &mut Console<'_>,
) -> Result<bool, Refused> {
    if !args.coverage && args.lcov.is_none() && args.coverage_min.is_none() {
        return Ok(true);
    }
    let (mut all, mut lcov) = ((0, 0), String::new());
    for suite in suites {
        let mut coverage = Coverage::default();
        let of_suite = chosen.iter().zip(came).filter(|(one, _)| std::ptr::eq(one.suite, suite));
        of_suite.filter_map(|(_, came)| came.report.as_ref()).for_each(|report| coverage.add(report));
        let covered = coverage.of(&suite.program, &suite.sources);
        all = covered.iter().fold(all, |all, one| (all.0 + one.cards.0, all.1 + one.cards.1));
        if args.coverage {
            console.print(&format!("\n{}", coverage::table(&covered)))?;
        }
        // What an export converts to is no file whose lines anybody could look at.
        if suite.project.export.is_none() {
            lcov += &coverage.lcov(&suite.program, &suite.sources, &prefix(&suite.project.root));
        }
    }
    if let Some(file) = &args.lcov {
        std::fs::write(file, lcov).map_err(|error| unwritable(file, &error))?;
    }
    match args.coverage_min {
        Some(least) if coverage::percent(all) < least => {
            console.refuse(&Problem::new(format!(
                "the tests came to {:.1} % of the cards, and {least} % are asked for",
                coverage::percent(all)
            )));
            Ok(false)
        }
        _ => Ok(true),
    }
}

fn tell(
    args: &TestArgs,
    chosen: &[Chosen<'_>],
    came: &[Came],
    skipped: usize,
    started: Instant,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (mut passed, mut failed) = (0, 0);
    for (one, came) in chosen.iter().zip(came) {
        let unmet = match &came.unmet {
            Ok(unmet) if unmet.is_empty() => {
                passed += 1;
                continue;
            }
            Ok(unmet) => unmet.clone(),
            Err(why) => vec![Unmet {
                span: one.case.span,
                message: "the case can't be run".to_owned(),
                found: why.lines().next().unwrap_or_default().to_owned(),
                help: why.split_once('\n').map(|(_, more)| more.to_owned()),
            }],
        };
        failed += 1;
        console.print(&format!("{}\n", title(one)))?;
        let found: Vec<Diagnostic> =
            unmet.iter().enumerate().map(|(place, unmet)| drawn(place, unmet)).collect();
        console.print(&draw(&found, &one.suite.sources, style(console.out_look)))?;
    }
    if args.filter.is_none() && args.tag.is_empty() {
        for (beside, sources, unmet) in unasked(chosen, came) {
            failed += 1;
            console.print(&format!("failed: {}: mocks for several cases\n", beside.name))?;
            let found: Vec<Diagnostic> = unmet.iter().map(|unmet| drawn(0, unmet)).collect();
            console.print(&draw(&found, sources, style(console.out_look)))?;
        }
    }
    let mut summary = format!("{}: {passed} passed", words::many(chosen.len() as u64, "case"));
    if failed > 0 {
        summary += &format!(", {failed} failed");
    }
    if skipped > 0 {
        summary += &format!(", {skipped} skipped");
    }
    console.print(&format!("{summary}, in {:.2} s\n", started.elapsed().as_secs_f64()))?;
    Ok(match (failed, chosen.is_empty()) {
        (0, false) => DONE,
        (0, true) => WRONG,
        _ => FAILED,
    })
}

/// The mocks that are written for several cases of a file and that none of those came to.
fn unasked<'s>(chosen: &[Chosen<'s>], came: &[Came]) -> Vec<(&'s Beside, &'s Sources, Vec<Unmet>)> {
    /// Each answer of a file: what it stands in for, and whether anything asked it.
    type Answers = BTreeMap<Span, (String, bool)>;
    let mut files: Vec<(&Beside, &Sources, Answers)> = Vec::new();
    for (one, came) in chosen.iter().zip(came) {
        if files.last().is_none_or(|(beside, ..)| !std::ptr::eq(*beside, one.beside)) {
            files.push((one.beside, &one.suite.sources, BTreeMap::new()));
        }
        let Some((.., spans)) = files.last_mut() else { continue };
        for mock in &one.case.given.mocks.0 {
            let shared = mock.answers.iter().filter(|answer| !within(answer.span, one.case.span));
            for answer in shared {
                let asked =
                    came.happened.is_some() && !came.unasked.iter().any(|(_, span)| *span == answer.span);
                spans.entry(answer.span).or_insert_with(|| (mock.named(), false)).1 |= asked;
            }
        }
    }
    let never = files.into_iter().map(|(beside, sources, spans)| {
        let never = spans.into_iter().filter(|(_, (_, asked))| !asked);
        (beside, sources, never.map(|(span, (target, _))| held::unasked(&target, span)).collect::<Vec<_>>())
    });
    never.filter(|(.., unmet)| !unmet.is_empty()).collect()
}

fn title(one: &Chosen<'_>) -> String {
    let case = if one.case.name.is_empty() { String::new() } else { format!(" ({})", one.case.name) };
    format!("failed: {}: {}{case}", one.beside.name, one.test.name.it)
}

/// What is not so, at its place; what comes after the first is probably its fault.
fn drawn(place: usize, unmet: &Unmet) -> Diagnostic {
    let code = if place == 0 { Code::Unmet } else { Code::UnmetThen };
    let drawn = Diagnostic::new(code, unmet.span, unmet.message.clone()).label(unmet.found.clone());
    drawn.may_help(unmet.help.as_deref())
}
