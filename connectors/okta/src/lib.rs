//! Okta cards and the Okta simulator

mod activate_user;
mod add_user_to_group;
mod applications;
mod assign_group_to_application;
mod assign_user_to_application_for_sso;
mod bulk_user_import;
mod checks;
mod clear_user_sessions;
mod connection;
mod create_group;
mod create_import_session;
mod create_user;
mod custom_api_action;
mod deactivate_user;
mod delete_import_session;
mod delete_user;
mod events;
mod expire_password;
mod get_assigned_user_for_application;
mod get_users_groups;
mod given;
mod groups;
mod lifecycle;
mod list_applications;
mod list_group_members;
mod list_groups_assigned_to_application;
mod list_import_sessions;
mod list_users_assigned_to_application;
mod list_users_with_filter;
mod list_users_with_search;
mod listing;
mod login;
mod map_profile_source_attributes;
mod read_application;
mod read_group;
mod read_import_session;
mod read_user;
mod remove_user_from_application;
mod remove_user_from_group;
mod reset_password;
mod scope;
mod search_applications;
mod search_groups;
mod search_system_logs;
mod search_users;
mod session;
pub mod sim;
mod suspend_user;
mod trigger_import_session;
mod triggers;
mod unlock_user;
mod unsuspend_user;
mod update_group;
mod update_user;
mod users;
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
    EffectCard::of::<create_user::CreateUser>(),
    EffectCard::of::<update_user::UpdateUser>(),
    EffectCard::of::<activate_user::ActivateUser>(),
    EffectCard::of::<deactivate_user::DeactivateUser>(),
    EffectCard::of::<suspend_user::SuspendUser>(),
    EffectCard::of::<unsuspend_user::UnsuspendUser>(),
    EffectCard::of::<unlock_user::UnlockUser>(),
    EffectCard::of::<expire_password::ExpirePassword>(),
    EffectCard::of::<reset_password::ResetPassword>(),
    EffectCard::of::<clear_user_sessions::ClearUserSessions>(),
    EffectCard::of::<delete_user::DeleteUser>(),
    EffectCard::of::<search_users::SearchUsers>(),
    EffectCard::of::<list_users_with_filter::ListUsersWithFilter>(),
    EffectCard::of::<search_groups::SearchGroups>(),
    EffectCard::of::<create_group::CreateGroup>(),
    EffectCard::of::<read_group::ReadGroup>(),
    EffectCard::of::<update_group::UpdateGroup>(),
    EffectCard::of::<add_user_to_group::AddUserToGroup>(),
    EffectCard::of::<remove_user_from_group::RemoveUserFromGroup>(),
    EffectCard::of::<list_group_members::ListGroupMembers>(),
    EffectCard::of::<get_users_groups::GetUsersGroups>(),
    EffectCard::of::<search_applications::SearchApplications>(),
    EffectCard::of::<list_applications::ListApplications>(),
    EffectCard::of::<read_application::ReadApplication>(),
    EffectCard::of::<assign_user_to_application_for_sso::AssignUserToApplicationForSso>(),
    EffectCard::of::<get_assigned_user_for_application::GetAssignedUserForApplication>(),
    EffectCard::of::<remove_user_from_application::RemoveUserFromApplication>(),
    EffectCard::of::<assign_group_to_application::AssignGroupToApplication>(),
    EffectCard::of::<list_groups_assigned_to_application::ListGroupsAssignedToApplication>(),
    EffectCard::of::<search_system_logs::SearchSystemLogs>(),
    EffectCard::of::<custom_api_action::CustomApiAction>(),
];
