//! What waits for the writer, bounded by its bytes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::desk::Desk;
use crate::batch::Batch;
use crate::error::Result;
use crate::ticket::Ticket;

/// How many bytes may wait before those who hand in have to.
const BOUND: usize = 64 << 20;

/// One thing for the writer to do.
pub(super) enum Work {
    /// A batch of a run.
    Batch(Batch),
    /// Something else, in its turn.
    Call(Call),
}

/// What is done at the writer's desk.
pub(super) type Call = Box<dyn FnOnce(&mut Desk) -> Result<()> + Send>;

impl Work {
    fn size(&self) -> usize {
        match self {
            Work::Batch(batch) => batch.size(),
            Work::Call(_) => 256,
        }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is work.
    work: Condvar,
    /// There is room.
    room: Condvar,
}

#[derive(Default)]
struct State {
    works: VecDeque<Work>,
    bytes: usize,
    newest: Ticket,
    closed: bool,
}

/// What the writer finds.
pub(super) enum Found {
    /// Work, and the ticket of its first part.
    Work(Ticket, Vec<Work>),
    /// Nothing for a while.
    Idle,
    /// Nothing, and nothing more will come.
    Closed,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands in work; blocks only where the bound is reached. What is handed in after the end is dropped: its ticket fails.
    pub(super) fn push(&self, work: Work) -> Ticket {
        let mut state = self.state();
        while state.bytes > BOUND && !state.closed {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.newest.0 += 1;
        let ticket = state.newest;
        if !state.closed {
            state.bytes += work.size();
            state.works.push_back(work);
            if state.works.len() == 1 {
                drop(state);
                self.work.notify_one();
            }
        }
        ticket
    }

    pub(super) fn newest(&self) -> Ticket {
        self.state().newest
    }

    /// The newest ticket, if half of the bound is reached.
    pub(super) fn pressed(&self) -> Option<Ticket> {
        let state = self.state();
        (state.bytes > BOUND / 2 && !state.closed).then_some(state.newest)
    }

    /// Takes the work that waits, at most so much of it; waits for some, but tells after `idle` that there is none.
    pub(super) fn take(&self, most: usize, idle: Option<Duration>) -> Found {
        let mut state = self.state();
        while state.works.is_empty() {
            if state.closed {
                return Found::Closed;
            }
            match idle {
                None => state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(idle) => {
                    let (after, waited) =
                        self.work.wait_timeout(state, idle).unwrap_or_else(PoisonError::into_inner);
                    state = after;
                    if waited.timed_out() && state.works.is_empty() && !state.closed {
                        return Found::Idle;
                    }
                }
            }
        }
        let first = Ticket(state.newest.0 + 1 - state.works.len() as u64);
        let most = most.min(state.works.len());
        let works: Vec<Work> = state.works.drain(..most).collect();
        state.bytes -= works.iter().map(Work::size).sum::<usize>();
        drop(state);
        self.room.notify_all();
        Found::Work(first, works)
    }

    /// Nothing more is taken in; what waits is still worked off.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// Nothing more is taken in, and what waits is dropped.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.works.clear();
        state.bytes = 0;
        drop(state);
        self.room.notify_all();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Queue").field("waiting", &state.works.len()).field("newest", &state.newest).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Entry, RunId};

    fn work(bytes: usize) -> Work {
        let entry = Entry { seq: 1, kind: 0, at_us: 0, body: vec![0; bytes] };
        Work::Batch(Batch::of(&RunId::from("r")).entry(entry))
    }

    #[test]
    fn it_tells_when_it_is_pressed_and_gives_work_in_its_order() {
        let queue = Queue::default();
        assert_eq!((queue.push(work(BOUND / 2)), queue.pressed()), (Ticket(1), Some(Ticket(1))));
        for ticket in 2..=5 {
            assert_eq!(queue.push(work(10)), Ticket(ticket));
        }
        let take = |most| match queue.take(most, None) {
            Found::Work(first, works) => (first, works.len()),
            Found::Idle | Found::Closed => panic!("there is work"),
        };
        assert_eq!(take(2), (Ticket(1), 2));
        assert_eq!(queue.pressed(), None);
        queue.close();
        assert_eq!(take(9), (Ticket(3), 3), "what was handed in before the end is still done");
        assert!(matches!(queue.take(9, None), Found::Closed));
        assert_eq!(queue.push(work(10)), Ticket(6));
        assert!(matches!(queue.take(9, None), Found::Closed), "what is handed in after the end is dropped");
    }

    #[test]
    fn beyond_its_bound_who_hands_in_waits_until_there_is_room() {
        let queue = std::sync::Arc::new(Queue::default());
        queue.push(work(BOUND));
        let other = queue.clone();
        let blocked = std::thread::spawn(move || other.push(work(1)));
        // Whether the other thread is there already or not: it gets in only behind what is taken here.
        assert!(matches!(queue.take(1, None), Found::Work(Ticket(1), works) if works.len() == 1));
        assert_eq!(blocked.join().unwrap(), Ticket(2));
        queue.push(work(BOUND));
        let other = queue.clone();
        let blocked = std::thread::spawn(move || other.push(work(1)));
        queue.abandon();
        assert_eq!(blocked.join().unwrap(), Ticket(4), "nobody is left waiting for a queue that ends");
    }
}
