//! The simulated org's token endpoint and its APIs, asked by hand: each thing that they refuse, one by one.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use flowrun_kit::clock::Clock;
use flowrun_kit::jwt;
use flowrun_kit::oauth::ASSERTION_TYPE;
use flowrun_kit::signing_key::SigningKey;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, ServiceApp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const ORG: &str = "https://acme.okta.sim";
const TOKEN: &str = "https://acme.okta.sim/oauth2/v1/token";
const NOW: i64 = 1_795_338_000;
const CLIENT: &str = "0oaTestServiceApp";

struct Org {
    sim: OktaSim,
    key: SigningKey,
    proof_key: SigningKey,
}

/// An org with one app, which may read users and manage identity sources.
fn org(change: impl FnOnce(&mut ServiceApp)) -> Org {
    let owned = ServiceApp::generate(CLIENT, &["okta.users.read", "okta.identitySources.manage"]).unwrap();
    let mut app = owned.app;
    change(&mut app);
    let mut config = OktaSimConfig::new(Clock::starting_at(NOW * 1000, 1.0));
    config.apps = vec![app];
    let key = SigningKey::read(&owned.private_key).unwrap();
    Org { sim: OktaSim::new(config), key, proof_key: SigningKey::generate().unwrap() }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// Status, error and description, in whichever form they came.
    fn refusal(&self) -> (u16, String, String) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        let (error, why) = (text("error"), text("error_description"));
        (self.status, format!("{error}{}", text("errorCode")), format!("{why}{}", text("errorSummary")))
    }

    fn challenge(&self) -> &str {
        self.headers.get("www-authenticate").map_or("", |value| value.to_str().unwrap())
    }
}

/// A request for a token, all of whose parts may be spoilt.
struct Ask {
    content_type: &'static str,
    header: Value,
    claims: Value,
    form: Vec<(&'static str, &'static str)>,
    proof: Option<(Value, Value)>,
    other_key: bool,
}

fn ask() -> Ask {
    Ask {
        content_type: "application/x-www-form-urlencoded",
        header: json!({}),
        claims: json!({
            "iss": CLIENT, "sub": CLIENT, "aud": TOKEN, "iat": NOW, "exp": NOW + 300, "jti": flowrun_kit::chance::unique().unwrap(),
        }),
        form: vec![
            ("grant_type", "client_credentials"),
            ("scope", "okta.users.read"),
            ("client_assertion_type", ASSERTION_TYPE),
        ],
        proof: None,
        other_key: false,
    }
}

fn with(change: impl FnOnce(&mut Ask)) -> Ask {
    let mut ask = ask();
    change(&mut ask);
    ask
}

fn set(ask: &mut Ask, name: &'static str, value: &'static str) {
    ask.form.retain(|(known, _)| *known != name);
    ask.form.push((name, value));
}

/// The header and the claims of a proof for this request; for a token if there is none yet.
fn proof(method: &str, url: &str, token: Option<&str>, nonce: Option<&str>) -> (Value, Value) {
    let mut claims =
        json!({ "htm": method, "htu": url, "iat": NOW, "jti": flowrun_kit::chance::unique().unwrap() });
    if let Some(token) = token {
        claims["ath"] = jwt::hash(token).into();
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    (json!({ "typ": "dpop+jwt" }), claims)
}

impl Org {
    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.sim.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    fn signed_proof(&self, (mut header, claims): (Value, Value)) -> SecretString {
        if header.get("jwk").is_none() {
            header["jwk"] = self.proof_key.public().jwk();
        }
        jwt::sign(&self.proof_key, &header, &claims).unwrap()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let other = SigningKey::generate().unwrap();
        let key = if ask.other_key { &other } else { &self.key };
        let assertion = jwt::sign(key, &ask.header, &ask.claims).unwrap();
        let mut form = ask.form.clone();
        if !form.iter().any(|(name, _)| *name == "client_assertion") {
            form.push(("client_assertion", assertion.expose_secret()));
        }
        let mut request = Request::post(TOKEN).header("content-type", ask.content_type);
        if let Some(proof) = ask.proof {
            request = request.header("dpop", self.signed_proof(proof).expose_secret());
        }
        self.send(request.body(Body::from(flowrun_kit::address::query(form))).unwrap()).await
    }

    async fn token(&self, ask: Ask) -> String {
        let answer = self.ask(ask).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        proof: Option<(Value, Value)>,
    ) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(method).uri(format!("{ORG}{path}"));
        request = request.header("authorization", authorization);
        if let Some(proof) = proof {
            request = request.header("dpop", self.signed_proof(proof).expose_secret());
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_request_gets_a_token() {
    let org = org(|_| {});
    let answer = org.ask(with(|ask| set(ask, "scope", "okta.users.read okta.identitySources.manage"))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(answer.body["scope"], "okta.users.read okta.identitySources.manage");
    assert_eq!(answer.headers["cache-control"], "no-cache, no-store");
}

#[tokio::test(start_paused = true)]
async fn each_bad_request_for_a_token_is_refused() {
    let org = org(|_| {});
    let claim = |name: &'static str, value: Value| with(move |ask| ask.claims[name] = value);
    let form = |name, value| with(|ask| set(ask, name, value));
    let bearer =
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiIwb2FUZXN0U2VydmljZUFwcCIsInN1YiI6IjBvYVRlc3RTZXJ2aWNlQXBwIn0.";
    let unknown = with(|ask| {
        ask.claims["iss"] = "0oaNobody".into();
        ask.claims["sub"] = "0oaNobody".into();
    });
    let table = [
        (with(|ask| ask.content_type = "application/json"), 400, "invalid_request", "content type"),
        (form("grant_type", ""), 400, "invalid_request", "must specify a 'grant_type'"),
        (
            form("grant_type", "password"),
            400,
            "unsupported_grant_type",
            "authorization grant type is not supported",
        ),
        (form("client_assertion", ""), 401, "invalid_client", "No client credentials found."),
        (
            form("client_assertion", "nonsense"),
            401,
            "invalid_client",
            "The parsing of the client_assertion failed.",
        ),
        (
            form("client_assertion", bearer),
            401,
            "invalid_client",
            "The client_assertion JWT signature algorithm is invalid.",
        ),
        (form("client_assertion_type", "x"), 400, "invalid_request", "The client_assertion_type is invalid."),
        (unknown, 400, "invalid_client", "'client_id'"),
        (
            claim("sub", "0oaOther".into()),
            401,
            "invalid_client",
            "The subject claim for client_assertion is not a valid client_id.",
        ),
        (
            with(|ask| ask.header = json!({ "alg": "HS256" })),
            401,
            "invalid_client",
            "The client_assertion JWT signature algorithm is invalid.",
        ),
        (with(|ask| ask.header = json!({ "kid": "other" })), 401, "invalid_client", "kid"),
        (with(|ask| ask.other_key = true), 401, "invalid_client", "signature is invalid"),
        (claim("aud", ORG.into()), 401, "invalid_client", "audience"),
        (
            claim("exp", Value::Null),
            401,
            "invalid_client",
            "must contain the 'exp' claim as seconds since epoch.",
        ),
        (claim("exp", NOW.into()), 401, "invalid_client", "expired"),
        (
            claim("exp", (NOW + 3601).into()),
            401,
            "invalid_client",
            "has an expiration too far into the future.",
        ),
        (claim("iat", (NOW + 61).into()), 401, "invalid_client", "must be issued before the current time."),
        (form("scope", ""), 400, "invalid_scope", "No scopes"),
        (form("scope", "okta.cats.read"), 400, "invalid_scope", "not configured"),
        (form("scope", "okta.logs.read"), 400, "consent_required", "any of the requested"),
        (form("scope", "okta.logs.read okta.users.read"), 400, "invalid_scope", "not granted"),
    ];
    for (ask, status, error, expected) in table {
        let answer = org.ask(ask).await;
        let (found, name, why) = answer.refusal();
        assert_eq!((found, &*name), (status, error), "{expected}: {why}");
        assert!(why.contains(expected), "expected {expected}, found {why}");
        assert!(answer.headers.contains_key("x-okta-request-id"));
    }

    let twice = ask().claims;
    let again = || with(|ask| ask.claims = twice.clone());
    assert_eq!(org.ask(again()).await.status, 200);
    assert!(org.ask(again()).await.refusal().2.contains("already been used"));
    let get = org.call("GET", "/oauth2/v1/token", "", None).await;
    assert_eq!(get.refusal().1, "E0000022");
}

/// Over TCP a request names the path only, and the host in a header.
#[tokio::test(start_paused = true)]
async fn an_org_knows_itself_by_the_host_it_was_asked_for() {
    let org = org(|app| app.dpop_required = true);
    let here = "http://127.0.0.1:8787/oauth2/v1/token";
    for (audience, error) in [(here, "use_dpop_nonce"), (TOKEN, "invalid_client")] {
        let mut claims = ask().claims;
        claims["aud"] = audience.into();
        let assertion = jwt::sign(&org.key, &json!({}), &claims).unwrap();
        let proof = org.signed_proof(proof("POST", here, None, None));
        let form = ask().form.into_iter().chain([("client_assertion", assertion.expose_secret())]);
        let request = Request::post("/oauth2/v1/token")
            .header("host", "127.0.0.1:8787")
            .header("content-type", ask().content_type)
            .header("dpop", proof.expose_secret())
            .body(Body::from(flowrun_kit::address::query(form)));
        assert_eq!(org.send(request.unwrap()).await.refusal().1, error);
    }
}

#[tokio::test(start_paused = true)]
async fn several_keys_need_a_name() {
    let first = SigningKey::generate().unwrap().named("first");
    let org = org(|app| {
        app.keys[0].id = Some("second".to_owned());
        app.keys.push(first.public().clone());
    });
    assert!(org.ask(ask()).await.refusal().2.contains("kid is invalid"));
    assert!(
        org.ask(with(|ask| ask.header = json!({ "kid": "first" }))).await.refusal().2.contains("signature")
    );
    assert_eq!(org.ask(with(|ask| ask.header = json!({ "kid": "second" }))).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_for_its_scopes_and_for_an_hour() {
    let org = org(|_| {});
    let token = org.token(with(|ask| set(ask, "scope", "okta.users.read okta.identitySources.manage"))).await;
    let bearer = format!("Bearer {token}");
    let sessions = format!("/api/v1/identity-sources/{}/sessions", org.sim.identity_source_id());
    for (method, path, status) in [
        ("GET", "/api/v1/users?limit=1", 200),
        // To manage is to read too.
        ("GET", &sessions, 200),
        ("POST", &sessions, 201),
        ("POST", "/api/v1/users", 403),
        ("GET", "/api/v1/logs", 403),
        ("GET", "/api/v1/apps", 403),
        ("GET", "/api/v1/nothing", 404),
    ] {
        let answer = org.call(method, path, &bearer, None).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        if status == 403 {
            assert_eq!(answer.refusal().1, "E0000006");
            assert!(answer.challenge().contains("error=\"insufficient_scope\""), "{}", answer.challenge());
        }
    }
    let logs = org.call("GET", "/api/v1/logs", &bearer, None).await;
    assert!(
        logs.challenge().starts_with("Bearer authorization_uri=\"https://acme.okta.sim/"),
        "{}",
        logs.challenge()
    );
    assert!(logs.challenge().contains(" scope=\"okta.logs.read\", "), "{}", logs.challenge());

    for (authorization, challenged) in [
        ("", false),
        ("Bearer", false),
        ("Basic x", false),
        ("SSWS wrong", false),
        ("Bearer wrong", true),
        (&*format!("DPoP {token}"), true),
        (&*format!("SSWS {token}"), false),
    ] {
        let answer = org.call("GET", "/api/v1/users", authorization, None).await;
        assert_eq!((answer.status, &*answer.refusal().1), (401, "E0000011"), "{authorization}");
        assert_eq!(answer.challenge().contains("error=\"invalid_token\""), challenged, "{authorization}");
    }
    tokio::time::sleep(Duration::from_secs(3599)).await;
    assert_eq!(org.call("GET", "/api/v1/users", &bearer, None).await.status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(org.call("GET", "/api/v1/users", &bearer, None).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn an_app_without_a_role_may_do_nothing() {
    let org = org(|app| app.admin = false);
    let bearer = format!("Bearer {}", org.token(ask()).await);
    let answer = org.call("GET", "/api/v1/users", &bearer, None).await;
    assert_eq!((answer.status, &*answer.refusal().1, answer.challenge()), (403, "E0000006", ""));
}

#[tokio::test(start_paused = true)]
async fn each_bad_proof_is_refused() {
    let org = org(|app| app.dpop_required = true);
    let missing = org.ask(ask()).await;
    let expected = (400, "invalid_dpop_proof".to_owned(), "The DPoP proof JWT header is missing.".to_owned());
    assert_eq!(missing.refusal(), expected);
    let asked = org.ask(with(|ask| ask.proof = Some(proof("POST", TOKEN, None, None)))).await;
    assert_eq!((asked.status, &*asked.refusal().1), (400, "use_dpop_nonce"));
    let nonce = asked.headers["dpop-nonce"].to_str().unwrap();

    let good = || proof("POST", TOKEN, None, Some(nonce));
    let header = |name: &str, value: Value| {
        let mut proof = good();
        proof.0[name] = value;
        proof
    };
    let claim = |name: &str, value: Value| {
        let mut proof = good();
        proof.1[name] = value;
        proof
    };
    let other = SigningKey::generate().unwrap();
    let mut private = org.proof_key.public().jwk();
    private["d"] = "AA".into();
    // The words are those of Okta's oauth2-error-codes.json.
    let table = [
        (header("typ", "JWT".into()), "'typ' must be 'dpop+jwt' in the DPoP proof JWT."),
        (header("alg", "none".into()), "The DPoP proof JWT signature algorithm is invalid."),
        (header("alg", "HS256".into()), "The DPoP proof JWT signature algorithm is invalid."),
        (header("jwk", private), "The DPoP proof JWT is invalid."),
        (header("jwk", Value::Null), "The DPoP proof JWT is invalid."),
        (header("jwk", other.public().jwk()), "The DPoP proof JWT signature is invalid."),
        (claim("htm", "GET".into()), "'htm' claim in the DPoP proof JWT is invalid."),
        (claim("htu", ORG.into()), "'htu' claim in the DPoP proof JWT is invalid."),
        (claim("iat", (NOW - 301).into()), "is issued more than five minutes in the past."),
        (claim("iat", (NOW + 61).into()), "The DPoP proof JWT is issued in the future."),
        (claim("iat", Value::Null), "'iat' claim in the DPoP proof JWT is invalid."),
        (claim("jti", Value::Null), "'jti' claim in the DPoP proof JWT is invalid."),
    ];
    for (proof, expected) in table {
        let (status, error, why) = org.ask(with(|ask| ask.proof = Some(proof))).await.refusal();
        assert_eq!((status, &*error), (400, "invalid_dpop_proof"), "{expected}: {why}");
        assert!(why.contains(expected), "expected {expected}, found {why}");
    }
    let stale = org.ask(with(|ask| ask.proof = Some(claim("nonce", "stale".into())))).await;
    assert_eq!(stale.refusal().1, "use_dpop_nonce");

    let twice = good();
    let again = || with(|ask| ask.proof = Some(twice.clone()));
    let granted = org.ask(again()).await;
    assert_eq!((granted.status, &granted.body["token_type"]), (200, &json!("DPoP")), "{}", granted.body);
    assert!(org.ask(again()).await.refusal().2.contains("already been used"));
}

#[tokio::test(start_paused = true)]
async fn a_bound_token_needs_a_proof_for_each_call() {
    let org = org(|app| app.dpop_required = true);
    let asked = org.ask(with(|ask| ask.proof = Some(proof("POST", TOKEN, None, None)))).await;
    let nonce = asked.headers["dpop-nonce"].to_str().unwrap();
    let token = org.token(with(|ask| ask.proof = Some(proof("POST", TOKEN, None, Some(nonce))))).await;
    let bound = format!("DPoP {token}");
    let users = format!("{ORG}/api/v1/users");
    let good = || proof("GET", &users, Some(&token), None);

    let answer = org.call("GET", "/api/v1/users?limit=1", &bound, Some(good())).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let other_key = SigningKey::generate().unwrap();
    let (mut header, claims) = good();
    header["jwk"] = other_key.public().jwk();
    let stolen = jwt::sign(&other_key, &header, &claims).unwrap();
    let request = Request::get(&users).header("authorization", &bound).header("dpop", stolen.expose_secret());
    let stolen = org.send(request.body(Body::empty()).unwrap()).await;
    assert!(stolen.challenge().contains("bound to another key"), "{}", stolen.challenge());

    let twice = good();
    assert_eq!(org.call("GET", "/api/v1/users", &bound, Some(twice.clone())).await.status, 200);
    // Okta's own answers: github.com/okta/terraform-provider-okta/issues/2392, and its catalogue of OAuth errors.
    let unproven = (400, "invalid_dpop_proof");
    let table = [
        (bound.clone(), Some(twice), unproven, "already been used"),
        (bound.clone(), None, (400, "invalid_request"), "The resource request requires a DPoP proof."),
        (bound.clone(), Some(proof("POST", &users, Some(&token), None)), unproven, "'htm'"),
        (
            bound.clone(),
            Some(proof("GET", &format!("{users}?limit=1"), Some(&token), None)),
            unproven,
            "'htu'",
        ),
        (bound.clone(), Some(proof("GET", &users, None, None)), unproven, "'ath'"),
        (bound.clone(), Some(proof("GET", &users, Some("other"), None)), unproven, "'ath'"),
        (format!("Bearer {token}"), Some(good()), (401, "E0000011"), "The access token is invalid"),
    ];
    for (authorization, proof, refusal, expected) in table {
        let answer = org.call("GET", "/api/v1/users", &authorization, proof).await;
        assert_eq!((answer.status, &*answer.refusal().1), refusal, "{expected}");
        assert!(answer.challenge().contains(expected), "expected {expected}, found {}", answer.challenge());
        let names_algorithms = answer.challenge().starts_with("DPoP algs=\"RS256 ");
        assert_eq!(names_algorithms, authorization.starts_with("DPoP"), "{}", answer.challenge());
    }
}

#[tokio::test(start_paused = true)]
async fn anybody_may_ask_what_org_it_is() {
    let org = org(|_| {});
    let answer = org.call("GET", "/.well-known/okta-organization", "", None).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["id"].as_str().unwrap().starts_with("00o"), "{}", answer.body);
    assert_eq!(answer.body["_links"]["organization"]["href"], ORG);

    let ids: Vec<String> = [
        org.call("GET", "/api/v1/users", "", None).await,
        org.call("GET", "/api/v1/users", "", None).await,
        answer,
    ]
    .iter()
    .map(|answer| answer.headers["x-okta-request-id"].to_str().unwrap().to_owned())
    .collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}
