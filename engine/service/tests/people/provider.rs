//! An OpenID provider for tests, as an org of Okta is one, and its custom server `default` another (by Okta's public description of
//! its API), with faults on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State as Given};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flowrun_kit::address::query;
use flowrun_kit::clock::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::keys;

const ORG: &str = "https://acme.okta.com";
const CLIENT: &str = "0oa1flows";
const SECRET: &str = "s3cret of the client & more";

#[derive(Clone)]
pub struct Provider {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

pub struct State {
    /// Which of the two servers it is: the other one is not there.
    pub issuer: String,
    pub user: User,
    /// Which keys are published, and which one signs.
    pub published: Vec<&'static str>,
    pub signs: &'static str,
    /// What a client must prove itself by: `basic`, `post`, `key`.
    pub auth: &'static str,
    /// Whether ID tokens lack what userinfo has.
    pub thin: bool,
    pub fault: Fault,
    /// How much its clock is ahead, in seconds.
    pub ahead: i64,
    /// What was asked for at last.
    pub asked: BTreeMap<String, String>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, User>,
    jtis: BTreeSet<String>,
    count: u32,
}

#[derive(Clone)]
pub struct User {
    pub sub: String,
    pub name: String,
    pub email: String,
    pub groups: Vec<String>,
    /// How many seconds ago they signed in at the provider.
    pub ago: i64,
    pub acr: String,
}

struct Code {
    asked: BTreeMap<String, String>,
    user: User,
    until_ms: i64,
}

/// What it does wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fault {
    #[default]
    None,
    /// Claims of the ID token that it gets wrong; null leaves one out.
    Claims(Value),
    AlgNone,
    Hs256ByPublicKey,
    UnknownKid,
    StrangersKey,
    NoIdToken,
    /// Userinfo speaks of somebody else.
    OtherUserinfo,
    /// Userinfo wants a scope.
    UserinfoForbidden,
    /// Discovery names another issuer.
    OtherIssuer,
    /// Discovery names an address that is not encrypted.
    Unencrypted,
    /// It says on the way back that it is somebody else.
    OtherIss,
    /// The access token that comes along is another one than `at_hash` says.
    OtherAccessToken,
}

impl Provider {
    pub fn new(clock: Clock, issuer: &str) -> Provider {
        let user = User {
            sub: "00u1ada".into(),
            name: "Ada Lovelace".into(),
            email: "ada@example.com".into(),
            groups: vec!["HR".into()],
            ago: 5,
            acr: "urn:okta:loa:2fa:any".into(),
        };
        let state = State {
            issuer: issuer.to_owned(),
            user,
            published: vec!["one", "two"],
            signs: "one",
            auth: "basic",
            thin: false,
            fault: Fault::None,
            ahead: 0,
            asked: BTreeMap::new(),
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            jtis: BTreeSet::new(),
            count: 0,
        };
        Provider { clock, state: Arc::new(Mutex::new(state)) }
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    pub fn router(&self) -> Router {
        let base = self.with(|state| state.base());
        let well_known =
            self.with(|state| state.issuer.replacen(ORG, "", 1)) + "/.well-known/openid-configuration";
        Router::new()
            .route(&well_known, get(discovery))
            .route(&format!("{base}/v1/keys"), get(published))
            .route(&format!("{base}/v1/authorize"), get(authorize))
            .route(&format!("{base}/v1/token"), post(token))
            .route(&format!("{base}/v1/userinfo"), get(userinfo))
            .with_state(self.clone())
    }

    fn now(&self, state: &State) -> i64 {
        self.clock.now_ms() / 1000 + state.ahead
    }
}

impl State {
    /// Where its endpoints lie: those of an org below `/oauth2`, those of a custom server below its issuer.
    fn base(&self) -> String {
        if self.issuer == ORG { "/oauth2".to_owned() } else { self.issuer.replacen(ORG, "", 1) }
    }
}

async fn discovery(Given(provider): Given<Provider>) -> Json<Value> {
    let (fault, issuer, base) =
        provider.with(|state| (state.fault.clone(), state.issuer.clone(), state.base()));
    let issuer = if fault == Fault::OtherIssuer { "https://evil.example" } else { &issuer };
    let scheme = if fault == Fault::Unencrypted { "http" } else { "https" };
    let at = |name: &str| format!("{scheme}://acme.okta.com{base}/v1/{name}");
    Json(json!({
        "issuer": issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"), "jwks_uri": at("keys"), "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": fault == Fault::OtherIss,
    }))
}

async fn published(Given(provider): Given<Provider>) -> Response {
    let keys: Vec<Value> =
        provider.with(|state| state.published.iter().map(|name| keys::jwk(name)).collect());
    ([(CACHE_CONTROL, "max-age=3600, must-revalidate")], Json(json!({ "keys": keys }))).into_response()
}

async fn authorize(
    Given(provider): Given<Provider>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let has = |name: &str, value: &str| asked.get(name).is_some_and(|given| given == value);
    // What is wrong here stays at the provider: nobody is sent anywhere.
    if !has("client_id", CLIENT) || !has("redirect_uri", "https://flows.example.com/auth/callback") {
        return (StatusCode::BAD_REQUEST, "no such client, or not its redirect_uri").into_response();
    }
    let fine = has("response_type", "code") && has("code_challenge_method", "S256");
    let back = provider.with(|state| {
        state.asked = asked.clone();
        let fine = fine && asked.contains_key("state") && asked.contains_key("nonce");
        let fine = fine && asked.get("code_challenge").is_some_and(|challenge| challenge.len() == 43);
        if !fine {
            return vec![("error", "invalid_request".to_owned())];
        }
        let mut user = state.user.clone();
        if asked.get("prompt").is_some_and(|prompt| prompt == "login")
            || asked
                .get("max_age")
                .and_then(|most| most.parse::<i64>().ok())
                .is_some_and(|most| user.ago > most)
        {
            user.ago = 0;
        }
        state.count += 1;
        let code = format!("code-{}", state.count);
        let until_ms = provider.clock.now_ms() + 60_000;
        state.codes.insert(code.clone(), Code { asked: asked.clone(), user, until_ms });
        let mut back = vec![("code", code)];
        if state.fault == Fault::OtherIss {
            back.push(("iss", "https://evil.example".to_owned()));
        }
        back
    });
    let mut back: Vec<(&str, String)> = back;
    back.push(("state", asked.get("state").cloned().unwrap_or_default()));
    let pairs = back.iter().map(|(name, value)| (name, value));
    (StatusCode::FOUND, [(LOCATION, format!("{}?{}", asked["redirect_uri"], query(pairs)))]).into_response()
}

async fn token(
    Given(provider): Given<Provider>,
    headers: HeaderMap,
    Form(asked): Form<BTreeMap<String, String>>,
) -> Response {
    let refuse = |status: StatusCode, error: &str| (status, Json(json!({ "error": error }))).into_response();
    provider.with(|state| {
        if !is_client(&provider, state, &headers, &asked) {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let given = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        // A code works once.
        let Some(code) = state.codes.remove(given("code")) else {
            return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(given("code_verifier")));
        let fits = provider.clock.now_ms() < code.until_ms
            && code.asked["code_challenge"] == challenge
            && given("grant_type") == "authorization_code"
            && code.asked["redirect_uri"] == given("redirect_uri");
        if !fits {
            return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
        }
        Json(give(&provider, state, &code)).into_response()
    })
}

/// Whether it is the client, by what it must prove itself by.
fn is_client(
    provider: &Provider,
    state: &mut State,
    headers: &HeaderMap,
    asked: &BTreeMap<String, String>,
) -> bool {
    let given = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    match state.auth {
        "basic" => {
            // Each part as in a form (RFC 6749, section 2.3.1): by hand.
            let pair = STANDARD.encode("0oa1flows:s3cret%20of%20the%20client%20%26%20more");
            headers.get(AUTHORIZATION).is_some_and(|header| header == &format!("Basic {pair}"))
        }
        "post" => given("client_id") == CLIENT && given("client_secret") == SECRET,
        _ => {
            let mut wanted = Validation::new(Algorithm::RS256);
            wanted.set_audience(&["https://acme.okta.com/oauth2/v1/token"]);
            wanted.set_issuer(&[CLIENT]);
            wanted.sub = Some(CLIENT.to_owned());
            // By the clock of the test, below.
            wanted.validate_exp = false;
            let key = DecodingKey::from_rsa_pem(keys::CLIENT_PUBLIC.as_bytes()).unwrap();
            let Ok(read) = jsonwebtoken::decode::<Value>(given("client_assertion"), &key, &wanted) else {
                return false;
            };
            let now = provider.now(state);
            let ends = read.claims["exp"].as_i64().unwrap_or_default();
            given("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                && read.header.kid.as_deref() == Some("client")
                && ends > now
                && ends <= now + 3600
                && state.jtis.insert(read.claims["jti"].as_str().unwrap_or_default().to_owned())
        }
    }
}

fn give(provider: &Provider, state: &mut State, code: &Code) -> Value {
    let now = provider.now(state);
    state.count += 1;
    let access = format!("access-{}", state.count);
    state.access.insert(access.clone(), code.user.clone());
    let user = &code.user;
    let mut claims = json!({
        "iss": state.issuer, "sub": user.sub, "aud": CLIENT, "iat": now, "exp": now + 3600, "auth_time": now - user.ago,
        "nonce": code.asked["nonce"], "jti": format!("ID.{}", state.count), "ver": 1, "amr": ["pwd"], "acr": user.acr,
        "at_hash": URL_SAFE_NO_PAD.encode(&Sha256::digest(&access)[..16]), "sid": "sid-of-ada",
    });
    let scopes: Vec<&str> = code.asked["scope"].split(' ').collect();
    if !state.thin {
        add_profile(&mut claims, user, &scopes);
    }
    if let Fault::Claims(wrong) = &state.fault {
        for (name, value) in wrong.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
    }
    let id_token = match state.fault {
        Fault::AlgNone => {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(json!({ "alg": "none", "kid": "one" })), part(claims))
        }
        Fault::Hs256ByPublicKey => keys::signed_by_public_key(&claims, "one"),
        Fault::UnknownKid => keys::signed(&claims, "stranger", "stranger"),
        Fault::StrangersKey => keys::signed(&claims, "stranger", state.signs),
        _ => keys::signed(&claims, state.signs, state.signs),
    };
    let mut given = json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": access, "scope": code.asked["scope"], "id_token": id_token });
    match state.fault {
        Fault::NoIdToken => given.as_object_mut().unwrap().remove("id_token"),
        Fault::OtherAccessToken => {
            given.as_object_mut().unwrap().insert("access_token".into(), "another".into())
        }
        _ => None,
    };
    given
}

fn add_profile(claims: &mut Value, user: &User, scopes: &[&str]) {
    claims["name"] = json!(user.name);
    claims["preferred_username"] = json!(user.email);
    if scopes.contains(&"email") {
        claims["email"] = json!(user.email);
    }
    if scopes.contains(&"groups") {
        claims["groups"] = json!(user.groups);
    }
}

async fn userinfo(Given(provider): Given<Provider>, headers: HeaderMap) -> Response {
    let refuse = |status: StatusCode, error: &str| {
        let challenge = format!("Bearer error=\"{error}\", error_description=\"No.\"");
        (status, [(WWW_AUTHENTICATE, challenge)]).into_response()
    };
    let token = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    provider.with(|state| {
        let Some(user) = token.and_then(|token| state.access.get(token)) else {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_token");
        };
        if state.fault == Fault::UserinfoForbidden {
            return refuse(StatusCode::FORBIDDEN, "insufficient_scope");
        }
        let sub = if state.fault == Fault::OtherUserinfo { "00u2eve" } else { &user.sub };
        let mut claims = json!({ "sub": sub });
        add_profile(&mut claims, user, &["email", "groups"]);
        Json(claims).into_response()
    })
}
