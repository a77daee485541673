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

    /// What is not settled yet never will be.
    pub(crate) fn give_up(&self, error: StoreError) {
        let mut state = self.state();
        if state.broken.is_none() {
            let from = Ticket(self.up_to.load(Ordering::Acquire) + 1);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;
    use crate::error::Trouble;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Woken>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn those_who_wait_are_woken_once_when_their_ticket_is_settled() {
        let settled = Arc::new(Settled::default());
        let woken: Vec<Arc<Woken>> = (0..4).map(|_| Arc::default()).collect();
        let wakers: Vec<Waker> = woken.iter().map(|woken| Waker::from(woken.clone())).collect();
        let mut waiting: Vec<Durable> = [1, 2, 3, 3].map(|ticket| settled.durable(Ticket(ticket))).into();
        let mut poll =
            |place: usize| Pin::new(&mut waiting[place]).poll(&mut Context::from_waker(&wakers[place]));
        (0..4).for_each(|place| assert!(poll(place).is_pending() && poll(place).is_pending()));
        let counts = || woken.iter().map(|woken| woken.0.load(Ordering::SeqCst)).collect::<Vec<_>>();
        let refused = StoreError::new(Trouble::Refused, "it does not fit");
        settled.settle(Ticket(2), vec![(Ticket(1), refused.clone())]);
        assert_eq!(counts(), [1, 1, 0, 0]);
        assert_eq!((poll(0), poll(1)), (Poll::Ready(Err(refused)), Poll::Ready(Ok(()))));
        assert!(poll(2).is_pending());
        drop(waiting.pop());
        let full = StoreError::new(Trouble::Full, "the disk is full");
        settled.give_up(full.clone());
        assert_eq!(counts(), [1, 1, 1, 0], "who no longer waits is not woken");
        assert_eq!(settled.durable(Ticket(2)).wait(), Ok(()), "what was durable stays so");
        assert_eq!(settled.durable(Ticket(3)).wait(), Err(full.clone()));
        assert_eq!(settled.durable(Ticket(9)).now(), Some(Err(full)));
        assert!(settled.state().waiting.is_empty());
    }

    #[test]
    fn threads_without_a_runtime_wait_too() {
        let settled = Arc::new(Settled::default());
        let threads: Vec<_> = (1..=8)
            .map(|ticket| {
                let durable = settled.durable(Ticket(ticket));
                std::thread::spawn(move || durable.wait())
            })
            .collect();
        (1..=8).for_each(|ticket| settled.settle(Ticket(ticket), Vec::new()));
        assert!(threads.into_iter().all(|thread| thread.join().unwrap().is_ok()));
    }
}
