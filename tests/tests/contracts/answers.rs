//! What each card makes of every answer that its vendor may send: one table a card, to be read with a user's eyes.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowrun_core::report::{CardReport, Inside, Report};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_tests::openapi::instance::{Case, emptied, extended, full, minimal, variations};
use flowrun_tests::openapi::{Contract, Operation};
use flowrun_tests::org::Org;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::contract::contract;
use super::flow::{program, run};
use super::table::Table;

/// Statuses that any vendor answers, listed or not.
const REFUSALS: [u16; 8] = [400, 401, 403, 404, 409, 429, 500, 503];

/// Bodies that no file has.
const STRANGE: [(&str, &str, &str); 9] = [
    ("an empty body", "", "application/json"),
    ("white space", " \n", "application/json"),
    ("null", "null", "application/json"),
    ("an empty list", "[]", "application/json"),
    ("an empty object", "{}", "application/json"),
    ("a text", "\"done\"", "application/json"),
    ("a number", "7", "application/json"),
    ("a page in HTML", "<!DOCTYPE html><title>Log in</title>", "text/html"),
    ("half an object", "{\"id\": \"a", "application/json"),
];

/// An operation, how deep its answers are varied, and what makes a made-up answer agree with itself.
type Read = (&'static str, usize, fn(&mut Value));

/// A card, and the operations whose answers it reads.
struct Asking {
    /// The flow's cards; the last one is looked at.
    cards: &'static str,
    /// The operations.
    operations: &'static [Read],
}

/// Answers one operation always the same, and all others by the simulators.
struct Canned {
    contract: &'static Contract,
    within: Box<dyn Transport>,
    operation: &'static str,
    response: Response,
}

impl Transport for Canned {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        let asked = self.contract.find(&request).and_then(Result::ok);
        if asked.is_some_and(|operation| operation.name == self.operation) {
            let response = self.response.clone();
            return Box::pin(async move { Ok(response) });
        }
        self.within.send(request, limits)
    }
}

fn response(status: u16, kind: &str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
    }
    Response { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() }
}

/// What came of a run: what its last card put out and gave on, or how it failed.
fn outcome(report: &Report) -> Result<Value, String> {
    let card: &CardReport = report.flow.cards.last().expect("a card ran");
    if let Some(error) = &card.error {
        let help = error.help.as_deref().map(|help| format!("\n     help: {help}")).unwrap_or_default();
        return Err(format!("{}: {}{help}", error.kind, error.message));
    }
    let mut given: Value = serde_json::from_str(&card.outputs.to_json()).unwrap();
    if let Inside::Items(items) = &card.inside {
        let records = items.items.iter().map(|item| serde_json::from_str(&item.inputs.to_json()).unwrap());
        given["given on"] = records.collect::<Vec<Value>>().into();
    }
    Ok(given)
}

/// The answers of an operation, each with its name: those that the file lists, with what may be missing in them, and those
/// that no file has.
fn answers(operation: &Operation, depth: usize, fit: fn(&mut Value)) -> Vec<(u16, String, Response)> {
    let mut answers = Vec::new();
    for (status, body) in operation.answers.iter().filter(|(status, _)| **status < 300) {
        for (kind, media) in &body.content {
            let schema = &media.schema().json;
            let mut whole = full(schema);
            fit(&mut whole);
            let case = |what: &'static str, body: Value| Case { what, place: String::new(), body };
            let mut cases = vec![
                case("full", whole.clone()),
                case("minimal", minimal(schema)),
                case("with unknown fields", extended(&whole)),
                case("empty lists", emptied(&whole)),
            ];
            cases.extend(media.examples.iter().map(|(name, example)| Case {
                place: name.clone(),
                ..case("the file's example", example.clone())
            }));
            cases.extend(variations(&whole, depth));
            for Case { what, place, body } in cases {
                let name = if place.is_empty() { what.to_owned() } else { format!("{what} {place}") };
                answers.push((*status, name, response(*status, kind, &body.to_string())));
            }
        }
        for (name, body, kind) in STRANGE {
            answers.push((*status, name.to_owned(), response(*status, kind, body)));
        }
        // A success of another kind than the file's.
        let other = if *status == 200 { 202 } else { 200 };
        answers.push((other, "an empty body".to_owned(), response(other, "", "")));
    }
    for status in REFUSALS {
        let listed = operation.answers.get(&status).or_else(|| operation.answers.get(&404));
        for (kind, media) in listed.iter().flat_map(|body| &body.content) {
            let schema = &media.schema().json;
            answers.push((status, "full".to_owned(), response(status, kind, &full(schema).to_string())));
            answers.push((
                status,
                "minimal".to_owned(),
                response(status, kind, &minimal(schema).to_string()),
            ));
        }
        for (name, body, kind) in
            STRANGE.into_iter().filter(|(name, ..)| name.contains("body") || name.contains("HTML"))
        {
            answers.push((status, name.to_owned(), response(status, kind, body)));
        }
    }
    answers
}

/// The table of one card: what it makes of all answers.
async fn table(contract: &'static Contract, asking: &Asking) -> String {
    let program = program(asking.cards).expect("the flow has no mistakes");
    let mut text = format!("{}\n", asking.cards);
    for (name, depth, fit) in asking.operations {
        let mut table = Table::default();
        for (status, case, response) in answers(contract.operation(name), *depth, *fit) {
            let org = Org::new(3);
            let within = Box::new(org.0.transport());
            let transport: Arc<dyn Transport> =
                Arc::new(Canned { contract, within, operation: name, response });
            table.add(status, &case, outcome(&run(&org, program.clone(), &transport).await));
        }
        text.push_str(&format!("\n{name}\n{table}"));
    }
    text
}

async fn assert_table(name: &str, asking: &Asking) {
    let Some(contract) = contract() else { return };
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path(".");
    settings.set_omit_expression(true);
    let table = table(contract, asking).await;
    settings.bind(|| insta::assert_snapshot!(name, table));
}

/// Nothing has to agree.
fn as_it_is(_: &mut Value) {}

/// One employee, of whom there is one.
fn one_employee(body: &mut Value) {
    body["metadata"] = json!({ "total_elements": 1, "current_page": 0, "total_pages": 1 });
    let attributes = &mut body["data"][0]["attributes"];
    few(attributes);
}

fn an_employee(body: &mut Value) {
    few(&mut body["data"]["attributes"]);
}

/// All attributes are read in the same way, so that a few will do.
fn few(attributes: &mut Value) {
    let kept = ["id", "first_name", "email", "supervisor", "cost_centers"];
    let attributes = attributes.as_object_mut().unwrap();
    attributes.retain(|name, _| kept.contains(&name.as_str()));
    let texts: BTreeMap<&str, Value> =
        [("id", json!(7)), ("first_name", json!("Ada")), ("email", json!("ada@example.com"))].into();
    for (name, value) in texts {
        attributes[name]["value"] = value;
    }
}

/// The profile's attributes are read in the same way, so that a few will do.
fn a_user(body: &mut Value) {
    let user = if body.is_array() { &mut body[0] } else { body };
    let kept = ["login", "email", "firstName", "lastName"];
    user["profile"].as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
    for far in ["_links", "_embedded", "credentials"] {
        user.as_object_mut().unwrap().remove(far);
    }
}

/// Whatever a profile holds is handed on.
fn an_app_user(body: &mut Value) {
    let user = if body.is_array() { &mut body[0] } else { body };
    user["profile"] = json!({ "email": "ada@example.com" });
    for far in ["_links", "_embedded"] {
        user.as_object_mut().unwrap().remove(far);
    }
}

/// Whatever else an object has is handed on as it is.
fn only(body: &mut Value, kept: &[&str]) {
    let object = if body.is_array() { &mut body[0] } else { body };
    object.as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
}

fn a_group(body: &mut Value) {
    only(body, &["id", "type", "created", "lastUpdated", "profile"]);
    let group = if body.is_array() { &mut body[0] } else { body };
    group["profile"] = json!({ "name": "Readers", "description": "Who reads" });
}

fn an_app(body: &mut Value) {
    only(body, &["id", "name", "label", "status", "created"]);
}

fn a_group_of_an_app(body: &mut Value) {
    only(body, &["id", "priority", "lastUpdated"]);
}

fn an_event(body: &mut Value) {
    only(body, &["uuid", "published", "eventType", "displayMessage", "severity", "actor"]);
    only(&mut body[0]["actor"], &["id", "alternateId"]);
}

const LIST_SESSIONS: &str = "GET /api/v1/identity-sources/{identitySourceId}/sessions";
const CREATE_SESSION: &str = "POST /api/v1/identity-sources/{identitySourceId}/sessions";
const READ_SESSION: &str = "GET /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}";
const DELETE_SESSION: &str = "DELETE /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}";
const UPSERT: &str = "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/bulk-upsert";
const DELETE: &str = "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/bulk-delete";
const START: &str = "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/start-import";
const USERS: &str = "GET /api/v1/users";
const USER: &str = "GET /api/v1/users/{id}";
const APP_USERS: &str = "GET /api/v1/apps/{appId}/users";
const APP_USER: &str = "GET /api/v1/apps/{appId}/users/{userId}";
const ASSIGN_USER: &str = "POST /api/v1/apps/{appId}/users";
const UPDATE_APP_USER: &str = "POST /api/v1/apps/{appId}/users/{userId}";
const UNASSIGN_USER: &str = "DELETE /api/v1/apps/{appId}/users/{userId}";
const APPS: &str = "GET /api/v1/apps";
const APP_GROUPS: &str = "GET /api/v1/apps/{appId}/groups";
const ASSIGN_GROUP: &str = "PUT /api/v1/apps/{appId}/groups/{groupId}";
const GROUPS: &str = "GET /api/v1/groups";
const GROUP: &str = "GET /api/v1/groups/{groupId}";
const CREATE_GROUP: &str = "POST /api/v1/groups";
const UPDATE_GROUP: &str = "PUT /api/v1/groups/{groupId}";
const MEMBERS: &str = "GET /api/v1/groups/{groupId}/users";
const ADD_MEMBER: &str = "PUT /api/v1/groups/{groupId}/users/{userId}";
const REMOVE_MEMBER: &str = "DELETE /api/v1/groups/{groupId}/users/{userId}";
const USERS_GROUPS: &str = "GET /api/v1/users/{id}/groups";
const CREATE_USER: &str = "POST /api/v1/users";
const UPDATE_USER: &str = "POST /api/v1/users/{id}";
const REPLACE_USER: &str = "PUT /api/v1/users/{id}";
const DELETE_USER: &str = "DELETE /api/v1/users/{id}";
const CLEAR_SESSIONS: &str = "DELETE /api/v1/users/{userId}/sessions";
const ACTIVATE: &str = "POST /api/v1/users/{id}/lifecycle/activate";
const DEACTIVATE: &str = "POST /api/v1/users/{id}/lifecycle/deactivate";
const SUSPEND: &str = "POST /api/v1/users/{id}/lifecycle/suspend";
const UNSUSPEND: &str = "POST /api/v1/users/{id}/lifecycle/unsuspend";
const UNLOCK: &str = "POST /api/v1/users/{id}/lifecycle/unlock";
const EXPIRE: &str = "POST /api/v1/users/{id}/lifecycle/expire_password";
const RESET: &str = "POST /api/v1/users/{id}/lifecycle/reset_password";
const LOGS: &str = "GET /api/v1/logs";
const PERSONS: &str = "GET /v2/persons";
const EMPLOYMENTS: &str = "GET /v2/persons/{person_id}/employments";
const LOG_IN: &str = "POST /v1/auth";
const ATTRIBUTES: &str = "GET /v1/company/employees/attributes";
const EMPLOYEES: &str = "GET /v1/company/employees";
const EMPLOYEE: &str = "GET /v1/company/employees/{employee_id}";

/// A test for each table, so that they run side by side.
macro_rules! tables {
    ($($table:ident: $cards:expr, $operations:expr;)+) => {$(
        #[tokio::test]
        async fn $table() {
            let asking = Asking { cards: $cards, operations: &$operations };
            assert_table(stringify!($table), &asking).await;
        }
    )+};
}

tables! {
    create_import_session: "- card: okta.create_import_session", [(CREATE_SESSION, 2, as_it_is)];
    list_import_sessions: "- card: okta.list_import_sessions", [(LIST_SESSIONS, 2, as_it_is)];
    read_import_session: "- { card: okta.read_import_session, with: { session_id: aps1 } }",
        [(READ_SESSION, 2, as_it_is)];
    delete_import_session: "- { card: okta.delete_import_session, with: { session_id: aps1 } }",
        [(DELETE_SESSION, 2, as_it_is)];
    trigger_import_session: "- { card: okta.trigger_import_session, with: { session_id: aps1 } }",
        [(START, 2, as_it_is)];
    bulk_user_import_upsert: "- card: okta.bulk_user_import
  with:
    session_id: aps1
    import_operation: upsert
    users: [{ externalId: \"1\", profile: { userName: ada@example.com } }]", [(UPSERT, 2, as_it_is)];
    bulk_user_import_delete: "- card: okta.bulk_user_import
  with: { session_id: aps1, import_operation: delete, users: [{ externalId: \"1\" }] }",
        [(DELETE, 2, as_it_is)];
    read_user: "- { card: okta.read_user, with: { id_or_login: ada@example.com } }", [(USER, 2, a_user)];
    list_users: "- { card: okta.list_users_with_search, with: { result_set: all } }", [(USERS, 3, a_user)];
    stream_users: "- { card: okta.list_users_with_search, with: { result_set: stream, flow: take } }",
        [(USERS, 1, a_user)];
    custom_api_action: "- { card: okta.custom_api_action, with: { relative_url: /api/v1/users/me } }",
        [(USER, 1, a_user)];
    list_employees: "- card: personio.list_employees
  with: { result_set: first, required_attributes: [first_name] }",
        [(LOG_IN, 2, as_it_is), (ATTRIBUTES, 3, as_it_is), (EMPLOYEES, 5, one_employee)];
    list_users_assigned_to_application: "- card: okta.list_users_assigned_to_application
  with: { result_set: first_500 }", [(APP_USERS, 2, an_app_user)];
    list_persons: "- { card: personio.list_persons, with: { result_set: first } }", [(PERSONS, 3, as_it_is)];
    list_employments: "- { card: personio.list_employments, with: { id: \"7\" } }",
        [(EMPLOYMENTS, 3, as_it_is)];
    list_employees_v2: "- card: personio.list_employees
  with: { api: v2, result_set: first, required_attributes: [first_name] }",
        [(PERSONS, 2, as_it_is), (EMPLOYMENTS, 2, as_it_is)];
    stream_employees: "- { card: personio.list_employees, with: { result_set: stream, flow: take } }",
        [(EMPLOYEES, 4, one_employee)];
    read_employee: "- { card: personio.read_employee, with: { id: \"7\" } }", [(EMPLOYEE, 4, an_employee)];
    create_user: "- card: okta.create_user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }",
        [(CREATE_USER, 1, a_user)];
    update_user: "- { card: okta.update_user, with: { id_or_login: 00u1, nickName: Ada } }", [(UPDATE_USER, 1, a_user)];
    replace_user: "- card: okta.update_user
  with: { id_or_login: 00u1, update_semantics: PUT, login: ada@example.com, email: ada@example.com }",
        [(REPLACE_USER, 1, a_user)];
    activate_user: "- { card: okta.activate_user, with: { id_or_login: 00u1, send_email: No } }",
        [(ACTIVATE, 1, as_it_is)];
    deactivate_user: "- { card: okta.deactivate_user, with: { id_or_login: 00u1 } }", [(DEACTIVATE, 1, as_it_is)];
    suspend_user: "- { card: okta.suspend_user, with: { id_or_login: 00u1 } }", [(SUSPEND, 1, as_it_is)];
    unsuspend_user: "- { card: okta.unsuspend_user, with: { id_or_login: 00u1 } }", [(UNSUSPEND, 1, as_it_is)];
    unlock_user: "- { card: okta.unlock_user, with: { id_or_login: 00u1 } }", [(UNLOCK, 1, as_it_is)];
    expire_password: "- { card: okta.expire_password, with: { id_or_login: 00u1 } }", [(EXPIRE, 1, a_user)];
    reset_password: "- { card: okta.reset_password, with: { id_or_login: 00u1 } }", [(RESET, 1, as_it_is)];
    clear_user_sessions: "- { card: okta.clear_user_sessions, with: { user_id: 00u1 } }",
        [(CLEAR_SESSIONS, 1, as_it_is)];
    delete_user: "- { card: okta.delete_user, with: { id_or_login: 00u1 } }",
        [(USER, 1, a_user), (DELETE_USER, 1, as_it_is)];
    search_users: "- { card: okta.search_users, with: { query: ada, result_set: all } }", [(USERS, 1, a_user)];
    list_users_with_filter: "- { card: okta.list_users_with_filter, with: { result_set: all, status: ACTIVE } }",
        [(USERS, 1, a_user)];
    get_users_groups: "- { card: okta.get_users_groups, with: { user_id: 00u1 } }", [(USERS_GROUPS, 2, a_group)];
    create_group: "- { card: okta.create_group, with: { name: Readers } }", [(CREATE_GROUP, 2, a_group)];
    read_group: "- { card: okta.read_group, with: { group_id: 00g1 } }", [(GROUP, 2, a_group)];
    update_group: "- { card: okta.update_group, with: { group_id: 00g1, name: Writers } }",
        [(GROUP, 1, a_group), (UPDATE_GROUP, 2, a_group)];
    search_groups: "- { card: okta.search_groups, with: { result_set: all, name: Readers } }", [(GROUPS, 2, a_group)];
    list_group_members: "- { card: okta.list_group_members, with: { group_id: 00g1, result_set: all } }",
        [(MEMBERS, 1, a_user)];
    add_user_to_group: "- { card: okta.add_user_to_group, with: { group_id: 00g1, user_id: 00u1 } }",
        [(ADD_MEMBER, 1, as_it_is)];
    remove_user_from_group: "- { card: okta.remove_user_from_group, with: { group_id: 00g1, user_id: 00u1 } }",
        [(REMOVE_MEMBER, 1, as_it_is)];
    list_applications: "- { card: okta.list_applications, with: { result_set: first_200 } }", [(APPS, 2, an_app)];
    search_applications: "- { card: okta.search_applications, with: { result_set: first, query: Intranet } }",
        [(APPS, 2, an_app)];
    get_assigned_user_for_application: "- card: okta.get_assigned_user_for_application
  with: { application_id: 0oa1, user_id: 00u1 }", [(APP_USER, 2, an_app_user)];
    assign_user_to_application_for_sso: "- card: okta.assign_user_to_application_for_sso
  with: { application_id: 0oa1, user_id: 00u1 }", [(ASSIGN_USER, 2, an_app_user)];
    update_application_profile_for_an_assigned_user: "- card: okta.update_application_profile_for_an_assigned_user
  with: { application_id: 0oa1, user_id: 00u1, name: Ada }", [(UPDATE_APP_USER, 1, an_app_user)];
    remove_user_from_application: "- card: okta.remove_user_from_application
  with: { application_id: 0oa1, user_id: 00u1 }", [(UNASSIGN_USER, 1, as_it_is)];
    list_groups_assigned_to_application: "- card: okta.list_groups_assigned_to_application
  with: { application_id: 0oa1, result_set: first_200 }", [(APP_GROUPS, 2, a_group_of_an_app)];
    assign_group_to_application: "- card: okta.assign_group_to_application
  with: { application_id: 0oa1, group_id: 00g1 }", [(ASSIGN_GROUP, 2, a_group_of_an_app)];
    search_system_logs: "- { card: okta.search_system_logs, with: { result_set: first_200, keyword: ada } }",
        [(LOGS, 2, an_event)];
}
