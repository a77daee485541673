//! `flowrun test --init`: writes the first tests of a flow.

use std::path::{Path, PathBuf};

use flowrun_project::check::{Given, examine, is_error, loaded};
use flowrun_project::{Mistakes, Problem, unwritable};
use flowrun_testing::init::first_tests;

use super::TestArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// Prints a first test file, or writes it beside the flow.
pub fn init(
    path: &Path,
    args: &TestArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let project = loaded(path, vocabulary, "test --init")?;
    let entry = project.entry(path, args.flow.as_deref())?;
    let checked = examine(&project, vocabulary, &Given::default());
    let Some(flow) = checked.program.find(&entry) else {
        let found = checked.diagnostics.into_iter().filter(is_error).collect();
        return Err(Refused::Mistakes(Mistakes { found, sources: project.sources }));
    };
    let several = project.export.is_some() && project.model.files().count() > 1;
    let title = several.then(|| checked.program.flow(flow).name.clone());
    let text = first_tests(&checked.program, flow, title.as_deref());
    if !args.write {
        console.print(&text)?;
        return Ok(DONE);
    }
    let file = beside(path, title.as_deref().map(|_| entry.as_str()));
    if file.exists() {
        let problem = Problem::new(format!("{} is there already", file.display()));
        return Err(problem
            .help("without --write the tests are printed, so that you can take over what is missing")
            .into());
    }
    std::fs::write(&file, text).map_err(|error| unwritable(&file, &error))?;
    console.note(&format!("wrote {}\n", file.display()));
    Ok(DONE)
}

/// Where the tests of a flow stand: for one of several flows of an export in a file of its own.
fn beside(path: &Path, flow: Option<&str>) -> PathBuf {
    match flow {
        Some(flow) => path.with_extension(format!("{}.test.yaml", flow.replace('/', "_"))),
        None => path.with_extension("test.yaml"),
    }
}
