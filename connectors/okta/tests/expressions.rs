//! Searches, filters and the System Log's filter: what each finds, and how each refuses.
//!
//! To add a case, add a row.

use crate::org::*;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn search_understands_okta_expressions_and_refuses_others() {
    let sim = seeded(12);
    let id = get(&sim, "/api/v1/users/user007@example.com").await.body["id"].as_str().unwrap().to_owned();
    for (search, expected) in [
        (r#"profile.login eq "USER003@example.com""#, &[3][..]),
        (r#"profile.lastName sw "MÜ" and status eq "active""#, &[0, 9]),
        (r#"profile.lastName eq "z\"eller" or profile.costCenter eq "C0""#, &[0, 2, 5, 8, 10, 11]),
        (r#"(profile.costCenter eq "C1" OR profile.costCenter eq "C2") AND status eq "ACTIVE""#, &[1]),
        (r#"profile.costCenter eq "C1" or profile.costCenter eq "C2" and status eq "ACTIVE""#, &[1, 11]),
        (r#"status lt "DEPROVISIONED" or status gt "STAGED""#, &[0, 1, 4, 5, 8, 9]),
        (r#"profile.email co "r01""#, &[10, 11]),
        (r#"profile.firstName pr"#, &[]),
        (r#"profile.nothing eq "x""#, &[]),
        (&format!(r#"id eq "{id}""#), &[7]),
        (
            r#"created ge "2026-09-10T00:26:40.000Z" and lastUpdated le "2026-09-10T02:26:41+02:00" and profile.costCenter eq "C4""#,
            &[4],
        ),
        // What Okta tells has whole seconds, and what it told is found.
        (r#"created gt "2026-09-10T00:26:40.000Z""#, &[]),
    ] {
        let found = get(&sim, &format!("/api/v1/users?search={}", search.replace('+', "%2B"))).await;
        let expected: Vec<_> = expected.iter().map(|n| format!("user{n:03}@example.com")).collect();
        assert_eq!(found.status, 200, "{search}: {}", found.body);
        assert_eq!(found.logins(), expected, "{search}");
    }
    let deep = format!("{}status pr{}", "(".repeat(40), ")".repeat(40));
    for (parameter, expression, cause) in [
        (
            "search",
            r#"status ne "ACTIVE""#,
            "status is compared with eq, sw, gt, ge, lt, le, pr, not with ne",
        ),
        (
            "search",
            "status eq ACTIVE",
            "expected a text in double quotes, a number, true or false, found `ACTIVE`",
        ),
        ("search", r#"status eq "ACTIVE"#, r#"the value `"ACTIVE` does not end, or is no JSON string"#),
        ("search", r#"(status eq "ACTIVE""#, "expected `)`, found ``"),
        (
            "search",
            r#"status eq "A" status eq "B""#,
            r#"expected `and`, `or` or the end, found `status eq "B"`"#,
        ),
        ("search", r#"firstName eq "A""#, "firstName cannot be searched for"),
        (
            "search",
            r#"created gt "soon""#,
            r#"created is compared with a time, such as "2026-01-31T00:00:00.000Z""#,
        ),
        (
            "search",
            r#"profile.costCenter co "C""#,
            "co works for profile.firstName, profile.lastName, profile.email, profile.login only, not for profile.costCenter",
        ),
        ("search", &deep, "parentheses nest deeper than 32"),
        ("filter", r#"profile.login sw "a""#, "profile.login is compared with eq, not with sw"),
        ("filter", r#"profile.costCenter eq "C1""#, "profile.costCenter cannot be searched for"),
        ("sortBy", "shoeSize&search=id pr", "users cannot be sorted by shoeSize"),
    ] {
        let answer = get(&sim, &format!("/api/v1/users?{parameter}={expression}")).await;
        assert_eq!((answer.status, answer.code(), answer.cause()), (400, "E0000031", cause), "{expression}");
    }
    let exact = get(&sim, r#"/api/v1/users?filter=profile.lastName eq "Miller""#).await;
    assert_eq!(exact.body, json!([]), "a filter looks at case");
}

/// What the documentation of the System Log shows: developer.okta.com/docs/reference/system-log-query, sections "Expression filter",
/// "Keyword filter" and "Errors"; `not` is of core-okta-api#filter.
#[tokio::test(start_paused = true)]
async fn the_log_is_asked_as_documented() {
    let sim = org(|_| ());
    import(&sim, &["ada", "ben"]).await;
    pass(30).await;
    for (query, found) in [
        (r#"filter=eventType eq "system.import.user.create""#, 2),
        (r#"filter=event_type eq "system.import.user.create""#, 2),
        (r#"filter=eventType ew "user.create""#, 2),
        (r#"filter=eventType sw "system.import" and not (eventType co "session")"#, 4),
        (r#"filter=actor.id ne "00u0""#, 7),
        (r#"filter=target.alternateId eq "ada@example.com""#, 1),
        (r#"filter=client.zone pr"#, 3),
        (r#"filter=outcome.result eq "FAILURE""#, 0),
        ("q=ada@example.com", 1),
        ("q=example", 0),
        ("q=imported user", 2),
    ] {
        let answer = get(&sim, &format!("/api/v1/logs?{query}")).await;
        assert_eq!(
            (answer.status, answer.body.as_array().map(Vec::len)),
            (200, Some(found)),
            "{query}: {}",
            answer.body
        );
    }
    let long = "x".repeat(41);
    for (query, code, told) in [
        (r#"filter=nothing eq "x""#, "E0000053", "field is not valid: nothing"),
        (r#"filter=eventType is "x""#, "E0000053", "Unrecognized attribute operator 'is'"),
        (r#"filter=published gt "2026-01-01T00:00:00Z""#, "E0000053", "field is not valid: published"),
        (r#"filter=debugContext.debugData.url co "x""#, "E0000031", "combination of operator and field"),
        ("since=yesterday", "E0000001", "'since': The date format in your query is not recognized."),
        ("until=tomorrow", "E0000001", "'until'"),
        ("since=2014-01-01T00:00:00Z", "E0000053", "over 180 days prior"),
        (&format!("q={long}"), "E0000001", "cannot contain items longer than 40 characters"),
    ] {
        let answer = get(&sim, &format!("/api/v1/logs?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}: {}", answer.body);
        let summary = answer.body["errorSummary"].as_str().unwrap();
        assert!(summary.contains(told), "{query}: {summary}");
    }
    // Two causes, as documented.
    let wrong = get(&sim, "/api/v1/logs?since=yesterday").await;
    assert_eq!(wrong.body["errorCauses"].as_array().map(Vec::len), Some(2));
}

/// OpenAPI, listGroups: what `search` and `filter` take; listApplications: `filter`.
#[tokio::test(start_paused = true)]
async fn groups_and_applications_are_searched_as_described() {
    let sim = org(|_| ());
    for name in ["West coast", "East coast"] {
        let made = call(&sim, "POST /api/v1/groups", json!({ "profile": { "name": name } })).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
    for (target, found) in [
        (r#"groups?search=profile.name co "coast""#, &["West coast", "East coast"][..]),
        (r#"groups?search=profile.name pr&sortBy=profile.name"#, &["East coast", "Everyone", "West coast"]),
        (r#"groups?search=profile.name pr&sortBy=profile.name&sortOrder=desc&limit=1"#, &["West coast"]),
        (r#"groups?filter=type eq "BUILT_IN""#, &["Everyone"]),
        (r#"groups?filter=type eq "OKTA_GROUP"&q=west"#, &["West coast"]),
        ("groups?q=e", &["Everyone", "East coast"]),
        (r#"apps?filter=status eq "ACTIVE"&q=intra"#, &["Intranet"]),
    ] {
        let answer = get(&sim, &format!("/api/v1/{target}")).await;
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        let name = |it: &serde_json::Value| {
            it["profile"]["name"].as_str().or(it["label"].as_str()).unwrap_or_default().to_owned()
        };
        let names: Vec<String> = answer.body.as_array().unwrap().iter().map(name).collect();
        assert_eq!(names, found, "{target}");
    }
    for (target, status, code) in [
        (r#"groups?filter=profile.name eq "x""#, 400, "E0000031"),
        (r#"groups?search=profile.name ne "x""#, 400, "E0000031"),
        (r#"groups?search=type eq "x"&q=y"#, 400, "E0000033"),
        (r#"apps?filter=label eq "x""#, 400, "E0000031"),
    ] {
        let answer = get(&sim, &format!("/api/v1/{target}")).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{target}: {}", answer.body);
    }
}

/// Everyone: recorded in the fixtures of terraform-provider-okta (type, texts), its issue 903 (no member is added by hand).
#[tokio::test(start_paused = true)]
async fn everybody_is_in_everyone() {
    let sim = seeded(5);
    let groups = get(&sim, r#"/api/v1/groups?filter=type eq "BUILT_IN""#).await.body;
    let everyone = &groups[0];
    assert_eq!(everyone["profile"]["name"], "Everyone");
    assert_eq!(
        everyone["_links"]["logo"].as_array().map(Vec::len),
        Some(2),
        "clients read it: eio-okta-data"
    );
    let id = everyone["id"].as_str().unwrap();
    assert_eq!(get(&sim, &format!("/api/v1/groups/{id}/users")).await.logins().len(), 5);
    let user = get(&sim, "/api/v1/users/user001@example.com").await.body["id"].as_str().unwrap().to_owned();
    for request in [
        format!("PUT /api/v1/groups/{id}/users/{user}"),
        format!("DELETE /api/v1/groups/{id}/users/{user}"),
        format!("DELETE /api/v1/groups/{id}"),
    ] {
        let answer = call(&sim, &request, serde_json::Value::Null).await;
        assert_eq!((answer.status, answer.code()), (501, "E0000060"), "{request}");
    }
}

/// OpenAPI, listUsers, `fields`: "name, name, profile:(name, name)".
#[tokio::test(start_paused = true)]
async fn only_the_fields_that_are_wanted() {
    let sim = seeded(1);
    let answer = get(&sim, "/api/v1/users?fields=id,status,profile:(login,email)").await;
    let user = answer.body[0].as_object().unwrap();
    assert_eq!(user.keys().collect::<Vec<_>>(), ["id", "status", "profile"]);
    assert_eq!(user["profile"], json!({ "login": "user000@example.com", "email": "user000@example.com" }));
}
