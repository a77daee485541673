//! `/api/v1/apps`: the applications, and the identity source, which is one of them.

use super::applications::{Application, Made, application_id};
use super::directory::UserStatus;
use super::error::ApiError;
use super::expressions::{APPS_FILTER, Expr, Field};
use super::ids::{iso_seconds, number};
use super::paging::{Asked, origin};
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The largest page; all there are, unless fewer are asked for.
const MAX_PAGE: usize = 200;
/// The identity source's label.
const SOURCE: &str = "Identity Source";

/// What the path of an application means.
pub enum Which {
    /// The identity source.
    Source,
    /// Another one, by number.
    Numbered(u32),
}

impl OktaSim {
    /// The application with this id.
    pub(super) fn application(&self, state: &Org, text: &str) -> Result<Which, ApiError> {
        if text == self.identity_source_id() {
            return Ok(Which::Source);
        }
        let found = state.applications.find(text).map(Which::Numbered);
        found.ok_or_else(|| ApiError::missing(text, "AppInstance"))
    }
}

impl OktaSim {
    /// What is shown of an application.
    pub(super) fn application_body(
        &self,
        state: &Org,
        which: &Which,
        origin: &str,
    ) -> Result<Value, ApiError> {
        match which {
            Which::Source => Ok(source(self).body(origin)),
            Which::Numbered(number) => {
                let found = state.applications.get(*number).ok_or_else(ApiError::internal)?;
                Ok(shown(*number, found).body(origin))
            }
        }
    }

    /// Whether a user (`user.id`) or a group (`group.id`) is assigned to an application.
    fn is_assigned(&self, state: &Org, app: &str, name: &str, who: &str) -> bool {
        let Ok(which) = self.application(state, app) else { return false };
        let (user, group) = (number("00u", who), number("00g", who));
        match (which, name) {
            (Which::Source, "user.id") => {
                user.and_then(|user| state.directory.get(user)).is_some_and(|user| user.sourced)
            }
            (Which::Numbered(place), _) => state.applications.get(place).is_some_and(|found| match name {
                "user.id" => user.is_some_and(|user| {
                    state.directory.get(user).is_some_and(|user| user.status != UserStatus::Deprovisioned)
                        && found.grant(user, &state.groups).is_some()
                }),
                _ => group.is_some_and(|group| found.groups.contains_key(&group)),
            }),
            _ => false,
        }
    }
}

/// What is shown of an application.
struct Shown<'a> {
    id: String,
    name: &'a str,
    label: &'a str,
    created_ms: i64,
    made: Option<&'a Made>,
}

impl Shown<'_> {
    fn body(&self, origin: &str) -> Value {
        let at = iso_seconds(self.created_ms);
        let link = |path: &str| json!({ "href": format!("{origin}/api/v1/apps/{}{path}", self.id) });
        json!({
            "id": self.id,
            "name": self.name,
            "label": self.label,
            "status": self.status(),
            "created": at,
            "lastUpdated": at,
            "features": [],
            "signOnMode": self.made.map_or("SAML_2_0", |made| &made.mode),
            "settings": self.made.and_then(|made| made.settings.as_ref()).unwrap_or(&json!({})),
            "_links": { "self": link(""), "users": link("/users"), "groups": link("/groups") },
        })
    }

    fn status(&self) -> &'static str {
        if self.made.is_some_and(|made| made.inactive) { "INACTIVE" } else { "ACTIVE" }
    }

    fn field(&self, name: &str, assigned: &impl Fn(&str, &str) -> Vec<String>) -> Field<'_> {
        match name {
            "id" => Field::Text(Cow::Borrowed(&self.id)),
            "name" => Field::Text(Cow::Borrowed(self.name)),
            "status" => Field::Text(Cow::Borrowed(self.status())),
            "user.id" | "group.id" => Field::Texts(assigned(&self.id, name)),
            "settings.slo.enabled" => Field::Truth(false),
            _ => Field::Absent,
        }
    }
}

fn shown(place: u32, application: &Application) -> Shown<'_> {
    let Application { name, label, created_ms, made, .. } = application;
    Shown { id: application_id(place), name, label, created_ms: *created_ms, made: Some(made) }
}

fn source(sim: &OktaSim) -> Shown<'_> {
    let id = sim.identity_source_id().to_owned();
    Shown { id, name: "identity_source", label: SOURCE, created_ms: sim.started_ms(), made: None }
}

/// A page of applications, the identity source first.
pub async fn list(State(sim): State<OktaSim>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let filter = asked.get("filter").map(|text| Expr::parse(text, &APPS_FILTER)).transpose()?;
    for name in ["useOptimization", "alwaysIncludeVpnSettings"] {
        if asked.is(name) {
            return Err(ApiError::not_simulated(&format!("{name}=true")));
        }
    }
    // `includeNonDeleted` changes nothing: no application of the simulator is inactive.
    let start = asked.get("q").map(str::to_lowercase);
    let limit = asked.limit(1, MAX_PAGE, MAX_PAGE)?;
    let from: usize = asked.get("after").map_or(Ok(0), str::parse).map_err(|_| ApiError::bad_paging())?;
    let state = sim.state();
    // Who is asked for is looked up, not all who are assigned.
    let assigned = |app: &str, name: &str| -> Vec<String> {
        let who = filter.as_ref().and_then(|expr| expr.demands(name));
        let has = who.is_some_and(|who| sim.is_assigned(&state, app, name, who));
        who.filter(|_| has).map(str::to_owned).into_iter().collect()
    };
    let wanted = |app: &Shown<'_>| {
        let begins =
            |start: &String| [app.name, app.label].iter().any(|text| text.to_lowercase().starts_with(start));
        start.as_ref().is_none_or(begins)
            && filter.as_ref().is_none_or(|expr| expr.matches(&|name| app.field(name, &assigned)))
    };
    let all = std::iter::once(source(&sim))
        .chain(state.applications.all().map(|(number, application)| shown(number, application)));
    let mut page: Vec<Shown<'_>> = all.filter(wanted).skip(from).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = more.then(|| (from + limit).to_string());
    let bodies: Vec<Value> = page.iter().map(|app| app.body(asked.origin())).collect();
    Ok((asked.links(limit, next.as_deref()), Json(bodies)).into_response())
}

/// One application.
pub async fn read(
    State(sim): State<OktaSim>,
    Path(app): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let which = sim.application(&state, &app)?;
    Ok(Json(sim.application_body(&state, &which, &origin(&parts))?).into_response())
}
