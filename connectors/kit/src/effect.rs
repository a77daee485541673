//! The one way to declare a card that reaches outside.

use std::any::Any;
use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Args, Card, EffectSpec, Example, Inputs, Outputs, Said, Slots, Words, Work};
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::effect::{Answer, Cursor, EffectId, Page, Performance};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value};

use crate::activity::Activity;
use crate::clock::Clock;
use crate::errand::{Errand, Run};
use crate::planned::Unperformed;
use crate::settled::{Began, QUIET, Settled};

/// A card that reaches outside through a connection.
pub trait Effect: Inputs + Send + 'static {
    /// Okta's category and name in snake case.
    const ID: &'static str;
    /// Okta's name where snake case doesn't lead back to it.
    const TITLE: Option<&'static str> = None;
    /// The export addresses it stands for.
    const EXPORTED_AS: &'static [&'static str] = &[];
    /// At least one; they are run as tests, over the simulators.
    const EXAMPLES: &'static [Example];
    /// What performing it does to the world.
    const DOES: Does;
    /// What is done about a performance that a crash cut off; a card that may not do again what it did must say it.
    const AFTER_CRASH: AfterCrash = AfterCrash::following(Self::DOES);
    /// What its vendor must have granted for it, such as OAuth 2.0 scopes; a connection asks for those of the cards that a
    /// flow reaches.
    const SCOPES: &'static [&'static str] = &[];
    /// How long one performance may take, waits for rate limits included.
    const TIMEOUT: Duration = Duration::from_secs(300);
    /// Whether it can yield its records page by page, when its input `result_set` says `stream`.
    const STREAMS: bool = false;
    /// Whether its helper flow gets, in Okta's exports, the record and the author's fields as one object.
    const STATE_IN_RECORD: bool = false;
    /// The connection it uses.
    type Connection: Connection;
    /// What it puts out.
    type Out: Outputs;

    /// Does the card's work.
    fn run(self, connection: &Self::Connection) -> impl Future<Output = Result<Self::Out>> + Send;

    /// Looks what became of a performance that a crash cut off, if the card says that it [looks](AfterCrash::Looks). It only
    /// reads: the client refuses whatever would change something. Whoever is not sure says so.
    fn settle(
        self,
        connection: &Self::Connection,
        began: Began,
    ) -> impl Future<Output = Result<Settled<Self::Out>>> + Send {
        let _ = (connection, began);
        async { Ok(Settled::unknown(format!("`{}` has no way to look", Self::ID))) }
    }

    /// Fetches one page of a stream.
    fn page(
        self,
        connection: &Self::Connection,
        cursor: Cursor,
    ) -> impl Future<Output = Result<Page>> + Send {
        let _ = (connection, cursor);
        async { Err(Fault::new(FaultKind::InvalidInput, "this card has no result set to stream")) }
    }
}

/// Something that cards of one connector share: a client and its credentials, a set of tables.
pub trait Connection: Any + Send + Sync {
    /// The connector's name in flow files: `okta`.
    const CONNECTOR: &'static str;
    /// Whether each run has one of its own, so that no flow names a connection.
    const OWN: bool = false;

    /// The same connection for a card that does an errand over it, where the connection needs to know for what it is used.
    fn on(&self, errand: Errand) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = errand;
        None
    }

    /// The clock by which its cards wait, where there is one.
    fn clock(&self) -> Option<&Clock> {
        None
    }
}

/// A connection whose type is known only to its cards.
pub type AnyConnection = Arc<dyn Any + Send + Sync>;

/// A future that the driver awaits.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The code of cards that reach outside.
pub trait Performs: Send + Sync {
    /// Performs a card over `connection`, which must be of its connector, as the errand says.
    fn perform(
        &self,
        performance: Performance,
        connection: AnyConnection,
        errand: Errand,
    ) -> Pending<'static, Result<Answer>>;

    /// Looks what became of a performance, over `connection`, which must be of the card's connector. Asked only of a card that
    /// is declared to look.
    fn settle(
        &self,
        performance: Performance,
        connection: AnyConnection,
        errand: Errand,
        began: Began,
    ) -> Pending<'static, Result<Settled<Answer>>> {
        let _ = (connection, errand, began);
        let why = format!("`{}` has no way to look", performance.card.id);
        Box::pin(async { Ok(Settled::unknown(why)) })
    }
}

/// A card that reaches outside, with the code that performs it.
#[derive(Clone)]
pub struct EffectCard {
    /// The declaration.
    pub card: Arc<Card>,
    code: Arc<dyn Performs>,
}

impl EffectCard {
    /// A card and its code.
    pub fn new(card: Card, code: Arc<dyn Performs>) -> EffectCard {
        EffectCard { card: Arc::new(card), code }
    }

    /// The declaration and the code of `C`.
    pub fn of<C: Effect>() -> EffectCard {
        let said = Said { id: C::ID, named: C::TITLE, exported_as: C::EXPORTED_AS, examples: C::EXAMPLES };
        let spec = EffectSpec {
            connector: Cow::Borrowed(<C::Connection as Connection>::CONNECTOR),
            own: <C::Connection as Connection>::OWN,
            timeout: C::TIMEOUT,
            does: C::DOES,
            after_crash: C::AFTER_CRASH,
            scopes: Words::Written(C::SCOPES),
            streams: C::STREAMS,
            state_in_record: C::STATE_IN_RECORD,
        };
        let card = Card::declared::<C, C::Out>(said, Work::Effect(spec));
        EffectCard::new(card, Arc::new(Coded::<C>(PhantomData)))
    }

    /// Performs the card over `connection`, which must be of its connector, as this effect of `run`; what the run does over the
    /// connection shows in `activity`, else in the connection's own.
    pub fn perform(
        &self,
        effect: Option<EffectId>,
        performance: Performance,
        connection: AnyConnection,
        run: Arc<Run>,
        activity: Option<Activity>,
    ) -> Pending<'static, Result<Answer>> {
        let does = self.card.does().with(&performance.args);
        let errand = Errand {
            effect,
            card: Some(self.card.clone()),
            cleans_up: performance.cleans_up,
            activity,
            ..Errand::new(run, does, Duration::from_millis(performance.timeout_ms))
        };
        if !errand.run.rehearsal {
            return self.code.perform(performance, connection, errand);
        }
        // A dry run goes on as if the card had done what it would have done.
        let (unperformed, planning) =
            (Unperformed::of(&self.card, &performance), errand.run.planning.clone());
        let performing = self.code.perform(performance, connection, errand);
        Box::pin(async move {
            match performing.await {
                Err(fault) if fault.kind == FaultKind::Rehearsal => Ok(unperformed.answer(&planning)),
                performed => performed,
            }
        })
    }

    /// Finds out what became of a performance that began at `began_ms` by the clock of its run, in milliseconds since 1970, and
    /// whose end nobody saw, as part of `run`. Nothing is changed by it. An error says why nobody could look.
    pub fn settle(
        &self,
        performance: Performance,
        connection: AnyConnection,
        run: Arc<Run>,
        activity: Option<Activity>,
        began_ms: i64,
    ) -> Pending<'static, Result<Settled<Answer>>> {
        let settled = match self.card.after_crash(&performance.args) {
            AfterCrash::Repeats => Settled::DidNot,
            AfterCrash::Asks(why) => Settled::unknown(&**why),
            AfterCrash::Looks(_) => {
                let limit = Duration::from_millis(performance.timeout_ms).saturating_add(QUIET);
                let cleans_up = performance.cleans_up;
                let errand = Errand { cleans_up, activity, ..Errand::new(run, Does::Reads, limit) };
                let looking = self.code.settle(performance, connection, errand, Began::at(began_ms));
                let id = self.card.id.clone();
                return Box::pin(async move { Ok(explained(&id, looking.await?)) });
            }
        };
        let settled = explained(&self.card.id, settled);
        Box::pin(async { Ok(settled) })
    }
}

/// The same; that nobody knows is told with the whole story.
fn explained(card: &str, settled: Settled<Answer>) -> Settled<Answer> {
    let Settled::Unknown(fault) = settled else { return settled };
    let message = format!(
        "a crash came between a request of `{card}` and its answer, and nobody knows whether it took effect: {}",
        fault.message
    );
    let help = "look what became of it, and settle the card: it happened, it did not, or let it fail";
    Settled::Unknown(Fault::uncertain(message).help(help))
}

/// Declares the modules of cards that reach outside and lists the cards: `effect_cards! { create_row::CreateRow }`.
#[macro_export]
macro_rules! effect_cards {
    ($($module:ident::$card:ident),+ $(,)?) => {
        $(mod $module;)+

        /// The cards that reach outside, in the order of the manual.
        pub fn effect_cards() -> Vec<$crate::effect::EffectCard> {
            vec![$($crate::effect::EffectCard::of::<$module::$card>()),+]
        }
    };
}

/// A card whose code is compiled in.
struct Coded<C>(PhantomData<fn() -> C>);

impl<C: Effect> Performs for Coded<C> {
    fn perform(
        &self,
        performance: Performance,
        connection: AnyConnection,
        errand: Errand,
    ) -> Pending<'static, Result<Answer>> {
        Box::pin(perform::<C>(performance, connection, errand))
    }

    fn settle(
        &self,
        performance: Performance,
        connection: AnyConnection,
        errand: Errand,
        began: Began,
    ) -> Pending<'static, Result<Settled<Answer>>> {
        Box::pin(settle::<C>(performance, connection, errand, began))
    }
}

async fn perform<C: Effect>(
    mut performance: Performance,
    connection: AnyConnection,
    errand: Errand,
) -> Result<Answer> {
    let connection = Over::<C>::new(&connection, errand.hiding(&performance.args))?;
    let card = C::read(&mut Args::new(&mut performance.args, &performance.names))?;
    if let Some(cursor) = performance.page {
        return card.page(connection.get(), cursor).await.map(Answer::Page);
    }
    let out = card.run(connection.get()).await?;
    Ok(answer::<C>(out, &performance.outputs))
}

async fn settle<C: Effect>(
    performance: Performance,
    connection: AnyConnection,
    errand: Errand,
    began: Began,
) -> Result<Settled<Answer>> {
    let connection = Over::<C>::new(&connection, errand.hiding(&performance.args))?;
    let look = async || {
        let card = C::read(&mut Args::new(&mut performance.args.clone(), &performance.names))?;
        let settled = card.settle(connection.get(), began).await?;
        Ok(settled.map(|out| answer::<C>(out, &performance.outputs)))
    };
    let settled = look().await?;
    match (&settled, connection.get().clock()) {
        // What is not there yet may be on its way.
        (Settled::DidNot, Some(clock)) => {
            clock.sleep(QUIET).await;
            look().await
        }
        _ => Ok(settled),
    }
}

/// A connection as a card on an errand uses it.
enum Over<'c, C: Effect> {
    Shared(&'c C::Connection),
    Own(C::Connection),
}

impl<'c, C: Effect> Over<'c, C> {
    fn new(connection: &'c AnyConnection, errand: Errand) -> Result<Over<'c, C>> {
        let connection = connection.downcast_ref::<C::Connection>().ok_or_else(|| {
            Fault::new(FaultKind::Connection, format!("{} got a connection of another connector", C::ID))
        })?;
        Ok(connection.on(errand).map_or(Over::Shared(connection), Over::Own))
    }

    fn get(&self) -> &C::Connection {
        match self {
            Over::Shared(connection) => connection,
            Over::Own(connection) => connection,
        }
    }
}

/// What a card puts out, in the places of `wanted`.
fn answer<C: Effect>(out: C::Out, wanted: &[Text]) -> Answer {
    let mut values = vec![Value::Null; wanted.len()];
    let declared = <C::Out as Outputs>::FIELDS.len().min(values.len());
    out.write(&mut Slots::new(&mut values, &wanted[declared..]));
    Answer::Outputs(values)
}
