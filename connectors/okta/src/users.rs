//! Users as Okta's cards show them.

use std::sync::{Arc, LazyLock};

use flowrun_core::Outputs;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Date, Record, Text, Value};
use flowrun_kit::address::segment;
use flowrun_kit::call::Reply;

use crate::listing::{Found, Listing};
use crate::shown::{First, Names, Time, keys, member};

/// Lists of users.
pub(crate) const LISTING: Listing = Listing { what: "user", key: "id", record };

/// The path of a user, by ID or login.
pub(crate) fn path(id_or_login: &str) -> String {
    format!("/api/v1/users/{}", segment(id_or_login))
}

/// What a list of users gives: the users, the first one, or how many were streamed.
#[derive(Default, Outputs)]
pub struct Users {
    /// The users found.
    #[output(key = "Users", keys = KEYS)]
    users: Option<Vec<Arc<Record>>>,
    /// The first user's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// The first user's status.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The first user's login.
    #[output(key = "Login")]
    login: Option<Text>,
    /// The first user's mail address.
    #[output(key = "Email")]
    email: Option<Text>,
    /// The first user's first name.
    #[output(key = "First Name")]
    first_name: Option<Text>,
    /// The first user's last name.
    #[output(key = "Last Name")]
    last_name: Option<Text>,
    /// The first user as Okta sends it.
    #[output(key = "Raw Output")]
    raw_output: Value,
    /// How many users were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Found for Users {
    fn all(users: Vec<Arc<Record>>) -> Users {
        Users { users: Some(users), ..Users::default() }
    }

    fn first(record: &First<'_>) -> Users {
        Users {
            id: record.text("ID"),
            status: record.text("Status"),
            login: record.text("Login"),
            email: record.text("Email"),
            first_name: record.text("First Name"),
            last_name: record.text("Last Name"),
            raw_output: record.value("Raw Output"),
            ..Users::default()
        }
    }
}

/// A user who was created or changed.
#[derive(Outputs)]
pub struct Changed {
    /// The user as Okta sends it.
    #[output(key = "Raw Body")]
    raw_body: Value,
    /// The user's ID.
    #[output(key = "ID")]
    id: Text,
    /// `STAGED`, `PROVISIONED`, `ACTIVE`, `RECOVERY`, `LOCKED_OUT`, `PASSWORD_EXPIRED`, `SUSPENDED` or `DEPROVISIONED`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// When the user was created.
    #[output(key = "Created")]
    created: Time,
    /// When the user was activated.
    #[output(key = "Activated")]
    activated: Time,
    /// When the status changed last.
    #[output(key = "Status Changed")]
    status_changed: Time,
    /// When the user signed in last.
    #[output(key = "Last Login")]
    last_login: Time,
    /// When the user was changed last.
    #[output(key = "Last Updated")]
    last_updated: Time,
    /// When the password was changed last.
    #[output(key = "Password Changed")]
    password_changed: Time,
    /// Where the user's credentials are kept.
    #[output(key = "Credentials")]
    credentials: Value,
}

impl Changed {
    /// Reads the user that Okta answers a change with.
    pub(crate) fn read(reply: &Reply) -> Result<Changed> {
        let value = reply.value()?;
        let user = as_user(&value).ok_or_else(|| {
            let message = "Okta answered with something that isn't a user: it lacks `id`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })?;
        let text = |name: &str| user.get(name).and_then(Value::as_text).cloned();
        Ok(Changed {
            id: text("id").unwrap_or_default(),
            status: text("status"),
            created: Time::of(user, "created"),
            activated: Time::of(user, "activated"),
            status_changed: Time::of(user, "statusChanged"),
            last_login: Time::of(user, "lastLogin"),
            last_updated: Time::of(user, "lastUpdated"),
            password_changed: Time::of(user, "passwordChanged"),
            credentials: user.get("credentials").cloned().unwrap_or_default(),
            raw_body: value.clone(),
        })
    }

    /// The user's status; blank if Okta tells none.
    pub(crate) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or_default()
    }

    /// When the status changed last.
    pub(crate) fn status_changed(&self) -> Option<Date> {
        self.status_changed.date()
    }

    /// When the user was created.
    pub(crate) fn created(&self) -> Option<Date> {
        self.created.date()
    }
}

/// The members of a user; what has no ID isn't one.
pub(crate) fn as_user(value: &Value) -> Option<&Arc<Record>> {
    let Value::Object(user) = value else { return None };
    user.get("id").is_some_and(|id| id.as_text().is_some_and(|id| !id.is_empty())).then_some(user)
}

/// What a record has of the user,
const OF_USER: Names = &[
    ("ID", "id"),
    ("Status", "status"),
    ("Created", "created"),
    ("Activated", "activated"),
    ("Status Changed", "statusChanged"),
    ("Last Login", "lastLogin"),
    ("Last Updated", "lastUpdated"),
    ("Password Changed", "passwordChanged"),
];
/// and of the profile.
const OF_PROFILE: Names = &[
    ("First Name", "firstName"),
    ("Last Name", "lastName"),
    ("Mobile Phone", "mobilePhone"),
    ("Second Email", "secondEmail"),
    ("Login", "login"),
    ("Email", "email"),
];

/// The keys of a record.
const KEYS: &[&str] = &keys::<15>(&[OF_USER, OF_PROFILE], &["Raw Output"]);

/// The keys, allocated once.
static NAMES: LazyLock<Vec<Text>> = LazyLock::new(|| KEYS.iter().copied().map(Text::from).collect());

/// A user as Okta sends it, under the names of Okta's card.
fn record(user: Arc<Record>) -> Record {
    let mut record = Record::with_capacity(NAMES.len());
    let profile = user.get("profile").and_then(Value::as_object);
    let of_profile = |key| profile.and_then(|profile| profile.get(key)).cloned().unwrap_or_default();
    let values = OF_USER.iter().map(|(_, key)| member(&user, key));
    let values = values.chain(OF_PROFILE.iter().map(|(_, key)| of_profile(*key)));
    record.extend(NAMES.iter().cloned().zip(values));
    if let Some(raw) = NAMES.last() {
        record.insert(raw.clone(), Value::Object(user));
    }
    record
}
