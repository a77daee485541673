//! The service, tried as an attacker: one row for each try, the same rows as in `docs/safety.md`.

use std::future::Future;
use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::http::header::SET_COOKIE;
use axum::http::{Method, Request, Response};

use crate::browser::location;
use crate::provider::Fault;
use crate::world::{Broken, World, settings};

/// Where it is tried.
enum Tried {
    Here(fn(World) -> Pin<Box<dyn Future<Output = ()>>>),
    /// By a test of its own: the file's text, and the name.
    By(&'static str, &'static str),
}

use Tried::{By, Here};

/// What is tried, what comes of it, and the trial.
const ATTACKS: &[(&str, &str, Tried)] = &[
    (
        "a session's cookie planted before its victim signs in (session fixation)",
        "signing in always begins a new session; the planted cookie never counts",
        Here(|world| {
            Box::pin(async move {
                let mut mallory = world.ada().await;
                let planted = mallory.cookies["__Host-flowrun"].clone();
                for planted in [planted.as_str(), "chosen-by-mallory"] {
                    let mut victim = world.browser();
                    victim.cookies.insert("__Host-flowrun".into(), planted.into());
                    victim.sign_in("/").await;
                    assert!(victim.is_in().await && victim.cookies["__Host-flowrun"] != planted);
                    mallory.cookies.insert("__Host-flowrun".into(), planted.into());
                    assert!(!mallory.is_in().await);
                }
            })
        }),
    ),
    (
        "a second cookie of the same name beside the real one (cookie tossing)",
        "neither counts",
        Here(|world| {
            Box::pin(async move {
                let ada = world.ada().await;
                let own = format!("__Host-flowrun={}", ada.cookies["__Host-flowrun"]);
                let me = |cookies: Vec<String>| {
                    let mut request = Request::get("/auth/me").header("host", "flows.example.com");
                    for cookie in cookies {
                        request = request.header("cookie", cookie);
                    }
                    request.body(Body::empty()).unwrap()
                };
                let (alone, more) = (vec![format!("a=b; {own}; c=d")], "__Host-flowrun=planted");
                assert!(is_person(&world.send(me(alone), "192.0.2.1").await));
                for cookies in
                    [vec![format!("{own}; {more}")], vec![format!("{more}; {own}")], vec![own, more.into()]]
                {
                    assert!(!is_person(&world.send(me(cookies), "192.0.2.1").await));
                }
            })
        }),
    ),
    (
        "a page of another site sends a form with the victim's cookie (CSRF), with and without what says so",
        "403: it must come from a page of the service, by `Sec-Fetch-Site` or `Origin`, and bring the session's token",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.ada().await;
                let csrf = ada.csrf().await;
                let csrf = ("x-csrf-token", csrf.as_str());
                let other = world.ada().await.csrf().await;
                let other = ("x-csrf-token", other.as_str());
                let site = |value| ("sec-fetch-site", value);
                let origin = |value| ("origin", value);
                let (here, there) = ("https://flows.example.com", "https://evil.example");
                let table: &[(&[(&str, &str)], u16)] = &[
                    (&[site("same-origin"), csrf], 200),
                    (&[site("same-origin"), csrf, origin(here)], 200),
                    (&[origin(here), csrf], 200),
                    (&[csrf], 403),
                    (&[site("same-origin")], 403),
                    (&[origin(here)], 403),
                    (&[site("same-origin"), ("x-csrf-token", "")], 403),
                    (&[site("same-origin"), other], 403),
                    (&[site("same-origin"), csrf, csrf], 403),
                    (&[site("same-site"), csrf], 403),
                    (&[site("cross-site"), csrf], 403),
                    (&[site("none"), csrf], 403),
                    (&[site("cross-site"), origin(here), csrf], 403),
                    (&[site("same-origin"), site("cross-site"), csrf], 403),
                    (&[origin(there), csrf], 403),
                    (&[origin("null"), csrf], 403),
                    (&[origin("http://flows.example.com"), csrf], 403),
                    (&[origin("https://flows.example.com:8443"), csrf], 403),
                    (&[origin("https://flows.example.com.evil.example"), csrf], 403),
                    (&[origin("https://evil.example, https://flows.example.com"), csrf], 403),
                    (&[], 403),
                ];
                for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                    for (headers, status) in table {
                        let answered = ada.send(method.clone(), "/run", headers).await.status().as_u16();
                        // Only POST is routed: what the guard lets through is 405.
                        let expected = if *status == 200 && method != Method::POST { 405 } else { *status };
                        assert_eq!(answered, expected, "{method} {headers:?}");
                    }
                }
                assert!(ada.is_in().await);
            })
        }),
    ),
    (
        "a token and a cookie in one request",
        "only the token counts, good or not; a good one needs no token of a session",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.ada().await;
                let admin = crate::sign_in::caller(&world, &mut world.admin().await).await;
                let new = serde_json::json!({ "name": "other", "may": [{ "rights": ["see_flows"], "within": "everywhere" }] });
                let (weak, _) =
                    world.people.make_token(&admin, serde_json::from_value(new).unwrap()).await.unwrap();
                let csrf = ada.csrf().await;
                let headers = |authorization: &str| {
                    let pairs = [
                        ("sec-fetch-site", "same-origin"),
                        ("x-csrf-token", &csrf),
                        ("authorization", authorization),
                    ];
                    pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
                };
                let table = [
                    (format!("Bearer {weak}"), 403),
                    ("Bearer fr_wrong".into(), 401),
                    ("Bearer eyJhbGciOiJub25lIn0.e30.".into(), 401),
                    ("Basic YTpi".into(), 401),
                    ("Bearer ".into(), 401),
                    (String::new(), 401),
                ];
                for (authorization, status) in table {
                    let headers = headers(&authorization);
                    let headers: Vec<(&str, &str)> =
                        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                    assert_eq!(
                        ada.send(Method::POST, "/run", &headers).await.status().as_u16(),
                        status,
                        "{authorization}"
                    );
                }
                let cross = [("authorization", &*format!("Bearer {weak}")), ("sec-fetch-site", "cross-site")];
                assert_eq!(world.browser().send(Method::GET, "/", &cross).await.status(), 200);
            })
        }),
    ),
    (
        "a link to sign in that leads elsewhere then: `//evil`, `/\\evil`, `https:evil`, encoded, with line breaks",
        "whoever signs in comes to the first page of the service",
        Here(|world| {
            Box::pin(async move {
                for to in [
                    "//evil.example",
                    "/\\evil.example",
                    "https:evil.example",
                    "/%2F/evil.example",
                    "/\r\nX: y",
                    "/.//evil.example",
                ] {
                    let query = flowrun_kit::address::component(to);
                    assert_eq!(world.browser().sign_in(&query).await, "/", "{to:?}");
                }
                assert_eq!(world.browser().sign_in("%2Fruns").await, "/runs");
            })
        }),
    ),
    (
        "another name for the service's address (`Host`, DNS rebinding), two of them, one in the first line",
        "421, or 400 where there is not one; names of this machine and those of the settings are answered",
        Here(|_| {
            Box::pin(async move {
                let mut own = settings();
                own["hosts"] = serde_json::json!(["flows.internal:8443"]);
                let world = World::with(own);
                let table: &[(&str, &[&str], u16)] = &[
                    ("/", &["flows.example.com"], 200),
                    ("/", &["FLOWS.example.com:443"], 200),
                    ("/", &["flows.internal:8443"], 200),
                    ("/", &["localhost:8080"], 200),
                    ("/", &["127.0.0.1"], 200),
                    ("/", &["[::1]:8080"], 200),
                    ("/", &["flows.example.com:8443"], 421),
                    ("/", &["flows.internal"], 421),
                    ("/", &["evil.example"], 421),
                    ("/", &["flows.example.com.evil.example"], 421),
                    ("/", &["127.0.0.1.evil.example"], 421),
                    ("/", &["localhost.evil.example"], 421),
                    ("/", &["192.0.2.1"], 421),
                    ("/", &["0.0.0.0"], 421),
                    ("/", &["[::]"], 421),
                    ("/", &["user@evil.example"], 421),
                    ("/", &["evil.example@flows.example.com"], 421),
                    ("/", &[""], 400),
                    ("/", &["flows.example.com/x"], 400),
                    ("/", &[], 400),
                    ("/", &["flows.example.com", "evil.example"], 400),
                    ("https://evil.example/", &["flows.example.com"], 421),
                    ("https://flows.example.com/", &["flows.example.com"], 200),
                    ("https://flows.example.com/", &[], 200),
                ];
                for (uri, hosts, status) in table {
                    let mut request = Request::get(*uri);
                    for host in *hosts {
                        request = request.header("host", *host);
                    }
                    let response = world.send(request.body(Body::empty()).unwrap(), "192.0.2.1").await;
                    assert_eq!(response.status().as_u16(), *status, "{uri} {hosts:?}");
                }
            })
        }),
    ),
    (
        "the provider's answer a second time, in another browser, with another state, ten minutes late, with no cookie",
        "400: a sign-in is finished once, in time, in the browser that began it",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.browser();
                let back = ada.begin("/").await;
                let back = ada.at_provider(&back).await;
                let before = ada.cookies.clone();
                // Mallory has the victim finish his own sign-in, or finishes the victim's.
                let mut mallory = world.browser();
                assert_eq!(mallory.get(&back).await.status(), 400);
                mallory.begin("/").await;
                assert_eq!(mallory.get(&back).await.status(), 400);
                assert_eq!(world.net.asked("/token"), 0, "nobody has asked the provider yet");
                assert_eq!(ada.get(&back).await.status(), 303);
                ada.cookies = before;
                assert_eq!(ada.get(&back).await.status(), 400);
                assert_eq!(world.net.asked("/token"), 1);

                let mut late = world.browser();
                let url = late.begin("/").await;
                let back = late.at_provider(&url).await;
                world.pass(std::time::Duration::from_secs(600)).await;
                assert_eq!(late.get(&back).await.status(), 400);
                let mut forged = world.browser();
                forged.begin("/").await;
                for (name, value) in [("state", "x"), ("code", "code-1")] {
                    assert_eq!(forged.get(&format!("/auth/callback?{name}={value}")).await.status(), 400);
                }
                forged.begin("/").await;
                let sealed = forged.cookies["__Host-flowrun-sign-in"].clone();
                for broken in ["", "x", &sealed[..sealed.len() - 2], &sealed[2..]] {
                    forged.begin("/").await;
                    forged.cookies.insert("__Host-flowrun-sign-in".into(), broken.into());
                    assert_eq!(forged.get("/auth/callback?state=x&code=y").await.status(), 400);
                }
            })
        }),
    ),
    (
        "a code of the provider after its time, or with another verifier",
        "400: the provider refuses it, and the service says to sign in again",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.browser();
                let url = ada.begin("/").await;
                let back = ada.at_provider(&url).await;
                world.pass(std::time::Duration::from_secs(60)).await;
                let response = ada.get(&back).await;
                assert_eq!(response.status(), 400);
                assert!(crate::browser::detail(&response).contains("sign in again"));
                // A code of one sign-in with the state, and so the verifier, of another.
                let mut mallory = world.browser();
                let url = mallory.begin("/").await;
                let stolen = mallory.at_provider(&url).await;
                let code = stolen.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned();
                let url = ada.begin("/").await;
                let back = ada.at_provider(&url).await;
                let (_, state) = back.split_once("state=").unwrap();
                assert_eq!(ada.get(&format!("/auth/callback?code={code}&state={state}")).await.status(), 400);
            })
        }),
    ),
    (
        "tokens that are unsigned, signed by HS256 with the public key, by a stranger, for another service, ended, of another sign-in",
        "nobody is signed in",
        Here(|world| {
            Box::pin(async move {
                let claims = |claims| Fault::Claims(claims);
                for fault in [
                    Fault::AlgNone,
                    Fault::Hs256ByPublicKey,
                    Fault::StrangersKey,
                    Fault::UnknownKid,
                    claims(serde_json::json!({ "aud": "0oa2other" })),
                    claims(serde_json::json!({ "iss": "https://evil.example" })),
                    claims(serde_json::json!({ "exp": 1 })),
                    claims(serde_json::json!({ "nonce": "another" })),
                ] {
                    world.provider.with(|state| state.fault = fault.clone());
                    let mut ada = world.browser();
                    assert_eq!(ada.try_sign_in("/").await.status(), 403, "{fault:?}");
                    assert!(!ada.is_in().await);
                }
            })
        }),
    ),
    (
        "many tries to sign in, or tokens guessed, from one address; the same under invented `X-Forwarded-For`",
        "429 after ten failures, for five minutes; right tokens and sessions go on counting",
        Here(|_| {
            Box::pin(async move {
                let mut own = settings();
                own["behind"] = serde_json::json!(["10.0.0.0/8"]);
                let world = World::with(own);
                let mut ada = world.ada().await;
                let guess = async |number: usize, from: &str, said: String| {
                    let request = Request::get("/").header("host", "flows.example.com");
                    let request = request
                        .header("authorization", format!("Bearer fr_{number}"))
                        .header("x-forwarded-for", said);
                    world.send(request.body(Body::empty()).unwrap(), from).await
                };
                for number in 0..10 {
                    assert_eq!(
                        guess(number, "192.0.2.10", format!("203.0.113.{number}")).await.status(),
                        401
                    );
                }
                let response = guess(10, "192.0.2.10", "203.0.113.99".into()).await;
                assert_eq!(
                    (response.status().as_u16(), &response.headers()["retry-after"]),
                    (429, &"300".parse().unwrap())
                );
                assert_eq!(world.browser().get("/auth/callback?state=x").await.status(), 429);
                assert!(ada.is_in().await, "from the same address");
                // What our own proxy says is believed, the rest of the line is not.
                for number in 0..10 {
                    assert_eq!(
                        guess(number, "10.0.0.1", format!("203.0.113.{number}, 198.51.100.7, 10.0.0.2"))
                            .await
                            .status(),
                        401
                    );
                }
                assert_eq!(guess(0, "10.0.0.1", "198.51.100.7".into()).await.status(), 429);
                assert_eq!(guess(0, "10.0.0.1", "198.51.100.8".into()).await.status(), 401);
                world.pass(std::time::Duration::from_secs(300)).await;
                assert_eq!(guess(0, "192.0.2.10", String::new()).await.status(), 401);
            })
        }),
    ),
    (
        "sign-ins begun without end, and none finished",
        "the service keeps nothing of them: what must be known again lies sealed in the browser",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.browser();
                let url = ada.begin("/").await;
                let before = flowrun_store::Store::newest(&*world.store);
                for _ in 0..1_000 {
                    world.browser().begin("/").await;
                }
                assert_eq!(flowrun_store::Store::newest(&*world.store), before);
                let back = ada.at_provider(&url).await;
                assert_eq!(ada.get(&back).await.status(), 303);
            })
        }),
    ),
    (
        "a body larger than is taken, with and without its length beforehand",
        "413, and what says its length is not read",
        Here(|_| {
            Box::pin(async move {
                let mut own = settings();
                own["body_bytes"] = serde_json::json!(1000);
                let world = World::with(own);
                let send = async |path: &str, body: Body| {
                    let request = Request::post(path).header("host", "flows.example.com");
                    let request = request.header("content-type", "application/json");
                    world.send(request.body(body).unwrap(), "192.0.2.1").await.status().as_u16()
                };
                let streamed = |size: usize| {
                    let parts =
                        (0..size / 100).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'1'; 100])));
                    Body::from_stream(futures_util::stream::iter(parts))
                };
                assert_eq!(send("/fill", Body::from(vec![b'1'; 1000])).await, 200);
                assert_eq!(send("/fill", Body::from(vec![b'1'; 1001])).await, 413);
                assert_eq!(send("/fill", streamed(1000)).await, 200);
                assert_eq!(send("/fill", streamed(1100)).await, 413);
                assert_eq!(send("/form", streamed(1100)).await, 413);
            })
        }),
    ),
    (
        "a service in a frame, a script from elsewhere, a guessed content type, a downgrade to http",
        "each answer, refusals too, has a policy of contents, `nosniff`, `Referrer-Policy`, and by TLS `Strict-Transport-Security`",
        Here(|world| {
            Box::pin(async move {
                for path in ["/", "/auth/me", "/auth/sign-in", "/nowhere", "/data", "/auth/callback"] {
                    let response = world.browser().get(path).await;
                    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
                    assert!(header("content-security-policy").starts_with("default-src 'self';"), "{path}");
                    assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
                    assert_eq!(header("x-content-type-options"), "nosniff");
                    assert_eq!(header("referrer-policy"), "same-origin");
                    assert_eq!(header("strict-transport-security"), "max-age=31536000");
                    assert_eq!(header("cache-control"), "no-store");
                    assert!(!response.headers().contains_key("access-control-allow-origin"));
                }
                let local =
                    World::with(serde_json::json!({ "origin": "http://localhost:8080", "local": true }));
                let mut browser = local.browser();
                browser.host = "localhost:8080".into();
                assert!(!browser.get("/").await.headers().contains_key("strict-transport-security"));
            })
        }),
    ),
    (
        "the cookie read by a script, sent by another site, in the clear, or set by a neighbouring host",
        "it is `HttpOnly`, `SameSite=Lax`, `Secure`, and has the prefix `__Host-`; the store has only its hash",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.browser();
                let response = ada.try_sign_in("/").await;
                let set: Vec<&str> =
                    response.headers().get_all(SET_COOKIE).iter().map(|set| set.to_str().unwrap()).collect();
                assert_eq!(set.len(), 2, "{set:?}");
                for set in set {
                    let (name, _) = set.split_once('=').unwrap();
                    assert!(name.starts_with("__Host-flowrun"), "{set}");
                    assert!(
                        set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=")
                            && set.ends_with("; Secure"),
                        "{set}"
                    );
                }
            })
        }),
    ),
    (
        "the printed link from another machine, through a proxy, a second time, after 15 minutes",
        "403, and it is not used up by others",
        Here(|_| {
            Box::pin(async move {
                let world =
                    World::with(serde_json::json!({ "origin": "http://localhost:8080", "local": true }));
                let link = world.people.local_link().unwrap().replace("http://localhost:8080", "");
                let mut browser = world.browser();
                browser.host = "localhost:8080".into();
                for (from, headers) in [
                    ("192.0.2.1", &[][..]),
                    ("127.0.0.1", &[("x-forwarded-for", "127.0.0.1")][..]),
                    ("127.0.0.1", &[("forwarded", "for=192.0.2.1")][..]),
                    ("127.0.0.1", &[("via", "1.1 proxy")][..]),
                ] {
                    browser.from = from.into();
                    assert_eq!(
                        browser.send(Method::GET, &link, headers).await.status(),
                        403,
                        "{from} {headers:?}"
                    );
                }
                browser.from = "127.0.0.1".into();
                assert_eq!(browser.get(&link).await.status(), 303);
                assert_eq!(browser.get(&link).await.status(), 403);
            })
        }),
    ),
    (
        "a proxy's header from elsewhere, without the secret, with a wrong one, or twice",
        "it does not count: nobody is signed in",
        By(include_str!("sign_in.rs"), "a_proxy_says_who_somebody_is"),
    ),
    (
        "a session used after 12 hours, after an hour unused, after signing out, after the provider ended it",
        "nobody is signed in; the cookie does not count again after a restart either",
        By(include_str!("sign_in.rs"), "a_session_lasts_twelve_hours_and_an_hour_unused"),
    ),
    (
        "a path with `..`, an empty part or another case, to reach a flow outside of one's folder",
        "the right does not hold there",
        By(include_str!("../../src/people/rights.rs"), "rights_hold_where_they_were_given"),
    ),
    (
        "a token that makes one with more rights, or one that lasts longer than itself",
        "403",
        By(include_str!("tokens.rs"), "nobody_makes_a_token_that_may_more_than_they"),
    ),
    (
        "a secret guessed letter by letter, by the time an answer takes",
        "secrets are looked up by their SHA-256 and compared by an HMAC with a key by chance: no letter of one is ever compared",
        By(include_str!("../../src/people/secrets.rs"), "secrets_differ_and_are_compared_whole"),
    ),
    (
        "HTML in what the provider says is wrong, and in somebody's name",
        "the provider's codes are told in the service's words, names are escaped",
        Here(|world| {
            Box::pin(async move {
                let mut ada = world.browser();
                let url = ada.begin("/").await;
                let state = url.split_once("&state=").unwrap().1.split_once('&').unwrap().0.to_owned();
                let evil = "%3Cscript%3Ealert(1)%3C/script%3E";
                let back = format!("/auth/callback?state={state}&error={evil}&error_description={evil}");
                let page = ada.send(Method::GET, &back, &[("accept", "text/html")]).await;
                assert!(!String::from_utf8_lossy(page.body()).contains("script"));
            })
        }),
    ),
    (
        "access tokens of a caller that are unsigned, signed by HS256 with the public key, by RS512, by a key that the token itself brings",
        "401 `invalid_token`: only RS256 by a published key of the issuer counts",
        By(include_str!("bearer.rs"), "only_a_signature_of_the_issuer_by_rs256_counts"),
    ),
    (
        "access tokens for another service, of another issuer, ended, without the scope, of another client, bound to a key",
        "401 `invalid_token` or 403 `insufficient_scope`",
        By(include_str!("bearer.rs"), "what_a_token_must_say"),
    ),
    (
        "tokens that name invented keys, so that the issuer is asked again and again",
        "it is asked once a minute, whoever sends them",
        By(include_str!("bearer.rs"), "keys_that_can_t_be_had_are_nobody_s_fault"),
    ),
    (
        "the provider can't be reached, or answers 429 or 500",
        "503 with `Retry-After`: nobody is signed in, and nobody is blamed for it",
        Here(|world| {
            Box::pin(async move {
                world.net.break_at("/token", Broken::Status(500));
                let mut ada = world.browser();
                assert_eq!(ada.try_sign_in("/").await.status(), 503);
                assert!(!ada.is_in().await);
                assert_eq!(location(&ada.get("/").await), None);
            })
        }),
    ),
];

fn is_person(response: &Response<Bytes>) -> bool {
    response.body().starts_with(b"{\"kind\":\"person\"")
}

#[tokio::test]
async fn attacks_come_to_nothing() {
    for (tried, _, how) in ATTACKS {
        // Named before, so that a failure says which it was.
        eprintln!("{tried}");
        match how {
            Here(trial) => trial(World::new()).await,
            By(file, test) => assert!(file.contains(&format!("fn {test}()")), "{test}"),
        }
    }
}

#[test]
fn the_manual_has_the_same_table() {
    let manual = include_str!("../../../../docs/safety.md");
    let rows = ATTACKS.iter().map(|(tried, outcome, _)| format!("| {tried} | {outcome} |\n"));
    let table: String = rows.collect();
    assert!(manual.contains(&table), "docs/safety.md lacks\n{table}");
}
