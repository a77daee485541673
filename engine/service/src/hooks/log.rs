//! Okta's System Log as a source of events: it has what hooks did not deliver, and is enough where no port can be opened.
//!
//! It is polled: without an end, in the order in which Okta has stored events, following the links that Okta gives. The last link
//! is kept with the events that came before it, in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::value::{Record, Text, Value, parse_date, parse_json};
use flowrun_host::driver::Stop;
use flowrun_host::session::durable::home::problem;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes};

use super::org::{self, Org};
use super::{Hooks, Room};
use crate::events::okta::{Envelope, read};
use crate::events::{Happened, Source};
use crate::inbox::Unaccepted;

/// Notes of how far a log has been read.
pub const CURSORS: &str = "cursor";

/// How long a hook has to tell what the log tells: after that the log's word counts.
pub(super) const GRACE_US: i64 = 120_000_000;

/// How often the log is asked when there is nothing new.
const EVERY: Duration = Duration::from_secs(60);

/// So far before the last event known one begins anew where a link is not taken any more.
const BACK_MS: i64 = 600_000;

/// An address may be so long, and a page have so many events.
const LONGEST: usize = 4_000;
const PAGE: usize = 1_000;

/// So many times in a row the log may not answer before it is told.
const TRIES: u32 = 3;

/// What Okta says of its hooks itself; no hook delivers it.
const OF_HOOKS: &[&str] = &["event_hook.delivery", "event_hook.deactivated"];

/// Reads Okta's System Log.
pub trait Logs: Send + Sync + 'static {
    /// The name of the connection that reads it.
    fn name(&self) -> &str;

    /// What a GET of this path, or of the link that a page before gave, is answered.
    fn page<'l>(&'l self, at: &'l str) -> Pending<'l, Result<Page, Refusal>>;
}

/// A page of the log.
#[derive(Debug, Default)]
pub struct Page {
    /// Its events.
    pub events: Vec<Arc<Record>>,
    /// The link to the next; polling always gets one.
    pub next: Option<String>,
}

/// Why there is no page.
#[derive(Debug, Default)]
pub struct Refusal {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why, in words.
    pub why: String,
    /// When it may be asked again, if that is known.
    pub wait: Option<Duration>,
}

/// How far the log has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    /// What is asked for.
    filter: String,
    /// Where to ask next.
    next: String,
    /// When the last event happened that is known.
    last_ms: i64,
}

/// Reads one log for a project's flows until it is told to stop.
pub async fn watch(hooks: Arc<Hooks>, project: &str, logs: Arc<dyn Logs>, clock: Clock, mut stop: Stop) {
    let Some(room) = hooks.room(project) else { return };
    let mut failed = 0;
    loop {
        let wait = tokio::select! {
            wait = look(room, &*logs, &mut failed) => wait,
            () = stop.given() => return,
        };
        room.miss(room.hosted.runs.now_us());
        tokio::select! {
            () = clock.sleep(wait) => {}
            () = stop.given() => return,
        }
    }
}

/// Reads the logs of all orgs to which a project has connections until it is told to stop.
pub(super) async fn follow(hooks: Arc<Hooks>, place: usize, clock: Clock, mut stop: Stop) {
    let Some(room) = hooks.rooms.get(place) else { return };
    let mut orgs = Orgs::default();
    loop {
        let wait = tokio::select! {
            wait = orgs.look(room) => wait,
            () = stop.given() => return,
        };
        room.miss(room.hosted.runs.now_us());
        tokio::select! {
            () = clock.sleep(wait) => {}
            () = stop.given() => return,
        }
    }
}

/// The orgs whose logs are read.
#[derive(Default)]
struct Orgs {
    /// The version of the project whose connections they are.
    version: u64,
    orgs: BTreeMap<Text, Org>,
    /// How often in a row each could not be read.
    failed: BTreeMap<Text, u32>,
}

impl Orgs {
    /// Reads what is new in each; gives how long to wait then.
    async fn look(&mut self, room: &Room) -> Duration {
        let served = &room.hosted.runs.served;
        let (version, listeners) = (served.version(), room.listeners());
        if version.number != self.version {
            *self = Orgs { version: version.number, ..Orgs::default() };
            let reads_any = org::connections(&version.project).next().is_some();
            if !reads_any && listeners.by_log_alone() {
                room.complain("okta", &format!("{LACKS}: flows with `source: log` hear of nothing"));
            } else if !reads_any && listeners.by_both() {
                room.complain("okta", &format!("{LACKS}: what hooks do not deliver is lost"));
            }
        }
        let mut wait = EVERY;
        for name in org::connections(&version.project) {
            if listeners.in_log(name).next().is_none() {
                continue;
            }
            let failed = self.failed.entry(name.clone()).or_default();
            let org = match self.orgs.remove(name) {
                Some(org) => Ok(org),
                None => Org::open(&version.project, &served.job, &served.surroundings, name, org::LOG_SCOPES),
            };
            match org {
                Ok(org) => {
                    wait = wait.max(look(room, &org, failed).await);
                    // A secret that was changed is fetched anew.
                    if *failed == 0 {
                        self.orgs.insert(name.clone(), org);
                    }
                }
                Err(problem) => fail(room, name, failed, &problem.message),
            }
        }
        wait
    }
}

/// Why nothing is read.
const LACKS: &str = "the System Log can't be read, because the project has no connection to Okta";

/// Reads what is new in a log; gives how long to wait then.
async fn look(room: &Room, logs: &dyn Logs, failed: &mut u32) -> Duration {
    match round(room, logs).await {
        Ok(()) => {
            *failed = 0;
            EVERY
        }
        Err(refusal) => {
            fail(room, logs.name(), failed, &refusal.why);
            refusal.wait.unwrap_or(EVERY).max(EVERY)
        }
    }
}

/// Counts that a log could not be read, and tells it when that is no accident any more.
fn fail(room: &Room, name: &str, failed: &mut u32, why: &str) {
    *failed += 1;
    if *failed == TRIES {
        room.complain(name, &format!("the System Log can't be read: {why}"));
    }
}

/// Reads what is new, for each of the filters into which the types of events fit.
async fn round(room: &Room, logs: &dyn Logs) -> Result<(), Refusal> {
    let listeners = room.listeners();
    let mut kinds: Vec<Text> = listeners.in_log(logs.name()).cloned().collect();
    if kinds.is_empty() {
        return Ok(());
    }
    if listeners.by_both() {
        kinds.extend(OF_HOOKS.iter().copied().map(Text::from));
    }
    for (place, filter) in filters(&kinds).into_iter().enumerate() {
        let key: Arc<str> = Arc::from(format!("{} {place}", logs.name()));
        let mut cursor = cursor(room, &key, &filter)?;
        loop {
            let page = match logs.page(&cursor.next).await {
                // A link that has grown too old, or is of another form than it was.
                Err(refusal) if refusal.status == Some(400) && !cursor.is_fresh() => {
                    cursor = Cursor::new(filter.clone(), cursor.last_ms - BACK_MS);
                    continue;
                }
                other => other?,
            };
            if page.events.is_empty() && page.next.is_none() {
                break;
            }
            let is_last = page.events.is_empty();
            cursor = take(room, logs.name(), cursor, &key, page).await?;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

/// Takes a page in, and how far the log has been read with it.
async fn take(
    room: &Room,
    name: &str,
    before: Cursor,
    key: &Arc<str>,
    page: Page,
) -> Result<Cursor, Refusal> {
    let envelope = Envelope::default();
    let happened: Vec<Happened> = page.events.iter().filter_map(|event| read(event, &envelope)).collect();
    let (of_hooks, happened): (Vec<Happened>, Vec<Happened>) =
        happened.into_iter().partition(|one| OF_HOOKS.contains(&&*one.kind));
    of_hooks.iter().for_each(|one| room.complain("okta", &said_of_hook(one)));
    let last_ms = happened.iter().filter_map(|one| one.at_ms).fold(before.last_ms, i64::max);
    let next = page.next.unwrap_or_else(|| before.next.clone());
    let cursor = Cursor { next, last_ms, ..before.clone() };
    if cursor == before {
        return Ok(cursor);
    }
    let note = Note {
        space: Arc::from(CURSORS),
        key: key.clone(),
        at_us: room.hosted.runs.now_us(),
        due_us: None,
        body: cursor.write(),
    };
    let source = format!("{name}, System Log");
    let taken = room.take(&happened, Source::Log(name), &source, vec![NoteChange::Put(note)]).await;
    taken.map_err(|unaccepted| Refusal {
        why: match unaccepted {
            Unaccepted::Full => "too many events wait already".to_owned(),
            Unaccepted::Problem(problem) => problem.message,
        },
        ..Refusal::default()
    })?;
    Ok(cursor)
}

/// What Okta says of a delivery that failed, or of a hook that was turned off.
fn said_of_hook(one: &Happened) -> String {
    let tells = |name: &str| one.tells.get(name);
    let debug = tells("Debug Context").and_then(Value::as_object).and_then(|debug| debug.get("Debug Data"));
    let of = |name: &str| {
        let text =
            debug.and_then(Value::as_object).and_then(|debug| debug.get(name)).and_then(Value::as_text);
        text.filter(|text| !text.is_empty()).map(|text| format!("; {text}")).unwrap_or_default()
    };
    match &*one.kind {
        "event_hook.deactivated" => "a hook was turned off at Okta".to_owned(),
        _ => format!("Okta could not deliver events{}{}", of("url"), of("error_message")),
    }
}

/// Has the log read from an earlier moment on, with the next round.
pub(super) async fn go_back(room: &Room, since_ms: i64) -> Result<(), Problem> {
    let (runs, told) = (&room.hosted.runs, |error| problem(&error));
    let notes = runs.store().notes(&Notes::of(CURSORS));
    let back = notes.map_err(told)?.into_iter().filter_map(|note| {
        let cursor = Cursor::read(&note.body)?;
        let last_ms = cursor.last_ms;
        let cursor = Cursor { last_ms, ..Cursor::new(cursor.filter, since_ms) };
        Some(NoteChange::Put(Note { body: cursor.write(), ..note }))
    });
    let batch = Batch { notes: back.collect(), ..Batch::default() };
    runs.store().durable(runs.store().append(batch)).await.map_err(told)
}

/// As far as the log was read, or from now on; from shortly before if other types are sought than were.
fn cursor(room: &Room, key: &str, filter: &str) -> Result<Cursor, Refusal> {
    let runs = &room.hosted.runs;
    let note = runs.store().note(CURSORS, key);
    let note = note.map_err(|error| Refusal { why: error.message.to_string(), ..Refusal::default() })?;
    Ok(match note.and_then(|note| Cursor::read(&note.body)) {
        Some(cursor) if cursor.filter == filter => cursor,
        Some(cursor) => Cursor::new(filter.to_owned(), cursor.last_ms - BACK_MS),
        None => Cursor::new(filter.to_owned(), runs.now_us().div_euclid(1000)),
    })
}

impl Cursor {
    /// One that begins at a moment.
    fn new(filter: String, since_ms: i64) -> Cursor {
        let since = crate::when(since_ms.saturating_mul(1000));
        let next = address(&[("since", &since), ("sortOrder", "ASCENDING"), ("filter", &filter)]);
        Cursor { filter, next, last_ms: since_ms }
    }

    /// Whether it begins at a moment rather than at a link.
    fn is_fresh(&self) -> bool {
        self.next.starts_with("/api/v1/logs?since=") && !self.next.contains("after=")
    }

    fn write(&self) -> Vec<u8> {
        let last = crate::when(self.last_ms.saturating_mul(1000));
        let pairs = [("filter", &*self.filter), ("next", &self.next), ("last", &last)];
        Value::object(pairs.map(|(name, value)| (name, Value::from(value)))).to_json().into_bytes()
    }

    fn read(body: &[u8]) -> Option<Cursor> {
        let Value::Object(members) = parse_json(std::str::from_utf8(body).ok()?).ok()? else { return None };
        let text = |name: &str| members.get(name).and_then(Value::as_text).map(ToString::to_string);
        let last_ms = parse_date(&text("last")?)?.millis();
        Some(Cursor { filter: text("filter")?, next: text("next")?, last_ms })
    }
}

/// Where the log is asked for this.
pub(super) fn address(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    // A blank as `%20`: `+` stands for one in forms only.
    format!("/api/v1/logs?{}&limit={PAGE}", query.finish().replace('+', "%20"))
}

/// The filters for some types of events, none of which makes an address too long.
fn filters(kinds: &[Text]) -> Vec<String> {
    let mut filters: Vec<String> = Vec::new();
    for kind in kinds.iter().collect::<BTreeSet<_>>() {
        let one = format!("eventType eq \"{kind}\"");
        match filters.last_mut() {
            // A blank and a quotation mark become up to three letters in an address.
            Some(last) if last.len() + one.len() + 4 < LONGEST / 2 => *last = format!("{last} or {one}"),
            _ => filters.push(one),
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_types_are_asked_for_in_several_requests() {
        let kinds: Vec<Text> = (0..314).map(|at| format!("application.lifecycle.{at}").into()).collect();
        let filters = filters(&kinds);
        let all: BTreeMap<&str, usize> =
            filters.iter().flat_map(|filter| filter.split(" or ")).fold(BTreeMap::new(), |mut all, one| {
                *all.entry(one).or_default() += 1;
                all
            });
        assert!(all.len() == 314 && all.values().all(|count| *count == 1));
        for filter in filters {
            assert!(Cursor::new(filter, 0).next.len() < LONGEST);
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor::new("eventType eq \"a\"".to_owned(), 1_772_352_000_123);
        assert_eq!(
            cursor.next,
            "/api/v1/logs?since=2026-03-01T08%3A00%3A00.123Z&sortOrder=ASCENDING&filter=eventType%20eq%20%22a%22&limit=1000"
        );
        assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        assert_eq!(Cursor::read(b"{}"), None);
    }
}
