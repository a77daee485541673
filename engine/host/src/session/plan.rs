//! What a run would do: read, checked, and held against the connections there are.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use flowrun_core::diag::Diagnostic;
use flowrun_core::program::Program;
use flowrun_core::source::Sources;
use flowrun_core::value::Record;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_project::check::{self, Given};
use flowrun_project::{Mistakes, Problem, Project, Refused};

use super::connections::{self, Planned};
use super::simulators::{Setup, Simulators};
use super::{Job, Surroundings, given, state};

/// A run that can be opened.
pub struct Plan {
    /// What was asked for.
    pub job: Job,
    /// What there is to warn of.
    pub warnings: Vec<String>,
    /// How many warnings the checker has about the flows that can be reached.
    pub doubts: usize,
    pub(super) project: Project,
    pub(super) program: Arc<Program>,
    pub(super) inputs: Record,
    pub(super) files: Files,
    pub(super) planned: Vec<(Planned, BTreeSet<&'static str>)>,
    pub(super) surroundings: Surroundings,
}

impl Plan {
    /// Reads and checks what is to be run; refuses what can't be.
    pub fn new(job: Job, surroundings: Surroundings) -> Result<Plan, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        if job.file.is_dir() {
            return Err(check::is_folder(&job.file, vocabulary).into());
        }
        let mut warnings = Vec::new();
        let project = Project::read(&job.file, vocabulary)?;
        let entry = project.entry(&job.file, job.flow.as_deref())?;
        let manifest = &project.model.manifest;
        let plan = connections::plan(
            manifest,
            &project.root,
            job.connections.as_deref(),
            &surroundings.env,
            &surroundings.registry,
            &mut warnings,
        )?;
        let simulated = || match &surroundings.simulators {
            Some(simulators) => simulators.variables(),
            None => Simulators::empty(clock(1.0), &Setup { employees: 0, ..Setup::default() }).variables(),
        };
        let reached = LazyCell::new(|| reached(&project, vocabulary, &entry));
        let reaches = |name: &str| reached.contains(name);
        let env = connections::environment(&plan, manifest, &surroundings.env, &reaches, &simulated)?;
        let vars = given::vars(manifest, &job.vars, &env)?;
        let given = Given { set: &vars.set, env: &vars.env };
        let (project, program, doubts) = compile(project, vocabulary, &entry, &given, &mut warnings)?;
        let flow = project.flow(&entry).ok_or_else(|| Problem::new("the flow is not there any more"))?;
        if let Some(folder) = &job.files {
            state::make(folder).map_err(|error| {
                Problem::new(format!("files can't be saved in {}: {error}", folder.display()))
            })?;
        }
        let files = Files::new(job.bounds);
        let inputs = given::inputs(flow, &job.inputs, &files)?;
        let planned = connections::select(&plan, &program, job.live)?.into_iter().enumerate();
        let planned =
            planned.map(|(number, planned)| (planned, connections::scopes(&program, number))).collect();
        let program = Arc::new(program);
        Ok(Plan { job, warnings, doubts, project, program, inputs, files, planned, surroundings })
    }

    /// Whether nothing real is reached, so that time may jump.
    pub fn is_simulated(&self) -> bool {
        !self.job.live && !self.reaches_real()
    }

    /// Whether a simulator answers for at least one connection.
    pub fn reaches_simulator(&self) -> bool {
        self.planned.iter().any(|(planned, _)| planned.is_simulated())
    }

    /// How many times as fast as on the wall time passes.
    pub fn time_scale(&self) -> f64 {
        if self.is_simulated() { 1.0 } else { self.job.time_scale.unwrap_or(1.0) }
    }

    pub(super) fn reaches_real(&self) -> bool {
        self.planned.iter().any(|(planned, _)| !planned.is_simulated())
    }
}

/// The names of the connections that a run of the flow `entry` can reach.
fn reached(project: &Project, vocabulary: &Vocabulary, entry: &str) -> BTreeSet<String> {
    let reachable = project.reachable(entry);
    let program = check::examine(&reachable, vocabulary, Some(entry), &Given::default()).program;
    let connections = program.iter().flat_map(|program| &program.connections);
    connections.map(|connection| connection.name.to_string()).collect()
}

/// The program that starts with the flow `entry`. Mistakes in flows that it never reaches don't matter.
fn compile(
    project: Project,
    vocabulary: &Vocabulary,
    entry: &str,
    given: &Given<'_>,
    warnings: &mut Vec<String>,
) -> Result<(Project, Program, usize), Refused> {
    let checked = check::examine(&project, vocabulary, Some(entry), given);
    if let Some(program) = checked.program {
        let doubts = check::warnings(&all(&project, checked.diagnostics), &program);
        return Ok((project, program, doubts));
    }
    let reachable = project.reachable(entry);
    let checked = check::examine(&reachable, vocabulary, Some(entry), given);
    let found = all(&reachable, checked.diagnostics);
    if let Some(program) = checked.program {
        warnings.push("other flows of the project have mistakes; see `flowrun check`".to_owned());
        let doubts = check::warnings(&found, &program);
        return Ok((reachable, program, doubts));
    }
    Err(Refused::Mistakes(Mistakes { found, sources: Sources::clone(&reachable.sources) }))
}

/// What loading and checking found.
fn all(project: &Project, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    project.found.iter().cloned().chain(found).collect()
}

/// A clock that begins now and passes this many times as fast as the one on the wall.
pub fn clock(scale: f64) -> Clock {
    Clock::starting_at(now_ms(), scale)
}

/// What time it is, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64
}
