//! Administrators: the roles that users and groups are assigned (OpenAPI, tags RoleAssignmentAUser, RoleAssignmentBGroup).

use super::error::ApiError;
use super::groups::group_id;
use super::ids::id;
use super::kinds::Kind;
use super::log::About;
use super::paging::origin;
use super::things::{Thing, Things, required, text};
use super::user_changes::read as read_body;
use super::users::find as find_user;
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, get, post};
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Answer = Result<Response, ApiError>;

/// The standard roles and their labels (developer.okta.com/docs/concepts/role-assignment; OpenAPI, RoleType).
const STANDARD: [(&str, &str); 12] = [
    ("SUPER_ADMIN", "Super Administrator"),
    ("ORG_ADMIN", "Organization Administrator"),
    ("APP_ADMIN", "Application Administrator"),
    ("USER_ADMIN", "Group Administrator"),
    ("GROUP_MEMBERSHIP_ADMIN", "Group Membership Administrator"),
    ("HELP_DESK_ADMIN", "Help Desk Administrator"),
    ("READ_ONLY_ADMIN", "Read Only Administrator"),
    ("REPORT_ADMIN", "Report Administrator"),
    ("API_ACCESS_MANAGEMENT_ADMIN", "API Access Management Administrator"),
    ("WORKFLOWS_ADMIN", "Workflows Administrator"),
    ("ACCESS_CERTIFICATIONS_ADMIN", "Access Certifications Administrator"),
    ("ACCESS_REQUESTS_ADMIN", "Access Requests Administrator"),
];

/// The endpoints of assignments.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 9] {
    [
        get("/api/v1/users/{user}/roles", |sim, path, request| list(sim, path, Whose::User, request)),
        post("/api/v1/users/{user}/roles", |sim, path, request| assign(sim, path, Whose::User, request)).takes("disableNotifications"),
        get("/api/v1/users/{user}/roles/{roleAssignmentId}", |sim, path, request| read(sim, path, Whose::User, request)),
        delete("/api/v1/users/{user}/roles/{roleAssignmentId}", |sim, path| unassign(sim, path, Whose::User)),
        get("/api/v1/groups/{group}/roles", |sim, path, request| list(sim, path, Whose::Group, request)),
        post("/api/v1/groups/{group}/roles", |sim, path, request| assign(sim, path, Whose::Group, request)).takes("disableNotifications"),
        get("/api/v1/groups/{group}/roles/{roleAssignmentId}", |sim, path, request| read(sim, path, Whose::Group, request)),
        delete("/api/v1/groups/{group}/roles/{roleAssignmentId}", |sim, path| unassign(sim, path, Whose::Group)),
        get("/api/v1/iam/assignees/users", assignees).takes("after limit"),
    ]
}

/// What a role is assigned to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Group,
}

impl Whose {
    fn name(self) -> &'static str {
        if self == Whose::User { "USER" } else { "GROUP" }
    }

    /// The id of whoever a path names.
    fn find(self, state: &Org, given: &str) -> Result<(String, About), ApiError> {
        match self {
            Whose::User => {
                let (number, _) = find_user(&state.directory, given)?;
                Ok((id("00u", number), About { user: Some(number), ..About::default() }))
            }
            Whose::Group => {
                let number = state.groups.find(given)?;
                Ok((group_id(number), About { group: Some(number), ..About::default() }))
            }
        }
    }
}

/// The assignments of an org; each keeps to whom it belongs under `assignee`, which is not shown.
pub fn assignments() -> Things {
    Things::new("ra1", "RoleAssignment")
}

fn shown(assignment: &Thing, whose: Whose, origin: &str) -> Value {
    let mut shown = assignment.clone();
    let assignee = shown.remove("assignee").unwrap_or_default();
    let folder = if whose == Whose::User { "users" } else { "groups" };
    let href = format!("{origin}/api/v1/{folder}/{}", assignee.as_str().unwrap_or_default());
    shown.insert("_links".to_owned(), json!({ "assignee": { "href": href } }));
    Value::Object(shown)
}

async fn list(
    State(sim): State<OktaSim>,
    Path(given): Path<String>,
    whose: Whose,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (assignee, _) = whose.find(&state, &given)?;
    let own = state.assignments.all().filter(|it| text(it, "assignee") == assignee);
    let all: Vec<Value> = own.map(|it| shown(it, whose, &origin(&parts))).collect();
    Ok(Json(all).into_response())
}

async fn assign(
    State(sim): State<OktaSim>,
    Path(given): Path<String>,
    whose: Whose,
    request: Request,
) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (assignee, about) = whose.find(state, &given)?;
    let kind = required(&sent, "type")?;
    let mut assignment = match STANDARD.iter().find(|(known, _)| *known == kind) {
        Some((_, label)) => json!({ "label": label, "type": kind }),
        None if kind == "CUSTOM" => {
            let role = state.roles.named(&required(&sent, "role")?)?;
            let set = state.resource_sets.named(&required(&sent, "resource-set")?)?;
            let label = text(state.roles.find(&role)?, "label").to_owned();
            json!({ "label": label, "type": kind, "role": role, "resource-set": set })
        }
        None => return Err(ApiError::invalid("type", "type: Invalid role type.")),
    };
    let same = |it: &Thing| {
        ["type", "role", "resource-set"].iter().all(|name| it.get(*name) == assignment.get(*name))
            && text(it, "assignee") == assignee
    };
    if state.assignments.all().any(same) {
        return Err(ApiError::role_assigned());
    }
    assignment["status"] = json!("ACTIVE");
    assignment["assignmentType"] = json!(whose.name());
    assignment["assignee"] = json!(assignee);
    let Value::Object(assignment) = assignment else { return Err(ApiError::internal()) };
    let id = state.assignments.add(assignment, now_ms)?;
    let kind = if whose == Whose::User { Kind::PrivilegeGrant } else { Kind::GroupPrivilegeGrant };
    state.log.note(now_ms, kind, about);
    let made = shown(state.assignments.find(&id)?, whose, &origin(&parts));
    // OpenAPI: 201 for users, 200 for groups.
    let status = if whose == Whose::User { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(made)).into_response())
}

/// The assignment that a path names, if it is of whoever the path names.
fn find<'s>(state: &'s Org, whose: Whose, given: &str, id: &str) -> Result<(&'s Thing, About), ApiError> {
    let (assignee, about) = whose.find(state, given)?;
    let found = state.assignments.find(id)?;
    if text(found, "assignee") == assignee {
        Ok((found, about))
    } else {
        Err(ApiError::missing(id, "RoleAssignment"))
    }
}

async fn read(
    State(sim): State<OktaSim>,
    Path((given, id)): Path<(String, String)>,
    whose: Whose,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (found, _) = find(&state, whose, &given, &id)?;
    Ok(Json(shown(found, whose, &origin(&parts))).into_response())
}

async fn unassign(
    State(sim): State<OktaSim>,
    Path((given, id)): Path<(String, String)>,
    whose: Whose,
) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (_, about) = find(state, whose, &given, &id)?;
    state.assignments.remove(&id)?;
    let kind = if whose == Whose::User { Kind::PrivilegeRevoke } else { Kind::GroupPrivilegeRevoke };
    state.log.note(now_ms, kind, about);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The users who have a role, by themselves or through a group.
async fn assignees(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = super::paging::Asked::read(&parts)?;
    let limit = asked.limit(1, 100, 100)?;
    let state = sim.state();
    let mut all = BTreeSet::new();
    for assignment in state.assignments.all() {
        let assignee = text(assignment, "assignee");
        match state.groups.find(assignee) {
            Ok(group) => all.extend(
                state.directory.users(0).map(|(user, _)| user).filter(|user| state.groups.has(group, *user)),
            ),
            Err(_) => all.extend(state.directory.find(assignee)),
        }
    }
    let from = asked.get("after").map_or(Ok(0), super::users::after_user)?;
    let mut rest = all.range(from..).peekable();
    let page: Vec<u32> = rest.by_ref().take(limit).copied().collect();
    let origin = asked.origin();
    let value: Vec<Value> = page
        .iter()
        .map(|number| {
            let id = id("00u", *number);
            json!({ "id": id, "_links": {
                "self": { "href": format!("{origin}/api/v1/users/{id}") },
                "roles": { "href": format!("{origin}/api/v1/users/{id}/roles") },
            } })
        })
        .collect();
    let mut links = json!({ "self": { "href": format!("{origin}/api/v1/iam/assignees/users") } });
    if let (Some(last), Some(_)) = (page.last(), rest.peek()) {
        let after = id("00u", *last);
        links["next"] =
            json!({ "href": format!("{origin}/api/v1/iam/assignees/users?after={after}&limit={limit}") });
    }
    Ok(Json(json!({ "value": value, "_links": links })).into_response())
}
