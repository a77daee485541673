//! Running one case, in a world of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun_core::machine::Limits;
use flowrun_core::memory::Memory;
use flowrun_core::program::Program;
use flowrun_core::report::{Report, Status};
use flowrun_core::source::Span;
use flowrun_core::value::{Record, Value};
use flowrun_host::driver::Stop;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::simulators::{Front, Setup, Simulators};
use flowrun_host::session::{Ended, Job, Plan, Ready, Say, Session, Surroundings};
use flowrun_kit::clock::Clock;
use flowrun_kit::registry::Registry;
use flowrun_project::check::Given as Nothing;
use flowrun_project::{Problem, Project, Refused, check};
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::form::{Case, Given, Meanwhile, Rows, What};
use crate::happened::{Happened, Known};
use crate::held::{Unmet, hold};
use crate::recorded;
use crate::requests::Requests;

/// When a run starts that nothing is said of: a Monday, 2026-01-05T09:00:00Z.
pub const NOW_MS: i64 = 1_767_603_600_000;

/// A case that is run.
pub struct Running<'r> {
    /// The project of its flow.
    pub project: Arc<Project>,
    /// The flow's path.
    pub entry: &'r str,
    /// Where its test file lies.
    pub folder: &'r Path,
    /// The connectors that there are.
    pub registry: Arc<Registry>,
    /// How much memory the run may take.
    pub memory: Memory,
}

/// What came of a case.
#[derive(Debug)]
pub struct Came {
    /// What was expected and is not so; why it could not be run, where it couldn't.
    pub unmet: Result<Vec<Unmet>, String>,
    /// What happened.
    pub happened: Option<Happened>,
    /// The report of the run.
    pub report: Option<Report>,
    /// What ran.
    pub program: Option<Arc<Program>>,
    /// The answers of mocks that it did not come to, each with what it stands in for.
    pub unasked: Vec<(String, Span)>,
    /// How long that took on the wall.
    pub took: Duration,
}

impl Came {
    /// A case that could not be run.
    pub fn broken(why: impl Into<String>) -> Came {
        Came {
            unmet: Err(why.into()),
            happened: None,
            report: None,
            program: None,
            unasked: Vec::new(),
            took: Duration::ZERO,
        }
    }
}

impl Running<'_> {
    /// Runs a case and holds what happened against what it expects.
    pub async fn run(&self, case: &Case) -> Came {
        let started = Instant::now();
        let came = self.ended(case).await;
        let took = started.elapsed();
        let (ended, requests, mocking) = match came {
            Ok(ran) => ran,
            Err(why) => return Came { took, ..Came::broken(why) },
        };
        let known = Known {
            files: &ended.files,
            response: ended.response.as_ref(),
            tables: ended.tables.clone(),
            requests: requests.with(mocking.exchanged()),
            never: Vec::new(),
        };
        let happened = Happened::new(&ended.report, known);
        let mut unmet = hold(case, &happened, self.entry, &mocking);
        if let Some(idle) = &ended.idle_faults {
            unmet.push(Unmet {
                span: case.given.faults.first().map_or(case.span, |fault| fault.span),
                message: "a fault hit nothing".to_owned(),
                found: idle.clone(),
                help: None,
            });
        }
        let (report, program) = (Some(ended.report), Some(ended.program));
        Came { unmet: Ok(unmet), happened: Some(happened), report, program, unasked: mocking.unused(), took }
    }

    async fn ended(
        &self,
        case: &Case,
    ) -> Result<(Ended, Requests, Arc<flowrun_host::mocked::Mocking>), String> {
        let recording = recorded::read(&case.given, self.folder)?;
        let given = &recorded::given(&case.given, recording.as_deref());
        let requests = Requests::default();
        let clock = Clock::simulated(given.now_ms.unwrap_or(NOW_MS));
        let mut surroundings = Surroundings {
            env: BTreeMap::new(),
            registry: self.registry.clone(),
            simulators: None,
            instant: true,
            run_id: Some(recorded::run(recording.as_deref())),
            alone: Default::default(),
            lines: Default::default(),
            stores: Default::default(),
            meter: None,
        };
        let lasts = given.meanwhile.iter().any(|one| one.what != What::Cancel);
        let state = if lasts { Some(tempfile::tempdir().map_err(|error| error.to_string())?) } else { None };
        let job = self.job(given, state.as_ref().map(|folder| folder.path().to_owned()))?;
        let job = Job { recording, ..job };
        let mut warnings = Vec::new();
        let project = self.project.clone();
        let ready = Ready::of_project(&job, project, self.entry, surroundings.clone(), &mut warnings);
        let ready = ready.map_err(|why| told(&why))?;
        // What nothing reaches need not be made: it would be most of what a small test takes.
        let simulators = match ready.reaches_simulator() {
            true => self.simulators(given, clock.clone(), &requests)?,
            false => Simulators::of(clock.clone(), Front::default(), []),
        };
        surroundings.simulators = Some(simulators.clone());
        let ready = ready.over(simulators);
        let inputs: Record =
            given.inputs.iter().map(|(name, value)| (name.it.clone(), value.clone())).collect();
        let mut plan = ready.plan_with(job.clone(), inputs).map_err(|why| told(&why))?;
        let mut next = given.meanwhile.as_slice();
        loop {
            let (switch, stop) = Stop::new();
            let session = plan.open(stop, &mut |_| {}).await.map_err(|problem| problem_told(&problem))?;
            let mocking = session.mocking().clone();
            let ran = drive(session, &clock, given, &mut next, &switch).await;
            let say = match (ran, next) {
                (Some(ended), [Meanwhile { what: What::Resume(answer), after_ms }, rest @ ..])
                    if ended.report.status == Status::Paused =>
                {
                    next = rest;
                    until(&clock, given, *after_ms).await;
                    Say::Reply(answer.clone())
                }
                (Some(ended), _) => return Ok((ended, requests, mocking)),
                (None, _) => Say::GoOn,
            };
            let Some(folder) = &state else { return Err("nothing was kept of the run".to_owned()) };
            plan = self.again(Job { say, ..job.clone() }, folder.path(), &surroundings)?;
        }
    }

    /// The run of before, which another process takes up.
    fn again(&self, job: Job, folder: &Path, surroundings: &Surroundings) -> Result<Plan, String> {
        let vocabulary = self.registry.vocabulary();
        let home = flowrun_host::session::durable::home::own_now(folder, &surroundings.env, "flowrun test");
        let home = home.map_err(|problem| problem_told(&problem))?;
        let recalled = Recalled::read(&home, "test", vocabulary, Sight::Whole, None);
        let recalled = recalled.map_err(|problem| problem_told(&problem))?;
        drop(home);
        Plan::again(job, recalled, false, surroundings.clone(), &mut Vec::new()).map_err(|why| told(&why))
    }

    fn simulators(&self, given: &Given, clock: Clock, requests: &Requests) -> Result<Simulators, String> {
        let options = given
            .simulators
            .iter()
            .map(|(name, value)| (name.it.to_string(), crate::form::option_text(value)))
            .collect();
        let faults =
            given.faults.iter().map(|fault| fault.it.parse().map_err(|why| format!("{}: {why}", fault.it)));
        let faults = faults.collect::<Result<Vec<_>, String>>()?;
        let setup = Setup { options, dated: false, faults };
        let mut simulators = Simulators::new(&self.registry, clock, &setup);
        simulators.front = requests.front();
        Ok(simulators)
    }

    fn job(&self, given: &Given, state: Option<PathBuf>) -> Result<Job, String> {
        let mut job = Job {
            vars: given.vars.iter().map(|(name, value)| (name.it.to_string(), constant(value))).collect(),
            mocks: Some(Arc::new(given.mocks.clone())),
            sealed_off: true,
            journal: state.is_some(),
            state,
            record: flowrun_host::session::Record::Off,
            limits: Limits { memory: self.memory, whole: true, ..Limits::default() },
            ..Job::default()
        };
        for (name, rows) in &given.tables {
            match rows {
                Rows::Written(rows) => job.rows.push((name.it.to_string(), csv(rows))),
                Rows::File(file) => {
                    let path = self.folder.join(&*file.it);
                    job.tables.push((name.it.to_string(), path.display().to_string()));
                }
            }
        }
        Ok(job)
    }
}

/// Runs a session until it ends, or until its process dies: then there is nothing.
async fn drive(
    session: Session,
    clock: &Clock,
    given: &Given,
    next: &mut &[Meanwhile],
    stop: &watch::Sender<bool>,
) -> Option<Ended> {
    let mut watch = ();
    let mut run = pin!(session.run(&mut watch));
    while let [Meanwhile { after_ms, what }, rest @ ..] = *next {
        if matches!(what, What::Resume(_)) {
            break;
        }
        match select(run, pin!(until(clock, given, *after_ms))).await {
            Either::Left((ended, _)) => return Some(ended),
            Either::Right(((), running)) => {
                *next = rest;
                if *what == What::Kill {
                    return None;
                }
                stop.send_replace(true);
                run = running;
            }
        }
    }
    Some(run.await)
}

/// Waits until so long after the start.
async fn until(clock: &Clock, given: &Given, after_ms: u64) {
    let at = given.now_ms.unwrap_or(NOW_MS).saturating_add_unsigned(after_ms);
    let left = u64::try_from(at - clock.now_ms()).unwrap_or(0);
    clock.drive(clock.sleep(Duration::from_millis(left))).await;
}

/// The program with all flows of a project that have no mistakes.
pub fn program(project: &Project, registry: &Registry) -> Program {
    check::examine(project, registry.vocabulary(), &Nothing::default()).program
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

fn problem_told(problem: &Problem) -> String {
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
