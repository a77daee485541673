//! Mocks of a run, and cards that flowrun lacks.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_core::card::external;
use flowrun_core::load::reader::Reader;
use flowrun_core::mocks::{Mocks, NOBODY};
use flowrun_core::program::{FlowId, Program, Step};
use flowrun_core::source::Sources;
use flowrun_project::check::has_errors;
use flowrun_project::{Mistakes, Problem, Refused, bounded, unreadable};

/// No file of mocks may be larger than this many bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The cards that flowrun lacks and a run of `entry` may come to without a mock: `slack.send_message`.
pub fn lacking(program: &Program, entry: FlowId) -> BTreeSet<&str> {
    steps(program, entry).filter(|step| step.mock.is_none()).filter_map(|step| external(&step.name)).collect()
}

/// The connectors of the cards that mocks answer for: `slack`.
pub fn mocked(program: &Program, entry: FlowId) -> BTreeSet<String> {
    let mocked = steps(program, entry).filter(|step| step.mock.is_some_and(|mock| mock != NOBODY));
    let names = mocked.map(|step| external(&step.name).unwrap_or(&step.name));
    names.map(|name| name.split(['.', ':']).next().unwrap_or(name).to_owned()).collect()
}

fn steps(program: &Program, entry: FlowId) -> impl Iterator<Item = &Step> {
    program.reached(entry).into_iter().flat_map(|flow| &program.flow(flow).steps)
}

/// Reads a file of mocks; its mistakes are told with the project's files around it.
pub fn read(file: &Path, sources: &Sources) -> Result<(Mocks, Sources), Refused> {
    let text = bounded::read_text(file, MAX_BYTES).map_err(|error| unreadable(file, &error))?;
    let too_large = || Problem::new(format!("{} is too large for a file of mocks", file.display()));
    let text = text.ok_or_else(too_large)?;
    let mut sources = sources.clone();
    let id = sources.add(&file.display().to_string(), &text);
    let mut reader = Reader::plain(id, &text);
    let mocks = reader.parse().map(|node| Mocks::read(&mut reader, &node)).unwrap_or_default();
    let found = reader.finish();
    if has_errors(&found) {
        Err(Refused::Mistakes(Mistakes { found, sources }))
    } else {
        Ok((mocks, sources))
    }
}

/// Whether a run may go on to cards that flowrun lacks. A live run may not come to mocks, for what is made up there would be taken for real; a
/// run that reaches something real needs a mock for each, lest it fail half-way; any other is warned.
pub fn judge(
    (program, entry): (&Program, FlowId),
    live: bool,
    reaches_real: bool,
    warnings: &mut Vec<String>,
) -> Result<(), Problem> {
    let lacks: Vec<&str> = steps(program, entry)
        .filter_map(|step| external(&step.name))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if live && !lacks.is_empty() {
        let message = format!("--live, but flowrun lacks cards that the flow reaches: {}", lacks.join(", "));
        return Err(
            Problem::new(message).help("do what they do with `api_connector` cards, or leave --live out")
        );
    }
    let missing: Vec<&str> = lacking(program, entry).into_iter().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "flowrun lacks cards that the flow reaches, and no answer is given in their place: {}",
        missing.join(", ")
    );
    if reaches_real {
        return Err(Problem::new(message)
            .help("give answers with --mock FILE, or do what they do with `api_connector` cards"));
    }
    warnings.push(format!("{message}; a run that comes to one fails there"));
    Ok(())
}
