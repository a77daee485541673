//! Sessions: who has signed in with which browser.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_kit::clock::Clock;
use flowrun_store::{Result, Store};
use serde::{Deserialize, Serialize};

use super::form::Form;
use super::kept::Kept;
use super::secrets;

pub(super) const SPACE: &str = "session";
const HOUR_MS: i64 = 3_600_000;

/// How long a session lasts.
pub const LASTS_MS: i64 = 12 * HOUR_MS;

/// How long it lasts while nobody uses it.
pub const IDLE_MS: i64 = HOUR_MS;

/// How often it is written down that it is used.
const NOTED_MS: i64 = 60_000;

/// How many sessions somebody may have: the oldest ends where a further one begins.
const MOST_OF_A_PERSON: usize = 20;

/// Somebody who has just proved who they are.
#[derive(Clone, Debug, Default)]
pub struct Newcomer {
    /// Who says so: an issuer, or `local`.
    pub by: String,
    /// Their ID there.
    pub id: String,
    /// Their name, for people.
    pub name: String,
    /// Their address, for people.
    pub email: Option<String>,
    /// Their groups, as far as something depends on them.
    pub groups: Vec<String>,
    /// The provider's name for the session there.
    pub sid: Option<String>,
    /// What ends that session (`id_token_hint`). It is not written down.
    pub id_token: Option<String>,
}

/// A session, as it is kept: by the hash of its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    v: Form,
    pub(super) by: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) sid: Option<String>,
    pub(super) begun_ms: i64,
    seen_ms: i64,
}

impl Session {
    fn has_ended(&self, now: i64) -> bool {
        now - self.begun_ms >= LASTS_MS || now - self.seen_ms >= IDLE_MS
    }

    /// When it ends at the latest.
    pub(super) fn ends_ms(&self) -> i64 {
        self.begun_ms + LASTS_MS
    }
}

/// All sessions there are.
pub(super) struct Sessions {
    kept: Kept<Session>,
    clock: Clock,
    id_tokens: Mutex<BTreeMap<Arc<str>, String>>,
}

impl Sessions {
    /// Those of the store that were begun in one of these ways. Others were of a time with other settings.
    pub(super) fn open(store: Arc<dyn Store>, clock: Clock, ways: &[String]) -> Result<Sessions> {
        let kept = Kept::open(store, SPACE)?;
        let sessions = Sessions { kept, clock, id_tokens: Mutex::default() };
        let now = sessions.clock.now_ms();
        sessions.kept.sweep(|_, session| session.has_ended(now) || !ways.contains(&session.by));
        Ok(sessions)
    }

    /// Begins a session, and gives its secret: it is never shown again.
    pub(super) async fn begin(&self, newcomer: Newcomer) -> Result<String> {
        let now = self.clock.now_ms();
        self.make_room(&newcomer, now).await?;
        let secret = secrets::fresh();
        let key = secrets::hash(&secret);
        let Newcomer { by, id, name, email, groups, sid, id_token } = newcomer;
        let session = Session { v: Form, by, id, name, email, groups, sid, begun_ms: now, seen_ms: now };
        self.kept.put(&key, now * 1000, session).await?;
        if let Some(token) = id_token {
            self.id_tokens().insert(Arc::from(key), token);
        }
        Ok(secret)
    }

    /// Ends what has ended by itself, and what is too much of the one who comes.
    async fn make_room(&self, newcomer: &Newcomer, now: i64) -> Result<()> {
        let mut theirs: Vec<(i64, Arc<str>)> = self
            .kept
            .list()
            .into_iter()
            .filter(|(_, session)| {
                session.id == newcomer.id && session.by == newcomer.by && !session.has_ended(now)
            })
            .map(|(key, session)| (session.begun_ms, key))
            .collect();
        theirs.sort();
        let excess = (theirs.len() + 1).saturating_sub(MOST_OF_A_PERSON);
        let oldest: Vec<Arc<str>> = theirs.into_iter().take(excess).map(|(_, key)| key).collect();
        self.end_if(|key, session| session.has_ended(now) || oldest.iter().any(|old| **old == *key))
            .await
            .map(|_| ())
    }

    /// The session of a secret, with the name by which it is kept; it has been used now.
    pub(super) fn find(&self, secret: &str) -> Option<(Arc<str>, Session)> {
        let key = secrets::hash(secret);
        let session = self.living(&key)?;
        let now = self.clock.now_ms();
        if now - session.seen_ms >= NOTED_MS {
            self.kept.change(&key, |session| session.seen_ms = now);
        }
        Some((Arc::from(key), session))
    }

    /// A session by the name by which it is kept, if it goes on.
    pub(super) fn living(&self, key: &str) -> Option<Session> {
        self.kept.get(key).filter(|session| !session.has_ended(self.clock.now_ms()))
    }

    /// Ends a session, and gives what ends the one at the provider.
    pub(super) async fn end(&self, key: &str) -> Result<Option<String>> {
        let id_token = self.id_tokens().remove(key);
        self.end_if(|own, _| own == key).await?;
        Ok(id_token)
    }

    /// Ends all sessions of somebody, and says how many there were.
    pub(super) async fn end_all(&self, by: &str, id: &str) -> Result<usize> {
        self.end_if(|_, session| session.by == by && session.id == id).await
    }

    /// Ends the sessions that belong to one at the provider.
    pub(super) async fn end_at_provider(&self, issuer: &str, sid: &str) -> Result<usize> {
        self.end_if(|_, session| session.by == issuer && session.sid.as_deref() == Some(sid)).await
    }

    /// Ends the sessions that mention a person.
    pub(super) async fn forget(&self, person: &str) -> Result<usize> {
        self.end_if(|_, session| super::mentions(session, person)).await
    }

    async fn end_if(&self, ends: impl Fn(&str, &Session) -> bool) -> Result<usize> {
        let ended = self.kept.remove(ends).await?;
        let mut id_tokens = self.id_tokens();
        ended.iter().for_each(|(key, _)| {
            id_tokens.remove(key);
        });
        Ok(ended.len())
    }

    fn id_tokens(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, String>> {
        self.id_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
