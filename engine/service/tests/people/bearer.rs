//! Access tokens of callers, in three modes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::clock::Clock;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::jwt::{Unverified, hash};
use flowrun_service::bearer::{Bearer, Granted, Refused, Settings};
use serde_json::{Value, json};

use crate::keys;
use crate::world::{Broken, Net, START_MS, pass, whole};

const CUSTOM: &str = "https://acme.okta.com/oauth2/default";
const ORG: &str = "https://acme.okta.com";

/// What the server is to say of tokens, and who has asked.
type Said = Arc<Mutex<BTreeMap<String, Value>>>;

struct Server {
    net: Arc<Net>,
    clock: Clock,
    said: Said,
}

fn server() -> Server {
    async fn introspect(
        State(said): State<Said>,
        headers: HeaderMap,
        Form(asked): Form<BTreeMap<String, String>>,
    ) -> Response {
        // base64 of `0oa1flows:s3cret`, by Python.
        if headers.get("authorization").is_none_or(|header| header != "Basic MG9hMWZsb3dzOnMzY3JldA==") {
            return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
        }
        assert_eq!(asked["token_type_hint"], "access_token");
        let said = said.lock().unwrap().get(&asked["token"]).cloned();
        Json(said.unwrap_or(json!({ "active": false }))).into_response()
    }
    let keys = async || Json(json!({ "keys": [keys::jwk("one"), keys::jwk("two")] }));
    let said = Said::default();
    let router = Router::new()
        .route("/oauth2/default/v1/keys", get(keys))
        .route("/oauth2/v1/keys", get(keys))
        .route("/oauth2/v1/introspect", post(introspect))
        .route("/oauth2/default/v1/introspect", post(introspect))
        .with_state(said.clone());
    let net = Arc::new(Net::default());
    net.add("acme.okta.com", router);
    Server { net, clock: Clock::simulated(START_MS), said }
}

impl Server {
    fn bearer(&self, settings: Value) -> Result<Bearer, String> {
        let settings: Settings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let env = BTreeMap::from([("SECRET".to_owned(), "s3cret".to_owned())]);
        Bearer::new(settings, &env, self.clock.clone(), self.net.clone())
    }

    fn custom(&self) -> Bearer {
        self.bearer(json!({ "verify": "custom_server", "issuer": CUSTOM, "audience": "api://flows", "clients": ["0oa1caller"] }))
            .unwrap()
    }

    fn introspects(&self) -> Bearer {
        let client = json!({ "id": "0oa1flows", "secret_env": "SECRET" });
        self.bearer(json!({ "verify": "introspection", "issuer": ORG, "client": client })).unwrap()
    }
}

fn claims(more: Value) -> Value {
    let mut whole = json!({
        "ver": 1, "jti": "AT.1", "iss": CUSTOM, "aud": "api://flows", "iat": START_MS / 1000, "exp": START_MS / 1000 + 3600,
        "cid": "0oa1caller", "sub": "0oa1caller", "scp": ["openid", "okta.workflows.invoke.manage"],
    });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => whole.as_object_mut().unwrap().remove(name),
            value => whole.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    whole
}

fn status(verified: &Result<Granted, Refused>) -> u16 {
    verified.as_ref().map_or_else(|refused| refused.status().as_u16(), |_| 200)
}

/// RFC 7636, appendix B, and RFC 7515, A.2: what the standards give as examples.
#[test]
fn the_examples_of_the_standards() {
    assert_eq!(
        hash("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    let key = PublicKey::from_jwk(&json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    }))
    .unwrap();
    let token = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    let read = Unverified::parse(token).unwrap();
    assert_eq!(read.algorithm(), Some(Algorithm::Rs256));
    assert!(read.is_signed_by(&key));
}

/// Tokens that PyJWT has made (`keys/make.py`).
#[tokio::test]
async fn only_a_signature_of_the_issuer_by_rs256_counts() {
    let tokens: BTreeMap<String, String> = serde_json::from_str(include_str!("keys/tokens.json")).unwrap();
    assert_eq!(tokens.len(), 10);
    let server = server();
    let bearer = server.custom();
    for (name, token) in &tokens {
        let verified = bearer.verify(token).await;
        assert_eq!(status(&verified), if name == "good" { 200 } else { 401 }, "{name}: {verified:?}");
    }
    let good = &tokens["good"];
    let parts: Vec<&str> = good.split('.').collect();
    for broken in [
        "",
        ".",
        "..",
        "a.b.c",
        &good[..good.len() - 4],
        &good[1..],
        &format!("{good}."),
        &format!("{good}="),
        &format!(" {good}"),
        &format!("{}.{}", parts[0], parts[1]),
        &format!("{}.{}.", parts[0], parts[1]),
        &format!("{}.{}.{}", parts[0], parts[0], parts[2]),
        &"a".repeat(20_000),
    ] {
        assert_eq!(status(&bearer.verify(broken).await), 401, "{broken}");
    }
    assert_eq!(server.net.asked("/keys"), 1);
}

#[tokio::test]
async fn what_a_token_must_say() {
    let table = [
        (json!({}), 200, ""),
        (json!({ "aud": ["api://other", "api://flows"] }), 200, ""),
        (json!({ "scp": null, "scope": "openid okta.workflows.invoke.manage" }), 200, ""),
        (json!({ "cid": null, "client_id": "0oa1caller" }), 200, ""),
        (
            json!({ "iss": ORG }),
            401,
            "expected a token from https://acme.okta.com/oauth2/default, found https://acme.okta.com",
        ),
        (json!({ "iss": "https://acme.okta.com/oauth2/default/" }), 401, "expected a token from"),
        (json!({ "iss": "https://evil.example/oauth2/default" }), 401, "expected a token from"),
        (json!({ "iss": null }), 401, "found none"),
        (json!({ "aud": "api://other" }), 401, "expected a token for api://flows, found api://other"),
        (json!({ "aud": null }), 401, "found none"),
        (json!({ "aud": { "0": "api://flows" } }), 401, "found none"),
        (json!({ "exp": START_MS / 1000 - 60 }), 401, "the token has ended"),
        (json!({ "exp": START_MS / 1000 - 59 }), 200, ""),
        (json!({ "exp": null }), 401, "does not say when it ends"),
        (json!({ "exp": "4102444800" }), 401, "isn't a number"),
        (json!({ "nbf": START_MS / 1000 + 61 }), 401, "does not hold yet"),
        (json!({ "iat": START_MS / 1000 + 61 }), 401, "made in the future"),
        (
            json!({ "scp": ["okta.workflows.invoke.read"] }),
            403,
            "lacks the scope okta.workflows.invoke.manage",
        ),
        (json!({ "scp": ["okta.workflows.invoke.manage2"] }), 403, "lacks the scope"),
        (json!({ "scp": null }), 403, "lacks the scope"),
        (json!({ "cid": "0oa2other" }), 403, "not among those that may come"),
        (json!({ "cid": null }), 401, "does not name its client"),
        (json!({ "cnf": { "jkt": "x" } }), 401, "bound to a key"),
    ];
    let server = server();
    let bearer = server.custom();
    for (more, expected, message) in table {
        let verified = bearer.verify(&keys::signed(&claims(more.clone()), "one", "one")).await;
        assert_eq!(status(&verified), expected, "{more}: {verified:?}");
        if let Err(refused) = verified {
            assert!(refused.to_string().contains(message), "{more}: {refused}");
        }
    }
    let granted = bearer
        .verify(&keys::signed(&claims(json!({ "sub": "ada@example.com" })), "two", "two"))
        .await
        .unwrap();
    assert_eq!(
        (granted.client.as_str(), granted.subject.as_deref()),
        ("0oa1caller", Some("ada@example.com"))
    );
}

#[tokio::test]
async fn a_refusal_says_why_as_rfc_6750_has_it() {
    let server = server();
    let bearer = server.custom();
    let headers = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("authorization", HeaderValue::from_str(value).unwrap());
        }
        headers
    };
    let good = format!("Bearer {}", keys::signed(&claims(json!({})), "one", "one"));
    let weak = format!("Bearer {}", keys::signed(&claims(json!({ "scp": [] })), "one", "one"));
    let ended = format!("bearer  {}", keys::signed(&claims(json!({ "exp": 1 })), "one", "one"));
    let table: [(&[&str], u16, Option<&str>); 9] = [
        (&[&good], 200, None),
        (&[], 401, Some("Bearer")),
        (&[&ended], 401, Some("Bearer error=\"invalid_token\", error_description=\"the token has ended\"")),
        (
            &[&weak],
            403,
            Some(
                "Bearer error=\"insufficient_scope\", error_description=\"the token lacks the scope okta.workflows.invoke.manage\", scope=\"okta.workflows.invoke.manage\"",
            ),
        ),
        (
            &[&good, &good],
            400,
            Some(
                "Bearer error=\"invalid_request\", error_description=\"there are two headers Authorization\"",
            ),
        ),
        (&["Basic YTpi"], 400, Some("Bearer error=\"invalid_request\"")),
        (&["Bearer"], 400, Some("Bearer error=\"invalid_request\"")),
        (&["Bearer a b"], 400, Some("Bearer error=\"invalid_request\"")),
        (&[""], 400, Some("Bearer error=\"invalid_request\"")),
    ];
    for (given, expected, challenge) in table {
        let admitted = bearer.admit(&headers(given)).await;
        assert_eq!(status(&admitted), expected, "{given:?}: {admitted:?}");
        let Err(refused) = admitted else { continue };
        let response: axum::http::Response<Bytes> = whole(refused.into_response()).await;
        assert_eq!(response.status().as_u16(), expected);
        let said = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(said.starts_with(challenge.unwrap()), "{given:?}: {said}");
        assert_eq!(response.headers().get_all("www-authenticate").iter().count(), 1);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn keys_that_can_t_be_had_are_nobody_s_fault() {
    for how in [Broken::Down, Broken::Status(429), Broken::Status(500)] {
        let server = server();
        let bearer = server.custom();
        let good = keys::signed(&claims(json!({})), "one", "one");
        server.net.break_at("/keys", how);
        let refused = bearer.verify(&good).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.challenge()), (503, None));
        let response = whole(refused.into_response()).await;
        assert_eq!(response.headers()["retry-after"], "5");
        for _ in 0..10 {
            assert_eq!(status(&bearer.verify(&good).await), 503);
        }
        assert_eq!(server.net.asked("/keys"), 1, "not for every token");
        server.net.mend();
        pass(&server.clock, Duration::from_secs(5)).await;
        assert_eq!(status(&bearer.verify(&good).await), 200);
        // Tokens that name unknown keys have the server asked once a minute, whoever sends them.
        for number in 0..10 {
            assert_eq!(
                status(&bearer.verify(&keys::signed(&claims(json!({})), "one", &format!("{number}"))).await),
                401
            );
        }
        assert_eq!(server.net.asked("/keys"), 2);
        pass(&server.clock, Duration::from_secs(60)).await;
        assert_eq!(status(&bearer.verify(&keys::signed(&claims(json!({})), "one", "x")).await), 401);
        assert_eq!(server.net.asked("/keys"), 3);
    }
}

#[tokio::test]
async fn a_server_is_asked_about_a_token_once_a_minute() {
    let server = server();
    let bearer = server.introspects();
    let active = |more: Value| {
        let mut whole = json!({
            "active": true, "token_type": "Bearer", "scope": "okta.workflows.invoke.manage", "client_id": "0oa1caller",
            "exp": START_MS / 1000 + 3600, "sub": "0oa1caller",
        });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let say = |token: &str, what: Value| server.said.lock().unwrap().insert(token.to_owned(), what);
    say("opaque", active(json!({})));
    assert_eq!(bearer.verify("opaque").await.unwrap().client, "0oa1caller");
    // Revoked there, it counts here for a minute at most.
    say("opaque", json!({ "active": false }));
    pass(&server.clock, Duration::from_millis(59_999)).await;
    assert_eq!(status(&bearer.verify("opaque").await), 200);
    assert_eq!(server.net.asked("/introspect"), 1);
    pass(&server.clock, Duration::from_millis(1)).await;
    assert_eq!(status(&bearer.verify("opaque").await), 401);
    assert_eq!(status(&bearer.verify("opaque").await), 401);
    assert_eq!(server.net.asked("/introspect"), 2, "a refusal is remembered too");
    // Nor does a token count here when it has ended.
    let ends = server.clock.now_ms() / 1000 + 1;
    say("short", active(json!({ "exp": ends })));
    assert_eq!(status(&bearer.verify("short").await), 200);
    pass(&server.clock, Duration::from_secs(62)).await;
    assert_eq!(status(&bearer.verify("short").await), 401);

    let table = [
        (json!({ "scope": "okta.users.read" }), 403),
        (json!({ "token_type": "refresh_token" }), 401),
        (json!({ "active": "true" }), 401),
        (json!({ "active": 1 }), 401),
        (json!({ "client_id": null }), 401),
        (json!({ "cnf": {} }), 401),
        (json!({ "exp": 1 }), 401),
    ];
    for (number, (more, expected)) in table.into_iter().enumerate() {
        let token = format!("token-{number}");
        say(&token, active(more.clone()));
        assert_eq!(status(&bearer.verify(&token).await), expected, "{more}");
    }
    let before = server.net.asked("/introspect");
    assert_eq!(status(&bearer.verify(&"x".repeat(20_000)).await), 401);
    assert_eq!(server.net.asked("/introspect"), before);
}

#[tokio::test]
async fn a_server_that_can_t_be_asked_lets_nobody_in_and_blames_nobody() {
    let server = server();
    let bearer = server.introspects();
    let active = json!({ "active": true, "scope": "okta.workflows.invoke.manage", "client_id": "a", "exp": START_MS / 1000 + 3600 });
    server.said.lock().unwrap().insert("opaque".into(), active);
    for how in [Broken::Down, Broken::Status(429), Broken::Status(500), Broken::Status(401)] {
        server.net.break_at("/introspect", how);
        let refused = bearer.verify("opaque").await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{refused}");
    }
    server.net.mend();
    assert_eq!(status(&bearer.verify("opaque").await), 200, "a failure is not remembered");
}

#[tokio::test]
async fn tokens_of_an_org_are_verified_here_only_when_asked_for() {
    let server = server();
    let org = claims(json!({ "iss": ORG, "aud": ORG }));
    let token = keys::signed(&org, "one", "one");
    assert_eq!(status(&server.custom().verify(&token).await), 401);
    let local = server.bearer(json!({ "verify": "org_tokens_locally", "issuer": ORG })).unwrap();
    assert_eq!(status(&local.verify(&token).await), 200);
    assert_eq!(status(&local.verify(&keys::signed(&claims(json!({})), "one", "one")).await), 401);
    assert_eq!(server.net.asked("/oauth2/v1/keys"), 1);
}

/// An inline hook with the channel OAUTH: the token of a custom server, with a scope of one's own.
#[tokio::test]
async fn an_inline_hook_proves_itself_alike() {
    let server = server();
    let settings =
        json!({ "verify": "custom_server", "issuer": CUSTOM, "audience": "api://default", "scope": "hooks" });
    let bearer = server.bearer(settings).unwrap();
    let hook = |more: Value| {
        let mut whole = json!({ "aud": "api://default", "scp": ["hooks"], "cid": "0oa3okta" });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        keys::signed(&claims(whole), "one", "one")
    };
    assert_eq!(bearer.verify(&hook(json!({}))).await.unwrap().client, "0oa3okta");
    assert_eq!(status(&bearer.verify(&hook(json!({ "aud": "api://flows" }))).await), 401);
    let refused = bearer.verify(&hook(json!({ "scp": ["okta.workflows.invoke.manage"] }))).await.unwrap_err();
    assert!(refused.challenge().unwrap().ends_with("scope=\"hooks\""));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let server = server();
    for (settings, expected) in [
        (json!({ "verify": "custom_server", "issuer": CUSTOM }), "need an `audience`"),
        (json!({ "verify": "introspection", "issuer": ORG }), "needs a `client`"),
        (
            json!({ "verify": "introspection", "issuer": ORG, "client": { "id": "a", "secret_env": "NONE" } }),
            "NONE is not set",
        ),
        (
            json!({ "verify": "custom_server", "issuer": "http://acme.okta.com", "audience": "a" }),
            "the address of an issuer",
        ),
        (
            json!({ "verify": "custom_server", "issuer": "https://acme.okta.com/", "audience": "a" }),
            "the address of an issuer",
        ),
        (json!({ "verify": "anyhow", "issuer": ORG }), "unknown variant"),
        (json!({ "verify": "custom_server", "issuer": ORG, "secret": "x" }), "unknown field"),
    ] {
        let refused = server.bearer(settings.clone()).err();
        assert!(refused.as_ref().is_some_and(|why| why.contains(expected)), "{settings}: {refused:?}");
    }
}
