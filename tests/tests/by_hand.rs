//! Flows of published exports give what was worked out for them by hand: `tests/conformance/by_hand` tells how.
//!
//! Cards that reach a vendor are answered from the case; tables are real ones. What differs stands in `differs.txt`, with the reason.

mod case;
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use case::{Case, File};

/// The cases that come out otherwise, by file, flow and case, with the reason.
fn differs(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("differs.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (case, why) = line.split_once(": ").unwrap_or_else(|| panic!("no reason in {line}"));
        (case.to_owned(), why.to_owned())
    };
    lines.map(entry).collect()
}

#[tokio::test]
async fn flows_of_published_exports_give_what_was_worked_out_by_hand() {
    let Some(corpus) = flowrun_tests::shared::folder("corpus") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/by_hand");
    let mut differs = differs(&folder);
    let (mut cases, mut flows, mut wrong) = (0, 0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = File::read(&path);
        let export = world::Export::read(&corpus.join(&file.export));
        flows += file.cases.iter().map(|case| &case.flow).collect::<std::collections::BTreeSet<_>>().len();
        for case in &file.cases {
            cases += 1;
            let Case { flow, case: title, .. } = case;
            let known = format!("{name} › {flow} › {title}");
            match (export.run(case).await, differs.remove(&known)) {
                (Ok(()), None) => {}
                (Ok(()), Some(why)) => {
                    wrong.push(format!("{known}\n  is as it was worked out, not other: {why}"))
                }
                (Err(_), Some(_)) => {}
                (Err(how), None) => wrong.push(format!("{known}\n  {}", how.replace('\n', "\n  "))),
            }
        }
    }
    wrong.extend(differs.keys().map(|case| format!("{case}\n  is not among the cases")));
    assert!(wrong.is_empty(), "{} of {cases} cases of {flows} flows:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(cases >= 100 && flows >= 60, "{cases} cases of {flows} flows");
}
