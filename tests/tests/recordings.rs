//! Recordings: a run over `flowrun sandbox`, behind a port of this machine, is recorded, and played back when nobody serves any more.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_kit::simulator::Simulator;
use flowrun_tests::org::Project;
use flowrun_tests::served::{Env, flowrun_by};
use flowrun_tests::simulators::{OktaAuth, Setup};
use flowrun_tests::{Ran, flowrun};
use serde_json::Value;

use crate::sandbox::Sandbox;

const EMPLOYEES: u64 = 40;

fn serve(okta_auth: OktaAuth) -> Sandbox {
    Sandbox::serve(&Setup { employees: EMPLOYEES, okta_auth, dated: true, ..Setup::default() })
}

/// Records the import, by the sandbox's clock; its report and the recording.
fn record(sandbox: &Sandbox, project: &Project, state: &Path, args: &[&str]) -> (Value, String) {
    record_in(sandbox.env.clone(), sandbox, project, state, args)
}

fn record_in(
    mut env: Env,
    sandbox: &Sandbox,
    project: &Project,
    state: &Path,
    args: &[&str],
) -> (Value, String) {
    let file = project.root().join("import.rec.yaml").display().to_string();
    env.insert("XDG_STATE_HOME".to_owned(), state.display().to_string());
    let flow = project.flow("import.yaml");
    let args = [&[&*flow, "--live", "--json", "--record", &file], args].concat();
    let ran = flowrun_by(&sandbox.simulators.clock, &args, env);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (serde_json::from_str(&ran.stdout).unwrap(), std::fs::read_to_string(&file).unwrap())
}

/// Plays it back, and expects the outputs that the run had.
fn play(project: &Project, outputs: &Value) -> Ran {
    let test =
        format!("tests: {{ again: {{ recording: import.rec.yaml, expect: {{ outputs: {outputs} }} }} }}\n");
    let path = project.root().join("import.test.yaml");
    std::fs::write(&path, test).unwrap();
    flowrun(&["test", &path.display().to_string()], Env::new())
}

/// Whether a text has a word, with nothing of its kind beside it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

#[test]
fn an_import_is_played_back_without_the_sandbox() {
    for (auth, api) in [(OktaAuth::ApiToken, "v1"), (OktaAuth::Oauth, "v2"), (OktaAuth::Dpop, "v1")] {
        let (project, state) = (Project::shipped().edited(&[]), tempfile::tempdir().unwrap());
        let sandbox = serve(auth);
        let set = format!("personio_api={api}");
        let (report, recording) = record(&sandbox, &project, state.path(), &["--set", &set]);
        let outputs = &report["flow"]["outputs"];
        // Those whom Personio says are there, none of whom lacks an address.
        assert_eq!(outputs["sent"], sandbox.simulators.here().len());

        let secret = ["OKTA_API_TOKEN", "OKTA_PRIVATE_KEY", "PERSONIO_CLIENT_SECRET"];
        let secrets = secret.iter().filter_map(|name| sandbox.env.get(*name)).flat_map(|text| text.lines());
        for secret in secrets.filter(|line| !line.starts_with("-----")) {
            assert!(!recording.contains(secret), "{auth:?}, {api}: a secret is in the recording");
        }
        for shape in ["eyJ", "SSWS ", "Bearer ", "PRIVATE KEY"] {
            assert!(!recording.contains(shape), "{auth:?}, {api}: {shape}");
        }
        sandbox.end();

        let ran = play(&project, outputs);
        assert_eq!(ran.code, 0, "{auth:?}, {api}: {}", ran.stdout);
    }
}

#[test]
fn nobody_of_the_sandbox_stands_in_a_recording_with_pseudonyms() {
    for api in ["v1", "v2"] {
        let (project, state) = (Project::shipped().edited(&[]), tempfile::tempdir().unwrap());
        let sandbox = serve(OktaAuth::ApiToken);
        let set = format!("personio_api={api}");
        let args = ["--pseudonyms", "--set", &set];
        // A key of a test, so that chance makes the same names each time.
        let keyed = |digit: &str| {
            let mut env = sandbox.env.clone();
            env.insert("FLOWRUN_STORE_KEY".to_owned(), digit.repeat(64));
            record_in(env, &sandbox, &project, state.path(), &args)
        };
        let (report, recording) = keyed("1");
        let people: Vec<_> = sandbox.simulators.personio.people().collect();
        assert!(people.len() as u64 >= EMPLOYEES / 2);
        for person in &people {
            assert!(!recording.contains(&person.email), "{api}: {}", person.email);
            assert!(!has_word(&recording, &person.id), "{api}: {}", person.id);
            let names = [&person.first_name, &person.last_name];
            let words = names.into_iter().flat_map(|name| name.split(|letter: char| !letter.is_alphabetic()));
            for word in words.filter(|word| word.chars().count() > 2) {
                let small = word.to_lowercase();
                assert!(!has_word(&recording, word) && !has_word(&recording, &small), "{api}: {word}");
            }
        }
        let mails = |text: &str| -> BTreeSet<String> {
            let words = text.split(|letter: char| !letter.is_alphanumeric() && !"@.-_".contains(letter));
            words.filter(|word| word.contains('@')).map(str::to_owned).collect()
        };
        let shown = mails(&recording);
        assert!(shown.len() >= people.len() / 2);
        assert!(shown.iter().all(|mail| mail.ends_with("@example.com")), "{shown:?}");
        // By the same key the same people are the same in the next recording, by another they are others.
        assert!(shown.is_subset(&mails(&keyed("1").1)));
        let elsewhere = tempfile::tempdir().unwrap();
        let (_, others) = record(&sandbox, &project, elsewhere.path(), &args);
        assert!(mails(&others).is_disjoint(&shown));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let key = find(elsewhere.path(), "store.key");
            assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
        }
        sandbox.end();
        std::fs::write(project.root().join("import.rec.yaml"), &recording).unwrap();
        let ran = play(&project, &report["flow"]["outputs"]);
        assert_eq!(ran.code, 0, "{api}: {}", ran.stdout);
    }
}

#[cfg(unix)]
fn find(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with(name) {
                return path;
            }
        }
    }
    panic!("there is no {name}");
}

/// A flow that sends what it is given to the simulated API, which tells what it was sent.
const ECHO: &str = "\
name: Echo
inputs: { cursor: text }
outputs: { said: text }
cards:
  - id: told
    card: api_connector.post
    connection: api
    with: { url: /echo, body: { cursor: $.inputs.cursor, password: $.inputs.cursor, key: $.vars.key } }
  - card: flow_control.return
    with: { said: $.told.body.method }
";

/// The word is made by `openssl rand -base64 24`.
#[test]
fn what_looks_like_a_secret_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "connections: { api: api_connector }\nvars: { key: { type: secret, env: KEY } }\n";
    std::fs::write(folder.path().join("flowrun.yaml"), manifest).unwrap();
    std::fs::write(folder.path().join("echo.yaml"), ECHO).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (flow, file) = (path("echo.yaml"), path("echo.rec.yaml"));
    let random = "kX8mPq2vLr7TzN4bYw1cJd9fHs6gUa3e";
    let run = |cursor: &str, args: &[&str]| {
        let input = format!("cursor={cursor}");
        let env = Env::from([("KEY".to_owned(), "hidden-hidden-hidden".to_owned())]);
        flowrun(&[&["run", &flow, "--input", &input, "--record", &file], args].concat(), env)
    };
    // It is called `password` as well, and so it goes wherever it stands.
    assert_eq!(run(random, &[]).code, 0);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains(random) && !written.contains("hidden-hidden-hidden"), "{written}");
    std::fs::remove_file(&file).unwrap();

    let harmless = ECHO.replace("password: $.inputs.cursor, ", "");
    std::fs::write(folder.path().join("echo.yaml"), harmless).unwrap();
    let refused = run(random, &[]);
    assert_eq!(refused.code, 1);
    assert!(!Path::new(&file).exists());
    let told = refused.stderr;
    for part in [
        "the recording is not written",
        "inputs.cursor",
        "exchange 1 (POST /echo): request body.cursor",
        "--allow",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains(random));
    // The simulated API tells the body as a text, too.
    let allowed = run(random, &["--allow", "cursor", "--allow", "text"]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains(random) && !written.contains("hidden-hidden-hidden"), "{written}");
    // Any key fits where dots stand.
    let test = "tests: { again: { recording: echo.rec.yaml, vars: { key: another }, expect: { outputs: { said: POST } } } }\n";
    std::fs::write(folder.path().join("echo.test.yaml"), test).unwrap();
    let ran = flowrun(&["test", &path("echo.test.yaml")], Env::new());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}
