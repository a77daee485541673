//! The bodies of `bulk-upsert` and `bulk-delete`.

use super::directory::Directory;
use super::error::ApiError;
use super::profile::Profile;
use super::sessions::Load;
use serde::Deserialize;
use std::borrow::Cow;

/// How many entities a bulk request may have.
pub const MAX_ENTITIES: usize = 200;

/// How many bytes a bulk request may have. Okta says 200 KB and not which; this is the larger reading.
pub const MAX_BYTES: usize = 200 * 1024;

/// The longest external id.
const MAX_ID: usize = 512;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow, default)]
    entity_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    profiles: Option<Vec<Entity<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    #[serde(borrow, default)]
    external_id: Option<Cow<'a, str>>,
    #[serde(default)]
    profile: Option<Profile>,
}

/// Reads a bulk request's entities, or says what Okta would have against them.
pub fn read(body: &[u8], delete: bool, directory: &mut Directory) -> Result<Vec<Load>, ApiError> {
    if body.len() > MAX_BYTES {
        let cause = format!("The payload has {} bytes, more than the {MAX_BYTES} allowed.", body.len());
        return Err(ApiError::invalid("payload", cause));
    }
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| {
        // Wrong types in well-formed JSON say where they are; broken JSON does not.
        if error.is_data() { ApiError::invalid("profiles", error.to_string()) } else { ApiError::malformed() }
    })?;
    if body.entity_type.as_deref() != Some("USERS") {
        return Err(ApiError::malformed().because("entityType: The field must be USERS."));
    }
    let profiles = body.profiles.unwrap_or_default();
    if profiles.is_empty() {
        return Err(ApiError::invalid("profiles", "profiles: The field cannot be left blank"));
    }
    if profiles.len() > MAX_ENTITIES {
        let cause = format!("profiles: {} entities, more than the {MAX_ENTITIES} allowed", profiles.len());
        return Err(ApiError::invalid("profiles", cause));
    }
    let places = profiles.into_iter().enumerate();
    places.map(|(place, entity)| entity.read(place, delete, directory)).collect()
}

impl Entity<'_> {
    fn read(self, place: usize, delete: bool, directory: &mut Directory) -> Result<Load, ApiError> {
        let at = |what: &str| format!("profiles[{place}].{what}");
        let id = self.external_id.as_deref().unwrap_or_default();
        if id.is_empty() {
            return Err(ApiError::invalid("externalId", at("externalId: The field cannot be left blank")));
        }
        if id.chars().count() > MAX_ID {
            return Err(ApiError::invalid("externalId", at("externalId: The field is too long")));
        }
        if delete {
            return Ok(Load::Delete(directory.external(id)));
        }
        let Some(profile) = self.profile.filter(|profile| !profile.is_empty()) else {
            return Err(ApiError::invalid("profile", at("profile: The field cannot be left blank")));
        };
        match profile.violation() {
            Some(violation) => Err(ApiError::invalid("profile", at(&format!("profile.{violation}")))),
            None => Ok(Load::Upsert(directory.external(id), profile)),
        }
    }
}
