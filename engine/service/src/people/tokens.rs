//! API tokens: what programs say who they are by.

use std::sync::Arc;

use flowrun_kit::clock::Clock;
use flowrun_store::{Result, Store};
use serde::{Deserialize, Serialize};

use super::form::Form;
use super::kept::Kept;
use super::rights::Standing;
use super::secrets;

const SPACE: &str = "token";

/// How each begins, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "fr_";

/// How often it is written down that a token is used.
const NOTED_MS: i64 = 60_000;

/// How much of a hash is shown as the token's ID.
const ID_LETTERS: usize = 16;

/// A token that is to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Its name, for people.
    pub name: String,
    /// What it may do.
    pub may: Standing,
    /// When it ends, in milliseconds since 1970.
    #[serde(default)]
    pub ends_ms: Option<i64>,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub may: Standing,
    /// Who made it.
    pub made_by: String,
    /// When, in milliseconds since 1970.
    pub made_ms: i64,
    /// When it ends.
    pub ends_ms: Option<i64>,
    /// When it was used last, to the minute.
    pub used_ms: Option<i64>,
}

/// A token, as it is kept: by its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    v: Form,
    name: String,
    may: Standing,
    made_by: String,
    made_ms: i64,
    ends_ms: Option<i64>,
    used_ms: Option<i64>,
}

/// All tokens there are.
pub(super) struct Tokens {
    kept: Kept<Token>,
    clock: Clock,
}

impl Tokens {
    pub(super) fn open(store: Arc<dyn Store>, clock: Clock) -> Result<Tokens> {
        Ok(Tokens { kept: Kept::open(store, SPACE)?, clock })
    }

    /// Makes a token, and gives it as it will never be shown again.
    pub(super) async fn make(&self, new: NewToken, made_by: &str) -> Result<(String, TokenInfo)> {
        let now = self.clock.now_ms();
        let secret = format!("{PREFIX}{}", secrets::fresh());
        let key = secrets::hash(&secret);
        let NewToken { name, may, ends_ms } = new;
        let made_by = made_by.to_owned();
        let token = Token { v: Form, name, may, made_by, made_ms: now, ends_ms, used_ms: None };
        self.kept.put(&key, now * 1000, token.clone()).await?;
        Ok((secret, info(&key, token)))
    }

    /// The token of a secret, if it holds; it has been used now.
    pub(super) fn find(&self, secret: &str) -> Option<TokenInfo> {
        let key = secrets::hash(secret);
        let token = self.living(&key)?;
        let now = self.clock.now_ms();
        if token.used_ms.is_none_or(|used| now - used >= NOTED_MS) {
            self.kept.change(&key, |token| token.used_ms = Some(now));
        }
        Some(info(&key, token))
    }

    /// Whether the token of an ID goes on holding.
    pub(super) fn holds(&self, id: &str) -> bool {
        self.kept.list().iter().any(|(key, _)| names(id, key) && self.living(key).is_some())
    }

    fn living(&self, key: &str) -> Option<Token> {
        let now = self.clock.now_ms();
        self.kept.get(key).filter(|token| token.ends_ms.is_none_or(|ends| now < ends))
    }

    /// All tokens, also those that have ended, in the order in which they were made.
    pub(super) fn list(&self) -> Vec<TokenInfo> {
        let mut all: Vec<TokenInfo> =
            self.kept.list().into_iter().map(|(key, token)| info(&key, token)).collect();
        all.sort_by(|one, other| (one.made_ms, &one.id).cmp(&(other.made_ms, &other.id)));
        all
    }

    /// Forgets who made tokens and what they are called, where that mentions a person; says of how many.
    pub(super) async fn forget(&self, person: &str) -> Result<usize> {
        let is_theirs = |text: &String| super::mentions(text, person);
        let theirs = |(_, token): &(Arc<str>, Token)| is_theirs(&token.made_by) || is_theirs(&token.name);
        let theirs: Vec<(Arc<str>, Token)> = self.kept.list().into_iter().filter(theirs).collect();
        for (key, token) in &theirs {
            let forgotten = |text: &String| match is_theirs(text) {
                true => "somebody who is forgotten".to_owned(),
                false => text.clone(),
            };
            let (made_by, name) = (forgotten(&token.made_by), forgotten(&token.name));
            let token = Token { made_by, name, ..token.clone() };
            self.kept.put(key, token.made_ms * 1000, token).await?;
        }
        Ok(theirs.len())
    }

    /// Takes a token back, and says which it was.
    pub(super) async fn revoke(&self, id: &str) -> Result<Option<TokenInfo>> {
        let gone = self.kept.remove(|key, _| names(id, key)).await?;
        Ok(gone.into_iter().next().map(|(key, token)| info(&key, token)))
    }
}

/// Whether an ID is that of the token with a hash.
fn names(id: &str, hash: &str) -> bool {
    id.len() == ID_LETTERS && hash.starts_with(id)
}

fn info(key: &str, token: Token) -> TokenInfo {
    let Token { v: _, name, may, made_by, made_ms, ends_ms, used_ms } = token;
    TokenInfo { id: key.chars().take(ID_LETTERS).collect(), name, may, made_by, made_ms, ends_ms, used_ms }
}
