//! Import sessions as Okta answers them.

use flowrun_core::Outputs;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::call::{Call, Reply};

use crate::Okta;
use crate::shown::Time;

/// An import session.
#[derive(Clone, Debug, Outputs)]
pub struct Session {
    /// The session's ID.
    pub id: Text,
    /// The ID of the identity source app.
    #[output(key = "identitySourceId")]
    pub identity_source_id: Option<Text>,
    /// `CREATED`, `IN_PROGRESS`, `TRIGGERED`, `COMPLETED`, `CLOSED`, `EXPIRED` or `ERROR`.
    pub status: Text,
    /// `INCREMENTAL`: users whom the import doesn't mention are left alone.
    #[output(key = "importType")]
    pub import_type: Option<Text>,
    /// When it was opened. Okta's cards have no such output.
    pub created: Time,
    /// When its status changed last. Okta's cards have no such output.
    #[output(key = "lastUpdated")]
    pub last_updated: Time,
}

impl Session {
    /// Reads a session: an object as Okta sends it, or a list of one as its specification and older SDKs have it.
    pub fn read(reply: &Reply) -> Result<Session> {
        let value = reply.value()?;
        let one = match &value {
            Value::List(items) if items.len() == 1 => &items[0],
            value => value,
        };
        one.as_object().and_then(Session::of).ok_or_else(|| {
            let message =
                "Okta answered with something that isn't an import session: it lacks `id` or `status`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })
    }

    fn of(members: &Record) -> Option<Session> {
        let text = |name: &str| members.get(name).and_then(Value::as_text).cloned();
        Some(Session {
            id: text("id")?,
            identity_source_id: text("identitySourceId"),
            status: text("status")?,
            import_type: text("importType"),
            created: Time::of(members, "created"),
            last_updated: Time::of(members, "lastUpdated"),
        })
    }

    /// Reads a list of sessions.
    pub fn read_list(reply: &Reply) -> Result<Vec<std::sync::Arc<Record>>> {
        let value = reply.value()?;
        let sessions = value.as_list().and_then(|items| {
            let records = items.iter().map(|item| match item {
                Value::Object(record) if Session::of(record).is_some() => Some(record.clone()),
                _ => None,
            });
            records.collect::<Option<Vec<_>>>()
        });
        sessions.ok_or_else(|| {
            let message = "Okta answered with something that isn't a list of import sessions, each with `id` and `status`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })
    }

    /// The session at `path`, as it is now.
    pub async fn fetch(okta: &Okta, path: &str) -> Result<Session> {
        okta.client.read(Call::get(path), Session::read).await
    }

    /// The active sessions of the identity source at `source`.
    pub async fn active(okta: &Okta, source: &str) -> Result<Vec<Session>> {
        let records = okta.client.read(Call::get(format!("{source}/sessions")), Session::read_list).await?;
        Ok(records.iter().filter_map(|record| Session::of(record)).collect())
    }

    /// The active session that was opened since then, by our clock, if there is exactly one that nobody has loaded yet.
    pub async fn opened_since(okta: &Okta, source: &str, since_ms: i64) -> Result<Option<Session>> {
        let call = Call::get(format!("{source}/sessions"));
        let (since_ms, records) = okta
            .client
            .read(call, |reply| {
                // Okta's clock may differ from ours, but as much time has passed on both. The wait for this answer counts too.
                let now_ms = okta.client.clock().now_ms();
                let theirs_ms = flowrun_kit::pacing::date_ms(&reply.headers).unwrap_or(now_ms);
                Ok((theirs_ms - (now_ms - since_ms), Session::read_list(reply)?))
            })
            .await?;
        let mut fresh = records.iter().filter_map(|record| Session::of(record)).filter(|session| {
            session.status == "CREATED" && session.created.date().is_some_and(|at| at.millis() >= since_ms)
        });
        let first = fresh.next();
        Ok(if fresh.next().is_some() { None } else { first })
    }
}
