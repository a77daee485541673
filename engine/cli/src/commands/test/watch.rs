//! Tests again after each save: those that it reaches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowrun_project::stamp::Stamp;
use flowrun_testing::suite::{Beside, Suite};

use super::{TestArgs, once};
use crate::console::Console;
use crate::outcome::{Refused, WRONG, finish};
use crate::surroundings::Surroundings;

/// How often it is looked whether something was saved. A file that is being written is left in peace until it stays as it is so long.
const LOOKS: Duration = Duration::from_millis(20);

/// Runs all tests that are meant, and after each save those that it reaches. `next` waits for that, and gives nothing when nobody is
/// interested any more.
pub fn watch(
    args: &TestArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
    next: &mut dyn FnMut() -> Option<BTreeSet<PathBuf>>,
) -> Result<u8, Refused> {
    let mut code = finish(once(args, None, surroundings, console), console);
    while let Some(changed) = next() {
        let names = changed.iter().filter_map(|path| path.file_name()?.to_str()).collect::<Vec<_>>();
        console.print(&format!("\nsaved: {}\n", names.join(", ")))?;
        // What could not be run before was not run at all.
        let changed = (code != WRONG).then_some(&changed);
        code = finish(once(args, changed, surroundings, console), console);
    }
    Ok(code)
}

/// Waits until files of these folders were saved: which.
pub fn saves(paths: &[PathBuf]) -> impl FnMut() -> Option<BTreeSet<PathBuf>> + use<> {
    // A flow's helpers and its project lie around it.
    let folder = |path: &PathBuf| match path.is_dir() {
        true => path.clone(),
        false => {
            path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
        }
    };
    let folders: Vec<PathBuf> = paths.iter().map(folder).collect();
    let stamps = move || -> Vec<Stamp> { folders.iter().map(|folder| Stamp::of(folder)).collect() };
    let mut known = stamps();
    move || loop {
        std::thread::sleep(LOOKS);
        let mut now = stamps();
        if now == known {
            continue;
        }
        loop {
            std::thread::sleep(LOOKS);
            let later = stamps();
            if later == now {
                break;
            }
            now = later;
        }
        let changed = now.iter().zip(&known).flat_map(|(now, known)| now.since(known)).collect();
        known = now;
        return Some(changed);
    }
}

/// Whether the tests of a file say something of one of these files: of a flow that theirs reaches, or of their own.
pub fn reaches(suite: &Suite, beside: &Beside, changed: &BTreeSet<PathBuf>) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let changed: Vec<PathBuf> = changed.iter().map(|path| real(path)).collect();
    let is_changed = |path: &Path| changed.contains(&real(path));
    let root = real(&suite.project.root);
    let flows = suite.program.find(&beside.entry).map(|entry| suite.program.reached(entry));
    let files = flows.into_iter().flatten().map(|flow| suite.program.flow(flow).span.file);
    let mut files = files.map(|file| root.join(&*suite.sources.get(file).path));
    is_changed(&beside.path)
        || files.any(|path| is_changed(&path))
        // What the manifest says, and a flow that is new, gone or was wrong, may concern all; and an export is one file.
        || changed.iter().any(|path| {
            path.file_name().is_some_and(|name| name == "flowrun.yaml") || !path.exists()
        })
        || is_changed(&suite.project.root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: TestArgs,
    }

    /// What is told after each save; `edits` are files and what is written into them, one save each.
    fn told(folder: &Path, edits: &[(&str, &str)]) -> String {
        let args = Line::parse_from(["test", &folder.display().to_string()]).args;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut edits = edits.iter();
        let mut next = || {
            let (name, text) = edits.next()?;
            std::fs::write(folder.join(name), text).unwrap();
            Some([folder.join(name)].into())
        };
        let mut console = Console::plain(&mut out, &mut err);
        watch(&args, &Surroundings::default(), &mut console, &mut next).unwrap();
        let text = String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap();
        text.lines().map(|line| line.split(", in ").next().unwrap_or_default().to_owned() + "\n").collect()
    }

    #[test]
    fn a_save_runs_what_it_reaches() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let adds = |b: u32| {
            format!(
                "outputs: {{ sum: number }}\ncards:\n  - {{ id: s, card: number.add, with: {{ a: 1, b: {b} }} }}\n  - {{ card: flow_control.return, with: {{ sum: $.s.total }} }}\n"
            )
        };
        let calls = "outputs: { sum: number }\ncards:\n  - { id: c, card: flow_control.call_flow, with: { flow: helper } }\n  - { card: flow_control.return, with: { sum: $.c.sum } }\n";
        let test = "tests: { adds: { expect: { outputs: { sum: 3 } } } }\n";
        write("flowrun.yaml", "name: T\n");
        write("helper.yaml", &adds(2));
        write("caller.yaml", calls);
        write("caller.test.yaml", test);
        write("other.yaml", &adds(2));
        write("other.test.yaml", test);
        let told = told(
            folder.path(),
            &[
                ("other.yaml", &adds(2)),
                ("helper.yaml", &adds(3)),
                ("helper.yaml", "cards: 3"),
                ("helper.yaml", &adds(2)),
            ],
        );
        // Two tests; of `other` one; the caller's fails with its helper; a wrong flow is told; and then all are run.
        let summaries: Vec<&str> = told.lines().filter(|line| line.contains("passed")).collect();
        assert_eq!(
            summaries,
            ["2 cases: 2 passed", "1 case: 1 passed", "1 case: 0 passed, 1 failed", "2 cases: 2 passed"],
            "{told}"
        );
        assert!(told.contains("saved: helper.yaml"), "{told}");
    }
}
