//! Whose turn it is of what waits: by flow, and within a flow by what it is about.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use flowrun_core::value::Text;

/// So many runs of a flow are about to begin at once; more than the gate lets in, fewer than it keeps waiting.
const AT_ONCE: usize = 256;

/// What waits, by its keys alone: what there is to it is on the disk.
#[derive(Debug, Default)]
pub(super) struct Lines {
    flows: BTreeMap<Text, Line>,
    /// What is waiting or about to begin.
    known: BTreeSet<Arc<str>>,
    /// What is tried at a later time, by that time.
    later: BTreeSet<(i64, Next)>,
    /// When that is.
    times: BTreeMap<Arc<str>, i64>,
    /// What waits until its flow is turned on.
    off: BTreeMap<Text, VecDeque<Next>>,
}

/// What waits of a flow.
#[derive(Debug, Default)]
struct Line {
    beginning: usize,
    waiting: VecDeque<Next>,
    /// What waits until the one about the same has ended; there is a line, be it empty, as long as one goes on.
    behind: BTreeMap<Text, VecDeque<Next>>,
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Next {
    pub flow: Text,
    pub key: Arc<str>,
    /// What it has the turn for already, among those about the same.
    pub holds: Option<Text>,
}

impl Next {
    pub fn new(flow: Text, key: Arc<str>) -> Next {
        Next { flow, key, holds: None }
    }
}

impl Lines {
    /// How many wait or are about to begin.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Something waits from now on, unless it does already.
    pub fn add(&mut self, next: Next) {
        if self.known.insert(next.key.clone()) {
            self.line(&next.flow).waiting.push_back(next);
        }
    }

    /// The same, from a moment on.
    pub fn add_later(&mut self, at_us: i64, next: Next) {
        self.known.insert(next.key.clone());
        if self.times.insert(next.key.clone(), at_us).is_none() {
            self.later.insert((at_us, next));
        }
    }

    /// Whether something waits for a time; then it does no more.
    pub fn no_later(&mut self, next: &Next) -> bool {
        let Some(at_us) = self.times.remove(&next.key) else { return false };
        self.known.remove(&next.key);
        self.later.remove(&(at_us, next.clone()))
    }

    /// Takes in what waited for a time that has come; gives the next such time.
    pub fn wake(&mut self, now_us: i64) -> Option<i64> {
        while let Some((at_us, next)) = self.later.first().cloned() {
            if at_us > now_us {
                return Some(at_us);
            }
            self.later.pop_first();
            self.times.remove(&next.key);
            self.line(&next.flow).waiting.push_back(next);
        }
        None
    }

    /// The next that may begin, one flow after the other.
    pub fn next(&mut self) -> Option<Next> {
        let ready = |line: &Line| line.beginning < AT_ONCE && !line.waiting.is_empty();
        let fewest = self.flows.iter().filter(|(_, line)| ready(line)).min_by_key(|(_, line)| line.beginning);
        let flow = fewest?.0.clone();
        let line = self.line(&flow);
        line.beginning += 1;
        line.waiting.pop_front()
    }

    /// Whether it is its turn among those about the same; else it waits for that.
    pub fn turn(&mut self, next: &Next, about: Option<&Text>) -> bool {
        let Some(about) = about.filter(|_| next.holds.is_none()) else { return true };
        let line = self.line(&next.flow);
        match line.behind.get_mut(about) {
            None => {
                line.behind.insert(about.clone(), VecDeque::new());
                true
            }
            Some(behind) => {
                behind.push_back(next.clone());
                line.beginning -= 1;
                false
            }
        }
    }

    /// One about this goes on already: others wait for its end.
    pub fn goes_on(&mut self, flow: &Text, about: &Text) {
        self.line(flow).behind.entry(about.clone()).or_default();
    }

    /// What was about to begin has begun, or never will.
    pub fn begun(&mut self, next: &Next) {
        self.known.remove(&next.key);
        self.line(&next.flow).beginning -= 1;
    }

    /// What was about to begin never will.
    pub fn gone(&mut self, next: &Next) {
        self.begun(next);
        if let Some(about) = &next.holds {
            self.ended(&next.flow, about);
        }
    }

    /// What was about to begin waits for a time, and keeps its turn if it has it.
    pub fn again_at(&mut self, at_us: i64, next: &Next) {
        self.line(&next.flow).beginning -= 1;
        self.add_later(at_us, next.clone());
    }

    /// One that others about the same may have waited for has ended: it is the next one's turn.
    pub fn ended(&mut self, flow: &Text, about: &Text) {
        let line = self.line(flow);
        match line.behind.get_mut(about).and_then(VecDeque::pop_front) {
            Some(next) => line.waiting.push_front(Next { holds: Some(about.clone()), ..next }),
            None => drop(line.behind.remove(about)),
        }
    }

    /// What was about to begin waits until its flow is turned on.
    pub fn set_aside(&mut self, next: Next) {
        self.line(&next.flow).beginning -= 1;
        self.off.entry(next.flow.clone()).or_default().push_back(next);
    }

    /// The flows that are off and for which something waits, and how much: also what waits there for a run's end, or for a time.
    pub fn aside(&self, is_off: impl Fn(&str) -> bool) -> BTreeMap<Text, u64> {
        let mut all: BTreeMap<Text, u64> = BTreeMap::new();
        let mut count = |flow: &Text, many: usize| {
            if many > 0 && is_off(flow) {
                *all.entry(flow.clone()).or_default() += many as u64;
            }
        };
        self.off.iter().for_each(|(flow, off)| count(flow, off.len()));
        for (flow, line) in &self.flows {
            count(flow, line.waiting.len() + line.behind.values().map(VecDeque::len).sum::<usize>());
        }
        self.later.iter().for_each(|(_, next)| count(&next.flow, 1));
        all
    }

    /// What was set aside for flows that are on again waits for its turn.
    pub fn take_up(&mut self, is_on: impl Fn(&str) -> bool) {
        let on: Vec<Text> = self.off.keys().filter(|flow| is_on(flow)).cloned().collect();
        for flow in on {
            let all = self.off.remove(&flow).unwrap_or_default();
            self.line(&flow).waiting.extend(all);
        }
    }

    /// All that waits for a flow is forgotten.
    pub fn forget(&mut self, flow: &str) -> Vec<Next> {
        let mut gone: Vec<Next> = self.off.remove(flow).unwrap_or_default().into();
        let later = self.later.iter().filter(|(_, next)| *next.flow == *flow).cloned().collect::<Vec<_>>();
        for (at_us, next) in later {
            self.times.remove(&next.key);
            self.later.remove(&(at_us, next.clone()));
            gone.push(next);
        }
        if let Some(line) = self.flows.get_mut(flow) {
            gone.extend(line.waiting.drain(..));
            line.behind.values_mut().for_each(|behind| gone.extend(behind.drain(..)));
            // Who had the turn already does not keep it from those who come.
            for about in gone.iter().filter_map(|next| next.holds.as_ref()) {
                line.behind.remove(about);
            }
        }
        for next in &gone {
            self.known.remove(&next.key);
        }
        gone
    }

    fn line(&mut self, flow: &Text) -> &mut Line {
        self.flows.entry(flow.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(flow: &str, key: &str) -> Next {
        Next::new(flow.into(), Arc::from(key))
    }

    fn keys(lines: &mut Lines) -> Vec<String> {
        std::iter::from_fn(|| lines.next()).map(|next| next.key.to_string()).collect()
    }

    #[test]
    fn a_flow_with_much_to_do_leaves_others_their_turns() {
        let mut lines = Lines::default();
        (0..1_000).for_each(|at| lines.add(next("busy", &at.to_string())));
        lines.add(next("busy", "7"));
        assert_eq!((lines.len(), keys(&mut lines).len()), (1_000, AT_ONCE), "the same is known again");
        lines.add(next("other", "one"));
        assert_eq!(keys(&mut lines), ["one"]);
        lines.begun(&next("busy", "0"));
        assert_eq!(keys(&mut lines), ["256"]);
    }

    #[test]
    fn those_about_the_same_go_one_after_the_other() {
        let (mut lines, ada) = (Lines::default(), Text::from("ada"));
        ["1", "2", "3"].iter().for_each(|key| lines.add(next("f", key)));
        let (one, two, three) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
        assert!(lines.turn(&one, Some(&ada)));
        assert!(!lines.turn(&two, Some(&ada)) && !lines.turn(&three, Some(&ada)));
        lines.begun(&one);
        assert_eq!(lines.next(), None);
        lines.ended(&"f".into(), &ada);
        let second = lines.next().unwrap();
        assert!(*second.key == *"2" && lines.turn(&second, Some(&ada)));
        // It can't begin yet: the third does not pass it by.
        lines.again_at(5, &second.clone());
        assert_eq!((lines.next(), lines.wake(4)), (None, Some(5)));
        assert_eq!(lines.wake(5), None);
        let second = lines.next().unwrap();
        assert!(*second.key == *"2" && lines.turn(&second, Some(&ada)));
        lines.begun(&second);
        lines.ended(&"f".into(), &ada);
        assert_eq!(&*lines.next().unwrap().key, "3");
    }

    #[test]
    fn what_waits_for_a_flow_that_is_off_is_taken_up_or_forgotten() {
        let mut lines = Lines::default();
        ["1", "2"].iter().for_each(|key| lines.add(next("f", key)));
        while let Some(next) = lines.next() {
            lines.set_aside(next);
        }
        lines.add_later(5, next("f", "3"));
        assert_eq!(lines.aside(|_| true), BTreeMap::from([("f".into(), 3)]));
        assert_eq!(lines.aside(|_| false), BTreeMap::new());
        lines.take_up(|_| true);
        let one = lines.next().unwrap();
        lines.set_aside(one);
        assert_eq!((lines.forget("f").len(), lines.len(), lines.wake(9)), (3, 0, None));
        assert_eq!(keys(&mut lines).len(), 0);
    }

    /// Whether the run of the one before goes on or has ended: of what waits behind it nothing is left, and who comes next need not wait.
    #[test]
    fn what_waits_behind_another_is_forgotten_too() {
        for has_ended in [false, true] {
            let (mut lines, ada) = (Lines::default(), Text::from("ada"));
            ["1", "2", "3"].iter().for_each(|key| lines.add(next("f", key)));
            let all: Vec<Next> = std::iter::from_fn(|| lines.next()).collect();
            let first: Vec<bool> = all.iter().map(|next| lines.turn(next, Some(&ada))).collect();
            assert_eq!(first, [true, false, false]);
            lines.begun(&all[0]);
            if has_ended {
                lines.ended(&"f".into(), &ada);
                let second = lines.next().unwrap();
                lines.set_aside(second);
            }
            assert_eq!(lines.aside(|_| true), BTreeMap::from([("f".into(), 2)]));
            assert_eq!((lines.forget("f").len(), lines.len()), (2, 0));
            if !has_ended {
                lines.ended(&"f".into(), &ada);
            }
            lines.add(next("f", "4"));
            let fourth = lines.next().unwrap();
            assert!(lines.turn(&fourth, Some(&ada)));
        }
    }
}
