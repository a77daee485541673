//! What a run would do: read, checked, and held against the connections there are.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use flowrun_core::check::Checked;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::value::{Record, Text};
use flowrun_core::vocabulary::Vocabulary;
use flowrun_external::Answers;
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_project::bundle::Vars;
use flowrun_project::check::{self, Given};
use flowrun_project::{Mistakes, Problem, Project, Refused};

use super::connections::{self, Planned};
use super::durable::recall::Recalled;
use super::simulators::Simulators;
use super::{Job, Surroundings, externals, given};

/// A run that can be opened.
pub struct Plan {
    /// What was asked for.
    pub job: Job,
    /// How many warnings the checker has about the flows that can be reached.
    pub doubts: usize,
    pub(super) project: Project,
    pub(super) program: Arc<Program>,
    pub(super) start: FlowId,
    pub(super) vars: Vars,
    /// The run of before that goes on.
    pub(super) recalled: Option<Box<Recalled>>,
    /// Whether it goes on with other flows than those it has had.
    pub(super) renews: bool,
    pub(super) inputs: Record,
    pub(super) files: Files,
    pub(super) planned: Vec<(Planned, BTreeSet<Text>)>,
    pub(super) answers: Arc<Answers>,
    pub(super) surroundings: Surroundings,
}

impl Plan {
    /// Reads and checks what is to be run; refuses what can't be. What there is to warn of, either way, is added to `warnings`.
    pub fn new(job: Job, surroundings: Surroundings, warnings: &mut Vec<String>) -> Result<Plan, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        if job.file.is_dir() {
            return Err(check::is_folder(&job.file, vocabulary).into());
        }
        let project = Project::read(&job.file, vocabulary)?;
        let entry = project.entry(&job.file, job.flow.as_deref())?;
        Plan::of(job, (project, &entry), None, surroundings, warnings)
    }

    /// The same of a run of before, which goes on: with its own flows, or with those of the job's file if `new` says so.
    pub fn again(
        job: Job,
        mut recalled: Recalled,
        new: bool,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        let entry = recalled.opening.header.flow.clone();
        let project = match recalled.project.take().filter(|_| !new) {
            Some(project) => project,
            None => Project::read(&job.file, vocabulary)?,
        };
        let plan = Plan::of(job, (project, &entry), Some(Box::new(recalled)), surroundings, warnings)?;
        Ok(Plan { renews: new, ..plan })
    }

    /// A new run of what was run before, with the same inputs: with the flows and variables of then, or with those of the job's file.
    pub fn anew(
        job: Job,
        mut recalled: Recalled,
        then: bool,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
        let vocabulary = surroundings.registry.vocabulary();
        let entry = recalled.opening.header.flow.clone();
        let project = match recalled.project.take().filter(|_| then) {
            Some(project) => project,
            None => Project::read(&job.file, vocabulary)?,
        };
        // The files of that run are not this one's: they go along as they are named.
        let inputs = recalled.opening.header.inputs.clone();
        let vars = then.then(|| recalled.opening.vars.clone());
        Plan::of_inputs(job, (project, &entry), (Some(inputs), vars), None, surroundings, warnings)
    }

    fn of(
        job: Job,
        (project, entry): (Project, &str),
        recalled: Option<Box<Recalled>>,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
        let known = match &recalled {
            Some(recalled) => {
                (Some(recalled.opening.header.inputs.clone()), Some(recalled.opening.vars.clone()))
            }
            None => (None, None),
        };
        Plan::of_inputs(job, (project, entry), known, recalled, surroundings, warnings)
    }

    fn of_inputs(
        job: Job,
        (project, entry): (Project, &str),
        (inputs, vars): (Option<Record>, Option<Vars>),
        recalled: Option<Box<Recalled>>,
        surroundings: Surroundings,
        warnings: &mut Vec<String>,
    ) -> Result<Plan, Refused> {
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
        if job.simulate {
            connections::simulate(&mut plan)?;
        }
        let simulators = LazyCell::new(|| match &surroundings.simulators {
            Some(simulators) => simulators.clone(),
            None => Simulators::empty(&surroundings.registry, clock(1.0), &job.simulators),
        });
        let simulated = |connector: &str| simulators.variables(connector);
        let reached = LazyCell::new(|| project.connections_of(entry, vocabulary));
        let reaches = |name: &str| reached.contains(name);
        let env = connections::environment(&plan, manifest, &surroundings.env, &reaches, &simulated)?;
        let vars = match vars {
            Some(vars) => vars,
            None => given::vars(manifest, &job.vars, &env)?,
        };
        let (program, start, doubts) = compile(&project, vocabulary, entry, &vars.given(), warnings)?;
        let flow = project.flow(entry).ok_or_else(|| Problem::new("the flow is not there any more"))?;
        if let Some(folder) = &job.files {
            flowrun_store::make_private(folder).map_err(|error| {
                Problem::new(format!("files can't be saved in {}: {error}", folder.display()))
            })?;
        }
        let files = Files::new(job.bounds);
        let inputs = match inputs {
            Some(inputs) => inputs,
            None => given::inputs(flow, &job.inputs, &files)?,
        };
        let planned = connections::select(&plan, &program, start, job.live)?;
        let answers = job.mock.as_deref().map(externals::answers).transpose()?.unwrap_or_default();
        externals::fit(&answers, &program, &vocabulary.cards)?;
        let reached = externals::reached(&program, start);
        let reaches_real = planned.iter().any(|(planned, _)| !planned.is_simulated());
        externals::judge(&reached, &answers, job.live, reaches_real, warnings)?;
        let (program, answers) = (Arc::new(program), Arc::new(answers));
        Ok(Plan {
            job,
            doubts,
            project,
            program,
            start,
            vars,
            recalled,
            renews: false,
            inputs,
            files,
            planned,
            answers,
            surroundings,
        })
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

    /// The connectors of cards that are answered from a file: `slack`.
    pub(super) fn mocked(&self) -> BTreeSet<String> {
        let reached = externals::reached(&self.program, self.start).into_iter();
        let answered = reached.filter(|card| self.answers.has(card));
        let answered = answered.chain(externals::mocked(&self.program, self.start, &self.answers));
        answered.map(|card| card.split('.').next().unwrap_or(card).to_owned()).collect()
    }

    pub(super) fn reaches_real(&self) -> bool {
        self.planned.iter().any(|(planned, _)| !planned.is_simulated())
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
