//! Brings back the runs whose time has come: those that waited long, pauses that nobody answered, and after a start all that were under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowrun_host::driver::Stop;
use flowrun_host::session::Say;
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use flowrun_store::{Filter, RunId, Status};
use tokio::sync::Notify;

use crate::changes::What;
use crate::runs::{Runs, Unable};
use crate::tasks::Tasks;

/// Runs that wait for a time.
#[derive(Debug, Default)]
pub struct Waiting {
    all: Mutex<All>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct All {
    by_time: BTreeSet<(i64, RunId)>,
    times: BTreeMap<RunId, i64>,
}

impl Waiting {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run waits for this moment.
    pub fn add(&self, due_us: i64, run: RunId) {
        let mut all = self.all();
        if let Some(before) = all.times.insert(run.clone(), due_us) {
            all.by_time.remove(&(before, run.clone()));
        }
        all.by_time.insert((due_us, run));
        drop(all);
        self.changed.notify_one();
    }

    /// A run does not wait any more.
    pub fn remove(&self, run: &RunId) {
        let mut all = self.all();
        if let Some(due_us) = all.times.remove(run) {
            all.by_time.remove(&(due_us, run.clone()));
        }
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.all().times.len()
    }

    /// Takes a run whose time has come; else tells when the next one's comes.
    fn take(&self, now_us: i64) -> Result<RunId, Option<i64>> {
        let mut all = self.all();
        let next = all.by_time.first().map(|(due_us, _)| *due_us);
        if next.is_none_or(|due_us| due_us > now_us) {
            return Err(next);
        }
        let Some((_, run)) = all.by_time.pop_first() else { return Err(None) };
        all.times.remove(&run);
        Ok(run)
    }
}

/// A run that could not be gone on with is tried again after so long.
const AGAIN: Duration = Duration::from_secs(300);

/// So many runs are read at once.
const PAGE: usize = 1_000;

/// Goes on with all runs that were under way, and knows from then on which wait.
pub async fn recover(runs: &Arc<Runs>, tasks: &Tasks) -> Result<usize, Problem> {
    let (mut before, mut found) = (None, Vec::new());
    loop {
        let filter = Filter { before: before.take(), limit: Some(PAGE), ..Filter::open() };
        let page = runs.store().runs(&filter).map_err(|error| problem(&error))?;
        let last = page.last().map(|run| run.about.id.clone());
        for run in page {
            match (run.state.status(), run.state.due_us()) {
                (Status::Running, _) => found.push(run.about.id),
                (_, Some(due_us)) => runs.waiting.add(due_us, run.about.id),
                _ => {}
            }
        }
        match last {
            Some(last) => before = Some(last),
            None => break,
        }
    }
    let count = found.len();
    // The longest under way come first.
    for run in found.into_iter().rev() {
        bring_back(runs, tasks, run);
    }
    Ok(count)
}

fn problem(error: &flowrun_store::StoreError) -> Problem {
    flowrun_host::session::durable::home::problem(error)
}

/// Brings runs back until it is told to stop.
pub async fn keep(runs: Arc<Runs>, tasks: Tasks, clock: Clock, mut stop: Stop) {
    loop {
        let changed = runs.waiting.changed.notified();
        let next = loop {
            match runs.waiting.take(runs.now_us()) {
                Ok(run) => bring_back(&runs, &tasks, run),
                Err(next) => break next,
            }
        };
        let time = async {
            match next {
                // Later by less than a millisecond, never before its time.
                Some(due_us) => clock.sleep_until(due_us.div_euclid(1000) + 1).await,
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

fn bring_back(runs: &Arc<Runs>, tasks: &Tasks, run: RunId) {
    let runs = runs.clone();
    tasks.spawn(async move {
        if runs.is_live(&run) {
            return;
        }
        let why = match runs.resume(&run, Say::GoOn, None).await {
            Ok(_) | Err(Unable::Ending) => return,
            Err(Unable::Full) => "too many runs wait already".to_owned(),
            Err(Unable::Problem(problem)) => problem.message,
        };
        // Somebody may have gone on with it meanwhile, or ended it.
        let is_open = runs.store().run(&run).is_ok_and(|run| run.state.status().is_open());
        if is_open && !runs.is_live(&run) {
            let again_us = i64::try_from(AGAIN.as_micros()).unwrap_or(i64::MAX);
            runs.waiting.add(runs.now_us().saturating_add(again_us), run.clone());
            let why = format!("it can't go on: {why}");
            runs.tell(What::Trouble { kind: Arc::from("run"), about: run, why: Arc::from(why) });
        }
    });
}
