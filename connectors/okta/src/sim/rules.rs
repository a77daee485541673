//! Group rules: `/api/v1/groups/rules` (OpenAPI, tag GroupRule).

use super::directory::{Directory, User as Person, UserStatus};
use super::error::ApiError;
use super::groups::{Groups, group_id};
use super::kinds::Kind;
use super::log::{About, Log};
use super::paging::Asked;
use super::rule_words::{Rule, User};
use super::things::{Thing, Things, required, text};
use super::user_changes::read as read_body;
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, get, post, put};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Answer = Result<Response, ApiError>;

/// The largest page, and the usual one (OpenAPI).
const MAX_PAGE: usize = 200;
const PAGE: usize = 50;

/// The longest name.
const LONGEST: usize = 50;

/// The endpoints of rules.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 7] {
    [
        get("/api/v1/groups/rules", list).takes("limit after search"),
        post("/api/v1/groups/rules", create),
        get("/api/v1/groups/rules/{groupRuleId}", read),
        put("/api/v1/groups/rules/{groupRuleId}", replace),
        delete("/api/v1/groups/rules/{groupRuleId}", remove).takes("removeUsers"),
        post("/api/v1/groups/rules/{groupRuleId}/lifecycle/activate", |sim, path| turn(sim, path, "ACTIVE")),
        post("/api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate", |sim, path| turn(sim, path, "INACTIVE")),
    ]
}

/// The rules of an org, and whom each has put into groups.
pub struct Rules {
    all: Things,
    put: BTreeMap<String, BTreeSet<(u32, u32)>>,
    /// Of which state of the directory the memberships are.
    seen: Option<u64>,
}

impl Rules {
    /// No rules.
    pub fn new() -> Rules {
        Rules { all: Things::new("0pr", "GroupRule"), put: BTreeMap::new(), seen: None }
    }

    /// Lets the active rules add whom they mean and remove whom they don't mean any more, if anything has changed.
    pub fn apply(&mut self, directory: &Directory, groups: &mut Groups, log: &mut Log, now_ms: i64) {
        if self.seen == Some(directory.version()) {
            return;
        }
        self.seen = Some(directory.version());
        let active: Vec<Thing> =
            self.all.all().filter(|rule| text(rule, "status") == "ACTIVE").cloned().collect();
        for rule in active {
            let id = text(&rule, "id").to_owned();
            let wanted = meant(&rule, directory, groups);
            let before = self.put.insert(id, wanted.clone()).unwrap_or_default();
            for &(group, user) in wanted.difference(&before) {
                set(groups, log, group, user, true, now_ms);
            }
            for &(group, user) in before.difference(&wanted) {
                set(groups, log, group, user, false, now_ms);
            }
        }
    }
}

fn set(groups: &mut Groups, log: &mut Log, group: u32, user: u32, is_in: bool, now_ms: i64) {
    let Some(found) = groups.get_mut(group) else { return };
    if if is_in { found.members.insert(user) } else { found.members.remove(&user) } {
        found.members_ms = now_ms;
        let kind = if is_in { Kind::MemberAdd } else { Kind::MemberRemove };
        log.note(now_ms, kind, About { group: Some(group), user: Some(user), ..About::default() });
    }
}

/// Whom a rule puts where.
fn meant(rule: &Thing, directory: &Directory, groups: &Groups) -> BTreeSet<(u32, u32)> {
    let rule = Value::Object(rule.clone());
    let Ok(expression) = Rule::read(rule["conditions"]["expression"]["value"].as_str().unwrap_or_default())
    else {
        return BTreeSet::new();
    };
    let targets = ids(&rule["actions"]["assignUserToGroups"]["groupIds"]);
    let targets: Vec<u32> = targets.iter().filter_map(|id| groups.find(id).ok()).collect();
    let excluded = ids(&rule["conditions"]["people"]["users"]["exclude"]);
    let people = directory.users(0).filter(|(number, user)| {
        user.status != UserStatus::Deprovisioned
            && !excluded.iter().any(|id| directory.find(id) == Some(*number))
    });
    let fit = people.filter(|(number, user)| expression.fits(&Known { number: *number, user, groups }));
    fit.flat_map(|(number, _)| targets.iter().map(move |group| (*group, number))).collect()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A user as rules see one.
struct Known<'a> {
    number: u32,
    user: &'a Person,
    groups: &'a Groups,
}

impl User for Known<'_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.user.profile.get_in_directory(name)
    }

    fn is_in(&self, group: &str) -> bool {
        self.groups.find(group).is_ok_and(|group| self.groups.has(group, self.number))
    }

    fn is_in_named(&self, name: &str) -> bool {
        self.groups.named(name).is_some_and(|group| self.groups.has(group, self.number))
    }
}

/// The rule that a body describes.
fn read_rule(state: &Org, sent: &Thing) -> Result<Thing, ApiError> {
    let name = required(sent, "name")?;
    if name.chars().count() > LONGEST {
        return Err(ApiError::invalid(
            "name",
            format!("name: The field is too long, it may have {LONGEST} characters"),
        ));
    }
    let sent = Value::Object(sent.clone());
    let expression = sent["conditions"]["expression"]["value"].as_str().unwrap_or_default();
    if let Err(why) = Rule::read(expression) {
        // How Okta words it is a guess.
        return Err(ApiError::invalid("conditions", format!("Invalid expression: {why}")));
    }
    let groups = ids(&sent["actions"]["assignUserToGroups"]["groupIds"]);
    if groups.is_empty() {
        return Err(ApiError::invalid("actions", "groupIds: The field cannot be left blank"));
    }
    for group in &groups {
        state.groups.find_changeable(group)?;
    }
    let people = &sent["conditions"]["people"];
    let rule = json!({
        "type": "group_rule",
        "status": "INACTIVE",
        "name": name,
        "conditions": {
            "people": {
                "users": { "exclude": ids(&people["users"]["exclude"]) },
                "groups": { "exclude": ids(&people["groups"]["exclude"]) },
            },
            "expression": { "value": expression, "type": "urn:okta:expression:1.0" },
        },
        "actions": { "assignUserToGroups": { "groupIds": groups } },
    });
    match rule {
        Value::Object(rule) => Ok(rule),
        _ => Err(ApiError::internal()),
    }
}

async fn list(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let state = sim.state();
    let search = asked.get("search").map(str::to_lowercase);
    let wanted = |rule: &&Thing| {
        search.as_ref().is_none_or(|search| text(rule, "name").to_lowercase().contains(search))
    };
    let seen = |rule: &&Thing| asked.get("after").is_some_and(|after| text(rule, "id") != after);
    let mut all = state.rules.all.all().filter(wanted).peekable();
    if let Some(after) = asked.get("after") {
        state.rules.all.find(after).map_err(|_| ApiError::bad_paging())?;
        while all.next_if(seen).is_some() {}
        all.next();
    }
    let page: Vec<&Thing> = all.by_ref().take(limit).collect();
    let next = page.last().filter(|_| all.peek().is_some()).map(|rule| text(rule, "id").to_owned());
    Ok((asked.links(limit, next.as_deref()), Json(page)).into_response())
}

async fn create(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (_, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let rule = read_rule(state, &sent)?;
    if state.rules.all.all().any(|other| text(other, "name") == text(&rule, "name")) {
        return Err(super::sent::taken("name"));
    }
    let id = state.rules.all.add(rule, now_ms)?;
    Ok(Json(state.rules.all.find(&id)?).into_response())
}

async fn read(State(sim): State<OktaSim>, Path(rule): Path<String>) -> Answer {
    Ok(Json(sim.state().rules.all.find(&rule)?).into_response())
}

/// Only an inactive rule can be changed.
async fn replace(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (_, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    if text(state.rules.all.find(&id)?, "status") == "ACTIVE" {
        return Err(ApiError::invalid("status", "Cannot update an active rule. Deactivate it first."));
    }
    let newer = read_rule(state, &sent)?;
    let rule = state.rules.all.change(&id, now_ms)?;
    rule.extend(newer);
    Ok(Json(state.rules.all.find(&id)?).into_response())
}

/// Deletes a rule, with whom it has put into groups if that is wanted.
async fn remove(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.rules.all.remove(&id)?;
    let put = state.rules.put.remove(&id).unwrap_or_default();
    if asked.is("removeUsers") {
        for (group, user) in put {
            set(&mut state.groups, &mut state.log, group, user, false, now_ms);
        }
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Turns a rule on or off; on, it works at once, off, it leaves everybody where they are.
async fn turn(State(sim): State<OktaSim>, Path(id): Path<String>, status: &str) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.rules.all.change(&id, now_ms)?.insert("status".to_owned(), json!(status));
    state.rules.seen = None;
    state.rules.apply(&state.directory, &mut state.groups, &mut state.log, now_ms);
    let kind = if status == "ACTIVE" { Kind::RuleEvaluated } else { Kind::RuleDeactivated };
    state.log.note(now_ms, kind, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Forgets a group that is deleted.
pub fn forget_group(rules: &mut Rules, group: u32) {
    let id = group_id(group);
    rules.put.values_mut().for_each(|put| put.retain(|(known, _)| *known != group));
    for rule in rules.all.all_mut() {
        if let Some(Value::Array(groups)) =
            rule.get_mut("actions").and_then(|it| it.pointer_mut("/assignUserToGroups/groupIds"))
        {
            groups.retain(|known| known.as_str() != Some(&id));
        }
    }
}
