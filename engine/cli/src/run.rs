//! `flowrun run`: from a file to the end of its run.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use flowrun_core::diag::Diagnostic;
use flowrun_core::fault::Fault;
use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::Program;
use flowrun_core::report::{Report, Status};
use flowrun_core::value::{Date, Record, Text};
use flowrun_external::Answers;
use flowrun_host::driver::{self, RunTime, Stop, Watch};
use flowrun_kit::audit::Ledger;
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_tables::Tables;

use crate::args::RunArgs;
use crate::audit::{Audit, AuditFile, Beginning};
use crate::check::{self, Given};
use crate::connections::{self, Made, Planned, Purpose};
use crate::connectors;
use crate::console::{Console, Paint};
use crate::failure;
use crate::given;
use crate::live::Live;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::project::{Project, unreadable};
use crate::save;
use crate::signals::{self, INTERRUPTED};
use crate::simulators::{Setup, Simulators};
use crate::state::{self, KeptTables};
use crate::transcript::{self, Detail, Frame, rows};
use crate::{DONE, FAILED, Refused, Surroundings, words};

/// A run that is ready to start.
pub struct Prepared {
    args: RunArgs,
    project: Project,
    program: Arc<Program>,
    inputs: Record,
    files: Files,
    planned: Vec<(Planned, BTreeSet<&'static str>)>,
    warnings: usize,
}

/// Reads and checks what is to be run; refuses what can't be.
pub fn prepare(
    args: &RunArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Prepared, Refused> {
    let file = args.file.as_deref().ok_or_else(|| Problem::new("no flow is given"))?;
    if file.is_dir() {
        return Err(is_folder(file).into());
    }
    let project = Project::read(file)?;
    let entry = project.entry(file, args.flow.as_deref())?;
    let plan = connections::plan(
        &project.model.manifest,
        &project.root,
        args.connections.as_deref(),
        &surroundings.env,
        console,
    )?;
    let simulated = || match &surroundings.simulators {
        Some(simulators) => simulators.variables(),
        None => Simulators::empty(Clock::simulated(now_ms()), &Setup { employees: 0, ..Setup::default() })
            .variables(),
    };
    let reached = LazyCell::new(|| reached(&project, &entry));
    let manifest = &project.model.manifest;
    let reaches = |name: &str| reached.contains(name);
    let env = connections::environment(&plan, manifest, &surroundings.env, &reaches, &simulated)?;
    let vars = given::vars(&project.model.manifest, &args.vars, &env)?;
    let (project, program, warnings) =
        compile(project, &entry, &Given { set: &vars.set, env: &vars.env }, console)?;
    let flow = project.flow(&entry).ok_or_else(|| Problem::new("the flow is not there any more"))?;
    if let Some(folder) = &args.files {
        state::make(folder).map_err(|error| {
            Problem::new(format!("files can't be saved in {}: {error}", folder.display()))
        })?;
    }
    let files = Files::new(args.bounds());
    let inputs = given::inputs(flow, &args.inputs, &files)?;
    let planned = connections::select(&plan, &program, args.live)?.into_iter().enumerate();
    let planned = planned.map(|(number, planned)| (planned, connections::scopes(&program, number))).collect();
    let (args, program) = (args.clone(), Arc::new(program));
    Ok(Prepared { args, program, inputs, files, planned, warnings, project })
}

/// A folder is none that could be run, but there may be flows in it.
pub fn is_folder(path: &Path) -> Problem {
    let flows = Project::read(path).map(|project| project.starters()).unwrap_or_default();
    let problem = Problem::new(format!("{} is a folder", path.display()));
    if flows.is_empty() {
        problem.help("name a flow")
    } else {
        problem.help(format!("name one of its flows: {}", flows.join(", ")))
    }
}

/// The names of the connections that a run of the flow `entry` can reach.
fn reached(project: &Project, entry: &str) -> BTreeSet<String> {
    let program = check::examine(&project.reachable(entry), Some(entry), &Given::default()).program;
    let connections = program.iter().flat_map(|program| &program.connections);
    connections.map(|connection| connection.name.to_string()).collect()
}

/// The program that starts with the flow `entry`. Mistakes in flows that it never reaches don't matter.
fn compile(
    project: Project,
    entry: &str,
    given: &Given<'_>,
    console: &mut Console<'_>,
) -> Result<(Project, Program, usize), Refused> {
    let checked = check::examine(&project, Some(entry), given);
    if let Some(program) = checked.program {
        let warnings = check::warnings(&all(&project, checked.diagnostics), &program);
        return Ok((project, program, warnings));
    }
    let reachable = project.reachable(entry);
    let checked = check::examine(&reachable, Some(entry), given);
    let found = all(&reachable, checked.diagnostics);
    if let Some(program) = checked.program {
        console.warn("other flows of the project have mistakes; see `flowrun check`");
        let warnings = check::warnings(&found, &program);
        return Ok((reachable, program, warnings));
    }
    let text = check::errors(&found, &reachable, console.err_look);
    console.note(&text);
    Err(Refused::Said)
}

/// What loading and checking found.
fn all(project: &Project, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    project.found.iter().cloned().chain(found).collect()
}

/// What time it is, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as i64
}

impl Prepared {
    /// Whether nothing real is reached, so that time may jump.
    fn simulated(&self) -> bool {
        !self.args.live && !self.reaches_real()
    }

    /// Runs it and tells what happened; the exit code.
    pub async fn run(self, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
        let simulated = self.simulated();
        let scale = if simulated { 1.0 } else { self.args.time_scale.unwrap_or(1.0) };
        let simulators = match &surroundings.simulators {
            Some(simulators) => simulators.clone(),
            None => {
                // Employees of a simulator that nothing reaches need not be made.
                let any = self.planned.iter().any(|(planned, _)| planned.is_simulated());
                let setup = Setup::from(&self.args.simulators);
                let clock =
                    if simulated { Clock::simulated(now_ms()) } else { Clock::starting_at(now_ms(), scale) };
                Simulators::new(clock, &if any { setup } else { Setup { employees: 0, ..setup } })
            }
        };
        let clock = simulators.clock.clone();
        let audit = Arc::new(Audit::default());
        let recorded = !self.args.no_audit && (self.reaches_real() || self.args.audit.is_some());
        let made = connections::connect(
            &self.planned,
            &Purpose {
                audit: recorded.then(|| audit.clone() as Arc<dyn Ledger>),
                rehearsal: self.args.dry_run,
                ca_file: self.args.ca_file.clone(),
                files: self.files.clone(),
                ..Purpose::new(&simulators, &surroundings.env)
            },
        )?;
        let time = RunTime::new(clock.clone());
        let at_us = time.now_us();
        let run_id = run_id(surroundings, at_us);
        let folder = self.folder(&made, &surroundings.env);
        let tables = self.filled(self.tables(folder.as_deref(), &clock)?)?;
        let answers = self.answers()?;
        let world = connections::world(&made, tables, self.files.clone(), answers, time);
        self.remark(console, scale);

        let start =
            Start { dry_run: self.args.dry_run, ..Start::new(self.inputs.clone(), run_id.clone(), at_us) };
        // Refused before anything is said.
        Machine::new(self.program.clone(), start.clone()).map_err(|fault| refused(&fault))?;
        if recorded {
            let beginning = Beginning {
                run_id: &run_id,
                flow: &self.program.flow(self.program.entry).name,
                file: &self.program.flow(self.program.entry).path,
                sources: &self.project.sources,
                made: &made,
                dry_run: self.args.dry_run,
                env: &surroundings.env,
                now_ms: clock.now_ms(),
            };
            self.begin_record(&audit, folder.as_deref(), &beginning, console)?;
        }
        let out = Paint(console.out_look.color);
        let name = &self.program.flow(self.program.entry).name;
        if !self.args.json {
            let header = transcript::header(name, &self.lines(&made), &Frame::of(console.out_look), out);
            console.tell(&header)?;
        }
        let (stop, switch) = match &surroundings.stop {
            Some(stop) => (stop.clone(), None),
            None => {
                let (switch, stop) = Stop::new();
                (stop, Some(switch))
            }
        };
        if surroundings.signals
            && let Some(switch) = &switch
        {
            let note = "interrupted: cleaning up; press again to leave at once";
            signals::listen(switch.clone(), Some(note));
        }
        let activities: Vec<_> = made.iter().map(|made| (made.name.clone(), made.activity.clone())).collect();
        let mut live =
            console.err_look.live.then(|| Live::new(console.err_look, activities.clone(), clock.clone()));
        // Where nothing takes time there is nothing to tell.
        let mut progress = (live.is_none() && !simulated)
            .then(|| Progress::new(console.err, activities.clone(), clock.clone()));
        let mut nobody = ();
        let watch: &mut dyn Watch = match (&mut live, &mut progress) {
            (Some(live), _) => live,
            (None, Some(progress)) => progress,
            (None, None) => &mut nobody,
        };
        let started = Instant::now();
        let ran = driver::run(self.program.clone(), start, &world, &mut (), watch, stop.clone()).await;
        drop((live, progress));
        let report = ran.map_err(|fault| refused(&fault))?;
        let real_ms = simulated.then(|| started.elapsed().as_secs_f64() * 1000.0);
        let withheld: Vec<String> = activities.iter().flat_map(|(_, activity)| activity.withheld()).collect();
        let code = self.tell(&report, stop.is_given(), real_ms, &withheld, console)?;
        if audit.end(&report, &made, clock.now_ms()).is_err() {
            console.warn("the audit record is not complete: it could not be written to the end");
            return Ok(code.max(FAILED));
        }
        Ok(code)
    }

    /// What is answered in place of external cards.
    fn answers(&self) -> Result<Answers, Problem> {
        let Some(file) = &self.args.mock else { return Ok(Answers::default()) };
        let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        if text.len() > flowrun_external::MAX_BYTES {
            return Err(Problem::new(format!("{} is too large for a file of answers", file.display())));
        }
        Answers::read(&text).map_err(|why| {
            Problem::new(format!("{} is no file of answers: {why}", file.display()))
                .help("as in: `slack.send_message: { gives: { Message ID: m1 } }`")
        })
    }

    fn reaches_real(&self) -> bool {
        self.planned.iter().any(|(planned, _)| !planned.is_simulated())
    }

    /// Where what outlives the run stands unless it is said: nowhere, if nothing real is reached.
    fn folder(&self, made: &[Made], env: &BTreeMap<String, String>) -> Option<PathBuf> {
        let hosts: Vec<_> = made.iter().map(|made| (made.name.clone(), made.host.clone())).collect();
        state::folder(&self.project.root, &hosts, env).filter(|_| self.reaches_real())
    }

    /// The tables, the kept ones as the last run left them. Over simulators nothing is kept unless it is said where: the next
    /// run has new ones.
    fn tables(&self, folder: Option<&Path>, clock: &Clock) -> Result<Tables, Problem> {
        let tables = Tables::new(&self.program.tables, clock.clone());
        let kept: Vec<&str> =
            self.program.tables.iter().filter(|table| table.kept).map(|table| &*table.name).collect();
        let folder = match (&self.args.state, folder) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.join("tables"),
            (None, None) if kept.is_empty() || !self.reaches_real() => return Ok(tables),
            (None, None) => {
                let message = format!("nothing says where to keep {}: HOME is not set", kept.join(", "));
                return Err(Problem::new(message).help("name a folder with --state"));
            }
        };
        if kept.is_empty() {
            return Ok(tables);
        }
        tables.kept_in(KeptTables::open(&folder, !self.args.dry_run)?).map_err(|fault| refused(&fault))
    }

    /// The tables, with the rows of the CSV files that the command line names.
    fn filled(&self, tables: Tables) -> Result<Tables, Problem> {
        if self.args.tables.is_empty() {
            return Ok(tables);
        }
        let tables = tables.with_files(self.files.clone());
        for (name, path) in &self.args.tables {
            let rows = given::file(path, &self.files).and_then(|file| {
                tables.fill(name, &file).map_err(|fault| match &fault.help {
                    Some(help) => format!("{}; {help}", fault.message),
                    None => fault.message.to_string(),
                })
            });
            rows.map_err(|why| Problem::new(format!("--table {name}: {why}")))?;
        }
        Ok(tables)
    }

    /// Opens the audit record and says who runs what over what.
    fn begin_record(
        &self,
        audit: &Audit,
        folder: Option<&Path>,
        beginning: &Beginning<'_>,
        console: &mut Console<'_>,
    ) -> Result<(), Problem> {
        let path = match (&self.args.audit, folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.join("audit").join(format!("{}.jsonl", beginning.run_id)),
            (None, None) => {
                console.warn("no audit record is written: HOME is not set; name a file with --audit");
                return Ok(());
            }
        };
        audit.begin(AuditFile::open(&path, self.args.audit_profiles)?, beginning);
        Ok(())
    }

    /// What the first line says of the connections, in the order that the manifest's author had in mind.
    fn lines(&self, made: &[Made]) -> Vec<String> {
        let listed = self.project.model.manifest.connections.iter();
        let found = listed.filter_map(|listed| made.iter().find(|made| *made.name == *listed.name.it));
        found.map(|made| format!("{}: {}", made.name, made.host)).collect()
    }

    fn remark(&self, console: &mut Console<'_>, scale: f64) {
        if self.warnings > 0 {
            let warnings = words::many(self.warnings as u64, "warning");
            console.note(&format!("{warnings}; see `flowrun check`\n"));
        }
        if scale != 1.0 {
            console.note(&format!("time passes {} times as fast (--time-scale)\n", words::number(scale)));
        }
        let asked = &self.args.simulators;
        let asked = asked.employees.is_some() || asked.seed.is_some() || !asked.faults.is_empty();
        if asked && !self.planned.iter().any(|(planned, _)| planned.is_simulated()) {
            console.warn("--employees, --seed and --fault are for simulators, and this run reaches none");
        }
    }

    /// Saves the files among the flow's outputs, or says that they are not saved; the exit code that this deserves.
    fn save(&self, report: &Report, console: &mut Console<'_>) -> u8 {
        let found = save::files(&report.flow.outputs);
        let Some(folder) = &self.args.files else {
            if !found.is_empty() {
                let files = words::many(found.len() as u64, "file");
                console
                    .note(&format!("{files} among the outputs not saved; --files names a folder for them\n"));
            }
            return DONE;
        };
        let mut code = DONE;
        for file in found {
            match save::save(file, &self.files, folder) {
                Ok(saved) => console.note(&format!("saved {} as {}\n", saved.file, saved.path.display())),
                Err(problem) => {
                    console.refuse(&problem);
                    code = FAILED;
                }
            }
        }
        code
    }

    fn tell(
        &self,
        report: &Report,
        interrupted: bool,
        real_ms: Option<f64>,
        withheld: &[String],
        console: &mut Console<'_>,
    ) -> Result<u8, Refused> {
        // A dry run that came to its first change has done what it should.
        let rehearsed = self.args.dry_run && !withheld.is_empty();
        let code = match report.status {
            _ if interrupted => INTERRUPTED,
            Status::Cancelled => INTERRUPTED,
            Status::Done | Status::Stopped | Status::Handled => DONE,
            Status::Failed if rehearsed => DONE,
            Status::Failed | Status::Running => FAILED,
        };
        if self.args.json {
            let json = serde_json::to_string_pretty(report).map_err(std::io::Error::other)?;
            console.tell(&format!("{json}\n"))?;
        } else {
            let paint = Paint(console.out_look.color);
            let detail = if self.args.trace { Detail::Trace } else { Detail::Cards };
            let rows = rows(report, detail, &connectors::catalog());
            let mut text = transcript::lines(&rows, &Frame::of(console.out_look), paint);
            text.push_str(&transcript::summary(report, interrupted, real_ms, paint));
            if self.args.dry_run {
                text.push_str(&transcript::rehearsal(withheld, paint));
            }
            console.tell(&text)?;
        }
        if code == FAILED {
            let text = failure::explain(report, &self.program, &self.project.sources, console.err_look);
            console.note(&text);
        }
        Ok(code.max(self.save(report, console)))
    }
}

/// A start that the entry flow doesn't take.
fn refused(fault: &Fault) -> Problem {
    Problem { message: fault.message.to_string(), help: fault.help.as_ref().map(ToString::to_string) }
}

/// A name for the run that no other has: when it started, and some chance.
fn run_id(surroundings: &Surroundings, at_us: i64) -> Text {
    if let Some(id) = &surroundings.run_id {
        return Text::from(id.as_str());
    }
    use std::hash::{BuildHasher, RandomState};
    let chance = RandomState::new().hash_one(at_us) as u32;
    let date = Date::from_millis(at_us.div_euclid(1000)).map(|date| date.to_string()).unwrap_or_default();
    let digits: String = date.chars().take(19).filter(|letter| letter.is_ascii_alphanumeric()).collect();
    Text::from(format!("{digits}-{chance:08x}"))
}
