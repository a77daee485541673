//! Tickets: what was handed in, in its order, and whether it is on the disk.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Result, StoreError};

/// What one batch got: when it is settled, so are all with a smaller number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Which tickets are settled; those who wait are told.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// All up to this one are settled: read without the lock.
    up_to: AtomicU64,
    /// Whether any was settled badly.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<(Ticket, u64), Waker>,
    waiters: u64,
    /// How many threads wait without a runtime.
    blocked: usize,
    refused: BTreeMap<Ticket, StoreError>,
    /// From this ticket on nothing is on the disk.
    broken: Option<(Ticket, StoreError)>,
}

/// How many refusals are remembered for those who ask later.
const REFUSALS: usize = 10_000;

impl Settled {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All tickets up to this one are on the disk, but for the refused ones.
    pub(crate) fn settle(&self, up_to: Ticket, refused: Vec<(Ticket, StoreError)>) {
        let mut state = self.state();
        state.refused.extend(refused);
        while state.refused.len() > REFUSALS {
            state.refused.pop_first();
        }
        self.up_to.store(up_to.0, Ordering::Release);
        let later = state.waiting.split_off(&(Ticket(up_to.0 + 1), 0));
        let woken = std::mem::replace(&mut state.waiting, later);
        self.tell(state, woken);
    }

    /// From this ticket on, nothing reaches the disk any more.
    pub(crate) fn give_up(&self, from: Ticket, error: StoreError) {
        let mut state = self.state();
        if state.broken.is_none() {
            state.broken = Some((from, error));
        }
        let woken = std::mem::take(&mut state.waiting);
        self.tell(state, woken);
    }

    fn tell(&self, state: MutexGuard<'_, State>, woken: BTreeMap<(Ticket, u64), Waker>) {
        let blocked = state.blocked;
        drop(state);
        if blocked > 0 {
            self.changed.notify_all();
        }
        woken.into_values().for_each(Waker::wake);
    }

    /// Why nothing can be written any more, if so.
    pub(crate) fn broken(&self) -> Option<StoreError> {
        self.state().broken.as_ref().map(|(_, error)| error.clone())
    }

    pub(crate) fn durable(self: &Arc<Settled>, ticket: Ticket) -> Durable {
        Durable { settled: self.clone(), ticket, waiter: None }
    }

    /// How it went with a ticket, if that is known.
    fn outcome(&self, state: &State, ticket: Ticket) -> Option<Result<()>> {
        if let Some((from, error)) = &state.broken
            && ticket >= *from
        {
            return Some(Err(error.clone()));
        }
        if self.up_to.load(Ordering::Acquire) < ticket.0 {
            return None;
        }
        Some(state.refused.get(&ticket).cloned().map_or(Ok(()), Err))
    }
}

/// Ends when a ticket is settled: with `Ok` it is on the disk.
///
/// It is a future for any runtime, and `wait` is for threads that have none.
#[derive(Debug)]
#[must_use = "nothing waits until this is awaited"]
pub struct Durable {
    settled: Arc<Settled>,
    ticket: Ticket,
    waiter: Option<u64>,
}

impl Durable {
    /// Blocks the thread until it is known.
    pub fn wait(self) -> Result<()> {
        let mut state = self.settled.state();
        state.blocked += 1;
        loop {
            if let Some(outcome) = self.settled.outcome(&state, self.ticket) {
                state.blocked -= 1;
                drop(state);
                return outcome;
            }
            state = self.settled.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How it went, if that is known already.
    pub fn now(&self) -> Option<Result<()>> {
        self.settled.outcome(&self.settled.state(), self.ticket)
    }
}

impl Future for Durable {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let settled = self.settled.clone();
        let mut state = settled.state();
        if let Some(outcome) = settled.outcome(&state, self.ticket) {
            return Poll::Ready(outcome);
        }
        let waiter = *self.waiter.get_or_insert_with(|| {
            state.waiters += 1;
            state.waiters
        });
        match state.waiting.get_mut(&(self.ticket, waiter)) {
            Some(waker) => waker.clone_from(cx.waker()),
            None => {
                state.waiting.insert((self.ticket, waiter), cx.waker().clone());
            }
        }
        Poll::Pending
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.settled.state().waiting.remove(&(self.ticket, waiter));
        }
    }
}
