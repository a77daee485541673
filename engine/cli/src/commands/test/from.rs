//! Makes a test of a run in the store.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_core::memory::Memory;
use flowrun_core::source::Sources;
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::runtime;
use flowrun_host::session::durable::lived::Lived;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::state::rewrite;
use flowrun_project::check::has_errors;
use flowrun_project::project::{is_test, text};
use flowrun_project::{Problem, unwritable};
use flowrun_testing::form::TestFile;
use flowrun_testing::from::{Made, made};
use flowrun_testing::run::{Came, Running};
use flowrun_testing::suite::Suite;

use super::{MEMORY_MB, TestArgs};
use crate::commands::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused};
use crate::surroundings::Surroundings;

/// Prints the test, or adds it to a file; it is run once before, by the flows that ran then.
pub fn run(
    args: &TestArgs,
    id: &str,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let place = PlaceArgs { state: args.state.clone(), ..PlaceArgs::default() };
    let (home, run) = place.find(id, surroundings)?;
    let id = &run.about.id;
    if run.state.status().is_open() {
        let problem = Problem::new(format!("run {id} has not ended"));
        return Err(problem.help("a test is made of what a run came to").into());
    }
    let vocabulary = surroundings.registry.vocabulary();
    let recalled = Recalled::read(&home, id, vocabulary, Sight::Blind, None)?;
    let lived = recalled.lived()?;
    let mut test = made(&recalled, &lived, &BTreeSet::new());
    let mut came = tried(&test, &recalled, surroundings)?;
    let changing = changing(&lived, &came);
    if !changing.is_empty() {
        test = made(&recalled, &lived, &changing);
        came = tried(&test, &recalled, surroundings)?;
    }
    match &args.into {
        Some(path) => {
            add(&test, path, surroundings)?;
            test.left_out.iter().for_each(|what| console.warn(&format!("not taken over: {what}")));
            console.note(&format!("added to {}\n", path.display()));
        }
        None => console.print(&test.file())?,
    }
    let why = match &came.unmet {
        Ok(unmet) => match unmet.first() {
            Some(first) => first.message.clone(),
            None => return Ok(DONE),
        },
        Err(why) => why.clone(),
    };
    console.warn(&format!("the test does not pass yet: {why}"));
    Ok(FAILED)
}

/// What comes of the test with the flows that ran then.
fn tried(test: &Made, recalled: &Recalled, surroundings: &Surroundings) -> Result<Came, Problem> {
    let text = test.file();
    let mut sources = Sources::default();
    let (file, found) = TestFile::read(sources.add("made.test.yaml", &text), &text);
    let case = file.tests.first().and_then(|test| test.cases.first()).filter(|_| !has_errors(&found));
    let Some(case) = case else {
        let why = found.first().map(|found| found.message.clone()).unwrap_or_default();
        return Err(Problem::new(format!("no test can be made of the run: {why}")));
    };
    let running = Running {
        project: recalled.project.clone(),
        program: recalled.program.clone(),
        entry: &test.flow,
        folder: Path::new("."),
        registry: surroundings.registry.clone(),
        memory: Memory::new(MEMORY_MB * 1_000_000, surroundings.memory_used),
    };
    Ok(runtime::of_many_threads()?.block_on(running.run(case)))
}

/// The outputs that are others when it runs again, as those that say what time it is.
fn changing(lived: &Lived, came: &Came) -> BTreeSet<Text> {
    let none = Record::default();
    let outputs = came.happened.as_ref().and_then(|happened| happened.parts.get("outputs"));
    let now = outputs.and_then(Value::as_object).unwrap_or(&none);
    let then = lived.report.flow.outputs.as_object().unwrap_or(&none);
    let alike =
        |value: &Value, other: Option<&Value>| other.is_some_and(|other| other.to_json() == value.to_json());
    then.iter().filter(|(name, value)| !alike(value, now.get(name))).map(|(name, _)| name.clone()).collect()
}

/// Adds the test to a file, which is made where there is none.
fn add(test: &Made, path: &Path, surroundings: &Surroundings) -> Result<(), Problem> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !is_test(&name) {
        let problem = Problem::new(format!("{} is no name of a test file", path.display()));
        return Err(
            problem.help("a test file is called after its flow: welcome.test.yaml beside welcome.yaml")
        );
    }
    if !path.exists() {
        return std::fs::write(path, test.file()).map_err(|error| unwritable(path, &error));
    }
    let suites = Suite::find(path, &surroundings.registry)?;
    let of = suites.iter().flat_map(|suite| &suite.files).map(|beside| beside.entry.as_str()).next();
    if of != Some(&*test.flow) {
        let message =
            format!("{} has tests of another flow, and the run is one of `{}`", path.display(), test.flow);
        return Err(Problem::new(message));
    }
    let old = text(path)?;
    let (file, _) = TestFile::read(Sources::default().add(&name, &old), &old);
    let taken = |name: &str| file.tests.iter().any(|test| *test.name.it == *name);
    let mut names = (1..).map(|number| match number {
        1 => test.name.clone(),
        number => format!("{} ({number})", test.name),
    });
    let name = names.find(|name| !taken(name)).unwrap_or_default();
    let new = space(&old).map(|before| format!("{}\n{}", old.trim_end(), test.test(before, &name)));
    let fits = |new: &String| {
        let (now, found) = TestFile::read(Sources::default().add("", new), new);
        !has_errors(&found) && now.tests.len() == file.tests.len() + 1
    };
    let Some(new) = new.filter(fits) else {
        let problem = Problem::new(format!("nothing can be added to {}", path.display()));
        return Err(problem.help("let `tests:` stand last in it, each test on lines of its own"));
    };
    rewrite(path, &new).map_err(|error| unwritable(path, &error))
}

/// The space before each test of a file, where `tests` stands last in it.
fn space(text: &str) -> Option<&str> {
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "tests:").skip(1);
    let first = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let before = &first[..first.len() - first.trim_start().len()];
    let is_inside = |line: &str| line.trim().is_empty() || line.starts_with([' ', '#']);
    (!before.is_empty() && lines.all(is_inside)).then_some(before)
}
