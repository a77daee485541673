//! Okta's cards over the simulator: what each does, and how each ends when Okta misbehaves.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use flowrun_core::effect::Cursor;
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{Record, Value, get, parse_json};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Means};
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::paging::Trail;
use flowrun_kit::simulator::SimFaults;
use flowrun_okta::sim::by_token;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, RateLimits, SeedUser, UserStatus};
use flowrun_okta::{connector, effect_cards};

const URL: &str = "https://acme.okta.sim";
/// Sun, 22 Nov 2026 09:00:00 GMT
const NOW_MS: i64 = 1_795_338_000_000;

struct Org {
    sim: OktaSim,
    okta: Connected,
    faults: SimFaults,
    clock: Clock,
}

fn org(configure: impl FnOnce(&mut OktaSimConfig)) -> Org {
    let clock = Clock::starting_at(NOW_MS, 1.0);
    let faults = SimFaults::none();
    let mut config = OktaSimConfig::new(clock.clone());
    config.faults = faults.clone();
    configure(&mut config);
    let sim = OktaSim::new(config);
    let transport = Arc::new(SimTransport::new(&clock).host(URL, sim.router()));
    let means = Means::new(transport, clock.clone());
    let okta = connector().connect(&by_token(&sim, URL), means).expect("the settings are complete");
    Org { sim, okta, faults, clock }
}

impl Org {
    async fn try_card(&self, id: &str, inputs: &str) -> Result<Record, Fault> {
        let inputs = parse_json(inputs).expect("inputs are JSON");
        direct::perform(&effect_cards(), id, &inputs, &self.okta.connection).await
    }

    async fn card(&self, id: &str, inputs: &str) -> Value {
        self.try_card(id, inputs).await.map(Value::from).unwrap_or_else(|fault| panic!("{id}: {fault}"))
    }

    async fn refused(&self, id: &str, inputs: &str) -> Fault {
        self.try_card(id, inputs).await.expect_err("the card should fail")
    }

    fn fault(&self, fault: &str) {
        self.faults.add(fault.parse().expect("a fault"));
    }

    fn asked(&self, part: &str) -> u64 {
        self.sim.traffic().count(part)
    }

    /// Opens a session with one user in it.
    async fn loaded(&self) -> String {
        let id = self.opened().await;
        self.card("okta.bulk_user_import", &upsert(&id, 1)).await;
        id
    }

    async fn opened(&self) -> String {
        text(&self.card("okta.create_import_session", "{}").await, "id")
    }

    async fn status(&self, id: &str) -> String {
        text(&self.card("okta.read_import_session", &format!(r#"{{"session_id":"{id}"}}"#)).await, "status")
    }
}

fn text(value: &Value, path: &str) -> String {
    get(value, path).to_string()
}

fn upsert(session: &str, users: usize) -> String {
    let user = |n: usize| {
        format!(
            r#"{{"externalId":"e{n}","profile":{{"userName":"u{n}@example.com","email":"u{n}@example.com","firstName":"Jörg","lastName":"O'Neil"}}}}"#
        )
    };
    let users: Vec<String> = (0..users).map(user).collect();
    format!(r#"{{"session_id":"{session}","import_operation":"upsert","users":[{}]}}"#, users.join(","))
}

#[tokio::test(start_paused = true)]
async fn an_import_goes_from_session_to_users() {
    let org = org(|_| {});
    let id = org.opened().await;
    let sessions = org.card("okta.list_import_sessions", "{}").await;
    assert_eq!(text(&sessions, "sessions.0.id"), id);
    let mapped = org
        .card(
            "okta.map_profile_source_attributes",
            r#"{"import_operation":"UPSERT","external_id_key":"ID","users":[
                {"ID":17,"userName":"ada@example.com","email":"ada@example.com","firstName":"Ada","lastName":"King","mobilePhone":"","secondEmail":null}]}"#,
        )
        .await;
    let users = get(&mapped, "users").to_json();
    assert_eq!(
        users,
        r#"[{"externalId":"17","profile":{"userName":"ada@example.com","email":"ada@example.com","firstName":"Ada","lastName":"King","mobilePhone":null}}]"#
    );
    let inputs = format!(r#"{{"session_id":"{id}","import_operation":"upsert","users":{users}}}"#);
    assert_eq!(text(&org.card("okta.bulk_user_import", &inputs).await, "records_imported"), "1");
    let session = format!(r#"{{"session_id":"{id}"}}"#);
    assert_eq!(text(&org.card("okta.trigger_import_session", &session).await, "status"), "TRIGGERED");
    org.clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(org.status(&id).await, "COMPLETED");

    let user = org.card("okta.read_user", r#"{"id_or_login":"ada@example.com"}"#).await;
    assert_eq!((text(&user, "profile.firstName"), text(&user, "status")), ("Ada".into(), "ACTIVE".into()));
    let found = org.card(
        "okta.list_users_with_search",
        r#"{"result_set":"first","search":"profile.firstName eq \"Ada\""}"#,
    );
    assert_eq!(text(&found.await, "login"), "ada@example.com");
    let me = org
        .card("okta.custom_api_action", r#"{"relative_url":"/api/v1/users/me","query":{"a b":"ü&"}}"#)
        .await;
    assert_eq!((text(&me, "status_code"), text(&me, "body.profile.firstName")), ("200".into(), "API".into()));

    // Deactivated, never deleted; and a session that is done can't be given up.
    let second = org.card("okta.create_import_session", r#"{"application_id":"0oa1simulatedSrc05d7"}"#).await;
    let second = text(&second, "id");
    let gone =
        format!(r#"{{"session_id":"{second}","import_operation":"delete","users":[{{"externalId":"17"}}]}}"#);
    org.card("okta.bulk_user_import", &gone).await;
    org.card("okta.trigger_import_session", &format!(r#"{{"session_id":"{second}"}}"#)).await;
    org.clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(
        text(&org.card("okta.read_user", r#"{"id_or_login":"ada@example.com"}"#).await, "status"),
        "DEPROVISIONED"
    );
    let fault = org.refused("okta.delete_import_session", &session).await;
    assert_eq!(
        fault.message,
        "Okta answered 400 E0000001: Api validation failed: importSessionId (Only a session that is in CREATED or IN_PROGRESS status can be canceled.)"
    );
    assert_eq!(
        (fault.kind, fault.code, text(&fault.body, "errorCode")),
        (FaultKind::HttpRequest, Some(400), "E0000001".into())
    );
}

#[tokio::test(start_paused = true)]
async fn what_okta_would_reject_is_not_sent() {
    let org = org(|_| {});
    let id = org.opened().await;
    let load =
        |users: &str| format!(r#"{{"session_id":"{id}","import_operation":"upsert","users":{users}}}"#);
    let long = format!(r#"[{{"externalId":"1","profile":{{"homeAddress":"{}"}}}}]"#, "x".repeat(200_000));
    let table = [
        (upsert(&id, 201), "201 users are more than the 200"),
        (load(&long), "more than the 200000 that Okta takes at once"),
        (
            load(r#"[{"externalId":"1","profile":{"a":"b"}},{"externalId":"1","profile":{"a":"c"}}]"#),
            "\"1\" twice",
        ),
        (load(r#"[{"profile":{"a":"b"}}]"#), "place 0 has no externalId"),
        (load(r#"[{"externalId":7,"profile":{"a":"b"}}]"#), "is a number, where Okta wants a text"),
        (load(r#"[{"externalId":"1","profile":{}}]"#), "has no profile"),
        (load("[]"), "the list of users is empty"),
    ];
    for (inputs, told) in table {
        let fault = org.refused("okta.bulk_user_import", &inputs).await;
        assert!(fault.message.contains(told), "{told}: {fault}");
        assert_eq!(fault.kind, FaultKind::InvalidInput);
    }
    assert_eq!(org.asked("bulk-"), 0);
    org.card("okta.bulk_user_import", &upsert(&id, 200)).await;
    let mapped = org.refused(
        "okta.map_profile_source_attributes",
        r#"{"import_operation":"upsert","users":[{"id":1,"tags":["a"]}]}"#,
    );
    assert!(mapped.await.message.contains("`tags` of the user \"1\" is a list"));
}

#[tokio::test(start_paused = true)]
async fn users_come_page_by_page_and_only_from_the_org() {
    let org = org(|_| {});
    org.sim.seed((0..450).map(|n| {
        let login = format!("user{n}@example.com");
        let profile = [("userName".to_owned(), login.clone()), ("email".to_owned(), login)].into();
        SeedUser { external_id: n.to_string(), profile, status: UserStatus::Active }
    }));
    let all = org.card("okta.list_users_with_search", r#"{"result_set":"all","status":"ACTIVE"}"#).await;
    assert_eq!(get(&all, "users").as_list().map(<[Value]>::len), Some(450));
    assert_eq!(org.asked("GET /api/v1/users"), 3);
    let inputs =
        parse_json(r#"{"result_set":"stream","search":"profile.login sw \"user\"","limit":100}"#).unwrap();
    let (mut cursor, mut seen) = (Cursor::First, 0);
    loop {
        let page = direct::page(
            &effect_cards(),
            "okta.list_users_with_search",
            &inputs,
            cursor,
            &org.okta.connection,
        )
        .await
        .unwrap();
        seen += page.records.len();
        assert!(get(&page.records[0], "Raw Output.profile.login").to_string().starts_with("user"));
        let Some(next) = page.next else { break };
        cursor = Cursor::After(next);
    }
    assert_eq!(seen, 450);

    let before = org.sim.traffic().total();
    let mut elsewhere = Trail::default();
    elsewhere.advance([], Some("https://evil.example.com/api/v1/users?after=1".into())).unwrap();
    let elsewhere = Cursor::After(elsewhere.write());
    let fault = direct::page(
        &effect_cards(),
        "okta.list_users_with_search",
        &inputs,
        elsewhere,
        &org.okta.connection,
    )
    .await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::Url);
    for (url, headers) in [
        ("https://acme.okta.sim.evil.com/x", ""),
        ("//evil.com/x", ""),
        ("/x", r#","headers":{"Authorization":"SSWS mine"}"#),
    ] {
        org.refused("okta.custom_api_action", &format!(r#"{{"relative_url":"{url}"{headers}}}"#)).await;
    }
    assert_eq!(org.sim.traffic().total(), before);
}

#[tokio::test(start_paused = true)]
async fn the_pace_follows_the_headers() {
    let org = org(|_| {});
    let id = org.opened().await;
    let started_ms = org.clock.now_ms();
    let watched = org.okta.activity.clone();
    let reads = (0..60).map(|_| org.status(&id));
    let all = futures_util::future::join_all(reads);
    tokio::pin!(all);
    let waiting = loop {
        tokio::select! {
            biased;
            done = &mut all => panic!("60 requests can't be over without a wait: {}", done.len()),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        if let Some(waiting) = watched.waiting() {
            break waiting;
        }
    };
    assert_eq!(&*waiting.reason, "Okta's rate limit for import sessions");
    all.await;
    // 61 requests at 15 a minute: four times to the next window, and never a 429.
    let seconds = (org.clock.now_ms() - started_ms) / 1000;
    assert!((235..=250).contains(&seconds), "{seconds}");
    assert!(org.sim.traffic().recent().iter().all(|seen| seen.status < 400));
    assert_eq!((watched.waiting(), watched.tally().throttled, watched.tally().requests), (None, 0, 61));
}

/// Each fault on a request that may be repeated: survived, and the request was made again.
#[tokio::test(start_paused = true)]
async fn reading_survives_every_fault() {
    for kind in ["rate-limit", "server-error", "bad-gateway", "drop", "drop-before", "truncate", "slow"] {
        let org = org(|_| {});
        let id = org.opened().await;
        org.fault(&format!("{kind}@GET :times=2"));
        assert_eq!(org.status(&id).await, "CREATED", "{kind}");
        assert_eq!(org.asked("GET"), 3, "{kind}");
        assert_eq!(org.okta.activity.tally().throttled, if kind == "rate-limit" { 2 } else { 0 });
    }
}

/// Each fault on a request that must not be repeated blindly.
#[tokio::test(start_paused = true)]
async fn nothing_is_sent_twice_that_must_not_be() {
    for kind in ["rate-limit", "server-error", "bad-gateway", "drop", "drop-before", "truncate", "slow"] {
        // Creating: at the end there is one open session, and it is the one that the card gives.
        let org = org(|config| config.limits = RateLimits::off());
        org.fault(&format!("{kind}@POST"));
        let id = org.opened().await;
        let open = org.card("okta.list_import_sessions", "{}").await;
        assert_eq!(get(&open, "sessions").as_list().map(<[Value]>::len), Some(1), "{kind}");
        assert_eq!(text(&open, "sessions.0.id"), id, "{kind}");

        // Uploading: a 429 never had an effect, and a session that stays CREATED took nothing; otherwise the card says that
        // it doesn't know.
        org.fault(&format!("{kind}@bulk-upsert"));
        let before = org.asked("bulk-upsert");
        let uploaded = org.try_card("okta.bulk_user_import", &upsert(&id, 3)).await;
        let sent = org.asked("bulk-upsert") - before;
        match kind {
            "rate-limit" | "server-error" | "bad-gateway" | "drop-before" => {
                assert!(uploaded.is_ok() && sent == 2, "{kind}: {uploaded:?}");
            }
            // The answer to an upload has no body that could be cut off.
            "truncate" => assert!(uploaded.is_ok() && sent == 1, "{kind}: {uploaded:?}"),
            _ => {
                let fault = uploaded.expect_err(kind);
                assert!(
                    fault.message.contains("it is not known whether the 3 users arrived"),
                    "{kind}: {fault}"
                );
                assert!(fault.help.as_ref().is_some_and(|help| help.contains("delete the import session")));
                assert_eq!(sent, 1, "{kind}");
            }
        }

        // Triggering and deleting: settled by looking.
        org.card("okta.bulk_user_import", &upsert(&id, 4)).await;
        org.fault(&format!("{kind}@start-import"));
        let triggered = org.card("okta.trigger_import_session", &format!(r#"{{"session_id":"{id}"}}"#)).await;
        assert!(["TRIGGERED", "COMPLETED"].contains(&&*text(&triggered, "status")), "{kind}");
        org.clock.sleep(Duration::from_secs(400)).await;
        let id = org.loaded().await;
        org.fault(&format!("{kind}@DELETE"));
        let deleted = org.card("okta.delete_import_session", &format!(r#"{{"session_id":"{id}"}}"#)).await;
        assert_eq!(
            (text(&deleted, "status_code"), org.status(&id).await),
            ("204".into(), "CLOSED".into()),
            "{kind}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_ends_clearly() {
    let table = [
        ("rate-limit", FaultKind::RateLimit, "Okta answered 429 E0000047: API call exceeded rate limit"),
        (
            "server-error",
            FaultKind::HttpRequest,
            "Okta answered 500 E0000009: Internal Server Error (4 tries)",
        ),
        ("bad-gateway", FaultKind::HttpRequest, "Okta answered 502: Bad Gateway (4 tries)"),
        ("expired-token", FaultKind::Connection, "Okta answered 401 E0000011: Invalid token provided"),
        ("drop", FaultKind::Network, "the connection broke off"),
        ("truncate", FaultKind::Parse, "can't be read: EOF while parsing"),
        ("slow", FaultKind::Timeout, "within 30 s (4 tries)"),
    ];
    for (kind, expected, told) in table {
        let org = org(|_| {});
        org.fault(&format!("{kind}:times=1000"));
        let fault = org.refused("okta.list_users_with_search", r#"{"result_set":"all"}"#).await;
        assert_eq!(fault.kind, expected, "{kind}: {fault}");
        assert!(fault.message.contains(told), "{kind}: {fault}");
    }
    let org = org(|_| {});
    let fault = org.refused("okta.read_user", r#"{"id_or_login":"nobody"}"#).await;
    assert_eq!((fault.kind, fault.code), (FaultKind::NotFound, Some(404)));
    let fault = org.refused("okta.list_import_sessions", r#"{"application_id":"0oaOther"}"#).await;
    assert_eq!(fault.kind, FaultKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn the_token_is_shown_nowhere() {
    let org = org(|_| {});
    let token = org.sim.token().to_owned();
    org.fault("expired-token");
    let fault = org.refused("okta.list_import_sessions", "{}").await;
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("OKTA_API_TOKEN")));
    let settings = by_token(&org.sim, URL);
    let means = Means::new(Arc::new(SimTransport::new(&org.clock)), org.clock.clone());
    let unreachable = connector().connect(&settings, means.clone()).unwrap();
    let network =
        direct::perform(&effect_cards(), "okta.list_import_sessions", &Value::Null, &unreachable.connection)
            .await
            .unwrap_err();
    assert!(network.message.contains("Okta can't be reached"), "{network}");
    let okta = org.okta.connection.downcast_ref::<flowrun_okta::Okta>();
    for shown in [format!("{fault:?}"), format!("{network:?}"), format!("{settings:?}"), format!("{okta:?}")]
    {
        assert!(!shown.contains(&token), "{shown}");
    }
    let incomplete =
        connector().connect(&flowrun_kit::connector::Settings::new(), means.clone()).map(|_| ()).unwrap_err();
    assert_eq!(incomplete.message, "the connection to Okta lacks OKTA_ORG_URL, OKTA_API_TOKEN");
    let admin = settings.with("org_url", "https://acme-admin.okta.com");
    let fault = connector().connect(&admin, means).map(|_| ()).unwrap_err();
    assert_eq!(fault.help.as_deref(), Some("use https://acme.okta.com"));
}

/// An org in whose place something answers every request in the same way.
fn replaced(status: StatusCode, body: &'static str) -> Org {
    let org = org(|_| {});
    let router = Router::new().fallback(move || async move { (status, body) });
    let transport = Arc::new(SimTransport::new(&org.clock).host(URL, router));
    let means = Means::new(transport, org.clock.clone());
    let okta = connector().connect(&by_token(&org.sim, URL), means).expect("the settings are complete");
    Org { okta, ..org }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_because_a_stranger_says_so() {
    let page = replaced(StatusCode::OK, "<!DOCTYPE html><title>Log in</title>");
    let upload = page.refused("okta.bulk_user_import", &upsert("aps1", 2)).await;
    assert_eq!(upload.kind, FaultKind::Parse);
    assert!(upload.message.contains("a page in HTML"), "{upload}");
    assert!(upload.message.contains("not known whether the 2 users arrived"), "{upload}");
    for card in ["okta.delete_import_session", "okta.trigger_import_session", "okta.read_import_session"] {
        let fault = page.refused(card, r#"{"session_id":"aps1"}"#).await;
        assert!(fault.message.contains("a page in HTML, where JSON is expected"), "{card}: {fault}");
    }
    let other = replaced(StatusCode::OK, "");
    let upload = other.refused("okta.bulk_user_import", &upsert("aps1", 1)).await;
    assert!(upload.message.contains("Okta answered 200, where it takes an upload with 202"), "{upload}");
    assert!(upload.message.contains("not known whether the user arrived"), "{upload}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_lost_from_a_list_in_silence() {
    let list = replaced(StatusCode::OK, r#"[{"id":"00u1"},null]"#);
    let fault = list.refused("okta.list_users_with_search", r#"{"result_set":"all"}"#).await;
    assert!(fault.message.contains("something lacks `id`"), "{fault}");
    let nameless = replaced(StatusCode::OK, r#"{"profile":{"login":"ada"}}"#);
    let fault = nameless.refused("okta.read_user", r#"{"id_or_login":"ada"}"#).await;
    assert!(fault.message.contains("isn't a user: it lacks `id`"), "{fault}");
    let sessions = replaced(StatusCode::OK, r#"[{"id":"aps1"}]"#);
    let fault = sessions.refused("okta.list_import_sessions", "{}").await;
    assert!(fault.message.contains("each with `id` and `status`"), "{fault}");
}
