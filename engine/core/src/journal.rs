//! What came from outside during a run: enough to replay it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::effect::{Effect, EffectId, Outcome};
use crate::fault::Fault;
use crate::machine::{Machine, Start, Turn};
use crate::program::Program;

/// One entry of a journal.
#[derive(Clone, Debug)]
pub enum Event {
    /// An effect ended.
    Completed {
        /// Which.
        id: EffectId,
        /// How.
        outcome: Outcome,
        /// When, in microseconds since 1970.
        at_us: i64,
    },
    /// The run was cancelled.
    Cancelled {
        /// When, in microseconds since 1970.
        at_us: i64,
    },
}

/// The journal of one run: which program, how it started, what came from outside.
#[derive(Clone, Debug)]
pub struct Journal {
    /// The hash of what ran: `Program::hash` of the entry.
    pub program: u64,
    /// How the run started.
    pub start: Start,
    /// What came from outside, in its order.
    pub events: Vec<Event>,
}

/// Why a journal can't be replayed.
#[derive(Debug)]
pub enum ReplayError {
    /// The program is not the one that ran.
    OtherProgram,
    /// The start was refused.
    Start(Fault),
    /// The journal completes an effect that the program never asked for.
    Unasked(EffectId),
}

impl std::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReplayError::OtherProgram => f.write_str("the flows have changed since the run was journaled"),
            ReplayError::Start(fault) => write!(f, "{fault}"),
            ReplayError::Unasked(id) => {
                write!(f, "the journal has an entry {id} that the run never asked for")
            }
        }
    }
}

impl std::error::Error for ReplayError {}

impl Journal {
    /// Brings a machine to where the journal ends; also gives the effects that were asked for and have not ended.
    pub fn replay(&self, program: Arc<Program>) -> Result<(Machine, Vec<Effect>), ReplayError> {
        let entry = self.start.entry;
        if program.flows.get(entry.0 as usize).is_none() || program.hash(entry) != self.program {
            return Err(ReplayError::OtherProgram);
        }
        let mut machine = Machine::new(program, self.start.clone()).map_err(ReplayError::Start)?;
        let mut asked: BTreeMap<EffectId, Effect> = BTreeMap::new();
        settle(&mut machine, &mut asked);
        for event in &self.events {
            match event {
                Event::Completed { id, outcome, at_us } => {
                    asked.remove(id).ok_or(ReplayError::Unasked(*id))?;
                    machine.complete(*id, outcome.clone(), *at_us);
                }
                Event::Cancelled { at_us } => machine.cancel(*at_us),
            }
            settle(&mut machine, &mut asked);
        }
        // A cancellation gives up waits: what the machine no longer awaits need not be done.
        let open = asked.into_values().filter(|effect| machine.awaits(effect.id)).collect();
        Ok((machine, open))
    }
}

/// Turns until the machine is blocked or done.
fn settle(machine: &mut Machine, asked: &mut BTreeMap<EffectId, Effect>) {
    loop {
        match machine.turn() {
            Turn::Busy(effects) => asked.extend(effects.into_iter().map(|effect| (effect.id, effect))),
            Turn::Blocked(effects) => {
                asked.extend(effects.into_iter().map(|effect| (effect.id, effect)));
                return;
            }
            Turn::Done => return,
        }
    }
}
