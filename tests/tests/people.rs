//! Nobody is harmed: who is where after an import, in Okta and in the result, on companies whose data is as people type it.
//!
//! To add a case, add a row to a file of `tests/people`, or a company, or a file. Of a company, `source` says where its right values
//! come from, `flow` which flow runs with which `set`tings. Of a person: `first`, `last`, `email` and `status` as Personio has them;
//! `had` is the account that Okta has of them before (login and status), `has` the account afterwards, `out` why they are left
//! out, where `@First Last` stands for the ID of one of them. `strangers` are accounts of people whom Personio does not list, by external ID.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use flowrun_okta::sim::{SeedUser, UserStatus};
use flowrun_personio::sim::{Given, Status};
use flowrun_tests::Ran;
use flowrun_tests::org::{Org, Project};
use flowrun_tests::simulators::Setup;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Company {
    company: String,
    source: String,
    flow: String,
    #[serde(default)]
    set: Vec<String>,
    people: Vec<Person>,
    /// Accounts of the identity source whose people Personio does not have: external ID, login.
    #[serde(default)]
    strangers: BTreeMap<String, String>,
    /// When the last import began, for a flow that reads changes.
    since: Option<String>,
    /// How many made-up employees there are beside these.
    #[serde(default)]
    others: u64,
    /// What the run fails with, and that nothing was sent then.
    refused: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    status: String,
    had: Option<Account>,
    has: Option<Account>,
    out: Option<String>,
}

impl Person {
    fn name(&self) -> String {
        let name = format!("{} {}", self.first, self.last).trim().to_owned();
        if name.is_empty() { "nameless".to_owned() } else { name }
    }
}

/// An account in Okta: its login, and its status where it is not `ACTIVE`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Account {
    Active(String),
    Other { login: String, status: String },
}

impl Account {
    fn login(&self) -> &str {
        match self {
            Account::Active(login) | Account::Other { login, .. } => login,
        }
    }

    fn status(&self) -> &str {
        match self {
            Account::Active(_) => "ACTIVE",
            Account::Other { status, .. } => status,
        }
    }
}

#[tokio::test]
async fn everybody_is_where_they_should_be() {
    let (mut wrong, mut companies) = (String::new(), 0);
    let mut paths: Vec<_> = std::fs::read_dir("people").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let all: Vec<Company> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for company in all {
            companies += 1;
            assert!(!company.source.is_empty(), "{}: where are the values from?", company.company);
            for args in [vec!["--dry-run"], Vec::new()] {
                let found = judge(&company, &args).await;
                if !found.is_empty() {
                    let _ = writeln!(wrong, "{} {args:?}:\n{found}", company.company);
                }
            }
        }
    }
    assert!(wrong.is_empty() && companies > 0, "{wrong}");
}

/// Runs the flow over the company; says what is not as it should be.
async fn judge(company: &Company, args: &[&str]) -> String {
    let given: Vec<Given> = company.people.iter().map(given).collect();
    let employees = given.len() as u64 + company.others;
    let org = Org::of(&Setup { employees, given, ..Setup::default() });
    let ids: Vec<String> = org.0.personio.employees().map(|employee| employee.id.to_string()).collect();
    org.0.okta.seed(
        company
            .people
            .iter()
            .zip(&ids)
            .filter_map(|(person, id)| Some(seed(id, person.had.as_ref()?, &person.first, &person.last))),
    );
    let strangers = company.strangers.iter();
    org.0.okta.seed(strangers.map(|(id, login)| seed(id, &Account::Active(login.clone()), "Of", "Old")));

    if let Some(since) = &company.since {
        let columns = json!({ "operation": "Create & Update", "began": since, "employees": 1 });
        let row = json!({ "number": 1, "created": since, "updated": since, "columns": columns });
        std::fs::write(org.state().join("last_import.jsonl"), format!("{{\"next\":2}}\n{row}\n")).unwrap();
    }

    let audit = org.state().join("audit.jsonl").display().to_string();
    let settings = company.set.iter().flat_map(|set| ["--set", set]);
    let args: Vec<&str> =
        ["--json", "--audit", &*audit].into_iter().chain(settings).chain(args.iter().copied()).collect();
    let ran = org.run(&Project::shipped().flow(&company.flow), &args).await;
    org.settle().await;
    let is_rehearsal = args.contains(&"--dry-run");
    let mut wrong = outcome(company, &ran, &ids);
    // The record tells how many were left out, and of nobody the address.
    let record = std::fs::read_to_string(&audit).unwrap();
    if company.refused.is_none() && record.contains("example.com") {
        let _ = writeln!(wrong, "  the audit record has addresses: {record}");
    }
    for (person, id) in company.people.iter().zip(&ids) {
        let found = org.0.okta.user(id).map(|user| (user.profile["userName"].clone(), user.status.as_str()));
        let unchanged = is_rehearsal || company.refused.is_some();
        let wanted = if unchanged { person.had.as_ref() } else { person.has.as_ref() };
        let wanted = wanted.map(|account| (account.login().to_owned(), account.status()));
        if found != wanted {
            let _ =
                writeln!(wrong, "  {} {} ({id}) has {found:?}, not {wanted:?}", person.first, person.last);
        }
    }
    wrong
}

/// What is wrong in what the run told.
fn outcome(company: &Company, ran: &Ran, ids: &[String]) -> String {
    if let Some(refused) = &company.refused {
        let is_told = ran.code == 1 && ran.stderr.contains(refused.as_str());
        return if is_told { String::new() } else { format!("  told {}: {}\n", ran.code, ran.stderr) };
    }
    if ran.code != 0 {
        return format!("  failed: {}\n", ran.stderr);
    }
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let told = report["flow"]["outputs"]["left_out"].as_array().into_iter().flatten();
    let told: BTreeSet<String> = told.map(|text| text.as_str().unwrap().to_owned()).collect();
    let people = || company.people.iter().zip(ids);
    let out = people().filter_map(|(person, id)| {
        let name = person.name();
        let why = people()
            .fold(person.out.clone()?, |why, (other, id)| why.replace(&format!("@{}", other.name()), id));
        Some(format!("{name} ({id}): {why}"))
    });
    let out: BTreeSet<String> = out.collect();
    if told == out { String::new() } else { format!("  left out: {told:#?}, not {out:#?}\n") }
}

fn given(person: &Person) -> Given {
    Given {
        first_name: person.first.clone(),
        last_name: person.last.clone(),
        email: person.email.clone(),
        status: match person.status.as_str() {
            "" | "active" => Status::Active,
            "leave" => Status::Leave,
            "onboarding" => Status::Onboarding,
            "inactive" => Status::Inactive,
            other => panic!("Personio has no status {other}"),
        },
    }
}

fn seed(id: &str, account: &Account, first: &str, last: &str) -> SeedUser {
    let attributes =
        [("userName", account.login()), ("email", account.login()), ("firstName", first), ("lastName", last)];
    SeedUser {
        external_id: id.to_owned(),
        profile: attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        status: match account.status() {
            "ACTIVE" => UserStatus::Active,
            "DEPROVISIONED" => UserStatus::Deprovisioned,
            other => panic!("no account is seeded as {other}"),
        },
    }
}
