//! Performing: what a run asks of the world, done. Everything that stands between a run and the world, be it a limit, a
//! mock, a recording or a count, wraps what performs and performs itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use flowrun_core::card::Work;
use flowrun_core::course::Place;
use flowrun_core::effect::{Act, Answer, Effect, EffectId, Outcome, Performance};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::{AnyConnection, Connection, EffectCard, Pending};
use flowrun_kit::errand::Run;
use flowrun_kit::settled::Settled;
use flowrun_kit::stop::Stop;
use flowrun_tables::Tables;
use futures_util::FutureExt;

use crate::driver::RunTime;

/// Does what effects ask for.
pub trait Perform: Send + Sync {
    /// Begins what is asked for.
    fn perform(&self, effect: Effect) -> Performing;

    /// What it wraps, if it does: whatever it does not say of itself is said there.
    fn behind(&self) -> Option<&dyn Perform> {
        None
    }

    /// Where an effect takes place.
    fn place(&self, effect: &Effect) -> Place {
        self.behind().map_or(Place::Outside, |behind| behind.place(effect))
    }

    /// The run's tables.
    fn tables(&self) -> Option<&Tables> {
        self.behind()?.tables()
    }

    /// Does an effect that takes place here, at this time in microseconds since 1970.
    fn perform_here(&self, effect: Effect, at_us: i64) -> Outcome {
        let id = effect.id;
        if let Some(tables) = self.tables() {
            tables.set_time(at_us);
        }
        match self.perform(effect) {
            Performing::Ended(outcome) => outcome,
            Performing::Open(_) => {
                Err(Fault::new(FaultKind::Internal, format!("{id} should have ended at once")))
            }
        }
    }

    /// Looks what became of an effect that may have happened before a crash, since `began_ms` milliseconds since 1970.
    fn look(&self, effect: Effect, began_ms: i64) -> Pending<'static, Settled<Answer>> {
        match self.behind() {
            Some(behind) => behind.look(effect, began_ms),
            None => Box::pin(async { Settled::unknown("nothing here can look") }),
        }
    }
}

/// What has begun.
pub enum Performing {
    /// It has ended already, as most do that reach only what lies in memory: no wrapper then needs a future.
    Ended(Outcome),
    /// It goes on.
    Open(Pending<'static, Outcome>),
}

impl Performing {
    /// Begins a future, which may end at once.
    fn begin(mut future: Pending<'static, Outcome>) -> Performing {
        // Whoever awaits it later polls it again, so that nobody needs to be woken now.
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Performing::Ended(outcome),
            Poll::Pending => Performing::Open(future),
        }
    }

    /// Waits for the end.
    pub async fn outcome(self) -> Outcome {
        match self {
            Performing::Ended(outcome) => outcome,
            Performing::Open(future) => future.await,
        }
    }
}

/// A connection that a run reaches.
#[derive(Clone)]
pub struct Reached {
    /// The connection, which other runs may use at the same time.
    pub connection: AnyConnection,
    /// What this run does over it.
    pub activity: Activity,
    /// Its connector and its name, if that is another.
    pub named: Option<(Arc<Connector>, String)>,
}

/// Performs cards over connections, and lets time pass.
pub struct Connections {
    time: RunTime,
    run: Arc<Run>,
    cards: Arc<[EffectCard]>,
    reached: BTreeMap<u32, Reached>,
    shared: BTreeMap<&'static str, AnyConnection>,
    tables: Option<Arc<Tables>>,
}

impl Connections {
    /// Performs these cards as part of `run`, over connections by their places in its program.
    pub fn new(
        time: RunTime,
        run: Run,
        cards: Arc<[EffectCard]>,
        reached: impl IntoIterator<Item = (u32, Reached)>,
    ) -> Connections {
        let reached = reached.into_iter().collect();
        Connections { time, run: Arc::new(run), cards, reached, shared: BTreeMap::new(), tables: None }
    }

    /// The same with what cards of `connector` use that name no connection, such as the tables.
    pub fn share(mut self, connector: &'static str, connection: AnyConnection) -> Connections {
        self.shared.insert(connector, connection);
        self
    }

    /// The same with the run's tables.
    pub fn share_tables(mut self, tables: Arc<Tables>) -> Connections {
        self.tables = Some(tables.clone());
        self.share(Tables::CONNECTOR, tables)
    }

    /// The run's tables, where it has any.
    pub fn shared_tables(&self) -> Option<Arc<Tables>> {
        self.tables.clone()
    }

    /// What tells the run to end.
    pub fn stop(&self) -> Stop {
        self.run.stop.clone()
    }

    fn connection(&self, performance: &Performance) -> Option<(AnyConnection, Option<Activity>)> {
        match (performance.connection, &performance.card.work) {
            (Some(index), _) => {
                let reached = self.reached.get(&index)?;
                Some((reached.connection.clone(), Some(reached.activity.clone())))
            }
            (None, Work::Effect(spec)) => Some((self.shared.get(&*spec.connector)?.clone(), None)),
            (None, _) => None,
        }
    }

    fn card(&self, id: EffectId, performance: Performance) -> Performing {
        let card = self.cards.iter().find(|card| card.card.id == performance.card.id);
        let (Some(card), Some((connection, activity))) = (card, self.connection(&performance)) else {
            let message = format!("nothing here can perform `{}`", performance.card.id);
            return Performing::Ended(Err(Fault::new(FaultKind::Connection, message)));
        };
        let named = performance.connection.and_then(|index| self.reached.get(&index)?.named.clone());
        let counted = activity.clone();
        let performing = card.perform(Some(id), performance, connection, self.run.clone(), activity);
        let performing = match counted {
            Some(activity) => self.counted(card.card.id.clone(), activity, performing),
            None => performing,
        };
        Performing::begin(match named {
            None => performing,
            Some((connector, name)) => Box::pin(async move {
                performing.await.map_err(|fault| fault.reworded(|text| connector.said_of(&name, text)))
            }),
        })
    }
}

impl Connections {
    /// The same, with whoever counts told how it ended.
    fn counted(
        &self,
        card: Cow<'static, str>,
        activity: Activity,
        performing: Pending<'static, Outcome>,
    ) -> Pending<'static, Outcome> {
        let time = self.time.clone();
        Box::pin(async move {
            let began_us = time.now_us();
            let outcome = performing.await;
            let took = u64::try_from(time.now_us() - began_us).unwrap_or(0);
            activity.count(|meter, connection| {
                meter.performed(&card, connection, outcome.is_ok(), Duration::from_micros(took));
                if outcome.as_ref().is_err_and(|fault| fault.lost) {
                    meter.unsettled(&card, "no_answer");
                }
            });
            outcome
        })
    }
}

impl Perform for Connections {
    fn perform(&self, effect: Effect) -> Performing {
        match effect.act {
            Act::Card(performance) => self.card(effect.id, performance),
            Act::WaitUntil(until_us) => {
                let (clock, us) = (self.time.clock().clone(), until_us.saturating_sub(self.time.now_us()));
                Performing::begin(Box::pin(async move {
                    clock.sleep(Duration::from_micros(u64::try_from(us).unwrap_or(0))).await;
                    Ok(Answer::Waited)
                }))
            }
            Act::Pause(_) => Performing::Open(Box::pin(std::future::pending())),
        }
    }

    fn place(&self, effect: &Effect) -> Place {
        match &effect.act {
            Act::Card(performance) if performance.card.is_of(Tables::CONNECTOR) => match &self.tables {
                Some(tables) if tables.is_kept(performance) => Place::Shared,
                _ => Place::Own,
            },
            _ => Place::Outside,
        }
    }

    fn tables(&self) -> Option<&Tables> {
        self.tables.as_deref()
    }

    fn look(&self, effect: Effect, began_ms: i64) -> Pending<'static, Settled<Answer>> {
        let Act::Card(performance) = effect.act else { return Box::pin(async { Settled::DidNot }) };
        let card = self.cards.iter().find(|card| card.card.id == performance.card.id);
        let (Some(card), Some((connection, activity))) = (card, self.connection(&performance)) else {
            return Box::pin(async { Settled::unknown("nothing here can look") });
        };
        let id = card.card.id.clone();
        let looking = card.settle(performance, connection, self.run.clone(), activity.clone(), began_ms);
        Box::pin(async move {
            let settled = looking
                .await
                .unwrap_or_else(|fault| Settled::unknown(format!("it can't be looked: {}", fault.message)));
            activity.iter().for_each(|activity| {
                activity.count(|meter, _| match settled {
                    Settled::Happened(_) => {}
                    Settled::DidNot => meter.repeated(&id, "crash"),
                    Settled::Unknown(_) => meter.unsettled(&id, "crash"),
                });
            });
            settled
        })
    }
}

/// Ends a card that panics as a fault: it is a mistake of flowrun's, and the flow must still be able to clean up.
pub struct Panics<P>(pub P);

impl<P: Perform> Perform for Panics<P> {
    fn perform(&self, effect: Effect) -> Performing {
        let Act::Card(performance) = &effect.act else { return self.0.perform(effect) };
        let card = performance.card.clone();
        // Nobody knows how far it came.
        let panicked = move || Fault::panicked(&card.id).lost(card.does().changes());
        match catch_unwind(AssertUnwindSafe(|| self.0.perform(effect))) {
            Ok(Performing::Open(future)) => Performing::Open(Box::pin(async move {
                AssertUnwindSafe(future).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
            })),
            Ok(ended) => ended,
            Err(_) => Performing::Ended(Err(panicked())),
        }
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}

/// Ends a card whose time is over and that does not end by itself, as those do that send requests: the last resort.
pub struct TimeLimit<P>(pub P, pub Clock);

/// How much longer a card has to say itself that its time is over, and what became of its request.
const GRACE: Duration = Duration::from_secs(5);

impl<P: Perform> Perform for TimeLimit<P> {
    fn perform(&self, effect: Effect) -> Performing {
        let Act::Card(performance) = &effect.act else { return self.0.perform(effect) };
        let (card, limit) = (performance.card.clone(), Duration::from_millis(performance.timeout_ms));
        let future = match self.0.perform(effect) {
            Performing::Open(future) => future,
            ended => return ended,
        };
        let clock = self.1.clone();
        Performing::Open(Box::pin(async move {
            tokio::select! {
                biased;
                outcome = future => outcome,
                () = clock.sleep(limit.saturating_add(GRACE)) => {
                    let message = format!("no answer within {} s", limit.as_secs_f64());
                    Err(Fault::timed_out(message).lost(card.does().changes()))
                }
            }
        }))
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}
