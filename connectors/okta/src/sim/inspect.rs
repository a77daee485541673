//! What tests and the sandbox may do to a simulated org behind its API's back.

use super::OktaSim;
use super::applications::application_id;
use super::directory::{Directory, User, UserStatus};
use super::ids::id;
use super::profile::Profile;
use super::sessions::SessionStatus;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A user who is there before the run.
#[derive(Clone, Debug)]
pub struct SeedUser {
    /// The id the identity source knows the user by.
    pub external_id: String,
    /// The profile, by the identity source's names: `userName`, `email`, `firstName` and so on.
    pub profile: BTreeMap<String, String>,
    pub status: UserStatus,
}

/// A user in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Okta's id.
    pub id: String,
    /// The id the identity source knows the user by; empty if it doesn't.
    pub external_id: String,
    pub status: UserStatus,
    /// The profile's texts, by the identity source's names; empty attributes are left out.
    pub profile: BTreeMap<String, String>,
}

/// A session, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    pub id: String,
    pub status: SessionStatus,
    /// How many bulk requests it took.
    pub requests: u32,
    /// How many entities it took to create or update.
    pub upserts: usize,
    /// How many entities it took to deactivate.
    pub deletes: usize,
    /// When it was opened, in milliseconds since 1970.
    pub created_ms: i64,
    /// When its import was triggered.
    pub triggered_ms: Option<i64>,
}

/// What a bulk request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `bulk-upsert`.
    Upsert,
    /// `bulk-delete`.
    Delete,
}

impl OktaSim {
    /// Adds users who are there before the run.
    pub fn seed(&self, users: impl IntoIterator<Item = SeedUser>) {
        let now_ms = self.now_ms();
        let mut state = self.state();
        for user in users {
            let attributes = user
                .profile
                .iter()
                .map(|(name, value)| (Cow::from(name.as_str()), Some(Cow::from(value.as_str()))));
            let profile = Profile::new(attributes);
            state.directory.seed(&user.external_id, profile, user.status, now_ms);
        }
    }

    /// Adds an application that nobody is assigned to; its id.
    pub fn add_application(&self, label: &str) -> String {
        let now_ms = self.now_ms();
        application_id(self.state().applications.add(label, now_ms))
    }

    /// How many users the directory has, deactivated ones too.
    pub fn user_count(&self) -> usize {
        self.state().directory.len()
    }

    /// How many users have a status.
    pub fn count_status(&self, status: UserStatus) -> usize {
        self.state().directory.users(0).filter(|(_, user)| user.status == status).count()
    }

    /// All users, in the order in which they were created.
    pub fn users(&self) -> Vec<UserRecord> {
        let state = self.state();
        state.directory.users(0).map(|(number, user)| record(&state.directory, number, user)).collect()
    }

    /// The user with an external id.
    pub fn user(&self, external_id: &str) -> Option<UserRecord> {
        let state = self.state();
        let number = state.directory.find_external(external_id)?;
        Some(record(&state.directory, number, state.directory.get(number)?))
    }

    /// All sessions there ever were, in the order in which they were opened.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        let state = self.state();
        let sessions = state.sessions.all().iter();
        let records = sessions.map(|session| {
            let deletes = session.loaded.iter().filter(|loaded| loaded.delete).count();
            SessionRecord {
                id: id("aps", session.number),
                status: session.status,
                requests: session.requests,
                upserts: session.loaded.len() - deletes,
                deletes,
                created_ms: session.created_ms,
                triggered_ms: session.triggered_ms,
            }
        });
        records.collect()
    }

    /// The external ids a session took, in order, each as often as it was sent.
    pub fn sent_in(&self, session_id: &str) -> Vec<(Operation, String)> {
        let state = self.state();
        let session = state.sessions.all().iter().find(|session| id("aps", session.number) == session_id);
        let loaded = session.into_iter().flat_map(|session| &session.loaded);
        let sent = loaded.map(|loaded| {
            let operation = if loaded.delete { Operation::Delete } else { Operation::Upsert };
            (operation, state.directory.external_id(loaded.external).to_owned())
        });
        sent.collect()
    }

    /// How often each external id was sent for an operation, in sessions whose data was not thrown away.
    pub fn sent(&self, operation: Operation) -> BTreeMap<String, u32> {
        let state = self.state();
        let kept = |status| !matches!(status, SessionStatus::Closed | SessionStatus::Expired);
        let sessions = state.sessions.all().iter().filter(|session| kept(session.status));
        let mut times = BTreeMap::new();
        for loaded in sessions.flat_map(|session| &session.loaded) {
            if loaded.delete == (operation == Operation::Delete) {
                *times.entry(state.directory.external_id(loaded.external).to_owned()).or_default() += 1;
            }
        }
        times
    }

    /// How many events of a type the System Log ever had.
    pub fn events(&self, event_type: &str) -> u64 {
        self.state().log.counts().get(event_type).copied().unwrap_or(0)
    }

    /// Opens a session as somebody else would have, in CREATED, IN_PROGRESS or TRIGGERED; its id.
    ///
    /// One in any other status was opened and is already over.
    pub fn open_session_for_test(&self, status: SessionStatus) -> String {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let state = &mut *state;
        let session = state.sessions.open(now_ms, &mut state.log);
        let number = session.number;
        session.status = status;
        if status == SessionStatus::Triggered {
            state.sessions.trigger(number, now_ms, &mut state.log);
        }
        id("aps", number)
    }

    /// Lets the next import that is triggered end in ERROR, without any of its users.
    pub fn fail_next_import(&self) {
        self.state().sessions.fail_next();
    }
}

fn record(directory: &Directory, number: u32, user: &User) -> UserRecord {
    let texts =
        user.profile.attributes().filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
    UserRecord {
        id: id("00u", number),
        external_id: user.external.map_or("", |external| directory.external_id(external)).to_owned(),
        status: user.status,
        profile: texts.collect(),
    }
}
