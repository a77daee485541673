//! Events that are to start their flows once more: those of a delivery, or one by its own ID. What they say is read from the System Log.

use std::sync::Arc;

use flowrun_core::value::Text;
use flowrun_project::Problem;
use flowrun_store::{Note, NoteChange};
use serde::{Deserialize, Serialize};

use super::log::{Logs, address};
use super::org::{self, Org};
use super::{Hooks, Room};
use crate::events::okta::{Envelope, read};
use crate::events::{Happened, Source};
use crate::inbox::{Item, Unaccepted};

/// Notes of which events a delivery had, by the hook and the delivery's ID.
pub const SPACE: &str = "delivered";

/// So many events are asked for at once: their IDs stand in an address.
const AT_ONCE: usize = 40;

/// An event may be so much older than its delivery; the log has events of the last 90 days.
const BEFORE_US: i64 = 7 * 86_400_000_000;
const KEPT_US: i64 = 89 * 86_400_000_000;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Again {
    /// How many events were sought.
    pub events: u64,
    /// How many of them the log has.
    pub found: u64,
    /// How many runs they start.
    pub runs: u64,
}

/// What a delivery had.
#[derive(Debug, Serialize, Deserialize)]
struct Delivered {
    v: u32,
    events: Vec<String>,
}

/// Which events a delivery had.
pub(super) fn had(hook: &str, id: &str, happened: &[Happened], at_us: i64) -> NoteChange {
    let events = happened.iter().map(|one| one.id.to_string()).collect();
    let body = serde_json::to_vec(&Delivered { v: 1, events }).unwrap_or_default();
    let (space, key) = (Arc::from(SPACE), Arc::from(format!("{hook} {id}")));
    NoteChange::Add(Note { space, key, at_us, due_us: None, body })
}

impl Hooks {
    /// Has the events of a delivery start their flows once more, whether they have before or not; `id` is the delivery's or an event's.
    /// `may` says of which flows.
    pub async fn again(
        &self,
        hook: &str,
        id: &str,
        may: &(dyn Fn(&str, &str) -> bool + Sync),
    ) -> Result<Again, Problem> {
        let mut all = Again::default();
        for room in self.of(hook) {
            let again = room.again(hook, id, may).await?;
            all.events = all.events.max(again.events);
            all.found = all.found.max(again.found);
            all.runs += again.runs;
        }
        Ok(all)
    }
}

impl Room {
    async fn again(
        &self,
        hook: &str,
        id: &str,
        may: &(dyn Fn(&str, &str) -> bool + Sync),
    ) -> Result<Again, Problem> {
        let (runs, listeners) = (&self.hosted.runs, self.listeners());
        let now_us = runs.now_us();
        let note = runs.store().note(SPACE, &format!("{hook} {id}"));
        let note = note.map_err(|error| flowrun_host::session::durable::home::problem(&error))?;
        let (ids, since_us) = match &note {
            Some(note) => {
                let delivered = serde_json::from_slice::<Delivered>(&note.body);
                (delivered.map(|delivered| delivered.events).unwrap_or_default(), note.at_us - BEFORE_US)
            }
            None => (vec![id.to_owned()], now_us - KEPT_US),
        };
        let happened = self.look_up(&ids, since_us).await?;
        let mut items: Vec<Item> = Vec::new();
        for one in &happened {
            let (found, unwanted) = listeners.items(one, Source::Again(now_us), 0);
            self.tell_unwanted(unwanted);
            let project = &runs.served.name;
            items.extend(found.into_iter().filter(|item| may(project, &item.flow)));
        }
        let taken =
            self.hosted.inbox.take(&items, Vec::new()).await.map_err(|unaccepted| match unaccepted {
                Unaccepted::Full => Problem::new("too many events wait already"),
                Unaccepted::Problem(problem) => problem,
            })?;
        Ok(Again { events: ids.len() as u64, found: happened.len() as u64, runs: taken.new })
    }

    /// What the logs of the project's orgs have of events, in the order in which they happened.
    async fn look_up(&self, ids: &[String], since_us: i64) -> Result<Vec<Happened>, Problem> {
        let served = &self.hosted.runs.served;
        let version = served.version();
        let names: Vec<&Text> = org::connections(&version.project).collect();
        if names.is_empty() {
            let problem = Problem::new(
                "the project has no connection to Okta, so that nobody can look up what the events say",
            );
            return Err(problem.help("define one in flowrun.yaml: `connections: { okta: okta }`"));
        }
        let plain = |id: &String| id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        let ids: Vec<&String> = ids.iter().filter(|id| plain(id)).collect();
        let mut happened: Vec<Happened> = Vec::new();
        for name in names {
            let org = Org::open(&version.project, &served.job, &served.surroundings, name, org::LOG_SCOPES)?;
            for some in ids.chunks(AT_ONCE) {
                let all: Vec<String> = some.iter().map(|id| format!("uuid eq \"{id}\"")).collect();
                let (since, until) = (crate::when(since_us), crate::when(self.hosted.runs.now_us() + 1_000));
                let at = address(&[("since", &since), ("until", &until), ("filter", &all.join(" or "))]);
                let page = org.page(&at).await.map_err(|refusal| {
                    Problem::new(format!("the System Log can't be read by `{name}`: {}", refusal.why))
                })?;
                let envelope = Envelope::default();
                happened.extend(page.events.iter().filter_map(|event| read(event, &envelope)));
            }
        }
        happened.sort_by_key(|one| one.at_ms);
        Ok(happened)
    }
}

/// How many events a delivery had, by its note.
pub fn count(note: &Note) -> usize {
    serde_json::from_slice::<Delivered>(&note.body).map_or(0, |delivered| delivered.events.len())
}
