//! The events that a flow's trigger may name.

use std::borrow::Cow;

use flowrun_core::card::Words;
use flowrun_core::vocabulary::Event;

const fn event(
    name: &'static str,
    title: &'static str,
    exported_as: &'static str,
    types: &'static [&'static str],
    payload: &'static [&'static str],
) -> Event {
    Event {
        name: Cow::Borrowed(name),
        title: Cow::Borrowed(title),
        exported_as: Cow::Borrowed(exported_as),
        types: Words::Written(types),
        payload: Words::Written(payload),
    }
}

/// Okta's events: the types of the System Log that they stand for, and what each tells besides time, type and
/// message.
pub(crate) static EVENTS: &[Event] = &[
    event(
        "okta.user_created",
        "User Created",
        "channels:http:okta:userCreated",
        &["user.lifecycle.create"],
        &["Admin", "Okta User"],
    ),
    event(
        "okta.user_activated",
        "User Activated",
        "channels:http:okta:userActivated",
        &["user.lifecycle.activate"],
        &["Admin", "Okta User"],
    ),
    event(
        "okta.user_deactivated",
        "User Deactivated",
        "channels:http:okta:userDeactivated",
        &["user.lifecycle.deactivate"],
        &["Admin", "Okta User"],
    ),
    event(
        "okta.user_suspended",
        "User Suspended",
        "channels:http:okta:userSuspended",
        &["user.lifecycle.suspend"],
        &["Admin", "Okta User"],
    ),
    event(
        "okta.user_okta_profile_updated",
        "User Okta Profile Updated",
        "channels:http:okta:oktaUserProfileUpdated",
        &["user.account.update_profile"],
        &["Actor", "Okta User", "Changed Attributes"],
    ),
    event(
        "okta.user_okta_password_updated",
        "User Okta Password Updated",
        "channels:http:okta:oktaUserPasswordUpdated",
        &["user.account.update_password"],
        &["Actor", "Okta User"],
    ),
    event(
        "okta.suspicious_activity_reported",
        "Suspicious Activity Reported",
        "channels:http:okta:userReportedSuspiciousActivityBeta",
        &["user.account.report_suspicious_activity_by_enduser"],
        &["Name", "Email", "User ID", "Suspicious Activity Details"],
    ),
    event(
        "okta.user_added_to_group",
        "User Added to Group",
        "channels:http:okta:userAddedToGroupMembership",
        &["group.user_membership.add"],
        &["Admin", "Okta User", "Group"],
    ),
    event(
        "okta.user_removed_from_group",
        "User Removed from Group",
        "channels:http:okta:userRemovedFromGroupMembership",
        &["group.user_membership.remove"],
        &["Admin", "Okta User", "Group"],
    ),
    event(
        "okta.group_profile_updated",
        "Group Profile Updated",
        "channels:http:okta:groupProfileUpdated",
        &["group.profile.update"],
        &["Actor", "Group", "Changed Attributes"],
    ),
    event(
        "okta.group_deleted",
        "Group Deleted",
        "channels:http:okta:groupDeleted",
        &["group.lifecycle.delete"],
        &["Actor", "Group"],
    ),
    event(
        "okta.user_assigned_to_application",
        "User Assigned to Application",
        "channels:http:okta:userAddedToApplicationMembership",
        &["application.user_membership.add"],
        &["Admin", "Okta User", "Application User", "Application"],
    ),
    event(
        "okta.access_certification_decision_submitted",
        "Access Certification Decision Submitted",
        "channels:http:okta:accessCertificationDecisionSubmitted",
        &["certification.campaign.item.decide"],
        &["Actor", "Review Item"],
    ),
];
