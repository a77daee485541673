//! `flowrun fmt`: brings flow files into one form.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_core::diag::{Diagnostic, mended};
use flowrun_core::format::format;
use flowrun_core::source::Sources;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_core::words;
use flowrun_host::session::state::rewrite;
use flowrun_project::check::{Given, examine, no_flows};
use flowrun_project::export::is_export;
use flowrun_project::{Mistakes, Problem, Project, project, unreadable, unwritable};

use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused, WRONG, finish};
use crate::surroundings::Surroundings;

/// What stands for the standard input among the paths.
const INPUT: &str = "-";

/// What `fmt` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun fmt                      the files of the project in this folder and below it
  flowrun fmt flows/import.yaml    this file only
  flowrun fmt --check              for CI: names the files that would change, and changes nothing
  flowrun fmt - < flow.yaml        for editors

Keys of flows and cards get one order, texts the quotes that they need, short lists and mappings one
line. Comments stay where they are, and the file says the same as before; one of which that can't be
said is left as it is. Names that flowrun itself has changed, as `row_id` of a row, are brought up to date.

Exit codes: 0 done, 1 with --check: files would change, 2 a file could not be formatted.")]
pub struct FmtArgs {
    /// Flows or folders; - reads the standard input and writes to the standard output
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing: list the files that would change, and end with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

/// Brings files into the one form.
pub fn run(args: &FmtArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    if args.paths.iter().any(|path| path.as_os_str() == INPUT) {
        return match &args.paths[..] {
            [_] => input(args.check, surroundings, console),
            _ => Err(Problem::new("`-` stands for the standard input, which is all there is to format")
                .help("name `-`, or files and folders")
                .into()),
        };
    }
    let files = files(&args.paths, surroundings.registry.vocabulary())?;
    let mut said = Said::default();
    for file in &files {
        said.file(file, args.check)?;
    }
    said.tell(files.len(), args.check, console)
}

/// Formats the standard input.
fn input(check: bool, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let text = (surroundings.input)()
        .map_err(|error| Problem::new(format!("the standard input can't be read: {error}")))?;
    let mut sources = Sources::default();
    let file = sources.add("standard input", &text);
    match format(file, &text) {
        Err(mistake) => Err(Refused::Mistakes(Mistakes { found: vec![mistake], sources })),
        Ok(formatted) if check => Ok(if formatted == text { DONE } else { FAILED }),
        Ok(formatted) => {
            console.print(&formatted)?;
            Ok(DONE)
        }
    }
}

/// A file to be formatted.
struct File {
    /// Where it is.
    path: PathBuf,
    /// What it is called in messages.
    name: String,
    /// What is in it.
    text: String,
    /// The same, with what can be mended in it; and how many mistakes that were.
    mended: (String, usize),
}

/// The files that paths name, each once, in their order.
fn files(paths: &[PathBuf], vocabulary: &Vocabulary) -> Result<Vec<File>, Refused> {
    let mut projects: Vec<(Project, Vec<Diagnostic>)> = Vec::new();
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    for path in paths {
        if path.is_file() && is_export(path) {
            let problem = Problem::new(format!("{} is an export, not a flow file", path.display()));
            return Err(problem.help("`flowrun convert` writes it as flow files, in their form").into());
        }
        let real = path.canonicalize().map_err(|error| unreadable(path, &error))?;
        let known = projects.iter().position(|(project, _)| within(project, &real).next().is_some());
        let place = match known {
            Some(place) => place,
            None => {
                let project = Project::read(path, vocabulary)?;
                let checked = examine(&project, vocabulary, &Given::default());
                let found = project.found.iter().cloned().chain(checked.diagnostics).collect();
                projects.push((project, found));
                projects.len() - 1
            }
        };
        let (project, found) = &projects[place];
        let before = files.len();
        for (id, source) in within(project, &real) {
            files.push(File {
                path: project.root.join(&*source.path),
                name: source.path.to_string(),
                text: source.text.to_string(),
                mended: mended(id, &source.text, found),
            });
        }
        if files.len() == before {
            files.push(alone(path, real)?);
        }
    }
    files.retain(|file| seen.insert(file.path.clone()));
    Ok(files)
}

/// The files of a project that a path names.
fn within<'p>(
    project: &'p Project,
    path: &'p Path,
) -> impl Iterator<Item = (flowrun_core::source::FileId, &'p flowrun_core::source::Source)> {
    project.sources.iter().filter(move |(_, source)| project.root.join(&*source.path).starts_with(path))
}

/// A file that is named though no project has it, such as one with answers for `--mock`.
fn alone(path: &Path, real: PathBuf) -> Result<File, Problem> {
    if real.is_dir() {
        return Err(no_flows(path, "fmt"));
    }
    let text = project::text(path)?;
    Ok(File { path: real, name: path.display().to_string(), mended: (text.clone(), 0), text })
}

/// What there is to say when all files have been looked at.
#[derive(Default)]
struct Said {
    changed: Vec<String>,
    mended: usize,
    sources: Sources,
    refused: Vec<Diagnostic>,
}

impl Said {
    /// Formats a file, unless it is only to be looked at.
    fn file(&mut self, file: &File, check: bool) -> Result<(), Problem> {
        let (text, mended) = &file.mended;
        let id = self.sources.add(&file.name, text);
        match format(id, text) {
            Err(mistake) => self.refused.push(mistake),
            Ok(formatted) if formatted == file.text => {}
            Ok(formatted) => {
                if !check {
                    rewrite(&file.path, &formatted).map_err(|error| unwritable(&file.path, &error))?;
                }
                self.changed.push(file.name.clone());
                self.mended += mended;
            }
        }
        Ok(())
    }

    /// Tells it; the exit code.
    fn tell(self, files: usize, check: bool, console: &mut Console<'_>) -> Result<u8, Refused> {
        let list: String = self.changed.iter().map(|name| format!("{name}\n")).collect();
        console.print(&list)?;
        let all = words::many(files as u64, "file");
        let changed = self.changed.len();
        let told = match (check, changed) {
            (_, 0) if self.refused.is_empty() => format!("{all} in form"),
            (true, _) => format!("{changed} of {all} would change"),
            (false, _) => format!("{changed} of {all} formatted"),
        };
        let mended = match self.mended {
            0 => String::new(),
            mended => format!(", {} mended", words::many(mended as u64, "mistake")),
        };
        let left = self.refused.len();
        if left == 0 {
            console.note(&format!("{told}{mended}\n"));
            return Ok(if check && changed > 0 { FAILED } else { DONE });
        }
        finish(Err(Refused::Mistakes(Mistakes { found: self.refused, sources: self.sources })), console);
        let left = match left {
            1 => "1 file with mistakes is left as it is".to_owned(),
            left => format!("{left} files with mistakes are left as they are"),
        };
        console.note(&format!("{told}{mended}; {left}\n"));
        Ok(WRONG)
    }
}
