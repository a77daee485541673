//! Flows as a user runs them: one case file in, one transcript out.
//!
//! A case is a project in one file (`#### file: main.yaml` starts a file); `main.yaml` runs. A first line
//! `# flowrun: --trace --input number=3` gives further arguments. To add a case, add a file and accept its transcript.

use std::collections::BTreeMap;

use flowrun_tests::{run_case, sources};

#[test]
fn every_flow_runs_as_accepted() {
    insta::glob!("../flows", "*.yaml", |path| {
        let case = std::fs::read_to_string(path).unwrap();
        let args = case.lines().next().and_then(|line| line.strip_prefix("# flowrun: ")).unwrap_or_default();
        let args: Vec<&str> = args.split_whitespace().collect();
        let ran = run_case(&sources(&case), "main.yaml", &args, BTreeMap::new());
        let told = format!("{}{}exit code {}\n", ran.stdout, ran.stderr, ran.code);
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.set_snapshot_path("../flows");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        // When a row was made.
        settings.add_filter(r"20(2[6-9]|[3-9]\d)-\d\d-\d\dT[\d:.]+Z", "[now]");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        settings.bind(|| insta::assert_snapshot!(name, told));
    });
}
