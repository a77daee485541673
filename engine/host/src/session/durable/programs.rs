//! The programs of runs of before, each made once for all its runs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_core::check::Checked;
use flowrun_core::program::Program;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_project::bundle::Started;
use flowrun_project::{Project, check};

use super::opening::{self, Opening};

/// So many are kept: those that were used last.
const MOST: usize = 16;

/// The programs that were made last.
#[derive(Default)]
pub struct Programs(Mutex<VecDeque<Made>>);

struct Made {
    hash: String,
    started: Started,
    project: Arc<Project>,
    program: Arc<Program>,
}

impl Programs {
    /// The program with this hash, as a run that began so has it; `body` is what is stored of it.
    pub fn get(
        &self,
        hash: &str,
        opening: &Opening,
        body: &[u8],
        vocabulary: &Vocabulary,
    ) -> Result<(Arc<Project>, Arc<Program>), String> {
        let started = opening.started();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |made: &Made| {
            made.hash == hash && made.started.vars == started.vars && made.started.root == started.root
        };
        if let Some(found) = made.iter().position(same).and_then(|place| made.remove(place)) {
            let both = (found.project.clone(), found.program.clone());
            made.push_front(found);
            return Ok(both);
        }
        let bundle = opening::bundle(body, started)?;
        let project = Arc::new(Project::of_bundle(&bundle, vocabulary));
        let Checked { program, .. } = check::examine(&project, vocabulary, &bundle.started.vars.given());
        let program = Arc::new(program);
        made.truncate(MOST - 1);
        let (hash, started) = (hash.to_owned(), bundle.started);
        made.push_front(Made { hash, started, project: project.clone(), program: program.clone() });
        Ok((project, program))
    }
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Programs").finish()
    }
}
