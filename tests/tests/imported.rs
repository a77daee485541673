//! Exports whose flows did something else than in Okta, one by one: `tests/conformance/imported.yaml` says what each shows, what is right and
//! why. The exports themselves lie beside the checkout.

use std::collections::BTreeMap;
use std::path::Path;

use flowrun_tests::flowrun;
use serde_json::Value as Json;

const KEYS: &[&str] = &["of", "export", "run", "check", "convert", "outputs", "code", "says", "lacks", "why"];

/// What is not as it should be in a row.
fn judge(row: &Json, folder: &Path) -> Result<(), String> {
    if let Some(key) = row.as_object().unwrap().keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("unknown key {key}"));
    }
    let export = folder.join(row["export"].as_str().unwrap()).display().to_string();
    let into = tempfile::tempdir().unwrap();
    let target = into.path().join("project");
    let place = target.display().to_string();
    let mut args: Vec<String> = Vec::new();
    if let Some(more) = row.get("run").and_then(Json::as_array) {
        args.extend(["run", &export, "--flow", "Main", "--json"].map(str::to_owned));
        let file = |word: &str| word.replace("{folder}", &folder.display().to_string());
        args.extend(more.iter().map(|word| file(word.as_str().unwrap())));
    } else if row.get("convert").is_some() {
        args.extend(["convert", &export, "-o", &place].map(str::to_owned));
    } else {
        args.extend(["check", &export].map(str::to_owned));
    }
    let ran = flowrun(&args.iter().map(String::as_str).collect::<Vec<_>>(), BTreeMap::new());
    let mut said = format!("{}{}", ran.stdout, ran.stderr);
    if let Some(file) = row.get("convert").and_then(Json::as_str).filter(|file| !file.is_empty()) {
        said.push_str(
            &std::fs::read_to_string(target.join(file)).map_err(|why| format!("{file}: {why}\n{said}"))?,
        );
    }
    let code = row.get("code").and_then(Json::as_u64).unwrap_or(0);
    if u64::from(ran.code) != code {
        return Err(format!("it ends with {}, not {code}:\n{said}", ran.code));
    }
    let texts = |key: &str| row.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
    for text in texts("says") {
        let text = text.as_str().unwrap();
        if !said.contains(text) {
            return Err(format!("it lacks {text:?}:\n{said}"));
        }
    }
    for text in texts("lacks") {
        let text = text.as_str().unwrap();
        if said.contains(text) {
            return Err(format!("it says {text:?}:\n{said}"));
        }
    }
    if let Some(expected) = row.get("outputs").and_then(Json::as_object) {
        let report: Json = serde_json::from_str(&ran.stdout).map_err(|why| format!("{why}:\n{said}"))?;
        let found = &report["flow"]["outputs"];
        for (name, expected) in expected {
            if !found.get(name).is_some_and(|found| same(found, expected)) {
                return Err(format!("{name}: expected {expected}, found {}", found[name]));
            }
        }
    }
    Ok(())
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b,
    }
}

/// What a file is tells its text where its ending does not.
#[test]
fn an_export_of_any_name_is_one() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("exports/branches.flopack");
    let folder = tempfile::tempdir().unwrap();
    for name in ["renamed.json", "renamed"] {
        let file = folder.path().join(name).display().to_string();
        std::fs::copy(&own, &file).unwrap();
        let ran = flowrun(&["check", &file], BTreeMap::new());
        assert!(
            ran.stdout.contains("warning") || ran.stdout.contains("no mistakes"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

#[test]
fn imported_flows_do_what_they_do_in_okta() {
    let Some(folder) = flowrun_tests::shared::folder("cases/exports") else { return };
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/imported.yaml");
    let rows: Vec<Json> = serde_yaml::from_str(&std::fs::read_to_string(table).unwrap()).unwrap();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(format!("{} {}: {}", row["of"], row["export"], judge(row, &folder).err()?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
    assert!(rows.len() >= 25, "{} rows", rows.len());
}
