//! Signing in and out.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use flowrun_service::people::{Caller, Event, Place, Right};
use serde_json::{Value, json};

use crate::browser::{Browser, detail, location};
use crate::provider::Fault;
use crate::world::{Broken, World, people, settings};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn ada_signs_in_does_what_she_may_and_signs_out() {
    let world = World::new();
    let mut ada = world.browser();
    assert!(!ada.is_in().await);
    assert_eq!(ada.post("/run").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ada.sign_in("/runs%3Ftab%3Dlog").await, "/runs?tab=log");

    let asked = world.provider.with(|state| state.asked.clone());
    assert_eq!(asked["scope"], "openid profile email groups");
    assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43 && asked["state"] != asked["nonce"]);
    assert_eq!((asked.get("max_age"), asked.get("acr_values")), (None, None));

    let me = ada.me().await;
    assert_eq!(
        (&me["kind"], &me["id"], &me["email"]),
        (&json!("person"), &json!("00u1ada"), &json!("ada@example.com"))
    );
    assert_eq!(ada.post("/run").await.body(), "ada@example.com");
    assert_eq!(ada.get("/data").await.body(), "data", "her own line under `access`");
    assert_eq!(ada.cookies.keys().collect::<Vec<_>>(), ["__Host-flowrun"]);

    let kept = ada.cookies.clone();
    let next: Value = serde_json::from_slice(ada.post("/auth/sign-out").await.body()).unwrap();
    let next = next["next"].as_str().unwrap();
    assert!(next.starts_with("https://acme.okta.com/oauth2/v1/logout?id_token_hint=ey"), "{next}");
    assert!(
        next.ends_with("&post_logout_redirect_uri=https%3A%2F%2Fflows.example.com%2Fauth%2Fsigned-out"),
        "{next}"
    );
    assert!(ada.cookies.is_empty());
    ada.cookies = kept;
    assert!(!ada.is_in().await, "the cookie counts no more");
    let heard = world.heard.lock().unwrap();
    assert!(
        matches!(&heard[..], [Event::SignedIn { .. }, Event::SignedOut { everywhere: false, .. }]),
        "{heard:?}"
    );
}

/// What a provider may get wrong, or somebody between it and the browser (OpenID Connect Core 1.0, 3.1.3.7 and 16).
#[tokio::test]
async fn an_answer_that_is_wrong_signs_nobody_in() {
    let claims = |claims: Value| Fault::Claims(claims);
    // The clock stands at 1772323200.
    let table = [
        (claims(json!({ "nonce": "another" })), 403, "its nonce"),
        (claims(json!({ "nonce": null })), 403, "its nonce"),
        (claims(json!({ "aud": "0oa2other" })), 403, "expected a token for 0oa1flows, found 0oa2other"),
        (claims(json!({ "aud": ["0oa1flows", "0oa2other"] })), 403, "its `azp`"),
        (claims(json!({ "aud": ["0oa1flows", "0oa2other"], "azp": "0oa2other" })), 403, "its `azp`"),
        (claims(json!({ "aud": ["0oa1flows", "0oa2other"], "azp": "0oa1flows" })), 303, ""),
        (claims(json!({ "azp": "0oa2other" })), 403, "its `azp`"),
        (claims(json!({ "azp": 7 })), 403, "its `azp`"),
        (
            claims(json!({ "iss": "https://login.acme.example" })),
            403,
            "expected a token from https://acme.okta.com,",
        ),
        (claims(json!({ "iss": "https://acme.okta.com/" })), 403, "expected a token from"),
        (claims(json!({ "iss": null })), 403, "found none"),
        (claims(json!({ "exp": 1_772_323_140 })), 403, "has ended"),
        (claims(json!({ "exp": 1_772_323_141 })), 303, ""),
        (claims(json!({ "exp": null })), 403, "when it ends"),
        (claims(json!({ "iat": 1_772_323_261 })), 403, "made in the future"),
        (claims(json!({ "iat": 1_772_322_000 })), 403, "too long ago"),
        (claims(json!({ "iat": null })), 403, "when it was made"),
        (claims(json!({ "nbf": 1_772_323_261 })), 403, "does not hold yet"),
        (claims(json!({ "sub": null })), 403, "of whom it speaks"),
        (claims(json!({ "sub": "x".repeat(256) })), 403, "of whom it speaks"),
        (claims(json!({ "sub": ["00u1ada"] })), 403, "of whom it speaks"),
        (claims(json!({ "at_hash": "another" })), 403, "its `at_hash`"),
        (claims(json!({ "at_hash": 1 })), 403, "its `at_hash`"),
        (claims(json!({ "at_hash": null })), 303, ""),
        (Fault::OtherAccessToken, 403, "its `at_hash`"),
        (Fault::AlgNone, 403, "not signed by RS256"),
        (Fault::Hs256ByPublicKey, 403, "not signed by RS256"),
        (Fault::UnknownKid, 403, "a key that its issuer does not have"),
        (Fault::StrangersKey, 403, "signature is not that of its issuer"),
        (Fault::NoIdToken, 503, "no ID token"),
        (Fault::OtherIss, 400, "another provider"),
    ];
    for (fault, status, expected) in table {
        let world = World::new();
        let mut ada = world.browser();
        world.provider.with(|state| state.fault = fault.clone());
        let response = ada.try_sign_in("/").await;
        assert_eq!(response.status().as_u16(), status, "{fault:?}: {response:?}");
        if status != 303 {
            assert!(detail(&response).contains(expected), "{fault:?}: {}", detail(&response));
        }
        assert_eq!(ada.is_in().await, status == 303, "{fault:?}");
    }
}

#[tokio::test]
async fn a_provider_that_describes_itself_wrongly_is_not_gone_to() {
    for (fault, expected) in
        [(Fault::OtherIssuer, "speaks for https://evil.example"), (Fault::Unencrypted, "is not encrypted")]
    {
        let world = World::new();
        world.provider.with(|state| state.fault = fault);
        let response = world.browser().get("/auth/sign-in").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(detail(&response).contains(expected), "{response:?}");
    }
}

#[tokio::test]
async fn what_the_provider_says_instead_is_told_in_words() {
    for (error, status, expected) in [
        ("access_denied", 403, "assigned to the app"),
        ("unmet_authentication_requirements", 403, "another factor"),
        ("login_required", 403, "sign in again"),
        ("server_error", 503, "in a moment"),
        ("invalid_scope", 502, "`scopes`"),
        ("<script>alert(1)</script>", 502, "its log says why"),
    ] {
        let world = World::new();
        let mut ada = world.browser();
        let url = ada.begin("/").await;
        let (_, rest) = url.split_once("&state=").unwrap();
        let (state, _) = rest.split_once('&').unwrap();
        let response = ada.get(&format!("/auth/callback?state={state}&error={}", encoded(error))).await;
        assert_eq!(response.status().as_u16(), status, "{error}");
        assert!(
            detail(&response).contains(expected) && !detail(&response).contains("script"),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_nobodys_fault_and_is_asked_again() {
    let table = [
        ("openid-configuration", Broken::Down),
        ("openid-configuration", Broken::Status(500)),
        ("/keys", Broken::Down),
        ("/keys", Broken::Status(429)),
        ("/token", Broken::Status(429)),
        ("/token", Broken::Status(500)),
        ("/token", Broken::Down),
    ];
    for (path, how) in table {
        let world = World::new();
        let mut ada = world.browser();
        // More often than failures are borne.
        for _ in 0..12 {
            world.net.break_at(path, how);
            let begun = ada.get("/auth/sign-in").await;
            let response = match location(&begun) {
                Some(url) => {
                    let back = ada.at_provider(&url).await;
                    ada.get(&back).await
                }
                None => begun,
            };
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(response.headers()["retry-after"], "5");
        }
        world.net.mend();
        world.pass(Duration::from_secs(6)).await;
        ada.sign_in("/").await;
    }
}

#[tokio::test]
async fn keys_are_changed_with_an_overlap() {
    let world = World::new();
    world.browser().sign_in("/").await;
    assert_eq!(world.net.asked("/keys"), 1);
    world.provider.with(|state| state.signs = "two");
    world.browser().sign_in("/").await;
    assert_eq!(world.net.asked("/keys"), 1, "the next key was published already");

    world.provider.with(|state| (state.published, state.signs) = (vec!["two", "stranger"], "stranger"));
    for _ in 0..3 {
        assert_eq!(world.browser().try_sign_in("/").await.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(world.net.asked("/keys"), 1, "asked less than a minute ago");
    world.pass(MINUTE).await;
    world.browser().sign_in("/").await;
    assert_eq!(world.net.asked("/keys"), 2);
    world.provider.with(|state| state.fault = Fault::Claims(json!({})));
    world.provider.with(|state| (state.published, state.signs) = (vec!["stranger"], "one"));
    world.pass(HOUR).await;
    assert_eq!(
        world.browser().try_sign_in("/").await.status(),
        StatusCode::FORBIDDEN,
        "an old key holds no longer than it says"
    );
}

#[tokio::test]
async fn keys_go_on_counting_for_a_day_while_nobody_gives_them() {
    let world = World::new();
    world.browser().sign_in("/").await;
    world.net.break_at("/keys", Broken::Down);
    for _ in 0..23 {
        world.pass(HOUR).await;
        world.browser().sign_in("/").await;
    }
    world.pass(HOUR).await;
    let response = world.browser().try_sign_in("/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(detail(&response).contains("can't be had"), "{response:?}");
}

#[tokio::test]
async fn groups_bring_rights_from_the_token_or_from_userinfo() {
    let many = |with: &str| -> Vec<String> {
        (0..299).map(|number| format!("Group {number}")).chain([with.to_owned()]).collect()
    };
    for (groups, may_enter) in
        [(vec![], true), (vec!["HR".to_owned()], true), (many("HR"), true), (many("hr"), true)]
    {
        for thin in [false, true] {
            let world = World::new();
            world.provider.with(|state| (state.user.groups, state.thin) = (groups.clone(), thin));
            let mut ada = world.browser();
            assert_eq!(ada.try_sign_in("/").await.status() == StatusCode::SEE_OTHER, may_enter);
            let may_run = groups.contains(&"HR".to_owned());
            assert_eq!(ada.post("/run").await.status().is_success(), may_run, "{} {thin}", groups.len());
            assert_eq!(world.net.asked("/userinfo"), usize::from(thin));
        }
    }
}

#[tokio::test]
async fn whoever_has_no_right_does_not_come_in() {
    let world = World::new();
    world
        .provider
        .with(|state| (state.user.sub, state.user.groups) = ("00u2eve".into(), vec!["Sales".into()]));
    let mut eve = world.browser();
    let response = eve.try_sign_in("/").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(detail(&response).contains("to your ID, 00u2eve"), "{response:?}");
    assert!(!eve.is_in().await);
    // To a person it is told as a page, with nothing of theirs as HTML.
    world.provider.with(|state| state.user.name = "<b>Eve</b>".into());
    let back = eve.begin("/").await;
    let back = eve.at_provider(&back).await;
    let page = eve.send(Method::GET, &back, &[("accept", "text/html,*/*")]).await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(page.contains("&lt;b&gt;Eve&lt;/b&gt;") && !page.contains("<b>"), "{page}");
}

#[tokio::test]
async fn userinfo_is_held_against_the_token() {
    for (fault, broken, status) in [
        (Fault::OtherUserinfo, None, 403),
        (Fault::UserinfoForbidden, None, 503),
        (Fault::None, Some(Broken::Status(429)), 503),
        (Fault::None, Some(Broken::Down), 503),
    ] {
        let world = World::new();
        world.provider.with(|state| (state.thin, state.fault) = (true, fault));
        if let Some(how) = broken {
            world.net.break_at("/userinfo", how);
        }
        assert_eq!(world.browser().try_sign_in("/").await.status().as_u16(), status);
    }
}

#[tokio::test]
async fn strength_and_freshness_are_asked_for_and_looked_at() {
    let strict = |more: Value| {
        let mut settings = settings();
        settings["oidc"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    let demands = json!({ "acr": ["urn:okta:loa:2fa:any", "phr"], "max_age": 600 });
    let world = World::with(strict(demands.clone()));
    world.browser().sign_in("/").await;
    let asked = world.provider.with(|state| state.asked.clone());
    assert_eq!(
        (asked["acr_values"].as_str(), asked["max_age"].as_str()),
        ("urn:okta:loa:2fa:any phr", "600")
    );

    // A provider ignores what it does not know, and the token says what was really done.
    world.provider.with(|state| state.user.acr = "urn:okta:loa:1fa:pwd".into());
    let response = world.browser().try_sign_in("/").await;
    assert!(detail(&response).contains("its `acr`"), "{response:?}");
    world.provider.with(|state| state.user.acr = "phr".into());
    world.browser().sign_in("/").await;
    for (claims, good) in [
        (json!({ "auth_time": 1_772_323_200 - 660 }), true),
        (json!({ "auth_time": 1_772_323_200 - 661 }), false),
        (json!({ "auth_time": null }), false),
        (json!({ "acr": null }), false),
        (json!({ "acr": ["phr"] }), false),
    ] {
        world.provider.with(|state| state.fault = Fault::Claims(claims.clone()));
        let status = world.browser().try_sign_in("/").await.status();
        assert_eq!(status == StatusCode::SEE_OTHER, good, "{claims}");
    }
    // Clocks may be apart as far as the settings say, and those say at most five minutes.
    for (skew, ahead, good) in [(60, 60, true), (60, 61, false), (300, 300, true), (0, 1, false)] {
        let world = World::with(strict(json!({ "skew": skew })));
        world.provider.with(|state| state.ahead = ahead);
        assert_eq!(
            world.browser().try_sign_in("/").await.status() == StatusCode::SEE_OTHER,
            good,
            "{skew} {ahead}"
        );
    }
    let world = World::new();
    let refused =
        people(strict(json!({ "skew": 301 })), &world.clock, &world.net, &world.store, &world.heard);
    assert!(refused.is_err_and(|why| why.contains("at most 300")));
}

#[tokio::test]
async fn the_service_proves_itself_in_three_ways() {
    for (auth, expected, secret) in [
        ("client_secret_basic", "basic", "OIDC_SECRET"),
        ("client_secret_post", "post", "OIDC_SECRET"),
        ("private_key_jwt", "key", "OIDC_KEY"),
    ] {
        let mut own = settings();
        own["oidc"]["client"] =
            json!({ "id": "0oa1flows", "auth": auth, "secret_env": secret, "key_id": "client" });
        let world = World::with(own.clone());
        world.provider.with(|state| state.auth = expected);
        for _ in 0..2 {
            world.browser().sign_in("/").await;
        }
        world.provider.with(|state| state.auth = if expected == "basic" { "post" } else { "basic" });
        let response = world.browser().try_sign_in("/").await;
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY, "{auth}");
        assert!(detail(&response).contains("its `auth` and its secret"), "{response:?}");
        own["oidc"]["client"]["secret_env"] = json!("NOT_SET");
        let refused = people(own, &world.clock, &world.net, &world.store, &world.heard);
        assert!(refused.is_err_and(|why| why.contains("NOT_SET is not set")));
    }
}

/// A custom server is an issuer of its own, and its groups are a claim of any name, for which no scope is asked.
#[tokio::test]
async fn a_custom_server_signs_people_in_too() {
    let mut own = settings();
    own["oidc"]["issuer"] = json!("https://acme.okta.com/oauth2/default");
    own["oidc"]["groups"] = json!("teams");
    own["oidc"]["scopes"] = json!(["profile", "email"]);
    let world = World::with(own);
    world.provider.with(|state| state.fault = Fault::Claims(json!({ "teams": "HR" })));
    let mut ada = world.browser();
    ada.sign_in("/").await;
    assert_eq!(ada.post("/run").await.status(), StatusCode::OK);
    assert_eq!(world.net.asked("/oauth2/default/v1/keys"), 1);
    // The org's server is another issuer, although it has the same keys.
    world.provider.with(|state| state.fault = Fault::Claims(json!({ "iss": "https://acme.okta.com" })));
    assert_eq!(world.browser().try_sign_in("/").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_provider_ends_a_session_by_its_name() {
    let world = World::new();
    let (mut ada, mut stranger) = (world.ada().await, world.browser());
    for (query, status) in [
        ("", 400),
        ("?iss=https%3A%2F%2Facme.okta.com", 400),
        ("?sid=sid-of-ada", 400),
        ("?iss=https%3A%2F%2Fevil.example&sid=sid-of-ada", 400),
        ("?iss=https%3A%2F%2Facme.okta.com&sid=", 400),
        ("?iss=https%3A%2F%2Facme.okta.com&sid=another", 200),
    ] {
        let response = stranger.get(&format!("/auth/front-channel-logout{query}")).await;
        assert_eq!(response.status().as_u16(), status, "{query}");
        assert!(ada.is_in().await, "{query}");
    }
    let response =
        stranger.get("/auth/front-channel-logout?iss=https%3A%2F%2Facme.okta.com&sid=sid-of-ada").await;
    assert_eq!(
        response.headers()["content-security-policy"],
        "default-src 'none'; frame-ancestors https://acme.okta.com"
    );
    assert!(!ada.is_in().await);
}

#[tokio::test]
async fn a_session_lasts_twelve_hours_and_an_hour_unused() {
    let world = World::new();
    let mut idle = world.ada().await;
    world.pass(HOUR - MINUTE).await;
    assert!(idle.is_in().await);
    world.pass(HOUR - MINUTE).await;
    assert!(idle.is_in().await, "it was used meanwhile");
    world.pass(HOUR).await;
    assert!(!idle.is_in().await);

    let mut busy = world.ada().await;
    for _ in 0..23 {
        world.pass(30 * MINUTE).await;
        assert!(busy.is_in().await);
    }
    world.pass(30 * MINUTE - Duration::from_millis(1)).await;
    assert!(busy.is_in().await);
    world.pass(Duration::from_millis(1)).await;
    assert!(!busy.is_in().await);
}

#[tokio::test]
async fn sessions_outlive_a_restart_but_not_their_settings() {
    let world = World::new();
    let ada = world.ada().await;
    let again = |world: &World| {
        let mut browser = world.browser();
        browser.cookies = ada.cookies.clone();
        browser
    };
    world.pass(30 * MINUTE).await;
    assert!(again(&world).is_in().await);
    world.pass(45 * MINUTE).await;
    let world = world.again(settings());
    assert!(again(&world).is_in().await, "that it was used is written down");
    // The store has no secret of it.
    let notes = flowrun_store::Store::notes(&*world.store, &flowrun_store::Notes::of("session")).unwrap();
    let text = format!("{notes:?}{}", String::from_utf8_lossy(&notes[0].body));
    assert!(!text.contains(&ada.cookies["__Host-flowrun"]) && !text.contains("eyJ"), "{text}");
    // Whoever no longer says who people are, no longer has said it.
    let mut other = settings();
    other["oidc"]["issuer"] = json!("https://other.okta.com");
    let world = world.again(other);
    assert!(!again(&world).is_in().await);
    let world = world.again(settings());
    assert!(!again(&world).is_in().await);
}

#[tokio::test]
async fn rights_are_those_of_the_settings_of_now() {
    let world = World::new();
    let mut ada = world.ada().await;
    let cookies = ada.cookies.clone();
    assert_eq!(ada.post("/run").await.status(), StatusCode::OK);
    let mut less = settings();
    less["access"] = json!([{ "group": "Flow admins", "role": "Super Administrator" }]);
    let world = world.again(less);
    let mut ada = world.browser();
    ada.cookies = cookies.clone();
    assert_eq!(ada.post("/run").await.status(), StatusCode::FORBIDDEN);
    // One flow is seen and run, and nothing else.
    let mut one = settings();
    one["access"] = json!([{ "person": "00u1ada", "run": "hr/leavers" }]);
    let world = world.again(one);
    let mut ada = world.browser();
    ada.cookies = cookies;
    assert_eq!(ada.post("/run").await.status(), StatusCode::OK);
    assert_eq!(ada.get("/data").await.status(), StatusCode::FORBIDDEN);
    let expected = json!([{ "rights": ["see_flows", "run"], "within": { "flow": "hr/leavers" } }]);
    assert_eq!(ada.me().await["may"], expected);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_of_one() {
    let world = World::new();
    let (mut one, mut two) = (world.ada().await, world.ada().await);
    world.provider.with(|state| state.user.sub = "00u3bob".into());
    let mut bob = world.ada().await;
    assert_eq!(one.post("/auth/sign-out?everywhere=true").await.status(), StatusCode::OK);
    assert!(!one.is_in().await && !two.is_in().await && bob.is_in().await);
    // Nor does anybody have sessions without end.
    let mut all = Vec::new();
    for _ in 0..21 {
        world.pass(Duration::from_secs(1)).await;
        all.push(world.ada().await);
    }
    let mut going_on = Vec::new();
    for browser in &mut all {
        going_on.push(browser.is_in().await);
    }
    // Bob has the one from before and 21 more: the two oldest end.
    assert!(!bob.is_in().await && !going_on[0] && going_on[1..].iter().all(|in_| *in_), "{going_on:?}");
}

#[tokio::test]
async fn an_administrator_ends_the_sessions_of_others() {
    let world = World::new();
    let mut ada = world.ada().await;
    let caller = caller(&world, &mut world.admin().await).await;
    let visitors = world.people.visitors(&caller).unwrap();
    assert_eq!(visitors.iter().map(|visitor| visitor.id.as_str()).collect::<Vec<_>>(), ["00u1ada"]);
    assert_eq!(world.people.end_sessions(&caller, "https://acme.okta.com", "00u1ada").await.unwrap(), 2);
    assert!(!ada.is_in().await && !world.people.holds(&caller));
}

#[tokio::test]
async fn somebody_who_is_forgotten_is_written_nowhere() {
    let world = World::new();
    let mut ada = world.ada().await;
    let admin = caller(&world, &mut world.admin().await).await;
    let new = json!({ "name": "ci", "may": [{ "rights": ["run"], "within": "everywhere" }] });
    let (_, token) = world.people.make_token(&admin, serde_json::from_value(new).unwrap()).await.unwrap();
    world.provider.with(|state| (state.user.sub, state.user.name) = ("00u3bob".into(), "Bob".into()));
    world.provider.with(|state| state.user.email = "bob@example.com".into());
    let mut bob = world.admin().await;
    let by_bob = caller(&world, &mut bob).await;
    assert!(world.people.forget(&admin, "").await.is_err());
    assert_eq!(world.people.forget(&admin, "ADA@example.com").await.unwrap(), 4);
    assert!(!ada.is_in().await && !world.people.holds(&admin) && bob.is_in().await);
    assert_eq!(world.people.visitors(&by_bob).unwrap().len(), 1);
    // The token goes on, and nobody knows any more who made it.
    assert_eq!(world.people.tokens(&by_bob).unwrap()[0].id, token.id);
    for space in ["session", "person", "token"] {
        let notes = flowrun_store::Store::notes(&*world.store, &flowrun_store::Notes::of(space)).unwrap();
        assert!(!notes.is_empty(), "{space}");
        assert!(notes.iter().all(|note| !String::from_utf8_lossy(&note.body).contains("ada@")), "{space}");
    }
}

#[tokio::test]
async fn whoever_starts_the_service_signs_in_by_a_link() {
    let world = World::with(json!({ "origin": "http://localhost:8080", "local": true }));
    let here = || {
        let mut browser = world.browser();
        (browser.host, browser.from) = ("localhost:8080".into(), "127.0.0.1".into());
        browser
    };
    let link =
        || world.people.local_link().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    let (mut me, path) = (here(), link());
    assert_eq!(me.send(Method::HEAD, &path, &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(me.get(&path).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(me.cookies.keys().collect::<Vec<_>>(), ["flowrun"], "without TLS browsers take no other name");
    assert_eq!(me.post("/run").await.status(), StatusCode::OK);
    assert_eq!(me.get("/data").await.status(), StatusCode::OK);
    assert_eq!(here().get(&path).await.status(), StatusCode::FORBIDDEN, "it works once");
    let path = link();
    world.pass(15 * MINUTE).await;
    assert_eq!(here().get(&path).await.status(), StatusCode::FORBIDDEN, "it works for 15 minutes");
    let (old, new) = (link(), link());
    assert_eq!(here().get(&old).await.status(), StatusCode::FORBIDDEN, "a new one takes its place");
    // Nobody from elsewhere can use it, or use it up.
    let mut elsewhere = here();
    elsewhere.from = "192.168.1.7".into();
    assert_eq!(elsewhere.get(&new).await.status(), StatusCode::FORBIDDEN);
    let passed_on = here().send(Method::GET, &new, &[("x-forwarded-for", "203.0.113.9")]).await;
    assert_eq!(passed_on.status(), StatusCode::FORBIDDEN);
    assert_eq!(here().get(&new).await.status(), StatusCode::SEE_OTHER);
    // And there is none where the settings have none.
    let world = World::new();
    assert_eq!(world.people.local_link(), None);
    assert_eq!(world.browser().get("/auth/local?code=x").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_proxy_says_who_somebody_is() {
    let world = World::with(json!({
        "origin": "https://flows.example.com",
        "proxy": {
            "header": "x-auth-user", "groups_header": "x-auth-groups", "from": ["10.0.0.0/8"],
            "secret_header": "x-proxy-secret", "secret_env": "PROXY_SECRET",
        },
        "access": [{ "group": "HR", "role": "Folder Runner", "folder": "hr" }],
    }));
    let secret = ("x-proxy-secret", "s3cret of the proxy");
    let all = [secret, ("x-auth-user", "ada"), ("x-auth-groups", "Sales, HR")];
    let mut ada = world.browser();
    ada.from = "10.1.2.3".into();
    let me: Value = serde_json::from_slice(ada.send(Method::GET, "/auth/me", &all).await.body()).unwrap();
    assert_eq!((&me["by"], &me["id"]), (&json!("proxy"), &json!("ada")));
    // What a browser sends along is meant only with the token of the page.
    let csrf = me["csrf"].as_str().unwrap();
    let from_here = ("sec-fetch-site", "same-origin");
    let run = [&all[..], &[from_here, ("x-csrf-token", csrf)]].concat();
    assert_eq!(ada.send(Method::POST, "/run", &run).await.status(), StatusCode::OK);
    assert_eq!(
        ada.send(Method::POST, "/run", &[&all[..], &[from_here]].concat()).await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(ada.send(Method::POST, "/run", &run[..3]).await.status(), StatusCode::FORBIDDEN);

    let nobody: [(&str, &[(&str, &str)]); 7] = [
        ("10.1.2.3", &[("x-auth-user", "ada")]),
        ("10.1.2.3", &[("x-auth-user", "ada"), ("x-proxy-secret", "s3cret of the prox")]),
        ("10.1.2.3", &[secret]),
        ("10.1.2.3", &[secret, ("x-auth-user", " ")]),
        ("10.1.2.3", &[secret, ("x-auth-user", "ada"), ("x-auth-user", "root")]),
        ("10.1.2.3", &[secret, ("x-proxy-secret", "x"), ("x-auth-user", "ada")]),
        ("192.0.2.1", &[secret, ("x-auth-user", "ada")]),
    ];
    for (from, headers) in nobody {
        ada.from = from.into();
        let me = ada.send(Method::GET, "/auth/me", headers).await;
        assert!(me.body().starts_with(b"{\"kind\":\"anonymous\""), "{from} {headers:?}");
    }
}

#[tokio::test]
async fn settings_that_would_let_in_strangers_are_refused() {
    let world = World::new();
    for (name, value, expected) in [
        ("origin", json!("http://flows.example.com"), "not encrypted"),
        (
            "proxy",
            json!({ "header": "u", "from": ["10.0.0.0/8"], "secret_header": "s", "secret_env": "PROXY_SECRET" }),
            "not by both",
        ),
        ("access", json!([{ "group": "HR", "role": "Folder Runner" }]), "say which under `folder`"),
        ("local", json!(true), "take localhost as `origin`"),
        ("surprise", json!(1), "unknown field"),
    ] {
        let mut own = settings();
        own[name] = value;
        let refused = people(own, &world.clock, &world.net, &world.store, &world.heard);
        assert!(refused.as_ref().is_err_and(|why| why.contains(expected)), "{name}: {:?}", refused.err());
    }
}

/// What a handler is given for a browser.
pub async fn caller(world: &World, browser: &mut Browser) -> Caller {
    use axum::extract::Extension;
    let kept = Kept::default();
    let route = axum::routing::get({
        async |caller: Caller, Extension(kept): Extension<Kept>| {
            *kept.lock().unwrap() = Some(caller);
        }
    });
    let app = world.people.layer(axum::Router::new().route("/caller", route).layer(Extension(kept.clone())));
    let mut own = world.browser();
    own.cookies = browser.cookies.clone();
    own.through(app).get("/caller").await;
    let caller = kept.lock().unwrap().take().unwrap();
    assert!(!caller.may(Right::SeeData, Place::Service));
    caller
}

type Kept = std::sync::Arc<std::sync::Mutex<Option<Caller>>>;

fn encoded(text: &str) -> String {
    flowrun_kit::address::component(text)
}
