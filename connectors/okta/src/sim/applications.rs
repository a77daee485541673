//! The applications of the simulated org besides its identity source, and who is assigned to them.

use super::directory::Directory;
use super::error::ApiError;
use super::groups::{EVERYONE, Groups};
use super::ids::{id, number};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An application. Its number, from which its id is made, is its place.
pub struct Application {
    pub name: String,
    pub label: String,
    pub created_ms: i64,
    pub made: Made,
    pub groups: BTreeMap<u32, Grant>,
    pub users: BTreeMap<u32, Grant>,
}

/// What a client said of an application.
#[derive(Clone)]
pub struct Made {
    /// How one signs on to it.
    pub mode: String,
    /// What kind of application it is.
    pub name: Option<String>,
    pub settings: Option<Value>,
    pub inactive: bool,
    pub deleted: bool,
}

/// An assignment of a group or of a user.
#[derive(Clone, Default)]
pub struct Grant {
    pub created_ms: i64,
    pub updated_ms: i64,
    pub priority: u64,
    pub user_name: Option<String>,
    /// When the password was set, if there is one.
    pub password_ms: Option<i64>,
    pub profile: Map<String, Value>,
}

impl Application {
    /// The groups whose members have it: none while it is inactive (OpenAPI, deactivateApplication: the assignments that come through
    /// groups are removed). That they come back when it is activated again is a guess.
    fn giving(&self) -> impl Iterator<Item = (&u32, &Grant)> {
        self.groups.iter().filter(|_| !self.made.inactive)
    }

    /// Everybody who is assigned, by themselves or through a group, in the order of their numbers, from one on.
    pub fn everybody<'a>(
        &self,
        groups: &Groups,
        directory: &'a Directory,
        from: u32,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        if self.giving().any(|(group, _)| *group == EVERYONE) {
            return Box::new(directory.users(from).map(|(number, _)| number));
        }
        let through = self.giving().filter_map(|(group, _)| groups.get(*group));
        let own = self.users.range(from..).map(|(number, _)| number);
        let all: BTreeSet<u32> =
            through.flat_map(|group| group.members.range(from..)).chain(own).copied().collect();
        Box::new(all.into_iter())
    }

    /// The assignment of a user, with the group that it comes through, if it comes through one.
    pub fn grant(&self, user: u32, groups: &Groups) -> Option<(&Grant, Option<u32>)> {
        let own = self.users.get(&user).map(|grant| (grant, None));
        let through = || {
            let found = self.giving().find(|(number, _)| groups.has(**number, user));
            found.map(|(number, grant)| (grant, Some(*number)))
        };
        own.or_else(through)
    }
}

/// The most applications.
const MOST: usize = 10_000;

pub struct Applications(Vec<Application>);

impl Applications {
    /// What every simulated org has: one application, Intranet.
    pub fn new(now_ms: i64) -> Applications {
        let mut applications = Applications(Vec::new());
        applications.add("Intranet", now_ms);
        applications
    }

    /// Adds an application that nobody is assigned to.
    pub fn add(&mut self, label: &str, created_ms: i64) -> u32 {
        let made =
            Made { mode: "SAML_2_0".to_owned(), name: None, settings: None, inactive: false, deleted: false };
        self.push(label, made, created_ms)
    }

    /// Adds one that a client describes.
    pub fn make(&mut self, label: &str, made: Made, created_ms: i64) -> Result<u32, ApiError> {
        if self.0.len() == MOST {
            return Err(ApiError::invalid(
                "app",
                format!("There may be {MOST} applications in a simulated org."),
            ));
        }
        Ok(self.push(label, made, created_ms))
    }

    fn push(&mut self, label: &str, made: Made, created_ms: i64) -> u32 {
        let own = || format!("org_{}_{}", label.to_lowercase().replace(' ', "_"), self.0.len() + 1);
        let name = made.name.clone().unwrap_or_else(own);
        let (groups, users) = Default::default();
        self.0.push(Application { name, label: label.to_owned(), created_ms, made, groups, users });
        self.0.len() as u32 - 1
    }

    /// The number of the application with this id.
    pub fn find(&self, text: &str) -> Option<u32> {
        number("0oa", text).filter(|&number| self.get(number).is_some())
    }

    /// An application by number.
    pub fn get(&self, number: u32) -> Option<&Application> {
        self.0.get(number as usize).filter(|app| !app.made.deleted)
    }

    /// An application by number, to be changed.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Application> {
        self.0.get_mut(number as usize).filter(|app| !app.made.deleted)
    }

    /// All of them in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = (u32, &Application)> {
        (0..).zip(&self.0).filter(|(_, app)| !app.made.deleted)
    }

    /// Takes a user who is deleted out of all of them.
    pub fn forget_user(&mut self, user: u32) {
        for application in &mut self.0 {
            application.users.remove(&user);
        }
    }

    /// Takes a group that is deleted out of all of them.
    pub fn forget_group(&mut self, group: u32) {
        for application in &mut self.0 {
            application.groups.remove(&group);
        }
    }
}

pub fn application_id(number: u32) -> String {
    id("0oa", number)
}
