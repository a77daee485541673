//! The local driver: performs what the machine asks for, and feeds back how it ended.

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use flowrun_core::card::Work;
use flowrun_core::effect::{Act, Effect, EffectId, Outcome, Performance};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::journal::{Event, Journal, ReplayError};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::program::Program;
use flowrun_core::report::Report;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::{AnyConnection, EffectCard, Pending};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

/// What a run needs from the machinery around it.
pub struct World {
    /// The time of the run.
    pub time: RunTime,
    cards: BTreeMap<&'static str, &'static EffectCard>,
    connections: Vec<AnyConnection>,
    shared: BTreeMap<&'static str, AnyConnection>,
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
    /// A world with these cards; `connections` are those of the program, in its order.
    pub fn new<'c>(
        time: RunTime,
        cards: impl IntoIterator<Item = &'static EffectCard> + 'c,
        connections: Vec<AnyConnection>,
    ) -> World {
        World {
            time,
            cards: cards.into_iter().map(|card| (card.card.id, card)).collect(),
            connections,
            shared: BTreeMap::new(),
        }
    }

    /// The same world with what cards of `connector` use that name no connection, such as the tables.
    pub fn share(mut self, connector: &'static str, connection: AnyConnection) -> World {
        self.shared.insert(connector, connection);
        self
    }

    fn connection(&self, performance: &Performance) -> Option<AnyConnection> {
        match (performance.connection, performance.card.work) {
            (Some(index), _) => self.connections.get(index as usize).cloned(),
            (None, Work::Effect(spec)) => self.shared.get(spec.connector).cloned(),
            (None, _) => None,
        }
    }

    /// Does what an effect asks for, and tells how it ended.
    pub fn perform(&self, effect: Effect) -> Pending<'static, (EffectId, Outcome)> {
        let id = effect.id;
        match effect.act {
            Act::Wait(ms) => {
                let clock = self.time.clock.clone();
                Box::pin(async move {
                    clock.sleep(Duration::from_millis(ms)).await;
                    (id, Ok(flowrun_core::effect::Answer::Waited))
                })
            }
            Act::Card(performance) => {
                let card = self.cards.get(performance.card.id).copied();
                let (Some(card), Some(connection)) = (card, self.connection(&performance)) else {
                    let message = format!("nothing here can perform `{}`", performance.card.id);
                    let fault = Fault::new(FaultKind::Connection, message);
                    return Box::pin(std::future::ready((id, Err(fault))));
                };
                let limit = Duration::from_millis(performance.timeout_ms);
                let name = card.card.id;
                let clock = self.time.clock.clone();
                Box::pin(async move {
                    // A card that panics is a mistake of flowrun's; the flow must still be able to clean up.
                    let performed = AssertUnwindSafe(card.perform(performance, connection)).catch_unwind();
                    let done = match clock.timeout(limit, performed).await {
                        Some(done) => done.unwrap_or_else(|_| Err(Fault::panicked(name))),
                        None => Err(timed_out(limit)),
                    };
                    (id, done)
                })
            }
        }
    }
}

fn timed_out(limit: Duration) -> Fault {
    let message = format!("no answer within {} s", limit.as_secs_f64());
    Fault::new(FaultKind::Timeout, message)
        .code(504)
        .help("give the card a longer `timeout`, or look whether the vendor answers at all")
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

/// Tells a run to end: the first time so that it cleans up.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop and the switch that gives it.
    pub fn new() -> (watch::Sender<bool>, Stop) {
        let (sender, receiver) = watch::channel(false);
        (sender, Stop(receiver))
    }

    /// Whether it was given.
    pub fn is_given(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is given.
    pub async fn given(&mut self) {
        if self.0.wait_for(|given| *given).await.is_err() {
            // Nobody can give it any more.
            std::future::pending::<()>().await;
        }
    }
}

/// Runs a program from its start to its end. A start that the entry flow refuses is the only error:
/// however badly a flow goes, there is a report.
pub fn run(
    program: Arc<Program>,
    start: Start,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
    stop: Stop,
) -> impl Future<Output = Result<Report, Fault>> + Send {
    world.time.clock.drive(async move {
        let mut machine = Machine::new(program, start)?;
        drive(&mut machine, Vec::new(), world, log, watch, stop).await;
        Ok(machine.report())
    })
}

/// Runs a machine that has just been made to its end.
pub fn to_end(
    machine: &mut Machine,
    world: &World,
    log: &mut dyn Log,
    watch: &mut dyn Watch,
    stop: Stop,
) -> impl Future<Output = Report> + Send {
    world.time.clock.drive(async move {
        drive(machine, Vec::new(), world, log, watch, stop).await;
        machine.report()
    })
}

/// Goes on with a run from where its journal ends; effects that ended are not repeated.
pub fn resume(
    program: Arc<Program>,
    journal: &mut Journal,
    world: &World,
    watch: &mut dyn Watch,
    stop: Stop,
) -> impl Future<Output = Result<Report, ReplayError>> + Send {
    world.time.clock.drive(async move {
        let (mut machine, open) = journal.replay(program)?;
        drive(&mut machine, open, world, journal, watch, stop).await;
        Ok(machine.report())
    })
}

/// The effects of a run that have begun and not been fed back.
struct Begun<'w> {
    world: &'w World,
    pending: FuturesUnordered<Pending<'static, (EffectId, Outcome)>>,
    ended: VecDeque<(EffectId, Outcome)>,
}

impl Begun<'_> {
    /// Begins effects. Many end at once, such as those of tables: they never see the scheduler.
    fn begin(&mut self, effects: Vec<Effect>) {
        let mut nobody = Context::from_waker(Waker::noop());
        for effect in effects {
            let mut performed = self.world.perform(effect);
            match performed.as_mut().poll(&mut nobody) {
                Poll::Ready(ended) => self.ended.push_back(ended),
                Poll::Pending => self.pending.push(performed),
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
    mut stop: Stop,
) {
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
