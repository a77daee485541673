//! A run that shares the beginning of another one: its journal up to what one card asked for, and everything from there on new.

use flowrun_core::course::Course;
use flowrun_core::effect::{Act, Answer, Effect};
use flowrun_core::journal::{Asked, Entry, Event, Names, Recorded};
use flowrun_core::machine::Limits;
use flowrun_core::stored::encode;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_project::Problem;
use flowrun_store::{About, AuditLine, Batch, Fork, NewRun, RunId, Status, Store};

use super::chronicle::kind;
use super::home::{Home, problem};
use super::recall::{Recalled, Sight, card_of};
use crate::driver::Remembered;
use crate::session::open::{refused, run_id, unused};
use crate::session::said::{answered, given};
use crate::session::{audit, plan};

/// From where on a run is to be new.
#[derive(Clone, Debug)]
pub struct From<'f> {
    /// The card, by its ID; `flow#card` where several flows have it.
    pub card: &'f str,
    /// What the card gives instead of asking again; nothing where it asks.
    pub outputs: &'f [(String, String)],
    /// The new run's name, instead of one by time and chance.
    pub name: Option<&'f str>,
}

impl Home {
    /// Stores a run that shares the journal of `run` up to the first entry of a card, and gives its name; it is open and can go on.
    pub fn fork(&self, run: &str, from: &From<'_>, vocabulary: &Vocabulary) -> Result<RunId, Problem> {
        let mut recalled = Recalled::read(self, run, vocabulary, Sight::Start, None)?;
        let first = recalled.run.about.clone();
        if recalled.run.cut > 0 {
            let cut = recalled.run.cut;
            let message = format!(
                "the journal of run {} begins after its entry {cut}: nothing can be forked from it",
                first.id
            );
            return Err(Problem::new(message).help(format!("`flowrun rerun {}` runs it anew", first.id)));
        }
        let (at, asked) = parting(&recalled, from.card)?;
        let at_us = recalled.entries[at].at_us;
        recalled.entries.truncate(at);
        let given = match from.outputs {
            [] => None,
            outputs => Some(instead(&recalled.look(Limits::default())?, asked, at_us, outputs)?),
        };
        if let Some(key) = &first.alone {
            self.nobody_else(&first.scope, key, &first.title)?;
        }
        let now_us = plan::now_ms().saturating_mul(1000);
        let name: RunId = RunId::from(&*unused(&run_id(from.name, now_us), self));
        self.write(recalled, &name, given.as_ref(), now_us)?;
        Ok(name)
    }

    /// Stores a run that begins as `run` did, and gives its name, with all that `run` was answered and that need not be asked again: all but
    /// what belongs to items of loops and streams that failed, and what failed itself.
    pub fn fork_failed(
        &self,
        run: &str,
        name: Option<&str>,
        vocabulary: &Vocabulary,
    ) -> Result<(RunId, Remembered), Problem> {
        let mut recalled = Recalled::read(self, run, vocabulary, Sight::Start, None)?;
        let first = recalled.run.about.clone();
        let anew = || format!("`flowrun rerun {}` runs it anew", first.id);
        if recalled.run.cut > 0 {
            let message = format!("the beginning of the journal of run {} is gone", first.id);
            return Err(Problem::new(message).help(anew()));
        }
        let (remembered, failed) = recalled.answers()?;
        if failed == 0 && recalled.run.state.status() == Status::Done {
            return Err(Problem::new(format!("nothing failed in run {}", first.id)).help(anew()));
        }
        if let Some(key) = &first.alone {
            self.nobody_else(&first.scope, key, &first.title)?;
        }
        recalled.entries.clear();
        let now_us = plan::now_ms().saturating_mul(1000);
        let name: RunId = RunId::from(&*unused(&run_id(name, now_us), self));
        self.write(recalled, &name, None, now_us)?;
        Ok((name, remembered))
    }

    /// Writes the run down: how it started, what it shares, and what its card gives instead.
    fn write(
        &self,
        recalled: Recalled,
        name: &RunId,
        given: Option<&Entry>,
        now_us: i64,
    ) -> Result<(), Problem> {
        let first = recalled.run.about;
        let (at, mut opening) = (recalled.entries.len() as u64, recalled.opening);
        // Chance and keys of repeated requests are those of the first run, or what it asked for would not be what is asked for now.
        opening.header.follows.get_or_insert_with(|| opening.header.run_id.clone());
        opening.header.run_id = flowrun_core::value::Text::from(&**name);
        let told = serde_json::json!({
            "event": "fork", "time": audit::time(now_us / 1000), "run": &**name, "of": &*first.id, "at": at,
        });
        let forked = Some(Fork { run: first.id.clone(), at });
        let owner = "flowrun fork".to_owned();
        let about = About { id: name.clone(), started_us: now_us, forked, owner, ..first.clone() };
        let mut batch = Batch::start(NewRun { about, start: opening.write(&self.sealing) });
        let store: &dyn Store = &*self.store;
        let shared = store.journal(&first.id, 1).take(at as usize);
        batch.entries = shared.collect::<Result<Vec<_>, _>>().map_err(|error| problem(&error))?;
        batch.entries.extend(given.map(|entry| flowrun_store::Entry {
            seq: at + 1,
            kind: kind(&entry.event),
            at_us: entry.at_us,
            body: encode(entry, &self.sealing),
        }));
        batch.files = store.files(&first.id).map_err(|error| problem(&error))?;
        batch.audit.push(AuditLine { number: 1, text: told.to_string() });
        let ticket = store.append(batch);
        store.durable(ticket).wait().map_err(|error| problem(&error))
    }
}

/// The place of the first entry of a card, and what it asked for there.
fn parting(recalled: &Recalled, card: &str) -> Result<(usize, Asked), Problem> {
    let (flow, id) = card.rsplit_once('#').map_or((None, card), |(flow, id)| (Some(flow), id));
    let mut found: Vec<(usize, Asked, &str)> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for (at, entry) in recalled.entries.iter().enumerate() {
        let Some(asked) = asked(&entry.event) else { continue };
        let Some((path, step)) = card_of(&recalled.program, asked.id.card) else { continue };
        if *step.id == *id && flow.is_none_or(|flow| flow == path) {
            if !found.iter().any(|(_, _, known)| *known == path) {
                found.push((at, asked, path));
            }
        } else if others.len() < 20 && !others.contains(&step.id.to_string()) {
            others.push(step.id.to_string());
        }
    }
    match &*found {
        [(at, asked, _)] => Ok((*at, *asked)),
        [] => {
            let problem = Problem::new(format!(
                "nothing stands in the journal of run {} about a card `{card}`",
                recalled.run.about.id
            ));
            Err(problem.help(match others.is_empty() {
                true => "only cards that reach outside stand there, and it has none yet: `flowrun rerun` runs it anew".to_owned(),
                false => format!("only cards that reach outside stand there: {}", others.join(", ")),
            }))
        }
        several => {
            let names: Vec<String> = several.iter().map(|(_, _, flow)| format!("`{flow}#{id}`")).collect();
            Err(Problem::new(format!("several flows have a card `{id}`"))
                .help(format!("say which: {}", names.join(", "))))
        }
    }
}

fn asked(event: &Event) -> Option<Asked> {
    match event {
        Event::Began(asked)
        | Event::Completed(asked, _)
        | Event::Signal(asked, _)
        | Event::Settled(asked, _) => Some(*asked),
        Event::Passed | Event::Cancelled => None,
    }
}

/// The entry by which a card gives these outputs, instead of asking for what it asks.
fn instead(
    course: &Course,
    asked: Asked,
    at_us: i64,
    outputs: &[(String, String)],
) -> Result<Entry, Problem> {
    let cant = |what: &str| {
        Err(Problem::new(format!("the outputs of {what} can't be set"))
            .help("without --set-output it is asked again"))
    };
    // What is done in kept tables is asked of nobody else.
    let Some(effect) = course.asked(asked.id) else { return cant("a card of kept tables") };
    let Effect { act, .. } = &effect;
    let event = match act {
        Act::Card(performance) if performance.page.is_some() => return cant("a stream"),
        Act::WaitUntil(_) => return cant("a wait"),
        Act::Card(performance) => {
            let outcome = Ok(Answer::Outputs(given(&performance.outputs, outputs)?));
            Event::Completed(asked, Recorded::of(&outcome, &Names::of(&effect)))
        }
        Act::Pause(_) => {
            let pauses = course.machine.pauses();
            let Some(pause) = pauses.iter().find(|pause| pause.id == asked.id) else {
                return cant("this pause");
            };
            let answer = course
                .machine
                .answer(pause.id, &answered(pause, outputs)?)
                .map_err(|fault| refused(&fault))?;
            Event::Signal(asked, Recorded::of(&Ok(answer), &Names::of(&effect)))
        }
    };
    Ok(course.entry(at_us, event))
}
