//! Okta cards and the Okta simulator

mod bulk_user_import;
mod checks;
mod connection;
mod create_import_session;
mod custom_api_action;
mod delete_import_session;
mod list_import_sessions;
mod list_users_assigned_to_application;
mod list_users_with_search;
mod login;
mod map_profile_source_attributes;
mod read_import_session;
mod read_user;
mod scope;
mod session;
pub mod sim;
mod trigger_import_session;
mod vendor;

pub use connection::{CONNECTOR, Okta, simulated, simulated_oauth};

use flowrun_kit::effect::EffectCard;

/// Okta's cards.
pub static CARDS: &[EffectCard] = &[
    EffectCard::of::<create_import_session::CreateImportSession>(),
    EffectCard::of::<list_import_sessions::ListImportSessions>(),
    EffectCard::of::<read_import_session::ReadImportSession>(),
    EffectCard::of::<delete_import_session::DeleteImportSession>(),
    EffectCard::of::<map_profile_source_attributes::MapProfileSourceAttributes>(),
    EffectCard::of::<bulk_user_import::BulkUserImport>(),
    EffectCard::of::<trigger_import_session::TriggerImportSession>(),
    EffectCard::of::<list_users_with_search::ListUsersWithSearch>(),
    EffectCard::of::<list_users_assigned_to_application::ListUsersAssignedToApplication>(),
    EffectCard::of::<read_user::ReadUser>(),
    EffectCard::of::<custom_api_action::CustomApiAction>(),
];
