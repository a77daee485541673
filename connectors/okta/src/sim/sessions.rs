//! Import sessions: their life cycle, and the imports they start.

use super::applications::Applications;
use super::directory::{Applied, Directory, External, Rehire};
use super::error::ApiError;
use super::ids::{id, iso_seconds, number};
use super::kinds::Kind;
use super::log::Log;
use super::profile::Profile;
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;

/// How many bulk requests a session takes.
pub const MAX_REQUESTS: u32 = 50;

/// How long a session lives that nobody asks for, until it has been triggered.
const IDLE_MS: i64 = 24 * 3_600_000;

/// Okta's sentence, as its Terraform provider quotes it.
const ONE_SESSION: &str =
    "Only one active import session per identity source is allowed to be created every 5 minutes";

/// The status of an import session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// Open, and empty.
    Created,
    /// Open, with data.
    InProgress,
    /// Its import waits or runs.
    Triggered,
    /// Its import is done.
    Completed,
    /// Given up; its data is gone.
    Closed,
    /// Forgotten; its data is gone.
    Expired,
    /// Its import failed.
    Error,
}

impl SessionStatus {
    /// The status in Okta's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            SessionStatus::Created => "CREATED",
            SessionStatus::InProgress => "IN_PROGRESS",
            SessionStatus::Triggered => "TRIGGERED",
            SessionStatus::Completed => "COMPLETED",
            SessionStatus::Closed => "CLOSED",
            SessionStatus::Expired => "EXPIRED",
            SessionStatus::Error => "ERROR",
        }
    }

    /// Whether data may still be loaded and the session be given up.
    pub fn is_open(self) -> bool {
        matches!(self, SessionStatus::Created | SessionStatus::InProgress)
    }

    /// Whether the list of sessions shows it.
    pub fn is_active(self) -> bool {
        self.is_open() || self == SessionStatus::Triggered
    }
}

/// One entity of a bulk request.
pub enum Load {
    /// Create or update a user.
    Upsert(External, Profile),
    /// Deactivate a user.
    Delete(External),
}

/// What was sent, without the data: kept for good, to tell who was sent how often.
#[derive(Clone, Copy)]
pub struct Loaded {
    pub external: External,
    pub delete: bool,
}

pub struct Session {
    pub number: u32,
    pub status: SessionStatus,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub requests: u32,
    pub loaded: Vec<Loaded>,
    pub triggered_ms: Option<i64>,
    touched_ms: i64,
    waiting: Vec<Load>,
    begins_ms: i64,
    began: bool,
    fails: bool,
}

/// A session as Okta shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionBody<'a> {
    id: String,
    identity_source_id: &'a str,
    status: &'static str,
    import_type: &'static str,
    created: String,
    last_updated: String,
}

impl Session {
    /// The session as an answer.
    pub fn body<'a>(&self, identity_source_id: &'a str) -> SessionBody<'a> {
        SessionBody {
            id: id("aps", self.number),
            identity_source_id,
            status: self.status.as_str(),
            import_type: "INCREMENTAL",
            created: iso_seconds(self.created_ms),
            last_updated: iso_seconds(self.updated_ms),
        }
    }

    fn turn(&mut self, status: SessionStatus, now_ms: i64) {
        self.status = status;
        self.updated_ms = now_ms;
    }
}

pub struct Sessions {
    all: Vec<Session>,
    rehire: Rehire,
    queue: VecDeque<u32>,
    import_ms: i64,
    cooldown_ms: i64,
    free_ms: i64,
    fail_next: bool,
}

impl Sessions {
    /// No sessions yet, for a source whose imports take so long and that makes clients wait so long.
    pub fn new(import: Duration, cooldown: Duration, rehire: Rehire) -> Sessions {
        Sessions {
            all: Vec::new(),
            rehire,
            queue: VecDeque::new(),
            import_ms: import.as_millis() as i64,
            cooldown_ms: cooldown.as_millis() as i64,
            free_ms: i64::MIN,
            fail_next: false,
        }
    }

    /// Every session there ever was.
    pub fn all(&self) -> &[Session] {
        &self.all
    }

    /// The next import to be started will fail.
    pub fn fail_next(&mut self) {
        self.fail_next = true;
    }

    /// The session with this id, which counts as activity.
    pub fn find(&mut self, text: &str, now_ms: i64) -> Result<&mut Session, ApiError> {
        let found = number("aps", text).and_then(|number| self.all.get_mut(number as usize));
        let session = found.ok_or_else(|| ApiError::missing(text, "IdentitySourceSession"))?;
        session.touched_ms = now_ms;
        Ok(session)
    }

    /// Opens a session, unless another one is in its way.
    pub fn create(&mut self, now_ms: i64, log: &mut Log) -> Result<&Session, ApiError> {
        let in_the_way = self.all.iter().rev().any(|session| {
            let recent = session.triggered_ms.is_some_and(|at| now_ms - at < self.cooldown_ms);
            session.status.is_open() || (session.status == SessionStatus::Triggered && recent)
        });
        if in_the_way {
            return Err(ApiError::invalid("identitySourceId", ONE_SESSION));
        }
        Ok(self.open(now_ms, log))
    }

    /// Opens a session, whatever else is open.
    pub fn open(&mut self, now_ms: i64, log: &mut Log) -> &mut Session {
        let number = self.all.len() as u32;
        log.add(now_ms, Kind::SessionCreated, number, 0);
        self.all.push(Session {
            number,
            status: SessionStatus::Created,
            created_ms: now_ms,
            updated_ms: now_ms,
            requests: 0,
            loaded: Vec::new(),
            triggered_ms: None,
            touched_ms: now_ms,
            waiting: Vec::new(),
            begins_ms: i64::MAX,
            began: false,
            fails: false,
        });
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    /// Whether a session still takes a bulk request.
    pub fn accepts(&mut self, text: &str, now_ms: i64) -> Result<(), ApiError> {
        let session = self.find(text, now_ms)?;
        if !session.status.is_open() {
            let cause = "Data can be uploaded only to a session that is in CREATED or IN_PROGRESS status.";
            return Err(ApiError::invalid("importSessionId", cause));
        }
        if session.requests == MAX_REQUESTS {
            let cause = format!("A session cannot have more than {MAX_REQUESTS} bulk requests.");
            return Err(ApiError::invalid("importSessionId", cause));
        }
        Ok(())
    }

    /// Takes the entities of a bulk request.
    pub fn load(
        &mut self,
        text: &str,
        loads: Vec<Load>,
        now_ms: i64,
        directory: &Directory,
        log: &mut Log,
    ) -> Result<(), ApiError> {
        self.accepts(text, now_ms)?;
        let session = self.find(text, now_ms)?;
        let deletes = matches!(loads.first(), Some(Load::Delete(_)));
        // A bulk-delete of nobody Okta knows leaves the session as empty as it was.
        let counts = loads.iter().any(|load| match load {
            Load::Upsert(..) => true,
            Load::Delete(external) => directory.user_of(*external).is_some(),
        });
        if counts && session.status == SessionStatus::Created {
            session.turn(SessionStatus::InProgress, now_ms);
        }
        session.updated_ms = now_ms;
        session.requests += 1;
        session.loaded.extend(loads.iter().map(|load| match load {
            Load::Upsert(external, _) => Loaded { external: *external, delete: false },
            Load::Delete(external) => Loaded { external: *external, delete: true },
        }));
        let kind = if deletes { Kind::BulkDelete } else { Kind::BulkUpsert };
        log.add(now_ms, kind, session.number, loads.len());
        session.waiting.extend(loads);
        Ok(())
    }

    /// Hands the session over to its import.
    pub fn start(&mut self, text: &str, now_ms: i64, log: &mut Log) -> Result<&Session, ApiError> {
        let session = self.find(text, now_ms)?;
        if session.status != SessionStatus::InProgress {
            let cause = "Only a session that is in IN_PROGRESS status can be triggered.";
            return Err(ApiError::invalid("importSessionId", cause));
        }
        let number = session.number;
        self.trigger(number, now_ms, log);
        Ok(&self.all[number as usize])
    }

    /// Puts a session into the queue of imports.
    pub fn trigger(&mut self, number: u32, now_ms: i64, log: &mut Log) {
        let session = &mut self.all[number as usize];
        session.turn(SessionStatus::Triggered, now_ms);
        session.triggered_ms = Some(now_ms);
        session.begins_ms = now_ms.max(self.free_ms);
        session.fails = std::mem::take(&mut self.fail_next);
        self.free_ms = session.begins_ms + self.import_ms;
        self.queue.push_back(number);
        log.add(now_ms, Kind::SessionTriggered, number, session.loaded.len());
    }

    /// Gives a session up and forgets its data.
    pub fn cancel(&mut self, text: &str, now_ms: i64, log: &mut Log) -> Result<(), ApiError> {
        let session = self.find(text, now_ms)?;
        if !session.status.is_open() {
            let cause = "Only a session that is in CREATED or IN_PROGRESS status can be canceled.";
            return Err(ApiError::invalid("importSessionId", cause));
        }
        session.turn(SessionStatus::Closed, now_ms);
        session.waiting = Vec::new();
        log.add(now_ms, Kind::SessionCancelled, session.number, 0);
        Ok(())
    }

    /// Catches up with what time has done: imports that ran, sessions that expired.
    pub fn advance(
        &mut self,
        now_ms: i64,
        directory: &mut Directory,
        applications: &mut Applications,
        log: &mut Log,
    ) {
        while let Some(&number) = self.queue.front() {
            let session = &mut self.all[number as usize];
            if !session.began && session.begins_ms <= now_ms {
                session.began = true;
                log.add(session.begins_ms, Kind::ImportStart, number, session.loaded.len());
            }
            let ends_ms = session.begins_ms.saturating_add(self.import_ms);
            if ends_ms > now_ms {
                break;
            }
            self.queue.pop_front();
            session.import(ends_ms, self.rehire, directory, applications, log);
        }
        for session in &mut self.all {
            if session.status.is_open() && now_ms - session.touched_ms >= IDLE_MS {
                let at_ms = session.touched_ms + IDLE_MS;
                session.turn(SessionStatus::Expired, at_ms);
                session.waiting = Vec::new();
                log.add(at_ms, Kind::SessionExpired, session.number, 0);
            }
        }
    }
}

impl Session {
    fn import(
        &mut self,
        now_ms: i64,
        rehire: Rehire,
        directory: &mut Directory,
        applications: &mut Applications,
        log: &mut Log,
    ) {
        let loads = std::mem::take(&mut self.waiting);
        let status = if self.fails { SessionStatus::Error } else { SessionStatus::Completed };
        self.turn(status, now_ms);
        let mut done = 0;
        for load in loads.iter().filter(|_| !self.fails) {
            let applied = match load {
                Load::Upsert(external, profile) => directory.upsert(*external, profile, rehire, now_ms),
                Load::Delete(external) => directory.deactivate(*external, now_ms),
            };
            if let (Applied::Failed(failure), Load::Upsert(external, profile)) = (&applied, load) {
                let external_id = directory.external_id(*external);
                log.add_failure(now_ms, self.number, failure, external_id, profile);
            }
            let (kind, user) = match applied {
                Applied::Created(user) => (Kind::ImportedCreate, user),
                Applied::Updated(user) => (Kind::ImportedUpdate, user),
                Applied::Deactivated(user) => {
                    applications.forget_user(user);
                    (Kind::ImportedDelete, user)
                }
                Applied::Ignored | Applied::Failed(_) => continue,
            };
            done += 1;
            log.add_user(now_ms, kind, self.number, user);
        }
        log.add_end(now_ms, self.number, done, self.fails);
    }
}
