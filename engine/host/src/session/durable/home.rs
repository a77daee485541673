//! Where a project keeps what outlives its runs: a folder for each project, with one store for all hosts that its runs reach.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use flowrun_core::value::Text;
use flowrun_kit::files::Files;
use flowrun_project::Problem;
use flowrun_store::{
    Access, Backup, Filter, Finding, Forgotten, Holder, InMemory, KEY_VARIABLE, Key, Restored, Settings,
    Sqlite, Store, StoreError, Trouble,
};
use flowrun_tables::Keeper;
use sha2::{Digest, Sha256};

use super::programs::Programs;
use super::seal::Sealing;
use crate::driver::Stop;
use crate::session::state::hex;

/// The file beside a store that says when it was copied last.
const BACKED_UP: &str = "backed-up";

/// How often it is looked whether another process has given the store back.
const LOOK: Duration = Duration::from_secs(1);

/// The folder of a project that lies at `root`, or of one of its environments; none where the process's own doesn't say whose home
/// it is.
pub fn folder(root: &Path, environment: Option<&str>, env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let given = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = given("XDG_STATE_HOME").or_else(|| given("HOME").map(|home| home.join(".local/state")))?;
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hash = hex(&Sha256::digest(format!("project {}", root.display())));
    let within = environment.map(|name| format!("@{name}")).unwrap_or_default();
    Some(state.join("flowrun").join(format!("{name}{within}-{}", &hash[..12])))
}

/// Whether a folder is that of an environment of this name.
pub fn is_of(folder: &Path, environment: &str) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.rsplit_once('-').is_some_and(|(name, _)| name.ends_with(&format!("@{environment}")))
}

/// The folder in which those of all projects are.
pub fn all(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    folder(Path::new("/"), None, env)?.parent().map(Path::to_owned)
}

/// The store in a folder, for this process alone while it is at work.
pub fn own_now(folder: &Path, env: &BTreeMap<String, String>, who: &str) -> Result<Home, Problem> {
    let holder = Holder::new(who, "", crate::session::plan::now_ms());
    own(folder, &holder, env).map_err(|error| problem(&error))
}

fn own(folder: &Path, holder: &Holder, env: &BTreeMap<String, String>) -> Result<Home, StoreError> {
    let store = Sqlite::open(folder, Access::Own(holder.clone()), Settings::default())?;
    if let Some(damage) = store.damage() {
        return Err(damage.clone());
    }
    let key = store.key(env.get(KEY_VARIABLE).map(String::as_str))?;
    let store = Arc::new(store);
    Ok(Home {
        folder: folder.to_owned(),
        store: store.clone(),
        file: Some(store),
        sealing: Sealing(Some(Arc::new(key))),
        kept: Keeper::default(),
        programs: Arc::default(),
        owns: true,
    })
}

/// Puts a backup in the place of the store in a folder; nobody may have that meanwhile.
pub fn restore(from: &Path, folder: &Path) -> Result<Restored, Problem> {
    let holder = Holder::new("flowrun restore", "", crate::session::plan::now_ms());
    flowrun_store::restore(from, folder, &holder).map_err(|error| problem(&error))
}

/// Gives up the key that a store knows for the one that is there now, or a new one: what was sealed before stays shut. Tells where
/// the key is from.
pub fn new_key(folder: &Path, env: &BTreeMap<String, String>) -> Result<String, Problem> {
    let holder = Holder::new("flowrun doctor", "", crate::session::plan::now_ms());
    let store =
        Sqlite::open(folder, Access::Own(holder), Settings::default()).map_err(|error| problem(&error))?;
    let key =
        store.replace_key(env.get(KEY_VARIABLE).map(String::as_str)).map_err(|error| problem(&error))?;
    Ok(key.origin().to_owned())
}

/// All that can be looked at in the store of a folder, to the last byte; nothing is changed.
pub fn doctor(folder: &Path, env: &BTreeMap<String, String>) -> Result<Vec<Finding>, Problem> {
    let store = Sqlite::open(folder, Access::Look, Settings::default()).map_err(|error| problem(&error))?;
    Ok(store.doctor(env.get(KEY_VARIABLE).map(String::as_str)))
}

/// Which hosts a run reaches, in one line: what was imported into a sandbox says nothing of a real org, so that each set of hosts
/// has runs, tables and keys of its own.
pub fn scope(hosts: &[(String, String)]) -> Text {
    let mut hosts: Vec<String> = hosts.iter().map(|(name, host)| format!("{name}: {host}")).collect();
    hosts.sort();
    Text::from(if hosts.is_empty() { "no connections".to_owned() } else { hosts.join(", ") })
}

/// The stores that this process has; clones know of each other.
#[derive(Clone, Debug, Default)]
pub struct Stores(Arc<Mutex<BTreeMap<PathBuf, Weak<Home>>>>);

/// A project's store, and the key that its secrets are sealed with.
#[derive(Debug)]
pub struct Home {
    /// The folder in which it lies.
    pub folder: PathBuf,
    /// What it holds.
    pub store: Arc<dyn Store>,
    /// The file that it is, if it is one.
    pub file: Option<Arc<Sqlite>>,
    /// Seals with its key.
    pub sealing: Sealing,
    /// Its kept tables, as all runs of the process share them.
    pub kept: Keeper,
    /// The programs of its runs.
    pub programs: Arc<Programs>,
    /// Whether this process may write.
    pub owns: bool,
}

impl Stores {
    /// The store in a folder, which this process has for itself from now on. Where another process has it, waits for that one's end if
    /// `wait` says so, which `tell` hears of; else says who has it.
    pub async fn own(
        &self,
        folder: &Path,
        holder: &Holder,
        (env, wait): (&BTreeMap<String, String>, bool),
        stop: &Stop,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Arc<Home>, Problem> {
        let mut told = false;
        loop {
            let error = match self.try_own(folder, holder, env) {
                Ok(home) => return Ok(home),
                Err(error) if error.kind == Trouble::Owned && wait => error,
                Err(error) => return Err(problem(&error)),
            };
            if !told {
                tell(&format!("waits: {}", error.message));
                told = true;
            }
            let mut stop = stop.clone();
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.given() => {
                    return Err(Problem::new(format!("stopped while it waited: {}", error.message)));
                }
            }
        }
    }

    /// The same now or never.
    pub fn own_now(
        &self,
        folder: &Path,
        holder: &Holder,
        env: &BTreeMap<String, String>,
    ) -> Result<Arc<Home>, Problem> {
        self.try_own(folder, holder, env).map_err(|error| problem(&error))
    }

    /// Has runs that keep something in the folder of this store keep it there, whether it is on a disk or not; as long as somebody has it.
    pub fn keep(&self, home: &Arc<Home>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(home.folder.clone(), Arc::downgrade(home));
    }

    /// Whether the store of a folder lies in memory.
    pub fn is_in_memory(&self, folder: &Path) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(folder).and_then(Weak::upgrade).is_some_and(|home| home.file.is_none())
    }

    fn try_own(
        &self,
        folder: &Path,
        holder: &Holder,
        env: &BTreeMap<String, String>,
    ) -> Result<Arc<Home>, StoreError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if let Some(home) = known.get(&place).and_then(Weak::upgrade) {
            return Ok(home);
        }
        let home = Arc::new(own(folder, holder, env)?);
        // Only now it lies there under its own name.
        let place = folder.canonicalize().unwrap_or(place);
        known.insert(place, Arc::downgrade(&home));
        Ok(home)
    }
}

impl Home {
    /// A store in memory, as if it lay in this folder. What is sealed there is as safe as the memory of the process.
    pub fn in_memory(folder: &Path, store: Arc<InMemory>, programs: Arc<Programs>) -> Home {
        Home {
            folder: folder.to_owned(),
            store,
            file: None,
            sealing: Sealing(Some(Arc::new(Key::new(&[7; 32], "memory")))),
            kept: Keeper::default(),
            programs,
            owns: true,
        }
    }

    /// Copies the store into a new folder, while runs go on; without its key.
    pub fn backup(&self, to: &Path) -> Result<Backup, Problem> {
        let file = self.file.as_ref().ok_or_else(|| Problem::new("this store lies in memory"))?;
        let backup = file.backup(to).map_err(|error| problem(&error))?;
        // Whoever made it may only look: then nobody is told how old the newest is.
        let _ = std::fs::write(self.folder.join(BACKED_UP), crate::session::plan::now_ms().to_string());
        Ok(backup)
    }

    /// Gives `files` all that a run has.
    pub fn hand(&self, run: &str, files: &Files) -> Result<(), Problem> {
        for hash in self.store.files(run).map_err(|error| problem(&error))? {
            let mut content = self.store.file(&hash).map_err(|error| problem(&error))?;
            let mut draft = files.draft();
            std::io::copy(&mut content, &mut draft)
                .map_err(|error| Problem::new(format!("a file of the run can't be read: {error}")))?;
            draft.keep("", 0);
        }
        Ok(())
    }

    /// When it was copied last, in milliseconds since 1970; none if nobody knows that it was.
    pub fn backed_up_ms(&self) -> Option<i64> {
        std::fs::read_to_string(self.folder.join(BACKED_UP)).ok()?.trim().parse().ok()
    }

    /// Takes away all that mentions a person, from the store and from the kept tables in memory; with `look` it only tells what would go.
    pub fn forget(&self, person: &str, look: bool) -> Result<Forgotten, StoreError> {
        if look {
            return self.store.forget(person, true);
        }
        self.kept.taking(|| {
            let found = self.store.forget(person, false);
            let rows = found.iter().flat_map(|found| &found.rows);
            let rows = rows.map(|(table, row)| (table.scope.clone(), table.name.clone(), *row)).collect();
            (found, rows)
        })
    }

    /// Refuses a run that wants to be alone while another one is open that nobody runs.
    pub fn nobody_else(&self, scope: &str, key: &str, flow: &str) -> Result<(), Problem> {
        let filter = Filter { scope: Some(scope.to_owned()), alone: Some(key.to_owned()), ..Filter::open() };
        let others = self.store.runs(&filter).map_err(|error| problem(&error))?;
        let Some(other) = others.first() else { return Ok(()) };
        let (id, status) = (&other.about.id, other.state.status().name());
        let message = format!(
            "`{flow}` wants to be alone, and run {id} of `{}` has not ended ({status})",
            other.about.title
        );
        Err(Problem::new(message)
            .help(format!("`flowrun resume {id}` goes on with it, `flowrun cancel {id}` ends it")))
    }

    /// The store in a folder, to be looked at beside whoever has it; none if there never was one.
    pub fn look(folder: &Path, env: &BTreeMap<String, String>) -> Result<Option<Home>, Problem> {
        if !folder.join("store.db").exists() {
            return Ok(None);
        }
        let store = match Sqlite::open(folder, Access::Look, Settings::default()) {
            Err(error) if error.kind == Trouble::Absent => return Ok(None),
            opened => opened.map_err(|error| problem(&error))?,
        };
        // Who has no key sees dots.
        let key =
            Key::find(folder, env.get(KEY_VARIABLE).map(String::as_str)).map_err(|error| problem(&error))?;
        let store = Arc::new(store);
        Ok(Some(Home {
            folder: folder.to_owned(),
            store: store.clone(),
            file: Some(store),
            sealing: Sealing(key.map(Arc::new)),
            kept: Keeper::default(),
            programs: Arc::default(),
            owns: false,
        }))
    }
}

/// What went wrong with a store, for people.
pub fn problem(error: &StoreError) -> Problem {
    Problem { message: error.message.clone(), help: error.help.clone() }
}
