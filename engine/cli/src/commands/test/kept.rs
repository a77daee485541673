//! Which cases failed the last time, for `--failed`: beside the state of their project's runs, for it is of this machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use flowrun_host::session::durable::home;
use flowrun_project::{Problem, unwritable};
use flowrun_store::make_private;
use flowrun_testing::suite::Suite;

use super::choose::Chosen;
use crate::surroundings::Surroundings;

/// The file, in the folder of a project's state.
const FILE: &str = "failed-tests.json";

/// The cases that failed the last time that they were run, by file and title.
#[derive(Debug)]
pub struct Failed {
    path: PathBuf,
    cases: BTreeSet<(String, String)>,
}

impl Failed {
    /// Those of a project; none where nothing says whose home it is.
    pub fn read(suite: &Suite, surroundings: &Surroundings) -> Option<Failed> {
        let root = &suite.project.root;
        let root = root.canonicalize().unwrap_or_else(|_| root.clone());
        let path = home::folder(&root, None, &surroundings.env)?.join(FILE);
        let text = fs::read_to_string(&path).unwrap_or_default();
        Some(Failed { path, cases: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// Whether a case is one of them.
    pub fn holds(&self, one: &Chosen<'_>) -> bool {
        self.cases.contains(&(one.beside.name.clone(), one.title()))
    }

    /// Notes how the cases ended that were run; of others it stays.
    pub fn note<'c>(mut self, ran: impl Iterator<Item = (&'c Chosen<'c>, bool)>) -> Result<(), Problem> {
        let before = self.cases.clone();
        for (one, failed) in ran {
            let case = (one.beside.name.clone(), one.title());
            if failed {
                self.cases.insert(case)
            } else {
                self.cases.remove(&case)
            };
        }
        if self.cases == before {
            return Ok(());
        }
        let unwritable = |error| unwritable(&self.path, &error);
        if let Some(folder) = self.path.parent() {
            make_private(folder).map_err(unwritable)?;
        }
        let text = serde_json::to_string_pretty(&self.cases).unwrap_or_default();
        fs::write(&self.path, text).map_err(unwritable)
    }
}
