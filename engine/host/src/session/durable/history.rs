//! Runs of before, to be looked at.

use flowrun_core::machine::Limits;
use flowrun_core::report::Report;
use flowrun_core::value::Date;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_project::Problem;
use flowrun_store::{Run, State};
use serde_json::{Value, json};

use super::home::{Home, problem};
use super::recall::{Recalled, Sight};

/// A moment, in microseconds since 1970, as people and programs read it.
pub fn moment(us: i64) -> String {
    Date::from_millis(us.div_euclid(1000)).map(|date| date.to_string()).unwrap_or_default()
}

/// A run, for programs.
pub fn as_json(run: &Run) -> Value {
    json!({
        "run": &*run.about.id,
        "flow": run.about.flow,
        "title": run.about.title,
        "project": run.about.root,
        "hosts": run.about.scope,
        "status": run.state.status().name(),
        "cause": run.about.cause,
        "who": run.about.who,
        "started": moment(run.about.started_us),
        "ended": run.ended_us.map(moment),
        "due": run.state.due_us().map(moment),
        "question": match &run.state { State::Held { question } => Some(question), _ => None },
        "error": run.error,
        "simulated": run.about.simulated,
        "entries": run.entries,
        "values": !run.cleared,
        "alone": run.about.alone,
        "forked_from": run.about.forked.as_ref().map(|fork| &*fork.run),
    })
}

/// The report of a run: that of its end, or one made of its journal, as it was after the entry `at`. Of a run whose values are gone, what
/// is left; nothing if that is nothing.
pub fn report(
    home: &Home,
    run: &Run,
    at: Option<u64>,
    vocabulary: &Vocabulary,
) -> Result<Option<Report>, Problem> {
    let ended = !run.state.status().is_open();
    if ended && at.is_none() {
        let stored = home.store.report(&run.about.id).map_err(|error| problem(&error))?;
        let bytes = stored.unwrap_or_else(|| run.summary.clone());
        return Ok(serde_json::from_slice(&bytes).ok());
    }
    if run.cleared {
        return Ok(serde_json::from_slice(&run.summary).ok());
    }
    let recalled = Recalled::read(home, &run.about.id, vocabulary, Sight::Blind, at)?;
    let course = recalled.look(Limits::default())?;
    Ok(Some(course.machine.report()))
}
