//! The local driver: performs what the machine asks for, and feeds back how it ended.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use flowrun_core::course::{Course, Own, Place, Turned};
use flowrun_core::does::AfterCrash;
use flowrun_core::effect::{Act, Answer, Effect, EffectId, Outcome};
use flowrun_core::fault::Fault;
use flowrun_core::journal::{Asked, Entry, Event, Journal, Names, Recorded, ReplayError, Settlement};
use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::Program;
use flowrun_core::report::Report;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::settled::Settled;
pub use flowrun_kit::stop::Stop;
use flowrun_tables::{Changes, Tables};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::perform::{Connections, Panics, Perform, Performing, TimeLimit};

/// What a run needs from the machinery around it.
pub struct World {
    /// The time of the run.
    pub time: RunTime,
    /// Tells the run to end: the first time so that it cleans up.
    pub stop: Stop,
    /// A run that waits for nothing but a time at least so far away is let go of; nothing where it is waited for however long it takes.
    pub parks: Option<Duration>,
    /// Has the run let go of as soon as what has begun has ended: nothing new is begun, and whoever goes on with it asks for the rest.
    pub leave: Stop,
    /// How effects ended in a run of before, which are not asked for again, each with the fingerprint of what was asked.
    pub remembers: Arc<Remembered>,
    performer: Box<dyn Perform>,
}

/// A run's time: that of its clock and, where a simulated clock leaves it out, what the computing itself takes.
#[derive(Clone, Debug)]
pub struct RunTime {
    clock: Clock,
    computing_since: Option<Instant>,
}

impl RunTime {
    /// Time as `clock` tells it. A simulated clock stands still while flowrun computes: `computing` adds what that takes.
    pub fn new(clock: Clock, computing: bool) -> RunTime {
        RunTime { clock, computing_since: computing.then(Instant::now) }
    }

    /// Microseconds since 1970, UTC.
    pub fn now_us(&self) -> i64 {
        let computing = self.computing_since.map_or(Duration::ZERO, |since| since.elapsed());
        self.clock.now_ms() * 1000 + computing.as_micros() as i64
    }

    /// The clock that the run and its connections share.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl World {
    /// A world in which cards are performed over `connections`, none of which can hang a run or end it by a panic.
    pub fn new(time: RunTime, connections: Connections) -> World {
        let (clock, stop) = (time.clock.clone(), connections.stop());
        World::of(time, stop, TimeLimit(Panics(connections), clock))
    }

    /// A world in which `performer` does what is asked for, until `stop` is given.
    pub fn of(time: RunTime, stop: Stop, performer: impl Perform + 'static) -> World {
        World {
            time,
            stop,
            parks: None,
            leave: Stop::default(),
            remembers: Arc::default(),
            performer: Box::new(performer),
        }
    }

    /// The run's tables.
    pub fn tables(&self) -> Option<&Tables> {
        self.performer.tables()
    }

    /// What is the run's own.
    pub fn here(&self) -> Here<'_> {
        Here(&*self.performer)
    }

    /// How an effect ended in a run of before, if the same was asked for there. That somebody waited is not asked again either.
    fn remembered(&self, effect: &Effect) -> Option<Outcome> {
        if self.remembers.is_empty() {
            return None;
        }
        let (print, recorded) = self.remembers.get(&effect.id)?;
        let waited = matches!((&effect.act, recorded), (Act::WaitUntil(_), Recorded::Waited));
        (waited || effect.print() == *print).then(|| recorded.outcome(&Names::of(effect)))
    }

    /// Does what an effect asks for, and tells how it ended.
    pub async fn perform(&self, effect: Effect) -> (EffectId, Outcome) {
        (effect.id, self.performer.perform(effect).outcome().await)
    }
}

/// How effects ended, each with the fingerprint of what was asked.
pub type Remembered = BTreeMap<EffectId, (u64, Recorded)>;

/// What is a run's own, as its world does it.
pub struct Here<'w>(&'w dyn Perform);

impl Own for Here<'_> {
    fn place(&self, effect: &Effect) -> Place {
        self.0.place(effect)
    }

    fn perform(&mut self, effect: Effect, at_us: i64) -> Outcome {
        self.0.perform_here(effect, at_us)
    }
}

/// Keeps what comes from outside during a run.
pub trait Log: Send {
    /// Whether anything is kept, so that it is worth making entries.
    fn keeps(&self) -> bool {
        true
    }

    /// Keeps an entry, before the machine hears of it. It need not be on the disk yet: whoever sends a request that changes
    /// something waits for that.
    fn append(&mut self, entry: &Entry);

    /// Hears of an effect before it is begun that is not simply repeated after a crash.
    fn asked(&mut self, asked: Asked) {
        let _ = asked;
    }

    /// Keeps what was changed in tables that outlive the run: together with the entry that comes next, if there is one.
    fn changed(&mut self, changes: Vec<Changes>) {
        let _ = changes;
    }

    /// Whether so much has been kept since the last checkpoint that another is worth it; then the effects that have begun and have
    /// no end, each with when, in microseconds since 1970.
    fn wants_checkpoint(&self) -> Option<Vec<(EffectId, i64)>> {
        None
    }

    /// Keeps the run as it stands, between two entries.
    fn checkpoint(&mut self, course: &Course, tables: Option<&Tables>) {
        let _ = (course, tables);
    }

    /// Whether nothing more can be kept.
    fn is_broken(&self) -> bool {
        false
    }

    /// Ends when nothing more can be kept, so that the run must not go on.
    fn broken(&mut self) -> Pending<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// Keeps nothing.
impl Log for () {
    fn keeps(&self) -> bool {
        false
    }

    fn append(&mut self, _: &Entry) {}
}

/// Keeps everything in memory.
impl Log for Journal {
    fn append(&mut self, entry: &Entry) {
        self.entries.push(entry.clone());
    }
}

/// Sees a run while it goes on.
pub trait Watch: Send {
    /// Called whenever something has changed.
    fn turned(&mut self, machine: &Machine);

    /// Ends when `turned` is to be called although nothing has changed.
    fn look(&mut self) -> Pending<'_, ()> {
        // Takes no room, so that its box costs nothing.
        Box::pin(std::future::pending())
    }
}

/// Looks away.
impl Watch for () {
    fn turned(&mut self, _: &Machine) {}
}

/// Runs a program from its start to its end. A start that the entry flow refuses is the only error:
/// however badly a flow goes, there is a report.
pub fn run(
    program: Arc<Program>,
    start: Start,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
) -> impl Future<Output = Result<Report, Fault>> + Send {
    world.time.clock.drive(async move {
        let mut course = Course::new(Machine::new(program, start)?);
        Driver::new(&mut course, world, log, watch).drive().await;
        Ok(course.machine.report())
    })
}

/// Runs as far as it goes: to its end, or to where somebody has to say something.
pub fn go_on(
    course: &mut Course,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
) -> impl Future<Output = Stand> + Send {
    world.time.clock.drive(async move {
        let mut driver = Driver::new(course, world, log, watch);
        driver.leave = world.leave.clone();
        driver.drive().await
    })
}

/// Notes that somebody answered a pause, by what `Machine::answer` made of it, and lets the machine hear of it. Gives false if the run
/// does not wait for that answer, or not any more; then nothing is noted.
pub fn answer(course: &mut Course, id: EffectId, answer: Answer, at_us: i64, log: &mut dyn Log) -> bool {
    if course.machine.paused(id).is_none_or(|pause| pause.until_us <= at_us) {
        return false;
    }
    let Some(open) = course.end(id) else { return false };
    let outcome = Ok(answer);
    if log.keeps() {
        let asked = Asked { id, print: open.print };
        log.append(&course.entry(at_us, Event::Signal(asked, Recorded::of(&outcome, &open.names))));
    }
    course.complete(id, outcome, at_us);
    true
}

/// Notes that somebody said what became of an effect that may have happened before a crash, and lets the machine hear of it: `outcome`
/// is how it ended, none if it is to be done now. Gives false if nobody asks that; then nothing is noted.
pub fn settle(
    course: &mut Course,
    id: EffectId,
    what: Settlement,
    outcome: Option<Outcome>,
    at_us: i64,
    log: &mut dyn Log,
) -> bool {
    let Some(print) = course.print(id).filter(|_| course.may_have_happened(id).is_some()) else {
        return false;
    };
    let asked = Asked { id, print };
    log.append(&course.entry(at_us, Event::Settled(asked, what)));
    let Some(outcome) = outcome else {
        course.did_not_happen(id);
        return true;
    };
    if let Some(open) = course.end(id) {
        log.append(&course.entry(at_us, Event::Completed(asked, Recorded::of(&outcome, &open.names))));
        course.complete(id, outcome, at_us);
    }
    true
}

/// Goes on with a run from where its journal ends; effects that ended are not repeated.
pub fn resume(
    program: Arc<Program>,
    journal: &mut Journal,
    world: &World,
    watch: &mut dyn Watch,
) -> impl Future<Output = Result<Report, ReplayError>> + Send {
    world.time.clock.drive(async move {
        let mut course = journal.replay(program, &mut world.here())?;
        Driver::new(&mut course, world, journal, watch).drive().await;
        Ok(course.machine.report())
    })
}

/// How far a run has come when its driver lets go of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// To its end.
    Ended,
    /// It waits for what nobody is going to do here: for answers, or for somebody to say what became of these effects, which may
    /// have happened before a crash.
    Waits {
        /// The effects of which nobody knows what became.
        unsettled: Vec<EffectId>,
    },
    /// It waits for nothing but this moment, in microseconds since 1970, and whoever goes on with it then need not keep it until then.
    Parks {
        /// When it goes on.
        wake_us: i64,
    },
    /// It was let go of: what it asks for now is asked for again by whoever goes on with it.
    Left,
    /// What happens can't be kept any more.
    Broken,
}

/// Ends when the time of the next pause is over; never if there is none.
async fn next_pause(time: &RunTime, next: Option<&(i64, EffectId)>) {
    match next {
        Some((until_us, _)) => {
            let us = u64::try_from(until_us.saturating_sub(time.now_us())).unwrap_or(0);
            time.clock.sleep(Duration::from_micros(us)).await;
        }
        None => std::future::pending().await,
    }
}

/// An effect that goes on, under its name.
struct Named(EffectId, Pending<'static, Ended>);

/// How it ends.
enum Ended {
    /// As it was asked for.
    Done(Outcome),
    /// It was looked what became of it.
    Looked(Settled<Answer>),
}

impl Future for Named {
    type Output = (EffectId, Ended);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.0;
        self.1.as_mut().poll(cx).map(|ended| (id, ended))
    }
}

/// After so many turns others get theirs: what comes over the network, and a stop.
const TURNS: usize = 16;

/// How much time may pass, while a run is busy with what is its own, before its journal notes that, in microseconds.
const UNNOTED_US: i64 = 1_000_000;

/// Drives one run.
struct Driver<'d> {
    course: &'d mut Course,
    world: &'d World,
    log: &'d mut dyn Log,
    watch: &'d mut dyn Watch,
    pending: FuturesUnordered<Named>,
    ended: VecDeque<(EffectId, Ended)>,
    unsettled: Vec<EffectId>,
    /// Until when each pause waits for an answer.
    pauses: BTreeSet<(i64, EffectId)>,
    /// Until when each wait goes on.
    waits: BTreeMap<EffectId, i64>,
    /// Lets go of the run; what cleans up after one that failed goes on.
    leave: Stop,
}

impl<'d> Driver<'d> {
    fn new(
        course: &'d mut Course,
        world: &'d World,
        log: &'d mut dyn Log,
        watch: &'d mut dyn Watch,
    ) -> Driver<'d> {
        let (pending, ended) = (FuturesUnordered::new(), VecDeque::new());
        let (unsettled, pauses, waits) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        Driver { course, world, log, watch, pending, ended, unsettled, pauses, waits, leave: Stop::default() }
    }

    async fn drive(mut self) -> Stand {
        let asked: Vec<EffectId> = self.course.open().map(|(id, _)| id).collect();
        asked.into_iter().for_each(|id| self.begin(id));
        let (mut stop, mut leave) = (self.world.stop.clone(), self.leave.clone());
        let mut turns = 0;
        loop {
            let busy = match self.turn() {
                Turned::Done => return Stand::Ended,
                Turned::Busy => true,
                Turned::Blocked => false,
            };
            if leave.is_given() && self.has_begun_nothing() {
                return Stand::Left;
            }
            turns += 1;
            if busy || turns % TURNS == 0 {
                // To let others go on takes no time.
                let hold = self.world.time.clock.hold();
                tokio::task::yield_now().await;
                drop(hold);
                self.collect();
                if stop.is_given() && !self.course.machine.is_cancelled() {
                    self.cancel();
                    continue;
                }
            }
            if busy || self.do_own() || self.end_pause() {
                continue;
            }
            let ended = match self.ended.pop_front() {
                Some(ended) => ended,
                None if self.pending.is_empty() && stop.is_given() && !self.course.machine.is_cancelled() => {
                    self.cancel();
                    continue;
                }
                // The machine waits for nothing that could come here.
                None if self.pending.is_empty() => {
                    return Stand::Waits { unsettled: std::mem::take(&mut self.unsettled) };
                }
                None if let Some(wake_us) = self.parks() => return Stand::Parks { wake_us },
                None => tokio::select! {
                    biased;
                    () = self.log.broken() => return Stand::Broken,
                    () = stop.given(), if !self.course.machine.is_cancelled() => {
                        self.cancel();
                        continue;
                    }
                    () = leave.given(), if !leave.is_given() => continue,
                    () = self.watch.look() => continue,
                    () = next_pause(&self.world.time, self.pauses.first()) => continue,
                    Some(ended) = self.pending.next() => ended,
                },
            };
            // What is refused because of that says nothing of the world, and no If Error shall act on it.
            if self.log.is_broken() {
                return Stand::Broken;
            }
            match ended {
                (id, Ended::Done(outcome)) => self.end(id, outcome),
                (id, Ended::Looked(settled)) => self.settle(id, settled),
            }
        }
    }

    fn turn(&mut self) -> Turned {
        let mut asked = Vec::new();
        let turned = self.course.turn(&self.world.here(), self.log.keeps(), &mut |id| asked.push(id));
        asked.into_iter().for_each(|id| self.begin(id));
        self.watch.turned(&self.course.machine);
        turned
    }

    /// Whether nothing is under way but waits for a time.
    fn has_begun_nothing(&self) -> bool {
        self.ended.is_empty() && self.pending.len() <= self.waits.len()
    }

    /// Begins an effect, unless somebody else ends it. Of one that may have happened it is looked first what became of it.
    fn begin(&mut self, id: EffectId) {
        if self.leave.is_given() {
            return;
        }
        if let Some(began_us) = self.course.may_have_happened(id) {
            if let Some(effect) = self.course.asked(id) {
                let looking = self.world.performer.look(effect, began_us.div_euclid(1000));
                self.pending.push(Named(id, Box::pin(async move { Ended::Looked(looking.await) })));
            }
            return;
        }
        if let Some(until_us) = self.course.paused_until(id) {
            self.pauses.insert((until_us, id));
            return;
        }
        let Some(effect) = self.course.take(id) else { return };
        if let Some(outcome) = self.world.remembered(&effect) {
            self.ended.push_back((id, Ended::Done(outcome)));
            return;
        }
        if let Act::WaitUntil(until_us) = effect.act {
            self.waits.insert(id, until_us);
        }
        if let Act::Card(performance) = &effect.act
            && self.log.keeps()
            && *performance.card.after_crash(&performance.args) != AfterCrash::Repeats
            && let Some(print) = self.course.print(id)
        {
            self.log.asked(Asked { id, print });
        }
        match self.world.performer.perform(effect) {
            Performing::Ended(outcome) => self.ended.push_back((id, Ended::Done(outcome))),
            Performing::Open(future) => {
                self.pending.push(Named(id, Box::pin(async move { Ended::Done(future.await) })));
            }
        }
    }

    /// When a run goes on that waits for nothing but a time that is far away.
    fn parks(&self) -> Option<i64> {
        let far = self.world.parks?;
        let only_waits = !self.waits.is_empty() && self.waits.len() == self.pending.len();
        if !only_waits || !self.unsettled.is_empty() || self.world.stop.is_given() {
            return None;
        }
        let pauses = self.pauses.first().map(|(until_us, _)| *until_us);
        let wake_us = self.waits.values().copied().chain(pauses).min()?;
        let far_us = i64::try_from(far.as_micros()).unwrap_or(i64::MAX);
        (wake_us.saturating_sub(self.world.time.now_us()) >= far_us).then_some(wake_us)
    }

    /// Takes over what has ended by now.
    fn collect(&mut self) {
        while let Some(Some(ended)) = self.pending.next().now_or_never() {
            self.ended.push_back(ended);
        }
    }

    /// Does one thing that is to be done here, if there is one.
    fn do_own(&mut self) -> bool {
        if !self.course.has_own() {
            return false;
        }
        let now_us = self.world.time.now_us();
        if !self.log.keeps() {
            self.course.pass(now_us);
        } else if now_us - self.course.machine.now_us() >= UNNOTED_US {
            // An entry stands between turns, so that what is to be done waits for the next one.
            self.note(now_us, Event::Passed);
            self.course.pass(now_us);
            return true;
        }
        let Some((effect, place)) = self.course.next_own() else { return false };
        let id = effect.id;
        let mut here = self.world.here();
        if place == Place::Own {
            let outcome = here.perform(effect, self.course.machine.now_us());
            self.course.complete_own(id, outcome);
            return true;
        }
        let asked = Asked { id, print: if self.log.keeps() { effect.print() } else { 0 } };
        let names = Names::of(&effect);
        let tables = self.world.performer.tables();
        // Until the changes are handed in, nobody else makes any.
        let _order = tables.map(Tables::kept_lock);
        let outcome = match self.world.remembered(&effect) {
            Some(outcome) => outcome,
            None => here.perform(effect, now_us),
        };
        if let Some(changes) = tables.map(Tables::take_changes).filter(|changes| !changes.is_empty()) {
            self.log.changed(changes);
        }
        if self.log.keeps() {
            self.note(now_us, Event::Completed(asked, Recorded::of(&outcome, &names)));
        }
        self.course.complete(id, outcome, now_us);
        true
    }

    /// An effect has ended.
    fn end(&mut self, id: EffectId, outcome: Outcome) {
        self.waits.remove(&id);
        // A wait that a cancellation cut short still ends some time.
        let Some(open) = self.course.end(id) else { return };
        let now_us = self.world.time.now_us();
        if self.log.keeps() {
            let asked = Asked { id, print: open.print };
            self.note(now_us, Event::Completed(asked, Recorded::of(&outcome, &open.names)));
        }
        self.course.complete(id, outcome, now_us);
        if let Some(begun) = self.log.wants_checkpoint() {
            begun.into_iter().for_each(|(id, at_us)| self.course.began(id, at_us));
            self.log.checkpoint(self.course, self.world.performer.tables());
        }
    }

    /// Ends a pause whose time is over, if there is one. A run that waits for nothing else is let go of before, and its pauses end
    /// when somebody goes on with it.
    fn end_pause(&mut self) -> bool {
        let Some(&(until_us, id)) = self.pauses.first() else { return false };
        let answered = !self.course.machine.awaits(id);
        if !answered && self.world.time.now_us() < until_us {
            return false;
        }
        self.pauses.pop_first();
        if !answered {
            self.end(id, Ok(Answer::Waited));
        }
        true
    }

    /// It was looked what became of an effect that may have happened before a crash.
    fn settle(&mut self, id: EffectId, settled: Settled<Answer>) {
        let Some(print) = self.course.print(id) else { return };
        let (settlement, outcome) = match settled {
            Settled::Happened(answer) => (Settlement::Happened, Some(Ok(answer))),
            Settled::DidNot => (Settlement::DidNot, None),
            Settled::Unknown(fault) if self.course.machine.would_take(id) => {
                (Settlement::Failed, Some(Err(fault)))
            }
            Settled::Unknown(_) => {
                self.unsettled.push(id);
                return;
            }
        };
        self.note(self.world.time.now_us(), Event::Settled(Asked { id, print }, settlement));
        match outcome {
            Some(outcome) => self.end(id, outcome),
            None => {
                self.course.did_not_happen(id);
                self.begin(id);
            }
        }
    }

    fn cancel(&mut self) {
        let at_us = self.world.time.now_us();
        self.note(at_us, Event::Cancelled);
        self.course.cancel(at_us);
    }

    fn note(&mut self, at_us: i64, event: Event) {
        if self.log.keeps() {
            self.log.append(&self.course.entry(at_us, event));
        }
    }
}
