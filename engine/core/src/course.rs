//! The course of a run: the machine, what it does with what is its own, and what it has asked of the world. A run that goes on and
//! one that is replayed are the same course, fed by the world or by a journal.

mod saved;

use std::collections::{BTreeMap, VecDeque};

use crate::effect::{Act, Effect, EffectId, Outcome};
use crate::fault::Fault;
use crate::journal::{Asked, Diverged, Entry, Event, Names, Recorded, ReplayError, Settlement};
use crate::machine::{Machine, Turn};

/// Does what a run asks of what is its own and seen by nobody else, such as tables that begin empty: the same is done again when
/// the run is replayed.
pub trait Own {
    /// Whether this is done here at all, and whether others see it, so that how it ended stands in the journal.
    fn place(&self, effect: &Effect) -> Place;

    /// Does it, at this time in microseconds since 1970.
    fn perform(&mut self, effect: Effect, at_us: i64) -> Outcome;
}

/// Where an effect takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In what is the run's own.
    Own,
    /// In what runs share in this process: done at once, and journaled.
    Shared,
    /// Anywhere else.
    Outside,
}

/// Everything is outside.
impl Own for () {
    fn place(&self, _: &Effect) -> Place {
        Place::Outside
    }

    fn perform(&mut self, effect: Effect, _: i64) -> Outcome {
        Err(Fault::new(crate::fault::FaultKind::Internal, format!("nothing here does {}", effect.id)))
    }
}

/// A run in its course.
pub struct Course {
    /// The run.
    pub machine: Machine,
    /// What is to be done here, in the order in which it was asked for.
    own: VecDeque<(Effect, Place)>,
    open: BTreeMap<EffectId, Open>,
    /// What may have happened before a crash and has no end.
    begun: BTreeMap<EffectId, i64>,
    /// How many turns it took since the last entry.
    after: u32,
    entries: usize,
    /// Whether the last turn left nothing to do for the machine.
    blocked: bool,
}

/// An effect that was asked of the world and has no end yet.
#[derive(Debug)]
pub struct Open {
    /// What was asked for; in a run without a journal until somebody does it.
    pub effect: Option<Effect>,
    /// Whether somebody does it.
    taken: bool,
    /// Whether it is needed after that too: for a checkpoint.
    stays: bool,
    /// The names of its fields.
    pub names: Names,
    /// Its fingerprint; 0 where no journal needs it.
    pub print: u64,
}

/// What came of a turn.
pub enum Turned {
    /// The machine has more to do by itself.
    Busy,
    /// It waits for what comes from outside, or for what is done here.
    Blocked,
    /// The run has ended.
    Done,
}

impl Course {
    /// A run that has just been made.
    pub fn new(machine: Machine) -> Course {
        let (own, open, begun) = (VecDeque::new(), BTreeMap::new(), BTreeMap::new());
        Course { machine, own, open, begun, after: 0, entries: 0, blocked: false }
    }

    /// Lets the machine turn; `asked` hears of each effect for the world, with its fingerprint if `prints` are wanted.
    pub fn turn(&mut self, own: &dyn Own, prints: bool, asked: &mut dyn FnMut(EffectId)) -> Turned {
        self.after += 1;
        let (effects, turned) = match self.machine.turn() {
            Turn::Done => return Turned::Done,
            Turn::Busy(effects) => (effects, Turned::Busy),
            Turn::Blocked(effects) => (effects, Turned::Blocked),
        };
        self.blocked = matches!(turned, Turned::Blocked);
        for effect in effects {
            let id = effect.id;
            match own.place(&effect) {
                Place::Outside => {
                    let print = if prints { effect.print() } else { 0 };
                    let names = Names::of(&effect);
                    self.open
                        .insert(id, Open { effect: Some(effect), taken: false, stays: prints, names, print });
                    asked(id);
                }
                place => self.own.push_back((effect, place)),
            }
        }
        turned
    }

    /// Whether the machine waits for something that is to be done here.
    pub fn has_own(&self) -> bool {
        self.blocked && !self.own.is_empty()
    }

    /// The next effect that is to be done here, if the machine waits for one.
    pub fn next_own(&mut self) -> Option<(Effect, Place)> {
        if self.blocked { self.own.pop_front() } else { None }
    }

    /// Ends an effect that was done in what is the run's own: time stands still meanwhile.
    pub fn complete_own(&mut self, id: EffectId, outcome: Outcome) {
        self.machine.complete(id, outcome, self.machine.now_us());
    }

    /// The entry of what comes now.
    pub fn entry(&self, at_us: i64, event: Event) -> Entry {
        Entry { after: self.after, at_us, event }
    }

    /// Notes that the first request of an effect that may not be repeated is about to be sent, as an entry of the journal says. It
    /// moves no machine; a checkpoint holds it.
    pub fn began(&mut self, id: EffectId, at_us: i64) {
        // Whoever tells it twice tells of one entry.
        if self.begun.insert(id, at_us).is_none() {
            self.entries += 1;
        }
    }

    /// Notes that an effect which may have happened did not.
    pub fn did_not_happen(&mut self, id: EffectId) {
        self.begun.remove(&id);
    }

    /// What the world has been asked for and nobody does yet.
    pub fn asked(&self, id: EffectId) -> Option<Effect> {
        let open = self.open.get(&id)?;
        if open.taken { None } else { open.effect.clone() }
    }

    /// The fingerprint of what the world has been asked for.
    pub fn print(&self, id: EffectId) -> Option<u64> {
        Some(self.open.get(&id)?.print)
    }

    /// Until when an effect waits for somebody's answer, in microseconds since 1970; none if it is no pause.
    pub fn paused_until(&self, id: EffectId) -> Option<i64> {
        match self.open.get(&id)?.effect.as_ref()?.act {
            Act::Pause(ref pause) => Some(pause.until_us),
            Act::Card(_) | Act::WaitUntil(_) => None,
        }
    }

    /// Takes what the world has been asked for, to do it.
    pub fn take(&mut self, id: EffectId) -> Option<Effect> {
        let open = self.open.get_mut(&id)?;
        if std::mem::replace(&mut open.taken, true) {
            return None;
        }
        if open.stays { open.effect.clone() } else { open.effect.take() }
    }

    /// The effects that were asked of the world and have no end, as long as the machine awaits them.
    pub fn open(&self) -> impl Iterator<Item = (EffectId, &Open)> {
        self.open.iter().map(|(id, open)| (*id, open)).filter(|(id, _)| self.machine.awaits(*id))
    }

    /// When a request of the effect may have been sent, which may not be repeated, in microseconds since 1970.
    pub fn may_have_happened(&self, id: EffectId) -> Option<i64> {
        self.begun.get(&id).copied()
    }

    /// Ends an effect of the world: gives its names and its fingerprint. None if the machine does not await it any more.
    pub fn end(&mut self, id: EffectId) -> Option<Open> {
        let open = self.open.remove(&id);
        self.begun.remove(&id);
        open.filter(|_| self.machine.awaits(id))
    }

    /// Moves the machine by what came from outside; to be called when it is in the journal.
    pub fn complete(&mut self, id: EffectId, outcome: Outcome, at_us: i64) {
        self.began_anew();
        self.machine.complete(id, outcome, at_us);
    }

    /// Notes in the machine what time it is.
    pub fn pass(&mut self, at_us: i64) {
        self.began_anew();
        self.machine.pass(at_us);
    }

    /// Cancels the run.
    pub fn cancel(&mut self, at_us: i64) {
        self.began_anew();
        self.machine.cancel(at_us);
    }

    fn began_anew(&mut self) {
        self.after = 0;
        self.entries += 1;
    }

    /// How many turns it took since the last entry.
    pub fn turns(&self) -> u32 {
        self.after
    }

    /// How many entries it has been moved by.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Does what the journal says.
    pub fn apply(&mut self, entry: &Entry, own: &mut dyn Own) -> Result<(), ReplayError> {
        match &entry.event {
            Event::Began(asked) => {
                self.began(asked.id, entry.at_us);
                return Ok(());
            }
            Event::Settled(asked, settlement) => {
                self.entries += 1;
                if *settlement == Settlement::DidNot {
                    self.did_not_happen(asked.id);
                }
                return Ok(());
            }
            _ => {}
        }
        self.advance(entry.after, own);
        match &entry.event {
            Event::Completed(asked, recorded) | Event::Signal(asked, recorded) => {
                let outcome = self.ended(asked, recorded)?;
                self.complete(asked.id, outcome, entry.at_us);
            }
            Event::Passed => self.pass(entry.at_us),
            Event::Cancelled => self.cancel(entry.at_us),
            Event::Began(_) | Event::Settled(..) => {}
        }
        Ok(())
    }

    /// Goes on as far as it goes without the world.
    pub fn catch_up(&mut self, own: &mut dyn Own) {
        while self.after == 0 || !self.blocked || self.do_own(own) {
            if matches!(self.turn(own, true, &mut |_| ()), Turned::Done) {
                return;
            }
        }
    }

    /// Takes the turns up to an entry, with what the run did on its own between them.
    pub fn advance(&mut self, turns: u32, own: &mut dyn Own) {
        while self.after < turns {
            if self.after > 0 {
                self.do_own(own);
            }
            if matches!(self.turn(own, true, &mut |_| ()), Turned::Done) {
                return;
            }
        }
    }

    /// Does one thing that is to be done here and has no entry.
    fn do_own(&mut self, own: &mut dyn Own) -> bool {
        let Some((effect, Place::Own)) = self.own.front().filter(|_| self.blocked) else { return false };
        let id = effect.id;
        let Some((effect, _)) = self.own.pop_front() else { return false };
        let outcome = own.perform(effect, self.machine.now_us());
        self.complete_own(id, outcome);
        true
    }

    /// How the effect of an entry ended, if it is one that was asked for here too.
    fn ended(&mut self, then: &Asked, recorded: &Recorded) -> Result<Outcome, ReplayError> {
        let diverged = |now: Option<Effect>, course: &Course| {
            let open = course.open.values().filter_map(|open| open.effect.clone()).collect();
            Err(ReplayError::Diverged(Box::new(Diverged { entry: course.entries, then: *then, now, open })))
        };
        let shared = self.own.iter().position(|(effect, _)| effect.id == then.id);
        let (names, print, effect) = match (shared, self.open.remove(&then.id)) {
            (Some(place), _) => {
                let Some((effect, _)) = self.own.remove(place) else { return diverged(None, self) };
                (Names::of(&effect), effect.print(), Some(effect))
            }
            (None, Some(open)) => (open.names, open.print, open.effect),
            (None, None) => return diverged(None, self),
        };
        if print != then.print {
            return diverged(effect, self);
        }
        self.begun.remove(&then.id);
        Ok(recorded.outcome(&names))
    }
}
