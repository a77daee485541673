//! Who sends a request: what handlers ask.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::problem::Problem;
use super::rights::{Place, Right, Standing};
use super::tokens::TokenInfo;
use super::{LOCAL, OWNER};

/// Who sends a request. The guard finds out; a handler takes it as an argument.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody has said who they are.
    Anonymous,
    /// Somebody who has signed in.
    Person(Arc<Person>),
    /// A program with a token.
    Token(Arc<TokenInfo>),
}

/// Somebody who has signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who says who they are: an issuer, `proxy`, `local`.
    pub by: String,
    /// Their ID there.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// What they may do.
    pub standing: Standing,
    /// What the pages of this session send as `x-csrf-token` with what changes something.
    pub csrf: String,
    /// When they have to sign in again, in milliseconds since 1970.
    pub ends_ms: Option<i64>,
    /// The name by which the session is kept.
    pub(super) session: Option<Arc<str>>,
}

impl Caller {
    /// Whoever owns what is kept, and could do all of it without a service.
    pub fn owner() -> Caller {
        Caller::Person(Arc::new(Person {
            by: LOCAL.to_owned(),
            id: LOCAL.to_owned(),
            name: OWNER.to_owned(),
            email: None,
            standing: Standing::everything(),
            csrf: String::new(),
            ends_ms: None,
            session: None,
        }))
    }

    /// What they may do.
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Caller::Anonymous => None,
            Caller::Person(person) => Some(&person.standing),
            Caller::Token(token) => Some(&token.may),
        }
    }

    /// Whether they may do something at a place.
    pub fn may(&self, right: Right, place: Place<'_>) -> bool {
        self.standing().is_some_and(|standing| standing.includes(right, place))
    }

    /// Whether they have any right in a project or anything in it; else they are not told that it exists.
    pub fn knows(&self, project: &str) -> bool {
        self.standing().is_some_and(|standing| standing.reaches(project))
    }

    /// Refuses what they may not do: 401 where nobody has said who they are, else 403.
    pub fn needs(&self, right: Right, place: Place<'_>) -> Result<(), Problem> {
        match self {
            Caller::Anonymous => Err(Problem::nobody()),
            _ if self.may(right, place) => Ok(()),
            _ => {
                let wherever = match place {
                    Place::Service => String::new(),
                    Place::Folder(path) | Place::Flow(path) => format!(" at {path}"),
                };
                Err(Problem::forbidden(&format!(
                    "you may not {}{wherever}: rights are given under `access` in the service's settings",
                    right.words()
                )))
            }
        }
    }

    /// What they are, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Caller::Anonymous => "nobody",
            Caller::Person(_) => "person",
            Caller::Token(_) => "token",
        }
    }

    /// Their name, as records of what was done have it.
    pub fn name(&self) -> String {
        match self {
            Caller::Anonymous => "nobody".to_owned(),
            Caller::Person(person) => person.email.clone().unwrap_or_else(|| person.name.clone()),
            Caller::Token(token) => format!("token {} ({})", token.name, token.id),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        // Without the guard nobody knows who it is, and nothing was checked: rather nothing than everything.
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "this address is not guarded: a mistake of flowrun's own",
            )
        })
    }
}
