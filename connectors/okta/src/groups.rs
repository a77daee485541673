//! Groups as Okta's cards show them.

use std::sync::Arc;

use flowrun_core::Outputs;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::address::segment;
use flowrun_kit::call::Reply;

use crate::listing::{Found, Listing};
use crate::shown::{First, Names, Time, keys, renamed};

/// Lists of groups.
pub(crate) const LISTING: Listing = Listing { what: "group", key: "id", record };

/// Lists of groups as Okta sends them.
pub(crate) const AS_SENT: Listing = Listing { record: Arc::unwrap_or_clone, ..LISTING };

/// The path of a group.
pub(crate) fn path(id: &str) -> String {
    format!("/api/v1/groups/{}", segment(id))
}

/// The path of a user's membership in a group.
pub(crate) fn member(group: &str, user: &str) -> String {
    format!("{}/users/{}", path(group), segment(user))
}

/// A group.
#[derive(Outputs)]
pub struct Group {
    /// The group's ID.
    #[output(key = "ID")]
    id: Text,
    /// When the group was created.
    #[output(key = "Created")]
    created: Time,
    /// When the group's profile was changed last.
    #[output(key = "Last Updated")]
    last_updated: Time,
    /// When somebody was added or removed last.
    #[output(key = "Last Membership Updated")]
    last_membership_updated: Time,
    /// `OKTA_GROUP`, `APP_GROUP` or `BUILT_IN`.
    #[output(key = "Type")]
    group_type: Option<Text>,
    /// `Name` and `Description`.
    #[output(key = "Profile", keys = PROFILE)]
    profile: Record,
    /// Where more of the group is found.
    #[output(key = "Links")]
    links: Value,
    /// Attributes of the profile that are the org's own.
    #[output(rest)]
    attributes: Record,
}

impl Group {
    /// Reads the group that Okta answers with.
    pub(crate) fn read(reply: &Reply) -> Result<Group> {
        let value = reply.value()?;
        let group = value.as_object().filter(|group| has_id(group)).ok_or_else(|| {
            let message = "Okta answered with something that isn't a group: it lacks `id`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })?;
        let text = |name: &str| group.get(name).and_then(Value::as_text).cloned();
        Ok(Group {
            id: text("id").unwrap_or_default(),
            created: Time::of(group, "created"),
            last_updated: Time::of(group, "lastUpdated"),
            last_membership_updated: Time::of(group, "lastMembershipUpdated"),
            group_type: text("type"),
            profile: profile_shown(group),
            links: group.get("_links").cloned().unwrap_or_default(),
            attributes: profile(group),
        })
    }
}

/// What a list of groups gives: the groups, the first one, or how many were streamed.
#[derive(Default, Outputs)]
pub struct Groups {
    /// The groups found.
    #[output(key = "Groups", keys = KEYS)]
    groups: Option<Vec<Arc<Record>>>,
    /// The first group as Okta sends it.
    #[output(key = "Raw Object")]
    raw_object: Value,
    /// The first group's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// When the first group was created.
    #[output(key = "Created")]
    created: Time,
    /// The first group's `Name` and `Description`.
    #[output(key = "Profile", keys = PROFILE)]
    profile: Value,
    /// How many groups were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Found for Groups {
    fn all(groups: Vec<Arc<Record>>) -> Groups {
        Groups { groups: Some(groups), ..Groups::default() }
    }

    fn first(record: &First<'_>) -> Groups {
        Groups {
            raw_object: record.value("Raw Object"),
            id: record.text("ID"),
            created: record.time("Created"),
            profile: record.value("Profile"),
            ..Groups::default()
        }
    }
}

fn has_id(group: &Record) -> bool {
    group.get("id").is_some_and(|id| id.as_text().is_some_and(|id| !id.is_empty()))
}

/// The profile as Okta sends it.
pub(crate) fn profile(group: &Record) -> Record {
    group.get("profile").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The profile under the names of Okta's card.
fn profile_shown(group: &Record) -> Record {
    renamed(&profile(group), OF_PROFILE)
}

/// What a record has of the group,
const OF_GROUP: Names = &[
    ("ID", "id"),
    ("Created", "created"),
    ("Last Updated", "lastUpdated"),
    ("Last Membership Updated", "lastMembershipUpdated"),
    ("Object Class", "objectClass"),
    ("Type", "type"),
];
/// and of its profile.
const OF_PROFILE: Names = &[("Name", "name"), ("Description", "description")];

/// The keys of a record, and of its profile.
const KEYS: &[&str] = &keys::<10>(&[OF_GROUP, OF_PROFILE], &["Profile", "Raw Object"]);
const PROFILE: &[&str] = &keys::<2>(&[OF_PROFILE], &[]);

/// A group as Okta sends it, under the names of Okta's card.
fn record(group: Arc<Record>) -> Record {
    let mut record = renamed(&group, OF_GROUP);
    let profile = profile_shown(&group);
    record.extend(profile.clone());
    record.insert("Profile".into(), Value::from(profile));
    record.insert("Raw Object".into(), Value::Object(group));
    record
}
