//! `flowrun connections`: what it says of set-ups that are right and of each that is wrong, over TCP, as the user sees it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use flowrun::args::OktaAuth;
use flowrun::simulators::{Setup, Simulators};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, ServiceApp};
use flowrun_personio::sim::{Access, PersonioSim, PersonioSimConfig};
use flowrun_tests::Ran;
use flowrun_tests::org::{EPOCH_MS, Project};
use flowrun_tests::served::{Env, Served, flowrun_by, variables};
use secrecy::ExposeSecret;

/// Time passes fast, so that nobody waits for a host that is not there.
fn clock() -> Clock {
    Clock::starting_at(EPOCH_MS, 600.0)
}

fn simulators(okta_auth: OktaAuth) -> Simulators {
    Simulators::empty(clock(), &Setup { okta_auth, dated: true, ..Setup::default() })
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
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("connections");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, told(ran)));
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
