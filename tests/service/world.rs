//! A service over simulators, by a clock that jumps, in a folder of its own.

use std::cell::RefCell;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowrun::Surroundings;
use flowrun_core::value::parse_date;
use flowrun_host::driver::Stop;
use flowrun_host::session::{Job, Record};
use flowrun_kit::clock::Clock;
use flowrun_kit::timeline::Hold;
use flowrun_service::changes::{Change, What};
use flowrun_service::gate::Bounds;
use flowrun_service::watch::metrics::Metrics;
use flowrun_service::{Hosted, Service, Setup};
use flowrun_store::{Filter, Run};
use flowrun_tests::simulators::{Setup as Simulated, Simulators};
use flowrun_tests::surroundings;
use tokio::sync::watch;

/// A project in a folder, and the vendors that it reaches: what outlives a service.
pub struct World {
    folder: tempfile::TempDir,
    pub clock: Clock,
    pub simulators: Simulators,
    /// What is counted.
    pub metrics: Metrics,
    /// Time passes only while somebody lets it.
    held: RefCell<Option<Hold>>,
}

/// A service that goes on until it is ended or dies.
pub struct Serving {
    pub service: Arc<Service>,
    stop: watch::Sender<bool>,
    running: tokio::task::JoinHandle<()>,
}

impl World {
    /// A project of these files, at a moment.
    pub fn new(now: &str, files: &[(&str, &str)]) -> World {
        World::with(now, files, &[])
    }

    /// The same, whose vendors misbehave like this.
    pub fn with(now: &str, files: &[(&str, &str)], faults: &[&str]) -> World {
        let clock = Clock::simulated(parse_date(now).unwrap().millis());
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let setup = Simulated { employees: 0, faults, ..Simulated::default() };
        let simulators = Simulators::empty(clock.clone(), &setup);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("flows")).unwrap();
        let held = RefCell::new(clock.hold());
        let metrics = Metrics::default();
        let world = World { folder, clock, simulators, metrics, held };
        files.iter().for_each(|(name, text)| world.write(name, text));
        world
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().join("flows")
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// What a service of these folders is made of.
    pub fn setup(&self, folders: Vec<PathBuf>) -> Setup {
        let around = Surroundings { simulators: Some(self.simulators.all()), ..surroundings() };
        let mut around = around.session();
        around.instant = true;
        around.meter = Some(Arc::new(self.metrics.clone()));
        let job = Job { state: Some(self.state()), record: Record::Off, ..Job::default() };
        let (clock, bounds) = (self.clock.clone(), Bounds::default());
        Setup { folders, job, surroundings: around, clock, bounds }
    }

    /// Serves the project; nothing goes on before somebody lets time pass.
    pub fn serve(&self) -> Serving {
        self.go_on(self.service())
    }

    /// A service that does nothing yet.
    pub fn service(&self) -> Arc<Service> {
        let service = Service::new(self.setup(vec![self.project()]));
        Arc::new(service.unwrap_or_else(|refused| panic!("{}", told(&refused))))
    }

    /// Lets it go on.
    pub fn go_on(&self, service: Arc<Service>) -> Serving {
        let (stop, given) = Stop::new();
        let running = service.clone();
        let driven = self.clock.drive(async move {
            running.run(given, Duration::from_secs(60)).await.unwrap();
        });
        let running = tokio::spawn(driven);
        Serving { service, stop, running }
    }

    /// The process has died in the middle of something: nothing goes on before somebody lets time pass again.
    pub fn died(&self) {
        self.held.replace(self.clock.hold());
    }

    /// Lets time pass up to a moment; what is served goes on meanwhile.
    pub async fn until(&self, moment: &str) {
        let at_ms = parse_date(moment).unwrap().millis();
        self.drive(self.clock.sleep_until(at_ms)).await;
    }

    /// Lets time pass until something is done.
    pub async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let moving = async {
            // Only now: else all that waits would make the time go on before this does.
            self.held.take();
            let done = work.await;
            self.held.replace(self.clock.hold());
            done
        };
        self.clock.drive(moving).await
    }
}

fn told(refused: &flowrun_project::Refused) -> String {
    match refused {
        flowrun_project::Refused::Problem(problem) => problem.message.clone(),
        flowrun_project::Refused::Mistakes(mistakes) => {
            mistakes.found.iter().map(|found| format!("{}\n", found.message)).collect()
        }
    }
}

impl Serving {
    pub fn hosted(&self) -> &Arc<Hosted> {
        &self.service.projects[0]
    }

    /// All runs, the oldest first.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs = self.hosted().runs.store().runs(&Filter::default()).unwrap();
        runs.reverse();
        runs
    }

    /// When runs began, as `03-29 01:00`.
    pub fn began(&self) -> Vec<String> {
        let moment = |run: &Run| flowrun_service::when(run.about.started_us)[5..16].replace('T', " ");
        self.runs().iter().map(moment).collect()
    }

    /// What happened that is remembered, in words.
    pub fn told(&self) -> Vec<String> {
        let changes = self.service.changes.since(0).0.unwrap_or_default();
        changes.iter().map(in_words).collect()
    }

    /// Ends it as SIGTERM does.
    pub async fn end(self, world: &World) {
        self.stop.send(true).unwrap();
        world.drive(self.service.tasks.all()).await;
        // What has ended gives back the store only when it is gone.
        self.running.await.unwrap();
    }
}

fn in_words(change: &Change) -> String {
    let at = &flowrun_service::when(change.at_us)[11..16];
    match &change.what {
        What::Began(begun) => format!("{at} {} began", begun.flow),
        What::Moved(moved) => {
            let error = moved.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("{at} {} {}{error}", moved.flow, moved.state.status().name())
        }
        What::Missed { flow, times } => format!("{at} {flow} missed {times}"),
        What::Skipped { flow, why, .. } => format!("{at} {flow} skipped: {why}"),
        other => format!("{at} {other:?}"),
    }
}
