//! What requests are sent for: for which run, by which card, until when. A connection is shared by all runs; this is not.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flowrun_core::card::Card;
use flowrun_core::does::Does;
use flowrun_core::effect::EffectId;
use flowrun_core::memory::Memory;
use flowrun_core::source::Sources;
use flowrun_core::value::{Secret, Value};

use crate::activity::Activity;
use crate::audit::Ledger;
use crate::files::Files;
use crate::planned::Planning;
use crate::stop::Stop;

/// What all that a run does outside has in common.
#[derive(Clone, Default)]
pub struct Run {
    /// Where requests that change something are recorded.
    pub audit: Option<Arc<dyn Ledger>>,
    /// Whether requests that would change something are withheld.
    pub rehearsal: bool,
    /// What was withheld so far.
    pub planning: Arc<Planning>,
    /// The run's files.
    pub files: Files,
    /// The project's own, as they were read when the run began.
    pub sources: Arc<Sources>,
    /// How much memory answers may take.
    pub memory: Memory,
    /// Tells the run to end.
    pub stop: Stop,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("rehearsal", &self.rehearsal).finish_non_exhaustive()
    }
}

/// What one performance of a card sends its requests for.
#[derive(Debug)]
pub struct Errand {
    /// The run that the card is part of.
    pub run: Arc<Run>,
    /// Which effect of the run it is.
    pub effect: Option<EffectId>,
    /// The card, where one is performed.
    pub card: Option<Arc<Card>>,
    /// The most that the card does, with the inputs that it was given.
    pub does: Does,
    /// How long the performance may take.
    pub limit: Duration,
    /// Whether the card cleans up, which a stop does not hinder.
    pub cleans_up: bool,
    /// Shows and counts what the run does over the connection; where there is none, the connection's own.
    pub activity: Option<Activity>,
    /// The secrets among the card's inputs.
    pub(crate) secrets: Vec<Secret>,
    /// Whether something may have been changed by now: what has begun is brought to its end.
    pub(crate) begun: AtomicBool,
}

impl Errand {
    /// The errand of a card that does at most `does` within `limit`.
    pub fn new(run: Arc<Run>, does: Does, limit: Duration) -> Errand {
        Errand {
            run,
            effect: None,
            card: None,
            does,
            limit,
            cleans_up: false,
            activity: None,
            secrets: Vec::new(),
            begun: AtomicBool::new(false),
        }
    }

    /// Lets whoever counts hear that something of the card is done again.
    pub(crate) fn repeats(&self, activity: &Activity, reason: &'static str) {
        if let Some(card) = &self.card {
            activity.count(|meter, _| meter.repeated(&card.id, reason));
        }
    }

    /// Looking, for as long as it takes and on nobody's behalf: all that a connection without an errand may do.
    pub fn looking() -> Errand {
        Errand::new(Arc::default(), Does::Reads, Duration::MAX)
    }

    /// The same, which keeps the secrets among these inputs out of what comes back.
    pub(crate) fn hiding(mut self, inputs: &[Value]) -> Errand {
        inputs.iter().for_each(|value| collect(value, &mut self.secrets));
        self
    }

    /// How much memory its answers may take: what cleans up is not held to it.
    pub(crate) fn memory(&self) -> Memory {
        if self.cleans_up { Memory::default() } else { self.run.memory }
    }

    /// Notes that something may have been changed.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether a stop ends it here: nothing has been changed, and nothing needs to be cleaned up.
    fn may_end(&self) -> bool {
        !self.cleans_up && !self.begun.load(Ordering::Relaxed)
    }

    /// Whether it was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.may_end() && self.run.stop.is_given()
    }

    /// Ends when it is stopped.
    pub(crate) async fn stopped(&self) {
        if self.may_end() {
            self.run.stop.clone().given().await;
        } else {
            std::future::pending::<()>().await;
        }
    }
}

fn collect(value: &Value, secrets: &mut Vec<Secret>) {
    match value {
        Value::Secret(secret) => secrets.push(secret.clone()),
        Value::List(items) => items.iter().for_each(|item| collect(item, secrets)),
        Value::Object(members) => members.values().for_each(|member| collect(member, secrets)),
        _ => {}
    }
}
