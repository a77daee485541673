//! Connections that log in as a service app, over the simulator: in each mode, and when something is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Form, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{Record, Text, parse_json};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::signing_key::SigningKey;
use flowrun_kit::simulator::SimFaults;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, OwnedApp, RateLimits, ServiceApp};
use flowrun_okta::sim::{by_app, by_token};
use flowrun_okta::{connector, effect_cards};
use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Body, json};
use tower::ServiceExt;

const URL: &str = "https://acme.okta.sim";
const NOW_MS: i64 = 1_795_338_000_000;
const TOKEN_ROUTE: &str = "POST /oauth2/v1/token";
const USERS: &str = r#"{"search":"status eq \"ACTIVE\"","result_set":"first_200"}"#;

struct Org {
    sim: OktaSim,
    app: OwnedApp,
    faults: SimFaults,
    clock: Clock,
}

fn service_app() -> OwnedApp {
    ServiceApp::generate("0oaTestServiceApp", &["okta.users.read", "okta.identitySources.manage"])
        .expect("a key")
}

fn org(app: OwnedApp, configure: impl FnOnce(&mut OktaSimConfig)) -> Org {
    let clock = Clock::starting_at(NOW_MS, 1.0);
    let faults = SimFaults::none();
    let mut config = OktaSimConfig::new(clock.clone());
    config.apps = vec![app.app.clone()];
    config.faults = faults.clone();
    config.limits = RateLimits::off();
    configure(&mut config);
    Org { sim: OktaSim::new(config), app, faults, clock }
}

fn dpop_org() -> Org {
    let mut app = service_app();
    app.app.dpop_required = true;
    org(app, |_| {})
}

fn scopes(scopes: &[&str]) -> BTreeSet<Text> {
    scopes.iter().copied().map(Text::from).collect()
}

impl Org {
    fn settings(&self) -> Settings {
        by_app(&self.sim, URL, &self.app)
    }

    fn means(&self) -> Means {
        let transport = Arc::new(SimTransport::new(&self.clock).host(URL, self.sim.router()));
        let scopes = scopes(&["okta.users.read", "okta.identitySources.manage", "okta.identitySources.read"]);
        Means { scopes, ..Means::new(transport, self.clock.clone()) }
    }

    fn connect(&self) -> Connected {
        self.connect_as(&self.settings())
    }

    fn connect_as(&self, settings: &Settings) -> Connected {
        connector().connect(settings, self.means()).expect("the settings are complete")
    }

    /// A connection whose requests take a while, so that many are on their way at once.
    fn connect_slowly(&self, settings: &Settings) -> Connected {
        let lag = |request: Request, next: Next| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            next.run(request).await
        };
        let router = self.sim.router().layer(from_fn(lag));
        let means =
            Means { transport: Arc::new(SimTransport::new(&self.clock).host(URL, router)), ..self.means() };
        connector().connect(settings, means).expect("the settings are complete")
    }

    fn fault(&self, fault: &str) {
        self.faults.add(fault.parse().expect("a fault"));
    }

    fn logins(&self) -> u64 {
        self.sim.traffic().count(TOKEN_ROUTE)
    }
}

async fn card(okta: &Connected, id: &str, inputs: &str) -> Result<Record, Fault> {
    let inputs = parse_json(inputs).expect("inputs are JSON");
    direct::perform(&effect_cards(), id, &inputs, &okta.connection).await
}

async fn users(okta: &Connected) -> Result<Record, Fault> {
    card(okta, "okta.list_users_with_search", USERS).await
}

fn told(fault: &Fault) -> String {
    format!("{fault} / {}", fault.help.as_deref().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn every_way_to_log_in_works() {
    let keys = [
        include_str!("keys/rsa-pkcs8.pem"),
        include_str!("keys/rsa-rs512.jwk.json"),
        include_str!("keys/ec-p-256-sec1.pem"),
        include_str!("keys/ec-p-384.jwk.json"),
    ];
    for key in keys {
        for dpop_required in [false, true] {
            let private_key = SecretString::from(key);
            let public = SigningKey::read(&private_key).expect("a key").public().clone();
            let app = ServiceApp { keys: vec![public], dpop_required, ..service_app().app };
            let org = org(OwnedApp { app, private_key }, |_| {});
            let okta = org.connect();
            users(&okta).await.expect("users are listed");
            card(&okta, "okta.create_import_session", "{}").await.expect("a session is opened");
            card(&okta, "okta.list_import_sessions", "{}").await.expect("sessions are listed");
            // Without and with a proof, and once more with a nonce.
            assert_eq!(org.logins(), if dpop_required { 3 } else { 1 });
        }
    }
    let org = org(service_app(), |_| {});
    let okta = org.connect_as(&by_token(&org.sim, URL));
    users(&okta).await.expect("users are listed by an API token");
    assert_eq!(org.logins(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_one_login() {
    for (org, first) in [(org(service_app(), |_| {}), 1), (dpop_org(), 3)] {
        let okta = org.connect_slowly(&org.settings());
        let all = |count| join_all((0..count).map(|_| users(&okta)));
        assert!(all(50).await.iter().all(Result::is_ok));
        assert_eq!(org.logins(), first);
        org.clock.sleep(Duration::from_secs(3600)).await;
        assert!(all(50).await.iter().all(Result::is_ok));
        assert_eq!(org.logins(), first + 1, "a token is renewed before it ends, once");
        org.fault("expired-token@okta GET /api/v1/users");
        assert!(all(50).await.iter().all(Result::is_ok));
        assert_eq!(org.logins(), first + 2, "a token that is refused is renewed once");
    }
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_a_refusal_too() {
    let org = org(service_app(), |_| {});
    let stranger = service_app();
    let settings = org.settings().with("private_key", stranger.private_key.expose_secret());
    let okta = org.connect_slowly(&settings);
    let answers = join_all((0..50).map(|_| users(&okta))).await;
    assert!(
        answers.iter().all(|answer| answer.as_ref().is_err_and(|fault| fault.message.contains("signature")))
    );
    assert_eq!(org.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_signed_is_sent_twice() {
    let org = dpop_org();
    let okta = org.connect();
    for fault in ["drop", "server-error", "rate-limit", "truncate"] {
        org.fault(&format!("{fault}@okta {TOKEN_ROUTE}"));
        org.fault(&format!("{fault}@okta GET /api/v1/users"));
        users(&okta).await.unwrap_or_else(|error| panic!("{fault}: {error}"));
        org.clock.sleep(Duration::from_secs(3600)).await;
    }
    let refused = org.sim.traffic().recent().into_iter().filter(|seen| seen.status == 401).count();
    assert_eq!(refused, 0, "a proof or an assertion was used again");
}

#[tokio::test(start_paused = true)]
async fn nonces_may_change() {
    let org = dpop_org();
    let okta = org.connect();
    users(&okta).await.expect("the first login");
    org.clock.sleep(Duration::from_secs(86_400)).await;
    users(&okta).await.expect("a nonce of yesterday counts");
    assert_eq!(org.logins(), 4);
    org.clock.sleep(Duration::from_secs(10 * 86_400)).await;
    users(&okta).await.expect("an old nonce is replaced");
    assert_eq!(org.logins(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_api_may_ask_for_a_nonce() {
    let org = dpop_org();
    let picky = |request: Request, next: Next| async move {
        let proof = request.headers().get("dpop").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let jwt = flowrun_kit::jwt::Unverified::parse(proof);
        let has = jwt.is_some_and(|jwt| jwt.claims["nonce"] == "for-apis");
        if has || request.uri().path() == "/oauth2/v1/token" {
            return next.run(request).await;
        }
        let headers = [("www-authenticate", "DPoP error=\"use_dpop_nonce\""), ("dpop-nonce", "for-apis")];
        (StatusCode::UNAUTHORIZED, headers).into_response()
    };
    let router = org.sim.router().layer(from_fn(picky));
    let means = Means { transport: Arc::new(SimTransport::new(&org.clock).host(URL, router)), ..org.means() };
    let okta = connector().connect(&org.settings(), means).expect("the settings are complete");
    users(&okta).await.expect("the nonce is taken up");
    users(&okta).await.expect("and kept");
    assert_eq!(org.logins(), 3, "no new token was needed");
}

/// An org that refuses the first so many requests to its APIs as Okta refuses a proof that was used before: recorded in
/// github.com/okta/terraform-provider-okta/issues/2392, with 400 and this challenge.
fn refusing(org: &Org, times: usize) -> Router {
    let left = Arc::new(AtomicUsize::new(times));
    let refuse = move |request: Request, next: Next| {
        let left = left.clone();
        async move {
            let login = request.uri().path() == "/oauth2/v1/token";
            let one_less = |left: usize| left.checked_sub(1);
            if login || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_err() {
                return next.run(request).await;
            }
            let challenge = "DPoP algs=\"RS256 ES256\", authorization_uri=\"https://a/oauth2/v1/authorize\", \
                             error=\"invalid_dpop_proof\", error_description=\"The DPoP proof JWT has already been used.\"";
            (StatusCode::BAD_REQUEST, [("www-authenticate", challenge)]).into_response()
        }
    };
    org.sim.router().layer(from_fn(refuse))
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_an_api_refuses_is_made_again() {
    // By how many answers a call is refused, how many logins it then takes (of three requests each), and whether it ends well.
    for (refusals, logins, ends_well) in [(1, 3, true), (2, 4, true), (3, 4, false)] {
        let org = dpop_org();
        let transport = Arc::new(SimTransport::new(&org.clock).host(URL, refusing(&org, refusals)));
        let means = Means { transport, ..org.means() };
        let okta = connector().connect(&org.settings(), means).expect("the settings are complete");
        let found = users(&okta).await;
        assert_eq!(found.is_ok(), ends_well, "{refusals} refusals: {found:?}");
        assert_eq!(org.logins(), logins, "{refusals} refusals");
    }
}

#[tokio::test(start_paused = true)]
async fn proofs_say_the_time_as_the_vendor_does() {
    // RFC 9449, section 11.1: a server takes proofs for a few minutes only; Okta for five.
    let mut app = service_app();
    app.app.dpop_required = true;
    let org = org(app, |config| {
        // Okta's clock goes faster than this machine's.
        config.clock = Clock::starting_at(NOW_MS, 1.5);
        config.dated = true;
    });
    let okta = org.connect();
    users(&okta).await.expect("clocks agree");
    org.clock.sleep(Duration::from_secs(1_200)).await;
    users(&okta).await.expect("the answer tells the time, by which the next proof goes");
    users(&okta).await.expect("as all later ones do");
    let refused = org.sim.traffic().recent().into_iter().filter(|seen| seen.status == 400).count();
    assert_eq!(
        refused,
        2 + 1,
        "at login a proof and a nonce are asked for; later one proof is ten minutes old"
    );
}

#[tokio::test(start_paused = true)]
async fn scopes_that_are_not_granted_are_named() {
    let org = org(service_app(), |_| {});
    for (more, named, logins) in [
        ("okta.logs.read", "not granted the scope okta.logs.read", 4),
        (
            "okta.logs.read, okta.apps.manage okta.cats",
            "not granted the scopes okta.apps.manage, okta.cats, okta.logs.read",
            6,
        ),
    ] {
        let before = org.logins();
        let okta = org.connect_as(&org.settings().with("scopes", more));
        let fault = users(&okta).await.expect_err("the login should fail");
        assert!(fault.message.contains(named), "{}", told(&fault));
        assert!(told(&fault).contains("Okta API Scopes"), "{}", told(&fault));
        assert_eq!(org.logins() - before, logins, "each scope is asked for once");
    }
    let means = Means { scopes: BTreeSet::new(), ..org.means() };
    let okta = connector().connect(&org.settings(), means).expect("the settings are complete");
    let before = org.sim.traffic().total();
    let fault = users(&okta).await.expect_err("there are no scopes");
    assert!(told(&fault).contains("OKTA_SCOPES"), "{}", told(&fault));
    assert_eq!(org.sim.traffic().total(), before, "nothing was sent");
}

/// A connection to a server that answers logins like this, and every other request with an empty list.
fn answering(status: u16, answer: impl Fn(Body) -> Body + Clone + Send + Sync + 'static) -> Connected {
    let token = move |Form(asked): Form<Body>| async move {
        (StatusCode::from_u16(status).expect("a status"), Json(answer(asked)))
    };
    let router = Router::new()
        .route("/oauth2/v1/token", post(token))
        .route("/api/v1/users", get(|| async { Json(json!([])) }));
    let org = org(service_app(), |_| {});
    let means = Means { transport: Arc::new(SimTransport::new(&org.clock).host(URL, router)), ..org.means() };
    connector().connect(&org.settings(), means).expect("the settings are complete")
}

#[tokio::test(start_paused = true)]
async fn odd_answers_to_a_login_are_understood() {
    let brief = answering(200, |_| json!({ "access_token": "secret-token", "token_type": "bearer" }));
    users(&brief).await.expect("an answer may leave out lifetime and scopes");
    let part = answering(
        200,
        |_| json!({ "access_token": "secret-token", "token_type": "Bearer", "scope": "okta.users.read" }),
    );
    let fault = users(&part).await.expect_err("a scope is missing");
    assert!(told(&fault).contains("not granted the scope okta.identitySources.manage"), "{}", told(&fault));

    let table = [
        (
            200,
            json!({ "access_token": "secret-token", "token_type": "mac" }),
            "nor a DPoP token, but \"mac\"",
        ),
        (200, json!({ "token": "secret-token" }), "can't be read"),
        (403, json!({ "error": "access_denied", "error_description": "Not from there." }), "network zone"),
        (401, json!({ "message": "proxy" }), "without a reason"),
        (400, json!({ "error": "use_dpop_nonce" }), "use_dpop_nonce"),
        (400, json!({ "error": "unauthorized_client" }), "API Services app"),
    ];
    for (status, answer, expected) in table {
        let okta = answering(status, move |_| answer.clone());
        let fault = users(&okta).await.expect_err(expected);
        assert!(told(&fault).contains(expected), "expected {expected}, found {}", told(&fault));
        assert!(!told(&fault).contains("secret-token"), "{}", told(&fault));
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_told() {
    let echo = answering(
        401,
        |asked| json!({ "error": "invalid_client", "error_description": format!("you said {}", asked["client_assertion"]) }),
    );
    let fault = users(&echo).await.expect_err("the login should fail");
    assert!(fault.message.contains("you said"), "{fault}");
    assert!(!format!("{fault:?}").contains("eyJ"), "{fault:?}");

    let org = dpop_org();
    let okta = org.connect();
    let shout = |request: Request| async move {
        let headers = request.headers();
        let all: Vec<_> = headers.values().filter_map(|value| value.to_str().ok()).collect();
        (StatusCode::BAD_REQUEST, Json(json!({ "errorCode": "E1", "errorSummary": all.join(" ") })))
    };
    users(&okta).await.expect("a login");
    let sim = org.sim.router();
    let login = move |request: Request| async move { sim.oneshot(request).await };
    let router = Router::new().route("/oauth2/v1/token", post(login)).route("/api/v1/users", get(shout));
    let means = Means { transport: Arc::new(SimTransport::new(&org.clock).host(URL, router)), ..org.means() };
    let loud = connector().connect(&org.settings(), means).expect("the settings are complete");
    let fault = users(&loud).await.expect_err("the call should fail");
    let whole = format!("{fault:?}");
    assert!(fault.message.contains("DPoP •"), "the token is hidden: {fault}");
    assert!(!whole.contains("eyJ"), "{whole}");

    let settings = org.settings();
    let key: String =
        settings.get("private_key").unwrap_or_default().lines().nth(1).unwrap_or_default().to_owned();
    assert!(key.len() > 40);
    let connection = okta.connection.downcast_ref::<flowrun_okta::Okta>().expect("a connection to Okta");
    for shown in [format!("{settings:?}"), format!("{connection:?}"), format!("{:?}", org.app), whole] {
        assert!(!shown.contains(&key), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_way_has_its_own_advice() {
    let org = org(service_app(), |_| {});
    let settings = org.settings();
    let spoilt = |name: &str, value: &str| org.connect_as(&settings.clone().with(name, value));
    let wrong_key = service_app().private_key;
    let table = [
        (spoilt("private_key", wrong_key.expose_secret()), "has the public part of OKTA_PRIVATE_KEY"),
        (spoilt("client_id", "0oaNobody"), "check OKTA_CLIENT_ID"),
        (spoilt("key_id", "another"), "set OKTA_KEY_ID"),
    ];
    for (okta, expected) in table {
        let fault = users(&okta).await.expect_err(expected);
        assert_eq!(fault.kind, FaultKind::Connection);
        assert!(told(&fault).contains(expected), "expected {expected}, found {}", told(&fault));
        assert!(!told(&fault).contains("OKTA_API_TOKEN"), "{}", told(&fault));
    }
    let logs = r#"{"relative_url":"/api/v1/logs"}"#;
    let fault = card(&org.connect(), "okta.custom_api_action", logs).await.expect_err("the scope is missing");
    assert!(told(&fault).contains("lacks the scope okta.logs.read: grant it"), "{}", told(&fault));

    org.fault("expired-token@okta GET:every=1");
    let fault = users(&org.connect()).await.expect_err("the token is refused for good");
    assert!(
        told(&fault).contains("access token") && !told(&fault).contains("OKTA_API_TOKEN"),
        "{}",
        told(&fault)
    );
    let okta = org.connect_as(&by_token(&org.sim, URL));
    let fault = users(&okta).await.expect_err("the token is refused");
    assert!(
        told(&fault).contains("OKTA_API_TOKEN") && !told(&fault).contains("service app"),
        "{}",
        told(&fault)
    );

    let mut powerless = service_app();
    powerless.app.admin = false;
    let org = self::org(powerless, |_| {});
    let fault = users(&org.connect()).await.expect_err("the role is missing");
    assert_eq!(fault.kind, FaultKind::Forbidden);
    assert!(told(&fault).contains("Admin roles"), "{}", told(&fault));
}

#[tokio::test(start_paused = true)]
async fn settings_must_say_one_way() {
    let org = org(service_app(), |_| {});
    let refused = |settings: Settings| {
        connector().connect(&settings, org.means()).map(|_| ()).expect_err("the settings should be refused")
    };
    let both = refused(org.settings().with("api_token", "00token"));
    assert!(both.message.contains("OKTA_API_TOKEN") && both.message.contains("OKTA_CLIENT_ID"), "{both}");
    let half = Settings::new().with("org_url", URL).with("client_id", "0oa");
    assert!(refused(half).message.contains("OKTA_PRIVATE_KEY"));
    let no_key = refused(org.settings().with("private_key", "/etc/key.pem"));
    assert!(told(&no_key).contains("not the name of its file"), "{}", told(&no_key));
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_are_told() {
    for (ahead_s, expected) in [
        (-600, "this machine's clock is 10 minutes behind Okta's"),
        (600, "this machine's clock is 10 minutes ahead of Okta's"),
        (-3600 * 5, "this machine's clock is 5 hours behind Okta's"),
    ] {
        let org = org(service_app(), |config| config.dated = true);
        let clock = Clock::starting_at(NOW_MS + ahead_s * 1000, 1.0);
        let means = Means { clock, ..org.means() };
        let okta = connector().connect(&org.settings(), means).expect("the settings are complete");
        let fault = users(&okta).await.expect_err("the login should fail");
        assert!(told(&fault).contains(expected), "{}", told(&fault));
    }
}

#[test]
fn a_generated_app_and_its_key_belong_together() {
    let owned = service_app();
    let key = SigningKey::read(&owned.private_key).expect("a key");
    let keys: Vec<PublicKey> = owned.app.keys;
    assert_eq!(keys, [key.public().clone()]);
}
