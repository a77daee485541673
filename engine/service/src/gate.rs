//! Who may run now: so many runs at once, fair between flows, with a bounded queue before it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Lets runs in; clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    most: Bounds,
    state: Mutex<State>,
}

/// How many.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// May run at once.
    pub at_once: usize,
    /// May run at once of one flow, unless it says something else.
    pub of_a_flow: usize,
    /// May wait, of one flow.
    pub waiting: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { at_once: 256, of_a_flow: 128, waiting: 10_000 }
    }
}

#[derive(Default)]
struct State {
    running: usize,
    flows: BTreeMap<Arc<str>, Line>,
    /// The flows that have somebody waiting, by their priority, in the order of their turns.
    turns: [VecDeque<Arc<str>>; 3],
}

struct Line {
    running: usize,
    most: usize,
    priority: Priority,
    waiting: VecDeque<oneshot::Sender<Permit>>,
}

/// Whose runs come first where not all can go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Before all others.
    High,
    /// After those.
    #[default]
    Normal,
    /// When nobody else wants to.
    Low,
}

impl Priority {
    /// The priority of a word in a flow file.
    pub fn named(word: &str) -> Priority {
        match word {
            "high" => Priority::High,
            "low" => Priority::Low,
            _ => Priority::Normal,
        }
    }
}

/// The right to run, until it is dropped.
pub struct Permit {
    gate: Gate,
    flow: Arc<str>,
}

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Gate {
    /// A gate with these bounds.
    pub fn new(most: Bounds) -> Gate {
        Gate(Arc::new(Inner { most, state: Mutex::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a run's turn: `most` runs of the flow may go on at once.
    pub async fn enter(
        &self,
        flow: &Arc<str>,
        most: Option<usize>,
        priority: Priority,
    ) -> Result<Permit, Full> {
        let let_in = {
            let mut state = self.state();
            let most = most.unwrap_or(self.0.most.of_a_flow);
            let empty = || Line { running: 0, most, priority, waiting: VecDeque::new() };
            let line = state.flows.entry(flow.clone()).or_insert_with(empty);
            (line.most, line.priority) = (most, priority);
            if line.waiting.len() >= self.0.most.waiting {
                return Err(Full);
            }
            let (sender, let_in) = oneshot::channel();
            line.waiting.push_back(sender);
            if line.waiting.len() == 1 {
                state.turns[priority as usize].push_back(flow.clone());
            }
            self.let_in(state);
            let_in
        };
        // The gate outlives whoever waits at it.
        let_in.await.map_err(|_| Full)
    }

    /// How many runs of a flow go on, and how many wait.
    pub fn of(&self, flow: &str) -> (usize, usize) {
        self.state().flows.get(flow).map_or((0, 0), |line| (line.running, line.waiting.len()))
    }

    /// How many runs go on, and how many wait.
    pub fn all(&self) -> (usize, usize) {
        let state = self.state();
        (state.running, state.flows.values().map(|line| line.waiting.len()).sum())
    }

    /// Gives the free places to those who wait, one flow after the other.
    fn let_in(&self, mut state: MutexGuard<'_, State>) {
        let mut chosen = Vec::new();
        while state.running < self.0.most.at_once {
            let Some(flow) = state.next() else { break };
            let Some(line) = state.flows.get_mut(&flow) else { continue };
            let Some(sender) = line.waiting.pop_front() else { continue };
            line.running += 1;
            if !line.waiting.is_empty() {
                let priority = line.priority as usize;
                state.turns[priority].push_back(flow.clone());
            }
            state.running += 1;
            chosen.push((sender, Permit { gate: self.clone(), flow }));
        }
        drop(state);
        for (sender, permit) in chosen {
            // Who doesn't wait any more gives the place back.
            drop(sender.send(permit));
        }
    }
}

impl State {
    /// The flow whose turn it is, which then leaves its place in the order.
    fn next(&mut self) -> Option<Arc<str>> {
        let State { flows, turns, .. } = self;
        for turns in turns {
            let free = |flow: &Arc<str>| flows.get(flow).is_some_and(|line| line.running < line.most);
            if let Some(place) = turns.iter().position(free) {
                return turns.remove(place);
            }
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.running -= 1;
        if let Some(line) = state.flows.get_mut(&self.flow) {
            line.running -= 1;
            if line.running == 0 && line.waiting.is_empty() {
                state.flows.remove(&self.flow);
            }
        }
        self.gate.let_in(state);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.flow).finish()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.all()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::Future;
    use std::pin::Pin;

    type Waiting = Pin<Box<dyn Future<Output = Result<Permit, Full>>>>;

    fn enter(gate: &Gate, flow: &str, most: usize, priority: Priority) -> Waiting {
        let (gate, flow): (Gate, Arc<str>) = (gate.clone(), Arc::from(flow));
        Box::pin(async move { gate.enter(&flow, Some(most), priority).await })
    }

    fn now(waiting: &mut Waiting) -> Option<Permit> {
        waiting.now_or_never().map(|entered| entered.unwrap())
    }

    #[test]
    fn one_flow_does_not_keep_others_waiting() {
        let gate = Gate::new(Bounds { at_once: 2, of_a_flow: 2, waiting: 3 });
        let normal = |flow| enter(&gate, flow, 2, Priority::Normal);
        let mut first: Vec<_> = (0..4).map(|_| normal("busy")).collect();
        let running: Vec<_> = first.iter_mut().filter_map(now).collect();
        assert_eq!((running.len(), gate.of("busy")), (2, (2, 2)));
        let mut other = normal("other");
        assert!(now(&mut other).is_none());
        let mut running = running.into_iter();
        drop(running.next());
        let third = now(&mut first[2]);
        assert!(third.is_some(), "it came before");
        drop(running.next());
        assert!(now(&mut first[3]).is_none(), "it is the other flow's turn");
        assert!(now(&mut other).is_some());
    }

    #[test]
    fn a_flow_has_no_more_than_it_may_and_priorities_count() {
        let gate = Gate::new(Bounds { at_once: 3, of_a_flow: 3, waiting: 2 });
        let mut one = enter(&gate, "one", 1, Priority::Normal);
        let first = now(&mut one);
        let mut again = enter(&gate, "one", 1, Priority::Normal);
        assert!(now(&mut again).is_none(), "one of it may run");
        let mut low = [enter(&gate, "low", 3, Priority::Low), enter(&gate, "low", 3, Priority::Low)];
        let running: Vec<_> = low.iter_mut().filter_map(now).collect();
        assert_eq!(running.len(), 2);
        let mut more = enter(&gate, "low", 3, Priority::Low);
        let mut high = enter(&gate, "high", 3, Priority::High);
        assert!(now(&mut more).is_none() && now(&mut high).is_none());
        drop(running);
        assert!(now(&mut high).is_some() && now(&mut more).is_some());
        drop(first);
        assert!(now(&mut again).is_some());
    }

    #[test]
    fn beyond_its_bound_nobody_waits_and_who_gives_up_leaves_no_gap() {
        let gate = Gate::new(Bounds { at_once: 1, of_a_flow: 1, waiting: 2 });
        let mut all: Vec<_> = (0..3).map(|_| enter(&gate, "a", 1, Priority::Normal)).collect();
        let first = now(&mut all[0]);
        assert!(now(&mut all[1]).is_none() && now(&mut all[2]).is_none());
        let refused = enter(&gate, "a", 1, Priority::Normal).now_or_never();
        assert_eq!(refused.unwrap().err(), Some(Full));
        drop(all.remove(1));
        drop(first);
        assert!(now(&mut all[1]).is_some());
        drop(all);
        assert_eq!(gate.all(), (0, 0));
    }
}
