//! The simulated Okta org, asked over its API.

use crate::org::*;
use flowrun_kit::simulator::SimFault;
use flowrun_okta::sim::{OktaSim, Operation, RateLimits, SeedUser, SessionStatus, UserStatus};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_session_moves_as_documented() {
    use SessionStatus::*;
    let upsert = ("POST", "/bulk-upsert", upload(&["a"]));
    let unknown = ("POST", "/bulk-delete", removal(&["nobody"]));
    let known = ("POST", "/bulk-delete", removal(&["known"]));
    let start = ("POST", "/start-import", Value::Null);
    let cancel = ("DELETE", "", Value::Null);
    let read = ("GET", "", Value::Null);
    let table = [
        (Created, &read, 200, Created),
        (Created, &upsert, 202, InProgress),
        (Created, &known, 202, InProgress),
        (Created, &unknown, 202, Created),
        (Created, &start, 400, Created),
        (Created, &cancel, 204, Closed),
        (InProgress, &upsert, 202, InProgress),
        (InProgress, &unknown, 202, InProgress),
        (InProgress, &start, 200, Triggered),
        (InProgress, &cancel, 204, Closed),
        (Triggered, &upsert, 400, Triggered),
        (Triggered, &start, 400, Triggered),
        (Triggered, &cancel, 400, Triggered),
        (Closed, &cancel, 400, Closed),
        (Closed, &read, 200, Closed),
        (Completed, &cancel, 400, Completed),
        (Expired, &upsert, 400, Expired),
        (Error, &start, 400, Error),
    ];
    for (before, (method, path, body), status, after) in table {
        let sim = org(|_| ());
        let status_before = UserStatus::Active;
        sim.seed([SeedUser {
            external_id: "known".into(),
            profile: [("userName".to_owned(), "k@x.test".to_owned())].into(),
            status: status_before,
        }]);
        let id = sim.open_session_for_test(before);
        let answer = call(&sim, &format!("{method} {{source}}/sessions/{id}{path}"), body.clone()).await;
        let step = format!("{before:?} {method} {path}");
        assert_eq!(answer.status, status, "{step}: {}", answer.body);
        if status == 400 {
            assert_eq!(answer.code(), "E0000001", "{step}");
        }
        assert_eq!(sim.sessions()[0].status, after, "{step}");
        let listed = get(&sim, "{source}/sessions").await.body;
        assert_eq!(
            listed.as_array().unwrap().len(),
            usize::from(matches!(after, Created | InProgress | Triggered)),
            "{step}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_and_an_error_look_as_recorded() {
    let sim = org(|_| ());
    let session = call(&sim, "POST {source}/sessions", Value::Null).await.body;
    let id = session["id"].as_str().unwrap();
    assert!(id.starts_with("aps") && id.len() == 20, "{id}");
    let time = "2026-09-10T00:26:40.000Z";
    assert_eq!(
        session,
        json!({ "id": id, "identitySourceId": sim.identity_source_id(), "status": "CREATED",
                "importType": "INCREMENTAL", "created": time, "lastUpdated": time })
    );
    assert_eq!(get(&sim, "{source}/sessions").await.body, json!([session]));

    let triggered = sim.open_session_for_test(SessionStatus::Triggered);
    let answer = call(&sim, &format!("DELETE {{source}}/sessions/{triggered}"), Value::Null).await;
    let error_id = answer.body["errorId"].as_str().unwrap().to_owned();
    assert!(error_id.starts_with("oae"), "{error_id}");
    let cause = "Only a session that is in CREATED or IN_PROGRESS status can be canceled.";
    assert_eq!(
        answer.body,
        json!({ "errorCode": "E0000001", "errorSummary": "Api validation failed: importSessionId",
                "errorLink": "E0000001", "errorId": error_id, "errorCauses": [{ "errorSummary": cause }] })
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_requests_get_the_right_code() {
    let sim = org(|_| ());
    for (request, status, code) in [
        ("GET /api/v1/nothing", 404, "E0000008"),
        ("PATCH /api/v1/users", 405, "E0000022"),
        ("PUT {source}/sessions", 405, "E0000022"),
        ("GET /api/v1/identity-sources/0oaOther/sessions", 404, "E0000007"),
        ("GET {source}/sessions/apsNobody", 404, "E0000007"),
        ("POST {source}/sessions/apsNobody/start-import", 404, "E0000007"),
        ("POST {source}/sessions/aps1/bulk-groups-upsert", 501, "E0000052"),
        ("POST {source}/sessions/aps1/bulk-nonsense", 404, "E0000008"),
        // What Okta's description of its API has is owned up to, whatever it looks like here.
        ("GET /api/v1/groups/rules", 200, ""),
        ("POST /api/v1/groups/{group}/roles/x/targets/groups", 405, "E0000022"),
        ("GET /api/v1/zones", 501, "E0000052"),
        ("GET /api/v1/idps/0oa1", 501, "E0000052"),
        ("GET /oauth2/v1/keys", 501, "E0000052"),
        ("GET /integrations/api/v1/api-services", 501, "E0000052"),
        ("PATCH /api/v1/zones", 405, "E0000022"),
        ("GET /api/v1/groups?expand=app", 501, "E0000052"),
        ("GET /api/v1/apps?expand=user/00u1", 501, "E0000052"),
        ("GET /api/v1/groups/?limit=1", 200, ""),
        ("GET /api/v1/groups?not_oktas=1", 200, ""),
        ("GET /api/v1/users/nobody", 404, "E0000007"),
        ("GET /api/v1/users?limit=x", 400, "E0000029"),
        ("GET /api/v1/users?after=x", 400, "E0000029"),
        ("GET /api/v1/users?q=a&search=b", 400, "E0000033"),
        ("GET /api/v1/logs?since=yesterday", 400, "E0000001"),
    ] {
        let answer = call(&sim, request, Value::Null).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{request}");
        assert!(answer.headers.contains_key("x-rate-limit-remaining"), "{request}");
    }
    for token in ["", "SSWS wrong", "Bearer x", sim.token()] {
        let answer = send(&sim, "GET /api/v1/users", token, Vec::new()).await.unwrap();
        assert_eq!((answer.status, answer.code()), (401, "E0000011"), "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bulk_request_is_checked_before_anything_of_it_counts() {
    let sim = org(|_| ());
    let session = open(&sim).await;
    let path = format!("POST {{source}}/sessions/{session}/bulk-upsert");
    let with = |attributes: Value| json!({ "entityType": "USERS", "profiles": [{ "externalId": "a", "profile": attributes }] });
    let many = |count: usize| json!({ "entityType": "USERS", "profiles": vec![person("a"); count] });
    let heavy = json!({ "entityType": "USERS", "profiles": vec![
        json!({ "externalId": "a", "profile": { "userName": "a", "homeAddress": "x".repeat(4000) } }); 52] });
    for (body, code) in [
        (Value::Null, "E0000003"),
        (json!("text"), "E0000001"),
        (json!({ "entityType": "USERS" }), "E0000001"),
        (json!({ "entityType": "USERS", "profiles": [] }), "E0000001"),
        (json!({ "entityType": "GROUPS", "profiles": [person("a")] }), "E0000003"),
        (json!({ "profiles": [person("a")] }), "E0000003"),
        (json!({ "entityType": "USERS", "profiles": [{ "profile": { "userName": "a" } }] }), "E0000001"),
        (
            json!({ "entityType": "USERS", "profiles": [{ "externalId": "x".repeat(513), "profile": { "userName": "a" } }] }),
            "E0000001",
        ),
        (with(json!({})), "E0000001"),
        (with(Value::Null), "E0000001"),
        (with(json!({ "firstName": ["a"] })), "E0000001"),
        (with(json!({ "weeklyHours": 40 })), "E0000001"),
        (with(json!({ "firstName": "" })), "E0000001"),
        (with(json!({ "lastName": "ß".repeat(51) })), "E0000001"),
        (with(json!({ "email": "no address" })), "E0000001"),
        (with(json!({ "secondEmail": null })), "E0000001"),
        (many(201), "E0000001"),
        (heavy, "E0000001"),
    ] {
        let answer = call(&sim, &path, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body:.200} {}", answer.body);
    }
    let broken =
        send(&sim, &path, &format!("SSWS {}", sim.token()), b"{\"entityType\":".to_vec()).await.unwrap();
    assert_eq!((broken.status, broken.code()), (400, "E0000003"));
    assert_eq!(sim.sessions()[0].status, SessionStatus::Created);

    for _ in 0..50 {
        assert_eq!(call(&sim, &path, with(json!({ "lastName": "ß".repeat(50) }))).await.status, 202);
    }
    let answer = call(&sim, &path, many(200)).await;
    assert_eq!((answer.status, answer.cause()), (400, "A session cannot have more than 50 bulk requests."));
    assert_eq!((sim.sessions()[0].requests, sim.sessions()[0].upserts), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn users_appear_when_their_import_completes() {
    let sim = org(|_| ());
    let first = import(&sim, &["a", "b", "a"]).await;
    pass(19).await;
    assert_eq!((sim.user_count(), get(&sim, "/api/v1/users").await.body), (0, json!([])));
    pass(1).await;
    assert_eq!(get(&sim, &format!("{{source}}/sessions/{first}")).await.body["status"], "COMPLETED");
    let found = get(&sim, r#"/api/v1/users?search=profile.lastName eq "o'neill""#).await;
    assert_eq!(found.logins(), ["a@example.com", "b@example.com"]);
    let user = &found.body[0];
    assert_eq!(user["status"], "ACTIVE");
    assert_eq!(
        user["profile"],
        json!({ "login": "a@example.com", "email": "a@example.com", "firstName": "A", "lastName": "O'Neill",
                "secondEmail": "x@example.net", "mobilePhone": null, "department": "Größe & Co" })
    );
    for key in ["a@example.com", "A@EXAMPLE.COM", user["id"].as_str().unwrap()] {
        assert_eq!(&get(&sim, &format!("/api/v1/users/{key}")).await.body, user);
    }
    assert_eq!(sim.sent_in(&first), ["a", "b", "a"].map(|id| (Operation::Upsert, id.to_owned())));
    assert_eq!(sim.sent(Operation::Upsert), [("a".to_owned(), 2), ("b".to_owned(), 1)].into());

    // One session may both update and deactivate; what it does not mention stays.
    let session = open(&sim).await;
    let path = format!("POST {{source}}/sessions/{session}");
    let change = json!({ "entityType": "USERS", "profiles": [
        { "externalId": "a", "profile": { "userName": "anna@example.com", "department": null } },
        { "externalId": "c", "profile": { "firstName": "nameless" } },
    ] });
    assert_eq!(call(&sim, &format!("{path}/bulk-upsert"), change).await.status, 202);
    assert_eq!(call(&sim, &format!("{path}/bulk-delete"), removal(&["b", "nobody"])).await.status, 202);
    assert_eq!(call(&sim, &format!("{path}/start-import"), Value::Null).await.status, 200);
    pass(20).await;
    let (a, b) = (sim.user("a").unwrap(), sim.user("b").unwrap());
    assert_eq!((a.profile["userName"].as_str(), a.profile["firstName"].as_str()), ("anna@example.com", "A"));
    assert_eq!((a.profile.get("department"), b.status), (None, UserStatus::Deprovisioned));
    assert_eq!((sim.user_count(), sim.user("c")), (2, None));
    assert_eq!(get(&sim, "/api/v1/users").await.logins(), ["anna@example.com"]);
    assert_eq!(
        get(&sim, r#"/api/v1/users?search=status eq "DEPROVISIONED""#).await.logins(),
        ["b@example.com"]
    );
    assert_eq!(get(&sim, "/api/v1/users/a@example.com").await.status, 404);

    // Who was deactivated and comes again is active again.
    import(&sim, &["b"]).await;
    pass(20).await;
    assert_eq!(sim.count_status(UserStatus::Active), 2);
}

#[tokio::test(start_paused = true)]
async fn only_one_session_may_be_open_and_none_within_five_minutes_of_a_trigger() {
    let rule = "Only one active import session per identity source is allowed to be created every 5 minutes";
    let create = "POST {source}/sessions";
    let sim = org(|config| config.import_duration = Duration::from_secs(400));
    let first = open(&sim).await;
    let refused = call(&sim, create, Value::Null).await;
    assert_eq!((refused.status, refused.code(), refused.cause()), (400, "E0000001", rule));
    call(&sim, &format!("DELETE {{source}}/sessions/{first}"), Value::Null).await;

    let second = import(&sim, &["a"]).await;
    pass(299).await;
    assert_eq!(call(&sim, create, Value::Null).await.cause(), rule);
    pass(1).await;
    let third = import(&sim, &["b"]).await;
    let listed = get(&sim, "{source}/sessions").await.body;
    assert_eq!(listed.as_array().unwrap().len(), 2, "both wait or run");

    // Imports run one after the other: until 400 s, then until 800 s.
    pass(101).await;
    let status = |body: Value| body["status"].as_str().unwrap().to_owned();
    assert_eq!(status(get(&sim, &format!("{{source}}/sessions/{second}")).await.body), "COMPLETED");
    pass(398).await;
    assert_eq!(status(get(&sim, &format!("{{source}}/sessions/{third}")).await.body), "TRIGGERED");
    pass(1).await;
    assert_eq!(status(get(&sim, &format!("{{source}}/sessions/{third}")).await.body), "COMPLETED");

    // An import that is over stands in nobody's way, however recent.
    let quick = org(|_| ());
    quick.fail_next_import();
    let failed = import(&quick, &["a"]).await;
    pass(20).await;
    assert_eq!(status(get(&quick, &format!("{{source}}/sessions/{failed}")).await.body), "ERROR");
    assert_eq!((quick.user_count(), call(&quick, create, Value::Null).await.status), (0, 201));
}

#[tokio::test(start_paused = true)]
async fn a_session_nobody_asks_for_expires() {
    let sim = org(|_| ());
    let session = open(&sim).await;
    pass(86_399).await;
    assert_eq!(get(&sim, &format!("{{source}}/sessions/{session}")).await.body["status"], "CREATED");
    pass(86_400).await;
    assert_eq!(get(&sim, "{source}/sessions").await.body, json!([]));
    assert_eq!(get(&sim, &format!("{{source}}/sessions/{session}")).await.body["status"], "EXPIRED");
    assert_eq!(sim.events("system.import.session.expired"), 1);
    open(&sim).await;
}

#[tokio::test(start_paused = true)]
async fn session_endpoints_share_fifteen_requests_a_minute() {
    let sim = org(|config| config.limits = RateLimits::default());
    let session = open(&sim).await;
    for left in (0..14).rev() {
        let answer = get(&sim, &format!("{{source}}/sessions/{session}")).await;
        assert_eq!(
            (answer.header("x-rate-limit-limit"), answer.header("x-rate-limit-remaining")),
            (15, left)
        );
    }
    let refused = get(&sim, "{source}/sessions").await;
    assert_eq!(
        (refused.status, refused.code(), refused.header("x-rate-limit-remaining")),
        (429, "E0000047", 0)
    );
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(refused.header("x-rate-limit-reset"), START_MS / 1000 + 61, "rounded up");
    let upload = call(&sim, &format!("POST {{source}}/sessions/{session}/bulk-upsert"), upload(&["a"])).await;
    assert_eq!((upload.status, upload.header("x-rate-limit-limit")), (202, 600));
    pass(59).await;
    assert_eq!(get(&sim, "{source}/sessions").await.status, 429);
    pass(1).await;
    assert_eq!(get(&sim, "{source}/sessions").await.status, 200);
}

async fn pages(sim: &OktaSim, first: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(target) = next {
        let answer = get(sim, &target).await;
        assert_eq!(answer.status, 200, "{target} {}", answer.body);
        pages.push(answer.logins().into_iter().map(str::to_owned).collect());
        next = answer.next();
    }
    pages
}

#[tokio::test(start_paused = true)]
async fn lists_page_by_link_without_gaps_or_repeats() {
    let sim = seeded(600);
    for (query, sizes) in [
        ("", &[200, 200, 50][..]),
        ("?limit=225", &[200, 200, 50]),
        ("?limit=150", &[150, 150, 150]),
        (r#"?search=status eq "DEPROVISIONED"&limit=100"#, &[100, 50]),
        (r#"?filter=status eq "STAGED" or status eq "ACTIVE""#, &[200, 200, 50]),
        (r#"?search=profile.login pr&sortBy=profile.lastName&sortOrder=desc&limit=200"#, &[200, 200, 200]),
        ("?q=user00", &[8]),
        ("?q=user&limit=3", &[3]),
        (r#"?search=profile.login eq "x""#, &[0]),
    ] {
        let pages = pages(&sim, &format!("/api/v1/users{query}")).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{query}");
        let mut all = pages.concat();
        let count = all.len();
        if !query.contains("sortBy") {
            assert!(all.is_sorted(), "{query}");
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "{query}");
    }
    let answer =
        get(&sim, r#"/api/v1/users?limit=2&search=profile.lastName sw "m"&sortBy=profile.lastName"#).await;
    let links: Vec<_> = answer.headers.get_all("link").iter().collect();
    assert_eq!(
        links[0],
        r#"<http://acme.okta.test/api/v1/users?limit=2&search=profile.lastName%20sw%20%22m%22&sortBy=profile.lastName>; rel="self""#
    );
    assert_eq!((links.len(), answer.body[0]["profile"]["lastName"].as_str()), (2, Some("miller")));
}

#[tokio::test(start_paused = true)]
async fn the_system_log_tells_what_imports_did() {
    let sim = org(|_| ());
    import(&sim, &["a", "b"]).await;
    pass(20).await;
    let types = |answer: &Answer| -> Vec<String> {
        let events = answer.body.as_array().unwrap().iter();
        events
            .map(|event| event["eventType"].as_str().unwrap().trim_start_matches("system.").to_owned())
            .collect()
    };
    let all = get(&sim, "/api/v1/logs").await;
    assert_eq!(
        types(&all),
        [
            "import.session.created",
            "identity_sources.bulk_upsert",
            "import.session.triggered",
            "import.start",
            "import.user.create",
            "import.user.create",
            "import.complete"
        ]
    );
    assert_eq!(all.body[4]["target"][1]["alternateId"], "a@example.com");
    assert_eq!(all.body[6]["published"], "2026-09-10T00:27:00.250Z");

    let users =
        get(&sim, r#"/api/v1/logs?filter=eventType eq "system.import.user.create"&q=B@example.com&limit=5"#)
            .await;
    assert_eq!((types(&users).len(), &users.body[0]["target"][1]["displayName"]), (1, &json!("B O'Neill")));
    let until = "until=2026-09-10T00:27:00Z&limit=3";
    let first = get(&sim, &format!("/api/v1/logs?{until}")).await;
    let second = get(&sim, &first.next().unwrap()).await;
    assert_eq!((types(&first).len(), types(&second).len(), second.next()), (3, 1, None), "bounded: it ends");
    let newest = get(&sim, "/api/v1/logs?sortOrder=DESCENDING&limit=1").await;
    assert_eq!(types(&newest), ["import.complete"]);
    assert_eq!(types(&get(&sim, &newest.next().unwrap()).await), ["import.user.create"]);

    let poll = all.next().unwrap();
    assert_eq!(get(&sim, &poll).await.body, json!([]), "polling always has a next page");
    open(&sim).await;
    assert_eq!(types(&get(&sim, &poll).await), ["import.session.created"]);
}

#[tokio::test(start_paused = true)]
async fn faults_strike_before_or_after_the_effect() {
    for (fault, status, code, opened) in [
        ("rate-limit@okta", Some(429), "E0000047", 0),
        ("server-error@POST", Some(500), "E0000009", 0),
        ("expired-token", Some(401), "E0000011", 0),
        ("drop-before", None, "", 0),
        ("drop", None, "", 1),
        ("truncate@sessions", None, "", 1),
        ("slow", Some(201), "", 1),
    ] {
        let sim = org(|config| config.faults = [fault.parse::<SimFault>().unwrap()].into_iter().collect());
        let token = format!("SSWS {}", sim.token());
        let answer = send(&sim, "POST {source}/sessions", &token, Vec::new()).await;
        assert_eq!(answer.as_ref().map(|answer| answer.status), status, "{fault}");
        assert_eq!(answer.as_ref().map_or("", Answer::code), code, "{fault}");
        if status == Some(429) {
            let answer = answer.unwrap();
            assert_eq!(answer.header("x-rate-limit-remaining"), 0);
            assert_eq!(answer.header("x-rate-limit-reset"), START_MS / 1000 + 61);
        }
        assert_eq!(sim.sessions().len(), opened, "{fault}");
        assert_eq!(get(&sim, "{source}/sessions").await.status, 200, "{fault} strikes once");
        assert_eq!((sim.traffic().total(), sim.traffic().count("POST")), (2, 1));
    }
}
