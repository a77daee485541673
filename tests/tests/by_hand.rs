//! Flows of published exports give what was worked out for them by hand: `tests/conformance/by_hand` tells how.
//!
//! Cards that reach a vendor are answered from the case; tables are real ones.

mod case;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use case::{Case, File};

#[tokio::test]
async fn flows_of_published_exports_give_what_was_worked_out_by_hand() {
    let Some(corpus) = flowrun_tests::shared::folder("corpus") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/by_hand");
    let (mut cases, mut flows, mut wrong) = (0, 0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = File::read(&path);
        let export = world::Export::read(&corpus.join(&file.export));
        flows += file.cases.iter().map(|case| &case.flow).collect::<BTreeSet<_>>().len();
        for case in &file.cases {
            cases += 1;
            if let Err(how) = export.run(case).await {
                let Case { flow, case, .. } = case;
                wrong.push(format!("{name} › {flow} › {case}\n  {}", how.replace('\n', "\n  ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases of {flows} flows:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(cases >= 100 && flows >= 60, "{cases} cases of {flows} flows");
}
