//! Okta cards and the Okta simulator

#[macro_use]
mod lifecycle;
#[macro_use]
mod membership;

mod applications;
mod assignment;
mod checks;
mod connection;
mod events;
mod given;
mod group_rules;
mod groups;
mod listing;
mod login;
mod looked;
mod scope;
mod session;
mod shown;
#[cfg(feature = "sim")]
pub mod sim;
mod triggers;
mod turned;
mod users;
mod vendor;

pub use connection::{Okta, connector};

flowrun_kit::effect_cards! {
    create_import_session::CreateImportSession,
    list_import_sessions::ListImportSessions,
    read_import_session::ReadImportSession,
    delete_import_session::DeleteImportSession,
    map_profile_source_attributes::MapProfileSourceAttributes,
    bulk_user_import::BulkUserImport,
    trigger_import_session::TriggerImportSession,
    list_users_with_search::ListUsersWithSearch,
    list_users_assigned_to_application::ListUsersAssignedToApplication,
    read_user::ReadUser,
    create_user::CreateUser,
    update_user::UpdateUser,
    activate_user::ActivateUser,
    deactivate_user::DeactivateUser,
    suspend_user::SuspendUser,
    unsuspend_user::UnsuspendUser,
    unlock_user::UnlockUser,
    expire_password::ExpirePassword,
    reset_password::ResetPassword,
    clear_user_sessions::ClearUserSessions,
    delete_user::DeleteUser,
    search_users::SearchUsers,
    list_users_with_filter::ListUsersWithFilter,
    search_groups::SearchGroups,
    create_group::CreateGroup,
    read_group::ReadGroup,
    update_group::UpdateGroup,
    update_group_rule::UpdateGroupRule,
    delete_group::DeleteGroup,
    add_user_to_group::AddUserToGroup,
    remove_user_from_group::RemoveUserFromGroup,
    list_group_members::ListGroupMembers,
    get_users_groups::GetUsersGroups,
    search_group_rules::SearchGroupRules,
    create_group_rule::CreateGroupRule,
    activate_group_rule::ActivateGroupRule,
    deactivate_group_rule::DeactivateGroupRule,
    search_applications::SearchApplications,
    list_applications::ListApplications,
    read_application::ReadApplication,
    list_applications_assigned_to_user::ListApplicationsAssignedToUser,
    activate_application::ActivateApplication,
    deactivate_application::DeactivateApplication,
    assign_user_to_application_for_sso::AssignUserToApplicationForSso,
    assign_user_to_application_for_sso_and_provisioning::AssignUserToApplicationForSsoAndProvisioning,
    update_application_profile_for_an_assigned_user::UpdateApplicationProfileForAnAssignedUser,
    update_application_credentials_for_an_assigned_user::UpdateApplicationCredentialsForAnAssignedUser,
    get_assigned_user_for_application::GetAssignedUserForApplication,
    remove_user_from_application::RemoveUserFromApplication,
    assign_group_to_application::AssignGroupToApplication,
    list_groups_assigned_to_application::ListGroupsAssignedToApplication,
    search_system_logs::SearchSystemLogs,
    custom_api_action::CustomApiAction,
}
