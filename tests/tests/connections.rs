//! `flowrun connections`: what it says of set-ups that are right and of each that is wrong, over TCP, as the user sees it.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use flowrun::{Prompt, Surroundings};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, ServiceApp};
use flowrun_personio::sim::{Access, PersonioSim, PersonioSimConfig};
use flowrun_tests::org::{EPOCH_MS, Project};
use flowrun_tests::served::{Env, Served, flowrun_by, variables};
use flowrun_tests::simulators::OktaAuth;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{Ran, in_surroundings, surroundings};
use secrecy::ExposeSecret;
use tempfile::TempDir;

/// Time passes fast, so that nobody waits for a host that is not there.
fn clock() -> Clock {
    Clock::starting_at(EPOCH_MS, 600.0)
}

fn simulators(okta_auth: OktaAuth) -> Simulators {
    // Not so fast that what a request takes looks like clocks that differ: that would be from a minute on, twelve real seconds.
    Simulators::empty(
        Clock::starting_at(EPOCH_MS, 5.0),
        &Setup { okta_auth, dated: true, ..Setup::default() },
    )
}

/// An org whose service app differs from a right one.
fn with_app(change: impl FnOnce(&mut ServiceApp)) -> Simulators {
    let simulators = simulators(OktaAuth::Oauth);
    let mut owned = simulators.app.clone().unwrap();
    change(&mut owned.app);
    let apps = vec![owned.app.clone()];
    let clock = simulators.clock.clone();
    let okta = OktaSim::new(OktaSimConfig { apps, dated: true, ..OktaSimConfig::new(clock) });
    Simulators { okta, app: Some(owned), ..simulators }
}

/// An account that differs from a usual one.
fn with_account(change: impl FnOnce(&mut PersonioSimConfig)) -> Simulators {
    let simulators = simulators(OktaAuth::ApiToken);
    let mut config = PersonioSimConfig { dated: true, ..PersonioSimConfig::new(simulators.clock.clone()) };
    change(&mut config);
    Simulators { personio: PersonioSim::new(config), ..simulators }
}

/// Tries one connection of the shipped project; each of `settings` is another than leads to the simulators.
fn try_one(name: &str, simulators: &Simulators, settings: &[(&str, &str)]) -> Ran {
    let served = Served::new(simulators.router());
    let mut env = variables(simulators, &served.url);
    env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let flows = Project::shipped();
    flowrun_by(&simulators.clock, &["connections", "test", &flows.flow(""), "--only", name], env)
}

/// What a command said, without what differs from run to run.
fn told(ran: &Ran) -> String {
    let text = format!("{}{}--- exit code {} ---\n", ran.stdout, ran.stderr, ran.code);
    let port = |rest: &str| rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap().to_owned();
    first + &parts.map(|rest| format!("127.0.0.1:…{}", port(rest))).collect::<String>()
}

fn accepted(name: &str, ran: &Ran) {
    shown(name, &told(ran));
}

fn shown(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("connections");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn what_is_right_is_told() {
    for (name, auth) in
        [("okta-token", OktaAuth::ApiToken), ("okta-oauth", OktaAuth::Oauth), ("okta-dpop", OktaAuth::Dpop)]
    {
        let ran = try_one("okta", &simulators(auth), &[]);
        accepted(name, &ran);
        assert_eq!(ran.code, 0);
    }
    accepted("personio", &try_one("personio", &simulators(OktaAuth::ApiToken), &[]));
    let v1 = with_account(|account| account.access = Access { v2: false, ..Access::default() });
    let ran = try_one("personio", &v1, &[]);
    accepted("personio-v1-only", &ran);
    assert_eq!(ran.code, 0);
}

#[test]
fn the_manual_shows_what_is_told() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/connections.md");
    let page = fs::read_to_string(page).unwrap();
    let narrow = with_app(|app| app.scopes.retain(|scope| scope != "okta.apps.read"));
    for org in [simulators(OktaAuth::Dpop), narrow] {
        let told = told(&try_one("okta", &org, &[])).replace("127.0.0.1:…", "acme.okta.com");
        let block = told.split("---").next().unwrap();
        assert!(page.contains(&format!("```text\n{block}```")), "{block}");
    }
}

#[test]
fn what_okta_refuses_is_told_apart() {
    let stranger = ServiceApp::generate("0oaOther", &[]).unwrap().private_key;
    let by_token = simulators(OktaAuth::ApiToken);
    let by_app = || with_app(|_| {});
    let cases = [
        ("okta-revoked-token", try_one("okta", &by_token, &[("OKTA_API_TOKEN", "00revokedToken")])),
        ("okta-unknown-source", try_one("okta", &by_token, &[("OKTA_IDENTITY_SOURCE_ID", "0oa0unknown")])),
        ("okta-wrong-key", try_one("okta", &by_app(), &[("OKTA_PRIVATE_KEY", stranger.expose_secret())])),
        ("okta-no-key", try_one("okta", &by_app(), &[("OKTA_PRIVATE_KEY", "/home/me/okta.pem")])),
        ("okta-unknown-client", try_one("okta", &by_app(), &[("OKTA_CLIENT_ID", "0oa0unknown")])),
        ("okta-two-ways", try_one("okta", &by_app(), &[("OKTA_API_TOKEN", "00token")])),
        (
            "okta-no-scope",
            try_one("okta", &with_app(|app| app.scopes.retain(|scope| scope != "okta.apps.read")), &[]),
        ),
        ("okta-no-role", try_one("okta", &with_app(|app| app.admin = false), &[])),
        (
            "okta-admin-address",
            try_one("okta", &by_token, &[("OKTA_ORG_URL", "https://acme-admin.okta.com")]),
        ),
    ];
    for (name, ran) in cases {
        accepted(name, &ran);
        assert_eq!(ran.code, 1, "{name}");
        assert!(!told(&ran).contains("00revokedToken"), "{name}");
    }
}

#[test]
fn a_host_that_is_not_okta_is_told_apart() {
    let org = simulators(OktaAuth::ApiToken);
    let website = Served::new(Router::new().fallback(any(|| async { Html("<h1>Welcome</h1>") })));
    accepted("okta-website", &try_one("okta", &org, &[("OKTA_ORG_URL", &website.url)]));
    let nothing = Served::new(Router::new());
    accepted("okta-not-found", &try_one("okta", &org, &[("OKTA_ORG_URL", &nothing.url)]));
    let gone = Served::new(Router::new()).url.clone();
    accepted("okta-nobody", &try_one("okta", &org, &[("OKTA_ORG_URL", &gone)]));
    accepted("okta-no-address", &try_one("okta", &org, &[("OKTA_ORG_URL", "acme.okta.com/admin users")]));
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let late = Clock::starting_at(EPOCH_MS + 12 * 60_000, 1.0);
    let setup = |okta_auth| Setup { okta_auth, dated: true, ..Setup::default() };
    for (name, auth) in [("okta-clock", OktaAuth::Oauth), ("okta-clock-token", OktaAuth::ApiToken)] {
        let org = Simulators::empty(late.clone(), &setup(auth));
        let served = Served::new(org.router());
        let flows = Project::shipped().flow("");
        let here = Clock::starting_at(EPOCH_MS, 1.0);
        let ran = flowrun_by(
            &here,
            &["connections", "test", &flows, "--only", "okta"],
            variables(&org, &served.url),
        );
        accepted(name, &ran);
    }
}

#[test]
fn what_personio_refuses_is_told_apart() {
    let usual = simulators(OktaAuth::ApiToken);
    let released = |left_out: &str| {
        PersonioSim::all_attributes()
            .filter(|key| *key != left_out)
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let website = Served::new(Router::new().fallback(any(|| async { Html("<h1>Welcome</h1>") })));
    let gone = Served::new(Router::new()).url.clone();
    let cases = [
        (
            "personio-bad-secret",
            try_one("personio", &usual, &[("PERSONIO_CLIENT_SECRET", "s3cret-but-wr0ng")]),
        ),
        (
            "personio-no-email",
            try_one("personio", &with_account(|account| account.readable = Some(released("email"))), &[]),
        ),
        (
            "personio-no-right",
            try_one("personio", &with_account(|account| account.access.employees = false), &[]),
        ),
        ("personio-website", try_one("personio", &usual, &[("PERSONIO_BASE_URL", &website.url)])),
        ("personio-nobody", try_one("personio", &usual, &[("PERSONIO_BASE_URL", &gone)])),
        ("personio-pace", try_one("personio", &usual, &[("PERSONIO_REQUESTS_PER_MINUTE", "many")])),
    ];
    for (name, ran) in cases {
        accepted(name, &ran);
        assert_eq!(ran.code, 1, "{name}");
        assert!(!told(&ran).contains("s3cret-but-wr0ng"), "{name}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    let flows = Project::shipped().flow("");
    let test = |args: &[&str], env: &[(&str, &str)]| {
        let env: Env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        flowrun_by(&clock(), &[&["connections", "test", &*flows], args].concat(), env)
    };
    let simulated = test(&[], &[]);
    accepted("simulated", &simulated);
    assert_eq!(simulated.code, 0);
    let incomplete = test(&["--only", "okta"], &[("OKTA_CLIENT_ID", "0oa1")]);
    accepted("incomplete", &incomplete);
    assert_eq!(incomplete.code, 1);
    let unknown = test(&["--only", "octa"], &[]);
    accepted("unknown", &unknown);
    assert_eq!(unknown.code, 2);
}

/// A user's home, beside a project of theirs.
struct Home(TempDir);

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("flows")).unwrap();
        let files = [
            (
                "flowrun.yaml",
                "name: a\nconnections: { okta: okta }\nvars:\n  source: { env: OKTA_IDENTITY_SOURCE_ID, value: none }\n",
            ),
            (
                "plain.yaml",
                "name: Plain\noutputs: { source: text }\ncards:\n  - card: flow_control.return\n    with: { source: $.vars.source }\n",
            ),
            (
                "listing.yaml",
                "name: Listing\noutputs: { source: text }\ncards:\n  - card: okta.list_import_sessions\n    with: { application_id: $.vars.source }\n  - card: flow_control.return\n    with: { source: $.vars.source }\n",
            ),
        ];
        for (name, text) in files {
            fs::write(folder.path().join("flows").join(name), text).unwrap();
        }
        Home(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path(".config/flowrun/connections.yaml")
    }

    /// Writes the connections file by hand.
    fn write(&self, text: &str, mode: u32) {
        fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        fs::write(self.file(), text).unwrap();
        fs::set_permissions(self.file(), Permissions::from_mode(mode)).unwrap();
    }

    fn env(&self, more: &[(&str, &str)]) -> Env {
        let mut env = Env::from([("HOME".to_owned(), self.0.path().display().to_string())]);
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        env
    }

    fn run(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        flowrun_by(&clock(), args, self.env(more))
    }

    fn add(&self, args: &[&str], prompt: Option<Arc<dyn Prompt>>) -> Ran {
        let surroundings = Surroundings { env: self.env(&[]), prompt, ..surroundings() };
        let flows = self.path("flows").display().to_string();
        in_surroundings(&[&["connections", "add"], args, &["--project", &flows]].concat(), &surroundings)
    }

    fn flow(&self, name: &str) -> String {
        self.path("flows").join(name).display().to_string()
    }

    /// What was said, with `~` for this home.
    fn told(&self, ran: &Ran) -> String {
        told(ran).replace(&self.0.path().display().to_string(), "~")
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Answers questions in their order, and keeps them.
#[derive(Default)]
struct Script {
    answers: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<(String, bool)>>,
}

impl Script {
    fn new(answers: &[&'static str]) -> Arc<Script> {
        Arc::new(Script { answers: Mutex::new(answers.iter().rev().copied().collect()), ..Script::default() })
    }
}

impl Prompt for Script {
    fn ask(&self, question: &str, hidden: bool) -> io::Result<String> {
        self.asked.lock().unwrap().push((question.to_owned(), hidden));
        let answer = self.answers.lock().unwrap().pop();
        answer.map(str::to_owned).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

const GIVEN: [&str; 3] = ["okta", "org_url=https://acme.okta.com", "api_token=!op read op://it/okta/token"];

#[test]
fn a_connection_is_written_for_its_owner_alone() {
    let home = Home::new();
    let ran = home.add(&GIVEN, None);
    assert_eq!(
        (ran.code, home.told(&ran)),
        (
            0,
            "wrote okta in ~/.config/flowrun/connections.yaml, which only you may read\n\
             try it: flowrun connections test\n--- exit code 0 ---\n"
                .to_owned()
        )
    );
    assert_eq!((mode(&home.file()), mode(home.file().parent().unwrap())), (0o600, 0o700));
    let block = "okta:\n  api_token: \"!op read op://it/okta/token\"\n  org_url: \"https://acme.okta.com\"\n";
    assert_eq!(fs::read_to_string(home.file()).unwrap(), block);

    // What is there stays, remarks too; and a file that others may read becomes one's own.
    let old = "# mine\npersonio: { client_id: x } # the old one\n";
    home.write(old, 0o644);
    assert_eq!(home.add(&GIVEN, None).code, 0);
    assert_eq!(fs::read_to_string(home.file()).unwrap(), format!("{old}{block}"));
    assert_eq!(mode(&home.file()), 0o600);

    // Nobody is asked for what is then refused.
    let script = Script::new(&[]);
    let ran = home.add(&["okta"], Some(script.clone()));
    assert_eq!(
        home.told(&ran),
        "error: there is a connection `okta` already\n  = help: replace it with --replace, or choose another name\n\
         --- exit code 2 ---\n"
    );
    assert!(script.asked.lock().unwrap().is_empty());

    let inside = home.flow("connections.yaml");
    let ran = home.add(&[&GIVEN[..], &["--connections", &inside]].concat(), None);
    assert_eq!(
        home.told(&ran),
        "error: ~/flows/connections.yaml lies inside the project\n  = help: whoever gets the flows would get the credentials \
         too; name a file elsewhere\n--- exit code 2 ---\n"
    );
    assert!(!Path::new(&inside).exists());
}

#[test]
fn what_is_missing_is_asked_for() {
    let home = Home::new();
    let key = home.path("okta.pem");
    fs::write(&key, "a key\n").unwrap();
    let at_key: &'static str = format!("@{}", key.display()).leak();
    let script = Script::new(&["nine", "2", "acme.okta.com", "0oa1", at_key]);
    let ran = home.add(&["okta", "identity_source_id=0oa2"], Some(script.clone()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let key = key.canonicalize().unwrap();
    assert_eq!(
        fs::read_to_string(home.file()).unwrap(),
        format!(
            "okta:\n  client_id: \"0oa1\"\n  identity_source_id: \"0oa2\"\n  org_url: \"https://acme.okta.com\"\n  \
             private_key: \"@{}\"\n",
            key.display()
        )
    );
    let asked = script.asked.lock().unwrap();
    let which = "Okta logs in by: 1 API token, 2 OAuth 2.0 service app\n  which";
    let again = format!("expected a number from 1 to 2, found `nine`\n{which}");
    assert_eq!([&*asked[0].0, &*asked[1].0], [which, &again]);
    let hidden: Vec<bool> = asked.iter().map(|(_, hidden)| *hidden).collect();
    assert_eq!(hidden, [false, false, false, false, true], "{asked:?}");

    // Without anybody to ask, all of it is named.
    let ran = home.add(&["okta", "--replace", "org_url=https://acme.okta.com"], None);
    accepted("add-incomplete", &ran);
    let ran = home.add(&["okta", "--replace", "org_url=https://acme.okta.com", "api_tokn=x"], None);
    accepted("add-misspelt", &ran);
    let ran = home.add(&["okta", "--replace", "org_url=https://acme.okta.com", "api_token=00x"], None);
    assert!(
        ran.stderr.starts_with("warning: `api_token` is in the history of your shell now"),
        "{}",
        ran.stderr
    );
}

#[test]
fn settings_come_from_where_they_are_kept() {
    let org = simulators(OktaAuth::ApiToken);
    let served = Served::new(org.router());
    let home = Home::new();
    for name in ["from_file", "okta_token"] {
        fs::write(home.path(name), format!("{}\n", org.okta.token())).unwrap();
    }
    let sources = [
        format!("\"!printf %s {}\"", org.okta.token()),
        format!("\"@{}\"", home.path("from_file").display()),
        "$TOKEN".to_owned(),
        "credential:okta_token".to_owned(),
        format!("plain:{}", org.okta.token()),
    ];
    let folder = home.0.path().display().to_string();
    let env = [("TOKEN", org.okta.token()), ("CREDENTIALS_DIRECTORY", &folder)];
    let mut listed = String::new();
    for source in sources {
        let source_id = org.okta.identity_source_id();
        home.write(
            &format!(
                "okta:\n  org_url: {}\n  api_token: {source}\n  identity_source_id: {source_id}\n",
                served.url
            ),
            0o600,
        );
        let ran = home.run(&["connections", "test", &home.flow("")], &env);
        assert_eq!(ran.code, 0, "{source}: {}{}", ran.stdout, ran.stderr);
        let ran = home.run(&["connections", &home.flow("")], &env);
        assert!(!ran.stdout.contains(org.okta.token()), "{source}");
        listed.push_str(&home.told(&ran));
    }
    // Files that the environment or the service manager names come before the connections file.
    home.write(&format!("okta: {{ org_url: \"{}\", api_token: wrong }}\n", served.url), 0o600);
    let named = home.path("from_file").display().to_string();
    fs::copy(home.path("from_file"), home.path("OKTA_API_TOKEN")).unwrap();
    for (name, value) in [("OKTA_API_TOKEN_FILE", &named), ("CREDENTIALS_DIRECTORY", &folder)] {
        let ran = home.run(&["connections", "test", &home.flow("")], &[(name, value)]);
        assert!(
            ran.stdout.contains("API token of api.client@example.com accepted"),
            "{name}: {}",
            ran.stdout
        );
        listed.push_str(&home.told(&home.run(&["connections", &home.flow("")], &[(name, value)])));
    }
    shown("list-sources", &listed);
}

#[test]
fn commands_are_run_where_they_are_needed_and_can_be_trusted() {
    let org = simulators(OktaAuth::ApiToken);
    let served = Served::new(org.router());
    let home = Home::new();
    let mark = home.path("ran");
    let file = format!(
        "okta:\n  org_url: {}\n  api_token: \"!printf %s {}\"\n  identity_source_id: \"!touch {}; printf %s {}\"\n",
        served.url,
        org.okta.token(),
        mark.display(),
        org.okta.identity_source_id()
    );
    home.write(&file, 0o600);
    let ran = home.run(&["run", &home.flow("plain.yaml"), "--json"], &[]);
    assert_eq!((ran.code, mark.exists()), (0, false), "{}", ran.stderr);
    home.run(&["connections", &home.flow("")], &[]);
    assert!(!mark.exists(), "a list runs no command");
    let ran = home.run(&["run", &home.flow("listing.yaml"), "--json"], &[]);
    assert_eq!((ran.code, mark.exists()), (0, true), "{}", ran.stderr);
    assert!(
        ran.stdout.contains(&format!("\"source\": \"{}\"", org.okta.identity_source_id())),
        "{}",
        ran.stdout
    );

    // Whoever may write the file could run what they like.
    fs::remove_file(&mark).unwrap();
    for wide in [0o620, 0o602] {
        home.write(&file, wide);
        let ran = home.run(&["run", &home.flow("listing.yaml"), "--json"], &[]);
        assert_eq!((ran.code, mark.exists()), (2, false));
        assert_eq!(
            home.told(&ran),
            "warning: others may read ~/.config/flowrun/connections.yaml, which holds credentials: chmod 600 it\n\
             error: the connection `okta` lacks a setting: `identity_source_id`: the command `touch …` is not run, because \
             others may write ~/.config/flowrun/connections.yaml: chmod 600 it\n--- exit code 2 ---\n"
        );
    }
}

#[test]
fn slips_in_the_file_are_named() {
    let home = Home::new();
    let mut all = String::new();
    for text in [
        "okta:\n  org_url: https://acme.okta.com\n  api_tokn: 00secret\n",
        "okta:\n  org_url: https://acme.okta.com\n  api_token: !op read op://it/00secret\n",
        "okta:\n  org_url: https://acme.okta.com\n  api_token: @/run/00secret\n",
        "okta:\n  org_url: https://acme.okta.com\n  api_token: [00secret]\n",
    ] {
        home.write(text, 0o600);
        let ran = home.run(&["connections", &home.flow("")], &[]);
        assert_eq!(ran.code, 2);
        all.push_str(&home.told(&ran));
    }
    assert!(!all.contains("00secret"), "{all}");
    shown("file-slips", &all);
}
