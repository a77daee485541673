//! Rules, roles, resource sets, factors, devices, schemas, applications: what clients of the API make and read.
//!
//! Forms, statuses and words are those of okta/okta-management-openapi-spec (2026.06.3), the operation that a test names, unless it
//! says otherwise; error codes are of Okta's error-codes.json.

use crate::org::*;
use flowrun_okta::sim::OktaSim;
use serde_json::{Value, json};

async fn made(sim: &OktaSim, path: &str, body: Value) -> Value {
    let answer = call(sim, &format!("POST {path}"), body).await;
    assert!((200..=201).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
    answer.body
}

async fn refused(sim: &OktaSim, request: &str, body: Value, status: u16, code: &str) {
    let answer = call(sim, request, body).await;
    assert_eq!((answer.status, answer.code()), (status, code), "{request}: {}", answer.body);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn user(sim: &OktaSim, login: &str, department: &str) -> String {
    let profile = json!({ "login": login, "email": login, "firstName": "Ada", "lastName": "King", "department": department });
    text(&made(sim, "/api/v1/users?activate=true", json!({ "profile": profile })).await["id"])
}

async fn group(sim: &OktaSim, name: &str) -> String {
    text(&made(sim, "/api/v1/groups", json!({ "profile": { "name": name } })).await["id"])
}

async fn members(sim: &OktaSim, group: &str) -> Vec<String> {
    let answer = get(sim, &format!("/api/v1/groups/{group}/users")).await;
    answer.body.as_array().unwrap().iter().map(|user| text(&user["profile"]["login"])).collect()
}

fn rule(name: &str, expression: &str, group: &str) -> Value {
    json!({
        "type": "group_rule", "name": name,
        "conditions": { "expression": { "value": expression, "type": "urn:okta:expression:1.0" } },
        "actions": { "assignUserToGroups": { "groupIds": [group] } },
    })
}

/// createGroupRule, activateGroupRule, deactivateGroupRule, deleteGroupRule: an active rule assigns whom it means, later too.
#[tokio::test(start_paused = true)]
async fn a_rule_fills_its_group() {
    let sim = org(|_| ());
    let west = group(&sim, "West").await;
    user(&sim, "a@example.com", "Engines").await;
    user(&sim, "b@example.com", "Poetry").await;
    let made =
        made(&sim, "/api/v1/groups/rules", rule("Engineers", r#"user.department=="Engines""#, &west)).await;
    let path = format!("/api/v1/groups/rules/{}", text(&made["id"]));
    assert_eq!(made["status"], "INACTIVE");
    assert!(members(&sim, &west).await.is_empty(), "it does nothing yet");

    assert_eq!(call(&sim, &format!("POST {path}/lifecycle/activate"), Value::Null).await.status, 204);
    assert_eq!(members(&sim, &west).await, ["a@example.com"]);
    let c = user(&sim, "c@example.com", "Engines").await;
    assert_eq!(members(&sim, &west).await, ["a@example.com", "c@example.com"]);
    call(&sim, &format!("POST /api/v1/users/{c}"), json!({ "profile": { "department": "Poetry" } })).await;
    assert_eq!(members(&sim, &west).await, ["a@example.com"]);

    refused(&sim, &format!("PUT {path}"), rule("Other", r#"user.department=="X""#, &west), 400, "E0000001")
        .await;
    assert_eq!(call(&sim, &format!("POST {path}/lifecycle/deactivate"), Value::Null).await.status, 204);
    assert_eq!(members(&sim, &west).await, ["a@example.com"], "who is in stays");
    assert_eq!(call(&sim, &format!("DELETE {path}?removeUsers=true"), Value::Null).await.status, 202);
    assert!(members(&sim, &west).await.is_empty());
    refused(&sim, &format!("GET {path}"), Value::Null, 404, "E0000007").await;
}

/// The expressions that developer.okta.com shows for group rules.
#[tokio::test(start_paused = true)]
async fn rules_mean_whom_they_say() {
    let sim = org(|_| ());
    let others = group(&sim, "Others").await;
    let a = user(&sim, "a@example.com", "Engines and more").await;
    user(&sim, "b@example.com", "Poetry").await;
    call(&sim, &format!("PUT /api/v1/groups/{others}/users/{a}"), Value::Null).await;
    for (nth, (expression, who)) in [
        (r#"String.stringContains(user.department, "and")"#.to_owned(), &["a@example.com"][..]),
        (r#"String.startsWith(user.department, 'Po')"#.to_owned(), &["b@example.com"]),
        (r#"user.department != "Poetry""#.to_owned(), &["a@example.com"]),
        (
            r#"user.department=="Poetry" or user.login=="a@example.com""#.to_owned(),
            &["a@example.com", "b@example.com"],
        ),
        (r#"user.firstName=="Ada" AND NOT (user.department=="Poetry")"#.to_owned(), &["a@example.com"]),
        (r#"!(user.firstName=="Ada") || user.login == "b@example.com""#.to_owned(), &["b@example.com"]),
        (format!(r#"isMemberOfAnyGroup("{others}")"#), &["a@example.com"]),
        (r#"isMemberOfGroupName("Others")"#.to_owned(), &["a@example.com"]),
        (r#"user.nothing=="""#.to_owned(), &["a@example.com", "b@example.com"]),
    ]
    .into_iter()
    .enumerate()
    {
        let target = group(&sim, &format!("Target {nth}")).await;
        let id = text(
            &made(&sim, "/api/v1/groups/rules", rule(&format!("Rule {nth}"), &expression, &target)).await["id"],
        );
        call(&sim, &format!("POST /api/v1/groups/rules/{id}/lifecycle/activate"), Value::Null).await;
        assert_eq!(members(&sim, &target).await, who, "{expression}");
    }
    let deep = format!("{}user.a==\"b\"{}", "(".repeat(50), ")".repeat(50));
    for expression in [
        "",
        "user.a",
        "user.a > 1",
        "nonsense(",
        r#"user.a=="b" c"#,
        r#"user.a=="b"#,
        "String.len(user.a)",
        &deep,
    ] {
        refused(&sim, "POST /api/v1/groups/rules", rule("Wrong", expression, &others), 400, "E0000001").await;
    }
    let found = get(&sim, "/api/v1/groups/rules?search=rule 1&limit=1").await;
    assert_eq!(found.body[0]["name"], "Rule 1");
    let pages = get(&sim, "/api/v1/groups/rules?limit=5").await;
    let rest = get(&sim, &pages.next().unwrap()).await;
    assert_eq!(
        (pages.body.as_array().unwrap().len(), rest.body.as_array().unwrap().len(), rest.next()),
        (5, 4, None)
    );
    let everyone = get(&sim, r#"/api/v1/groups?filter=type eq "BUILT_IN""#).await.body[0]["id"].clone();
    refused(
        &sim,
        "POST /api/v1/groups/rules",
        rule("All", r#"user.a=="b""#, &text(&everyone)),
        501,
        "E0000060",
    )
    .await;
}

/// assignRoleToUser (201), assignRoleToGroup (200), listAssignedRolesForUser, listUsersWithRoleAssignments; E0000090.
#[tokio::test(start_paused = true)]
async fn roles_are_assigned_once() {
    let sim = org(|_| ());
    let (ada, ben) = (user(&sim, "a@example.com", "x").await, user(&sim, "b@example.com", "x").await);
    let west = group(&sim, "West").await;
    call(&sim, &format!("PUT /api/v1/groups/{west}/users/{ben}"), Value::Null).await;
    let admin = json!({ "type": "USER_ADMIN" });
    let role = call(&sim, &format!("POST /api/v1/users/{ada}/roles"), admin.clone()).await;
    assert_eq!(
        (role.status, &role.body["label"], &role.body["assignmentType"]),
        (201, &json!("Group Administrator"), &json!("USER"))
    );
    refused(&sim, &format!("POST /api/v1/users/{ada}/roles"), admin.clone(), 409, "E0000090").await;
    refused(&sim, &format!("POST /api/v1/users/{ada}/roles"), json!({ "type": "KING" }), 400, "E0000001")
        .await;
    let path = format!("/api/v1/users/{ada}/roles/{}", text(&role.body["id"]));
    assert_eq!(get(&sim, &path).await.body, role.body);
    refused(&sim, &format!("GET {}", path.replace(&ada, &ben)), Value::Null, 404, "E0000007").await;
    assert_eq!(call(&sim, &format!("POST /api/v1/groups/{west}/roles"), admin).await.status, 200);
    let assignees = get(&sim, "/api/v1/iam/assignees/users").await.body;
    let ids: Vec<String> = assignees["value"].as_array().unwrap().iter().map(|it| text(&it["id"])).collect();
    assert_eq!(ids, [ada.clone(), ben]);
    assert_eq!(call(&sim, &format!("DELETE {path}"), Value::Null).await.status, 204);
    assert_eq!(get(&sim, &format!("/api/v1/users/{ada}/roles")).await.body, json!([]));
}

/// createRole, createResourceSet, addResourceSetResources, listBindings, listMembersOfBinding, createRolePermission.
#[tokio::test(start_paused = true)]
async fn custom_roles_bind_users_to_resource_sets() {
    let sim = org(|_| ());
    let ada = user(&sim, "a@example.com", "x").await;
    let role = made(
        &sim,
        "/api/v1/iam/roles",
        json!({ "label": "Creator", "description": "creates", "permissions": ["okta.users.create"] }),
    )
    .await;
    let west = format!("https://acme.okta.test/api/v1/groups/{}", group(&sim, "West").await);
    let set = made(
        &sim,
        "/api/v1/iam/resource-sets",
        json!({ "label": "Readers", "description": "groups", "resources": [west] }),
    )
    .await;
    assert!(set.get("resources").is_none(), "they are listed elsewhere: {set}");
    refused(
        &sim,
        "POST /api/v1/iam/roles",
        json!({ "label": "Creator", "description": "x", "permissions": ["y"] }),
        400,
        "E0000001",
    )
    .await;

    let permissions = "/api/v1/iam/roles/Creator/permissions";
    assert_eq!(call(&sim, &format!("POST {permissions}/okta.users.read"), Value::Null).await.status, 204);
    let labels = get(&sim, permissions).await.body;
    let labels: Vec<&str> =
        labels["permissions"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["okta.users.create", "okta.users.read"]);

    let added = json!({ "additions": ["https://acme.okta.test/api/v1/users", west] });
    assert_eq!(call(&sim, "PATCH /api/v1/iam/resource-sets/Readers/resources", added).await.status, 200);
    let resources = get(&sim, "/api/v1/iam/resource-sets/Readers/resources").await.body;
    assert_eq!(resources["resources"].as_array().map(Vec::len), Some(2), "each once");

    let custom = json!({ "type": "CUSTOM", "role": role["id"], "resource-set": set["id"] });
    let assignment = made(&sim, &format!("/api/v1/users/{ada}/roles"), custom).await;
    assert_eq!(assignment["label"], "Creator");
    let bindings = get(&sim, "/api/v1/iam/resource-sets/Readers/bindings").await.body;
    assert_eq!(bindings["roles"][0]["id"], role["id"]);
    let members = get(&sim, "/api/v1/iam/resource-sets/Readers/bindings/Creator/members").await.body;
    assert!(text(&members["members"][0]["_links"]["self"]["href"]).ends_with(&ada));
    assert_eq!(call(&sim, "DELETE /api/v1/iam/roles/Creator", Value::Null).await.status, 204);
    assert_eq!(
        get(&sim, &format!("/api/v1/users/{ada}/roles")).await.body,
        json!([]),
        "its assignments end with it"
    );
    assert_eq!(get(&sim, "/api/v1/iam/roles").await.body["roles"], json!([]));
}

/// enrollFactor, listFactors, listSupportedFactors, unenrollFactor, resetFactors.
#[tokio::test(start_paused = true)]
async fn factors_are_enrolled_and_removed() {
    let sim = org(|_| ());
    let ada = user(&sim, "a@example.com", "x").await;
    let path = format!("/api/v1/users/{ada}/factors");
    let question = json!({ "factorType": "question", "provider": "OKTA", "profile": { "question": "disliked_food", "answer": "mayonnaise" } });
    let factor = made(&sim, &path, question.clone()).await;
    assert_eq!(
        (&factor["status"], &factor["profile"]["question"]),
        (&json!("ACTIVE"), &json!("disliked_food"))
    );
    assert!(!get(&sim, &path).await.body.to_string().contains("mayonnaise"), "answers are not shown");
    refused(&sim, &format!("POST {path}"), question, 400, "E0000001").await;
    let sms =
        json!({ "factorType": "sms", "provider": "OKTA", "profile": { "phoneNumber": "+1-555-415-1337" } });
    assert_eq!(made(&sim, &path, sms).await["status"], "PENDING_ACTIVATION");
    refused(
        &sim,
        &format!("POST {path}"),
        json!({ "factorType": "push", "provider": "OKTA" }),
        501,
        "E0000052",
    )
    .await;
    let catalog = get(&sim, &format!("{path}/catalog")).await.body;
    assert_eq!((&catalog[0]["factorType"], &catalog[0]["status"]), (&json!("question"), &json!("ACTIVE")));
    assert_eq!(call(&sim, &format!("DELETE {path}/{}", text(&factor["id"])), Value::Null).await.status, 204);
    assert_eq!(
        call(&sim, &format!("POST /api/v1/users/{ada}/lifecycle/reset_factors"), Value::Null).await.status,
        200
    );
    assert_eq!(get(&sim, &path).await.body, json!([]));
}

/// listDevices, suspendDevice, deactivateDevice, deleteDevice (deactivated ones only), listUserDevices.
#[tokio::test(start_paused = true)]
async fn devices_have_a_life() {
    let sim = seeded(12);
    let all = get(&sim, "/api/v1/devices").await.body;
    assert_eq!(all.as_array().map(Vec::len), Some(3), "one user of four has a phone");
    let id = text(&all[0]["id"]);
    let path = format!("/api/v1/devices/{id}");
    refused(&sim, &format!("DELETE {path}"), Value::Null, 400, "E0000001").await;
    assert_eq!(call(&sim, &format!("POST {path}/lifecycle/suspend"), Value::Null).await.status, 204);
    let found = get(&sim, r#"/api/v1/devices?search=status eq "SUSPENDED""#).await.body;
    assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &json!(id)));
    refused(&sim, &format!("POST {path}/lifecycle/activate"), Value::Null, 400, "E0000001").await;
    for step in ["unsuspend", "deactivate"] {
        assert_eq!(
            call(&sim, &format!("POST {path}/lifecycle/{step}"), Value::Null).await.status,
            204,
            "{step}"
        );
    }
    let owner = text(&get(&sim, &format!("{path}/users")).await.body[0]["user"]["id"]);
    assert_eq!(get(&sim, &format!("/api/v1/users/{owner}/devices")).await.body[0]["device"]["id"], id);
    assert_eq!(call(&sim, &format!("DELETE {path}"), Value::Null).await.status, 204);
    refused(&sim, &format!("GET {path}"), Value::Null, 404, "E0000007").await;
    assert!(get(&sim, "/api/v1/devices?limit=1").await.next().is_some());
}

/// getUserSchema, updateUserProfile, getGroupSchema, getApplicationUserSchema, listUserTypes.
#[tokio::test(start_paused = true)]
async fn schemas_tell_what_profiles_have() {
    let sim = org(|_| ());
    let path = "/api/v1/meta/schemas/user/default";
    let schema = get(&sim, path).await.body;
    assert_eq!(schema["definitions"]["base"]["properties"].as_object().map(serde_json::Map::len), Some(31));
    assert_eq!(schema["definitions"]["base"]["required"], json!(["login", "email", "firstName", "lastName"]));
    let badge = json!({ "definitions": { "custom": { "properties": { "badge": { "title": "Badge", "type": "string" } } } } });
    let changed = made(&sim, path, badge).await;
    assert_eq!(changed["definitions"]["custom"]["properties"]["badge"]["title"], "Badge");
    let taken = json!({ "definitions": { "custom": { "properties": { "login": { "title": "x", "type": "string" } } } } });
    refused(&sim, &format!("POST {path}"), taken, 400, "E0000001").await;
    let gone =
        made(&sim, path, json!({ "definitions": { "custom": { "properties": { "badge": null } } } })).await;
    assert_eq!(gone["definitions"]["custom"]["properties"], json!({}));
    let types = get(&sim, "/api/v1/meta/types/user").await.body;
    let of_type = text(&types[0]["_links"]["schema"]["href"]).rsplit('/').next().unwrap().to_owned();
    assert_eq!(get(&sim, &format!("/api/v1/meta/schemas/user/{of_type}")).await.status, 200);
    assert_eq!(
        get(&sim, "/api/v1/meta/schemas/group/default").await.body["definitions"]["base"]["required"],
        json!(["name"])
    );
    let app = sim.add_application("Wiki");
    assert_eq!(get(&sim, &format!("/api/v1/meta/schemas/apps/{app}/default")).await.status, 200);
}

/// createApplication, deactivateApplication, deleteApplication (E0000056 while it is active), listAssignedApplicationsForGroup,
/// listAppLinks, listGroupOwners.
#[tokio::test(start_paused = true)]
async fn applications_are_made_and_assigned() {
    let sim = org(|_| ());
    let bookmark = json!({ "label": "A bookmark", "name": "bookmark", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://example.com" } } });
    let app = text(&made(&sim, "/api/v1/apps", bookmark).await["id"]);
    let (ada, west) = (user(&sim, "a@example.com", "x").await, group(&sim, "West").await);
    call(&sim, &format!("PUT /api/v1/groups/{west}/users/{ada}"), Value::Null).await;
    call(&sim, &format!("PUT /api/v1/apps/{app}/groups/{west}"), json!({ "priority": 0 })).await;
    assert_eq!(get(&sim, &format!("/api/v1/apps/{app}/groups/{west}")).await.body["id"], west);
    assert_eq!(get(&sim, &format!("/api/v1/groups/{west}/apps")).await.body[0]["label"], "A bookmark");
    assert_eq!(get(&sim, &format!("/api/v1/users/{ada}/appLinks")).await.body[0]["appInstanceId"], app);
    refused(&sim, &format!("DELETE /api/v1/apps/{app}"), Value::Null, 403, "E0000056").await;
    assert_eq!(
        call(&sim, &format!("POST /api/v1/apps/{app}/lifecycle/deactivate"), Value::Null).await.status,
        200
    );
    assert_eq!(get(&sim, r#"/api/v1/apps?filter=status eq "INACTIVE""#).await.body[0]["id"], app);
    assert_eq!(call(&sim, &format!("DELETE /api/v1/apps/{app}"), Value::Null).await.status, 204);
    refused(&sim, &format!("GET /api/v1/apps/{app}"), Value::Null, 404, "E0000007").await;

    let owner = json!({ "id": ada, "type": "USER" });
    let owners = format!("/api/v1/groups/{west}/owners");
    assert_eq!(call(&sim, &format!("POST {owners}"), owner.clone()).await.status, 201);
    refused(&sim, &format!("POST {owners}"), owner, 400, "E0000001").await;
    assert_eq!(get(&sim, &owners).await.body[0]["displayName"], "Ada King");
    assert_eq!(call(&sim, &format!("DELETE {owners}/{ada}"), Value::Null).await.status, 204);
}
