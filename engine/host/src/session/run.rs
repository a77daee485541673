//! A run: opened, run, and what is left when it has ended.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use flowrun_core::fault::Fault;
use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::Program;
use flowrun_core::report::{Report, Status};
use flowrun_core::source::Sources;
use flowrun_core::value::{Date, Text};
use flowrun_kit::activity::{Activity, Tally};
use flowrun_kit::audit::Ledger;
use flowrun_kit::clock::Clock;
use flowrun_kit::errand::Run;
use flowrun_kit::files::Files;
use flowrun_kit::simulator::SimFaults;
use flowrun_project::Problem;
use flowrun_tables::Tables;
use tokio::task::JoinHandle;

use super::alone::Turn;
use super::audit::{Audit, AuditFile, Beginning};
use super::connections::{self, Made, Purpose};
use super::lock::Holder;
use super::simulators::{Front, Simulators};
use super::state;
use super::{Plan, Record, aftermath, given, kept, plan};
use crate::driver::{self, RunTime, Stop, Watch, World};

/// A run that is ready to start.
pub struct Session {
    /// What there is to warn of.
    pub warnings: Vec<String>,
    plan: Plan,
    machine: Machine,
    world: World,
    made: Vec<Made>,
    audit: Arc<Audit>,
    faults: SimFaults,
    /// Held until the run has ended.
    _turn: Option<Turn>,
}

/// A run that has ended.
pub struct Ended {
    /// What happened.
    pub report: Report,
    /// What ran.
    pub program: Arc<Program>,
    /// The files that it was made of.
    pub sources: Sources,
    /// The files that it read and wrote.
    pub files: Files,
    /// What ran because it failed.
    pub aftermath: Option<Report>,
    /// Whether it was told to stop.
    pub interrupted: bool,
    /// The first requests that a dry run did not send, in their order.
    pub withheld: Vec<String>,
    /// How many there were.
    pub withheld_count: u64,
    /// What each connection did, by its name.
    pub tallies: Vec<(String, Tally)>,
    /// What was wrong with the faults that were asked for.
    pub idle_faults: Option<String>,
    /// How long it took for whoever waited, in milliseconds, where time was simulated.
    pub real_ms: Option<f64>,
    /// Whether the audit record is complete, where there is one.
    pub recorded: io::Result<()>,
}

impl Plan {
    /// Makes the connections, the tables and the record; nothing is sent yet. A flow that wants to be alone waits for its turn
    /// if it says so, which `tell` hears of, unless `stop` is given.
    pub async fn open(self, stop: Stop, tell: &mut (dyn FnMut(&str) + Send)) -> Result<Session, Problem> {
        let env = &self.surroundings.env;
        let simulators = self.simulators();
        let audit = Arc::new(Audit::default());
        let recorded = match &self.job.record {
            Record::Off => false,
            Record::File(_) => true,
            Record::Usual => self.reaches_real(),
        };
        let lines = &self.surroundings.lines;
        let purpose = Purpose {
            ca_file: self.job.ca_file.clone(),
            scale: self.time_scale(),
            lines: lines.clone(),
            // Simulators that are made for this run alone end with it, and so do the lines to them.
            simulated_lines: self.surroundings.simulators.as_ref().map(|_| lines.clone()).unwrap_or_default(),
            ..Purpose::new(&simulators, env)
        };
        let made = connections::connect(&self.planned, &purpose)?;
        let (clock, faults) = (simulators.clock, simulators.faults);
        let run_id = run_id(self.surroundings.run_id.as_deref(), clock.now_ms() * 1000);
        let hosts: Vec<_> = made.iter().map(|made| (made.name.clone(), made.host.clone())).collect();
        // Nothing outlives a run that reaches nothing real, unless it is said where.
        let folder = state::folder(&self.project.root, &hosts, env).filter(|_| self.reaches_real());
        let flow = &self.program.flow(self.start).name;
        let turn =
            self.turn(folder.as_deref(), &Holder::new(flow, &run_id, clock.now_ms()), &stop, tell).await?;
        // Another run may have changed what is kept and taken its time.
        let holder = Holder::new(flow, &run_id, clock.now_ms());
        let time = RunTime::new(clock.clone(), self.counts_computing());
        let at_us = time.now_us();
        let (tables, kept) = self.tables(folder.as_deref(), &holder)?;
        tables.set_time(at_us);
        let tables = self.filled(tables)?;
        kept::save(&tables, kept.as_deref()).map_err(|fault| refused(&fault))?;
        let registry = &self.surroundings.registry;
        let run = Run {
            audit: recorded.then(|| audit.clone() as Arc<dyn Ledger>),
            rehearsal: self.job.dry_run,
            files: self.files.clone(),
            sources: Arc::new(self.project.sources.clone()),
            planning: Arc::default(),
            memory: self.job.limits.memory,
            stop,
        };
        let tables = (tables, kept);
        let world =
            connections::world(registry, &self.program, &made, tables, self.answers.clone(), run, time);
        let start = Start::new(self.start, self.inputs.clone(), run_id.clone(), at_us);
        let start = Start { dry_run: self.job.dry_run, ..start };
        let machine = Machine::new(self.program.clone(), start).map_err(|fault| refused(&fault))?;
        let machine = machine.within(self.job.limits);
        let mut warnings = Vec::new();
        if recorded {
            match self.record(folder.as_deref(), &run_id) {
                None => warnings
                    .push("no audit record is written: HOME is not set; name a file with --audit".to_owned()),
                Some(path) => {
                    let file = AuditFile::open(&path, self.job.profiles)?;
                    audit.begin(file, &self.beginning(&made, &run_id, clock.now_ms()));
                }
            }
        }
        Ok(Session { warnings, plan: self, machine, world, made, audit, faults, _turn: turn })
    }

    /// The right to run alone, if the flow wants to. A dry run changes nothing, so that it is in nobody's way.
    async fn turn(
        &self,
        folder: Option<&Path>,
        holder: &Holder,
        stop: &Stop,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Option<Turn>, Problem> {
        if self.program.flow(self.start).alone.is_none() || self.job.dry_run {
            return Ok(None);
        }
        let start = Start::new(self.start, self.inputs.clone(), holder.run.as_str(), holder.since_ms * 1000);
        let alone = Machine::new(self.program.clone(), start).and_then(|machine| machine.alone());
        let Some((key, others)) = alone.map_err(|fault| refused(&fault))? else { return Ok(None) };
        let folder = self.job.state.as_deref().or(folder);
        self.surroundings.alone.take(&key, others, folder, holder, stop, tell).await.map(Some)
    }

    /// Whether what computing takes is added to a clock that stands still meanwhile.
    fn counts_computing(&self) -> bool {
        self.is_simulated() && !self.surroundings.instant
    }

    /// Those that are there, or new ones.
    fn simulators(&self) -> Simulators {
        if let Some(simulators) = &self.surroundings.simulators {
            return simulators.clone();
        }
        let clock = if self.is_simulated() {
            Clock::simulated(plan::now_ms())
        } else {
            plan::clock(self.time_scale())
        };
        // What nothing reaches need not be made.
        if !self.reaches_simulator() {
            return Simulators::of(clock, Front::default(), []);
        }
        Simulators::new(&self.surroundings.registry, clock, &self.job.simulators)
    }

    /// Where the audit record is written.
    fn record(&self, folder: Option<&Path>, run_id: &str) -> Option<PathBuf> {
        match &self.job.record {
            Record::File(path) => Some(path.clone()),
            _ => Some(folder?.join("audit").join(format!("{run_id}.jsonl"))),
        }
    }

    fn beginning<'a>(&'a self, made: &'a [Made], run_id: &'a str, now_ms: i64) -> Beginning<'a> {
        let entry = self.program.flow(self.start);
        Beginning {
            run_id,
            flow: &entry.name,
            file: &entry.path,
            sources: &self.project.sources,
            made,
            dry_run: self.job.dry_run,
            env: &self.surroundings.env,
            now_ms,
        }
    }

    /// The tables, the kept ones as the last run left them, and where those are stored. Over simulators nothing is kept unless it is
    /// said where: the next run has new ones.
    fn tables(&self, folder: Option<&Path>, holder: &Holder) -> Result<(Tables, Option<PathBuf>), Problem> {
        let definitions = &self.program.tables;
        let tables = Tables::new(definitions);
        let filled = |name: &str| self.job.tables.iter().any(|(table, _)| table == name);
        let reached = self.program.tables_of(self.start);
        let used = definitions.iter().enumerate().filter(|(place, table)| {
            table.kept && (reached.contains(&(*place as u32)) || filled(&table.name))
        });
        let kept: Vec<&str> = used.map(|(_, table)| &*table.name).collect();
        let folder = match (&self.job.state, folder) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.join("tables"),
            (None, None) if kept.is_empty() || !self.reaches_real() => return Ok((tables, None)),
            (None, None) => {
                let message = format!("nothing says where to keep {}: HOME is not set", kept.join(", "));
                return Err(Problem::new(message).help("name a folder with --state"));
            }
        };
        if kept.is_empty() {
            return Ok((tables, None));
        }
        let holder = (!self.job.dry_run).then_some(holder);
        let tables = self.surroundings.kept.open(tables, (definitions, &kept), &folder, holder)?;
        Ok((tables, holder.map(|_| folder)))
    }

    /// The tables, with the rows of the CSV files that were named for them.
    fn filled(&self, tables: Tables) -> Result<Tables, Problem> {
        if self.job.tables.is_empty() {
            return Ok(tables);
        }
        let tables = tables.with_files(self.files.clone());
        for (name, path) in &self.job.tables {
            let problem = |why: &str| Problem::new(format!("--table {name}: {why}"));
            let file = given::file(path, &self.files).map_err(|why| problem(&why))?;
            tables.fill(name, &file).map_err(|fault| match &fault.help {
                Some(help) => problem(&fault.message).help(&**help),
                None => problem(&fault.message),
            })?;
        }
        Ok(tables)
    }
}

impl Session {
    /// The name of the flow that it starts with.
    pub fn flow(&self) -> &str {
        &self.plan.program.flow(self.plan.start).name
    }

    /// What answers for each connection, in the order that the manifest's author had in mind.
    pub fn connections(&self) -> Vec<String> {
        let listed = self.plan.project.model.manifest.connections.iter();
        let found = listed.filter_map(|listed| self.made.iter().find(|made| *made.name == *listed.name.it));
        let made = found.map(|made| format!("{}: {}", made.name, made.host));
        made.chain(self.plan.mocked().into_iter().map(|connector| format!("{connector}: mocked"))).collect()
    }

    /// What each connection is doing, by its name.
    pub fn activities(&self) -> Vec<(String, Activity)> {
        self.made.iter().map(|made| (made.name.clone(), made.activity.clone())).collect()
    }

    /// The clock that the run goes by.
    pub fn clock(&self) -> &Clock {
        self.world.time.clock()
    }

    /// Whether its time is simulated.
    pub fn is_simulated(&self) -> bool {
        self.plan.is_simulated()
    }

    /// Runs it beside whatever else the runtime does, on whichever of its threads has time.
    pub fn spawn(self, mut watch: impl Watch + 'static) -> JoinHandle<Ended> {
        tokio::spawn(async move { self.run(&mut watch).await })
    }

    /// Runs it to its end. However badly it goes, there is a report.
    pub async fn run(mut self, watch: &mut dyn Watch) -> Ended {
        let started = Instant::now();
        let report = driver::to_end(&mut self.machine, &self.world, &mut (), watch).await;
        let real_ms = self.plan.counts_computing().then(|| started.elapsed().as_secs_f64() * 1000.0);
        let failed = report.status == Status::Failed && !self.plan.job.dry_run && !self.world.stop.is_given();
        let aftermath =
            if failed { aftermath::after(&self.machine, &report, &self.world).await } else { None };
        let mut withheld: Vec<(u64, String)> =
            self.made.iter().flat_map(|made| made.activity.withheld()).collect();
        withheld.sort_by_key(|(number, _)| *number);
        let withheld = withheld.into_iter().map(|(_, request)| request).collect();
        let withheld_count = self.made.iter().map(|made| made.activity.withheld_count()).sum();
        let tallies = self.made.iter().map(|made| (made.name.clone(), made.activity.tally())).collect();
        let idle_faults = self.faults.idle();
        let recorded = self.audit.end(&report, &self.made, self.clock().now_ms());
        Ended {
            report,
            aftermath,
            program: self.plan.program,
            sources: self.plan.project.sources,
            files: self.plan.files,
            interrupted: self.world.stop.is_given(),
            withheld,
            withheld_count,
            tallies,
            idle_faults,
            real_ms,
            recorded,
        }
    }
}

/// A start that the entry flow doesn't take.
fn refused(fault: &Fault) -> Problem {
    Problem { message: fault.message.to_string(), help: fault.help.as_ref().map(ToString::to_string) }
}

/// A name for the run that no other has: when it started, and some chance.
fn run_id(given: Option<&str>, at_us: i64) -> Text {
    if let Some(id) = given {
        return Text::from(id);
    }
    use std::hash::{BuildHasher, RandomState};
    let chance = RandomState::new().hash_one(at_us) as u32;
    let date = Date::from_millis(at_us.div_euclid(1000)).map(|date| date.to_string()).unwrap_or_default();
    let digits: String = date.chars().take(19).filter(|letter| letter.is_ascii_alphanumeric()).collect();
    Text::from(format!("{digits}-{chance:08x}"))
}
