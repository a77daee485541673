//! The examples of inline hooks: each answers its request as its file says, and Okta would do all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flowrun_core::value::{Value, parse_json};
use flowrun_service::hooks::inline::{KINDS, kind_of};
use flowrun_service::runs::{Answer, Beginning};
use tokio::sync::oneshot;

use crate::world::World;

#[tokio::test]
async fn each_example_answers_its_request() {
    let folder = Path::new("../docs/examples/inline");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".yaml").map(ToOwned::to_owned)).collect();
    let read = |name: &str, kind: &str| fs::read_to_string(folder.join(format!("{name}.{kind}"))).unwrap();
    let files: Vec<(String, String)> =
        names.iter().map(|name| (format!("{name}.yaml"), read(name, "yaml"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let world = World::new("2026-03-01T08:00:00Z", &files);
    let serving = world.serve();
    let mut kinds = BTreeSet::new();
    for name in &names {
        let request = read(name, "request.json");
        let Value::Object(members) = parse_json(&request).unwrap() else { panic!("{name}") };
        let version = serving.hosted().runs.served.version();
        let taken = version.flow(name).unwrap().inputs.iter();
        let inputs = taken.filter_map(|input| Some((input.name.clone(), members.get(&input.name)?.clone())));
        let (sender, answer) = oneshot::channel();
        let beginning = Beginning {
            flow: name.as_str().into(),
            inputs: inputs.collect(),
            cause: "endpoint".to_owned(),
            answer: Some(sender),
            ..Beginning::default()
        };
        let runs = serving.hosted().runs.clone();
        let answer = world.clock.drive(async move {
            runs.begin(beginning).await.unwrap();
            answer.await.unwrap()
        });
        let Answer::Done(given) = answer.await else { panic!("{name}: {:?}", serving.told()) };
        let (given, expected) = (given.to_json(), read(name, "answer.json"));
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(json(&given), json(&expected), "{name}");
        let kind = kind_of(&json(&request)).unwrap();
        assert_eq!(kind.passed_over(given.as_bytes()), Vec::<String>::new(), "{name}");
        kinds.insert(kind.name);
    }
    assert_eq!(kinds, KINDS.iter().map(|kind| kind.name).collect(), "an example of each kind");
    serving.end(&world).await;
}
