//! A run of before, as its store has it: its program, how it began, and its journal.

use std::sync::Arc;

use flowrun_core::course::{Course, Own, Place};
use flowrun_core::effect::{Act, Effect, Outcome};
use flowrun_core::journal::{Diverged, Entry, Event, Recorded, ReplayError};
use flowrun_core::machine::{Limits, Machine, Start};
use flowrun_core::program::{Program, Step};
use flowrun_core::stored::{Blind, Seal, decode};
use flowrun_core::vocabulary::Vocabulary;
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_project::{Problem, Project};
use flowrun_store::{Checkpoint, Run, Store};
use flowrun_tables::{Loaded, Rows, Tables};

use super::chronicle::unframed;
use super::home::{Home, problem};
use super::opening::Opening;
use crate::driver::{Remembered, RunTime};
use crate::perform::Perform;

/// A run of before.
pub struct Recalled {
    /// What the store says of it.
    pub run: Run,
    /// Its project, as it was.
    pub project: Arc<Project>,
    /// Its program.
    pub program: Arc<Program>,
    /// What it began with.
    pub opening: Opening,
    /// What its machine starts with.
    pub start: Start,
    /// What came from outside, after the checkpoint if there is one.
    pub entries: Vec<Entry>,
    /// The run as it stood after so many entries.
    pub checkpoint: Option<Checkpoint>,
    /// How many bytes of its journal are there.
    pub bytes: u64,
    /// Its files, where tables were filled from some of them.
    files: Files,
}

/// How well secrets have to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The run is to go on: it needs them.
    Whole,
    /// Another run is to begin as it did: it needs them, and the journal from its start.
    Start,
    /// It is only looked at: dots will do.
    Blind,
}

impl Recalled {
    /// Finds a run by its name, or the beginning of that, and reads it; up to the entry `until`, where that is given.
    pub fn read(
        home: &Home,
        id: &str,
        vocabulary: &Vocabulary,
        sight: Sight,
        until: Option<u64>,
    ) -> Result<Recalled, Problem> {
        let store: &dyn Store = &*home.store;
        let run = store.run(id).map_err(|error| problem(&error))?;
        let id = run.about.id.clone();
        let start = store.start(&id).map_err(|error| problem(&error))?;
        let Some(start) = start.filter(|_| !run.cleared) else {
            let message = format!("the values of run {id} are gone: its data is not saved, or was cleared");
            return Err(Problem::new(message).help("`save_data: on` in the flow or the project keeps them"));
        };
        let seal: &dyn Seal = match sight {
            Sight::Whole | Sight::Start => &home.sealing,
            Sight::Blind => &Blind,
        };
        let unreadable = |why: String| {
            let problem = Problem::new(format!("run {id} can't be read: {why}"));
            problem.help(
                "`flowrun doctor` looks whether the store is whole; `flowrun restore` brings back a backup",
            )
        };
        let opening = Opening::read(&start, seal).map_err(|why| unreadable(why.to_string()))?;
        let body = store.program(&run.about.program).map_err(|error| problem(&error))?;
        let body = body.ok_or_else(|| unreadable("its program is not there".to_owned()))?;
        let made = home.programs.get(&run.about.program, &opening, &body, vocabulary);
        let (project, program) = made.map_err(unreadable)?;
        let start = opening.header.start(&program).map_err(|why| unreadable(why.to_string()))?;
        // To be looked at, a run is replayed from its start as long as that is there.
        let checkpoint = match sight {
            Sight::Blind | Sight::Start if run.cut == 0 => None,
            _ => store.checkpoint(&id).map_err(|error| problem(&error))?,
        };
        // Who wants nothing but the beginning gets nothing but that.
        let checkpoint = checkpoint.filter(|_| until != Some(0));
        let from = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq);
        if let Some(until) = until.filter(|until| *until < from) {
            let message = format!(
                "what run {id} had done by entry {until} is not known any more: its journal begins after entry {from}"
            );
            return Err(
                Problem::new(message).help("`journal: { max_entries: … }` in flowrun.yaml keeps more")
            );
        }
        let bytes = store.journal_bytes(&id).map_err(|error| problem(&error))?;
        let mut entries = Vec::new();
        for stored in store.journal(&id, from + 1) {
            let stored = stored.map_err(|error| problem(&error))?;
            if until.is_some_and(|until| stored.seq > until) {
                break;
            }
            let entry = decode(&stored.body, seal);
            entries.push(entry.map_err(|why| unreadable(format!("entry {}: {why}", stored.seq)))?);
        }
        let files = Files::default();
        if !opening.filled.is_empty() {
            home.hand(&id, &files)?;
        }
        Ok(Recalled { run, project, program, opening, start, entries, checkpoint, bytes, files })
    }

    /// Refuses to go on where another process has gone on, or ended the run, since it was read.
    pub fn is_as_it_was(&self, home: &Home) -> Result<(), Problem> {
        let id = &self.run.about.id;
        let now = home.store.run(id).map_err(|error| problem(&error))?;
        if now.entries == self.run.entries && now.state.status().is_open() {
            return Ok(());
        }
        let message = format!("another process has gone on with run {id} meanwhile");
        Err(Problem::new(message).help(format!("`flowrun runs show {id}` tells how far it is")))
    }

    /// The run as its journal says, to be looked at: its own tables are made again for that.
    pub fn look(&self, limits: Limits) -> Result<Course, Problem> {
        let mut own = self.looking()?;
        let tables = own.0.shared_tables();
        self.course((self.program.clone(), limits), tables.as_deref(), &Blind, &mut own)
    }

    /// Its own tables as they were when it began, to be changed as its cards changed them.
    pub(super) fn looking(&self) -> Result<Looking, Problem> {
        let own = Looking::new(&self.program, self.files.clone());
        let Some(tables) = own.0.shared_tables() else { return Ok(own) };
        for (name, file) in &self.opening.filled {
            tables.fill(name, file).map_err(|fault| Problem::new(fault.message.to_string()))?;
        }
        Ok(own)
    }

    /// What the run was answered, but for what failed and what belongs to an item that failed; and how many items did.
    pub fn answers(&self) -> Result<(Remembered, usize), Problem> {
        let mut own = self.looking()?;
        let machine = Machine::new(self.program.clone(), self.start.clone());
        let mut course = Course::new(machine.map_err(|fault| Problem::new(fault.message.to_string()))?);
        let mut answered = Vec::new();
        for entry in &self.entries {
            if let Event::Completed(asked, recorded) = &entry.event {
                // What is done here is awaited only once the turns before it are taken.
                course.advance(entry.after, &mut own);
                answered.push((*asked, recorded, course.machine.frames_of(asked.id)));
            }
            let applied = course.apply(entry, &mut own);
            applied.map_err(|_| Problem::new(format!("run {} can't be replayed", self.run.about.id)))?;
        }
        course.catch_up(&mut own);
        let failed = course.machine.failed_items();
        let of_no_failed_item =
            answered.into_iter().filter(|(.., frames)| !frames.iter().any(|frame| failed.contains(frame)));
        // What comes after a failure, a `catch` too, rests on it.
        let kept = of_no_failed_item.take_while(|(_, recorded, _)| !matches!(recorded, Recorded::Failed(..)));
        let kept = kept.map(|(asked, recorded, _)| (asked.id, (asked.print, recorded.clone())));
        Ok((kept.collect(), failed.len()))
    }

    /// The run, brought to where its journal ends: from its start, or from its checkpoint.
    pub fn course(
        &self,
        (program, limits): (Arc<Program>, Limits),
        tables: Option<&Tables>,
        seal: &dyn Seal,
        own: &mut dyn Own,
    ) -> Result<Course, Problem> {
        let mut course = match &self.checkpoint {
            None => {
                let machine = Machine::new(program.clone(), self.start.clone());
                Course::new(machine.map_err(|fault| Problem::new(fault.message.to_string()))?)
            }
            Some(checkpoint) => {
                let unreadable = |why: String| {
                    Problem::new(format!(
                        "the checkpoint after entry {} can't be read: {why}",
                        checkpoint.seq
                    ))
                };
                let cut = || unreadable("it is cut off".to_owned());
                let (course, kept) = unframed(&checkpoint.body).ok_or_else(cut)?;
                if let Some(tables) = tables {
                    tables.restore(kept).map_err(|fault| unreadable(fault.message.to_string()))?;
                }
                let course = Course::restore(program.clone(), self.start.clone(), course, seal);
                course.map_err(|why| unreadable(why.to_string()))?
            }
        };
        course.machine.limit(limits);
        for entry in &self.entries {
            course.apply(entry, own).map_err(|error| match error {
                ReplayError::Start(fault) => Problem::new(fault.message.to_string()),
                ReplayError::Diverged(diverged) => self.parted(&diverged, &program),
            })?;
        }
        course.catch_up(own);
        Ok(course)
    }

    /// Where a run takes another way than it took: which card, what was asked then, and what it asks now.
    pub fn parted(&self, at: &Diverged, now: &Program) -> Problem {
        let then = self.asked_then(at);
        let card = card_of(&self.program, at.then.id.card).or_else(|| card_of(now, at.then.id.card));
        let card = card.map_or_else(
            || "a card that neither program has".to_owned(),
            |(flow, step)| format!("the card `{}` ({}) of `{flow}`", step.id, step.title()),
        );
        let asked = |effect: &Option<Effect>| effect.as_ref().map_or("nothing".to_owned(), words);
        let message = format!(
            "the flows part from what run {} did at entry {}: {card}",
            self.run.about.id,
            at.entry + 1,
        );
        Problem::new(message).help(format!("then it asked for {}, now for {}", asked(&then), asked(&at.now)))
    }

    /// What had been asked for where the run parts, as its own program asks for it.
    fn asked_then(&self, at: &Diverged) -> Option<Effect> {
        // Only from the start: what a checkpoint has behind it can't be asked again.
        let None = self.checkpoint else { return None };
        let own = &mut self.looking().ok()?;
        let machine = Machine::new(self.program.clone(), self.start.clone()).ok()?;
        let mut course = Course::new(machine);
        for entry in self.entries.iter().take(at.entry) {
            course.apply(entry, own).ok()?;
        }
        course.catch_up(own);
        course.asked(at.then.id)
    }
}

/// The flow and the card with this key.
pub fn card_of(program: &Program, key: u64) -> Option<(&str, &Step)> {
    let found = |flow| Some((flow, program.flow(flow).steps.iter().find(|step| step.key == key)?));
    let mut flows = (0..program.flows.len() as u32).map(flowrun_core::program::FlowId);
    flows.find_map(found).map(|(flow, step)| (&*program.flow(flow).path, step))
}

/// Does again what a run did with tables of its own, and nothing else.
pub(super) struct Looking(pub(super) crate::perform::Connections);

impl Looking {
    fn new(program: &Program, files: Files) -> Looking {
        let time = RunTime::new(Clock::simulated(0), false);
        let kept = program.tables.iter().filter(|table| table.kept).map(|table| &*table.name);
        let tables = Tables::new(&program.tables).with_files(files);
        // Which of them are kept has to be known; what they hold stands in the journal.
        let tables = tables.keeping(kept, &flowrun_tables::Kept::default(), &Nothing).unwrap_or_default();
        let tables = Arc::new(tables);
        let cards = flowrun_tables::effect_cards().into();
        let connections = crate::perform::Connections::new(time, Default::default(), cards, []);
        Looking(connections.share_tables(tables))
    }
}

impl Own for Looking {
    fn place(&self, effect: &Effect) -> Place {
        self.0.place(effect)
    }

    fn perform(&mut self, effect: Effect, at_us: i64) -> Outcome {
        self.0.perform_here(effect, at_us)
    }
}

/// Has never kept anything.
struct Nothing;

impl Rows for Nothing {
    fn load(&self, _: &str) -> Result<Option<Loaded>, String> {
        Ok(None)
    }
}

/// What an effect asks for, in a few words.
fn words(effect: &Effect) -> String {
    match &effect.act {
        Act::WaitUntil(until_us) => {
            let until = flowrun_core::value::Date::from_millis(until_us.div_euclid(1000));
            format!("a wait until {}", until.map(|until| until.to_string()).unwrap_or_default())
        }
        Act::Pause(_) => "somebody's answer".to_owned(),
        Act::Card(performance) => {
            let declared = performance.card.inputs.iter().map(|field| field.name.to_string());
            let names = declared.chain(performance.names.iter().map(ToString::to_string));
            let given = names.zip(&performance.args).filter(|(_, value)| !value.is_null());
            let given =
                given.map(|(name, value)| format!("{name}: {}", flowrun_core::report::clip(value).to_json()));
            format!("{} with {{ {} }}", performance.card.title(), given.collect::<Vec<_>>().join(", "))
        }
    }
}
