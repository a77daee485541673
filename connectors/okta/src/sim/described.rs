//! An org that somebody described in a file: who is there, in which groups, with which applications.

use std::collections::BTreeSet;

use flowrun_core::value::parse_date;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::OktaSim;
use super::applications::Grant;
use super::directory::UserStatus;
use super::log::KEPT;
use super::profile::Profile;

/// The most that a file may describe of each kind.
const MOST: usize = 100_000;

/// What a file describes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Described {
    users: Vec<DescribedUser>,
    groups: Vec<DescribedGroup>,
    applications: Vec<DescribedApplication>,
    /// In the form of `GET /api/v1/logs`.
    log: Vec<Map<String, Value>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedUser {
    /// The login, which is the address too unless the profile has one.
    login: String,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    created: Option<Moment>,
    #[serde(default)]
    last_login: Option<Moment>,
    /// By the names of Okta's directory: `firstName`, `department`.
    #[serde(default)]
    profile: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedGroup {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedApplication {
    label: String,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

/// A status as Okta writes it, in any case; ACTIVE unless it is given.
#[derive(Clone, Copy, Debug)]
struct Status(UserStatus);

impl Default for Status {
    fn default() -> Status {
        Status(UserStatus::Active)
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
        use UserStatus::{
            Active, Deprovisioned, LockedOut, PasswordExpired, Provisioned, Recovery, Staged, Suspended,
        };
        const ALL: [UserStatus; 8] =
            [Staged, Provisioned, Active, Recovery, LockedOut, PasswordExpired, Suspended, Deprovisioned];
        let text = String::deserialize(deserializer)?;
        let found = ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(&text));
        found.map(Status).ok_or_else(|| {
            let all: Vec<&str> = ALL.iter().map(|status| status.as_str()).collect();
            serde::de::Error::custom(format!("no user has the status \"{text}\": it is {}", all.join(", ")))
        })
    }
}

/// A date & time in ISO 8601.
#[derive(Clone, Copy, Debug)]
struct Moment(i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = parse_date(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("\"{text}\" is no date & time, as 2026-07-31T09:00:00Z is"))
        })?;
        Ok(Moment(date.millis()))
    }
}

impl Described {
    /// Reads a description, YAML or JSON. Why it can't be used, if it can't: with the line, or the name that nothing bears.
    pub fn read(text: &str) -> Result<Described, String> {
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! { max_depth: 32, max_nodes: 4_000_000, max_documents: 1 },
            strict_booleans: true,
            with_snippet: false,
        };
        let described: Described =
            serde_yaml::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        described.check()?;
        Ok(described)
    }

    fn check(&self) -> Result<(), String> {
        let counts = [self.users.len(), self.groups.len(), self.applications.len()];
        if counts.iter().any(|count| *count > MOST) {
            return Err(format!("there may be {MOST} users, groups and applications each"));
        }
        if self.log.len() > KEPT {
            return Err(format!("there may be {KEPT} events, of which no more are kept"));
        }
        self.log.iter().try_for_each(|event| published(event).map(|_| ()))?;
        let logins = once("user", self.users.iter().map(|user| user.login.to_lowercase()))?;
        let groups = once("group", self.groups.iter().map(|group| group.name.clone()))?;
        for group in &self.groups {
            known("user", &logins, group.members.iter().map(|login| login.to_lowercase()), &group.name)?;
        }
        for application in &self.applications {
            known(
                "user",
                &logins,
                application.users.iter().map(|login| login.to_lowercase()),
                &application.label,
            )?;
            known("group", &groups, application.groups.iter().cloned(), &application.label)?;
        }
        Ok(())
    }
}

/// What an event has (Okta's OpenAPI, LogEvent).
const EVENT: [&str; 16] = [
    "actor",
    "authenticationContext",
    "client",
    "debugContext",
    "displayMessage",
    "eventType",
    "legacyEventType",
    "outcome",
    "published",
    "request",
    "securityContext",
    "severity",
    "target",
    "transaction",
    "uuid",
    "version",
];

/// When an event was; it must have that and its type, and nothing that no event has.
fn published(event: &Map<String, Value>) -> Result<i64, String> {
    if let Some(unknown) = event.keys().find(|key| !EVENT.contains(&key.as_str())) {
        return Err(format!("an event of the log has no `{unknown}`: it has {}", EVENT.join(", ")));
    }
    let text = |key: &str| event.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = text("eventType").ok_or("an event of the log has no eventType, such as user.session.start")?;
    let date = text("published").and_then(parse_date);
    let date = date
        .ok_or_else(|| format!("the event {kind} has no date in `published`, as 2026-07-31T09:00:00Z is"))?;
    Ok(date.millis())
}

/// The names, each of which may be there once.
fn once(what: &str, names: impl Iterator<Item = String>) -> Result<BTreeSet<String>, String> {
    let mut all = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() {
            return Err(format!("a {what} has no name"));
        }
        if !all.insert(name.clone()) {
            return Err(format!("the {what} {name} is there twice"));
        }
    }
    Ok(all)
}

fn known(
    what: &str,
    all: &BTreeSet<String>,
    names: impl Iterator<Item = String>,
    of: &str,
) -> Result<(), String> {
    let unknown = names.into_iter().find(|name| !all.contains(name));
    unknown.map_or(Ok(()), |name| Err(format!("{of} names the {what} {name}, who is not described")))
}

impl OktaSim {
    /// Fills the org with what is described.
    pub fn describe(&self, described: &Described) {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let state = &mut *state;
        for user in &described.users {
            let mut sent = user.profile.clone();
            sent.insert("login".to_owned(), user.login.clone().into());
            sent.entry("email").or_insert_with(|| user.login.clone().into());
            let profile = Profile::of_directory(&sent);
            // Nobody logs in before there is an account.
            let earliest = user.last_login.map_or(now_ms, |Moment(ms)| ms.min(now_ms));
            let created_ms = user.created.map_or(earliest, |Moment(ms)| ms);
            let status = user.status.0;
            let number = match &user.external_id {
                Some(id) => {
                    state.directory.seed(id, profile, status, created_ms);
                    state.directory.find_external(id)
                }
                None => {
                    Some(state.directory.create(profile, status, status != UserStatus::Staged, created_ms))
                }
            };
            if let (Some(number), Some(Moment(ms))) = (number, user.last_login) {
                state.directory.log_in(number, ms);
            }
        }
        let mut log: Vec<_> =
            described.log.iter().filter_map(|event| Some((published(event).ok()?, event))).collect();
        log.sort_by_key(|(at_ms, _)| *at_ms);
        for (at_ms, event) in log {
            state.log.describe(at_ms, event.clone());
        }
        let find = |directory: &super::directory::Directory, login: &String| directory.find_login(login);
        for group in &described.groups {
            let profile = [("name", &group.name), ("description", &group.description)];
            let profile = profile.map(|(name, text)| (name.to_owned(), Value::from(text.clone())));
            let number = state.groups.create(profile.into_iter().collect(), now_ms);
            if let Some(made) = state.groups.get_mut(number) {
                made.members =
                    group.members.iter().filter_map(|login| find(&state.directory, login)).collect();
            }
        }
        for application in &described.applications {
            let number = state.applications.add(&application.label, now_ms);
            let grant = || Grant { created_ms: now_ms, updated_ms: now_ms, ..Grant::default() };
            let users: Vec<u32> =
                application.users.iter().filter_map(|login| find(&state.directory, login)).collect();
            let groups: Vec<u32> =
                application.groups.iter().filter_map(|name| state.groups.named(name)).collect();
            if let Some(made) = state.applications.get_mut(number) {
                made.users.extend(users.into_iter().map(|user| (user, grant())));
                made.groups.extend(groups.into_iter().map(|group| (group, grant())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_is_told() {
        for (text, why) in [
            ("users: [{ login: a, statsu: ACTIVE }]", "statsu"),
            ("users: [{ login: a, status: GONE }]", "no user has the status \"GONE\""),
            ("users: [{ login: a, last_login: yesterday }]", "\"yesterday\" is no date & time"),
            ("users: [{ login: a }, { login: A }]", "the user a is there twice"),
            ("users: [{ login: \" \" }]", "a user has no name"),
            ("groups: [{ name: g, members: [a] }]", "g names the user a, who is not described"),
            ("applications: [{ label: x, groups: [g] }]", "x names the group g, who is not described"),
            ("log: [{ published: 2026-07-31T09:00:00Z }]", "no eventType"),
            ("log: [{ eventType: user.session.start, published: soon }]", "user.session.start has no date"),
            ("log: [{ eventType: a, published: 2026-07-31T09:00:00Z, who: b }]", "has no `who`"),
            ("- a", "line 1"),
        ] {
            let told = Described::read(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        Described::read("users: []").unwrap();
    }
}
