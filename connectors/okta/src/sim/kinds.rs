//! What the System Log calls the things that happen.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SessionCreated,
    SessionTriggered,
    SessionCancelled,
    SessionExpired,
    BulkUpsert,
    BulkDelete,
    ImportStart,
    ImportComplete,
    ImportedCreate,
    ImportedUpdate,
    ImportedDelete,
    UserCreate,
    UserUpdate,
    UserActivate,
    UserDeactivate,
    UserSuspend,
    UserUnsuspend,
    UserUnlock,
    UserDelete,
    PasswordReset,
    PasswordExpire,
    PasswordUpdate,
    SessionsClear,
    GroupCreate,
    GroupUpdate,
    GroupDelete,
    MemberAdd,
    MemberRemove,
    AppUserAdd,
    AppUserRemove,
    AppGroupAdd,
    AppGroupRemove,
    LimitViolation,
}

impl Kind {
    /// The event type and the message an administrator reads.
    pub fn words(self) -> (&'static str, &'static str) {
        use Kind::*;
        match self {
            SessionCreated => ("system.import.session.created", "Identity source import session created"),
            SessionTriggered => {
                ("system.import.session.triggered", "Identity source import session triggered")
            }
            SessionCancelled => {
                ("system.import.session.cancelled", "Identity source import session cancelled")
            }
            SessionExpired => ("system.import.session.expired", "Identity source import session expired"),
            BulkUpsert => ("system.identity_sources.bulk_upsert", "Bulk upsert data was uploaded"),
            BulkDelete => ("system.identity_sources.bulk_delete", "Bulk delete data was uploaded"),
            ImportStart => ("system.import.start", "Import started"),
            ImportComplete => ("system.import.complete", "Import completed"),
            ImportedCreate => ("system.import.user.create", "Imported user was created"),
            ImportedUpdate => ("system.import.user.update", "Imported user was updated"),
            ImportedDelete => ("system.import.user.delete", "Imported user was deactivated"),
            UserCreate => ("user.lifecycle.create", "User was created"),
            UserUpdate => ("user.account.update_profile", "User profile was updated"),
            UserActivate => ("user.lifecycle.activate", "User was activated"),
            UserDeactivate => ("user.lifecycle.deactivate", "User was deactivated"),
            UserSuspend => ("user.lifecycle.suspend", "User was suspended"),
            UserUnsuspend => ("user.lifecycle.unsuspend", "User was unsuspended"),
            UserUnlock => ("user.account.unlock", "User was unlocked"),
            UserDelete => ("user.lifecycle.delete.initiated", "Deletion of the user was begun"),
            PasswordReset => ("user.account.reset_password", "Password of the user was reset"),
            PasswordExpire => ("user.account.expire_password", "Password of the user was expired"),
            PasswordUpdate => ("user.account.update_password", "Password of the user was updated"),
            SessionsClear => ("user.session.clear", "Sessions of the user were cleared"),
            GroupCreate => ("group.lifecycle.create", "Group was created"),
            GroupUpdate => ("group.profile.update", "Group profile was updated"),
            GroupDelete => ("group.lifecycle.delete", "Group was deleted"),
            MemberAdd => ("group.user_membership.add", "User was added to a group"),
            MemberRemove => ("group.user_membership.remove", "User was removed from a group"),
            AppUserAdd => ("application.user_membership.add", "User was added to an application"),
            AppUserRemove => ("application.user_membership.remove", "User was removed from an application"),
            AppGroupAdd => ("group.application_assignment.add", "Group was assigned to an application"),
            LimitViolation => ("system.org.rate_limit.violation", "Rate limit violation"),
            AppGroupRemove => {
                ("group.application_assignment.remove", "Group was removed from an application")
            }
        }
    }

    /// The name of the event type.
    pub fn event_type(self) -> &'static str {
        self.words().0
    }
}
