//! Okta · Create User.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Secret, Text, Value, get};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};
use serde::Serialize;

use crate::given::{attributes, given};
use crate::looked::{holds, there};
use crate::users::Changed;
use crate::{Okta, connection, users};

/// Creates a user.
///
/// Each further field is an attribute of the profile, under Okta's name for it: `department`, `mobilePhone`, those of your own. Blank
/// attributes are left out. Activated, the user is `ACTIVE` with a password and `PROVISIONED` without one; else `STAGED`.
///
/// A recovery question needs its answer. Users whom `FEDERATION` or `SOCIAL` authenticates have neither password nor question.
///
/// If Okta's answer is lost, the card does not ask again, and fails: the user may be there.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct CreateUser {
    /// What Okta's card shows fields for; the fields that are filled decide here.
    #[input(key = "option")]
    option: Option<Text>,
    /// The login: a text in the form of a mail address.
    login: Text,
    /// The first name.
    #[input(key = "firstName")]
    first_name: Text,
    /// The last name.
    #[input(key = "lastName")]
    last_name: Text,
    /// The mail address.
    email: Text,
    /// The question that is asked when the password is forgotten.
    #[input(key = "Question")]
    question: Option<Text>,
    /// Its answer.
    #[input(key = "Answer")]
    answer: Option<Secret>,
    /// The password; blank means none.
    #[input(key = "Password")]
    password: Option<Secret>,
    /// The name of what authenticates the user; of a directory, that of its instance.
    #[input(key = "Provider Name")]
    provider_name: Option<Text>,
    /// What authenticates the user: Okta itself, if it is blank.
    #[input(key = "Provider Type", choices = ["ACTIVE_DIRECTORY", "FEDERATION", "IMPORT", "LDAP", "OKTA", "SOCIAL"])]
    provider_type: Option<Text>,
    /// Whether to activate the user at once.
    #[input(key = "Activate", default = true)]
    activate: bool,
    /// Further attributes of the profile.
    #[input(rest)]
    profile: Record,
}

#[derive(Serialize)]
struct Body<'a> {
    profile: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Credentials<'a>>,
}

#[derive(PartialEq, Serialize)]
struct Credentials<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Password<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_question: Option<Recovery<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider<'a>>,
}

#[derive(PartialEq, Serialize)]
struct Recovery<'a> {
    question: &'a str,
    answer: &'a str,
}

#[derive(PartialEq, Serialize)]
struct Provider<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(PartialEq, Serialize)]
struct Password<'a> {
    value: &'a str,
}

impl Effect for CreateUser {
    const ID: &str = "okta.create_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:createUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with:
    login: ada@example.com
    email: ada@example.com
    first_name: Ada
    last_name: Lovelace
    activate: false
    department: Engines
    employeeLevel: 7
- card: flow_control.return
  with: { status: $.user.status, department: $.user.raw_body.profile.department, level: $.user.raw_body.profile.employeeLevel }"#
            => ok "{ status: STAGED, department: Engines, level: 7 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_user
  with: { login: ADA@example.com, email: ada@example.com, first_name: Ada, last_name: Byron }"#
            => err "Okta answered 400 E0000001: Api validation failed: login",
        r#"- card: encryption.random
  id: drawn
- card: okta.create_user
  id: user
  with:
    login: ada@example.com
    email: ada@example.com
    first_name: Ada
    last_name: Lovelace
    question: What is your favourite movie?
    answer: $.drawn.secret
    provider_type: LDAP
    provider_name: ldap.example.com
- card: flow_control.return
  with: { credentials: $.user.raw_body.credentials }"#
            => ok "{ credentials: { recovery_question: { question: What is your favourite movie? }, provider: { type: LDAP, name: ldap.example.com } } }",
        r#"- card: okta.create_user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace, question: What else? }"#
            => err "a recovery question needs an answer",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the login, what the profile holds, and when the user was created");
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Changed;

    async fn run(self, okta: &Okta) -> Result<Changed> {
        let profile = self.sent()?;
        let about = okta.subject("create", given(&self.login, Self::LOGIN, "login")?, Some(&profile));
        let profile = Value::from(profile);
        let filled = |text: Option<Text>| text.filter(|text| !text.trim().is_empty());
        let hidden = |secret: Option<Secret>| secret.filter(|secret| !secret.expose().is_empty());
        let told = Told {
            password: hidden(self.password),
            question: filled(self.question),
            answer: hidden(self.answer),
            provider_type: filled(self.provider_type),
            provider_name: filled(self.provider_name),
        };
        told.check()?;
        // Made anew for each sending, so that what is secret is in nothing that could be shown.
        let call = Call::post("/api/v1/users")
            .query([("activate", self.activate.to_string())])
            .fresh(move || {
                let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
                Ok((headers.into_iter().collect(), told.body(&profile)?.into()))
            })
            .about(about);
        okta.client.read(call, Changed::read).await.map_err(|fault| match fault.lost {
            true => fault.help("read the user by the login: if there is one now, the user was created"),
            false => fault,
        })
    }

    /// No two users have the same login, so whoever was there before made the request fail. One with this profile who came since
    /// then is taken for the one that was asked for; a password, a question and its answer can't be compared.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Changed>> {
        let login = given(&self.login, Self::LOGIN, "login")?;
        if login.contains('/') {
            return Ok(Settled::unknown("Okta finds nobody by a login that has a slash"));
        }
        let sent = self.sent()?;
        let read = |reply: &Reply| Ok((Changed::read(reply)?, reply.value()?));
        let Some((user, value)) = there(okta.client.read(Call::get(users::path(login)), read).await)? else {
            return Ok(Settled::DidNot);
        };
        let profile = get(&value, "profile");
        let alike = profile.as_object().is_some_and(|profile| holds(profile, &sent));
        let active = matches!(user.status(), "ACTIVE" | "PROVISIONED");
        Ok(match began.against(&okta.client, user.created()) {
            When::Before => Settled::DidNot,
            When::Since if alike && active == self.activate => Settled::Happened(user),
            When::Since => Settled::unknown("a user with this login was created since then, who is not as asked for"),
            When::Unclear => Settled::unknown("a user with this login was created about then"),
        })
    }
}

impl CreateUser {
    /// The profile as Okta is sent it.
    fn sent(&self) -> Result<Record> {
        let mut profile = attributes(self.profile.clone())?;
        let named = [
            ("login", given(&self.login, Self::LOGIN, "login")?),
            ("firstName", given(&self.first_name, Self::FIRST_NAME, "first name")?),
            ("lastName", given(&self.last_name, Self::LAST_NAME, "last name")?),
            ("email", given(&self.email, Self::EMAIL, "mail address")?),
        ];
        for (name, text) in named {
            profile.insert(name.into(), Value::from(text));
        }
        Ok(profile)
    }
}

/// How the user proves who they are.
struct Told {
    password: Option<Secret>,
    question: Option<Text>,
    answer: Option<Secret>,
    provider_type: Option<Text>,
    provider_name: Option<Text>,
}

impl Told {
    fn check(&self) -> Result<()> {
        match (&self.question, &self.answer, &self.provider_name, &self.provider_type) {
            (Some(_), None, ..) => bail!(CreateUser::ANSWER, "a recovery question needs an answer"),
            (None, Some(_), ..) => bail!(CreateUser::QUESTION, "an answer needs its recovery question"),
            (.., Some(_), None) => bail!(CreateUser::PROVIDER_TYPE, "a provider's name needs its type"),
            _ => Ok(()),
        }
    }

    fn body(&self, profile: &Value) -> Result<Vec<u8>> {
        let question = self.question.as_deref().zip(self.answer.as_ref());
        let credentials = Credentials {
            password: self.password.as_ref().map(|it| Password { value: it.expose() }),
            recovery_question: question.map(|(question, it)| Recovery { question, answer: it.expose() }),
            provider: self
                .provider_type
                .as_deref()
                .map(|r#type| Provider { r#type, name: self.provider_name.as_deref() }),
        };
        let none = Credentials { password: None, recovery_question: None, provider: None };
        serde_json::to_vec(&Body { profile, credentials: Some(credentials).filter(|told| *told != none) })
            .map_err(|error| Fault::new(FaultKind::InvalidInput, format!("the user isn't JSON: {error}")))
    }
}
