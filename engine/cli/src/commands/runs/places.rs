//! Where runs of before are: in the store of one project, or of all that this user has.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use flowrun_host::session::durable::home::{self, Home, problem};
use flowrun_project::{Problem, Project};
use flowrun_store::{Run, Trouble};

use crate::surroundings::Surroundings;

/// Which stores are looked into.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// The folder that the runs were kept in, where it was named with --state
    #[arg(long, value_name = "FOLDER", help_heading = "Where")]
    pub state: Option<PathBuf>,
    /// Only runs of the project that this file or folder belongs to [default: those of all projects]
    #[arg(long, value_name = "PATH", conflicts_with = "state", help_heading = "Where")]
    pub project: Option<PathBuf>,
    /// Only runs in this environment of a project
    #[arg(long, value_name = "NAME", conflicts_with = "state", help_heading = "Where")]
    pub env: Option<String>,
}

impl PlaceArgs {
    /// The folders in which stores lie.
    pub fn folders(&self, surroundings: &Surroundings) -> Result<Vec<PathBuf>, Problem> {
        if let Some(folder) = &self.state {
            return Ok(vec![folder.clone()]);
        }
        let env = &surroundings.env;
        if let Some(path) = &self.project {
            let environment = self.env.as_deref();
            let project = Project::read_in(path, environment, surroundings.registry.vocabulary())?;
            return Ok(home::folder(&project.root, environment, env).into_iter().collect());
        }
        let Some(all) = home::all(env) else {
            let problem = Problem::new("nothing says where runs are kept: HOME is not set");
            return Err(problem.help("name their folder with --state"));
        };
        let mut folders: Vec<PathBuf> =
            fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        folders.retain(|folder| self.env.as_ref().is_none_or(|name| home::is_of(folder, name)));
        folders.sort();
        Ok(folders)
    }

    /// The stores, to be looked at.
    pub fn homes(&self, surroundings: &Surroundings) -> Result<Vec<Home>, Problem> {
        let folders = self.folders(surroundings)?;
        let homes = folders.iter().map(|folder| Home::look(folder, &surroundings.env));
        Ok(homes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The one folder that is meant: that of the project, or the only one in which anything is kept.
    pub fn one(&self, surroundings: &Surroundings) -> Result<PathBuf, Problem> {
        let mut folders = self.folders(surroundings)?;
        if self.state.is_none() && self.project.is_none() {
            folders.retain(|folder| folder.join("store.db").exists());
        }
        match folders.len() {
            0 => Err(Problem::new("nothing is kept here yet")
                .help("`flowrun FILE --live`, or --state FOLDER, keeps runs")),
            1 => Ok(folders.remove(0)),
            _ => {
                let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
                let problem = Problem::new(format!("several projects keep something: {}", names.join(", ")));
                Err(problem.help("say which: --project PATH, with --env NAME for an environment of it, or --state with one of these folders"))
            }
        }
    }

    /// The run of this name, or whose name begins so, and the store that it is in.
    pub fn find(&self, id: &str, surroundings: &Surroundings) -> Result<(Home, Run), Problem> {
        let mut found = Vec::new();
        for home in self.homes(surroundings)? {
            match home.store.run(id) {
                Ok(run) => found.push((home, run)),
                Err(error) if error.kind == Trouble::Absent => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        if found.len() > 1 {
            let names: Vec<String> = found.iter().map(|(_, run)| run.about.id.to_string()).collect();
            let problem = Problem::new(format!("several runs begin with `{id}`: {}", names.join(", ")));
            return Err(problem.help("write more of its name, or say which project with --project"));
        }
        found.pop().ok_or_else(|| {
            Problem::new(format!("there is no run `{id}`")).help("`flowrun runs` lists those there are")
        })
    }
}
