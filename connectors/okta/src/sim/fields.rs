//! `fields`, which leaves of each user only what is named: `fields=status,profile:(firstName, city)`.
//!
//! Okta's OpenAPI file, GET /api/v1/users: divided by commas, those of the profile in `profile:(…)`; `id` is always there.

use super::error::ApiError;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What is left of a user.
pub struct Fields {
    whole: BTreeSet<String>,
    profile: Option<BTreeSet<String>>,
}

impl Fields {
    /// Reads the parameter. How Okta refuses what it can't read is a guess.
    pub fn read(text: &str) -> Result<Fields, ApiError> {
        let wrong = |why: &str| ApiError::invalid("fields", format!("fields: {why}"));
        let mut fields = Fields { whole: BTreeSet::from(["id".to_owned()]), profile: None };
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix("profile:(") {
                let (names, after) =
                    inner.split_once(')').ok_or_else(|| wrong("profile:( does not end with )"))?;
                fields
                    .profile
                    .get_or_insert_default()
                    .extend(names.split(',').map(|it| it.trim().to_owned()));
                rest = after.trim_start();
                rest = match rest.strip_prefix(',') {
                    Some(rest) => rest.trim_start(),
                    None if rest.is_empty() => rest,
                    None => return Err(wrong("a comma is missing after )")),
                };
                continue;
            }
            let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
            let name = name.trim();
            if name.is_empty() || name.contains([':', '(', ')']) {
                return Err(wrong("only profile has fields below it"));
            }
            fields.whole.insert(name.to_owned());
            rest = after.trim_start();
        }
        Ok(fields)
    }

    /// What is left of this user.
    pub fn of(&self, user: Value) -> Value {
        let Value::Object(user) = user else { return user };
        let mut left = Map::new();
        for (name, value) in user {
            match (&self.profile, value) {
                (Some(wanted), Value::Object(mut profile)) if name == "profile" => {
                    profile.retain(|name, _| wanted.contains(name));
                    left.insert(name, Value::Object(profile));
                }
                (_, value) if self.whole.contains(&name) => {
                    left.insert(name, value);
                }
                _ => {}
            }
        }
        Value::Object(left)
    }
}
