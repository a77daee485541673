//! `POST /api/v1/users/{user}/lifecycle/{operation}`: from which status to which.

use super::OktaSim;
use super::directory::{User, UserStatus};
use super::error::ApiError;
use super::ids::id;
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::users::{body, find};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, post};
use serde_json::json;

/// The steps of a user's life.
pub fn endpoints() -> [Endpoint<OktaSim>; 7] {
    macro_rules! step {
        ($operation:literal) => {
            post(
                concat!("/api/v1/users/{user}/lifecycle/", $operation),
                |State(sim): State<OktaSim>, Path(user): Path<String>, request: Request| async move {
                    run(&sim, &user, $operation, request)
                },
            )
        };
    }
    [
        step!("activate").takes("sendEmail"),
        step!("deactivate").takes("sendEmail"),
        step!("suspend"),
        step!("unsuspend"),
        step!("unlock"),
        step!("expire_password"),
        step!("reset_password").takes("sendEmail"),
    ]
}

/// Brings a user from one status to another, or says why not.
fn run(sim: &OktaSim, user: &str, operation: &str, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    // Whether to send a mail must be said where the answer is a link otherwise.
    let mails = asked.get("sendEmail");
    if operation == "reset_password" && mails.is_none() {
        return Err(ApiError::invalid("sendEmail", "sendEmail: The field cannot be left blank"));
    }
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, found) = find(&state.directory, user)?;
    let (status, kind) = next(operation, found)?;
    state.directory.set_status(number, status, now_ms);
    if status == UserStatus::Deprovisioned {
        state.applications.forget_user(number);
    }
    state.log.note(now_ms, kind, About { user: Some(number), ..About::default() });
    let found = state.directory.get(number).ok_or_else(ApiError::internal)?;
    let token = id("tok", number);
    let link = |path: &str| format!("{}/{path}/{token}", asked.origin());
    Ok(match operation {
        "expire_password" => Json(body(number, found, &origin(&parts), now_ms)).into_response(),
        "activate" if mails == Some("false") => {
            Json(json!({ "activationUrl": link("welcome"), "activationToken": token })).into_response()
        }
        "reset_password" if mails == Some("false") => {
            Json(json!({ "resetPasswordUrl": link("reset_password") })).into_response()
        }
        "activate" | "reset_password" => Json(json!({})).into_response(),
        _ => StatusCode::OK.into_response(),
    })
}

/// The status that follows, and how the log calls it.
fn next(operation: &str, user: &User) -> Result<(UserStatus, Kind), ApiError> {
    use UserStatus::{
        Active, Deprovisioned, LockedOut, PasswordExpired, Provisioned, Recovery, Staged, Suspended,
    };
    let refused = |what: &str, why: &str| Err(ApiError::invalid(what, why));
    match (operation, user.status) {
        ("activate", Staged) if user.password_ms.is_some() => Ok((Active, Kind::UserActivate)),
        ("activate", Staged | Deprovisioned) => Ok((Provisioned, Kind::UserActivate)),
        ("activate", _) => Err(ApiError::already_active()),
        ("deactivate", Deprovisioned) => {
            refused("deactivateUser", "Cannot deactivate a user that is deactivated")
        }
        ("deactivate", _) => Ok((Deprovisioned, Kind::UserDeactivate)),
        ("suspend", Active) => Ok((Suspended, Kind::UserSuspend)),
        ("suspend", _) => refused("suspendUser", "Cannot suspend a user that is not active"),
        ("unsuspend", Suspended) => Ok((Active, Kind::UserUnsuspend)),
        ("unsuspend", _) => refused("unsuspendUser", "Cannot unsuspend a user that is not suspended"),
        ("unlock", LockedOut) => Ok((Active, Kind::UserUnlock)),
        ("unlock", _) => Err(ApiError::not_locked()),
        ("expire_password", Suspended | Deprovisioned) => Err(ApiError::not_now()),
        ("expire_password", _) => Ok((PasswordExpired, Kind::PasswordExpire)),
        ("reset_password", Active | Provisioned | Recovery | LockedOut | PasswordExpired) => {
            Ok((Recovery, Kind::PasswordReset))
        }
        ("reset_password", _) => Err(ApiError::not_now()),
        _ => Err(ApiError::no_path()),
    }
}
