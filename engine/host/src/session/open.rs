//! A run is opened: its connections, its tables, and what is kept of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::course::Course;
use flowrun_core::fault::Fault;
use flowrun_core::machine::{Machine, Start};
use flowrun_core::value::{Date, File, Text};
use flowrun_kit::audit::Ledger;
use flowrun_kit::clock::Clock;
use flowrun_kit::errand::Run;
use flowrun_project::Problem;
use flowrun_store::{Batch, Holder, Key, NewRun, RunId};
use flowrun_tables::Tables;

use super::alone::Turn;
use super::audit::{Audit, AuditFile, Beginning, Words};
use super::connections::{self, Made, Purpose};
use super::durable::chronicle::{self, Chronicle, Size};
use super::durable::home::{self, Home, problem};
use super::durable::opening::Opening;
use super::durable::tables::{Former, Kept, change};
use super::run::{Keeping, Session};
use super::simulators::{Front, Simulators};
use super::{Plan, Record, given, plan};
use crate::driver::{RunTime, Stop};
use crate::mocked::Mocking;
use crate::record::{Head, Recorder};

/// What the key of pseudonyms is made for.
const PSEUDONYMS: &str = "pseudonyms of recordings";

/// Files that filled tables, by the tables' names.
type Filled = Vec<(Text, Arc<File>)>;

impl Plan {
    /// Makes the connections, the tables and the record; nothing is sent yet. A flow that wants to be alone waits for its turn
    /// if it says so, which `tell` hears of, unless `stop` is given.
    pub async fn open(mut self, stop: Stop, tell: &mut (dyn FnMut(&str) + Send)) -> Result<Session, Problem> {
        let simulators = self.simulators();
        let mocking = self.job.mocking.clone();
        let mocking = mocking.unwrap_or_else(|| Arc::new(Mocking::new(self.ready.mocks.clone(), None)));
        let tape = self.job.tape.clone();
        let recorder = tape.map(|tape| Recorder::new(tape, simulators.clock.clone())).transpose()?;
        let recorder = recorder.map(Arc::new);
        let made = self.connect(&simulators, &mocking, recorder.as_ref())?;
        let (clock, faults) = (simulators.clock, simulators.faults);
        let hosts: Vec<_> = made.iter().map(|made| (made.name.clone(), made.host.clone())).collect();
        let scope = home::scope(&hosts);
        let mut warnings = Vec::new();
        let folder = self.folder();
        let journals = self.journals(folder.is_some(), &mut warnings)?;
        let given = self.recalled.as_ref().map(|recalled| &*recalled.run.about.id);
        let given = given.or(self.job.name.as_deref());
        let run_id = run_id(given.or(self.ready.surroundings.run_id.as_deref()), clock.now_ms() * 1000);
        let flow = &self.ready.program.flow(self.ready.start).name;
        let holder = Holder::new(flow, &run_id, clock.now_ms());
        let turn = match self.turn.take() {
            Some(turn) => Some(turn),
            None => self.turn(folder.as_deref(), &holder, &stop, tell).await?,
        };
        let home = self.home(folder.as_deref(), journals, &holder, &stop, tell).await?;
        let run_id = match &home {
            Some(home) if self.recalled.is_none() => unused(&run_id, home),
            _ => run_id,
        };
        if let (Some(home), Some(recalled)) = (&home, &self.recalled) {
            recalled.is_as_it_was(home)?;
            // Before tables are filled from some of them.
            home.hand(&run_id, &self.files)?;
        }
        // Another run may have changed what is kept and taken its time.
        let time = RunTime::new(clock.clone(), self.counts_computing());
        let start = self.starts(&run_id, time.now_us())?;
        // Before anything is written: what the flow refuses has not begun.
        let begun =
            match &self.recalled {
                None => Ok(Machine::new(self.ready.program.clone(), start.clone())
                    .map_err(|fault| refused(&fault))?),
                Some(recalled) => Err(recalled),
            };
        let tables = self.tables(home.as_deref(), &hosts, folder.as_deref())?;
        tables.set_time(start.at_us);
        let filled = self.fill(&tables)?;
        let audit = Arc::new(Audit::default());
        let record = self.record(folder.as_deref(), &run_id, &mut warnings);
        let beginning = self.beginning(&made, &run_id, clock.now_ms());
        let keeping = match (&home, record) {
            (Some(home), record) if journals => {
                let opened = Opened { home, scope: &scope, start: &start, filled: &filled, clock: &clock };
                Keeping::Journal(self.chronicle(opened, &tables, record.as_deref(), &beginning).await?)
            }
            (home, record) => {
                if let Some(path) = record {
                    audit.begin(AuditFile::open(&path, self.job.profiles)?, &beginning);
                }
                match home {
                    Some(home) => Keeping::Tables(Kept::new(home.clone(), scope.clone())),
                    None => Keeping::Nothing,
                }
            }
        };
        let ledger: Option<Arc<dyn Ledger>> = match &keeping {
            Keeping::Journal(chronicle) => Some(chronicle.clone()),
            _ if audit.is_begun() => Some(audit.clone()),
            _ => None,
        };
        let run = Run {
            audit: ledger,
            rehearsal: self.job.dry_run,
            files: self.files.clone(),
            sources: Arc::new(self.ready.project.sources.clone()),
            planning: Arc::default(),
            memory: self.job.limits.memory,
            stop,
        };
        let registry = &self.ready.surroundings.registry;
        if let Some(recorder) = &recorder {
            recorder.begin(self.head(&start, home.as_deref(), folder.as_deref())?);
        }
        let answering = (mocking.clone(), recorder.clone());
        let time = (time, self.job.shuffle);
        let mut world =
            connections::world(registry, &self.ready.program, &made, tables, answering, run, time);
        world.parks = self.job.parks;
        world.leave = self.job.leave.clone();
        world.remembers = self.remembers.clone();
        let course = match begun {
            Ok(machine) => Course::new(machine.within(self.job.limits)),
            Err(recalled) => {
                let how = (self.ready.program.clone(), self.job.limits);
                let sealing = home.as_ref().map(|home| home.sealing.clone()).unwrap_or_default();
                recalled.course(how, world.tables(), &sealing, &mut world.here())?
            }
        };
        let hold = Stop::default();
        Session {
            warnings,
            plan: self,
            course,
            world,
            made,
            audit,
            keeping,
            faults,
            home,
            turn,
            hold,
            mocking,
            recorder,
        }
        .hear()
    }

    fn connect(
        &self,
        simulators: &Simulators,
        mocking: &Arc<Mocking>,
        recorder: Option<&Arc<Recorder>>,
    ) -> Result<Vec<Made>, Problem> {
        let lines = &self.ready.surroundings.lines;
        let purpose = Purpose {
            ca_file: self.job.ca_file.clone(),
            scale: self.time_scale(),
            meter: self.ready.surroundings.meter.clone(),
            mocking: mocking.clone(),
            recorder: recorder.cloned(),
            lines: lines.clone(),
            // Simulators that are made for this run alone end with it, and so do the lines to them.
            simulated_lines: self
                .ready
                .surroundings
                .simulators
                .as_ref()
                .map(|_| lines.clone())
                .unwrap_or_default(),
            ..Purpose::new(simulators, &self.ready.surroundings.env)
        };
        connections::connect(&self.ready.planned, &purpose)
    }

    /// What is recorded of the run besides what it exchanges.
    fn head(&self, start: &Start, home: Option<&Home>, folder: Option<&Path>) -> Result<Head, Problem> {
        let project = &self.ready.project;
        let env = &self.ready.surroundings.env;
        let pseudonyms = self.job.tape.as_ref().is_some_and(|tape| tape.pseudonyms);
        let key = match home.and_then(|home| home.sealing.0.clone()) {
            _ if !pseudonyms => None,
            Some(key) => Some(key.made_for(PSEUDONYMS)),
            None => {
                let usual = || home::folder(&project.root, project.environment(), env);
                let folder = folder.map(Path::to_owned).or_else(usual).ok_or_else(|| {
                    Problem::new("nothing says where the key of the pseudonyms is kept: HOME is not set")
                        .help("name a folder with --state")
                })?;
                let variable = env.get(flowrun_store::KEY_VARIABLE).map(String::as_str);
                let found = Key::find(&folder, variable).map_err(|error| problem(&error))?;
                let key = found.map_or_else(|| Key::make(&folder), Ok);
                Some(key.map_err(|error| problem(&error))?.made_for(PSEUDONYMS))
            }
        };
        let vars = &self.ready.vars;
        let given = vars.env.iter().filter(|(name, _)| !vars.set.iter().any(|(set, _)| set == name));
        Ok(Head {
            flow: self.ready.program.flow(self.ready.start).path.clone(),
            program: self.ready.kept().1.hash.clone(),
            run: start.run_id.clone(),
            started_ms: start.at_us.div_euclid(1000),
            inputs: start.inputs.clone(),
            vars: vars.set.iter().chain(given).cloned().collect(),
            key,
        })
    }

    /// The folder of the store that the run needs, if it needs one for itself.
    pub fn store_folder(&self) -> Option<PathBuf> {
        let keeps = self.job.journal || !self.kept_tables().is_empty();
        self.folder().filter(|_| keeps && !self.job.dry_run)
    }

    /// Where what outlives the run is kept. Nothing outlives a run that reaches nothing real, unless it is said where.
    fn folder(&self) -> Option<PathBuf> {
        let project = &self.ready.project;
        let usual = || home::folder(&project.root, project.environment(), &self.ready.surroundings.env);
        self.job.state.clone().or_else(|| if self.ready.reaches_real() { usual() } else { None })
    }

    /// Whether the run is journaled.
    fn journals(&self, has_place: bool, warnings: &mut Vec<String>) -> Result<bool, Problem> {
        let wanted = self.job.journal && !self.job.dry_run;
        if wanted && !has_place && self.ready.reaches_real() {
            let why = "no journal is kept: HOME is not set; name a folder with --state";
            warnings.push(why.to_owned());
        }
        if self.ready.program.pauses(self.ready.start) && !self.job.dry_run && !(wanted && has_place) {
            let flow = &self.ready.program.flow(self.ready.start).name;
            let problem = Problem::new(format!(
                "`{flow}` can pause until somebody answers, and no journal would outlive that"
            ));
            return Err(problem.help("say where to keep it with --state FOLDER, without --no-journal"));
        }
        Ok(wanted && has_place)
    }

    /// The store, where something is kept in it.
    async fn home(
        &self,
        folder: Option<&Path>,
        journals: bool,
        holder: &Holder,
        stop: &Stop,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Option<Arc<Home>>, Problem> {
        let Some(folder) = folder.filter(|_| journals || !self.kept_tables().is_empty()) else {
            return Ok(None);
        };
        let (env, stores) = (&self.ready.surroundings.env, &self.ready.surroundings.stores);
        if self.job.dry_run {
            return Ok(Home::look(folder, env)?.map(Arc::new));
        }
        let home = stores.own(folder, holder, (env, self.job.wait), stop, tell).await?;
        Ok(Some(home))
    }

    /// What the machine starts with.
    fn starts(&self, run_id: &Text, at_us: i64) -> Result<Start, Problem> {
        match &self.recalled {
            Some(recalled) => {
                let start = recalled.opening.header.start(&self.ready.program);
                start.map_err(|why| Problem::new(format!("the run can't go on with these flows: {why}")))
            }
            None => {
                let start = Start::new(self.ready.start, self.inputs.clone(), run_id.clone(), at_us);
                Ok(Start { dry_run: self.job.dry_run, ..start })
            }
        }
    }

    /// The right to run alone, if the flow wants to. A dry run changes nothing, so that it is in nobody's way.
    async fn turn(
        &self,
        folder: Option<&Path>,
        holder: &Holder,
        stop: &Stop,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Option<Turn>, Problem> {
        let Some((key, others)) = self.alone(holder)? else { return Ok(None) };
        // What lies in memory is nobody else's.
        let folder = folder.filter(|folder| !self.ready.surroundings.stores.is_in_memory(folder));
        self.ready.surroundings.alone.take(&key, others, folder, holder, stop, tell).await.map(Some)
    }

    /// The key for which the run wants to be alone, if it does.
    fn alone(&self, holder: &Holder) -> Result<Option<(Text, flowrun_core::program::Others)>, Problem> {
        if self.ready.program.flow(self.ready.start).alone.is_none() || self.job.dry_run {
            return Ok(None);
        }
        let start =
            Start::new(self.ready.start, self.inputs.clone(), holder.run.as_str(), holder.since_ms * 1000);
        let alone = Machine::new(self.ready.program.clone(), start).and_then(|machine| machine.alone());
        alone.map_err(|fault| refused(&fault))
    }

    /// Whether what computing takes is added to a clock that stands still meanwhile.
    pub(super) fn counts_computing(&self) -> bool {
        self.ready.is_simulated() && !self.ready.surroundings.instant
    }

    /// Those that are there, or new ones. The clock of a run that goes on is never behind what it has seen.
    fn simulators(&self) -> Simulators {
        if let Some(simulators) = &self.ready.surroundings.simulators {
            return simulators.clone();
        }
        let seen_us =
            self.recalled.as_ref().and_then(|recalled| recalled.entries.last()).map(|entry| entry.at_us);
        let now_ms = plan::now_ms().max(seen_us.unwrap_or(0).div_euclid(1000));
        let clock = if self.ready.is_simulated() {
            Clock::simulated(now_ms)
        } else {
            Clock::starting_at(now_ms, self.time_scale())
        };
        // What nothing reaches need not be made.
        if !self.ready.reaches_simulator() {
            return Simulators::of(clock, Front::default(), []);
        }
        Simulators::new(&self.ready.surroundings.registry, clock, &self.job.simulators)
    }

    /// Where the audit record is written, if one is.
    fn record(&self, folder: Option<&Path>, run_id: &str, warnings: &mut Vec<String>) -> Option<PathBuf> {
        match (&self.job.record, folder) {
            (Record::File(path), _) => Some(path.clone()),
            (Record::Usual, Some(folder)) if self.ready.reaches_real() => {
                Some(folder.join("audit").join(format!("{run_id}.jsonl")))
            }
            (Record::Usual, None) if self.ready.reaches_real() => {
                let why = "no audit record is written: HOME is not set; name a file with --audit";
                warnings.push(why.to_owned());
                None
            }
            _ => None,
        }
    }

    fn beginning<'a>(&'a self, made: &'a [Made], run_id: &'a str, now_ms: i64) -> Beginning<'a> {
        let entry = self.ready.program.flow(self.ready.start);
        Beginning {
            run_id,
            flow: &entry.name,
            file: &entry.path,
            sources: &self.ready.project.sources,
            made,
            dry_run: self.job.dry_run,
            env: &self.ready.surroundings.env,
            who: self.job.begun.who.as_deref(),
            now_ms,
        }
    }

    /// The kept tables that the run reaches or fills.
    fn kept_tables(&self) -> Vec<&str> {
        let filled = |name: &str| self.job.tables.iter().any(|(table, _)| table == name);
        let reached = self.ready.program.tables_of(self.ready.start);
        let used = self.ready.program.tables.iter().enumerate().filter(|(place, table)| {
            table.kept && (reached.contains(&(*place as u32)) || filled(&table.name))
        });
        used.map(|(_, table)| &*table.name).collect()
    }

    /// The tables, the kept ones as the last run left them. Over simulators nothing is kept unless it is said where: the next
    /// run has new ones.
    fn tables(
        &self,
        home: Option<&Home>,
        hosts: &[(String, String)],
        folder: Option<&Path>,
    ) -> Result<Tables, Problem> {
        let tables = Tables::new(&self.ready.program.tables).with_files(self.files.clone());
        let kept = self.kept_tables();
        if kept.is_empty() {
            return Ok(tables);
        }
        let order = self.ready.program.tables.iter().map(|table| table.name.clone()).collect();
        let former = Former { folder: self.legacy(hosts, folder), order };
        let Some(home) = home else {
            if self.job.dry_run && folder.is_some() {
                // Nothing was ever stored; what was kept before there was a store counts all the same.
                let copied = tables.copying(kept, &flowrun_tables::Kept::default(), &former);
                return copied.map_err(|fault| refused(&fault));
            }
            if !self.ready.reaches_real() || folder.is_some() {
                return Ok(tables);
            }
            let message = format!("nothing says where to keep {}: HOME is not set", kept.join(", "));
            return Err(Problem::new(message).help("name a folder with --state"));
        };
        let scope = home::scope(hosts);
        let rows = home.rows(&scope, former);
        let shared = home.kept.of(&scope);
        let tables = match self.job.dry_run {
            true => tables.copying(kept, &shared, &rows),
            false => tables.keeping(kept, &shared, &rows),
        };
        tables.map_err(|fault| refused(&fault))
    }

    /// Where tables were kept before there was a store.
    fn legacy(&self, hosts: &[(String, String)], folder: Option<&Path>) -> Option<PathBuf> {
        if self.job.state.is_some() {
            return folder.map(Path::to_owned);
        }
        let former = super::state::folder(&self.ready.project.root, hosts, &self.ready.surroundings.env)?;
        Some(former.join("tables"))
    }

    /// Fills tables with the rows of the CSV files that were named for them; of a run that goes on with those of then.
    fn fill(&self, tables: &Tables) -> Result<Filled, Problem> {
        if let Some(recalled) = &self.recalled {
            // What is kept was changed when the run began, and comes from the store.
            for (name, file) in recalled.opening.filled.iter().filter(|(name, _)| !tables.keeps(name)) {
                tables.fill(name, file).map_err(|fault| refused(&fault))?;
            }
            return Ok(recalled.opening.filled.clone());
        }
        let mut filled = Vec::new();
        for (name, path) in &self.job.tables {
            let problem = |why: &str| Problem::new(format!("--table {name}: {why}"));
            let file = given::file(path, &self.files).map_err(|why| problem(&why))?;
            tables.fill(name, &file).map_err(|fault| match &fault.help {
                Some(help) => problem(&fault.message).help(&**help),
                None => problem(&fault.message),
            })?;
            filled.push((Text::from(name.as_str()), file));
        }
        for (name, csv) in &self.job.rows {
            let file = self.files.create(&format!("{name}.csv"), csv.as_bytes(), 0);
            let file = file.map_err(|fault| refused(&fault))?;
            tables.fill(name, &file).map_err(|fault| refused(&fault))?;
            filled.push((Text::from(name.as_str()), file));
        }
        Ok(filled)
    }

    /// The journal of the run: a new one, which is on the disk before anything is done; or that of the run that goes on.
    async fn chronicle(
        &self,
        opened: Opened<'_>,
        tables: &Tables,
        record: Option<&Path>,
        beginning: &Beginning<'_>,
    ) -> Result<Arc<Chronicle>, Problem> {
        let Opened { home, scope, start, filled, clock } = opened;
        let words = Words { profiles: self.job.profiles };
        let run: RunId = Arc::from(beginning.run_id);
        let bounds = self.ready.program.journal;
        let most = Size { entries: bounds.max_entries.into(), bytes: u64::from(bounds.max_mb) << 20 };
        let place = match &self.recalled {
            None => chronicle::Place { most, ..chronicle::Place::default() },
            Some(recalled) => {
                let lines = home.store.audit(Some(&run)).map_err(|error| problem(&error))?;
                if let Some(path) = record {
                    let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
                    flowrun_store::make_private(path.parent().unwrap_or(Path::new(".")))
                        .and_then(|()| super::state::replace(path, &text))
                        .map_err(|error| {
                            Problem::new(format!(
                                "the audit record {} can't be written: {error}",
                                path.display()
                            ))
                        })?;
                }
                let requests =
                    lines.iter().filter(|line| line.text.contains("\"event\":\"sending\"")).count();
                chronicle::Place {
                    entries: recalled.run.entries,
                    lines: lines.len() as u64,
                    requests: requests as u64,
                    whole: Size { entries: recalled.run.entries - recalled.run.cut, bytes: recalled.bytes },
                    most,
                }
            }
        };
        let file = record.map(|path| AuditFile::open(path, self.job.profiles)).transpose()?;
        let chronicle = Chronicle::new(
            home.clone(),
            scope.clone(),
            run.clone(),
            self.files.clone(),
            clock.clone(),
            file.map(|file| (words, file)),
            place,
        );
        if self.recalled.is_some() {
            chronicle.say(|_| serde_json::json!({ "event": "resume", "time": super::audit::time(clock.now_ms()), "run": &*run }));
            return Ok(Arc::new(chronicle));
        }
        let flow = self.ready.program.flow(self.ready.start);
        let (bundle, program) = self.ready.kept();
        let holder = Holder::new(&flow.name, &run, clock.now_ms());
        let alone = self.alone(&holder)?.map(|(key, _)| key.to_string());
        if let Some(key) = &alone {
            home.nobody_else(scope, key, &flow.name)?;
        }
        let about = flowrun_store::About {
            id: run.clone(),
            scope: scope.to_string(),
            flow: flow.path.to_string(),
            title: flow.name.to_string(),
            root: self.ready.project.root.display().to_string(),
            program: program.hash.clone(),
            started_us: start.at_us,
            dry_run: false,
            simulated: self.ready.is_simulated(),
            save_data: flow.save_data.unwrap_or(!self.ready.reaches_real()),
            alone,
            parent: None,
            forked: None,
            owner: holder.told(),
            cause: self.job.begun.cause.clone(),
            who: self.job.begun.who.clone(),
        };
        let opening = Opening::new(start, &self.ready.program, bundle, filled.clone());
        let mut batch = Batch::start(NewRun { about, start: opening.write(&home.sealing) });
        batch.programs.push(program.clone());
        batch.notes.clone_from(&self.job.begun.notes);
        batch.tables = tables.take_changes().into_iter().map(|changes| change(scope, changes)).collect();
        let mut files = filled.iter().map(|(_, file)| file.clone()).collect();
        self.inputs.values().for_each(|value| chronicle::collect(value, &mut files));
        for file in files {
            let mut content = self.files.open(&file).map_err(|fault| refused(&fault))?;
            batch.files.push(home.store.put_file(&mut content).map_err(|error| problem(&error))?);
        }
        let ticket = home.store.append(batch);
        if self.job.waits {
            // The disk takes no simulated time.
            let _hold = clock.hold();
            home.store.durable(ticket).await.map_err(|error| problem(&error))?;
        }
        chronicle.say(|words| words.start(beginning));
        Ok(Arc::new(chronicle))
    }
}

/// What a journal begins with.
struct Opened<'o> {
    home: &'o Arc<Home>,
    scope: &'o Text,
    start: &'o Start,
    filled: &'o Filled,
    clock: &'o Clock,
}

/// A start that the entry flow doesn't take.
pub(super) fn refused(fault: &Fault) -> Problem {
    Problem { message: fault.message.to_string(), help: fault.help.as_ref().map(ToString::to_string) }
}

/// A name for the run that no other has: when it started, and some chance.
pub(super) fn run_id(given: Option<&str>, at_us: i64) -> Text {
    if let Some(id) = given {
        return Text::from(id);
    }
    use std::hash::{BuildHasher, RandomState};
    let chance = RandomState::new().hash_one(at_us) as u32;
    let date = Date::from_millis(at_us.div_euclid(1000)).map(|date| date.to_string()).unwrap_or_default();
    let digits: String = date.chars().take(19).filter(|letter| letter.is_ascii_alphanumeric()).collect();
    Text::from(format!("{digits}-{chance:08x}"))
}

/// The name, or with a number behind it the first that no run in the store has.
pub(super) fn unused(name: &Text, home: &Home) -> Text {
    let mut names =
        (1..).map(|number| if number == 1 { name.clone() } else { Text::from(format!("{name}-{number}")) });
    let is_free = |name: &Text| home.store.run(name).is_err();
    names.find(is_free).unwrap_or_else(|| name.clone())
}
