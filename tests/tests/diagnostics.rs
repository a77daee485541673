//! Every diagnostic as its author sees it: one case file in, one drawing out.
//!
//! A case is a project in one file: `#### file: flows/a.yaml` starts a file of the project; a case without such a line is one
//! flow, `flow.yaml`. To add a case, add a file `<CODE>-<slug>….yaml` and accept its drawing (`cargo insta accept`).

use std::path::Path;

use flowrun_core::diag::{Code, Style, render};
use flowrun_tests::{examine, sources};

#[test]
fn every_case_is_drawn_as_accepted() {
    insta::glob!("../diagnostics", "*.yaml", |path| {
        let sources = sources(&std::fs::read_to_string(path).unwrap());
        let drawn = render(&examine(&sources, &[]).1, &sources, Style { color: false, width: 100 });
        let name = path.file_stem().unwrap().to_str().unwrap();
        let code = name.split('-').next().unwrap();
        assert!(drawn.contains(&format!("[{code}]")), "{name} does not show {code}:\n{drawn}");
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.set_snapshot_path("../diagnostics");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, drawn));
    });
}

#[test]
fn every_code_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics");
    let missing: Vec<String> = Code::ALL
        .iter()
        // What a test expected in vain no file shows by itself: `flow_tests/red` has those.
        .filter(|code| !matches!(code, Code::Unmet | Code::UnmetThen))
        .map(|code| format!("{code}-{}.yaml", code.slug()))
        .filter(|case| !folder.join(case).exists())
        .collect();
    assert!(missing.is_empty(), "no case for these codes in tests/diagnostics: {missing:#?}");
}
