//! Environments of a project: each has connections, variables and a store of its own.

use std::collections::BTreeMap;
use std::fs;

use axum::Router;
use axum::routing::get;
use flowrun::Surroundings;
use flowrun_tests::served::Served;
use flowrun_tests::{Ran, in_surroundings, surroundings};
use tempfile::TempDir;

const FLOW: &str = "name: Greet
save_data: on
outputs: { said: text }
cards:
  - { id: who, card: api_connector.get, connection: people, with: { url: /who } }
  - id: ask
    card: flow_control.pause
    with: { question: \"{{ vars.greeting }} {{ who.body.name }}, {{ vars.group }}?\" }
    outputs: { answer: text }
  - { card: flow_control.return, with: { said: $.ask.answer } }
";

/// A project whose two environments lead to two servers.
struct World {
    folder: TempDir,
    _servers: [Served; 2],
}

impl World {
    fn new() -> World {
        let answers = |name: &'static str| {
            let body = move || async move {
                ([("content-type", "application/json")], format!(r#"{{ "name": "{name}" }}"#))
            };
            Served::new(Router::new().route("/who", get(body)))
        };
        let servers = [answers("everybody"), answers("testers")];
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            "connections: {{ people: {{ connector: api_connector, base_url: {} }} }}
vars: {{ greeting: hello, group: {{ type: text, value: all, env: GROUP }} }}
environments:
  staging:
    connections: {{ people: {{ base_url: {} }} }}
    vars: {{ greeting: hi, group: {{ env: STAGING_GROUP }} }}
  shadow:
",
            servers[0].url, servers[1].url
        );
        let flows = folder.path().join("flows");
        fs::create_dir(&flows).unwrap();
        fs::write(flows.join("flowrun.yaml"), manifest).unwrap();
        fs::write(flows.join("greet.yaml"), FLOW).unwrap();
        World { folder, _servers: servers }
    }

    fn run(&self, words: &str) -> Ran {
        let flows = self.folder.path().join("flows");
        let word = |word: &str| match word {
            "FLOWS" => flows.display().to_string(),
            "FLOW" => flows.join("greet.yaml").display().to_string(),
            word => word.to_owned(),
        };
        let words: Vec<String> = words.split(' ').map(word).collect();
        let state = self.folder.path().join("state").display().to_string();
        let env = BTreeMap::from([
            ("XDG_STATE_HOME".to_owned(), state),
            ("STAGING_GROUP".to_owned(), "g2".to_owned()),
            ("GROUP".to_owned(), "g1".to_owned()),
        ]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        in_surroundings(&words, &Surroundings { env, ..surroundings() })
    }

    /// The stores, by the names of their folders without the hash.
    fn stores(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("state/flowrun")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.rsplit_once('-').map(|(name, _)| name.to_owned())
        };
        let mut names: Vec<String> =
            entries.filter_map(name).filter(|name| name.starts_with("flows")).collect();
        names.sort();
        names
    }
}

#[test]
fn each_has_its_connections_its_variables_and_its_store() {
    let world = World::new();
    for (words, question) in [
        ("FLOW --trace", "hello everybody, g1?"),
        ("FLOW --env staging --trace", "hi testers, g2?"),
        // It says nothing, and has a store of its own all the same.
        ("FLOW --env shadow --trace", "hello everybody, g1?"),
    ] {
        let ran = world.run(words);
        assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(question), "{words}: {}", ran.stdout);
    }
    assert_eq!(world.stores(), ["flows", "flows@shadow", "flows@staging"]);
    // Each has one run; `--project` alone means the one without an environment.
    for words in ["runs --project FLOWS", "runs --project FLOWS --env staging", "runs --env shadow"] {
        let listed = world.run(words).stdout;
        assert_eq!(listed.matches("Greet").count(), 1, "{words}: {listed}");
    }
    assert_eq!(world.run("runs").stdout.matches("Greet").count(), 3);
}

#[test]
fn a_run_goes_on_and_is_run_anew_where_it_was() {
    let world = World::new();
    assert_eq!(world.run("FLOW --env staging").code, 3);
    let listed = world.run("runs --env staging").stdout;
    let id = listed.split(' ').next().unwrap();
    let ran = world.run(&format!("resume {id} --env staging --input answer=yes --outputs"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // With the flows as they are now, in the environment of then.
    let ran = world.run(&format!("rerun {id} --trace"));
    assert!(ran.stdout.contains("hi testers, g2?"), "{}{}", ran.stdout, ran.stderr);
    let ran = world.run(&format!("rerun {id} --then --trace"));
    assert!(ran.stdout.contains("hi testers, g2?"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn an_unknown_one_is_told_with_those_that_there_are() {
    let world = World::new();
    for words in [
        "FLOW --env production",
        "serve FLOWS --env production",
        "runs --project FLOWS --env production",
        "connections FLOWS --env production",
        "tables --project FLOWS --env production",
    ] {
        let ran = world.run(words);
        assert_eq!(ran.code, 2, "{words}");
        assert!(
            ran.stderr.contains("the project has no environment `production`"),
            "{words}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("it has staging, shadow"), "{words}: {}", ran.stderr);
    }
    assert!(world.run("FLOW --env stagin").stderr.contains("did you mean `staging`?"));
}

#[test]
fn credentials_of_an_environment_are_its_own() {
    let world = World::new();
    let file = world.folder.path().join("connections.yaml").display().to_string();
    let add = format!(
        "connections add people base_url=https://t0.example.com --project FLOWS --connections {file}"
    );
    for words in [add.clone(), format!("{add} --env staging").replace("t0", "t1")] {
        let ran = world.run(&words);
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
    }
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("people:") && written.contains("\"people@staging\":"), "{written}");
    let ran = world.run(&format!("{add} --env shadow"));
    assert!(
        ran.stderr.contains("the environment `shadow` has no connection `people` of its own"),
        "{}",
        ran.stderr
    );
}
