//! Flows of Okta's exports as they stand, run over the simulators.
//!
//! The export is third-party data that lies beside the project, in `../shared/corpus`; where it doesn't, nothing is tested and the
//! test says so.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use flowrun::simulators::Setup;
use flowrun_tests::flowrun;
use flowrun_tests::org::{Org, Project};

/// The template that imports from Personio, and the application that its author wrote into it.
fn template() -> Option<(PathBuf, &'static str)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/okta-templates");
    let path = folder.join("implementing_xaas_with_personio.flopack");
    if !path.exists() {
        writeln!(std::io::stderr(), "skipped: ../shared/corpus is not there").unwrap();
        return None;
    }
    Some((path, "0oa4bussy9V4tfo7i0g7"))
}

fn setup(employees: u64, source: &str) -> Setup {
    Setup { employees, identity_source: Some(source.to_owned()), ..Setup::default() }
}

/// Who is in the directory: by external ID, what all imports tell of a person.
fn directory(org: &Org) -> BTreeMap<String, Vec<String>> {
    let told = ["userName", "email", "firstName", "lastName"];
    let person = |user: &flowrun_okta::sim::UserRecord| {
        told.iter().map(|name| user.profile.get(*name).cloned().unwrap_or_default()).collect()
    };
    org.0.okta.users().iter().map(|user| (user.external_id.clone(), person(user))).collect()
}

const FLOW: &str = "Import from Personio (Create & Update)";

#[tokio::test(start_paused = true)]
async fn the_template_and_our_flows_make_the_same_directory() {
    let Some((export, source)) = template() else { return };
    for employees in [3, 250, 5_000] {
        let theirs = Org::of(&setup(employees, source));
        let ran = theirs.run(&export.display().to_string(), &["--flow", FLOW]).await;
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        theirs.settle().await;

        let ours = Org::of(&setup(employees, source));
        let ran = ours.run(&Project::shipped().flow("import.yaml"), &[]).await;
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ours.settle().await;
        assert_eq!(directory(&theirs).len() as u64, employees);
        assert_eq!(directory(&theirs), directory(&ours), "{employees} employees");
    }
}

#[tokio::test(start_paused = true)]
async fn above_five_thousand_the_template_s_own_fault_shows() {
    let Some((export, source)) = template() else { return };
    let org = Org::of(&setup(6_000, source));
    let ran = org.run(&export.display().to_string(), &["--flow", FLOW]).await;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    org.settle().await;
    // Its second session reads the table from the start again: the offset that it is passed is never read.
    assert_eq!(org.0.okta.sessions().len(), 2);
    assert_eq!(directory(&org).len(), 5_000, "the last thousand are never sent");
}

#[tokio::test(start_paused = true)]
async fn what_it_converts_to_does_the_same() {
    let Some((export, source)) = template() else { return };
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("project").display().to_string();
    let converted = flowrun(&["convert", &export.display().to_string(), "-o", &into], BTreeMap::new());
    assert_eq!(converted.code, 0, "{}", converted.stderr);
    let checked = flowrun(&["check", &into], BTreeMap::new());
    assert_eq!(checked.code, 0, "{}", checked.stdout);

    let mut reports = Vec::new();
    let flow = format!("{into}/scheduled_flows/import_from_personio_create_update.yaml");
    for (file, more) in
        [(export.display().to_string(), &["--flow", FLOW, "--trace"][..]), (flow, &["--trace"][..])]
    {
        let org = Org::of(&setup(250, source));
        let ran = org.run(&file, more).await;
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        org.settle().await;
        reports.push((flowrun_tests::without_times(&ran.stdout), directory(&org)));
    }
    assert_eq!(reports[0], reports[1]);
}
