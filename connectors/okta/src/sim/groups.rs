//! The groups of the simulated org.

use super::error::ApiError;
use super::ids::{id, number};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The number of the group that everybody is in.
pub const EVERYONE: u32 = 0;

/// A group. Its number, from which its id is made, is its place among all there ever were.
pub struct Group {
    pub profile: Map<String, Value>,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub members_ms: i64,
    pub members: BTreeSet<u32>,
    pub deleted: bool,
}

impl Group {
    /// A text of the profile.
    pub fn text(&self, name: &str) -> &str {
        self.profile.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

pub struct Groups(Vec<Group>);

impl Groups {
    /// The groups of a new org: Everyone, as recorded (terraform-provider-okta, test/fixtures/vcr). Its members are not stored:
    /// they are all users. That those who are deactivated stay is what Okta documents of groups (help.okta.com,
    /// usgp-deactivate-user-account); that it holds for Everyone too is a guess.
    pub fn new(now_ms: i64) -> Groups {
        let mut groups = Groups(Vec::new());
        let texts = [("name", "Everyone"), ("description", "All users in your organization")];
        groups.create(
            texts.map(|(name, text)| (name.to_owned(), Value::from(text))).into_iter().collect(),
            now_ms,
        );
        groups
    }

    /// Whether a user who exists is in a group.
    pub fn has(&self, number: u32, user: u32) -> bool {
        number == EVERYONE || self.get(number).is_some_and(|group| group.members.contains(&user))
    }

    /// The number of a group that may be changed.
    pub fn find_changeable(&self, text: &str) -> Result<u32, ApiError> {
        // Of membership it is recorded (ApiError::unsupported), of changes and deletion a guess.
        self.find(text)
            .and_then(|number| if number == EVERYONE { Err(ApiError::unsupported()) } else { Ok(number) })
    }

    /// Creates a group without members; its name must be free.
    pub fn create(&mut self, profile: Map<String, Value>, now_ms: i64) -> u32 {
        let (created_ms, updated_ms, members_ms) = (now_ms, now_ms, now_ms);
        self.0.push(Group {
            profile,
            created_ms,
            updated_ms,
            members_ms,
            members: BTreeSet::new(),
            deleted: false,
        });
        self.0.len() as u32 - 1
    }

    /// The number of the group with this id.
    pub fn find(&self, text: &str) -> Result<u32, ApiError> {
        let found = number("00g", text).filter(|&number| self.get(number).is_some());
        found.ok_or_else(|| ApiError::missing(text, "UserGroup"))
    }

    /// A group by number.
    pub fn get(&self, number: u32) -> Option<&Group> {
        self.once(number).filter(|group| !group.deleted)
    }

    /// A group by number, to be changed.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        self.0.get_mut(number as usize).filter(|group| !group.deleted)
    }

    /// A group by number, a deleted one too.
    pub fn once(&self, number: u32) -> Option<&Group> {
        self.0.get(number as usize)
    }

    /// All groups in the order of their numbers, from one on.
    pub fn all(&self, from: u32) -> impl Iterator<Item = (u32, &Group)> {
        let places = (from..).zip(self.0.get(from as usize..).unwrap_or_default());
        places.filter(|(_, group)| !group.deleted)
    }

    /// The group that has this name, whatever its case.
    pub fn named(&self, name: &str) -> Option<u32> {
        let name = name.to_lowercase();
        self.all(0).find(|(_, group)| group.text("name").to_lowercase() == name).map(|(number, _)| number)
    }

    /// The groups that a user is in.
    pub fn of(&self, user: u32) -> impl Iterator<Item = (u32, &Group)> {
        self.all(0).filter(move |(number, group)| *number == EVERYONE || group.members.contains(&user))
    }

    /// Deletes a group; nobody is in it afterwards.
    pub fn delete(&mut self, number: u32) {
        if let Some(group) = self.get_mut(number) {
            group.deleted = true;
            group.members.clear();
        }
    }

    /// Takes a user who is deleted out of all groups.
    pub fn forget(&mut self, user: u32) {
        for group in &mut self.0 {
            group.members.remove(&user);
        }
    }
}

pub fn group_id(number: u32) -> String {
    id("00g", number)
}
