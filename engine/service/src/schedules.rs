//! Starts scheduled flows at their times. What a schedule has come to is written down with the run that it starts, so that no time
//! counts twice, and none that passed while nobody served is overlooked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::value::Text;
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_store::{Batch, Filter, Note, NoteChange, RunId};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::changes::What;
use crate::runs::{Beginning, Runs, Unable};
use crate::switches::Switches;
use crate::tasks::Tasks;
use crate::times::{Missed, Overlap, Times};

/// Notes of schedules: due when they come next.
pub const SPACE: &str = "schedule";

/// What starts a run of a schedule.
pub const CAUSE: &str = "schedule";

/// A time that comes so late has not been missed.
const GRACE_US: i64 = 60_000_000;

/// So many missed times are made up for at most.
const MOST: usize = 1_000;

/// The schedules of a project.
pub struct Schedules {
    runs: Arc<Runs>,
    switches: Arc<Switches>,
    tasks: Tasks,
    clock: Clock,
    all: Mutex<BTreeMap<Arc<str>, Entry>>,
    changed: Notify,
}

/// A scheduled flow.
#[derive(Clone, Debug)]
struct Entry {
    times: Times,
    shift_us: i64,
    /// The time that comes next, or is to be dealt with; none if there is none any more.
    at_us: Option<i64>,
    /// Times up to this one have come while the flow was served, and wait for a run's end: they have not been missed.
    came_us: i64,
    /// Whether a run of it is about to begin.
    begins: bool,
}

/// A scheduled flow, to show.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The path of the flow.
    pub flow: Arc<str>,
    /// Its fields and time zone, as they are written.
    pub schedule: String,
    /// When it comes next, in microseconds since 1970.
    pub next_us: Vec<i64>,
    /// Whether the flow is on.
    pub on: bool,
}

/// What a schedule's note says.
#[derive(Serialize, Deserialize)]
struct Noted {
    written: String,
    at_us: i64,
    #[serde(default)]
    came_us: i64,
}

impl Schedules {
    /// The schedules of a project's flows, as far as they have come.
    pub fn new(runs: Arc<Runs>, switches: Arc<Switches>, tasks: Tasks, clock: Clock) -> Schedules {
        let (all, changed) = (Mutex::default(), Notify::new());
        let schedules = Schedules { runs, switches, tasks, clock, all, changed };
        schedules.refresh();
        schedules
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the schedules of the version that counts now: one that says something else than before begins anew.
    pub fn refresh(&self) {
        let (version, now_us) = (self.runs.served.version(), self.runs.now_us());
        let mut all = self.all();
        let mut found = BTreeMap::new();
        for flow in version.triggered() {
            let Some(times) = Times::of(&flow.trigger) else { continue };
            let path: Arc<str> = Arc::from(&*flow.path);
            let shift_us = times.shift_us(&path);
            let known = all.get(&path).filter(|entry| entry.times.written == times.written);
            let entry = match known {
                Some(entry) => Entry { times, shift_us, ..entry.clone() },
                None => {
                    let noted = self.noted(&path, &times);
                    let (at_us, came_us) = noted.unwrap_or_else(|| (times.next(now_us), 0));
                    Entry { times, shift_us, at_us, came_us, begins: false }
                }
            };
            self.runs.store().append(Batch::default().note(self.note(&path, &entry)));
            found.insert(path, entry);
        }
        *all = found;
        drop(all);
        self.changed.notify_one();
    }

    /// How far a schedule has come, if it is the one that stands there now.
    fn noted(&self, flow: &str, times: &Times) -> Option<(Option<i64>, i64)> {
        let note = self.runs.store().note(SPACE, flow).ok()??;
        let noted: Noted = serde_json::from_slice(&note.body).ok()?;
        (noted.written == times.written).then_some((Some(noted.at_us), noted.came_us))
    }

    fn note(&self, flow: &Arc<str>, entry: &Entry) -> NoteChange {
        let at_us = entry.at_us.unwrap_or(i64::MAX);
        let noted = Noted { written: entry.times.written.clone(), at_us, came_us: entry.came_us };
        NoteChange::Put(Note {
            space: Arc::from(SPACE),
            key: flow.clone(),
            at_us: self.runs.now_us(),
            due_us: entry.at_us.map(|at_us| at_us + entry.shift_us),
            body: serde_json::to_vec(&noted).unwrap_or_default(),
        })
    }

    /// All scheduled flows, each with the next times.
    pub fn shown(&self, count: usize) -> Vec<Shown> {
        let now_us = self.runs.now_us();
        let shown = |(flow, entry): (&Arc<str>, &Entry)| {
            let mut next_us = Vec::new();
            let mut after_us = now_us.max(entry.at_us.map_or(now_us, |at_us| at_us - 1));
            while next_us.len() < count
                && let Some(next) = entry.times.next(after_us)
            {
                next_us.push(next + entry.shift_us);
                after_us = next;
            }
            let schedule = entry.times.written.clone();
            Shown { flow: flow.clone(), schedule, next_us, on: self.switches.is_on(flow) }
        };
        self.all().iter().map(shown).collect()
    }

    /// How many times of a flow have passed that nothing was done about: while it was off.
    pub fn passed(&self, flow: &str) -> usize {
        let all = self.all();
        let Some((entry, at_us)) = all.get(flow).and_then(|entry| Some((entry, entry.at_us?))) else {
            return 0;
        };
        entry.times.between(at_us - 1, self.runs.now_us() - entry.shift_us, MOST).len()
    }

    /// Forgets the times of a flow that have passed.
    pub fn forget_passed(&self, flow: &str) {
        let now_us = self.runs.now_us();
        let mut all = self.all();
        let Some((path, entry)) = all.get_key_value(flow).map(|(path, entry)| (path.clone(), entry.clone()))
        else {
            return;
        };
        let entry = Entry { at_us: entry.times.next(now_us), ..entry };
        self.runs.store().append(Batch::default().note(self.note(&path, &entry)));
        all.insert(path, entry);
    }

    /// Looks again what is to be done.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// Starts flows at their times until it is told to stop.
    pub async fn run(self: Arc<Schedules>, mut stop: Stop) {
        loop {
            let changed = self.changed.notified();
            let next_us = self.tick();
            let time = async {
                match next_us {
                    Some(next_us) => self.clock.sleep_until(next_us.div_euclid(1000)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time => {}
                () = changed => {}
                () = stop.given() => return,
            }
        }
    }

    /// Begins what is due, and tells when the next is.
    fn tick(self: &Arc<Schedules>) -> Option<i64> {
        let now_us = self.runs.now_us();
        let mut all = self.all();
        let mut next: Option<i64> = None;
        for (flow, entry) in all.iter_mut() {
            let Some(at_us) = entry.at_us else { continue };
            let due_us = at_us + entry.shift_us;
            if due_us > now_us {
                next = Some(next.map_or(due_us, |next| next.min(due_us)));
            } else if !self.switches.is_on(flow) {
                // It waits until it is turned on.
            } else if !entry.begins {
                entry.begins = true;
                let (schedules, flow, entry) = (self.clone(), flow.clone(), entry.clone());
                self.tasks.spawn(async move {
                    schedules.come(&flow, entry).await;
                });
            } else if entry.times.waits() {
                let due_us =
                    |after_us: i64| Some(entry.times.next(after_us - entry.shift_us)? + entry.shift_us);
                let has_come = |due_us: &i64| *due_us <= now_us;
                if entry.came_us > 0 && due_us(entry.came_us).as_ref().is_some_and(has_come) {
                    entry.came_us = now_us;
                    self.runs.store().append(Batch::default().note(self.note(flow, entry)));
                }
                next = due_us(now_us).into_iter().chain(next).min();
            }
        }
        next
    }

    /// Deals with the time of a schedule that has come, and with those that passed before it.
    async fn come(self: &Arc<Schedules>, flow: &Arc<str>, entry: Entry) {
        let (now_us, at_us) = (self.runs.now_us(), entry.at_us.unwrap_or_default());
        let times = entry.times.between(at_us - 1, now_us - entry.shift_us, MOST);
        let (chosen, left_out) = choose(&entry, &times, now_us);
        if left_out > 0 {
            self.runs.tell(What::Missed { flow: flow.clone(), times: left_out as u64 });
        }
        let last = times.last().copied().unwrap_or(at_us);
        let (mut reached, mut before) = (None, None::<RunId>);
        for time_us in chosen {
            if let Some(run) = before.take().filter(|_| entry.times.overlap != Overlap::Allow) {
                // What is made up for comes one after the other.
                self.waits(flow, &entry.times, time_us);
                if !self.runs.until_ended(&run).await {
                    return;
                }
            }
            let next_us = entry.times.next(time_us);
            let came_us = self.all().get(flow).map_or(0, |entry| entry.came_us);
            match self.start(flow, &Entry { at_us: next_us, came_us, ..entry.clone() }, time_us).await {
                Started::Yes(run) => (reached, before) = (Some(next_us), Some(run)),
                Started::Skipped => reached = Some(next_us),
                Started::Later => {
                    return self.settled(flow, &entry.times, reached.unwrap_or(Some(time_us)));
                }
            }
        }
        self.settled(flow, &entry.times, reached.unwrap_or_else(|| entry.times.next(last)));
    }

    /// A time waits for a run's end, with all that come meanwhile; also in another process.
    fn waits(&self, flow: &Arc<str>, times: &Times, time_us: i64) {
        let mut all = self.all();
        let entry = all.get_mut(flow).filter(|entry| entry.times.written == times.written);
        if let Some(entry) = entry.filter(|entry| entry.times.waits()) {
            (entry.at_us, entry.came_us) = (Some(time_us), self.runs.now_us());
            self.runs.store().append(Batch::default().note(self.note(flow, entry)));
        }
        drop(all);
        self.changed.notify_one();
    }

    fn settled(&self, flow: &Arc<str>, times: &Times, at_us: Option<i64>) {
        let mut all = self.all();
        // The schedule may have been changed meanwhile.
        if let Some(entry) = all.get_mut(flow) {
            entry.begins = false;
            if entry.times.written == times.written {
                entry.at_us = at_us;
                let note = self.note(flow, entry);
                self.runs.store().append(Batch::default().note(note));
            }
        }
        drop(all);
        self.changed.notify_one();
    }

    async fn start(&self, flow: &Arc<str>, next: &Entry, time_us: i64) -> Started {
        let (overlap, open) = (next.times.overlap, self.open(flow));
        match (overlap, open.first()) {
            (Overlap::Allow, _) | (_, None) => {}
            (Overlap::Skip, Some(run)) => {
                let at = crate::when(time_us);
                self.skipped(flow, format!("{at}: run {run} of the flow had not ended"));
                self.runs.store().append(Batch::default().note(self.note(flow, next)));
                return Started::Skipped;
            }
            (Overlap::Queue, Some(run)) => {
                self.waits(flow, &next.times, time_us);
                self.runs.until_ended(run).await;
                return Started::Later;
            }
            (Overlap::Replace, Some(run)) => {
                self.waits(flow, &next.times, time_us);
                // If it can't be ended it ends by itself some time, and is waited for like that.
                let _ = self.runs.cancel(run).await;
                self.runs.until_ended(run).await;
                return Started::Later;
            }
        }
        let beginning = Beginning {
            flow: Text::from(&**flow),
            cause: CAUSE.to_owned(),
            notes: vec![self.note(flow, next)],
            due_us: time_us + next.shift_us,
            ..Beginning::default()
        };
        match self.runs.begin(beginning).await {
            Ok(run) => Started::Yes(run),
            Err(unable) => {
                let why = match unable {
                    // Its time is made up for when the service is back.
                    Unable::Ending => return Started::Later,
                    Unable::Full => "too many runs of the flow wait already".to_owned(),
                    Unable::Problem(problem) => problem.message,
                };
                self.skipped(flow, format!("{}: {why}", crate::when(time_us)));
                Started::Skipped
            }
        }
    }

    /// The runs of the flow that a schedule started and that have not ended, the newest first.
    fn open(&self, flow: &Arc<str>) -> Vec<RunId> {
        let filter = Filter {
            flow: Some(flow.to_string()),
            cause: Some(CAUSE.to_owned()),
            limit: Some(8),
            ..Filter::open()
        };
        let stored = self.runs.store().runs(&filter).unwrap_or_default();
        let mut open: Vec<_> = stored.into_iter().map(|run| run.about.id).collect();
        // What has just begun is not on the disk yet.
        let live = self.runs.live();
        let live = live.iter().filter(|(_, live)| live.flow == *flow && *live.cause == *CAUSE);
        for (run, _) in live {
            if !open.contains(run) {
                open.push(run.clone());
            }
        }
        open
    }

    fn skipped(&self, flow: &Arc<str>, why: String) {
        self.runs.tell(What::Skipped { flow: flow.clone(), cause: Arc::from(CAUSE), why: Arc::from(why) });
    }
}

enum Started {
    Yes(RunId),
    Skipped,
    Later,
}

/// Of the times that have passed, those that a run is to be begun for, and how many of those that were missed are left out.
fn choose(entry: &Entry, times: &[i64], now_us: i64) -> (Vec<i64>, usize) {
    let Some((last, before)) = times.split_last() else { return (Vec::new(), 0) };
    let Entry { times: Times { missed, overlap, catch_up_us, .. }, shift_us, came_us, .. } = entry;
    let since_us = now_us.saturating_sub(*catch_up_us);
    let has_come = |time: &i64| time + shift_us <= *came_us;
    let counts = |time: &i64| time + shift_us >= since_us;
    let on_time = now_us - last - shift_us <= GRACE_US || has_come(last);
    let last = Some(last).filter(|last| on_time || (*missed != Missed::None && counts(last)));
    let chosen = before.iter().filter(|time| match (has_come(time), overlap) {
        (true, Overlap::Queue) => true,
        // The next of them takes its place.
        (true, Overlap::Replace) => false,
        _ => *missed == Missed::All && counts(time),
    });
    let chosen: Vec<i64> = chosen.chain(last).copied().collect();
    let left_out = times.iter().filter(|time| !has_come(time) && !chosen.contains(time)).count();
    (chosen, left_out)
}
