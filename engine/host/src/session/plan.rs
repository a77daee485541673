//! What a run would do: read, checked, and held against the connections there are.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use flowrun_core::card::external;
use flowrun_core::check::Checked;
use flowrun_core::mocks::Mocks;
use flowrun_core::program::{Flow, FlowId, Op, Program, Step};
use flowrun_core::value::{Record, Text};
use flowrun_core::vocabulary::Vocabulary;
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_kit::registry::Registry;
use flowrun_project::bundle::{Bundle, Vars};
use flowrun_project::check::{self, Given};
use flowrun_project::{Mistakes, Problem, Project, Refused};
use flowrun_store::StoredProgram;

use super::alone::Turn;
use super::connections::{self, Planned};
use super::durable::opening;
use super::durable::recall::Recalled;
use super::simulators::Simulators;
use super::{Begun, Job, Surroundings, delegated, given, hosts, mocks};
use crate::driver::Remembered;

/// What is the same for all runs that start with a flow: its project, read and checked, and held against the connections there are.
pub struct Ready {
    /// How many warnings the checker has about the flows that can be reached.
    pub doubts: usize,
    pub(super) project: Arc<Project>,
    pub(super) program: Arc<Program>,
    pub(super) start: FlowId,
    pub(super) vars: Vars,
    pub(super) planned: Vec<(Planned, BTreeSet<Text>)>,
    pub(super) mocks: Mocks,
    pub(super) surroundings: Surroundings,
    pub(super) live: bool,
    kept: OnceLock<(Bundle, StoredProgram)>,
}

/// A run that can be opened.
pub struct Plan {
    /// What was asked for.
    pub job: Job,
    pub(super) ready: Arc<Ready>,
    /// The run of before that goes on.
    pub(super) recalled: Option<Box<Recalled>>,
    /// Whether it goes on with other flows than those it has had.
    pub(super) renews: bool,
    pub(super) inputs: Record,
    pub(super) files: Files,
    /// The right to run alone, if somebody kept it for the run.
    pub(super) turn: Option<Turn>,
    /// What a run of before was answered, and is not asked again.
    pub(super) remembers: Arc<Remembered>,
}

/// A project on its way to be run: what it is made of, the variables that it had before, and what was made of it then.
struct Read {
    project: Arc<Project>,
    entry: String,
    vars: Option<Vars>,
    program: Option<Arc<Program>>,
}

impl Ready {
    /// Reads and checks what is to be run; refuses what can't be. What there is to warn of, either way, is added to `warnings`.
    pub fn new(
        job: &Job,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Arc<Ready>, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        if job.file.is_dir() {
            return Err(check::is_folder(&job.file, vocabulary).into());
        }
        let project = Project::read_in(&job.file, job.environment.as_deref(), vocabulary)?;
        let entry = project.entry(&job.file, job.flow.as_deref())?.to_owned();
        let read = Read { project: Arc::new(project), entry, vars: None, program: None };
        Ready::of(job, read, surroundings, warnings).map(Arc::new)
    }

    /// The same of a flow of a project that was read before.
    pub fn of_project(
        job: &Job,
        project: Arc<Project>,
        entry: &str,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Arc<Ready>, Refused> {
        let read = Read { project, entry: entry.to_owned(), vars: None, program: None };
        Ready::of(job, read, surroundings, warnings).map(Arc::new)
    }

    fn of(
        job: &Job,
        Read { project, entry, vars, program }: Read,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Ready, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        let manifest = &project.model.manifest;
        let mut plan = connections::plan(
            manifest,
            &project.root,
            job.connections.as_deref(),
            &surroundings.env,
            &surroundings.registry,
            warnings,
        )?;
        if job.sealed_off {
            connections::seal_off(&mut plan);
        } else if job.simulate {
            connections::simulate(&mut plan)?;
        }
        let simulators = LazyCell::new(|| match &surroundings.simulators {
            Some(simulators) => simulators.clone(),
            None => Simulators::empty(&surroundings.registry, clock(1.0), &job.simulators),
        });
        let simulated = |connector: &str| simulators.variables(connector);
        let reached = LazyCell::new(|| project.connections_of(&entry, vocabulary));
        let reaches = |name: &str| reached.contains(name);
        let env = connections::environment(&plan, manifest, &surroundings.env, &reaches, &simulated)?;
        let vars = match vars {
            Some(vars) => vars,
            None => given::vars(manifest, &job.vars, &env)?,
        };
        let (program, start, doubts) = match program {
            Some(program) => {
                let start = program.find(&entry);
                let start = start.ok_or_else(|| Problem::new("the flow is not there any more"))?;
                (program, start, 0)
            }
            None => {
                let (program, start, doubts) =
                    compile(&project, vocabulary, &entry, &vars.given(), warnings)?;
                (Arc::new(program), start, doubts)
            }
        };
        let mocks = match (&job.mocking, &job.mock) {
            (Some(mocking), _) => mocking.mocks().clone(),
            (None, Some(file)) => mocked(file, &project, (&program, start), &surroundings.registry)?,
            (None, None) => Mocks::default(),
        };
        hosts::mock(&mut plan, manifest, &mocks, &surroundings.env, job.sealed_off)?;
        if let Some(replay) = job.mocking.as_ref().and_then(|mocking| mocking.replay()) {
            hosts::replay(&mut plan, replay.recording(), &mocks, &simulators);
        }
        let program = if mocks.0.is_empty() && !job.sealed_off && !job.limits.whole {
            program
        } else {
            let mut own = Arc::unwrap_or_clone(program);
            let without = lacks(&plan, &own);
            own.mock(&mocks, start, &|step| job.sealed_off && without(step));
            if job.limits.whole {
                own.show_whole();
            }
            Arc::new(own)
        };
        let planned = connections::select(&plan, &program, start, job.live)?;
        let reaches_real = planned.iter().any(|(planned, _)| !planned.is_simulated());
        mocks::judge((&program, start), job.live, reaches_real, warnings)?;
        Ok(Ready {
            doubts,
            project,
            program,
            start,
            vars,
            planned,
            mocks,
            surroundings,
            live: job.live,
            kept: OnceLock::new(),
        })
    }

    /// The same over these simulators, with whose clock its runs go.
    pub fn over(self: Arc<Ready>, simulators: Simulators) -> Arc<Ready> {
        match Arc::try_unwrap(self) {
            Ok(mut ready) => {
                ready.surroundings.simulators = Some(simulators);
                Arc::new(ready)
            }
            Err(shared) => shared,
        }
    }

    /// A run of this, with the job's inputs.
    pub fn plan(self: &Arc<Ready>, mut job: Job) -> Result<Plan, Refused> {
        if let Some(user) = job.run_as.clone() {
            if user.trim().is_empty() {
                return Err(Problem::new("--as names nobody")
                    .help("give the Okta User ID of who runs it")
                    .into());
            }
            let input = delegated::user_input(self.flow())?;
            job.inputs.extend(input.map(|input| (input.to_string(), user.clone())));
            job.begun = Begun { cause: Some(delegated::CAUSE.to_owned()), who: Some(user), ..job.begun };
        }
        let path = &self.program.flow(self.start).path;
        let flow = self.project.flow(path).ok_or_else(|| Problem::new("the flow is not there any more"))?;
        let files = self.files(&job)?;
        let inputs = given::inputs(flow, &job.inputs, &files)?;
        Ok(Plan {
            job,
            ready: self.clone(),
            recalled: None,
            renews: false,
            inputs,
            files,
            turn: None,
            remembers: Arc::default(),
        })
    }

    /// A run of this, with these inputs.
    pub fn plan_with(self: &Arc<Ready>, job: Job, inputs: Record) -> Result<Plan, Refused> {
        let files = self.files(&job)?;
        Ok(Plan {
            job,
            ready: self.clone(),
            recalled: None,
            renews: false,
            inputs,
            files,
            turn: None,
            remembers: Arc::default(),
        })
    }

    fn files(&self, job: &Job) -> Result<Files, Refused> {
        if let Some(folder) = &job.files {
            flowrun_store::make_private(folder).map_err(|error| {
                Problem::new(format!("files can't be saved in {}: {error}", folder.display()))
            })?;
        }
        Ok(Files::new(job.bounds))
    }

    /// What runs.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The flow that runs start with.
    pub fn flow(&self) -> &Flow {
        self.program.flow(self.start)
    }

    /// What the program can be made of again, and how that is stored.
    pub(super) fn kept(&self) -> &(Bundle, StoredProgram) {
        self.kept.get_or_init(|| {
            let entry = &self.program.flow(self.start).path;
            let vocabulary = self.surroundings.registry.vocabulary();
            let bundle = self.project.bundle(entry, &self.vars.given(), vocabulary);
            let program = opening::program(&bundle);
            (bundle, program)
        })
    }

    /// Whether nothing real is reached, so that time may jump.
    pub fn is_simulated(&self) -> bool {
        !self.live && !self.reaches_real()
    }

    /// Whether a simulator answers for at least one connection.
    pub fn reaches_simulator(&self) -> bool {
        self.planned.iter().any(|(planned, _)| planned.is_of_simulator())
    }

    /// The connectors of cards that mocks answer for: `slack`.
    pub(super) fn mocked(&self) -> BTreeSet<String> {
        mocks::mocked(&self.program, self.start)
    }

    pub(super) fn reaches_real(&self) -> bool {
        self.planned.iter().any(|(planned, _)| !planned.is_simulated())
    }
}

impl Plan {
    /// Reads and checks what is to be run; refuses what can't be. What there is to warn of, either way, is added to `warnings`.
    pub fn new(job: Job, surroundings: Surroundings, warnings: &mut Vec<String>) -> Result<Plan, Refused> {
        Ready::new(&job, surroundings, warnings)?.plan(job)
    }

    /// The same of a run of before, which goes on: with its own flows, or with those of the job's file if `new` says so.
    pub fn again(
        job: Job,
        recalled: Recalled,
        new: bool,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
        let vars = Some(recalled.opening.vars.clone());
        let entry = recalled.opening.header.flow.to_string();
        let (project, program) = if new {
            (changed(&job, &recalled, &surroundings)?, None)
        } else {
            (recalled.project.clone(), Some(recalled.program.clone()))
        };
        let ready = Ready::of(&job, Read { project, entry, vars, program }, surroundings, warnings)?;
        let files = ready.files(&job)?;
        let inputs = recalled.opening.header.inputs.clone();
        let recalled = Some(Box::new(recalled));
        Ok(Plan {
            job,
            ready: Arc::new(ready),
            recalled,
            renews: new,
            inputs,
            files,
            turn: None,
            remembers: Arc::default(),
        })
    }

    /// A new run of what was run before, with the same inputs: with the flows and variables of then, or with those of the job's file.
    pub fn anew(
        job: Job,
        recalled: Recalled,
        then: bool,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
        let entry = recalled.opening.header.flow.to_string();
        let project = match then {
            true => recalled.project.clone(),
            false => changed(&job, &recalled, &surroundings)?,
        };
        let vars = then.then(|| recalled.opening.vars.clone());
        let read = Read { project, entry, vars, program: None };
        let ready = Arc::new(Ready::of(&job, read, surroundings, warnings)?);
        // The files of that run are not this one's: they go along as they are named.
        ready.plan_with(job, recalled.opening.header.inputs.clone())
    }

    /// The same, with the right to run alone that was kept for it.
    pub fn with_turn(self, turn: Option<Turn>) -> Plan {
        Plan { turn, ..self }
    }

    /// The same, in which nothing of this is asked again.
    pub fn remembering(self, remembers: Remembered) -> Plan {
        Plan { remembers: Arc::new(remembers), ..self }
    }

    /// What is the same for all runs of it.
    pub fn ready(&self) -> &Arc<Ready> {
        &self.ready
    }

    /// How many times as fast as on the wall time passes.
    pub fn time_scale(&self) -> f64 {
        if self.ready.is_simulated() { 1.0 } else { self.job.time_scale.unwrap_or(1.0) }
    }
}

/// The project as it is now, in the environment in which the run was.
fn changed(job: &Job, recalled: &Recalled, surroundings: &Surroundings) -> Result<Arc<Project>, Problem> {
    let vocabulary = surroundings.registry.vocabulary();
    Project::read_in(&job.file, recalled.project.environment(), vocabulary).map(Arc::new)
}

/// The mocks of a file, held against what they stand in for.
fn mocked(
    file: &Path,
    project: &Project,
    (program, start): (&Program, FlowId),
    registry: &Registry,
) -> Result<Mocks, Refused> {
    let (mocks, sources) = mocks::read(file, &project.sources)?;
    let mut found = mocks.judge(program, start, registry.catalog());
    found.extend(hosts::judge(&mocks, program, start, registry));
    if check::has_errors(&found) { Err(Refused::Mistakes(Mistakes { found, sources })) } else { Ok(mocks) }
}

/// Whether nothing but a mock could answer for a card: flowrun lacks it, or nothing simulates its connection.
fn lacks(plan: &connections::Plan, program: &Program) -> impl Fn(&Step) -> bool + use<> {
    let simulated = |name: &Text| plan.get(&**name).is_some_and(Planned::is_simulated);
    let known: Vec<bool> = program.connections.iter().map(|connection| simulated(&connection.name)).collect();
    move |step| match &step.op {
        Op::Effect { connection: Some(place), .. } => !known.get(*place as usize).is_some_and(|known| *known),
        _ => external(&step.name).is_some(),
    }
}

/// What can run, from where a run starts, and how many warnings there are about what it reaches. Mistakes in flows that it
/// never reaches don't matter.
fn compile(
    project: &Project,
    vocabulary: &Vocabulary,
    entry: &str,
    given: &Given<'_>,
    warnings: &mut Vec<String>,
) -> Result<(Program, FlowId, usize), Refused> {
    let Checked { program, mut diagnostics, uses } = check::examine(project, vocabulary, given);
    diagnostics.extend(project.found.iter().cloned());
    let Some(start) = program.find(entry) else {
        let flow = project.model.flows.iter().position(|flow| *flow.path == *entry);
        let reached = flow.map(|flow| uses.reached(flow)).unwrap_or_default();
        let files = reached.into_iter().map(|flow| project.model.flows[flow].span.file).collect();
        let found = check::concerning(diagnostics, &files, &project.sources);
        return Err(Refused::Mistakes(Mistakes { found, sources: project.sources.clone() }));
    };
    if check::has_errors(&diagnostics) {
        warnings.push("other flows of the project have mistakes; see `flowrun check`".to_owned());
    }
    let doubts = check::warnings(&diagnostics, &program, start) + project.troubles.len();
    Ok((program, start, doubts))
}

/// A clock that begins now and passes this many times as fast as the one on the wall.
pub fn clock(scale: f64) -> Clock {
    Clock::starting_at(now_ms(), scale)
}

/// What time it is, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64
}
