//! Applications, their users and their groups as Okta's cards show them.

use std::sync::Arc;

use flowrun_core::Outputs;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::address::segment;
use flowrun_kit::call::Reply;

use crate::listing::{Found, Listing};
use crate::shown::{First, Names, Time, keys, renamed};

/// Lists of applications.
pub(crate) const LISTING: Listing = Listing { what: "application", key: "id", record };

/// The path of an application.
pub(crate) fn path(id: &str) -> String {
    format!("/api/v1/apps/{}", segment(id))
}

/// The path of a user's assignment to an application.
pub(crate) fn user(application: &str, user: &str) -> String {
    format!("{}/users/{}", path(application), segment(user))
}

/// What a list of applications gives: the applications, the first one, or how many were streamed.
#[derive(Default, Outputs)]
pub struct Applications {
    /// The applications found.
    #[output(key = "Applications", keys = KEYS)]
    applications: Option<Vec<Arc<Record>>>,
    /// The first application's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// The first application's name: that of its kind, such as `bookmark`.
    #[output(key = "Name")]
    name: Option<Text>,
    /// The first application's label: what people call it.
    #[output(key = "Label")]
    label: Option<Text>,
    /// The first application's status: `ACTIVE` or `INACTIVE`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The first application as Okta sends it.
    #[output(key = "Raw Output")]
    raw_output: Value,
    /// How many applications were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Found for Applications {
    fn all(applications: Vec<Arc<Record>>) -> Applications {
        Applications { applications: Some(applications), ..Applications::default() }
    }

    fn first(record: &First<'_>) -> Applications {
        Applications {
            id: record.text("ID"),
            name: record.text("Name"),
            label: record.text("Label"),
            status: record.text("Status"),
            raw_output: record.value("Raw Output"),
            ..Applications::default()
        }
    }
}

/// What a record has of the application.
const OF_APPLICATION: Names = &[
    ("ID", "id"),
    ("Name", "name"),
    ("Label", "label"),
    ("Status", "status"),
    ("Created", "created"),
    ("Last Updated", "lastUpdated"),
    ("Sign On Mode", "signOnMode"),
];

/// The keys of a record.
const KEYS: &[&str] = &keys::<8>(&[OF_APPLICATION], &["Raw Output"]);

/// An application as Okta sends it, under the names of Okta's card.
fn record(application: Arc<Record>) -> Record {
    let mut record = renamed(&application, OF_APPLICATION);
    record.insert("Raw Output".into(), Value::Object(application));
    record
}

/// What a user is to an application.
#[derive(Outputs)]
pub struct AppUser {
    /// The user's ID.
    #[output(key = "User ID")]
    user_id: Text,
    /// The ID by which the application knows the user.
    #[output(key = "External ID")]
    external_id: Option<Text>,
    /// When the user was assigned.
    #[output(key = "Created")]
    created: Time,
    /// When the assignment was changed last.
    #[output(key = "Last Updated")]
    last_updated: Time,
    /// `USER`: assigned by themselves. `GROUP`: through a group.
    #[output(key = "Scope")]
    scope: Option<Text>,
    /// The user's status in the application.
    #[output(key = "Status")]
    status: Option<Text>,
    /// When the status changed last.
    #[output(key = "Status Changed")]
    status_changed: Time,
    /// When the password for the application was changed last.
    #[output(key = "Password Changed")]
    password_changed: Time,
    /// Whether the user's profile there is as it is in Okta.
    #[output(key = "Sync State")]
    sync_state: Option<Text>,
    /// When the profiles were made alike last.
    #[output(key = "Last Sync")]
    last_sync: Time,
    /// `Username`, and `Password`: whether there is one.
    #[output(key = "Credentials", keys = ["Username", "Password"])]
    credentials: Record,
    /// The application's own attributes of the user.
    #[output(rest)]
    attributes: Record,
}

impl AppUser {
    /// Whether the user is assigned by themselves, rather than through a group.
    pub(crate) fn is_by_itself(&self) -> bool {
        self.scope.as_deref() == Some("USER")
    }

    /// Reads the user of an application that Okta answers with.
    pub(crate) fn read(reply: &Reply) -> Result<AppUser> {
        let value = reply.value()?;
        let text = |name: &str| value.as_object()?.get(name)?.as_text().cloned();
        let user_id = text("id").filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "Okta answered with something that isn't a user of an application: it lacks `id`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })?;
        let time = |name: &str| value.as_object().map(|user| Time::of(user, name)).unwrap_or_default();
        let part = |name: &str| value.as_object().and_then(|user| user.get(name)?.as_object().cloned());
        let credentials = part("credentials").unwrap_or_default();
        let password = credentials.get("password").is_some_and(|password| *password != Value::Null);
        let user_name = credentials.get("userName").cloned().unwrap_or_default();
        Ok(AppUser {
            user_id,
            external_id: text("externalId"),
            created: time("created"),
            last_updated: time("lastUpdated"),
            scope: text("scope"),
            status: text("status"),
            status_changed: time("statusChanged"),
            password_changed: time("passwordChanged"),
            sync_state: text("syncState"),
            last_sync: time("lastSync"),
            credentials: [("Username".into(), user_name), ("Password".into(), Value::from(password))]
                .into_iter()
                .collect(),
            attributes: part("profile").unwrap_or_default(),
        })
    }
}

/// Lists of the groups that are assigned to an application.
pub(crate) const GROUPS: Listing = Listing { what: "group", key: "id", record: group };

/// What a record of an assigned group has.
const OF_GROUP: Names = &[
    ("ID", "id"),
    ("Last Updated", "lastUpdated"),
    ("Priority", "priority"),
    ("Links", "_links"),
    ("Profile", "profile"),
];

/// The keys of such a record.
pub(crate) const GROUP_KEYS: &[&str] = &keys::<5>(&[OF_GROUP], &[]);

/// An assigned group as Okta sends it, under the names of Okta's card.
pub(crate) fn group(group: Arc<Record>) -> Record {
    renamed(&group, OF_GROUP)
}
