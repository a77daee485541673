//! The projects that are served: each with its store, and the version of its flows that counts now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::check::Checked;
use flowrun_core::program::{Flow, Program};
use flowrun_core::value::Text;
use flowrun_host::session::durable::home::{self, Home};
use flowrun_host::session::{self, Job, Ready};
use flowrun_project::check;
use flowrun_project::{Mistakes, Problem, Project, Refused};
use flowrun_store::Holder;

use crate::versions;

/// A project that is served.
pub struct Served {
    /// Its name in the service: that of its folder.
    pub name: Arc<str>,
    /// Where it lies.
    pub folder: PathBuf,
    /// What outlives its runs.
    pub home: Arc<Home>,
    /// What all its runs have in common.
    pub job: Job,
    /// What its runs find around them.
    pub surroundings: session::Surroundings,
    current: Mutex<Arc<Version>>,
}

/// A project as it was read.
pub struct Version {
    /// The first that its store has seen is 1.
    pub number: u64,
    /// When it was read, in microseconds since 1970.
    pub at_us: i64,
    /// Its hash.
    pub hash: String,
    /// What was read.
    pub project: Arc<Project>,
    /// What can run of it: what starts its flows stands here.
    pub program: Arc<Program>,
    ready: Mutex<BTreeMap<Text, Arc<Ready>>>,
}

impl Version {
    fn read(folder: &Path, at_us: i64, around: &session::Surroundings) -> Result<Version, Refused> {
        let vocabulary = around.registry.vocabulary();
        let project = check::loaded(folder, vocabulary, "serve")?;
        let vars = flowrun_project::bundle::Vars::default();
        let Checked { program, mut diagnostics, .. } = check::examine(&project, vocabulary, &vars.given());
        diagnostics.extend(project.found.iter().cloned());
        if check::has_errors(&diagnostics) {
            diagnostics.retain(check::is_error);
            return Err(Refused::Mistakes(Mistakes { found: diagnostics, sources: project.sources.clone() }));
        }
        let hash = project.bundle("", &vars.given(), vocabulary).listing().hash().to_string();
        let (project, program) = (Arc::new(project), Arc::new(program));
        Ok(Version { number: 1, at_us, hash, project, program, ready: Mutex::default() })
    }

    /// The flow with this path.
    pub fn flow(&self, path: &str) -> Option<&Flow> {
        self.program.find(path).map(|flow| self.program.flow(flow))
    }

    /// The flows that something starts besides other flows and people.
    pub fn triggered(&self) -> impl Iterator<Item = &Flow> {
        use flowrun_core::program::Trigger;
        self.program.flows.iter().filter(|flow| !matches!(flow.trigger, Trigger::Helper | Trigger::Delegated))
    }
}

impl Served {
    /// A project, read and checked, with the store that is its own from now on.
    pub fn open(
        folder: &Path,
        job: Job,
        surroundings: session::Surroundings,
        at_us: i64,
    ) -> Result<Served, Refused> {
        let mut version = Version::read(folder, at_us, &surroundings)?;
        let root = version.project.root.clone();
        let usual = || home::folder(&root, &surroundings.env);
        let state = job.state.clone().or_else(usual).ok_or_else(|| {
            Problem::new("nothing says where to keep what outlives runs: HOME is not set")
                .help("name a folder with --state")
        })?;
        let holder = Holder::new("flowrun serve", "", at_us.div_euclid(1000));
        let home = surroundings.stores.own_now(&state, &holder, &surroundings.env)?;
        versions::open(&*home.store, &mut version, surroundings.registry.vocabulary())
            .map_err(|error| home::problem(&error))?;
        let name = root.file_name().map_or("flows".into(), |name| name.to_string_lossy());
        Ok(Served {
            name: Arc::from(&*name),
            folder: root.clone(),
            home,
            job: Job { state: Some(state), ..job },
            surroundings,
            current: Mutex::new(Arc::new(version)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Version>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version that counts now.
    pub fn version(&self) -> Arc<Version> {
        self.lock().clone()
    }

    /// Reads the project again. Gives the version that counts from now on, if it has changed; one with mistakes changes nothing.
    pub fn reload(&self, at_us: i64) -> Result<Option<Arc<Version>>, Refused> {
        let before = self.version();
        let mut version = Version::read(&self.folder, at_us, &self.surroundings)?;
        if version.hash == before.hash {
            return Ok(None);
        }
        versions::follow(&*self.home.store, &before, &mut version, self.surroundings.registry.vocabulary());
        let version = Arc::new(version);
        *self.lock() = version.clone();
        Ok(Some(version))
    }

    /// A flow, ready to be run.
    pub fn ready(&self, version: &Version, flow: &str) -> Result<Arc<Ready>, Problem> {
        let known = |ready: &BTreeMap<Text, Arc<Ready>>| ready.get(flow).cloned();
        if let Some(ready) = known(&version.ready.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(ready);
        }
        let around = self.surroundings.clone();
        let made = Ready::of_project(&self.job, version.project.clone(), flow, around, &mut Vec::new());
        let made = made.map_err(|refused| told(&refused))?;
        let mut ready = version.ready.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ready.entry(Text::from(flow)).or_insert(made).clone())
    }
}

/// Why something can't be run, in few words.
pub fn told(refused: &Refused) -> Problem {
    match refused {
        Refused::Problem(problem) => problem.clone(),
        Refused::Mistakes(mistakes) => {
            let first = mistakes.found.first().map(|found| found.message.to_string()).unwrap_or_default();
            let count = flowrun_core::words::many(mistakes.found.len() as u64, "mistake");
            Problem::new(format!("the project has {count}; the first: {first}"))
                .help("`flowrun check` tells them all")
        }
    }
}
