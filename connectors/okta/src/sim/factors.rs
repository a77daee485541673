//! Users' factors: `/api/v1/users/{user}/factors` (OpenAPI, tag UserFactor), for the factors that need nobody at a phone.

use super::error::ApiError;
use super::ids::id;
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::sent::part;
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

type Answer = Result<Response, ApiError>;

/// What an org offers here: type, provider, vendor (OpenAPI, listSupportedFactors).
const OFFERED: [(&str, &str, &str); 4] = [
    ("question", "OKTA", "OKTA"),
    ("sms", "OKTA", "OKTA"),
    ("email", "OKTA", "OKTA"),
    ("token:software:totp", "GOOGLE", "GOOGLE"),
];

/// Some of Okta's security questions (OpenAPI, UserFactorSecurityQuestionProfile).
const QUESTIONS: [(&str, &str); 4] = [
    ("disliked_food", "What is the food you least liked as a child?"),
    ("name_of_first_plush_toy", "What is the name of your first stuffed animal?"),
    ("first_award", "What did you earn your first medal or award for?"),
    ("favorite_toy", "What was your favorite toy as a child?"),
];

/// The shortest answer to a question (OpenAPI: 4 characters).
const SHORTEST: usize = 4;

/// The endpoints of factors.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 7] {
    [
        get("/api/v1/users/{user}/factors", list),
        post("/api/v1/users/{user}/factors", enroll).takes("activate"),
        get("/api/v1/users/{user}/factors/catalog", catalog),
        get("/api/v1/users/{user}/factors/questions", questions),
        get("/api/v1/users/{user}/factors/{factorId}", read),
        delete("/api/v1/users/{user}/factors/{factorId}", unenroll).takes("removeRecoveryEnrollment"),
        post("/api/v1/users/{user}/lifecycle/reset_factors", reset),
    ]
}

/// The factors of an org; each keeps whose it is under `owner`, and an answer under `answer`, which are not shown.
pub fn factors() -> Things {
    Things::new("ufs", "UserFactor")
}

fn shown(factor: &Thing, user: &str, origin: &str) -> Value {
    let mut shown = factor.clone();
    shown.retain(|name, _| !matches!(name.as_str(), "owner" | "answer"));
    let user = format!("{origin}/api/v1/users/{user}");
    let here = format!("{user}/factors/{}", text(factor, "id"));
    shown.insert("_links".to_owned(), json!({ "self": { "href": here }, "user": { "href": user } }));
    Value::Object(shown)
}

/// The number and the id of a user.
fn whose(state: &Org, user: &str) -> Result<(u32, String), ApiError> {
    let (number, _) = find_user(&state.directory, user)?;
    Ok((number, id("00u", number)))
}

fn own<'s>(state: &'s Org, owner: &'s str) -> impl Iterator<Item = &'s Thing> {
    state.factors.all().filter(move |factor| text(factor, "owner") == owner)
}

async fn list(State(sim): State<OktaSim>, Path(user): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (_, owner) = whose(&state, &user)?;
    let all: Vec<Value> = own(&state, &owner).map(|factor| shown(factor, &owner, &origin(&parts))).collect();
    Ok(Json(all).into_response())
}

/// Enrolls a factor. A question is active at once; others wait for what only the user can send, unless `activate` says otherwise.
async fn enroll(State(sim): State<OktaSim>, Path(user): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let asked = Asked::read(&parts)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, owner) = whose(state, &user)?;
    let kind = required(&sent, "factorType")?;
    let provider = required(&sent, "provider")?;
    let offered = OFFERED.iter().find(|(known, by, _)| *known == kind && *by == provider);
    let Some((_, _, vendor)) = offered else {
        return Err(ApiError::not_simulated(&format!("the factor {kind} of {provider}")));
    };
    if own(state, &owner)
        .any(|factor| text(factor, "factorType") == kind && text(factor, "provider") == provider)
    {
        return Err(ApiError::invalid("factorEnrollRequest", "A factor of this type is already set up."));
    }
    let mut profile = part(&sent, "profile")?;
    let answer =
        profile.remove("answer").and_then(|answer| answer.as_str().map(str::to_owned)).unwrap_or_default();
    if kind == "question" {
        let question = text(&profile, "question").to_owned();
        let Some((_, words)) = QUESTIONS.iter().find(|(known, _)| *known == question) else {
            return Err(ApiError::invalid("factorEnrollRequest", "question: Invalid security question."));
        };
        if answer.chars().count() < SHORTEST {
            let why = format!(
                "answer: The security question answer must be at least {SHORTEST} characters in length"
            );
            return Err(ApiError::invalid("factorEnrollRequest", why));
        }
        profile.insert("questionText".to_owned(), json!(words));
    }
    let active = kind == "question" || asked.is("activate");
    let factor = json!({
        "factorType": kind, "provider": provider, "vendorName": vendor, "profile": profile,
        "status": if active { "ACTIVE" } else { "PENDING_ACTIVATION" }, "owner": owner, "answer": answer,
    });
    let Value::Object(factor) = factor else { return Err(ApiError::internal()) };
    let made = state.factors.add(factor, now_ms)?;
    if active {
        state.log.note(now_ms, Kind::FactorActivate, About { user: Some(number), ..About::default() });
    }
    Ok(Json(shown(state.factors.find(&made)?, &owner, &origin(&parts))).into_response())
}

async fn catalog(State(sim): State<OktaSim>, Path(user): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (_, owner) = whose(&state, &user)?;
    let href = format!("{}/api/v1/users/{owner}/factors", origin(&parts));
    let all: Vec<Value> = OFFERED
        .iter()
        .map(|(kind, provider, vendor)| {
            let has = own(&state, &owner)
                .any(|it| text(it, "factorType") == *kind && text(it, "provider") == *provider);
            json!({
                "factorType": kind, "provider": provider, "vendorName": vendor, "enrollment": "OPTIONAL",
                "status": if has { "ACTIVE" } else { "NOT_SETUP" },
                "_links": { "enroll": { "href": href, "hints": { "allow": ["POST"] } } },
            })
        })
        .collect();
    Ok(Json(all).into_response())
}

async fn questions(State(sim): State<OktaSim>, Path(user): Path<String>) -> Answer {
    whose(&sim.state(), &user)?;
    let all: Vec<Value> = QUESTIONS
        .iter()
        .map(|(question, words)| json!({ "question": question, "questionText": words }))
        .collect();
    Ok(Json(all).into_response())
}

/// The factor that a path names, if it is the user's.
fn find<'s>(state: &'s Org, owner: &str, factor: &str) -> Result<&'s Thing, ApiError> {
    let found = state.factors.find(factor)?;
    if text(found, "owner") == owner { Ok(found) } else { Err(ApiError::missing(factor, "UserFactor")) }
}

async fn read(
    State(sim): State<OktaSim>,
    Path((user, factor)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (_, owner) = whose(&state, &user)?;
    Ok(Json(shown(find(&state, &owner, &factor)?, &owner, &origin(&parts))).into_response())
}

async fn unenroll(State(sim): State<OktaSim>, Path((user, factor)): Path<(String, String)>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, owner) = whose(state, &user)?;
    find(state, &owner, &factor)?;
    state.factors.remove(&factor)?;
    state.log.note(now_ms, Kind::FactorDeactivate, About { user: Some(number), ..About::default() });
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn reset(State(sim): State<OktaSim>, Path(user): Path<String>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, owner) = whose(state, &user)?;
    state.factors.retain(|factor| text(factor, "owner") != owner);
    state.log.note(now_ms, Kind::FactorsReset, About { user: Some(number), ..About::default() });
    Ok(StatusCode::OK.into_response())
}
