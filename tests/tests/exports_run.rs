//! Flows of Okta's exports as they stand, run over the simulators.
//!
//! The export is third-party data that lies beside the project, in `../shared/corpus`; where it doesn't, nothing is tested and the
//! test says so.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use flowrun_core::card::external;
use flowrun_core::model::{Joined, Step};
use flowrun_tests::org::{Org, Project};
use flowrun_tests::shared::exports;
use flowrun_tests::simulators::Setup;
use flowrun_tests::{flowrun, registry, times};

/// The template that imports from Personio, and the application that its author wrote into it.
fn template() -> Option<(PathBuf, &'static str)> {
    let name = "implementing_xaas_with_personio.flopack";
    let path = exports().into_iter().find(|path| path.ends_with(name))?;
    Some((path, "0oa4bussy9V4tfo7i0g7"))
}

fn setup(employees: u64, source: &str) -> Setup {
    Setup { employees, okta: vec![("identity-source", source.to_owned())], ..Setup::default() }
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

#[tokio::test]
async fn the_template_and_our_flows_make_the_same_directory() {
    let Some((export, source)) = template() else { return };
    for employees in [3, 250, 1_000] {
        let theirs = Org::of(&setup(employees, source));
        let ran = theirs.run(&export.display().to_string(), &["--flow", FLOW]).await;
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        theirs.settle().await;

        let ours = Org::of(&setup(employees, source));
        let ran = ours.run(&Project::shipped().flow("import.yaml"), &[]).await;
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ours.settle().await;
        assert_eq!(directory(&theirs).len() as u64, employees);
        // The template creates those too who have left.
        let mut theirs = directory(&theirs);
        theirs.retain(|id, _| ours.here().contains(id));
        assert!(theirs == directory(&ours), "{employees} employees");
    }
}

#[tokio::test]
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

#[tokio::test]
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
        reports.push((ran.stdout, directory(&org)));
    }
    assert_eq!(reports[0], reports[1]);
}

/// A value of a type, as the command line takes it.
fn sample(ty: &str) -> &'static str {
    match ty {
        "text" => "x1",
        "number" => "3",
        "true/false" => "true",
        "date & time" => "2026-01-02T03:04:05Z",
        "object" => "{\"ID\":\"x1\",\"Email\":\"ada@example.com\"}",
        "list of object" => "[{\"ID\":\"x1\"},{\"ID\":\"x2\"}]",
        ty if ty.starts_with("list") => "[\"1\",\"2\"]",
        _ => "x1",
    }
}

/// Answers for all external cards of a project: each output has a value of its type.
fn answers(steps: &[Step], into: &mut BTreeMap<String, serde_json::Map<String, serde_json::Value>>) {
    for step in steps {
        if let Some(card) = external(&step.card.it) {
            let gives = into.entry(card.to_owned()).or_default();
            for (name, output) in &step.outputs {
                if let Joined::Type(ty) = &output.it {
                    let text = sample(ty);
                    let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
                    gives.insert(name.it.to_string(), value);
                }
            }
        }
        step.arms.iter().for_each(|arm| answers(&arm.cards, into));
    }
}

/// What a run says; all of them start at the same time, and draw by chance the same.
async fn told(file: &str, more: &[String]) -> (u8, String) {
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let ran = Org::new(3).run(file, &more).await;
    // Of an export a mistake also says in which of Okta's cards it is.
    let mistakes: Vec<&str> =
        ran.stderr.lines().filter(|line| !line.contains("= note: this is in the card `")).collect();
    let mut report: serde_json::Value =
        serde_json::from_str(&ran.stdout).unwrap_or(mistakes.join("\n").into());
    settle(&mut report);
    (ran.code, format!("{report:#}"))
}

/// Where the cards stand on disk differs.
fn settle(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.retain(|name, _| !name.ends_with("_ms") && !matches!(name.as_str(), "file" | "hash"));
            members.values_mut().for_each(settle);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

/// Runs every flow of the corpus as it stands and as it was converted, with made-up inputs and answers. Most fail somewhere, for nothing
/// is where they look for it; they must do so in the same way.
#[tokio::test]
async fn every_flow_does_the_same_before_and_after_its_conversion() {
    let exports = exports();
    if exports.is_empty() {
        return;
    }
    let every = times("FLOWRUN_EVERY", 12) as usize;
    let (mut ran, mut done, mut differ) = (0, 0, Vec::new());
    for (number, export) in exports.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("project").display().to_string();
        let path = export.display().to_string();
        assert_eq!(flowrun(&["convert", &path, "-o", &into], BTreeMap::new()).code, 0, "{path}");
        let project = flowrun_project::Project::read(Path::new(&into), registry().vocabulary()).unwrap();
        let mut mocks = BTreeMap::new();
        project.model.flows.iter().for_each(|flow| answers(&flow.cards, &mut mocks));
        let mocks: BTreeMap<_, _> =
            mocks.into_iter().map(|(card, gives)| (card, serde_json::json!({ "gives": gives }))).collect();
        let mock = folder.path().join("answers.json").display().to_string();
        std::fs::write(&mock, serde_json::to_string(&mocks).unwrap()).unwrap();
        for (place, flow) in project.model.flows.iter().enumerate() {
            if (number + place) % every != 0 {
                continue;
            }
            let inputs = flow.inputs.iter().flat_map(|input| {
                let ty = input.ty.as_ref().map_or("any", |ty| &*ty.it);
                ["--input".to_owned(), format!("{}={}", input.name.it, sample(ty))]
            });
            let mut more: Vec<String> = inputs.collect();
            more.extend(["--json", "--mock", &mock].map(str::to_owned));
            let after = told(&format!("{into}/{}.yaml", flow.path), &more).await;
            more.extend(["--flow", &*flow.path].map(str::to_owned));
            let before = told(&path, &more).await;
            ran += 1;
            done += usize::from(before.0 == 0);
            assert!(!before.1.contains("Internal"), "{path} {}: {}", flow.path, before.1);
            if before != after {
                let lines = before.1.lines().zip(after.1.lines());
                let first: Vec<_> = lines.filter(|(a, b)| a != b).take(3).collect();
                differ.push(format!("{path} {}: {} {} {first:#?}", flow.path, before.0, after.0));
            }
        }
    }
    writeln!(std::io::stderr(), "{ran} flows were run twice, {done} went well").unwrap();
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
    assert!(ran > 20 && done > 0, "{done} of {ran}");
}
