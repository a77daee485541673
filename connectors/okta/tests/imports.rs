//! What an import does to people.
//!
//! Sources: support.okta.com "users-not-updating-from-profile-source" (the profile of a user fails as a whole, and why),
//! "this-choice-creates-a-conflict-error-for-users-on-the-application-import-tab" (a name that is taken, by a deactivated user too),
//! help.okta.com "usgp-deactivate-user-account" (assignments are deleted, groups are kept), Okta's error-codes.json (E0000023).
//! What an upsert does to somebody who is deactivated is documented nowhere: both ways are shown.

use crate::org::*;
use flowrun_okta::sim::{OktaSim, Rehire, SeedUser, UserStatus};
use serde_json::{Value, json};

/// Sends these entries in a session, and waits until they are imported.
async fn upsert(sim: &OktaSim, entries: &[(&str, Value)]) {
    let profiles: Vec<Value> =
        entries.iter().map(|(id, profile)| json!({ "externalId": id, "profile": profile })).collect();
    run(sim, "bulk-upsert", json!({ "entityType": "USERS", "profiles": profiles })).await;
}

async fn run(sim: &OktaSim, upload: &str, body: Value) {
    let session = open(sim).await;
    let loaded = call(sim, &format!("POST {{source}}/sessions/{session}/{upload}"), body).await;
    assert_eq!(loaded.status, 202, "{}", loaded.body);
    call(sim, &format!("POST {{source}}/sessions/{session}/start-import"), Value::Null).await;
    pass(400).await;
}

fn named(login: &str) -> Value {
    json!({ "userName": login, "email": login, "firstName": "Ada", "lastName": "King" })
}

/// Who could not be imported, by external ID, and why.
async fn failures(sim: &OktaSim) -> Vec<(String, String)> {
    let answer = get(sim, r#"/api/v1/logs?filter=outcome.result eq "FAILURE""#).await;
    let told = |event: &Value| {
        let target = event["target"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(target["type"], "AppUser");
        (target["id"].as_str().unwrap().to_owned(), event["outcome"]["reason"].as_str().unwrap().to_owned())
    };
    answer.body.as_array().unwrap().iter().map(told).collect()
}

const TAKEN: &str = "already in use by another Okta User profile";

#[tokio::test(start_paused = true)]
async fn a_login_belongs_to_one_user() {
    let sim = org(|_| ());
    upsert(&sim, &[("1", named("one@example.com")), ("2", named("two@example.com"))]).await;
    // A known person takes somebody else's name; two new ones have the same.
    let moved = json!({ "userName": "ONE@example.com", "lastName": "Moved" });
    upsert(&sim, &[("2", moved), ("3", named("three@example.com")), ("4", named("Three@example.com"))]).await;
    let user = |id: &str| {
        sim.user(id).map(|user| (user.profile["userName"].clone(), user.profile["lastName"].clone()))
    };
    assert_eq!(user("1"), Some(("one@example.com".into(), "King".into())));
    assert_eq!(user("2"), Some(("two@example.com".into(), "King".into())), "nothing of the profile is taken");
    assert_eq!((user("3").is_some(), user("4")), (true, None));
    let failures = failures(&sim).await;
    assert_eq!(failures.iter().map(|(id, _)| &**id).collect::<Vec<_>>(), ["2", "4"]);
    assert!(failures.iter().all(|(_, why)| why.contains(TAKEN)), "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_of_somebody_who_is_gone_is_a_conflict() {
    let sim = org(|_| ());
    upsert(&sim, &[("1", named("one@example.com"))]).await;
    run(&sim, "bulk-delete", removal(&["1"])).await;
    upsert(&sim, &[("2", named("one@example.com"))]).await;
    assert_eq!((sim.user_count(), sim.user("2").is_none()), (1, true));
    assert_eq!(sim.user("1").unwrap().status, UserStatus::Deprovisioned);
    assert!(failures(&sim).await[0].1.contains(TAKEN));
}

#[tokio::test(start_paused = true)]
async fn who_lacks_something_is_left_out_alone() {
    let sim = org(|_| ());
    for (id, without, why) in [
        ("1", json!({ "userName": null }), "userName: The field cannot be left blank"),
        ("2", json!({ "userName": "plain" }), "userName: Username must be in the form of an email address"),
        ("3", json!({ "firstName": null }), "firstName: The field cannot be left blank"),
        ("4", json!({ "lastName": null }), "lastName: The field cannot be left blank"),
    ] {
        let mut profile = named(&format!("u{id}@example.com"));
        profile.as_object_mut().unwrap().extend(without.as_object().unwrap().clone());
        // The upload itself refuses a null name.
        profile.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        upsert(&sim, &[(id, profile), (&format!("good{id}"), named(&format!("g{id}@example.com")))]).await;
        assert!(sim.user(id).is_none() && sim.user(&format!("good{id}")).is_some(), "{id}");
        assert_eq!(failures(&sim).await.last(), Some(&(id.to_owned(), why.to_owned())));
    }
    // An update fails as a whole too.
    upsert(&sim, &[("good1", json!({ "firstName": null, "lastName": "New" }))]).await;
    assert_eq!(sim.user("good1").unwrap().profile["lastName"], "King");
    assert_eq!(failures(&sim).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_source_owns_its_users() {
    let sim = org(|_| ());
    upsert(&sim, &[("1", named("one@example.com"))]).await;
    let id = sim.user("1").unwrap().id;
    for method in ["POST", "PUT"] {
        let answer =
            call(&sim, &format!("{method} /api/v1/users/{id}"), json!({ "profile": { "lastName": "X" } }))
                .await;
        assert_eq!((answer.status, answer.code()), (403, "E0000023"), "{method}");
        assert_eq!(
            answer.body["errorSummary"],
            "Operation failed because user profile is mastered under another system"
        );
    }
    let password = json!({ "credentials": { "password": { "value": "Corr3ct-Horse" } } });
    assert_eq!(call(&sim, &format!("POST /api/v1/users/{id}"), password).await.status, 200);
    // Once deactivated and activated by hand, the user is Okta's own.
    for step in ["deactivate", "activate?sendEmail=false"] {
        assert_eq!(
            call(&sim, &format!("POST /api/v1/users/{id}/lifecycle/{step}"), Value::Null).await.status,
            200
        );
    }
    let mine =
        call(&sim, &format!("POST /api/v1/users/{id}"), json!({ "profile": { "lastName": "X" } })).await;
    assert_eq!(mine.status, 200, "{}", mine.body);
}

#[tokio::test(start_paused = true)]
async fn deactivation_ends_assignments_and_keeps_groups() {
    for way in ["import", "lifecycle", "DELETE"] {
        let sim = org(|_| ());
        let app = sim.add_application("Wiki");
        upsert(&sim, &[("1", named("one@example.com"))]).await;
        let id = sim.user("1").unwrap().id;
        let group = call(&sim, "POST /api/v1/groups", json!({ "profile": { "name": "West" } })).await;
        let group = group.body["id"].as_str().unwrap().to_owned();
        call(&sim, &format!("PUT /api/v1/groups/{group}/users/{id}"), Value::Null).await;
        call(&sim, &format!("POST /api/v1/apps/{app}/users"), json!({ "id": id })).await;
        let source = sim.identity_source_id().to_owned();
        assert_eq!(get(&sim, &format!("/api/v1/apps/{app}/users/{id}")).await.status, 200);

        match way {
            "import" => run(&sim, "bulk-delete", removal(&["1"])).await,
            "lifecycle" => {
                call(&sim, &format!("POST /api/v1/users/{id}/lifecycle/deactivate"), Value::Null).await;
            }
            _ => {
                call(&sim, &format!("DELETE /api/v1/users/{id}"), Value::Null).await;
            }
        }
        assert_eq!(sim.user("1").unwrap().status, UserStatus::Deprovisioned, "{way}");
        for app in [&app, &source] {
            assert_eq!(get(&sim, &format!("/api/v1/apps/{app}/users/{id}")).await.status, 404, "{way}");
            assert_eq!(get(&sim, &format!("/api/v1/apps/{app}/users")).await.body, json!([]), "{way}");
        }
        let members = get(&sim, &format!("/api/v1/groups/{group}/users")).await;
        assert_eq!(members.body.as_array().map(Vec::len), Some(1), "{way}");
    }
}

/// Undocumented: the simulator does either.
#[tokio::test(start_paused = true)]
async fn a_rehired_person_is_active_again_or_stays_as_they_were() {
    for (rehire, status, name) in
        [(Rehire::Reactivates, UserStatus::Active, "New"), (Rehire::Keeps, UserStatus::Deprovisioned, "King")]
    {
        let sim = org(|config| config.rehire = rehire);
        upsert(&sim, &[("1", named("one@example.com"))]).await;
        run(&sim, "bulk-delete", removal(&["1"])).await;
        upsert(&sim, &[("1", json!({ "userName": "one@example.com", "lastName": "New" }))]).await;
        let user = sim.user("1").unwrap();
        assert_eq!((user.status, &*user.profile["lastName"]), (status, name), "{rehire:?}");
        let source = sim.identity_source_id().to_owned();
        let listed = get(&sim, &format!("/api/v1/apps/{source}/users")).await.body.as_array().map(Vec::len);
        assert_eq!(listed, Some(usize::from(rehire == Rehire::Reactivates)));
    }
}

/// A user made in Okta, with the name of a person whom the source sends: matched by name (a guess).
#[tokio::test(start_paused = true)]
async fn a_user_made_in_okta_is_matched_by_name() {
    let sim = org(|_| ());
    let profile = json!({ "login": "one@example.com", "email": "one@example.com", "firstName": "Ada", "lastName": "Old" });
    let made = call(&sim, "POST /api/v1/users", json!({ "profile": profile })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    sim.seed([SeedUser {
        external_id: "9".into(),
        profile: [("userName".to_owned(), "nine@example.com".to_owned())].into(),
        status: UserStatus::Active,
    }]);
    upsert(&sim, &[("1", named("one@example.com"))]).await;
    assert_eq!(sim.user("1").unwrap().id, made.body["id"].as_str().unwrap());
}
