//! Okta · Map Profile Source Attributes.

use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{FromValue, Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::Okta;

/// Makes plain user objects into what `okta.bulk_user_import` uploads.
///
/// To create and update, each becomes `{ externalId, profile }`, where the profile has all fields but the external ID, by
/// the attribute names of the identity source (`userName`, `email`, `firstName`, `lastName`, `secondEmail`, `mobilePhone`,
/// `homeAddress`, and those of your own). Okta takes texts only: numbers, true/false and dates become text, lists and objects
/// are refused. A blank value is sent as null, which clears the attribute; `userName`, `email` and `secondEmail` can't be
/// cleared and are left out. To deactivate, only the external ID remains.
///
/// The card sends nothing.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct MapProfileSourceAttributes {
    /// The ID of the Custom Identity Source app; not used, for nothing is sent.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
    /// `upsert`: Create & Update. `delete`: Deactivate & Delete. In capitals as well.
    #[input(key = "importOperation", choices = ["upsert", "delete", "UPSERT", "DELETE"])]
    import_operation: Text,
    /// The field that holds the external ID.
    #[input(key = "externalIdKey", default = "id")]
    external_id_key: Text,
    /// The users: flat objects.
    users: Vec<Arc<Record>>,
}

/// The users, mapped.
#[derive(Outputs)]
pub struct Mapped {
    /// A list of objects with `externalId` and, to be created or updated, `profile`.
    #[output(key = "Users")]
    users: Vec<Record>,
}

/// The attributes that Okta's schema doesn't let be null.
const NEVER_NULL: [&str; 3] = ["userName", "email", "secondEmail"];

impl Effect for MapProfileSourceAttributes {
    const ID: &str = "okta.map_profile_source_attributes";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:mapProfileSourceAttributes"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.map_profile_source_attributes
  with:
    import_operation: upsert
    users: [{ id: 17, userName: ada@example.com, email: ada@example.com, firstName: Ada, mobilePhone: "" }]"#
            => ok r#"{ users: [{ externalId: "17", profile: { userName: ada@example.com, email: ada@example.com,
                       firstName: Ada, mobilePhone: null } }] }"#,
        r#"- { card: okta.map_profile_source_attributes, with: { import_operation: delete, external_id_key: ID, users: [{ ID: "17", Email: ada@example.com }] } }"#
            => ok r#"{ users: [{ externalId: "17" }] }"#,
        r#"- { card: okta.map_profile_source_attributes, with: { import_operation: upsert, users: [{ userName: ada@example.com }] } }"#
            => err "has no `id`",
    };
    const DOES: Does = Does::Reads;
    type Connection = Okta;
    type Out = Mapped;

    async fn run(self, _: &Okta) -> Result<Mapped> {
        let upsert = match &*self.import_operation {
            "upsert" | "UPSERT" => true,
            "delete" | "DELETE" => false,
            other => bail!(Self::IMPORT_OPERATION, "expected upsert or delete, found \"{other}\""),
        };
        // Each name is kept once, however many users there are.
        let (external_id, profile) = (Text::from("externalId"), Text::from("profile"));
        let mut users = Vec::with_capacity(self.users.len());
        for (place, user) in self.users.iter().enumerate() {
            let id = user.get(&self.external_id_key).filter(|id| !id.is_empty());
            let Some(id) =
                id.cloned().and_then(|id| Text::from_value(id).ok()).filter(|id| !id.trim().is_empty())
            else {
                bail!(
                    Self::USERS,
                    "the user at place {place} has no `{}` for its external ID",
                    self.external_id_key
                );
            };
            let mut mapped = Record::with_capacity(2);
            if upsert {
                let attributes = self.profile(user, &id)?;
                mapped.insert(external_id.clone(), Value::Text(id));
                mapped.insert(profile.clone(), Value::from(attributes));
            } else {
                mapped.insert(external_id.clone(), Value::Text(id));
            }
            users.push(mapped);
        }
        Ok(Mapped { users })
    }
}

impl MapProfileSourceAttributes {
    fn profile(&self, user: &Record, id: &Text) -> Result<Record> {
        let mut profile = Record::with_capacity(user.len());
        for (name, value) in user.iter().filter(|(name, _)| **name != self.external_id_key) {
            let text = match value {
                Value::Text(text) => Some(text.clone()),
                Value::Null => None,
                Value::Number(_) | Value::Integer(_) | Value::Bool(_) | Value::Date(_) => {
                    Text::from_value(value.clone()).ok()
                }
                other => {
                    let message = format!(
                        "`{name}` of the user \"{id}\" is a {}, where Okta takes texts only",
                        other.kind()
                    );
                    return Err(Fault::new(FaultKind::InvalidInput, message).at(Self::USERS));
                }
            };
            match text.filter(|text| !text.is_empty()) {
                Some(text) => profile.insert(name.clone(), Value::Text(text)),
                None if NEVER_NULL.contains(&&**name) => None,
                None => profile.insert(name.clone(), Value::Null),
            };
        }
        Ok(profile)
    }
}
