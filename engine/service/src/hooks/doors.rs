//! Which doors there are, who listens behind them, and what came through them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowrun_core::program::Trigger;
use flowrun_core::settings::word_of;
use flowrun_core::value::Text;
use flowrun_store::{Notes, Store, StoreError};
use serde_json::{Value, json};

use super::{Hooks, usual_variable};
use crate::inbox::DELIVERIES;

/// A door.
#[derive(Clone, Debug)]
pub struct Door {
    /// Its name.
    pub name: String,
    /// Who sends: `okta`, or the way in which others prove who they are.
    pub kind: String,
    /// Where it is.
    pub path: String,
    /// The projects behind it.
    pub projects: BTreeSet<Arc<str>>,
    /// The flows that listen, each after its project.
    pub flows: BTreeSet<(Arc<str>, Text)>,
    /// The types of events that they want.
    pub events: BTreeSet<Text>,
    /// Whether its secret is there: else nobody gets in.
    pub has_secret: bool,
}

/// Okta's hook where the settings name none: it may have any name, and the manual calls it so.
const USUAL: &str = "okta";

impl Hooks {
    /// All doors, by their names: those of Okta's event hooks, and those of webhooks.
    pub fn doors(&self) -> Vec<Door> {
        let mut doors: BTreeMap<String, Door> = BTreeMap::new();
        let named: BTreeSet<&str> =
            self.rooms.iter().flat_map(|room| room.settings.hooks.keys()).map(String::as_str).collect();
        for name in if named.is_empty() { BTreeSet::from([USUAL]) } else { named } {
            let (mut projects, mut flows) = (BTreeSet::new(), BTreeSet::new());
            for room in self.of(name) {
                let served = &room.hosted.runs.served;
                let listeners = room.listeners();
                let listening = listeners.behind_hooks().map(|flow| (served.name.clone(), flow.clone()));
                flows.extend(listening);
                projects.insert(served.name.clone());
            }
            let door = Door {
                name: name.to_owned(),
                kind: "okta".to_owned(),
                path: format!("/hooks/okta/{name}"),
                projects,
                flows,
                events: self.wanted(name),
                has_secret: self.secret(&self.variable(name)).is_some(),
            };
            doors.insert(name.to_owned(), door);
        }
        for room in &self.rooms {
            let served = &room.hosted.runs.served;
            for flow in served.version().triggered() {
                let Trigger::Webhook { name, more } = &flow.trigger else { continue };
                let variable = word_of(more, "secret_env").map(ToString::to_string);
                let variable = variable.unwrap_or_else(|| usual_variable(name));
                let door = doors.entry(name.to_string()).or_insert_with(|| Door {
                    name: name.to_string(),
                    kind: word_of(more, "signature").map_or("token".to_owned(), ToString::to_string),
                    path: format!("/hooks/{name}"),
                    projects: BTreeSet::new(),
                    flows: BTreeSet::new(),
                    events: BTreeSet::new(),
                    has_secret: self.secret(&variable).is_some(),
                });
                door.projects.insert(served.name.clone());
                door.flows.insert((served.name.clone(), flow.path.clone()));
            }
        }
        doors.into_values().collect()
    }
}

/// What came by a hook, the newest first, from before the one of a name on.
pub fn deliveries(
    store: &dyn Store,
    hook: &str,
    before: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, Value)>, StoreError> {
    let (prefix, after) = (Arc::from(format!("{hook}/")), before.map(Arc::from));
    let notes =
        store.notes(&Notes { prefix, after, backwards: true, ..Notes::of(DELIVERIES).at_most(limit) })?;
    let told = notes.into_iter().map(|note| {
        let id = note.key.split_once(' ').map(|(_, id)| id).unwrap_or_default();
        let events = std::str::from_utf8(&note.body).ok().and_then(|count| count.parse::<u64>().ok());
        let told = json!({ "delivery": id, "at": crate::when(note.at_us), "events": events.unwrap_or(0) });
        (note.key.to_string(), told)
    });
    Ok(told.collect())
}
