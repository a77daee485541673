//! Okta · Bulk User Import.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::audit::Subject;
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled};
use serde::Serialize;

use crate::session::Session;
use crate::{Okta, connection};

/// Uploads users to an import session, to be created and updated, or to be deactivated.
///
/// At most 200 users and 200 KB at once, at most 50 uploads to one session. Nothing happens to the users before the session
/// is triggered. `upsert` needs `externalId` and `profile` of each, as `okta.map_profile_source_attributes` makes them;
/// `delete` needs `externalId`, deactivates and deletes nobody, and Okta ignores whom it doesn't know.
///
/// The card refuses what Okta would reject or mix up: too many users, too many bytes, a user without external ID, the same
/// external ID twice. If Okta's answer is lost, the card reads the session: while that is still `CREATED`, nothing has arrived,
/// and it uploads again. Otherwise nobody can tell, and it fails: give the session up then, and begin another.
#[derive(Inputs)]
pub struct BulkUserImport {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
    /// The session's ID.
    #[input(key = "sessionId")]
    session_id: Text,
    /// `upsert`: Create & Update. `delete`: Deactivate & Delete.
    #[input(key = "importOperation", choices = ["upsert", "delete"])]
    import_operation: Text,
    /// The users: objects with `externalId` and, to be created or updated, `profile`.
    #[input(key = "Users")]
    users: Vec<Arc<Record>>,
}

/// What was uploaded.
#[derive(Outputs)]
pub struct Uploaded {
    /// How many users Okta accepted.
    #[output(key = "recordsImported")]
    records_imported: f64,
}

/// The most users of a request.
const MOST_USERS: usize = 200;
/// The largest request. Okta says 200 KB and not which; this is the smaller reading.
const MOST_BYTES: usize = 200_000;
/// The longest external ID.
const LONGEST_ID: usize = 512;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    entity_type: &'static str,
    profiles: Vec<Entity<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Value>,
}

impl Effect for BulkUserImport {
    const ID: &str = "okta.bulk_user_import";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:bulkUserImport"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_import_session
  id: session
- card: okta.bulk_user_import
  with:
    session_id: $.session.id
    import_operation: upsert
    users: [{ externalId: "1", profile: { userName: ada@example.com, email: ada@example.com } }]"#
            => ok "{ records_imported: 1 }",
        r#"- { card: okta.bulk_user_import, with: { session_id: any, import_operation: delete, users: [{ externalId: "1" }, { externalId: "1" }] } }"#
            => err "external ID \"1\" twice",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash =
        AfterCrash::looks("by the session's status: while it is `CREATED`, nothing of an `upsert` has arrived");
    const SCOPES: &[&str] = &["okta.identitySources.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Uploaded;

    async fn run(self, okta: &Okta) -> Result<Uploaded> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let count = self.users.len();
        let upsert = match &*self.import_operation {
            "upsert" => true,
            "delete" => false,
            other => bail!(Self::IMPORT_OPERATION, "expected upsert or delete, found \"{other}\""),
        };
        let (call, body) = (if upsert { "bulk-upsert" } else { "bulk-delete" }, self.body(upsert)?);
        let call = Call::post(format!("{path}/{call}")).json(&body)?;
        let call = if okta.client.is_audited() { call.about(body.subjects()) } else { call };
        let bytes = call.body_len();
        if bytes > MOST_BYTES {
            let message = format!(
                "{count} users make {bytes} bytes, more than the {MOST_BYTES} that Okta takes at once"
            );
            let help = format!("send at most {} of such users at once", (count * MOST_BYTES / bytes).max(1));
            return Err(Fault::new(FaultKind::InvalidInput, message).at(Self::USERS).help(help));
        }
        let sent = match okta.client.read(call.clone(), accepted).await {
            Err(fault) if fault.lost && upsert && never_arrived(okta, &path, &fault).await => {
                okta.client.read(call, accepted).await
            }
            sent => sent,
        };
        match sent {
            Ok(()) => Ok(Uploaded { records_imported: count as f64 }),
            Err(fault) if fault.lost => Err(unknown(&fault, count)),
            Err(fault) => Err(fault),
        }
    }

    /// Okta tells nothing of what a session holds. That nothing has arrived in it is all that its status can show, and of a
    /// `delete` not even that, for the session stays `CREATED` if Okta knows nobody of it.
    async fn settle(self, okta: &Okta, _: Began) -> Result<Settled<Uploaded>> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let session = Session::fetch(okta, &path).await?;
        if session.status == "CREATED" && &*self.import_operation == "upsert" {
            return Ok(Settled::DidNot);
        }
        Ok(Settled::unknown(format!(
            "the session is {}, and Okta does not tell whom it holds; give it up and begin another, so that nobody is in it twice",
            session.status
        )))
    }
}

impl Body<'_> {
    /// Whom it is about, for the record.
    fn subjects(&self) -> Vec<Subject> {
        let subjects = self.profiles.iter().map(|user| Subject {
            operation: if user.profile.is_some() { "upsert" } else { "delete" },
            external_id: user.external_id.into(),
            profile: user.profile.map(|profile| profile.to_json().into()),
        });
        subjects.collect()
    }
}

impl BulkUserImport {
    /// The request, or why Okta would not take it.
    fn body(&self, upsert: bool) -> Result<Body<'_>> {
        if self.users.is_empty() {
            let fault = Fault::new(FaultKind::InvalidInput, "the list of users is empty, which Okta rejects");
            return Err(fault.at(Self::USERS).help("send nothing when there is nobody to send"));
        }
        if self.users.len() > MOST_USERS {
            let message =
                format!("{} users are more than the {MOST_USERS} that Okta takes at once", self.users.len());
            let help = "cut the list into parts, one upload for each; a session takes 50 uploads";
            return Err(Fault::new(FaultKind::InvalidInput, message).at(Self::USERS).help(help));
        }
        let mut seen = HashSet::with_capacity(self.users.len());
        let mut profiles = Vec::with_capacity(self.users.len());
        for (place, user) in self.users.iter().enumerate() {
            let external_id = match user.get("externalId") {
                Some(Value::Text(id)) if !id.trim().is_empty() => &**id,
                None | Some(Value::Null | Value::Text(_)) => {
                    bail!(Self::USERS, "the user at place {place} has no externalId")
                }
                Some(other) => {
                    bail!(
                        Self::USERS,
                        "the externalId at place {place} is a {}, where Okta wants a text",
                        other.kind()
                    )
                }
            };
            if external_id.chars().count() > LONGEST_ID {
                bail!(Self::USERS, "the externalId at place {place} has more than {LONGEST_ID} characters");
            }
            if !seen.insert(external_id) {
                let message = format!("the users have the external ID \"{external_id}\" twice");
                let help = "Okta would take either; remove duplicates before the upload";
                return Err(Fault::new(FaultKind::InvalidInput, message).at(Self::USERS).help(help));
            }
            let profile = match user.get("profile") {
                _ if !upsert => None,
                Some(profile @ Value::Object(members)) if !members.is_empty() => Some(profile),
                _ => bail!(Self::USERS, "the user with external ID \"{external_id}\" has no profile"),
            };
            if profile.is_some_and(Value::holds_secret) {
                bail!(
                    Self::USERS,
                    "the profile of the user with external ID \"{external_id}\" holds a secret"
                );
            }
            profiles.push(Entity { external_id, profile });
        }
        Ok(Body { entity_type: "USERS", profiles })
    }
}

/// Whether an upload whose answer is lost certainly had no effect: its session is as empty as it was. What was still on its way
/// when the answer took too long may arrive later, so that nothing is certain then. Nor does a session tell of a `delete`, for
/// it stays `CREATED` if Okta knows nobody of it.
async fn never_arrived(okta: &Okta, path: &str, fault: &Fault) -> bool {
    if fault.kind == FaultKind::Timeout {
        return false;
    }
    Session::fetch(okta, path).await.is_ok_and(|session| session.status == "CREATED")
}

/// Fails unless Okta says that it takes the users: with 202.
fn accepted(reply: &Reply) -> Result<()> {
    reply.is_of_the_api()?;
    if reply.status == 202 {
        return Ok(());
    }
    let message = format!("Okta answered {}, where it takes an upload with 202", reply.status);
    Err(Fault::new(FaultKind::Parse, message).code(reply.status))
}

/// An upload is never repeated blindly: the session would hold the users twice.
fn unknown(fault: &Fault, count: usize) -> Fault {
    let cause =
        fault.message.strip_suffix("; it is not known whether it took effect").unwrap_or(&fault.message);
    let users = if count == 1 { "the user".to_owned() } else { format!("the {count} users") };
    let message = format!("{cause}; it is not known whether {users} arrived");
    let known = Fault::new(fault.kind, message).body(fault.body.clone()).lost(true).help(
        "the upload was not repeated, so that nobody is in the session twice: delete the import session and start again",
    );
    if let Some(code) = fault.code { known.code(code) } else { known }
}
