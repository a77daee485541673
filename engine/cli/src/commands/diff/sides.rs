//! What the two sides of a comparison are: exports, folders of exports, projects, or the file of a flow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flowrun_core::diag::{Diagnostic, render};
use flowrun_core::load::MANIFEST;
use flowrun_core::model::Flow;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_core::words;
use flowrun_project::check::no_flows;
use flowrun_project::export::is_export;
use flowrun_project::{Mistakes, Problem, Project, unreadable};
use flowrun_views::diff::Scope;
use flowrun_views::diff::report::Mark;
use flowrun_views::mistakes::style;

use crate::console::Console;
use crate::outcome::Refused;

/// Two that are compared, or one that has no counterpart.
#[derive(Debug, PartialEq, Eq)]
pub enum Pair {
    /// There are two.
    Both {
        /// The name that both have, if they lie in two folders.
        name: Option<String>,
        /// The old one.
        old: PathBuf,
        /// The new one.
        new: PathBuf,
    },
    /// One folder alone has an export of this name.
    Alone {
        /// The name.
        name: String,
        /// Whether it was added or removed.
        mark: Mark,
    },
}

/// What is to be compared with what.
pub fn pairs(old: &Path, new: &Path) -> Result<Vec<Pair>, Problem> {
    let (was, now) = (exports(old)?, exports(new)?);
    match (was, now) {
        (Some(was), Some(now)) if !was.is_empty() || !now.is_empty() => Ok(by_name(&was, &now)),
        (Some(folder), _) if !folder.is_empty() => Err(mixed(old, new)),
        (_, Some(folder)) if !folder.is_empty() => Err(mixed(new, old)),
        _ => Ok(vec![Pair::Both { name: None, old: old.to_owned(), new: new.to_owned() }]),
    }
}

/// The exports in a folder, by their names; none if the path is a file or a project.
fn exports(path: &Path) -> Result<Option<BTreeMap<String, PathBuf>>, Problem> {
    let metadata = path.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_dir() || path.join(MANIFEST).is_file() {
        return Ok(None);
    }
    let mut found = BTreeMap::new();
    for entry in path.read_dir().map_err(|error| unreadable(path, &error))? {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        match file.file_name().and_then(|name| name.to_str()) {
            Some(name) if is_export(&file) && file.is_file() => {
                found.insert(name.to_owned(), file);
            }
            Some(name) if name.ends_with(".yaml") || name.ends_with(".yml") => return Ok(None),
            _ => {}
        }
    }
    Ok(Some(found))
}

fn mixed(folder: &Path, other: &Path) -> Problem {
    let message = format!("{} is a folder of exports, {} is not", folder.display(), other.display());
    Problem::new(message).help("compare a folder of exports with another one, or one of its exports with one")
}

fn by_name(old: &BTreeMap<String, PathBuf>, new: &BTreeMap<String, PathBuf>) -> Vec<Pair> {
    let mut names: Vec<&String> =
        old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    let pair = |name: &String| match (old.get(name), new.get(name)) {
        (Some(was), Some(now)) => Pair::Both { name: Some(name.clone()), old: was.clone(), new: now.clone() },
        (Some(_), None) => Pair::Alone { name: name.clone(), mark: Mark::Removed },
        (None, _) => Pair::Alone { name: name.clone(), mark: Mark::Added },
    };
    names.into_iter().map(pair).collect()
}

/// Two sides as they were read.
pub struct Sides {
    /// The old one.
    pub was: Project,
    /// The new one.
    pub now: Project,
    /// What is compared of them.
    pub scope: Scope,
    /// Whether all of both could be read.
    pub whole: bool,
}

/// Reads two sides. If one of them is the file of a flow, both are that flow alone.
pub fn read(
    old: &Path,
    new: &Path,
    vocabulary: &Vocabulary,
    console: &mut Console<'_>,
) -> Result<Sides, Refused> {
    let (mut was, mut now) = (Project::read(old, vocabulary)?, Project::read(new, vocabulary)?);
    let scope = match (flow_of(&was, old)?, flow_of(&now, new)?) {
        (None, None) => Scope::Projects,
        (old_flow, new_flow) => {
            let known = old_flow.as_deref().or(new_flow.as_deref()).unwrap_or_default().to_owned();
            let title = was.flow(&known).filter(|_| old_flow.is_some()).or(now.flow(&known));
            let title = title.map(|flow| flow.name.it.to_string()).unwrap_or_default();
            keep(&mut was, old, old_flow, (&known, &title))?;
            keep(&mut now, new, new_flow, (&known, &title))?;
            Scope::Flows
        }
    };
    for (project, path) in [(&was, old), (&now, new)] {
        if scope == Scope::Projects && project.model.flows.is_empty() && !is_export(path) {
            return Err(no_flows(path, "diff").into());
        }
        if !project.troubles.is_empty() {
            let parts = words::many(project.troubles.len() as u64, "part");
            let shown = path.display();
            console.warn(&format!(
                "what can't be read as it was meant in {shown} is not compared ({parts}); `flowrun convert` tells which"
            ));
        }
    }
    let whole = leave_out([&mut was, &mut now], console)?;
    Ok(Sides { was, now, scope, whole })
}

/// The flow that is meant, if the path is the file of one.
fn flow_of(project: &Project, path: &Path) -> Result<Option<String>, Problem> {
    let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
    if path.is_dir() || is_export(path) || is_manifest {
        return Ok(None);
    }
    project.flow_path(path).map(Some)
}

/// Leaves one flow in a project: the one that is meant, or the one that is like it.
fn keep(project: &mut Project, path: &Path, flow: Option<String>, like: (&str, &str)) -> Result<(), Problem> {
    let flows = &project.model.flows;
    let stem = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let found = match &flow {
        Some(flow) => flows.iter().position(|other| *other.path == **flow),
        None => {
            let by_path = flows.iter().position(|other| *other.path == *like.0);
            let by_stem = || flows.iter().position(|other| stem(&other.path) == stem(like.0));
            let by_title = || flows.iter().position(|other| *other.name.it == *like.1);
            let only = || (flows.len() == 1).then_some(0);
            by_path.or_else(by_stem).or_else(by_title).or_else(only)
        }
    };
    let Some(found) = found else {
        let message = format!("there is no flow `{}` in {}", like.0, path.display());
        return Err(Problem::new(message).help("name the file of the flow that it is to be compared with"));
    };
    project.model.flows = vec![project.model.flows.swap_remove(found)];
    Ok(())
}

/// Leaves out the files of which a side can't be read, on both sides, and tells why: of half a flow no one can say what differs.
/// Refuses if nothing is left to compare. Whether all was read.
fn leave_out(sides: [&mut Project; 2], console: &mut Console<'_>) -> Result<bool, Refused> {
    let mut lost = BTreeSet::new();
    for project in &sides {
        let found = project.unread(None);
        let path = |at: &Diagnostic| project.sources.get(at.span.file).path.to_string();
        let files: BTreeSet<String> = found.iter().map(path).collect();
        let is_left = |flow: &Flow| !files.contains(&*project.sources.get(flow.span.file).path);
        if files.contains(MANIFEST) || !files.is_empty() && !project.model.flows.iter().any(is_left) {
            return Err(Refused::Mistakes(Mistakes { found, sources: project.sources.clone() }));
        }
        if !found.is_empty() {
            console.note(&render(&found, &project.sources, style(console.err_look)));
        }
        lost.extend(files);
    }
    for Project { model, sources, .. } in sides {
        model.flows.retain(|flow| !lost.contains(&*sources.get(flow.span.file).path));
    }
    if !lost.is_empty() {
        let flows = words::many(lost.len() as u64, "flow");
        console.warn(&format!("what can't be read is not compared ({flows})"));
    }
    Ok(lost.is_empty())
}
