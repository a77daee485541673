//! What the runs of a case find around them, and what is left of them when a process dies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::journal::{Entry, Event};
use flowrun_core::machine::Limits;
use flowrun_core::stored::decode;
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_host::mocked::Mocking;
use flowrun_host::session::durable::home::{Home, Stores};
use flowrun_host::session::durable::programs::Programs;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::simulators::{Front, Setup, Simulators};
use flowrun_host::session::{Job, Plan, Ready, Record as AuditRecord, Say, Surroundings};
use flowrun_kit::clock::Clock;
use flowrun_project::{Problem, Refused};
use flowrun_store::{Death, InMemory, Store};

use crate::form::{Case, Given, Rows, What};
use crate::recorded;
use crate::requests::Requests;
use crate::run::{NOW_MS, Running};

/// The folder in which the store of a case would lie, if it were not in memory.
const FOLDER: &str = "/flow test";

/// How a case is lived through, besides as it says itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    /// Whether a journal is kept although the case needs none.
    pub keeps: bool,
    /// Where the first process dies.
    pub death: Option<Death>,
    /// In which other order effects end.
    pub shuffle: Option<u64>,
}

/// What the runs of a case find around them.
pub(crate) struct Outside<'o> {
    running: &'o Running<'o>,
    given: &'o Given,
    how: How,
    /// The name of the run that is tested.
    pub name: String,
    /// Their time.
    pub clock: Clock,
    /// What they send.
    pub requests: Requests,
    /// What answers in place of cards.
    pub mocking: Arc<Mocking>,
    /// The store and its home, where something outlives a process.
    pub kept: Option<(Arc<InMemory>, Arc<Home>)>,
    /// How many entries the journal had when the first process died.
    pub died_after: Option<u64>,
    surroundings: Surroundings,
    simulators: Option<Simulators>,
}

impl<'o> Outside<'o> {
    pub fn new(running: &'o Running<'o>, given: &'o Given, how: How) -> Outside<'o> {
        let clock = Clock::simulated(given.now_ms.unwrap_or(NOW_MS));
        let name = recorded::run(given.recorded.as_deref());
        let surroundings = Surroundings {
            env: BTreeMap::new(),
            registry: running.registry.clone(),
            simulators: None,
            instant: true,
            run_id: Some(name.clone()),
            alone: Default::default(),
            lines: Default::default(),
            stores: Default::default(),
            meter: None,
        };
        let lasts =
            how.keeps || how.death.is_some() || given.meanwhile.iter().any(|one| one.what != What::Cancel);
        let mut outside = Outside {
            running,
            given,
            how,
            name,
            clock,
            requests: Requests::default(),
            mocking: Arc::new(Mocking::new(given.mocks.clone(), given.recorded.clone())),
            kept: None,
            died_after: None,
            surroundings,
            simulators: None,
        };
        if lasts {
            let store = how.death.map_or_else(InMemory::new, |death| InMemory::new().dying(death));
            outside.keep(store, Arc::default());
        }
        outside
    }

    fn keep(&mut self, store: InMemory, programs: Arc<Programs>) {
        let store = Arc::new(store);
        let home = Arc::new(Home::in_memory(Path::new(FOLDER), store.clone(), programs));
        self.surroundings.stores = Stores::default();
        self.surroundings.stores.keep(&home);
        self.kept = Some((store, home));
    }

    /// A process that begins a run of this flow.
    pub fn begins(&mut self, entry: &str, inputs: Record) -> Result<Plan, String> {
        let job = self.job()?;
        let project = self.running.project.clone();
        let ready = Ready::of_project(&job, project, entry, self.surroundings.clone(), &mut Vec::new());
        let ready = ready.map_err(|why| told(&why))?;
        // What nothing reaches need not be made: it would be most of what a small test takes.
        let simulators = match (&self.simulators, ready.reaches_simulator()) {
            (Some(simulators), _) => simulators.clone(),
            (None, true) => self.made()?,
            (None, false) => Simulators::of(self.clock.clone(), Front::default(), []),
        };
        self.surroundings.simulators = Some(simulators.clone());
        ready.over(simulators).plan_with(job, inputs).map_err(|why| told(&why))
    }

    /// Another process, which goes on with the run that is tested.
    pub fn goes_on(&self, say: Say) -> Result<Plan, String> {
        let Some((_, home)) = &self.kept else { return Err("nothing was kept of the run".to_owned()) };
        let recalled =
            Recalled::read(home, &self.name, self.running.registry.vocabulary(), Sight::Whole, None);
        let recalled = recalled.map_err(|problem| problem_told(&problem))?;
        let job = Job { say, ..self.job()? };
        let plan = Plan::again(job, recalled, false, self.surroundings.clone(), &mut Vec::new());
        plan.map_err(|why| told(&why))
    }

    /// The process has died, and another goes on with the run; or begins it, if nothing of that was kept.
    pub fn another(&mut self, entry: &str, inputs: &Record) -> Result<Plan, String> {
        self.dies();
        let begun = self.kept.as_ref().is_some_and(|(store, _)| store.run(&self.name).is_ok());
        if begun { self.goes_on(Say::GoOn) } else { self.begins(entry, inputs.clone()) }
    }

    /// Waits until so long after the start.
    pub async fn until(&self, after_ms: u64) {
        let at_ms = self.given.now_ms.unwrap_or(NOW_MS).saturating_add_unsigned(after_ms);
        self.clock.drive(self.clock.sleep_until(at_ms)).await;
    }

    /// What was not durable is gone, and so is what the process knew.
    fn dies(&mut self) {
        if let Some((store, home)) = self.kept.take() {
            self.died_after.get_or_insert(store.run(&self.name).map_or(0, |run| run.entries));
            self.keep(store.crash(), home.programs.clone());
        }
        self.mocking.process_died();
        self.surroundings.lines = Default::default();
        self.surroundings.alone = Default::default();
    }

    /// What simulated vendors tell of what the case wants to know.
    pub async fn told(&self, case: &Case) -> BTreeMap<(Text, Text), Value> {
        let mut told = BTreeMap::new();
        let Some(simulators) = &self.simulators else { return told };
        for (vendor, looks) in case.expect.simulators.iter().chain(&case.after_crash.simulators) {
            for look in looks {
                let Some(Ok(answer)) = simulators.look(&vendor.it, &look.path).await else { continue };
                let text = String::from_utf8_lossy(&answer.body);
                let body = parse_json(&text).unwrap_or_else(|_| Value::from(&*text));
                let status = Value::from(u64::from(answer.status.as_u16()));
                let answer = Value::object([("status", status), ("body", body)]);
                told.insert((vendor.it.clone(), look.path.clone()), answer);
            }
        }
        told
    }

    /// How many answers to pauses its journal has.
    pub fn signals(&self) -> usize {
        let Some((_, home)) = &self.kept else { return 0 };
        let entries = home.store.journal(&self.name.as_str().into(), 1).filter_map(Result::ok);
        let entries = entries.filter_map(|stored| decode::<Entry>(&stored.body, &home.sealing).ok());
        entries.filter(|entry| matches!(entry.event, Event::Signal(..))).count()
    }

    /// How many batches were handed in to the store.
    pub fn handed(&self) -> u64 {
        self.kept.as_ref().map_or(0, |(store, _)| store.newest().0)
    }

    /// The simulators, which are the world of all runs of the case.
    fn made(&mut self) -> Result<Simulators, String> {
        let options = self.given.simulators.iter();
        let options = options.map(|(name, value)| (name.it.to_string(), crate::form::option_text(value)));
        let faults = self.given.faults.iter();
        let faults = faults.map(|fault| fault.it.parse().map_err(|why| format!("{}: {why}", fault.it)));
        let faults = faults.collect::<Result<Vec<_>, String>>()?;
        let setup = Setup { options: options.collect(), dated: false, faults };
        let mut simulators = Simulators::new(&self.running.registry, self.clock.clone(), &setup);
        simulators.front = self.requests.front();
        self.simulators = Some(simulators.clone());
        Ok(simulators)
    }

    fn job(&self) -> Result<Job, String> {
        let given = self.given;
        let mut job = Job {
            vars: given.vars.iter().map(|(name, value)| (name.it.to_string(), constant(value))).collect(),
            mocking: Some(self.mocking.clone()),
            sealed_off: true,
            dry_run: given.dry_run.unwrap_or(false),
            journal: self.kept.is_some(),
            state: self.kept.is_some().then(|| PathBuf::from(FOLDER)),
            record: AuditRecord::Off,
            shuffle: self.how.shuffle,
            limits: Limits { memory: self.running.memory, whole: true, ..Limits::default() },
            ..Job::default()
        };
        for (name, rows) in &given.tables {
            match rows {
                // What `defaults` fill may be empty in a test; a table begins so.
                Rows::Written(rows) if rows.is_empty() => {}
                Rows::Written(rows) => job.rows.push((name.it.to_string(), csv(rows))),
                Rows::File(file) => {
                    let path = self.running.folder.join(&*file.it);
                    job.tables.push((name.it.to_string(), path.display().to_string()));
                }
            }
        }
        Ok(job)
    }
}

fn told(why: &Refused) -> String {
    match why {
        Refused::Problem(problem) => problem_told(problem),
        Refused::Mistakes(mistakes) => {
            let messages: Vec<&str> = mistakes.found.iter().map(|found| found.message.as_str()).collect();
            messages.join("\n")
        }
    }
}

/// What went wrong, with its help in the lines behind.
pub(crate) fn problem_told(problem: &Problem) -> String {
    match &problem.help {
        Some(help) => format!("{}\n{help}", problem.message),
        None => problem.message.clone(),
    }
}

/// A value as `--set` would give it.
fn constant(value: &Value) -> String {
    match value.as_text() {
        Some(text) => text.to_string(),
        None => value.to_json(),
    }
}

/// Rows as CSV, with all columns that any of them has.
fn csv(rows: &[Record]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !columns.contains(&&**name) {
            columns.push(name);
        }
    }
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut lines = vec![columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",")];
    for row in rows {
        let cell = |name: &&str| match row.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(value) => quoted(&constant(value)),
        };
        lines.push(columns.iter().map(cell).collect::<Vec<_>>().join(","));
    }
    lines.join("\r\n")
}
