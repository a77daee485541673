//! Recordings that answer in tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::model::Name;
use flowrun_core::value::{Record, Value};
use flowrun_host::mocked::Mocking;
use flowrun_host::record::Recording;

use crate::form::{Case, TestFile};
use crate::held::Unmet;

/// What is wrong with the recordings that a test file names: they lie beside it.
pub(crate) fn judge(file: &TestFile, path: &Path, entry: &str) -> Vec<Diagnostic> {
    let cases = file.tests.iter().flat_map(|test| &test.cases);
    let named = cases.filter_map(|case| case.given.recording.as_ref());
    let each: BTreeMap<_, &Name> = named.map(|name| (name.span, name)).collect();
    let folder = path.parent().unwrap_or(Path::new("."));
    let wrong = each.into_iter().filter_map(|(span, name)| {
        let mistake = |message: String| Diagnostic::new(Code::BadValue, span, message);
        match Recording::read(&folder.join(&*name.it)) {
            Err(problem) => Some(mistake(problem.message).may_help(problem.help.as_deref())),
            Ok(recording) if *recording.flow != *entry => {
                let message =
                    format!("the recording is of the flow `{}`, and `{entry}` is tested", recording.flow);
                Some(mistake(message))
            }
            Ok(_) => None,
        }
    });
    wrong.collect()
}

/// The name of the run: chance is drawn from it.
pub(crate) fn run(recording: Option<&Recording>) -> String {
    recording.map_or_else(|| "test".to_owned(), |recording| recording.run.to_string())
}

/// A case with its recording read; what it does not say, that does: inputs, variables, and when the run started.
pub(crate) fn with(case: &Case, folder: &Path) -> Result<Case, String> {
    let mut case = case.clone();
    let given = &mut case.given;
    let Some(name) = &given.recording else { return Ok(case) };
    let recording = Recording::read(&folder.join(&*name.it)).map_err(|problem| problem.message)?;
    let add = |own: &mut Vec<(Name, Value)>, recorded: &Record| {
        for (recorded, value) in recorded {
            if !own.iter().any(|(own, _)| own.it == *recorded) {
                own.push((Name::new(recorded.clone(), name.span), value.clone()));
            }
        }
    };
    add(&mut given.inputs, &recording.inputs);
    add(&mut given.vars, &recording.vars);
    given.now_ms = given.now_ms.or(Some(recording.started_ms));
    given.recorded = Some(Arc::new(recording));
    Ok(case)
}

/// The exchanges of a case's recording that nothing asked for.
pub(crate) fn unasked(case: &Case, mocking: &Mocking) -> Option<Unmet> {
    const SHOWN: usize = 5;
    let unasked = mocking.replay()?.unasked();
    let first = unasked.first()?;
    let mut lines: Vec<String> =
        unasked.iter().take(SHOWN).map(|one| format!("exchange {}: {}", one.number, one.name)).collect();
    if unasked.len() > SHOWN {
        lines.push(format!("and {} more", unasked.len() - SHOWN));
    }
    let message = match unasked.len() {
        1 => format!("nothing asked for exchange {} of the recording", first.number),
        many => format!("nothing asked for {many} exchanges of the recording"),
    };
    Some(
        Unmet::new(
            case.given.recording.as_ref().map_or(case.span, |name| name.span),
            message,
            "never asked for",
        )
        .help(Some(lines.join("\n"))),
    )
}
