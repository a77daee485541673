//! Every diagnostic as its author sees it: one case file in, one drawing out.
//!
//! A case is a project in one file: `#### file: flows/a.yaml` starts a file of the project; a case without such a line is one
//! flow, `flow.yaml`. To add a case, add a file `<CODE>-<slug>….yaml` and accept its drawing (`cargo insta accept`).

#![allow(clippy::unwrap_used)]

use std::path::Path;

use flowrun_core::card::Catalog;
use flowrun_core::card::{Card, Catalog};
use flowrun_core::check::{Options, check};
use flowrun_core::check::{Options, check};
use flowrun_core::diag::{Code, Diagnostic, Style, render};
use flowrun_core::load::load;
use flowrun_core::source::Sources;

/// The files of a case.
fn sources(case: &str) -> Sources {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in case.split_inclusive('\n') {
        match line.strip_prefix("#### file: ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => {
                if files.is_empty() {
                    files.push(("flow.yaml".to_owned(), String::new()));
                }
                files.last_mut().unwrap().1.push_str(line);
            }
        }
    }
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(&path, &text);
    }
    sources
}

/// Every card of flowrun.
fn catalog() -> Catalog {
    let effects = [flowrun_tables::CARDS, flowrun_http::CARDS, flowrun_okta::CARDS, flowrun_personio::CARDS];
    let effects = effects.into_iter().flatten().map(|effect| std::slice::from_ref(&effect.card));
    Catalog::new(
        flowrun_cards::groups().chain(effects).chain([flowrun_http::PURE_CARDS]).collect::<Vec<&[Card]>>(),
    )
}

/// Everything that is wrong with a project.
fn mistakes(sources: &Sources) -> Vec<Diagnostic> {
    let (project, mut found) = load(sources);
    let connectors: Vec<&str> =
        [&flowrun_okta::CONNECTOR, &flowrun_personio::CONNECTOR, &flowrun_http::CONNECTOR]
            .map(|c| c.name)
            .into();
    let options = Options { sources, found: &found, vars: &[], env: &[], connectors: &connectors };
    let mut checked = check(&project, &catalog(), None, &options).diagnostics;
    found.append(&mut checked);
    found
}

#[test]
fn every_case_is_drawn_as_accepted() {
    insta::glob!("../diagnostics", "*.yaml", |path| {
        let sources = sources(&std::fs::read_to_string(path).unwrap());
        let drawn = render(&mistakes(&sources), &sources, Style { color: false, width: 100 });
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
        .map(|code| format!("{code}-{}.yaml", code.slug()))
        .filter(|case| !folder.join(case).exists())
        .collect();
    assert!(missing.is_empty(), "no case for these codes in tests/diagnostics: {missing:#?}");
}
