//! Running one case, in a world of its own.

use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun_core::memory::Memory;
use flowrun_core::model::Name;
use flowrun_core::program::Program;
use flowrun_core::report::{Report, Status};
use flowrun_core::source::Span;
use flowrun_core::value::{Record, Value};
use flowrun_host::driver::Stop;
use flowrun_host::session::{Ended, Plan, Say, Session};
use flowrun_kit::registry::Registry;
use flowrun_project::check::Given as Nothing;
use flowrun_project::{Project, check};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::form::{Case, Meanwhile, What};
use crate::happened::{Happened, Known};
use crate::held::{Unmet, hold};
use crate::outside::{How, Outside, problem_told};
use crate::recorded;

/// When a run starts that nothing is said of: a Monday, 2026-01-05T09:00:00Z.
pub const NOW_MS: i64 = 1_767_603_600_000;

/// A case that is run.
#[derive(Clone)]
pub struct Running<'r> {
    /// The project of its flow.
    pub project: Arc<Project>,
    /// Its flows, as they are written.
    pub program: Arc<Program>,
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
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.unmet.as_ref().is_ok_and(Vec::is_empty)
    }

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

/// A run that was lived through, in as many processes as it took.
pub(crate) struct Lived {
    pub ended: Ended,
    /// The runs that began meanwhile, in their order.
    pub started: Vec<Ended>,
    /// Whether a process that went on asked again for a change that may have been made already.
    pub repeated: bool,
}

impl Running<'_> {
    /// Runs a case and holds what happened against what it expects.
    pub async fn run(&self, case: &Case) -> Came {
        self.run_so(case, How::default()).await
    }

    /// The same, with effects that go on at the same time ending in another order, which follows from `number`.
    pub async fn run_shuffled(&self, case: &Case, number: u64) -> Came {
        self.run_so(case, How { shuffle: Some(number), ..How::default() }).await
    }

    async fn run_so(&self, case: &Case, how: How) -> Came {
        let started = Instant::now();
        let case = &match recorded::with(case, self.folder) {
            Ok(case) => case,
            Err(why) => return Came::broken(why),
        };
        let mut outside = Outside::new(self, &case.given, how);
        let lived = self.lives(case, &mut outside).await;
        let took = started.elapsed();
        let lived = match lived {
            Ok(lived) => lived,
            Err(why) => return Came { took, ..Came::broken(why) },
        };
        let happened = self.happened(case, &lived, &outside).await;
        let mut unmet = hold(case, &happened, (&self.program, self.entry), &outside.mocking);
        if let Some(idle) = &lived.ended.idle_faults {
            unmet.push(Unmet::new(
                case.given.faults.first().map_or(case.span, |fault| fault.span),
                "a fault hit nothing",
                idle.clone(),
            ));
        }
        let (report, program) = (Some(lived.ended.report), Some(lived.ended.program));
        let unasked = outside.mocking.unused();
        Came { unmet: Ok(unmet), happened: Some(happened), report, program, unasked, took }
    }

    pub(crate) async fn happened(&self, case: &Case, lived: &Lived, outside: &Outside<'_>) -> Happened {
        let ended = &lived.ended;
        let known = Known {
            files: &ended.files,
            response: ended.response.as_ref(),
            tables: ended.tables.clone(),
            requests: outside.requests.with(outside.mocking.exchanged()),
            started: &lived.started,
            told: outside.told(case).await,
        };
        Happened::new(&ended.report, known)
    }

    /// Lives a case through: from its start to its end, in as many processes as die on the way and one more.
    pub(crate) async fn lives(&self, case: &Case, outside: &mut Outside<'_>) -> Result<Lived, String> {
        let given = &case.given;
        let inputs = record(&given.inputs);
        let mut plan = outside.begins(self.entry, inputs.clone())?;
        let mut course = Course::new(&given.meanwhile);
        loop {
            // As one, so that no time passes between what happens meanwhile and what follows from it.
            let clock = outside.clock.clone();
            let ran = clock.drive(Box::pin(course.drive(plan, outside))).await?;
            plan = match (ran, course.next) {
                (Some(ended), _) if ended.broken.is_some() => outside.another(self.entry, &inputs)?,
                // What was said to a process that died before it was kept is said again.
                (Some(ended), _)
                    if ended.report.status == Status::Paused && outside.signals() < course.answers.len() =>
                {
                    outside.goes_on(Say::Reply(course.answers[outside.signals()].clone()))?
                }
                (Some(ended), [Meanwhile { what: What::Resume(answer), after_ms }, rest @ ..])
                    if ended.report.status == Status::Paused =>
                {
                    course.next = rest;
                    course.answers.push(answer.clone());
                    outside.until(*after_ms).await;
                    outside.goes_on(Say::Reply(answer.clone()))?
                }
                (Some(ended), _) => {
                    let Course { mut started, repeated, .. } = course;
                    started.sort_by_key(|(place, _)| *place);
                    let started = started.into_iter().map(|(_, ended)| ended).collect();
                    return Ok(Lived { ended, started, repeated });
                }
                (None, _) => outside.another(self.entry, &inputs)?,
            };
        }
    }
}

/// How far a case has come.
struct Course<'c> {
    /// What is still to happen meanwhile.
    next: &'c [Meanwhile],
    /// What its pauses were answered.
    answers: Vec<Record>,
    /// Whether somebody has cancelled it.
    cancelled: bool,
    started: Vec<(usize, Ended)>,
    repeated: bool,
}

/// A run that began meanwhile, by its place among those.
type Beside = Pin<Box<dyn Future<Output = (usize, Result<Ended, String>)> + Send>>;

impl<'c> Course<'c> {
    fn new(next: &'c [Meanwhile]) -> Course<'c> {
        Course { next, answers: Vec::new(), cancelled: false, started: Vec::new(), repeated: false }
    }

    /// Runs until the run that is tested ends, and those that began meanwhile; or until its process dies: then there is nothing.
    async fn drive(&mut self, plan: Plan, outside: &mut Outside<'_>) -> Result<Option<Ended>, String> {
        let (switch, stop) = Stop::new();
        switch.send_replace(self.cancelled);
        let session = open(plan, stop).await?;
        self.repeated |= session.repeats();
        let mut beside: FuturesUnordered<Beside> = FuturesUnordered::new();
        let mut watch = ();
        let mut run = pin!(session.run(&mut watch));
        let mut ended = None;
        while ended.is_none() {
            let due = match self.next.first() {
                Some(Meanwhile { what: What::Resume(_), .. }) | None => None,
                Some(Meanwhile { after_ms, .. }) => Some(*after_ms),
            };
            tokio::select! {
                biased;
                came = &mut run => ended = Some(came),
                Some((place, came)) = beside.next() => self.started.push((place, came?)),
                () = outside.until(due.unwrap_or(0)), if due.is_some() => {
                    let Some((now, rest)) = self.next.split_first() else { continue };
                    self.next = rest;
                    match &now.what {
                        What::Kill => return Ok(None),
                        What::Cancel => {
                            self.cancelled = true;
                            switch.send_replace(true);
                        }
                        What::Start { flow, inputs } => {
                            let (place, plan) = (self.started.len() + beside.len(), outside.begins(&flow.it, record(inputs))?);
                            beside.push(Box::pin(async move {
                                // Nobody stops it: it ends by itself.
                                let (_switch, stop) = Stop::new();
                                match open(plan, stop).await {
                                    Ok(session) => (place, Ok(session.run(&mut ()).await)),
                                    Err(why) => (place, Err(why)),
                                }
                            }));
                        }
                        What::Resume(_) => {}
                    }
                }
            }
        }
        while let Some((place, came)) = beside.next().await {
            self.started.push((place, came?));
        }
        Ok(ended)
    }
}

async fn open(plan: Plan, stop: Stop) -> Result<Session, String> {
    plan.open(stop, &mut |_| {}).await.map_err(|problem| problem_told(&problem))
}

fn record(values: &[(Name, Value)]) -> Record {
    values.iter().map(|(name, value)| (name.it.clone(), value.clone())).collect()
}

/// The program with all flows of a project that have no mistakes.
pub fn program(project: &Project, registry: &Registry) -> Program {
    check::examine(project, registry.vocabulary(), &Nothing::default()).program
}
