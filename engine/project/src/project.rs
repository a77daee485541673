//! Finds and reads the project that a file or a folder belongs to.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flowrun_core::card::Catalog;
use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::load::{MANIFEST, MAX_BYTES, load};
use flowrun_core::model::{self, Step};
use flowrun_core::names::{Names, stem};
use flowrun_core::source::{FileId, Sources};
use flowrun_core::suggest::closest;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_core::words;
use flowrun_exports::Trouble;

use crate::bundle::File;
use crate::check::is_error;
use crate::exclude::Exclude;
use crate::export;
use crate::problem::{Problem, unreadable};

/// A folder with more files than this isn't taken for a project.
const MOST_FILES: usize = 5_000;

/// How many folders may lie in each other.
const DEEPEST: usize = 32;

/// A project as it was read.
#[derive(Debug)]
pub struct Project {
    /// The folder of its manifest; of the flow where there is none.
    pub root: PathBuf,
    /// Its files.
    pub sources: Sources,
    /// What they say.
    pub model: model::Project,
    /// What loading found wrong in them.
    pub found: Vec<Diagnostic>,
    /// If it was read from an export of Okta's: what of that could not be read as it was meant.
    pub troubles: Vec<Trouble>,
    /// If it was read from an export of Okta's: that, as it stands.
    pub export: Option<File>,
    /// The files of flow tests that lie among its own.
    pub tests: Vec<PathBuf>,
}

/// Whether a file of this name holds flow tests.
pub fn is_test(name: &str) -> bool {
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

/// Whether a file of this name holds what a run exchanged with vendors.
pub fn is_recording(name: &str) -> bool {
    name.ends_with(".rec.yaml") || name.ends_with(".rec.yml")
}

impl Project {
    /// The project that `path`, a flow or a folder, belongs to.
    pub fn read(path: &Path, vocabulary: &Vocabulary) -> Result<Project, Problem> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if metadata.is_file() && export::is_export(path) {
            return export::read(path, vocabulary);
        }
        let real = path.canonicalize().map_err(|error| unreadable(path, &error))?;
        let folder = if metadata.is_dir() { real.as_path() } else { real.parent().unwrap_or(Path::new("/")) };
        let root = folder.ancestors().find(|folder| folder.join(MANIFEST).is_file());
        // Without a manifest nothing says what belongs together but the folder.
        let depth = if root.is_some() { DEEPEST } else { 0 };
        let exclude = root.map(excluded).transpose()?.unwrap_or_default();
        let root = root.unwrap_or(folder);
        let mut found = Found { root, exclude, files: Vec::new(), tests: Vec::new() };
        found.collect(root, depth)?;
        let (mut files, mut tests) = (found.files, found.tests);
        files.sort();
        tests.sort();
        let mut sources = Sources::default();
        for file in files {
            sources.add(&relative(root, &file), &text(&file)?);
        }
        let (model, found) = load(&sources, &vocabulary.cards);
        Ok(Project {
            root: root.to_owned(),
            sources,
            model,
            found,
            troubles: Vec::new(),
            export: None,
            tests,
        })
    }

    /// The project that `path` belongs to, in one of its environments where one is named.
    pub fn read_in(
        path: &Path,
        environment: Option<&str>,
        vocabulary: &Vocabulary,
    ) -> Result<Project, Problem> {
        Project::read(path, vocabulary)?.within(environment)
    }

    /// The same project in one of its environments, where one is named.
    pub fn within(mut self, environment: Option<&str>) -> Result<Project, Problem> {
        let Some(name) = environment else { return Ok(self) };
        if self.model.manifest.choose(name) {
            return Ok(self);
        }
        let known = self.model.manifest.environments.iter().map(|known| &*known.name.it);
        let problem = Problem::new(format!("the project has no environment `{name}`"));
        Err(problem.meant(closest(name, known.clone())).or_help(|| match known.collect::<Vec<_>>() {
            known if known.is_empty() => {
                format!("it has none: define it in {MANIFEST}, as in `environments: {{ {name}: {{ vars: {{ … }} }} }}`")
            }
            known => format!("it has {}", known.join(", ")),
        }))
    }

    /// The environment that was chosen, if one was.
    pub fn environment(&self) -> Option<&str> {
        self.model.manifest.within.as_deref()
    }

    /// The mistakes for which parts of a file, or of any, could not be read: what is shown of it lacks them. A credential is
    /// read, and never shown.
    pub fn unread(&self, file: Option<FileId>) -> Vec<Diagnostic> {
        let hides = |found: &&Diagnostic| is_error(found) && found.code != Code::SecretInFile;
        let there = |found: &&Diagnostic| file.is_none_or(|file| found.span.file == file);
        self.found.iter().filter(hides).filter(there).cloned().collect()
    }

    /// The path of the flow that is meant by a file and, for an export, by a flow's title or name.
    pub fn entry(&self, file: &Path, flow: Option<&str>) -> Result<String, Problem> {
        let Some(name) = flow else {
            return if export::is_export(file) { self.only_flow(file) } else { self.flow_path(file) };
        };
        let named = |flow: &&model::Flow| {
            *flow.path == *name
                || flow.around().is_none() && *flow.name.it == *name
                || stem(&flow.path) == name
        };
        let found: Vec<&model::Flow> = self.model.flows.iter().filter(named).collect();
        match found[..] {
            [flow] => Ok(flow.path.to_string()),
            [] => {
                let names = self.model.files().flat_map(|flow| [&*flow.path, &*flow.name.it]);
                let problem = Problem::new(format!("there is no flow `{name}` in {}", file.display()));
                Err(problem.meant(closest(name, names)).or_help(|| self.choices()))
            }
            _ => {
                let paths: Vec<&str> = found.iter().map(|flow| &*flow.path).collect();
                Err(Problem::new(format!("`{name}` is more than one flow"))
                    .help(format!("choose one of {}", paths.join(", "))))
            }
        }
    }

    /// The flow of an export that has one only.
    fn only_flow(&self, file: &Path) -> Result<String, Problem> {
        let flows: Vec<&model::Flow> = self.model.files().collect();
        match flows[..] {
            [flow] => Ok(flow.path.to_string()),
            _ => {
                let flows = words::many(flows.len() as u64, "flow");
                Err(Problem::new(format!("{} has {flows}", file.display())).help(self.choices()))
            }
        }
    }

    /// Which flows can be chosen, those that something starts first.
    fn choices(&self) -> String {
        const SHOWN: usize = 12;
        let mut flows: Vec<&model::Flow> = self.model.files().collect();
        flows.sort_by_key(|flow| matches!(flow.trigger, model::Trigger::Helper));
        let shown: Vec<String> =
            flows.iter().take(SHOWN).map(|flow| format!("\"{}\"", flow.name.it)).collect();
        let more = if flows.len() > SHOWN { ", …" } else { "" };
        format!("name one with --flow: {}{more}", shown.join(", "))
    }

    /// The path by which flows name the flow in `file`.
    pub fn flow_path(&self, file: &Path) -> Result<String, Problem> {
        let real = file.canonicalize().map_err(|error| unreadable(file, &error))?;
        let path = relative(&self.root, &real);
        let flow = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml"));
        match flow {
            Some(flow) if path != MANIFEST && self.model.flows.iter().any(|known| *known.path == *flow) => {
                Ok(flow.to_owned())
            }
            _ if path == MANIFEST => {
                let problem =
                    Problem::new(format!("{} is the project's manifest, not a flow", file.display()));
                Err(problem.help(format!("run one of its flows: {}", self.starters().join(", "))))
            }
            _ => {
                let left_out = Exclude::of(&self.model.manifest).leaves_out(&path);
                Err(Problem::new(format!("{} isn't a flow", file.display())).help(if left_out {
                    "`exclude` in flowrun.yaml leaves it out"
                } else {
                    "a flow is a file whose name ends in .yaml"
                }))
            }
        }
    }

    /// The flows that something other than a flow starts, if there are any, else all: those that are most likely meant.
    pub fn starters(&self) -> Vec<String> {
        let starts = |flow: &&model::Flow| !matches!(flow.trigger, model::Trigger::Helper);
        let mut flows: Vec<&model::Flow> = self.model.flows.iter().filter(starts).collect();
        if flows.is_empty() {
            flows = self.model.files().collect();
        }
        flows.iter().take(5).map(|flow| format!("{}.yaml", flow.path)).collect()
    }

    /// What the project is called: by its manifest, or else by its folder or file.
    pub fn title(&self, path: &Path) -> String {
        let file = || {
            let path = if export::is_export(path) { path } else { self.root.as_path() };
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
        };
        let named = self.model.manifest.name.as_ref().map(|name| name.to_string());
        named.or_else(file).unwrap_or_else(|| "Flows".to_owned())
    }

    /// Whether the export that it was made of has flows that could not be read.
    pub fn lacks_flows(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.flow_is_lost)
    }

    /// The flow with this path.
    pub fn flow(&self, path: &str) -> Option<&model::Flow> {
        self.model.flow(path)
    }

    /// The names of the connections that a run of the flow `entry` may reach.
    pub fn connections_of(&self, entry: &str, vocabulary: &Vocabulary) -> BTreeSet<String> {
        let names = Names::new(&self.model);
        let entry = names.path(entry).into_iter().flat_map(|entry| names.reached(entry, &vocabulary.cards));
        let cards = entry.flat_map(|flow| self.model.flows[flow].all_cards());
        let connection = |step: &Step| {
            let connector = vocabulary.cards.get(&step.card)?.connector()?;
            names.connection(step.connection.as_ref(), connector)
        };
        let found = cards.filter_map(connection);
        found.map(|found| self.model.manifest.connections[found].name.to_string()).collect()
    }
}

/// What the manifest in `root` leaves out. What is wrong with it is told when all files are read.
fn excluded(root: &Path) -> Result<Exclude, Problem> {
    let mut sources = Sources::default();
    sources.add(MANIFEST, &text(&root.join(MANIFEST))?);
    Ok(Exclude::of(&load(&sources, &Catalog::default()).0.manifest))
}

/// The files of a project.
struct Found<'r> {
    root: &'r Path,
    exclude: Exclude,
    files: Vec<PathBuf>,
    tests: Vec<PathBuf>,
}

impl Found<'_> {
    /// Adds the YAML files of a folder, and of those in it.
    fn collect(&mut self, folder: &Path, depth: usize) -> Result<(), Problem> {
        for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
            let entry = entry.map_err(|error| unreadable(folder, &error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with('.') || matches!(name, "target" | "node_modules") {
                continue;
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
            let inside = relative(self.root, &path);
            if inside != MANIFEST && self.exclude.leaves_out(&inside) {
                continue;
            }
            // A link to a folder could lead in circles, or out of the project.
            if kind.is_dir() && depth > 0 {
                self.collect(&path, depth - 1)?;
            } else if is_test(name) && path.is_file() {
                self.tests.push(path);
            } else if is_recording(name) {
                // It is read by the tests that name it.
            } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && path.is_file() {
                self.files.push(path);
                if self.files.len() > MOST_FILES {
                    let problem = Problem::new(format!(
                        "there are more than {MOST_FILES} YAML files below the project's folder"
                    ));
                    return Err(problem.help(
                        "is flowrun.yaml in the right folder? Folders without flows are left out by `exclude` in it",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The text of a file, not much more of it than a flow may have: the loader says that it is too large.
pub fn text(path: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(MAX_BYTES as u64 + 4).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    let cut = bytes.len() > MAX_BYTES;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // The end of what was read may lie inside of a letter.
        Err(error) if cut => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
                + 1;
            Err(Problem::new(format!("{} isn't text: line {line} is not UTF-8", path.display()))
                .help("save the file as UTF-8"))
        }
    }
}

fn relative(root: &Path, file: &Path) -> String {
    let path = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
