//! Runs of before, to be looked at.

use flowrun_core::journal::{Entry, Event, Recorded};
use flowrun_core::machine::Limits;
use flowrun_core::program::Program;
use flowrun_core::report::Report;
use flowrun_core::value::Date;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_project::Problem;
use flowrun_store::{About, Fork, Run, State, Status};
use serde_json::{Value, json};

use super::home::{Home, problem};
use super::recall::{Recalled, Sight, card_of};

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

/// The run of which [`as_json`] made this, as far as that says it; nothing of what is none. A service says who runs it too.
pub fn from_json(told: &Value) -> Option<Run> {
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    let us = |name: &str| Some(Date::parse_iso(told[name].as_str()?)?.millis().saturating_mul(1000));
    let status = Status::named(told["status"].as_str()?)?;
    Some(Run {
        about: About {
            id: told["run"].as_str()?.into(),
            scope: text("hosts").unwrap_or_default(),
            flow: text("flow")?,
            title: text("title")?,
            root: text("project").unwrap_or_default(),
            program: String::new(),
            started_us: us("started")?,
            dry_run: false,
            simulated: told["simulated"].as_bool().unwrap_or_default(),
            save_data: false,
            alone: text("alone"),
            parent: None,
            forked: told["forked_from"].as_str().map(|run| Fork { run: run.into(), at: 0 }),
            owner: text("owner").unwrap_or_default(),
            cause: text("cause"),
            who: text("who"),
        },
        state: State::of(status, us("due"), text("question")),
        ended_us: us("ended"),
        error: text("error"),
        summary: Vec::new(),
        entries: told["entries"].as_u64().unwrap_or_default(),
        cut: 0,
        cleared: told["values"].as_bool() == Some(false),
    })
}

/// What an entry of a journal says, in a line; nothing of one that only says how far the time went on. Who may not see data is not told
/// what was wrong.
pub fn happened(program: &Program, entry: &Entry, sees: bool) -> Option<String> {
    let card = |key| {
        let card =
            card_of(program, key).map(|(flow, step)| format!("{} (`{}` of `{flow}`)", step.title(), step.id));
        card.unwrap_or_else(|| "a card".to_owned())
    };
    Some(match &entry.event {
        Event::Began(asked) => format!("{}: a request goes out", card(asked.id.card)),
        Event::Completed(asked, Recorded::Failed(fault, _)) if sees => {
            format!("{}: {fault}", card(asked.id.card))
        }
        Event::Completed(asked, Recorded::Failed(..)) => format!("{}: failed", card(asked.id.card)),
        Event::Completed(asked, _) => format!("{}: done", card(asked.id.card)),
        Event::Signal(asked, _) => format!("{}: answered", card(asked.id.card)),
        Event::Settled(asked, _) => format!("{}: settled", card(asked.id.card)),
        Event::Cancelled => "cancelled".to_owned(),
        Event::Passed => return None,
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
