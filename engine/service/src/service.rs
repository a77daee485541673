//! The service: its projects, and what goes on in it by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flowrun_host::driver::Stop;
use flowrun_host::session::{self, Job};
use flowrun_kit::clock::Clock;
use flowrun_project::{Problem, Refused};
use flowrun_store::{Batch, NoteChange};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::changes::{Changes, What};
use crate::gate::{Bounds, Gate};
use crate::keeper;
use crate::polls::Polls;
use crate::projects::{Served, told};
use crate::runs::Runs;
use crate::schedules::Schedules;
use crate::switches::Switches;
use crate::tasks::Tasks;

/// What a service is made of.
pub struct Setup {
    /// The folders of its projects.
    pub folders: Vec<PathBuf>,
    /// What all runs have in common.
    pub job: Job,
    /// What they find around them. Its simulators go by `clock`.
    pub surroundings: session::Surroundings,
    /// The time.
    pub clock: Clock,
    /// How many runs go on at once.
    pub bounds: Bounds,
}

/// A run that waits for nothing but a time so far away leaves memory until then.
pub const PARKS: Duration = Duration::from_secs(60);

/// So many may be told at once what happens as it happens.
pub const STREAMS: usize = 1_000;

/// How often what need not be kept any longer is taken away.
const TIDIES: Duration = Duration::from_secs(3_600);

/// How long it is remembered that something came in already, in microseconds.
const REMEMBERS_US: i64 = 7 * 86_400_000_000;

/// The spaces of notes that are forgotten after that.
pub const FORGOTTEN: &[&str] =
    &[crate::inbox::SPACE, crate::inbox::DELIVERIES, crate::hooks::again::SPACE, "idempotency"];

/// A project, and what starts its flows.
pub struct Hosted {
    /// Its runs.
    pub runs: Arc<Runs>,
    /// Which of its flows are off.
    pub switches: Arc<Switches>,
    /// Its schedules.
    pub schedules: Arc<Schedules>,
    /// What came in and waits for its turn.
    pub inbox: Arc<crate::inbox::Inbox>,
    /// What is asked again and again.
    pub polls: Arc<Polls>,
}

/// Serves projects until it is told to stop.
pub struct Service {
    /// Its projects.
    pub projects: Vec<Arc<Hosted>>,
    /// What happens.
    pub changes: Changes,
    /// The time.
    pub clock: Clock,
    /// What goes on by itself.
    pub tasks: Tasks,
    /// Who may run now.
    pub gate: Gate,
    /// When it was made, in microseconds since 1970.
    pub started_us: i64,
    /// The places of those who are told what happens as it happens.
    pub streams: Arc<Semaphore>,
    ready: AtomicBool,
}

impl Service {
    /// A service whose projects are read, checked, and this process's own. Nothing goes on before `run`.
    pub fn new(setup: Setup) -> Result<Service, Refused> {
        let Setup { folders, job, surroundings, clock, bounds } = setup;
        let (changes, tasks, gate) = (Changes::default(), Tasks::new(clock.clone()), Gate::new(bounds));
        let now_us = clock.now_ms().saturating_mul(1000);
        // Nobody waits for a run's beginning: whatever reaches outside does.
        let job = Job { parks: Some(PARKS), tidies: false, waits: false, journal: true, ..job };
        let mut projects: Vec<Arc<Hosted>> = Vec::new();
        let alone = folders.len() == 1;
        for folder in folders {
            let served = Served::open(&folder, alone, job.clone(), surroundings.clone(), now_us)?;
            let served = Arc::new(served);
            if let Some(other) = projects.iter().find(|other| other.runs.served.name == served.name) {
                let message = format!(
                    "two projects are called `{}`: {} and {}",
                    served.name,
                    other.runs.served.folder.display(),
                    served.folder.display()
                );
                return Err(Problem::new(message).help("rename one of the folders").into());
            }
            let runs = Runs::new(served, clock.clone(), changes.clone(), gate.clone(), tasks.clone());
            projects.push(Arc::new(Hosted::new(runs, &tasks, &clock)?));
        }
        let ready = AtomicBool::new(false);
        let streams = Arc::new(Semaphore::new(STREAMS));
        Ok(Service { projects, changes, clock, tasks, gate, started_us: now_us, streams, ready })
    }

    /// The project of this name.
    pub fn project(&self, name: &str) -> Option<&Arc<Hosted>> {
        self.projects.iter().find(|project| *project.runs.served.name == *name)
    }

    /// Lets everything go on: runs that were under way, schedules, what came in; until it is told to stop. Then nothing new is begun,
    /// and for up to `grace` what was asked of vendors may end and be kept, and runs that somebody waits for may answer; all else
    /// goes on with the next start.
    pub async fn run(self: &Arc<Service>, stop: Stop, grace: Duration) -> Result<(), Problem> {
        for project in &self.projects {
            keeper::recover(&project.runs, &self.tasks).await?;
            let (runs, tasks, clock) = (project.runs.clone(), self.tasks.clone(), self.clock.clone());
            let given = stop.clone();
            self.tasks.spawn(async move { keeper::keep(runs, tasks, clock, given).await });
            self.tasks.spawn(project.schedules.clone().run(stop.clone()));
            self.tasks.spawn(project.inbox.clone().run(stop.clone()));
            self.tasks.spawn(project.polls.clone().run(stop.clone()));
            self.tasks.spawn(project.clone().tidy(self.clock.clone(), stop.clone()));
        }
        self.ready.store(true, Ordering::Release);
        let mut given = stop.clone();
        given.given().await;
        self.tasks.drain();
        self.clock.timeout(grace, self.leave()).await;
        for project in &self.projects {
            let store = project.runs.store();
            // What can't be written now is what a crash would lose too.
            let _ = store.durable(store.newest()).await;
        }
        Ok(())
    }

    async fn leave(&self) {
        join_all(self.projects.iter().map(|project| project.runs.leave())).await;
        self.tasks.close();
        self.tasks.all().await;
    }

    /// Whether all that was under way before is known, and goes on.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Whether it begins nothing new any more, because it is being ended.
    pub fn is_ending(&self) -> bool {
        !self.tasks.is_open()
    }

    /// Reads all projects again.
    pub fn reload(&self) {
        // What is wrong is told to all who watch.
        self.projects.iter().for_each(|project| drop(project.reload()));
    }
}

impl Hosted {
    fn new(runs: Runs, tasks: &Tasks, clock: &Clock) -> Result<Hosted, Problem> {
        let runs = Arc::new(runs);
        let switches = Switches::read(runs.store().clone(), clock.clone());
        let switches = Arc::new(switches.map_err(|error| session::durable::home::problem(&error))?);
        let schedules = Schedules::new(runs.clone(), switches.clone(), tasks.clone(), clock.clone());
        let schedules = Arc::new(schedules);
        let inbox = crate::inbox::Inbox::new(runs.clone(), switches.clone(), tasks.clone(), clock.clone());
        let inbox = Arc::new(inbox);
        let polls = Polls::new(runs.clone(), switches.clone(), inbox.clone(), tasks.clone(), clock.clone());
        Ok(Hosted { runs, switches, schedules, inbox, polls: Arc::new(polls) })
    }

    /// Reads the project again: with mistakes, what was read before goes on.
    pub fn reload(&self) -> Result<(), Problem> {
        match self.runs.served.reload(self.runs.now_us()) {
            Ok(None) => Ok(()),
            Ok(Some(version)) => {
                self.schedules.refresh();
                self.inbox.look();
                self.polls.refresh();
                self.runs.tell(What::Reloaded { version: version.number });
                Ok(())
            }
            Err(refused) => {
                let problem = told(&refused);
                self.runs.tell(What::Refused { why: Arc::from(&*problem.message) });
                Err(problem)
            }
        }
    }

    /// Takes away what need not be kept any longer, now and then.
    async fn tidy(self: Arc<Hosted>, clock: Clock, mut stop: Stop) {
        loop {
            tokio::select! {
                () = clock.sleep(TIDIES) => {}
                () = stop.given() => return,
            }
            let now_us = self.runs.now_us();
            let flowrun_core::keep::Keep { days, failed, data, runs } =
                self.runs.served.version().program.keep;
            let keep = flowrun_store::Keep {
                days: Some(days),
                failed_days: Some(failed),
                runs: Some(runs.into()),
                data_days: Some(data),
            };
            let store = self.runs.store().clone();
            let sweep = |space: &&str| NoteChange::Sweep {
                space: Arc::from(*space),
                before_us: now_us - REMEMBERS_US,
            };
            store.append(Batch { notes: FORGOTTEN.iter().map(sweep).collect(), ..Batch::default() });
            // The disk takes no simulated time.
            let _hold = clock.hold();
            // That it fails harms nothing: it is tried again.
            let _ = tokio::task::spawn_blocking(move || store.purge(now_us, &keep)).await;
        }
    }
}
