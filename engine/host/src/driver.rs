//! The local driver: performs what the machine asks for, and feeds back how it ended.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use flowrun_core::effect::{Effect, EffectId, Outcome};
use flowrun_core::fault::Fault;
use flowrun_core::journal::{Event, Journal, ReplayError};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::program::Program;
use flowrun_core::report::Report;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
pub use flowrun_kit::stop::Stop;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::perform::{Connections, Panics, Perform, Performing, TimeLimit};

/// What a run needs from the machinery around it.
pub struct World {
    /// The time of the run.
    pub time: RunTime,
    /// Tells the run to end: the first time so that it cleans up.
    pub stop: Stop,
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
        World { time, stop, performer: Box::new(performer) }
    }

    /// Does what an effect asks for, and tells how it ended.
    pub async fn perform(&self, effect: Effect) -> (EffectId, Outcome) {
        (effect.id, self.performer.perform(effect).outcome().await)
    }
}

/// Keeps what comes from outside during a run.
pub trait Log: Send {
    /// Called before the machine hears of the event.
    fn append(&mut self, event: &Event);
}

/// Keeps nothing.
impl Log for () {
    fn append(&mut self, _: &Event) {}
}

/// Keeps everything in memory.
impl Log for Journal {
    fn append(&mut self, event: &Event) {
        self.events.push(event.clone());
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
        let mut machine = Machine::new(program, start)?;
        drive(&mut machine, Vec::new(), world, log, watch).await;
        Ok(machine.report())
    })
}

/// Runs a machine that has just been made to its end.
pub fn to_end(
    machine: &mut Machine,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
) -> impl Future<Output = Report> + Send {
    world.time.clock.drive(async move {
        drive(machine, Vec::new(), world, log, watch).await;
        machine.report()
    })
}

/// Goes on with a run from where its journal ends; effects that ended are not repeated.
pub fn resume(
    program: Arc<Program>,
    journal: &mut Journal,
    world: &World,
    watch: &mut dyn Watch,
) -> impl Future<Output = Result<Report, ReplayError>> + Send {
    world.time.clock.drive(async move {
        let (mut machine, open) = journal.replay(program)?;
        drive(&mut machine, open, world, journal, watch).await;
        Ok(machine.report())
    })
}

/// The effects of a run that have begun and not been fed back.
struct Begun<'w> {
    world: &'w World,
    pending: FuturesUnordered<Named>,
    ended: VecDeque<(EffectId, Outcome)>,
}

/// An effect that goes on, under its name.
struct Named(EffectId, Pending<'static, Outcome>);

impl Future for Named {
    type Output = (EffectId, Outcome);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.0;
        self.1.as_mut().poll(cx).map(|outcome| (id, outcome))
    }
}

impl Begun<'_> {
    /// Begins effects. Many end at once, such as those of tables: they never see the scheduler.
    fn begin(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let id = effect.id;
            match self.world.performer.perform(effect) {
                Performing::Ended(outcome) => self.ended.push_back((id, outcome)),
                Performing::Open(future) => self.pending.push(Named(id, future)),
            }
        }
    }

    /// Takes over what has ended by now.
    fn collect(&mut self) {
        while let Some(Some(ended)) = self.pending.next().now_or_never() {
            self.ended.push_back(ended);
        }
    }
}

/// After so many effects that ended at once, others get their turn: what comes over the network, and a stop.
const TURNS: usize = 16;

async fn drive(
    machine: &mut Machine,
    open: Vec<Effect>,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
) {
    let mut stop = world.stop.clone();
    let mut begun = Begun { world, pending: FuturesUnordered::new(), ended: VecDeque::new() };
    begun.begin(open);
    let mut turns = 0;
    loop {
        let busy = match machine.turn() {
            Turn::Done => return,
            Turn::Busy(effects) => {
                begun.begin(effects);
                true
            }
            Turn::Blocked(effects) => {
                begun.begin(effects);
                false
            }
        };
        watch.turned(machine);
        turns += 1;
        if busy || turns % TURNS == 0 {
            // To let others go on takes no time.
            let hold = world.time.clock.hold();
            tokio::task::yield_now().await;
            drop(hold);
            begun.collect();
            if stop.is_given() && !machine.is_cancelled() {
                cancel(machine, world, log);
                continue;
            }
        }
        if busy {
            continue;
        }
        let ended = match begun.ended.pop_front() {
            Some(ended) => ended,
            // The machine waits for nothing that could come: it would wait for ever.
            None if begun.pending.is_empty() => return,
            None => tokio::select! {
                biased;
                () = stop.given(), if !machine.is_cancelled() => {
                    cancel(machine, world, log);
                    continue;
                }
                () = watch.look() => continue,
                Some(ended) = begun.pending.next() => ended,
            },
        };
        let (id, outcome) = ended;
        // A wait that a cancellation cut short still ends some time.
        if machine.awaits(id) {
            let at_us = world.time.now_us();
            let event = Event::Completed { id, outcome, at_us };
            log.append(&event);
            if let Event::Completed { id, outcome, at_us } = event {
                machine.complete(id, outcome, at_us);
            }
        }
    }
}

fn cancel(machine: &mut Machine, world: &World, log: &mut dyn Log) {
    let at_us = world.time.now_us();
    log.append(&Event::Cancelled { at_us });
    machine.cancel(at_us);
}
