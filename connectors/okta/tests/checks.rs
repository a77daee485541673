//! A try of a connection tells what is right, and each thing that can be wrong apart from the others.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use flowrun_core::value::Text;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Means, Settings};
use flowrun_kit::in_process::SimTransport;
use flowrun_okta::connector;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, OwnedApp, ServiceApp};
use flowrun_okta::sim::{by_app, by_token};
use secrecy::ExposeSecret;

const URL: &str = "https://acme.okta.sim";
const NOW_MS: i64 = 1_795_338_000_000;
const SCOPES: [&str; 3] = ["okta.identitySources.manage", "okta.users.read", "okta.logs.read"];

struct Org {
    sim: OktaSim,
    app: OwnedApp,
}

fn org(change: impl FnOnce(&mut ServiceApp)) -> Org {
    let mut app = ServiceApp::generate("0oaTestServiceApp", &SCOPES).expect("a key");
    change(&mut app.app);
    let mut config = OktaSimConfig::new(Clock::starting_at(NOW_MS, 1.0));
    config.apps = vec![app.app.clone()];
    config.dated = true;
    Org { sim: OktaSim::new(config), app }
}

impl Org {
    fn by_app(&self) -> Settings {
        by_app(&self.sim, URL, &self.app)
    }

    fn by_token(&self) -> Settings {
        by_token(&self.sim, URL)
    }

    /// What a try tells, a line for each check.
    async fn test(&self, settings: &Settings, off_s: i64) -> String {
        tried(settings, self.sim.router(), off_s).await
    }
}

async fn tried(settings: &Settings, router: Router, off_s: i64) -> String {
    let clock = Clock::starting_at(NOW_MS + off_s * 1000, 1.0);
    let transport = Arc::new(SimTransport::new(&clock).host(URL, router));
    let means = Means { scopes: SCOPES.map(Text::from).into(), ..Means::new(transport, clock) };
    let okta = match connector().connect(settings, means) {
        Ok(okta) => okta,
        Err(fault) => {
            return format!("✗ {} ({})\n", fault.message, fault.help.as_deref().unwrap_or_default());
        }
    };
    let lines = (connector().test)(&okta.connection).await.into_iter().map(|check| match check.outcome {
        Ok(seen) => format!("✓ {}: {seen}\n", check.title),
        Err(fault) => {
            let help = fault.help.as_deref().unwrap_or_default();
            format!("✗ {}: {} ({help})\n", check.title, fault.message)
        }
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_right_is_told_in_order() {
    let org = org(|app| app.dpop_required = true);
    let found = org.test(&org.by_app(), 0).await;
    let rest = "✓ may read import sessions: 0oa1simulatedSrc05d7 has 0 active\n\
                ✓ may read users: answered 200\n\
                ✓ may read the System Log: answered 200\n";
    let start = "✓ the org answers: org 00o";
    assert!(found.starts_with(start), "{found}");
    let login = ", Identity Engine\n\
                 ✓ logs in: token obtained (DPoP) for okta.identitySources.manage, okta.logs.read, okta.users.read\n";
    assert!(found.ends_with(&format!("{login}{rest}")), "{found}");

    let found = org.test(&org.by_token(), 0).await;
    let login = ", Identity Engine\n✓ logs in: API token of api.client@example.com accepted\n";
    assert!(found.starts_with(start) && found.ends_with(&format!("{login}{rest}")), "{found}");
}

#[tokio::test(start_paused = true)]
async fn each_thing_that_is_wrong_is_told_apart() {
    let good = org(|_| {});
    let stranger = ServiceApp::generate("0oaOther", &[]).expect("a key").private_key;
    let powerless = org(|app| app.admin = false);
    let narrow = org(|app| app.scopes.retain(|scope| scope != "okta.logs.read"));
    let by_app = good.by_app();
    let table = [
        // What is wrong, what the try tells, and how many lines it has: nothing is tried in vain.
        ("bad key", good.test(&by_app.clone().with("private_key", "x"), 0).await, "neither PEM", 1),
        (
            "wrong key",
            good.test(&by_app.clone().with("private_key", stranger.expose_secret()), 0).await,
            "✗ logs in: Okta answered 401 invalid_client: The client_assertion signature is invalid (look whether the app",
            2,
        ),
        (
            "wrong client",
            good.test(&by_app.clone().with("client_id", "0oaX"), 0).await,
            "check OKTA_CLIENT_ID",
            2,
        ),
        (
            "missing scope",
            narrow.test(&narrow.by_app(), 0).await,
            "✗ logs in: the service app is not granted the scope okta.logs.read (grant it",
            2,
        ),
        (
            "missing role",
            powerless.test(&powerless.by_app(), 0).await,
            "✗ may read users: Okta answered 403 E0000006: You do not have permission to perform the requested action \
             (the service app lacks an admin role",
            5,
        ),
        (
            "clock skew",
            good.test(&by_app, 900).await,
            "; this machine's clock is 15 minutes ahead of Okta's (set this machine's clock right)",
            2,
        ),
        (
            "a harmless skew",
            good.test(&by_app, -90).await,
            "Identity Engine; this machine's clock is 2 minutes behind Okta's\n✓",
            5,
        ),
        (
            "revoked API token",
            good.test(&good.by_token().with("api_token", "00revoked"), 0).await,
            "✗ logs in: Okta answered 401 E0000011: Invalid token provided (check OKTA_API_TOKEN",
            2,
        ),
        (
            "unknown identity source",
            good.test(&by_app.clone().with("identity_source_id", "0oaGone"), 0).await,
            "✗ may read import sessions: Okta answered 404",
            5,
        ),
        (
            "wrong domain",
            good.test(&by_app.clone().with("org_url", "https://acme.okta.example"), 0).await,
            "✗ the org answers: Okta can't be reached",
            1,
        ),
        (
            "console address",
            good.test(&by_app.clone().with("org_url", "https://acme-admin.okta.com"), 0).await,
            "(use https://acme.okta.com)",
            1,
        ),
    ];
    for (what, found, expected, lines) in table {
        assert!(found.contains(expected), "{what}: expected {expected}, found\n{found}");
        assert_eq!(found.lines().count(), lines, "{what}:\n{found}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_site_is_not_an_org() {
    let settings = org(|_| {}).by_token();
    let site = |page: &'static str| Router::new().fallback(get(move || async move { page }));
    for page in ["<html>Welcome</html>", "{}", r#"{"id":"other"}"#, ""] {
        let found = tried(&settings, site(page), 0).await;
        assert_eq!(
            found,
            "✗ the org answers: acme.okta.sim does not answer as an Okta org does (check OKTA_ORG_URL: \
             https://acme.okta.com, or the org's custom domain)\n"
        );
    }
    let found = tried(&settings, Router::new(), 0).await;
    assert!(found.contains("does not answer as an Okta org does"), "{found}");
}
