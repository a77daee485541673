//! What a user sees of a run: a plan, faults and repeats, mocks, an interrupted run. The numbers are those of the simulators' own
//! rules: two users in a page of two, a 429 that asks for its window.

use std::fs;
use std::path::Path;

use flowrun_tests::{Ran, flowrun};

/// A folder with a project in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let flow = self.path("flow.yaml");
        flowrun(&[&[&*flow], args].concat(), env)
    }

    fn told(&self, ran: &Ran) -> String {
        let folder = format!("{}/", self.0.path().display());
        let err =
            if ran.stderr.is_empty() { String::new() } else { format!("--- stderr ---\n{}", ran.stderr) };
        let whole = format!("{}{err}--- exit code {} ---\n", ran.stdout, ran.code).replace(&folder, "");
        // What was made just now is dated today.
        let undated = whole
            .lines()
            .map(|line| line.split_once("created: ").map_or(line, |(before, _)| before).trim_end());
        undated.map(|line| format!("{line}\n")).collect()
    }
}

fn accepted(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path(Path::new("seen"));
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

const MANIFEST: &str = "connections: { okta: okta, api: api_connector }\n";

/// Makes a group, puts users into it and tells somebody.
fn sync() -> Folder {
    Folder::new(&[
        ("flowrun.yaml", MANIFEST),
        (
            "flow.yaml",
            "name: Sync a Group
outputs: { group: text, told: text, failed: number }
cards:
  - { id: group, card: okta.create_group, with: { name: Engineers, description: All of them } }
  - { id: found, card: okta.list_users_with_search, with: { result_set: first_200, search: profile.lastName sw \"Z\" } }
  - id: each
    card: list.for_each_ignore_errors
    with: { list: $.found.users, flow: add }
    pass: { group: $.group.id, user: $.item.ID }
  - { card: okta.read_group, with: { group_id: $.group.id } }
  - { id: post, card: api_connector.post, with: { url: /echo, body: { text: \"made {{ group.id }}\" } } }
  - { card: flow_control.return, with: { group: $.group.id, told: $.post.body.id, failed: 0 } }
",
        ),
        (
            "add.yaml",
            "name: Add
inputs: { group: text, user: text }
cards:
  - { card: okta.add_user_to_group, with: { group_id: $.inputs.group, user_id: $.inputs.user } }
",
        ),
    ])
}

/// Posts to Slack, which flowrun has no cards for.
fn external() -> Folder {
    Folder::new(&[
        ("flowrun.yaml", "connections: { okta: okta }\n"),
        (
            "flow.yaml",
            "name: Tell
cards:
  - { card: okta.list_users_with_search, with: { result_set: first } }
  - { card: external.slack.send_message, with: { Text: hello }, outputs: { Message ID: text } }
",
        ),
        ("answers.json", r#"{ "slack.send_message": { "gives": { "Message ID": "m1" } } }"#),
    ])
}

#[test]
fn a_dry_run_is_a_plan() {
    let folder = sync();
    let ran = folder.run(&["--dry-run"], &[]);
    accepted("plan", &folder.told(&ran));
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&["--dry-run", "--json"], &[]).stdout).unwrap();
    assert_eq!(json["status"], "planned");
    // A group, each user that was found, a message.
    let found = json["withheld"].as_array().unwrap().len() - 2;
    let lines =
        ran.stdout.lines().filter(|line| line.contains("PUT /api/v1/groups/planned-1/users/")).count();
    assert_eq!((found, found > 0), (lines, true));
    // Only the search was sent: the group that is read was made up.
    assert_eq!(json["requests"]["okta"]["sent"], 1);
    assert_eq!(json["requests"]["api"]["sent"], 0);
}

#[test]
fn a_plan_that_can_not_go_through_fails() {
    let folder = Folder::new(&[
        ("flowrun.yaml", MANIFEST),
        (
            "flow.yaml",
            "name: Fails\ncards:\n  - { card: okta.create_group, with: { name: A } }\n  - { card: okta.read_user, with: { id_or_login: nobody@example.com } }\n",
        ),
    ]);
    let ran = folder.run(&["--dry-run"], &[]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("1 request would have been sent:\n  POST /api/v1/groups"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nfailed"), "{}", ran.stdout);
}

#[test]
fn repeats_and_faults_are_told() {
    let folder = sync();
    let faults = [
        "--fault",
        "rate-limit@okta POST:times=2",
        "--fault",
        "bad-gateway@okta GET",
        "--fault",
        "drop@oktaa",
    ];
    accepted("repeats", &folder.told(&folder.run(&faults, &[])));
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&[&faults[..], &["--json"]].concat(), &[]).stdout).unwrap();
    assert_eq!(
        (&json["requests"]["okta"]["throttled"], &json["requests"]["okta"]["repeated"]),
        (&2.into(), &3.into())
    );
}

#[test]
fn what_is_made_up_is_never_taken_for_real() {
    let folder = external();
    let answers = folder.path("answers.json");
    let mut all = String::new();
    let mut tell = |what: &str, args: &[&str], env: &[(&str, &str)]| {
        all.push_str(&format!("=== {what}\n{}", folder.told(&folder.run(args, env))));
    };
    let real = [("OKTA_ORG_URL", "https://acme.okta.com"), ("OKTA_API_TOKEN", "00abcdefgh")];
    tell("simulated, with an answer", &["--mock", &answers], &[]);
    tell("simulated, without one", &[], &[]);
    tell("real, without one: nothing was sent", &[], &real);
    tell("live", &["--live"], &real);
    tell("live, with an answer", &["--live", "--mock", &answers], &real);
    // No request leaves: the address leads nowhere.
    tell("real, but to be simulated", &["--simulate", "--mock", &answers], &real);
    accepted("mocks", &all);
}

/// What a card of the category Text makes of a secret is one; so is what it says of a failure.
#[test]
fn text_cards_take_secrets_and_give_secrets() {
    let folder = Folder::new(&[
        ("flowrun.yaml", "vars: { token: { type: secret, env: TOKEN } }\n"),
        (
            "flow.yaml",
            "name: Look
outputs: { header: any, length: number }
cards:
  - { id: header, card: text.concatenate, with: { text_1: \"Bearer \", text_2: $.vars.token } }
  - { id: parts, card: text.split, with: { text: $.vars.token, separator: \"-\" } }
  - { id: length, card: text.length, with: { text: $.header.text } }
  - { card: flow_control.return, with: { header: $.header.text, length: $.length.length } }
",
        ),
    ]);
    let ran = folder.run(&["--trace"], &[("TOKEN", "abc-hunter2")]);
    let told = folder.told(&ran);
    assert!(!told.contains("hunter2") && !told.contains("abc"), "{told}");
    accepted("secrets_in_texts", &told);
}

/// Any card can be answered for, and an answer that is for none is a mistake.
#[test]
fn any_card_can_be_mocked() {
    let folder = Folder::new(&[
        ("flowrun.yaml", "connections: { okta: okta, api: api_connector }\nexclude: [\"answers_*\"]\n"),
        (
            "flow.yaml",
            "name: Look
outputs: { body: text, login: text, locked: number }
cards:
  - { id: locked, card: external.mdm.search_devices, with: { User Email: joe, flow: one }, outputs: { Records Streamed: number } }
  - { id: got, card: api_connector.get, with: { url: \"https://elsewhere.example/x\" } }
  - { id: user, card: okta.read_user, with: { id_or_login: jane } }
  - { card: okta.list_users_with_search, with: { result_set: stream, search: x, flow: one } }
  - { card: flow_control.return, with: { body: $.got.body.text, login: $.user.profile.login, locked: \"$.locked['Records Streamed']\" } }
",
        ),
        ("one.yaml", "inputs: { Record: object }\ncards: [{ card: error_handling.return_error_if, with: { value_a: $.inputs.Record.ID, operator: \"==\", value_b: u2, message: the second } }]\n"),
        (
            "answers_fit.yaml",
            "api_connector.get: { gives: { body: { text: hello } } }
okta.read_user: [{ when: { id_or_login: joe }, fails: nobody }, { gives: { profile: { login: jane@example.com } } }]
okta.list_users_with_search: { gives: { records: [{ ID: u1 }, { ID: u2 }] } }
mdm.search_devices: { when: { User Email: joe }, gives: { records: [{ ID: u3 }, { ID: u4 }, { ID: u5 }] } }
",
        ),
        ("answers_misspelt.yaml", "okta.raed_user: { gives: {} }\n"),
        ("answers_pure.yaml", "text.trim: { gives: {} }\n"),
    ]);
    let mut all = String::new();
    for answers in ["fit", "misspelt", "pure"] {
        let file = folder.path(&format!("answers_{answers}.yaml"));
        all.push_str(&format!("=== {answers}\n{}", folder.told(&folder.run(&["--mock", &file], &[]))));
    }
    accepted("mocked_cards", &all);
}

/// What stands in the file is what the cards read: statuses, logins and memberships are those written there. The clock is the machine's, of
/// whose past the log keeps 90 days, so that events lie in the future.
#[test]
fn the_simulated_okta_is_as_described() {
    let folder = Folder::new(&[
        ("flowrun.yaml", "connections: { okta: okta }\n"),
        (
            "flow.yaml",
            "name: Look
outputs: { last: text, members: list of text, jira: list of text, suspended: number, failed: list of any }
cards:
  - { id: found, card: okta.list_users_with_search, with: { result_set: all, search: profile.department eq \"Engines\" } }
  - { id: group, card: okta.search_groups, with: { result_set: first, name: Engineers } }
  - { id: members, card: okta.list_group_members, with: { result_set: all, group_id: $.group.id } }
  - { id: apps, card: okta.search_applications, with: { result_set: first, query: Jira } }
  - { id: jira, card: okta.list_users_assigned_to_application, with: { result_set: first_500, application_id: $.apps.id } }
  - { id: suspended, card: okta.list_users_with_search, with: { result_set: all, status: SUSPENDED } }
  - { id: count, card: list.length, with: { list: $.suspended.users } }
  - id: log
    card: okta.search_system_logs
    with: { result_set: first_200, until: \"2100-08-01T00:00:00Z\", custom_filter: 'eventType eq \"user.session.start\" and outcome.result eq \"FAILURE\"' }
  - card: flow_control.return
    with:
      failed: \"$.log.system_logs[*]['Actor']\"
      last: \"$.found.users[0]['Last Login']\"
      members: \"$.members.users[*].Login\"
      jira: \"$.jira.users[*]['System Properties']['Scope']\"
      suspended: $.count.length
",
        ),
        (
            "org.json",
            r#"{ "users": [
                { "login": "ada@example.com", "external_id": "1", "last_login": "2026-07-31T09:00:00Z", "profile": { "department": "Engines" } },
                { "login": "bob@example.com", "status": "suspended", "profile": { "firstName": "Bob" } }],
              "groups": [{ "name": "Engineers", "members": ["ada@example.com", "bob@example.com"] }],
              "applications": [{ "label": "Jira", "users": ["Ada@example.com"] }],
              "log": [
                { "eventType": "user.session.start", "published": "2100-07-31T08:59:00Z", "outcome": { "result": "FAILURE" },
                  "actor": { "id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada" } },
                { "eventType": "user.session.start", "published": "2100-07-31T09:00:00Z", "outcome": { "result": "SUCCESS" } },
                { "eventType": "policy.evaluate_sign_on", "published": "2026-07-30T09:00:00Z" }] }"#,
        ),
    ]);
    let ran = folder.run(&["--okta", &folder.path("org.json"), "--json"], &[]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let expected = serde_json::json!({
        "last": "2026-07-31T09:00:00.000Z", "members": ["ada@example.com", "bob@example.com"],
        "jira": ["USER"], "suspended": 1,
        "failed": [{ "ID": "00u1", "Type": "User", "Alternate ID": "ada@example.com", "Display Name": "Ada" }],
    });
    assert_eq!(report["flow"]["outputs"], expected, "{}", ran.stderr);
}

#[test]
fn after_a_failure_the_flow_runs_that_is_to_be_told() {
    let folder = Folder::new(&[
        ("flowrun.yaml", "connections: { okta: okta, api: api_connector }\non_failure: notify\n"),
        ("flow.yaml", "name: Nightly\ncards:\n  - { card: flow_control.call_flow, with: { flow: inner } }\n"),
        (
            "inner.yaml",
            "name: Inner\ncards:\n  - { id: look, card: okta.read_user, with: { id_or_login: nobody@example.com } }\n",
        ),
        (
            "notify.yaml",
            "name: Notify\ncards:\n  - card: api_connector.post\n    with: { url: /echo, body: { text: \"{{ error.flow }}, {{ error.method }}: {{ error.message }} ({{ error.code }})\" } }\n",
        ),
        (
            "own.yaml",
            "name: Own\non_failure: fails\ncards:\n  - { card: error_handling.return_error, with: { message: first } }\n",
        ),
        (
            "fails.yaml",
            "name: Fails\ncards:\n  - { card: error_handling.return_error, with: { message: \"second, after {{ error.message }}\" } }\n",
        ),
    ]);
    let mut all = folder.told(&folder.run(&[], &[]));
    let own = folder.path("own.yaml");
    all.push_str(&folder.told(&flowrun(&[&*own], Default::default())));
    accepted("aftermath", &all);
    // A dry run tells nobody.
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["--json"], &[]).stdout).unwrap();
    let said = &json["after_failure"]["flow"]["cards"][0]["inputs"]["body"]["text"];
    assert!(said.as_str().unwrap().starts_with("Inner, look: Okta answered 404"), "{said}");
    let planned: serde_json::Value =
        serde_json::from_str(&folder.run(&["--json", "--dry-run"], &[]).stdout).unwrap();
    assert_eq!((&planned["status"], planned.get("after_failure")), (&"failed".into(), None));
}

#[test]
fn a_variable_is_called_as_its_connection() {
    let folder = Folder::new(&[
        (
            "flowrun.yaml",
            "connections: { hr: { connector: api_connector, base_url: \"http://127.0.0.1:9\" } }\n",
        ),
        ("flow.yaml", "name: Calls\ncards:\n  - { card: api_connector.delete, with: { url: /x } }\n"),
    ]);
    let ran = folder.run(&[], &[]);
    assert!(
        ran.stderr.contains("HR_BASE_URL") && !ran.stderr.contains("API_CONNECTOR_BASE_URL"),
        "{}",
        ran.stderr
    );
    assert_eq!(folder.run(&["--simulate", "--set", "x=1"], &[]).code, 2);
    let simulated = folder.run(&["--simulate"], &[]);
    assert!(
        simulated.stdout.starts_with("Calls") && simulated.stdout.contains("hr: simulator"),
        "{}",
        simulated.stdout
    );
}

/// What the command line gives and a flow can't take, and what a template can't do, each as it is told.
#[test]
fn what_does_not_fit_is_told_with_what_would() {
    let folder = Folder::new(&[
        ("flowrun.yaml", "exclude: [org.yaml]\ntables: { people: { columns: { email: text } } }\n"),
        (
            "flow.yaml",
            "name: Takes
inputs:
  day: date & time
  Okta User: object
  what: { type: text, choices: [it's, plain] }
outputs: { later: text }
cards:
  - { id: count, card: tables.search_rows, with: { table: people } }
  - { card: flow_control.call_flow, with: { flow: started }, pass: { start: $.inputs.what } }
  - { card: flow_control.return, with: { later: \"{{ inputs.day + count.count }}\" } }
",
        ),
        ("started.yaml", "name: Started\ninputs: { start: date & time }\ncards: []\n"),
        (
            "adds.yaml",
            "name: Adds\ninputs: { day: date & time }\noutputs: { later: text }\ncards:\n  - { card: flow_control.return, with: { later: \"{{ inputs.day + 1 }}\" } }\n",
        ),
        ("org.yaml", "users: []\n"),
        ("mail.csv", "mail,emial\na,b\n"),
    ]);
    let mut all = String::new();
    let mut tell = |name: &str, args: &[&str]| {
        let file = folder.path(name);
        let ran = flowrun(&[&[&*file], args].concat(), Default::default());
        all.push_str(&format!("=== {name} {}\n{}", args.join(" "), folder.told(&ran)));
    };
    let mail = format!("people={}", folder.path("mail.csv"));
    let good = ["-i", "day=2026-12-31", "-i", "Okta User={}", "-i", "what=plain"];
    tell("flow.yaml", &[]);
    tell("flow.yaml", &["-i", "day=31.12.2026"]);
    tell("flow.yaml", &[&good[..], &["--table", &mail]].concat());
    tell("flow.yaml", &good);
    tell("adds.yaml", &["-i", "day=2026-12-31"]);
    tell("org.yaml", &[]);
    accepted("unfit", &all.replace(&format!("{}/", folder.0.path().display()), ""));
}
