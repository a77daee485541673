//! A program that is made again of what a run keeps of it is the program that ran, wherever the files were and whatever became of
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::value::{REDACTED, Text, Value};
use flowrun_project::Project;
use flowrun_project::bundle::{Bundle, Digest, Listing, Started, Unusable, Vars};
use flowrun_project::check::{Given, examine};
use flowrun_tests::registry;
use flowrun_tests::shared::exports;

fn read(path: &Path) -> Project {
    Project::read(path, registry().vocabulary()).unwrap()
}

fn bundle(project: &Project, vars: &Vars) -> Bundle {
    project.bundle("import", &vars.given(), registry().vocabulary())
}

/// What a store has of a program: its listing as text, and texts by their hashes.
fn stored(bundle: &Bundle) -> (String, BTreeMap<Digest, Arc<str>>) {
    let texts = bundle.texts().map(|text| (Digest::of(text), text.clone())).collect();
    (serde_json::to_string(&bundle.listing()).unwrap(), texts)
}

fn restored(bundle: &Bundle) -> Bundle {
    let (listing, texts) = stored(bundle);
    let listing: Listing = serde_json::from_str(&listing).unwrap();
    Bundle::restore(&listing, |hash| texts.get(hash).cloned(), bundle.started.clone()).unwrap()
}

/// All that there is of a project and its program, but where it lies.
fn all_of(project: &Project, given: &Given<'_>) -> String {
    let checked = examine(project, registry().vocabulary(), given);
    let Project { root: _, sources, model, found, troubles, export, tests: _ } = project;
    format!("{checked:#?}{sources:#?}{model:#?}{found:#?}{troubles:#?}{export:#?}")
}

/// The projects that lie in the repository, and the exports in it and beside it.
fn projects() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own = fs::read_dir(root.join("tests/exports")).unwrap().map(|entry| entry.unwrap().path());
    let own = own.filter(|path| path.extension().is_some_and(|ending| ending == "flopack"));
    let lie = ["flows", "docs/examples", "docs/examples/pictures", "docs/examples/broken", "tests/cards"];
    lie.iter().map(|lies| root.join(lies)).chain(own).chain(exports()).collect()
}

#[test]
fn a_program_is_made_again_without_the_disk() {
    let given = Vars::default();
    for path in projects() {
        let project = read(&path);
        let restored = restored(&bundle(&project, &given));
        let again = Project::of_bundle(&restored, registry().vocabulary());
        // Of a file with a secret only what can run is the same: nothing.
        let whole =
            restored.files.iter().zip(project.sources.iter()).all(|(kept, (_, was))| kept.text == was.text);
        let of = |project: &Project| match whole {
            true => all_of(project, &given.given()),
            false => format!("{:#?}", examine(project, registry().vocabulary(), &given.given()).program),
        };
        let (was, is) = (of(&project), of(&again));
        let other = was.lines().zip(is.lines()).find(|(was, is)| was != is);
        assert!(was == is, "{} is made otherwise: {other:?}", path.display());
        assert_eq!(restored.listing().hash(), bundle(&again, &given).listing().hash());
    }
}

/// A project of these files, in a new folder.
fn lying(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const FLOW: &str = "cards:\n  - { card: text.compose, with: { text: hello } }\n";

#[test]
fn a_hash_tells_programs_apart_and_not_places_or_runs() {
    let hash = |files: &[(&str, &str)], vars: &Vars| {
        let folder = lying(files);
        bundle(&read(folder.path()), vars).listing().hash()
    };
    let vars = "vars: { region: west, key: { type: secret, env: KEY } }\n";
    let files = [("flowrun.yaml", vars), ("import.yaml", FLOW)];
    let first = hash(&files, &Vars::default());
    let east = Vars { set: vec![("region".into(), "east".into())], env: vec![("key".into(), "s".into())] };
    assert_eq!(first, hash(&files, &east));
    let changed = FLOW.replace("hello", "Hello");
    for other in [
        [("flowrun.yaml", vars), ("import.yaml", &*changed)],
        [("flowrun.yaml", vars), ("other.yaml", FLOW)],
        [("flowrun.yaml", "vars: { region: west }\n"), ("import.yaml", FLOW)],
    ] {
        assert_ne!(first, hash(&other, &Vars::default()), "{other:?}");
    }
}

#[test]
fn no_secret_is_kept_as_plain_text() {
    let (key, token) = ("swordfish", "00abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN");
    let folder = lying(&[
        ("flowrun.yaml", "vars: { key: { type: secret, env: KEY }, region: west }\n"),
        ("import.yaml", FLOW),
        (
            "other.yaml",
            &format!("cards:\n  - {{ card: text.compose, with: {{ text: \"SSWS {token}\" }} }}\n"),
        ),
    ]);
    let project = read(folder.path());
    let given: Vec<(Text, Value)> = vec![("key".into(), key.into()), ("region".into(), "east".into())];
    let bundle = bundle(&project, &Vars { set: given.clone(), env: given });
    let Vars { set, env } = &bundle.started.vars;
    for values in [set, env] {
        assert!(matches!(&values[0].1, Value::Secret(secret) if secret.expose() == key));
        assert_eq!(values[1].1, Value::from("east"));
    }
    let shown = format!("{bundle:?}{:?}", stored(&bundle));
    assert!(shown.contains(REDACTED) && !shown.contains(key) && !shown.contains(token), "{shown}");
    // The flow with the token could not run; what can is the same.
    let again = Project::of_bundle(&restored(&bundle), registry().vocabulary());
    let program = |project| {
        format!("{:?}", examine(project, registry().vocabulary(), &bundle.started.vars.given()).program)
    };
    assert_eq!(program(&project), program(&again));
    assert!(examine(&again, registry().vocabulary(), &Given::default()).program.find("import").is_some());
}

#[test]
fn what_is_kept_is_held_against_its_hash() {
    let folder = lying(&[("import.yaml", FLOW)]);
    let bundle = bundle(&read(folder.path()), &Vars::default());
    let listing = bundle.listing();
    let restore = |listing: &Listing, text: Option<&str>| {
        Bundle::restore(listing, |_| text.map(Arc::from), bundle.started.clone())
            .map(|bundle| bundle.files.len())
    };
    assert_eq!(restore(&listing, Some(FLOW)), Ok(1));
    assert_eq!(restore(&listing, None), Err(Unusable::Missing("import.yaml".into())));
    assert_eq!(restore(&listing, Some("cards: []\n")), Err(Unusable::Damaged("import.yaml".into())));
    assert_eq!(restore(&Listing { form: 3, ..listing }, Some(FLOW)), Err(Unusable::Newer(3)));
}

/// What a released flowrun wrote is read by each later one: a form that ends up here stays.
#[test]
fn listings_of_every_form_are_read() {
    // The hashes are those of sha256sum(1).
    let form_1 = concat!(
        r#"{"form":1,"language":1,"files":[{"path":"import.yaml","#,
        r#""sha256":"1009787f35487af4e8c5111d833a998eedf04eadf1b3342477eaafddda8c1f18"}],"#,
        r#""export":{"path":"a.flow","sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}"#,
    );
    let listing: Listing = serde_json::from_str(form_1).unwrap();
    let started = Started { root: "/flows".into(), entry: "import".into(), vars: Vars::default() };
    let texts = [FLOW, "{}"];
    let find =
        |hash: &Digest| texts.iter().find(|text| Digest::of(text) == *hash).map(|text| Arc::from(*text));
    let bundle = Bundle::restore(&listing, find, started).unwrap();
    assert_eq!((&*bundle.files[0].text, &*bundle.export.as_ref().unwrap().path), (FLOW, "a.flow"));
    assert_eq!((bundle.language, serde_json::to_string(&bundle.listing()).unwrap()), (1, form_1.to_owned()));
    // That of four lines: `flowrun program`, `language 1`, `file HASH 11 import.yaml`, `export HASH 6 a.flow`.
    let hash = "fa58b5171b8eded65cb7c789b80a549cace0398d079549bd45b469db58080f78";
    assert_eq!(listing.hash().to_string(), hash);

    // Form 2 names the environment that was chosen, in a fifth line: `environment staging`. Without one the first form is written.
    let form_2 = form_1.replace(r#""form":1"#, r#""form":2"#);
    let form_2 = format!(r#"{},"environment":"staging"}}"#, form_2.strip_suffix('}').unwrap());
    let listing: Listing = serde_json::from_str(&form_2).unwrap();
    let started = Started { root: "/flows".into(), entry: "import".into(), vars: Vars::default() };
    let bundle = Bundle::restore(&listing, find, started).unwrap();
    assert_eq!(bundle.environment.as_deref(), Some("staging"));
    assert_eq!(serde_json::to_string(&bundle.listing()).unwrap(), form_2);
    let hash = "94188dad79c486f460927194b02c92d562c83e2565babf17729a66c97058b29c";
    assert_eq!(listing.hash().to_string(), hash);
}
