//! What Okta is told of a user of an application.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use flowrun_core::does::Repeat;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Secret, Text, Value};
use flowrun_kit::call::Call;
use serde_json::json;

use crate::applications::AppUser;
use crate::given::{attributes, filled};
use crate::{Okta, applications};

/// A user's credentials for an application, and what the application has of the user.
#[derive(Clone)]
pub(crate) struct Assignment {
    user_name: Option<String>,
    password: Option<Secret>,
    profile: Record,
}

impl Assignment {
    /// What is not blank of what a card is given.
    pub(crate) fn of(
        user_name: &Option<Text>,
        password: &Option<Secret>,
        profile: Record,
    ) -> Result<Assignment> {
        let user_name = filled(user_name).map(str::to_owned);
        let password = password.clone().filter(|password| !password.expose().is_empty());
        Ok(Assignment { user_name, password, profile: attributes(profile)? })
    }

    /// Assigns the user by themselves. If the answer is lost, it is looked up whether the user is assigned; one who is may have been so
    /// before, with another profile.
    pub(crate) async fn make(
        &self,
        okta: &Okta,
        application: &str,
        user: &str,
        scope: &Text,
    ) -> Result<AppUser> {
        let path = format!("{}/users", applications::path(application));
        let first = json!({ "id": user, "scope": &**scope });
        let call = || self.call(okta, "assign", user, path.clone(), first.clone());
        match okta.client.read(call(), AppUser::read).await {
            Err(fault) if fault.lost => {
                let there = Call::get(applications::user(application, user));
                match okta.client.read(there, AppUser::read).await {
                    Ok(assigned) if assigned.is_by_itself() && self.profile.is_empty() => Ok(assigned),
                    Ok(assigned) if assigned.is_by_itself() => self.change(okta, application, user).await,
                    Ok(_) => okta.client.read(call(), AppUser::read).await,
                    Err(reading) if reading.kind == FaultKind::NotFound => {
                        okta.client.read(call(), AppUser::read).await
                    }
                    Err(_) => Err(fault),
                }
            }
            assigned => assigned,
        }
    }

    /// Changes what the application has of a user who is assigned already; the same twice is like once.
    pub(crate) async fn change(&self, okta: &Okta, application: &str, user: &str) -> Result<AppUser> {
        if self.user_name.is_none() && self.password.is_none() && self.profile.is_empty() {
            let nothing = "nothing to change is given, or all of it is blank";
            return Err(Fault::new(FaultKind::InvalidInput, nothing));
        }
        let path = applications::user(application, user);
        let call = self.call(okta, "update_assignment", user, path, json!({}));
        okta.client.read(call.repeat(Repeat::Safe), AppUser::read).await
    }

    /// The body is made anew for each sending, so that the password is in nothing that could be shown.
    fn call(
        &self,
        okta: &Okta,
        operation: &'static str,
        user: &str,
        path: String,
        first: serde_json::Value,
    ) -> Call {
        let assignment = self.clone();
        let profile = Some(&self.profile).filter(|profile| !profile.is_empty());
        let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let headers: HeaderMap = json.into_iter().collect();
        Call::post(path)
            .fresh(move || Ok((headers.clone(), assignment.bytes(first.clone())?.into())))
            .about(okta.subject(operation, user, profile))
    }

    fn bytes(&self, mut body: serde_json::Value) -> Result<Vec<u8>> {
        let unfit = |error: serde_json::Error| {
            Fault::new(FaultKind::InvalidInput, format!("the user isn't JSON: {error}"))
        };
        if let Some(name) = &self.user_name {
            body["credentials"]["userName"] = name.as_str().into();
        }
        if let Some(password) = &self.password {
            body["credentials"]["password"]["value"] = password.expose().into();
        }
        if !self.profile.is_empty() {
            body["profile"] = serde_json::to_value(Value::from(self.profile.clone())).map_err(unfit)?;
        }
        serde_json::to_vec(&body).map_err(unfit)
    }
}
