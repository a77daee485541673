//! What the tests share: cases written as one file, and worlds to run them in.

pub mod fuzzed;
pub mod limits;
pub mod openapi;
pub mod org;
#[path = "../../engine/cards/tests/perform/mod.rs"]
pub mod perform;
pub mod served;
pub mod shared;
pub mod simulators;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::simulators::Simulators;
use flowrun::console::Console;
use flowrun::{Surroundings, main_in};
use flowrun_core::check::uses::Uses;
use flowrun_core::check::{Options, check};
use flowrun_core::diag::{Diagnostic, Severity, Style, render};
use flowrun_core::load::load;
use flowrun_core::mocks::Mocks;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::source::Sources;
use flowrun_core::value::{Text, Value};
use flowrun_host::driver::{RunTime, World};
use flowrun_host::mocked::Mocking;
use flowrun_host::session::connections::{self, Planned, Purpose};
use flowrun_host::session::origin::Origin;
use flowrun_kit::errand::Run;
use flowrun_kit::registry::Registry;
use flowrun_project::Project;
use flowrun_project::check::Given;
use flowrun_tables::Tables;

/// Every connector and every card of the binary.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(flowrun::connectors::registry);
    &REGISTRY
}

/// How many times a test does what it may do any number of times: as often as the environment says, or as usual.
pub fn times(variable: &str, usually: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(usually, |given| {
        given.parse().unwrap_or_else(|_| panic!("{variable}: {given} isn't a number"))
    })
}

/// The files of a case: `#### file: flows/a.yaml` starts a file; a case without such a line is one flow, `flow.yaml`.
pub fn sources(case: &str) -> Sources {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in case.split_inclusive('\n') {
        match line.strip_prefix("#### file: ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => {
                if files.is_empty() {
                    files.push(("flow.yaml".to_owned(), String::new()));
                }
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    let mut sources = Sources::default();
    for (path, text) in files {
        // What stands above the first file is remarks on the case.
        if !text.lines().all(|line| line.is_empty() || line.starts_with('#')) {
            sources.add(&path, &text);
        }
    }
    sources
}

/// Everything that is wrong with a project, and the program of what can run.
pub fn examine(sources: &Sources, vars: &[(Text, Value)]) -> (Program, Vec<Diagnostic>) {
    let vocabulary = registry().vocabulary();
    let (project, mut found) = load(sources, &vocabulary.cards);
    let events: Vec<&str> = vocabulary.events.iter().map(|event| &*event.name).collect();
    let connectors: Vec<&str> = vocabulary.connectors.iter().map(|name| &**name).collect();
    let options =
        Options { sources, found: &found, vars, env: &[], connectors: &connectors, events: &events };
    let mut checked = check(&project, &vocabulary.cards, &options);
    found.append(&mut checked.diagnostics);
    (checked.program, found)
}

/// The program of a case that has no mistakes, and the number of its flow `entry`; panics with their drawing if it has.
pub fn compile(sources: &Sources, entry: &str, vars: &[(Text, Value)]) -> (Arc<Program>, FlowId) {
    let (program, found) = examine(sources, vars);
    let errors: Vec<Diagnostic> =
        found.into_iter().filter(|found| found.code.severity() == Severity::Error).collect();
    match program.find(entry) {
        Some(entry) if errors.is_empty() => (Arc::new(program), entry),
        _ => {
            panic!("the case has mistakes:\n{}", render(&errors, sources, Style { color: false, width: 110 }))
        }
    }
}

/// What the flows of a project use, as the checker says it.
pub fn uses(project: &Project) -> Uses {
    flowrun_project::check::examine(project, registry().vocabulary(), &Given::default()).uses
}

/// What all flows of a program together need to be granted on a connection.
pub fn scopes(program: &Program, place: u32) -> BTreeSet<Text> {
    let flows = (0..).map(FlowId).take(program.flows.len());
    flows.filter_map(|flow| program.connections_of(flow).remove(&place)).flatten().collect()
}

/// A world whose connections are all simulated.
pub fn world(program: &Program, simulators: &Simulators) -> World {
    world_of(program, simulators, Mocks::default(), Run::default())
}

/// The world of a run whose connections are all simulated.
pub fn world_of(program: &Program, simulators: &Simulators, mocks: Mocks, run: Run) -> World {
    let planned: Vec<_> = program
        .connections
        .iter()
        .zip(0..)
        .filter_map(|(connection, place)| {
            let connector = registry().connector(&connection.connector)?;
            let planned = Planned {
                name: connection.name.to_string(),
                account: connection.name.to_string(),
                connector: connector.clone(),
                origin: Origin::Simulator,
                instead: None,
            };
            Some((planned, scopes(program, place)))
        })
        .collect();
    let (env, all) = (Default::default(), simulators.all());
    let purpose = Purpose::new(&all, &env);
    match connections::connect(&planned, &purpose) {
        Ok(made) => {
            let tables = Tables::new(&program.tables).with_files(run.files.clone());
            let time = RunTime::new(simulators.clock.clone(), false);
            connections::world(
                registry(),
                program,
                &made,
                tables,
                (Arc::new(Mocking::new(mocks, None)), None),
                run,
                (time, None),
            )
        }
        Err(problem) => panic!("{problem:?}"),
    }
}

/// What a command printed.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: u8,
    /// What went to standard output.
    pub stdout: String,
    /// What went to standard error.
    pub stderr: String,
}

impl Ran {
    /// What a command that ended with `code` wrote.
    pub fn new(code: u8, stdout: Vec<u8>, stderr: Vec<u8>) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { code, stdout: text(stdout), stderr: text(stderr) }
    }
}

/// Surroundings in which a run over simulators says the same on every machine.
pub fn surroundings() -> Surroundings {
    Surroundings { instant: true, ..Surroundings::default() }
}

/// Runs a command line in this process. What outlives the run goes to a folder of its own, unless the environment names one.
pub fn flowrun(args: &[&str], mut env: BTreeMap<String, String>) -> Ran {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    env.entry("XDG_STATE_HOME".to_owned()).or_insert_with(|| folder.path().display().to_string());
    in_surroundings(args, &Surroundings { env, ..surroundings() })
}

/// Runs a command line in this process, in these surroundings.
pub fn in_surroundings(args: &[&str], surroundings: &Surroundings) -> Ran {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = main_in(args, surroundings, &mut Console::plain(&mut stdout, &mut stderr));
    Ran::new(code, stdout, stderr)
}

/// Writes the files of a case to a folder of their own and runs one of them.
pub fn run_case(sources: &Sources, file: &str, args: &[&str], env: BTreeMap<String, String>) -> Ran {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("no temporary folder: {error}"),
    };
    for (_, source) in sources.iter() {
        let path = folder.path().join(&*source.path);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, &*source.text));
        if let Err(error) = written {
            panic!("{}: {error}", path.display());
        }
    }
    let file = folder.path().join(file);
    let file = file.to_string_lossy();
    let mut ran = flowrun(&[&["run", &file], args].concat(), env);
    let place = format!("{}/", folder.path().display());
    ran.stdout = ran.stdout.replace(&place, "");
    ran.stderr = ran.stderr.replace(&place, "");
    ran
}

/// A transcript whose durations, which differ from run to run, are cut out; simulated waits stay.
pub fn without_times(text: &str) -> String {
    text.lines().map(|line| cut_time(line).trim_end().to_owned() + "\n").collect()
}

/// Cuts a duration such as `0.1 ms`, `41 ms` or `1.2 s` from the end of a line.
fn cut_time(line: &str) -> &str {
    let line = line.trim_end();
    for unit in [" ms", " µs", " s"] {
        let Some(rest) = line.strip_suffix(unit) else { continue };
        let number =
            rest.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ','));
        if number.len() < rest.len() && number.ends_with([' ', '·']) {
            return number.trim_end();
        }
    }
    line
}
