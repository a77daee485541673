//! Simulated time: it jumps to the next sleeper as soon as nothing that goes by it can go on.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::coop::has_budget_remaining;

/// A time that nothing outside has a part in; clones are the same one.
///
/// What goes by it is a [`Member`]. As long as one of them can go on, or a [`Hold`] lives, the time stands.
#[derive(Clone, Default)]
pub struct Timeline(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now_ms: i64,
    /// In the order in which they wake: at the same time, who slept first.
    sleepers: BTreeMap<(i64, u64), Waker>,
    slept: u64,
    holds: usize,
}

impl Timeline {
    /// Milliseconds since it began.
    pub fn now_ms(&self) -> i64 {
        lock(&self.0).now_ms
    }

    /// Ends when it is so many milliseconds since the timeline began.
    pub fn sleep_until(&self, at_ms: i64) -> Sleep {
        Sleep { timeline: self.clone(), at_ms, number: None }
    }

    /// Lets the time stand until the hold is dropped.
    pub fn hold(&self) -> Hold {
        lock(&self.0).holds += 1;
        Hold(self.clone())
    }

    /// Makes `work` go by this time, from now on until it ends or is dropped.
    pub fn join<F: Future>(&self, work: F) -> Member<F> {
        let state =
            Pulse { hold: Some(self.hold()), woken: false, over: false, parent: Waker::noop().clone() };
        Member {
            work: Box::pin(work),
            heart: Arc::new(Heart { timeline: self.clone(), pulse: Mutex::new(state) }),
        }
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("now_ms", &self.now_ms()).finish_non_exhaustive()
    }
}

/// Keeps the time from going on: something happens that takes none, or that the timeline can't see.
#[derive(Debug)]
pub struct Hold(Timeline);

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.holds -= 1;
        // Once more for those who had been dropped, or were woken in vain.
        while state.holds == 0
            && let Some((&(next_ms, _), _)) = state.sleepers.first_key_value()
        {
            state.now_ms = next_ms.max(state.now_ms);
            let later = state.sleepers.split_off(&(next_ms + 1, 0));
            let due = mem::replace(&mut state.sleepers, later);
            // Nobody else may let the time go on before all of them are awake.
            state.holds += 1;
            drop(state);
            due.into_values().for_each(Waker::wake);
            state = lock(&self.0.0);
            state.holds -= 1;
        }
    }
}

/// Waits for a time.
#[derive(Debug)]
pub struct Sleep {
    timeline: Timeline,
    at_ms: i64,
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let timeline = self.timeline.clone();
        let mut state = lock(&timeline.0);
        if state.now_ms >= self.at_ms {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            state.slept += 1;
            state.slept
        });
        state.sleepers.insert((self.at_ms, number), cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            lock(&self.timeline.0).sleepers.remove(&(self.at_ms, number));
        }
    }
}

/// Work that goes by a timeline.
pub struct Member<F> {
    work: Pin<Box<F>>,
    heart: Arc<Heart>,
}

/// Hears of all that lets the work go on.
struct Heart {
    timeline: Timeline,
    pulse: Mutex<Pulse>,
}

struct Pulse {
    /// There as long as the work can go on.
    hold: Option<Hold>,
    woken: bool,
    over: bool,
    parent: Waker,
}

impl Wake for Heart {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut pulse = lock(&self.pulse);
        if pulse.over {
            return;
        }
        pulse.woken = true;
        if pulse.hold.is_none() {
            pulse.hold = Some(self.timeline.hold());
        }
        let parent = pulse.parent.clone();
        drop(pulse);
        parent.wake();
    }
}

impl Heart {
    /// The work waits, unless it was woken meanwhile. What this returns must be dropped without a lock: that lets time go on.
    fn rest(&self) -> Option<Hold> {
        let mut pulse = lock(&self.pulse);
        if pulse.woken { None } else { pulse.hold.take() }
    }

    fn end(&self) -> Option<Hold> {
        let mut pulse = lock(&self.pulse);
        pulse.over = true;
        pulse.hold.take()
    }
}

impl<F: Future> Future for Member<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut pulse = lock(&self.heart.pulse);
        pulse.woken = false;
        pulse.parent.clone_from(cx.waker());
        if pulse.hold.is_none() {
            pulse.hold = Some(self.heart.timeline.hold());
        }
        drop(pulse);
        let waker = Waker::from(self.heart.clone());
        let polled = self.work.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            drop(self.heart.end());
        } else if has_budget_remaining() {
            drop(self.heart.rest());
        } else {
            // tokio made it wait so that others have their turn, and wakes it later: this is not rest.
            cx.waker().wake_by_ref();
        }
        polled
    }
}

impl<F> Drop for Member<F> {
    fn drop(&mut self) {
        drop(self.heart.end());
    }
}

impl<F> fmt::Debug for Member<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Member").field(&self.heart.timeline).finish()
    }
}

/// Locks, also after a panic elsewhere: nothing is left half-written here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, join3};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn the_time_jumps_when_all_wait() {
        let timeline = Timeline::default();
        let seen = Mutex::new(Vec::new());
        let sleeper = |name, at_ms| {
            let (timeline, seen) = (timeline.clone(), &seen);
            async move {
                timeline.sleep_until(at_ms).await;
                seen.lock().unwrap().push((name, timeline.now_ms()));
            }
        };
        let members = [timeline.join(sleeper("b", 3_600_000)), timeline.join(sleeper("a", 1_000))];
        let [b, a] = members;
        join3(b, a, timeline.join(sleeper("now", 0))).await;
        assert_eq!(*seen.lock().unwrap(), [("now", 0), ("a", 1_000), ("b", 3_600_000)]);
    }

    #[tokio::test]
    async fn the_time_stands_while_anything_goes_on() {
        let timeline = Timeline::default();
        let (sender, receiver) = oneshot::channel();
        let waits = async {
            let early = tokio::select! {
                biased;
                at_ms = receiver => at_ms.unwrap(),
                () = timeline.sleep_until(1_000) => panic!("it jumped"),
            };
            timeline.sleep_until(5_000).await;
            (early, timeline.now_ms())
        };
        let works = async {
            for _ in 0..1_000 {
                let _hold = timeline.hold();
                tokio::task::yield_now().await;
            }
            sender.send(timeline.now_ms()).unwrap();
        };
        let ended = join(timeline.join(waits), timeline.join(works)).await;
        assert_eq!(ended.0, (0, 5_000));
    }

    #[tokio::test]
    async fn what_was_dropped_holds_nothing_up() {
        let timeline = Timeline::default();
        drop(timeline.join(std::future::pending::<()>()));
        let given_up = timeline.sleep_until(10);
        let work = async {
            tokio::select! {
                biased;
                () = given_up => {}
                () = std::future::ready(()) => {}
            }
            timeline.sleep_until(20).await;
            timeline.now_ms()
        };
        assert_eq!(timeline.join(work).await, 20);
    }

    #[tokio::test]
    async fn a_spent_budget_is_no_rest() {
        let timeline = Timeline::default();
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        (0..10_000).for_each(|number| sender.send(number).unwrap());
        let work = async {
            let mut last = 0;
            while last < 9_999 {
                last = tokio::select! {
                    biased;
                    number = receiver.recv() => number.unwrap(),
                    () = timeline.sleep_until(1_000) => panic!("it jumped"),
                };
            }
        };
        timeline.join(work).await;
    }

    #[test]
    fn threads_share_a_timeline() {
        let timeline = Timeline::default();
        let members: Vec<_> = (1..=4)
            .map(|seconds| {
                let own = timeline.clone();
                timeline.join(async move {
                    for round in 1..=500 {
                        own.sleep_until(round * seconds * 1_000).await;
                        assert_eq!(own.now_ms(), round * seconds * 1_000);
                    }
                })
            })
            .collect();
        let run = |member| {
            std::thread::spawn(|| {
                tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(member);
            })
        };
        let threads: Vec<_> = members.into_iter().map(run).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(timeline.now_ms(), 2_000_000);
    }
}
