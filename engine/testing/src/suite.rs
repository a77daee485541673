//! Test files, found and read, each beside the flow or export that it tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::program::Program;
use flowrun_core::source::{Sources, Span};
use flowrun_kit::registry::Registry;
use flowrun_project::check::has_errors;
use flowrun_project::project::{is_test, text};
use flowrun_project::{Problem, Project, export};

use crate::form::TestFile;
use crate::recorded;
use crate::run::program;

/// The tests of a project, or of an export.
#[derive(Debug)]
pub struct Suite {
    /// What is tested.
    pub project: Arc<Project>,
    /// The project's flows that have no mistakes.
    pub program: Arc<Program>,
    /// Its files, and those of the tests behind them.
    pub sources: Sources,
    /// The test files.
    pub files: Vec<Beside>,
    /// What is wrong with them.
    pub found: Vec<Diagnostic>,
}

/// A test file beside what it tests.
#[derive(Debug)]
pub struct Beside {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path from the project's folder, by which people know it.
    pub name: String,
    /// What it says.
    pub file: TestFile,
    /// The path of the flow that it tests; empty where there is none.
    pub entry: String,
}

/// The endings of exports, in the order in which they are looked for.
const EXPORTS: &[&str] = &["flopack", "folder", "flow", "json"];

impl Suite {
    /// The tests of all that `path` names: a folder with all projects and exports in it that have tests, a test file, a flow or an export.
    pub fn find(path: &Path, registry: &Registry) -> Result<Vec<Suite>, Problem> {
        let vocabulary = registry.vocabulary();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_file() && is_test(&name) {
            let tested = export_of(path).or_else(|| path.parent().map(Path::to_owned));
            let tested =
                tested.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."));
            let project = Arc::new(Project::read(&tested, vocabulary)?);
            return Ok(vec![Suite::of(&project, &[path.to_owned()], registry)?]);
        }
        if path.is_file() {
            let test = path.with_extension("test.yaml");
            let tests = tests_of(path);
            if tests.is_empty() {
                let problem = Problem::new(format!("{} has no tests", path.display()));
                return Err(problem.help(format!("they stand in {}", test.display())));
            }
            if !export::is_export(path) {
                return Suite::find(&test, registry);
            }
            let project = Arc::new(Project::read(path, vocabulary)?);
            return Ok(vec![Suite::of(&project, &tests, registry)?]);
        }
        let project = Arc::new(Project::read(path, vocabulary)?);
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let below = project.tests.iter().filter(|test| test.starts_with(&real)).cloned();
        // Those of the project's own flows first.
        let mut tested: BTreeMap<Option<PathBuf>, Vec<PathBuf>> = BTreeMap::new();
        for test in below {
            tested.entry(export_of(&test)).or_default().push(test);
        }
        let suite = |(export, tests): (Option<PathBuf>, Vec<PathBuf>)| match export {
            Some(export) => Suite::of(&Arc::new(Project::read(&export, vocabulary)?), &tests, registry),
            None => Suite::of(&project, &tests, registry),
        };
        tested.into_iter().map(suite).collect()
    }

    /// The tests that stand beside the flows of a project, or beside the export that it was read from.
    pub fn beside(path: &Path, project: &Arc<Project>, registry: &Registry) -> Result<Suite, Problem> {
        let tests = match project.export.is_some() {
            true => tests_of(path),
            false => {
                project.tests.iter().filter(|test| export_of(test).is_none()).cloned().collect::<Vec<_>>()
            }
        };
        Suite::of(project, &tests, registry)
    }

    fn of(project: &Arc<Project>, tests: &[PathBuf], registry: &Registry) -> Result<Suite, Problem> {
        let program = Arc::new(program(project, registry));
        let mut suite = Suite {
            sources: project.sources.clone(),
            project: project.clone(),
            program,
            files: Vec::new(),
            found: Vec::new(),
        };
        for test in tests {
            suite.read(test, registry)?;
        }
        Ok(suite)
    }

    fn read(&mut self, path: &Path, registry: &Registry) -> Result<(), Problem> {
        let text = text(path)?;
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let root = self.project.root.canonicalize().unwrap_or_else(|_| self.project.root.clone());
        let name = real.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let id = self.sources.add(&name, &text);
        let (file, mut found) = TestFile::read(id, &text);
        let entry = match self.entry(&file, &name) {
            Ok(entry) => entry,
            Err(mistake) => {
                found.push(*mistake);
                String::new()
            }
        };
        if let Some(flow) = self.program.find(&entry) {
            found.extend(recorded::judge(&file, path, &entry));
            if !has_errors(&found) {
                let vars: Vec<&str> =
                    self.project.model.manifest.vars.iter().map(|var| &*var.name.it).collect();
                let judged = file.judge((&self.program, flow), &vars, registry.vocabulary(), registry);
                found.extend(judged);
            }
        } else if !entry.is_empty() {
            let message = format!("the flow `{entry}` has mistakes, so that it can't be tested");
            let mistake = Diagnostic::new(Code::UnknownFlow, Span::start_of(id), message);
            found.push(mistake.help("see `flowrun check`"));
        }
        self.found.append(&mut found);
        self.files.push(Beside { path: real, name, file, entry });
        Ok(())
    }

    /// The path of the flow that a file tests.
    fn entry(&self, file: &TestFile, name: &str) -> Result<String, Box<Diagnostic>> {
        let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name);
        let stem = stem.strip_suffix(".test").unwrap_or(stem);
        let flows = &self.project.model.flows;
        let paths: Vec<&str> = flows.iter().map(|flow| &*flow.path).collect();
        let Some(named) = &file.flow else {
            if paths.contains(&stem) {
                return Ok(stem.to_owned());
            }
            let mut starts = self.project.model.files();
            if let (Some(only), None) = (starts.next(), starts.next()) {
                return Ok(only.path.to_string());
            }
            let message = format!("there is no flow `{stem}` beside this file");
            let mistake = Diagnostic::new(Code::UnknownFlow, Span::start_of(file.file), message);
            return Err(Box::new(mistake.help("say which flow is tested: `flow: NAME`")));
        };
        let folder =
            stem.rsplit_once('/').map(|(folder, _)| format!("{folder}/{}", named.it)).unwrap_or_default();
        let is = |flow: &&flowrun_core::model::Flow| {
            *flow.path == *named.it || *flow.path == *folder || *flow.name.it == *named.it
        };
        let found: BTreeSet<&str> = flows.iter().filter(is).map(|flow| &*flow.path).collect();
        match found.into_iter().collect::<Vec<_>>()[..] {
            [path] => Ok(path.to_owned()),
            [] => {
                let message = format!("there is no flow `{}`", named.it);
                let near = flowrun_core::suggest::closest(&named.it, paths.iter().copied());
                Err(Box::new(Diagnostic::new(Code::UnknownFlow, named.span, message).meant(near)))
            }
            ref several => {
                let message = format!("`{}` is more than one flow", named.it);
                let mistake = Diagnostic::new(Code::UnknownFlow, named.span, message);
                Err(Box::new(mistake.help(format!("name one of {}", several.join(", ")))))
            }
        }
    }
}

/// The test files of a flow or an export. An export has several flows to start with, and so may have several: those of `Resets.flopack` are
/// `Resets.test.yaml` and `Resets.*.test.yaml`.
fn tests_of(path: &Path) -> Vec<PathBuf> {
    let first = path.with_extension("test.yaml");
    let entries =
        path.parent().filter(|_| export::is_export(path)).map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        });
    let entries = entries.and_then(|folder| folder.read_dir().ok()).into_iter().flatten();
    let beside = entries.filter_map(Result::ok).map(|entry| path.with_file_name(entry.file_name()));
    let mut tests: Vec<PathBuf> =
        beside.filter(|test| export_of(test).is_some_and(|export| export == path)).collect();
    if first.is_file() && !tests.contains(&first) {
        tests.push(first);
    }
    tests.sort();
    tests
}

/// The export that a test file lies beside, by its name or by the part of it before another dot.
fn export_of(test: &Path) -> Option<PathBuf> {
    let name = test.file_name()?.to_str()?;
    let stem = name.strip_suffix(".test.yaml").or_else(|| name.strip_suffix(".test.yml"))?;
    let stems = [Some(stem), stem.rsplit_once('.').map(|(export, _)| export)];
    let paths = stems.into_iter().flatten();
    let mut found = paths
        .flat_map(|stem| EXPORTS.iter().map(move |ending| test.with_file_name(format!("{stem}.{ending}"))));
    found.find(|path| path.is_file() && export::is_export(path))
}
