//! The command line from outside: what it prints and how it exits, in this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowrun::console::Console;
use flowrun::screen::Screen;
use flowrun::{Surroundings, main_in, run_in};
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{Operation, SessionStatus, UserStatus};
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{Ran, run_case, sources, surroundings};
use flowrun_views::look::Look;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn flow(name: &str) -> String {
    root().join("flows").join(name).display().to_string()
}

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn flowrun(args: &[&str]) -> Ran {
    flowrun_tests::flowrun(args, BTreeMap::new())
}

/// Runs over simulators that can be looked at afterwards.
async fn over(simulators: &Simulators, stop: Option<Stop>, args: &[&str]) -> Ran {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let surroundings = Surroundings { simulators: Some(simulators.all()), stop, ..surroundings() };
    let code = run_in(args, &surroundings, &mut Console::plain(&mut stdout, &mut stderr)).await;
    Ran::new(code, stdout, stderr)
}

fn simulators(clock: Clock, employees: u64) -> Simulators {
    Simulators::new(clock, &Setup { employees, ..Setup::default() })
}

/// All that a command has to say, without times and without the place of this checkout.
fn told(ran: &Ran) -> String {
    let parts = [("", &ran.stdout), ("--- stderr ---\n", &ran.stderr)];
    let shown =
        parts.iter().filter(|(_, text)| !text.is_empty()).map(|(title, text)| format!("{title}{text}"));
    format!("{}--- exit code {} ---\n", shown.collect::<String>(), ran.code)
        .replace(&format!("{}/", root().display()), "")
}

fn accepted(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("cli");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn helps_and_lists() {
    for command in
        ["", "run", "check", "fmt", "cards", "graph", "docs", "convert", "diff", "schema", "sandbox"]
    {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let ran = flowrun(&args);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 112), "{}", ran.stdout);
        accepted(&format!("help-{}", if command.is_empty() { "flowrun" } else { command }), &ran.stdout);
    }
    assert_eq!(flowrun(&["--version"]).stdout, format!("flowrun {}\n", env!("CARGO_PKG_VERSION")));
    for command in ["run", "check", "connections add"] {
        let words: Vec<&str> = command.split(' ').collect();
        let asked = flowrun(&[&["help"], &words[..]].concat());
        let told = flowrun(&[&words[..], &["--help"]].concat());
        assert_eq!((asked.code, asked.stdout), (0, told.stdout), "{command}");
    }
}

#[test]
fn shells_complete_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = flowrun(&["completions", shell]);
        assert_eq!(ran.code, 0, "{ran:?}");
        // An option of the run, one that a connector declares, a command.
        for word in ["deny-warnings", "employees", "connections"] {
            assert!(ran.stdout.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn the_import_is_told() {
    let ran = flowrun(&[&flow("import.yaml")]);
    assert_eq!(ran.code, 0);
    // A pipe gets no control codes.
    assert!(!ran.stdout.contains(['\u{1b}', '\r', '\u{8}']));
    accepted("import", &told(&ran));
}

/// 250 employees, as the header says; Okta's lists tell no total.
#[test]
fn a_stream_knows_how_much_there_is_where_the_vendor_says_so() {
    fn totals(value: &serde_json::Value, found: &mut BTreeMap<String, serde_json::Value>) {
        if let (Some(helper), true) = (value["helper"].as_str(), value["pages"].is_number()) {
            found.insert(helper.to_owned(), value["total"].clone());
        }
        match value {
            serde_json::Value::Object(members) => members.values().for_each(|value| totals(value, found)),
            serde_json::Value::Array(items) => items.iter().for_each(|value| totals(value, found)),
            _ => {}
        }
    }
    let report = serde_json::from_str(&flowrun(&[&flow("import.yaml"), "--json"]).stdout).unwrap();
    let mut found = BTreeMap::new();
    totals(&report, &mut found);
    assert_eq!(found["Add Personio Record to Temporary Table"], 250);
    assert!(found["Compare with Okta"].is_null(), "{found:?}");
}

#[test]
fn a_failed_import_is_explained() {
    accepted(
        "failed-upload",
        &told(&flowrun(&[&flow("import.yaml"), "--fault", "server-error@bulk-upsert:times=99"])),
    );
    accepted(
        "refused-deactivation",
        &told(&flowrun(&[&flow("deactivate.yaml"), "--set", "max_deactivation_share=1"])),
    );
}

#[test]
fn the_command_line_is_checked() {
    let import = flow("import.yaml");
    let orchestrate = flow("orchestrate_import.yaml");
    let flows = root().join("flows").display().to_string();
    let cases: &[&[&str]] = &[
        &[],
        &["chekc"],
        &["chekc", &flows],
        &["help", "chekc"],
        &["completions", "basch"],
        &["nothing.yaml"],
        &[&flows],
        &[&flow("flowrun.yaml")],
        &[&import, "--input", "name=x"],
        &[&import, "--input", "name"],
        &[&import, "--set", "max_record_to_import=3"],
        &[&import, "--set", "max_records_to_import=three"],
        &[&import, "--set", "max_records_to_import=3", "--set", "max_records_to_import=4"],
        &[&import, "--fault", "rate-limits"],
        &[&import, "--time-scale", "0"],
        &[&import, "--time-scale", "-1"],
        &[&import, "--employees", "five"],
        &[&import, "--employees", "-5"],
        &[&import, "--seed", "-5"],
        &[&import, "--memory", "1.5"],
        &[&import, "--max-file-mb", "0"],
        &[&import, "--cards", "-1"],
        &["sandbox", "--port", "65536"],
        &[&import, "--nothing"],
        &[&import, "--emplyees", "5"],
        &[&orchestrate],
        &[&orchestrate, "--input", "importOperation=Upsert"],
        &[&import, "--live"],
        &["cards", "text.splitt"],
        &["graph", &flows],
    ];
    let mut all = String::new();
    for case in cases {
        let ran = flowrun(case);
        assert_eq!(ran.code, 2, "{case:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{case:?}: {}", ran.stdout);
        let line = case.join(" ").replace(&format!("{}/", root().display()), "");
        let help = if case.is_empty() { "(the help)\n".to_owned() } else { ran.stderr };
        all.push_str(&format!("$ flowrun {line}\n{help}\n").replace(&format!("{}/", root().display()), ""));
    }
    accepted("refused", &all);
}

#[test]
fn a_project_is_checked() {
    let clean = flowrun(&["check", &root().join("flows").display().to_string()]);
    assert_eq!((clean.code, clean.stdout.as_str()), (0, "no mistakes in 22 flows\n"));

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("good.yaml", "cards:\n  - card: flow_control.call_flow\n    with: { flow: helper }\n");
    write("helper.yaml", "cards:\n  - card: flow_control.return\n    with: { text: hi }\n");
    write("bad.yaml", "cards:\n  - card: text.composee\n    with: { text: hi }\n");
    let path = |name: &str| folder.path().join(name).display().to_string();

    let found = flowrun(&["check", &path("")]);
    assert_eq!(found.code, 2);
    assert!(
        found.stdout.contains("error[E010]: there is no card `text.composee`")
            && found.stdout.contains("1 error")
    );
    let json: serde_json::Value =
        serde_json::from_str(&flowrun(&["check", &path("bad.yaml"), "--json"]).stdout).unwrap();
    assert_eq!((&json["errors"], &json["diagnostics"][0]["line"]), (&1.into(), &2.into()));

    // For a pull request, each at its line.
    let annotated = flowrun(&["check", &path(""), "--format", "github"]);
    assert_eq!(annotated.code, 2);
    let place = folder.path().canonicalize().unwrap().join("bad.yaml").display().to_string();
    let told = format!(
        "::error file={place},line=2,endLine=2,col=11,endColumn=24,title=E010::there is no card: `text.composee`"
    );
    assert_eq!(annotated.stdout.split("%0A").next().unwrap(), told.replace("card: ", "card "));

    // Mistakes keep a flow from running if it can reach them, and only then.
    let refused = flowrun(&[&path("bad.yaml")]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.ends_with("1 error in 1 file; nothing was run\n"), "{}", refused.stderr);
    let ran = flowrun(&[&path("good.yaml")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stderr, "warning: other flows of the project have mistakes; see `flowrun check`\n");

    write("image.yaml", "\u{0}");
    fs::write(folder.path().join("image.yaml"), [b'a', b'\n', 0xff]).unwrap();
    let binary = flowrun(&["check", &path("")]);
    assert_eq!(binary.code, 2);
    assert!(binary.stderr.contains("line 2 is not UTF-8"), "{}", binary.stderr);
}

#[test]
fn warnings_can_be_denied() {
    let flow = "inputs: { x: text }\ncards: []\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flow.yaml");
    fs::write(&file, flow).unwrap();
    let file = file.display().to_string();
    assert_eq!(flowrun(&["check", &file]).code, 0);
    let denied = flowrun(&["check", &file, "--deny-warnings"]);
    assert_eq!(denied.code, 2);
    assert!(
        denied.stdout.contains("warning[W064]") && denied.stdout.ends_with("1 warning in 1 file\n"),
        "{denied:?}"
    );
    fs::write(&file, "cards: []\n").unwrap();
    assert_eq!(flowrun(&["check", &file, "--deny-warnings"]).code, 0);
}

const GREET: &str = r#"
name: Greet
inputs:
  name: { type: text, default: World }
  times: { type: number, default: 2 }
  tags: { type: list of text, default: [] }
outputs: { greeting: text, words: number, tags: number }
cards:
  - id: greeting
    card: text.compose
    with: { text: "Hello, {{ inputs.name }}!" }
  - id: half
    card: number.divide
    with: { a: 10, b: $.inputs.times }
  - id: tags
    card: list.length
    with: { list: $.inputs.tags }
  - card: flow_control.wait_for
    with: { delay: 90, unit: second }
  - card: flow_control.return
    with: { greeting: $.greeting.text, words: $.half.result, tags: $.tags.length }
"#;

#[test]
fn inputs_are_read_by_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("greet.yaml");
    fs::write(&file, GREET).unwrap();
    let file = file.display().to_string();
    let ran = flowrun(&[&file, "-i", "name=0o17", "-i", "times=4", "-i", r#"tags=["a", "b"]"#]);
    assert_eq!(ran.code, 0, "{ran:?}");
    accepted("greet", &told(&ran));
    accepted("greet-trace", &told(&flowrun(&[&file, "--trace"])));
    accepted("greet-fails", &told(&flowrun(&[&file, "--input", "times=0"])));

    let json = flowrun(&[&file, "--json", "-i", "times=5"]);
    assert!(json.stderr.is_empty());
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["flow"]["outputs"]["words"], 2);
    assert!(report["duration_ms"].as_f64().unwrap() >= 90_000.0, "the wait counts, though nobody waited");
    let failed = flowrun(&[&file, "--json", "-i", "times=0"]);
    assert_eq!(failed.code, 1);
    let report: serde_json::Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(report["flow"]["error"]["kind"], "Invalid Input");
}

const STAGE: &str = "\
name: Stage
inputs: { people: file }
outputs: { rows: number, parts: list, text: text }
cards:
  - { id: read, card: file.read_text, with: { file_content: $.inputs.people } }
  - { id: again, card: file.create, with: { text: $.read.text, filename: ../../people.csv } }
  - card: flow_control.return
    with: { rows: 1, parts: [$.again.file_content, { same: $.again.file_content }, $.inputs.people], text: $.read.text }
";

#[test]
fn files_go_in_and_come_out_inside_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, people, out) = (path("stage.yaml"), path("people.csv"), path("deep/out"));
    fs::write(&file, STAGE).unwrap();
    fs::write(&people, "id,name\n1,Zoë\n").unwrap();
    let input = format!("people=@{people}");
    let ran = flowrun(&[&file, "-i", &input, "--files", &out, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let (written, given) = (&report["flow"]["outputs"]["parts"][0], &report["flow"]["outputs"]["parts"][2]);
    assert_eq!((&written["file"], &given["size"]), (&given["file"], &serde_json::json!(15)));
    let saved = ["people.csv", "people-2.csv"].map(|name| format!("{out}/{name}"));
    assert_eq!(
        ran.stderr,
        format!(
            "saved ../../people.csv (15 bytes) as {}\nsaved people.csv (15 bytes) as {}\n",
            saved[0], saved[1]
        )
    );
    for path in &saved {
        assert_eq!(fs::read_to_string(path).unwrap(), "id,name\n1,Zoë\n");
    }
    let names: BTreeSet<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["deep", "people.csv", "stage.yaml"].into_iter().map(Into::into).collect());

    let large = path("large.csv");
    fs::write(&large, vec![b'a'; 1_000_001]).unwrap();
    let (large, missing) = (format!("people=@{large}"), format!("people=@{}", path("none.csv")));
    #[rustfmt::skip]
    let refused: [(&[&str], &str); 5] = [
        (&["-i", "people=people.csv"], "--input people: expected a file as @PATH, found `people.csv`"),
        (&["-i", &missing], "none.csv can't be read: No such file"),
        (&["-i", &large, "--max-file-mb", "1"], "the file is larger than 1 MB, the most that one file may have: allow more with --max-file-mb"),
        (&[], "--input people=@…"),
        (&["-i", &input, "--files", &people], "files can't be saved in"),
    ];
    for (args, why) in refused {
        let ran = flowrun(&[&[&*file], args].concat());
        assert!(ran.code == 2 && ran.stderr.contains(why), "{args:?}: {ran:?}");
    }
    let unsaved = flowrun(&[&file, "-i", &input]);
    assert_eq!(
        (unsaved.code, &*unsaved.stderr),
        (0, "2 files among the outputs not saved; --files names a folder for them\n")
    );
}

#[test]
fn colors_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("greet.yaml");
    fs::write(&file, GREET).unwrap();
    let look = Look { live: false, color: true, width: 80, height: 24 };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, out_look: look, err_look: look };
    let file = file.display().to_string();
    assert_eq!(main_in([file.as_str(), "-i", "times=0"], &surroundings(), &mut console), 1);
    let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    assert!(out.contains("\u{1b}[1;31mfailed") && err.contains("\u{1b}["));
    let bare: Vec<String> = out
        .lines()
        .map(|line| {
            let mut parts = line.split('\u{1b}');
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |text, part| text + part.split_once('m').unwrap_or_default().1)
        })
        .collect();
    assert!(bare.iter().all(|line| line.chars().count() <= 80), "{bare:#?}");
}

#[test]
fn connections_are_real_or_simulated_never_half() {
    let import = flow("import.yaml");
    let half = flowrun_tests::flowrun(&[&import], env(&[("OKTA_ORG_URL", "https://acme.okta.com")]));
    assert_eq!((half.code, half.stdout.as_str()), (2, ""));
    accepted("half-a-connection", &told(&half));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connections.yaml");
    let path = file.display().to_string();
    fs::write(&file, "okta: { org_url: https://acme.okta.com, api_token: tok3n-that-nobody-sees }\n")
        .unwrap();
    let live = flowrun(&[&import, "--live", "--connections", &path]);
    assert_eq!(live.code, 2);
    assert!(
        live.stderr.contains("connection `personio` lacks") && !live.stderr.contains("connection `okta`"),
        "{}",
        live.stderr
    );
    assert!(!live.stderr.contains("tok3n"));

    // Others may read it, or it can't be read, or it says nothing that can be used.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(flowrun(&[&import, "--live", "--connections", &path]).stderr.contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(!flowrun(&[&import, "--live", "--connections", &path]).stderr.contains("chmod 600"));
    }
    fs::write(&file, "okta: { api_token: tok3n").unwrap();
    let wrong = flowrun_tests::flowrun(&[&import], env(&[("FLOWRUN_CONNECTIONS", &path)]));
    assert!(
        wrong.code == 2 && wrong.stderr.contains("can't be understood") && !wrong.stderr.contains("tok3n"),
        "{wrong:?}"
    );

    let project = tempfile::tempdir().unwrap();
    let inside = project.path().join("connections.yaml");
    fs::write(project.path().join("flowrun.yaml"), "name: P\n").unwrap();
    fs::write(project.path().join("greet.yaml"), GREET).unwrap();
    fs::write(&inside, "okta: {}\n").unwrap();
    let greet = project.path().join("greet.yaml").display().to_string();
    let inside = flowrun(&[&greet, "--connections", &inside.display().to_string()]);
    assert!(inside.code == 2 && inside.stderr.contains("lies inside the project"), "{inside:?}");
}

#[tokio::test]
async fn the_simulated_org_holds_what_was_imported() {
    let simulators = simulators(Clock::simulated(EPOCH_MS), 600);
    assert_eq!((simulators.okta.user_count(), simulators.okta.count_status(UserStatus::Active)), (480, 480));
    let ran = over(&simulators, None, &[&flow("import.yaml")]).await;
    assert_eq!(ran.code, 0, "{}", told(&ran));
    let sent = simulators.okta.sent(Operation::Upsert);
    assert!(sent.keys().eq(&simulators.here()));
    assert!(sent.values().all(|times| *times == 1));

    // Yesterday's import had four of five of those who have left, so that there is someone to deactivate.
    let left = 600 - simulators.here().len();
    let known = simulators.okta.user_count() - simulators.here().len();
    assert!((20..left).contains(&known), "{known} of {left}");
    let ran = over(&simulators, None, &[&flow("deactivate.yaml")]).await;
    assert_eq!(ran.code, 0, "{}", told(&ran));
    let clock = &simulators.clock;
    clock.drive(clock.sleep(Duration::from_secs(600))).await;
    assert_eq!(simulators.okta.sent(Operation::Delete).len(), left);
    assert_eq!(simulators.okta.count_status(UserStatus::Deprovisioned), known);
}

#[test]
fn a_real_run_says_what_it_waits_for() {
    let flow = "name: Patience\ncards:\n  - { card: flow_control.wait_for, with: { delay: 60 } }\n";
    let ran = run_case(&sources(flow), "flow.yaml", &["--live", "--time-scale", "30"], BTreeMap::new());
    assert_eq!(ran.code, 0, "{}", told(&ran));
    let said = ran.stderr.lines().find(|line| line.contains("Patience: waits ")).unwrap_or_default();
    assert!(said.contains(", until ") && said.ends_with(" UTC"), "{}", told(&ran));
}

/// The tree is drawn on the screen while the run goes on, with what it waits for, and is gone in the end; each frame begins with
/// the mark by which terminals hold back half a frame.
#[test]
fn a_run_is_drawn_while_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flow.yaml");
    let flow = "name: Patience\ncards:\n  - { card: flow_control.wait_for, with: { delay: 60 } }\n";
    fs::write(&file, flow).unwrap();
    let (shown, mut out, mut err) = (Shared::default(), Vec::new(), Vec::new());
    let look = Look { live: true, color: false, width: 80, height: 24 };
    let screen = Screen::new(Box::new(shown.clone()), look, Box::new(|| Some((70, 24))));
    let env = env(&[("XDG_STATE_HOME", &folder.path().display().to_string())]);
    let surroundings = Surroundings { screen: Some(screen), env, ..surroundings() };
    let mut console = Console { err_look: look, ..Console::plain(&mut out, &mut err) };
    let args = ["run", &file.display().to_string(), "--live", "--time-scale", "60"];
    assert_eq!(main_in(args, &surroundings, &mut console), 0, "{}", String::from_utf8_lossy(&err));
    let shown = shown.text();
    let frames: Vec<&str> = shown.split("\u{1b}[?2026h").collect();
    assert!(frames.len() > 1, "{shown:?}");
    let last = frames[frames.len() - 1];
    let (tree, after) = last.split_once("\u{1b}[?2026l").unwrap();
    assert!(tree.contains("└ Wait For") && tree.contains(" left"), "{tree:?}");
    // Two lines, of the tree and of the spinner, are taken away.
    assert_eq!(after.matches("\u{1b}[2K").count(), 2, "{after:?}");
    assert!(String::from_utf8(out).unwrap().contains("done · 1 min"));
}

#[tokio::test]
async fn an_interrupted_run_cleans_up() {
    let simulators = simulators(Clock::simulated(EPOCH_MS), 250);
    // Somebody else's session is being imported: the run waits for it.
    simulators.okta.open_session_for_test(SessionStatus::Triggered);
    let (switch, stop) = Stop::new();
    let pressed = async {
        simulators.clock.sleep(Duration::from_secs(10)).await;
        switch.send(true).unwrap();
    };
    let import = flow("import.yaml");
    let args = [&*import];
    let both = async { tokio::join!(over(&simulators, Some(stop), &args), pressed) };
    let (ran, ()) = simulators.clock.drive(both).await;
    assert_eq!(ran.code, 130, "{}", told(&ran));
    assert!(
        ran.stdout.contains("✗ cancelled") && ran.stdout.lines().last().unwrap().starts_with("interrupted ·"),
        "{}",
        ran.stdout
    );
    let open = simulators
        .okta
        .sessions()
        .into_iter()
        .filter(|s| matches!(s.status, SessionStatus::Created | SessionStatus::InProgress));
    assert_eq!(open.count(), 0);
    assert!(simulators.okta.sent(Operation::Upsert).is_empty());
}

#[tokio::test]
async fn the_sandbox_is_a_real_vendor() {
    let (switch, stop) = Stop::new();
    let simulators = simulators(Clock::starting_at(EPOCH_MS, 1.0), 30);
    let surroundings =
        Surroundings { stop: Some(stop), simulators: Some(simulators.all()), ..surroundings() };
    let out = Shared::default();
    let serving = tokio::task::spawn_blocking({
        let mut out = out.clone();
        move || {
            let mut err = Vec::new();
            let code =
                main_in(["sandbox", "--port", "0"], &surroundings, &mut Console::plain(&mut out, &mut err));
            (code, String::from_utf8(err).unwrap())
        }
    });
    let exports = loop {
        let text = out.text();
        if text.contains("PERSONIO_CLIENT_SECRET=") {
            break text;
        }
        tokio::task::yield_now().await;
    };
    let env: BTreeMap<String, String> = exports
        .lines()
        .map(|line| line.strip_prefix("export ").unwrap().split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect();
    let import = flow("import.yaml");
    let ran = tokio::task::spawn_blocking(move || {
        flowrun_tests::flowrun(&[&import, "--live", "--time-scale", "600"], env)
    });
    let ran = ran.await.unwrap();
    assert_eq!(ran.code, 0, "{}", told(&ran));
    assert!(ran.stdout.lines().next().unwrap().contains("okta: 127.0.0.1"), "{}", ran.stdout);
    assert_eq!(simulators.okta.sent(Operation::Upsert).len(), simulators.here().len());
    switch.send(true).unwrap();
    let (code, err) = serving.await.unwrap();
    assert_eq!(code, 0);
    assert!(err.contains("30 employees") && err.contains("as Okta"), "{err}");
}

/// A stream that can be read while it is written to.
#[derive(Clone, Default)]
struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Forty lists, each of which holds the one before it twice: a trillion values that take a few kilobytes, and would be written out for
/// months.
#[test]
fn a_value_that_holds_itself_again_and_again_is_cut_wherever_it_is_shown() {
    let case = "#### file: main.yaml
name: Doubled
outputs: { doubled: any }
cards:
  - { id: range, card: list.range, with: { start: 0, end: 40 } }
  - { id: all, card: list.reduce, with: { list: $.range.list, flow: twice, memo: a } }
  - { card: flow_control.return, with: { doubled: $.all.item } }
#### file: twice.yaml
name: Twice
inputs: { memo: any }
outputs: { memo: any }
cards:
  - { id: two, card: list.construct, with: { one: $.inputs.memo, other: $.inputs.memo } }
  - { card: flow_control.return, with: { memo: $.two.list } }
";
    for args in [&[][..], &["--json"], &["--outputs"], &["--trace"], &["--dry-run"]] {
        let ran = run_case(&sources(case), "main.yaml", args, BTreeMap::new());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        assert!(ran.stdout.len() < 5_000_000, "{args:?}: {} bytes", ran.stdout.len());
    }
}
