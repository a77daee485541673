//! A run: run, and what is left when it has ended or can't go on by itself.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use flowrun_core::course::Course;
use flowrun_core::does::AfterCrash;
use flowrun_core::effect::{Act, Effect, EffectId};
use flowrun_core::machine::{Paused, Response};
use flowrun_core::program::Program;
use flowrun_core::report::{FlowReport, Inside, Report, Status};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::activity::{Activity, Tally};
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_kit::simulator::SimFaults;
use flowrun_project::{Problem, Project};
use flowrun_store::{Holder, Moved, State};
use tokio::task::JoinHandle;

use super::alone::Turn;
use super::audit::Audit;
use super::connections::Made;
use super::durable::chronicle::{Chronicle, Journaling};
use super::durable::home::{Home, problem};
use super::durable::tables::Kept;
use super::{Plan, aftermath};
use crate::driver::{self, Log, Stand, Stop, Watch, World};
use crate::mocked::Mocking;
use crate::record::Recorder;

/// A run that is ready to start, or to go on.
pub struct Session {
    /// What there is to warn of.
    pub warnings: Vec<String>,
    pub(super) plan: Plan,
    pub(super) course: Course,
    pub(super) world: World,
    pub(super) made: Vec<Made>,
    pub(super) audit: Arc<Audit>,
    pub(super) keeping: Keeping,
    pub(super) faults: SimFaults,
    /// Held until the run has ended.
    pub(super) home: Option<Arc<Home>>,
    pub(super) turn: Option<Turn>,
    /// Whether somebody holds it, where it is let go of.
    pub(super) hold: Stop,
    pub(super) mocking: Arc<Mocking>,
    pub(super) recorder: Option<Arc<Recorder>>,
}

/// What is kept of a run.
pub(super) enum Keeping {
    /// Nothing.
    Nothing,
    /// What it does to kept tables.
    Tables(Kept),
    /// All that comes from outside.
    Journal(Arc<Chronicle>),
}

impl Keeping {
    /// What its driver writes.
    pub(super) fn log(self) -> (Box<dyn Log>, Option<Arc<Chronicle>>) {
        match self {
            Keeping::Nothing => (Box::new(()), None),
            Keeping::Tables(kept) => (Box::new(kept), None),
            Keeping::Journal(chronicle) => (Box::new(Journaling(chronicle.clone())), Some(chronicle)),
        }
    }
}

/// A run that has ended, or that can't go on by itself.
pub struct Ended {
    /// What happened.
    pub report: Report,
    /// What ran.
    pub program: Arc<Program>,
    /// The project that it is of.
    pub project: Arc<Project>,
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
    /// Whether it has a journal, so that it can be looked at and taken up again.
    pub journaled: bool,
    /// Why it could not go on because what happens can't be kept any more.
    pub broken: Option<Problem>,
    /// The cards of which nobody knows what became of what they asked for.
    pub unsettled: Vec<String>,
    /// Whether it was let go of before it came to its end or to a wait: whoever goes on with it begins where its journal ends.
    pub left: bool,
    /// Whether that is because somebody holds it.
    pub held: bool,
    /// When it goes on, where it waits for nothing but that; in microseconds since 1970.
    pub wakes_us: Option<i64>,
    /// What it waits for that somebody is to answer, if it does.
    pub pause: Option<Paused>,
    /// The right to run alone, if it has that: to be handed on to where it goes on.
    pub turn: Option<Turn>,
    /// What its caller is answered, where a card said that before the end.
    pub response: Option<Response>,
    /// The rows of its tables, where its report shows everything.
    pub tables: Vec<(Text, Vec<Record>)>,
}

/// What is asked of a run that somebody holds.
pub const HELD: &str = "somebody holds it: it goes on when it is resumed";

impl Session {
    /// The same, of which it is said that somebody holds it if it is let go of when `hold` is given.
    pub fn holding(mut self, hold: Stop) -> Session {
        self.hold = hold;
        self
    }

    /// The name of the flow that it starts with.
    pub fn flow(&self) -> &str {
        &self.plan.ready.program.flow(self.plan.ready.start).name
    }

    /// What answers for each connection, in the order that the manifest's author had in mind.
    pub fn connections(&self) -> Vec<String> {
        let listed = self.plan.ready.project.model.manifest.connections.iter();
        let found = listed.filter_map(|listed| self.made.iter().find(|made| *made.name == *listed.name.it));
        let made = found.map(|made| format!("{}: {}", made.name, made.host));
        made.chain(self.plan.ready.mocked().into_iter().map(|connector| format!("{connector}: mocked")))
            .collect()
    }

    /// The mocks that answer in it.
    pub fn mocking(&self) -> &Arc<Mocking> {
        &self.mocking
    }

    /// Records what it exchanges, where that is asked for.
    pub fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref()
    }

    /// What each connection is doing, by its name.
    pub fn activities(&self) -> Vec<(String, Activity)> {
        self.made.iter().map(|made| (made.name.clone(), made.activity.clone())).collect()
    }

    /// Whether it asks again for something that changes something and may have happened already, since its card says that twice does no harm.
    pub fn repeats(&self) -> bool {
        let mut asked = self.course.open().filter_map(|(id, _)| self.course.asked(id));
        let repeats = |effect: Effect| match &effect.act {
            Act::Card(card) => {
                card.card.does().with(&card.args).changes()
                    && *card.card.after_crash(&card.args) == AfterCrash::Repeats
            }
            Act::WaitUntil(_) | Act::Pause(_) => false,
        };
        asked.any(repeats)
    }

    /// The clock that the run goes by.
    pub fn clock(&self) -> &Clock {
        self.world.time.clock()
    }

    /// Whether its time is simulated.
    pub fn is_simulated(&self) -> bool {
        self.plan.ready.is_simulated()
    }

    /// Runs it beside whatever else the runtime does, on whichever of its threads has time.
    pub fn spawn(self, mut watch: impl Watch + 'static) -> JoinHandle<Ended> {
        tokio::spawn(async move { self.run(&mut watch).await })
    }

    /// Runs it as far as it goes. However badly that is, there is a report.
    pub async fn run(mut self, watch: &mut dyn Watch) -> Ended {
        let started = Instant::now();
        let (mut log, chronicle) = std::mem::replace(&mut self.keeping, Keeping::Nothing).log();
        if let (Some(chronicle), Some(recalled)) = (&chronicle, &self.plan.recalled) {
            let holder = Holder::new(self.flow(), &recalled.run.about.id, self.clock().now_ms());
            let program = self.plan.renews.then(|| self.plan.ready.kept().1.clone());
            chronicle.goes_on(holder.told(), program);
        }
        let stand = driver::go_on(&mut self.course, &self.world, &mut *log, watch).await;
        let mut report = self.course.machine.report();
        let unsettled = match &stand {
            Stand::Waits { unsettled } => self.named(unsettled),
            Stand::Ended | Stand::Broken | Stand::Left | Stand::Parks { .. } => Vec::new(),
        };
        let held = stand == Stand::Left && self.hold.is_given();
        if !unsettled.is_empty() || held {
            report.status = Status::Held;
        }
        let real_ms = self.plan.counts_computing().then(|| started.elapsed().as_secs_f64() * 1000.0);
        let failed = report.status == Status::Failed && !self.plan.job.dry_run && !self.world.stop.is_given();
        let aftermath = if failed {
            aftermath::after(&self.course.machine, &report, &self.world, &mut *log).await
        } else {
            None
        };
        let mut withheld: Vec<(u64, String)> =
            self.made.iter().flat_map(|made| made.activity.withheld()).collect();
        withheld.sort_by_key(|(number, _)| *number);
        let withheld = withheld.into_iter().map(|(_, request)| request).collect();
        let withheld_count = self.made.iter().map(|made| made.activity.withheld_count()).sum();
        let tallies = self.made.iter().map(|made| (made.name.clone(), made.activity.tally())).collect();
        let idle_faults = self.faults.idle();
        let tables = if self.plan.job.limits.whole { self.rows() } else { Vec::new() };
        let (broken, recorded) = self.close(&report, &unsettled, &stand, chronicle.as_deref()).await;
        Ended {
            report,
            aftermath,
            program: self.plan.ready.program.clone(),
            project: self.plan.ready.project.clone(),
            files: self.plan.files,
            interrupted: self.world.stop.is_given(),
            withheld,
            withheld_count,
            tallies,
            idle_faults,
            real_ms,
            recorded,
            journaled: chronicle.is_some(),
            broken,
            unsettled,
            left: stand == Stand::Left,
            held,
            wakes_us: match stand {
                Stand::Parks { wake_us } => Some(wake_us),
                _ => None,
            },
            pause: self.course.machine.pauses().into_iter().next(),
            turn: self.turn,
            response: self.course.machine.response().cloned(),
            tables,
        }
    }

    /// The rows of all tables.
    fn rows(&self) -> Vec<(Text, Vec<Record>)> {
        let Some(tables) = self.world.tables() else { return Vec::new() };
        let names = self.plan.ready.program.tables.iter().map(|table| table.name.clone());
        names.filter_map(|name| Some((name.clone(), tables.rows(&name)?))).collect()
    }

    /// Says in the store and in the audit record what has become of the run.
    async fn close(
        &self,
        report: &Report,
        unsettled: &[String],
        stand: &Stand,
        chronicle: Option<&Chronicle>,
    ) -> (Option<Problem>, io::Result<()>) {
        let now_ms = self.clock().now_ms();
        // The disk takes no simulated time.
        let _hold = self.clock().hold();
        let Some(chronicle) = chronicle else {
            let recorded = self.audit.end(report, &self.made, now_ms);
            let store = self.home.as_ref().filter(|home| home.owns).map(|home| &home.store);
            let kept = match store {
                Some(store) => store.durable(store.newest()).await,
                None => Ok(()),
            };
            return (kept.err().map(|error| problem(&error)), recorded);
        };
        let mut broken = chronicle.broken();
        // The store has it as one that is under way, and so it is gone on with.
        if broken.is_none() && *stand != Stand::Broken && (*stand != Stand::Left || self.hold.is_given()) {
            chronicle.say(|words| words.end(report, &self.made, now_ms));
            let moved = Moved {
                error: report.flow.error.as_ref().map(|error| error.message.to_string()),
                summary: serde_json::to_vec(&bare(report)).ok(),
                report: serde_json::to_vec(report).ok(),
                ..Moved::to(self.state(report, unsettled, stand), now_ms.saturating_mul(1000))
            };
            broken = chronicle.moved(moved).await.err();
            if self.plan.job.tidies {
                self.tidy(now_ms.saturating_mul(1000)).await;
            }
        }
        (broken.map(|error| problem(&error)), chronicle.finish())
    }

    /// Takes away what need not be kept any longer.
    async fn tidy(&self, now_us: i64) {
        let Some(home) = self.home.clone() else { return };
        let flowrun_core::keep::Keep { days, failed, data, runs } = self.plan.ready.program.keep;
        let keep = flowrun_store::Keep {
            days: Some(days),
            failed_days: Some(failed),
            runs: Some(runs.into()),
            data_days: Some(data),
        };
        // That it fails harms nothing: the next run tries again.
        let _ = tokio::task::spawn_blocking(move || home.store.purge(now_us, &keep)).await;
    }

    fn state(&self, report: &Report, unsettled: &[String], stand: &Stand) -> State {
        match *stand {
            Stand::Parks { wake_us } => return State::Waiting { wake_us },
            Stand::Left => return State::Held { question: HELD.to_owned() },
            Stand::Ended | Stand::Waits { .. } | Stand::Broken => {}
        }
        match report.status {
            Status::Done | Status::Planned | Status::Stopped | Status::Handled => State::Done,
            Status::Failed => State::Failed,
            Status::Cancelled => State::Cancelled,
            Status::Paused => {
                State::Paused { until_us: self.course.machine.pauses().first().map(|pause| pause.until_us) }
            }
            Status::Held if !unsettled.is_empty() => {
                State::Held { question: format!("what became of {}?", unsettled.join(", ")) }
            }
            Status::Held | Status::Running => {
                State::Held { question: "it waits for nothing that could come".to_owned() }
            }
        }
    }

    /// The cards that asked for effects, as people call them.
    fn named(&self, effects: &[EffectId]) -> Vec<String> {
        let machine = &self.course.machine;
        let named = |id: &EffectId| {
            let (flow, step) = machine.card_of(*id)?;
            let flow = machine.program().flow(flow);
            let step = flow.step(step);
            Some(format!("`{}` ({}) of `{}`", step.id, step.title(), flow.name))
        };
        effects.iter().filter_map(named).collect()
    }
}

/// What stays of a report when its values go: what ran, how it stands and how long it took.
fn bare(report: &Report) -> Report {
    let mut report = report.clone();
    report.warnings.clear();
    strip(&mut report.flow);
    report
}

fn strip(flow: &mut FlowReport) {
    (flow.inputs, flow.outputs) = (Value::Null, Value::Null);
    flow.error = None;
    strip_cards(&mut flow.cards);
}

fn strip_cards(cards: &mut [flowrun_core::report::CardReport]) {
    for card in cards {
        (card.inputs, card.outputs, card.error, card.note) = (Value::Null, Value::Null, None, None);
        match &mut card.inside {
            Inside::Nothing {} => {}
            Inside::Arm { cards, .. } => strip_cards(cards),
            Inside::Call { called } => strip(called),
            Inside::Items(items) => {
                items.failures.clear();
                items.items.iter_mut().for_each(strip);
            }
        }
    }
}
