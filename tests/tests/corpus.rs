//! What the cards say of Okta's exports, held against real ones.
//!
//! The exports are third-party data that lies beside the project, in `../shared/corpus`; where it doesn't, nothing is tested
//! and the test says so.

use flowrun_tests::registry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use flowrun_tests::shared::exports;
use flowrun_views::catalog::catalogue::{Fields, known};
use serde_json::Value;

/// The keys of one card's fields in all exports, and how often the card is used.
#[derive(Default)]
struct Seen {
    inputs: BTreeSet<String>,
    outputs: BTreeSet<String>,
    /// Those of them that Okta gave the card, and no author: inputs, outputs.
    given: [BTreeSet<String>; 2],
    uses: usize,
}

/// Addresses and fields that no export of the corpus happens to use, or that flowrun adds.
const UNSEEN: &[&str] = &[
    "api_connector.patch channels:http:httpfunctions:patch",
    "api_connector.put channels:http:httpfunctions:put",
    "api_connector.raw kernel:http:raw",
    "date_time.add in time_zone",
    "date_time.date_to_text in language",
    "date_time.difference in time_zone",
    "date_time.iso kernel:date:iso",
    "date_time.subtract in time_zone",
    "date_time.text_to_date in time_zone",
    "date_time.text_to_date in language",
    "date_time.unix kernel:date:unix",
    "encryption.hmac in key_encoding",
    "encryption.sign kernel:crypto:sign",
    "file.download in Query",
    "file.download in Headers",
    "file.download in filename",
    "file.multipart_upload channels:http:filefunctions:largeMultipartUpload",
    "file.upload channels:http:filefunctions:largeUpload",
    "flow_control.lookup in options",
    "flow_control.pause kernel:control:pause",
    "flow_control.pause_raw kernel:control:pauseRaw",
    "flows.export_flow kernel:utility:exportFlo",
    "json.stringify in pretty",
    "json.stringify out bytes",
    "jwt.sign kernel:jwt:sign",
    "jwt.verify kernel:jwt:verify",
    "list.add_to_front kernel:list:unshift",
    "list.combine_all kernel:list:concat",
    "list.find_custom kernel:list:find",
    "list.for_each_ignore_errors out failed",
    "list.group_by kernel:list:groupBy",
    "list.index_by kernel:list:indexBy",
    "list.map in items",
    "list.reduce in result",
    "list.sort_custom kernel:list:sort",
    "number.formula kernel:math:expression",
    "number.round_down kernel:math:floor",
    "object.filter kernel:object:filter",
    "object.map kernel:object:process",
    "object.map_to_list in items",
    "object.move kernel:object:move",
    "object.unset kernel:object:unset",
    "okta.activate_application channels:http:okta:activateApplication",
    "okta.activate_group_rule channels:http:okta:activateGroupRule",
    "okta.assign_user_to_application_for_sso_and_provisioning channels:http:okta:assignUserToApplicationForSSOAndProvisioning",
    "okta.assign_user_to_application_for_sso_and_provisioning channels:http:okta:assignUserToApplicationForSSOandProvisioning",
    "okta.create_group out Last Membership Updated",
    "okta.create_group_rule channels:http:okta:createGroupRule",
    "okta.create_import_session out created",
    "okta.create_import_session out lastUpdated",
    "okta.create_user in Question",
    "okta.create_user in Answer",
    "okta.create_user in Provider Name",
    "okta.create_user in Provider Type",
    "okta.custom_api_action in result_set",
    "okta.custom_api_action in Flow",
    "okta.custom_api_action in Limit",
    "okta.custom_api_action out Records Streamed",
    "okta.custom_api_action out failed",
    "okta.deactivate_application channels:http:okta:deactivateApplication",
    "okta.deactivate_group_rule channels:http:okta:deactivateGroupRule",
    "okta.delete_group channels:http:okta:deleteGroup",
    "okta.get_users_groups out Raw Object",
    "okta.get_users_groups out ID",
    "okta.get_users_groups out Created",
    "okta.get_users_groups out Profile",
    "okta.get_users_groups out failed",
    "okta.list_applications_assigned_to_user channels:http:okta:listApplicationsAssignedToUser",
    "okta.list_group_members out ID",
    "okta.list_group_members out Status",
    "okta.list_group_members out Login",
    "okta.list_group_members out Email",
    "okta.list_group_members out First Name",
    "okta.list_group_members out Last Name",
    "okta.list_group_members out Raw Output",
    "okta.list_group_members out failed",
    "okta.list_groups_assigned_to_application in Flow",
    "okta.list_groups_assigned_to_application in Limit",
    "okta.list_groups_assigned_to_application out Records Streamed",
    "okta.list_groups_assigned_to_application out failed",
    "okta.list_users_assigned_to_application out failed",
    "okta.list_users_with_filter in profile.login",
    "okta.list_users_with_filter in profile.email",
    "okta.list_users_with_filter in profile.firstName",
    "okta.list_users_with_filter in profile.lastName",
    "okta.list_users_with_filter in lastUpdated",
    "okta.list_users_with_filter in Custom Filter",
    "okta.list_users_with_filter in Limit",
    "okta.list_users_with_filter out ID",
    "okta.list_users_with_filter out Status",
    "okta.list_users_with_filter out Login",
    "okta.list_users_with_filter out Email",
    "okta.list_users_with_filter out First Name",
    "okta.list_users_with_filter out Last Name",
    "okta.list_users_with_filter out failed",
    "okta.list_users_with_search out ID",
    "okta.list_users_with_search out Status",
    "okta.list_users_with_search out Login",
    "okta.list_users_with_search out Email",
    "okta.list_users_with_search out First Name",
    "okta.list_users_with_search out Last Name",
    "okta.list_users_with_search out Raw Output",
    "okta.list_users_with_search out failed",
    "okta.read_application channels:http:okta:readApplication",
    "okta.read_group out Last Membership Updated",
    "okta.read_group out Type",
    "okta.read_group out Links",
    "okta.read_user out profile",
    "okta.search_applications in Flow",
    "okta.search_applications in Limit",
    "okta.search_applications out Applications",
    "okta.search_applications out Label",
    "okta.search_applications out Status",
    "okta.search_applications out Raw Output",
    "okta.search_applications out Records Streamed",
    "okta.search_applications out failed",
    "okta.search_group_rules channels:http:okta:searchGroupRules",
    "okta.search_groups in id",
    "okta.search_groups in profile.description",
    "okta.search_groups in created",
    "okta.search_groups in lastUpdated",
    "okta.search_groups in lastMembershipUpdated",
    "okta.search_groups in Custom Search Criteria",
    "okta.search_groups in Flow",
    "okta.search_groups in Limit",
    "okta.search_groups out Records Streamed",
    "okta.search_groups out failed",
    "okta.search_system_logs in Keyword",
    "okta.search_system_logs in Flow",
    "okta.search_system_logs in Limit",
    "okta.search_system_logs out Severity",
    "okta.search_system_logs out Request",
    "okta.search_system_logs out Raw Output",
    "okta.search_system_logs out Records Streamed",
    "okta.search_system_logs out failed",
    "okta.search_users out Users",
    "okta.search_users out First Name",
    "okta.search_users out Last Name",
    "okta.search_users out Records Streamed",
    "okta.search_users out failed",
    "okta.trigger_import_session out created",
    "okta.trigger_import_session out lastUpdated",
    "okta.update_application_credentials_for_an_assigned_user channels:http:okta:updateApplicationCredentialsForAssignedUser",
    "okta.update_application_profile_for_an_assigned_user channels:http:okta:updateApplicationProfileForAssignedUser",
    "okta.update_group out Last Membership Updated",
    "okta.update_group out Type",
    "okta.update_group out Profile",
    "okta.update_group out Links",
    "okta.update_group_rule channels:http:okta:updateGroupRule",
    "okta.update_user in pass_empty_values",
    "okta.update_user out Raw Body",
    "personio.list_employees in attributes",
    "personio.list_employees in required_attributes",
    "personio.list_employees in changed_since",
    "personio.list_employees in api",
    "personio.list_employees in employments",
    "personio.list_employees out Employees",
    "personio.list_employees out failed",
    "tables.export_to_csv in encoding",
    "tables.export_to_csv out rows",
    "tables.import_from_csv channels:http:stash:importFromCSV",
    "tables.read_row out Row ID",
    "tables.read_table channels:http:stash:readTable",
    "tables.search_rows in Flow",
    "tables.search_rows in Record Limit",
    "tables.search_rows out count",
    "tables.search_rows out records_streamed",
    "tables.search_rows out failed",
    "text.at kernel:string:at",
    "text.base64_decode in encoding",
    "text.length kernel:string:length",
    "text.random kernel:string:random",
    "text.replace_patterns in patterns",
    "text.to_upper_case kernel:string:toUpperCase",
    "text.unique_id kernel:string:uuid",
    "true_false.expression kernel:boolean:expression",
    "true_false.not kernel:boolean:not",
    "url.encode_component kernel:url:encodeComponent",
    "url.encode_query kernel:url:encode",
    "url.parse kernel:url:parse",
    "okta.user_unsuspended channels:http:okta:userUnsuspended",
    "okta.user_unassigned_from_application channels:http:okta:userRemovedFromApplicationMembership",
    "okta.user_okta_password_reset_by_an_admin channels:http:okta:oktaUserPasswordResetByAnAdmin",
    "okta.user_signed_in_attempt channels:http:okta:userSignedIn",
    "okta.access_request_created channels:http:okta:accessRequestCreated",
    "okta.access_request_resolved channels:http:okta:accessRequestResolved",
    "okta.group_created channels:http:okta:groupCreated",
    "okta.group_privilege_granted channels:http:okta:groupPrivilegeGranted",
    "okta.group_privilege_revoked channels:http:okta:groupPrivilegeRevoked",
    "okta.group_push_failed channels:http:okta:groupPushFailed",
    "okta.import_group_created channels:http:okta:importGroupCreated",
    "okta.import_group_deleted channels:http:okta:importGroupDeleted",
    "okta.application_activated channels:http:okta:applicationActivated",
    "okta.application_created channels:http:okta:applicationCreated",
    "okta.application_deactivated channels:http:okta:applicationDeactivated",
    "okta.application_deleted channels:http:okta:applicationDeleted",
    "okta.application_updated channels:http:okta:applicationUpdated",
    "okta.application_policy_sign_on_deny_access channels:http:okta:applicationPolicySignOnDenyAccess",
    "okta.api_token_created channels:http:okta:apiTokenCreated",
    "okta.api_token_revoked channels:http:okta:apiTokenRevoked",
    "okta.user_app_password_changed channels:http:okta:userAppPasswordChanged",
    "okta.user_synced_in_external_application channels:http:okta:userSyncedInExternalApplication",
    "okta.org_rate_limit_warning channels:http:okta:orgRateLimitWarning",
    "okta.org_rate_limit_violation channels:http:okta:orgRateLimitViolation",
    "okta.mfa_preregistration_initiated channels:http:okta:mfaPreregistrationInitiated",
    "okta.user_mfa channels:http:okta:userMFA",
    "okta.user_mfa_factor_activated channels:http:okta:userMFAFactorActivated",
    "okta.user_mfa_factor_deactivated channels:http:okta:userMFAFactorDeactivated",
    "okta.user_mfa_factor_reset_all channels:http:okta:userMFAFactorResetAll",
    "okta.user_mfa_factor_suspended channels:http:okta:userMFAFactorSuspended",
    "okta.user_mfa_factor_unsuspended channels:http:okta:userMFAFactorUnsuspended",
    "okta_devices.user_mfa_factor_activated channels:http:oktadevices:userMFAFactorActivated",
    "okta_devices.user_mfa_factor_deactivated channels:http:oktadevices:userMFAFactorDeactivated",
    "okta_devices.user_mfa_factor_suspended channels:http:oktadevices:userMFAFactorSuspended",
    "okta_devices.user_mfa_factor_unsuspended channels:http:oktadevices:userMFAFactorUnsuspended",
    "okta_devices.authenticator_activated channels:http:oktadevices:authenticatorActivated",
    "okta_devices.authenticator_deactivated channels:http:oktadevices:authenticatorDeactivated",
    "okta_devices.device_activated channels:http:oktadevices:deviceActivated",
    "okta_devices.device_added_to_user channels:http:oktadevices:deviceAddedToUser",
    "okta_devices.device_deactivated channels:http:oktadevices:deviceDeactivated",
    "okta_devices.device_deleted channels:http:oktadevices:deviceDeleted",
    "okta_devices.device_enrolled channels:http:oktadevices:deviceEnrolled",
    "okta_devices.device_removed_from_user channels:http:oktadevices:deviceRemovedFromUser",
    "okta_devices.device_suspended channels:http:oktadevices:deviceSuspended",
    "okta_devices.device_unsuspended channels:http:oktadevices:deviceUnsuspended",
];

/// Cards of exports that are no cards of a flow here, and what becomes of them.
const STRUCTURE: &[(&str, &str)] = &[
    ("kernel:control:callable", "the start of a helper or scheduled flow: its inputs, its trigger"),
    ("kernel:control:join", "where the branches of a block meet: its outputs"),
    ("kernel:control:noop", "an empty place of a branch"),
    ("kernel:http:accept", "the start of an API endpoint"),
    ("kernel:http:delegated", "the start of a delegated flow"),
    ("kernel:object:expand", "a path into an object, as `$.card.output.key` is one"),
];

/// `root:kernel:control:0.0.1:if` is `kernel:control:if`, whatever the version.
fn address(full: &str) -> Option<String> {
    match full.split(':').collect::<Vec<_>>()[..] {
        [_, "kernel", module, _, card] => Some(format!("kernel:{module}:{card}")),
        [_, "channels", kind, connector, _, card] => Some(format!("channels:{kind}:{connector}:{card}")),
        _ => None,
    }
}

/// Whether a field is Okta's and no author's, no rest of the editor's and nothing that an inline flow reads from outside. All fields of
/// connectors' cards have a group; what has none there is what an error policy returns.
fn is_given(field: &Value, connector: bool) -> bool {
    let metadata = &field["metadata"];
    metadata["custom"] != true
        && metadata["ghost"] != true
        && metadata["wormholeMethodId"].is_null()
        && field["group"] != "context"
        && !(connector && field["group"].is_null())
}

/// Every card of an export, those of inline flows included.
fn collect(value: &Value, seen: &mut BTreeMap<String, Seen>) {
    match value {
        Value::Object(members) => {
            let full = members.get("address").and_then(Value::as_str);
            if let (Some(address), Some(node)) = (full.and_then(address), members.get("node")) {
                let card = seen.entry(address).or_default();
                card.uses += 1;
                let connector = full.is_some_and(|full| full.contains(":channels:"));
                let [inputs, outputs] = &mut card.given;
                let sides = [("inputs", &mut card.inputs, inputs), ("outputs", &mut card.outputs, outputs)];
                for (side, keys, given) in sides {
                    let fields = node.pointer(&format!("/model/{side}/data")).and_then(Value::as_object);
                    for field in fields.into_iter().flat_map(|fields| fields.values()) {
                        let Some(key) = field["key"].as_str() else { continue };
                        keys.insert(key.to_owned());
                        if is_given(field, connector) {
                            given.insert(key.to_owned());
                        }
                    }
                }
            }
            members.values().for_each(|value| collect(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, seen)),
        _ => {}
    }
}

/// The cards of all exports, and how many exports there are; none where they are not there.
fn corpus() -> Option<(BTreeMap<String, Seen>, usize)> {
    let exports = exports();
    let mut seen = BTreeMap::new();
    for path in &exports {
        collect(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), &mut seen);
    }
    (!exports.is_empty()).then_some((seen, exports.len()))
}

#[test]
fn okta_s_catalogue_knows_every_field_of_real_exports() {
    let Some((seen, _)) = corpus() else { return };
    // One address may stand for several cards, as of flows that are called and of flows that run by the clock.
    let mut catalogue: BTreeMap<&str, [Vec<&Option<Fields>>; 2]> = BTreeMap::new();
    for known in known() {
        if let Some(address) = known.address.as_deref() {
            let [inputs, outputs] = catalogue.entry(address).or_default();
            inputs.push(&known.inputs);
            outputs.push(&known.outputs);
        }
    }
    let mut unknown = Vec::new();
    for (address, sides) in &catalogue {
        let Some(seen) = seen.get(*address) else { continue };
        for (fields, given) in sides.iter().zip(&seen.given) {
            // Where a card's fields are not known, none can be missing; the author's own are those that are left.
            let is_known = |key: &str| {
                fields.iter().all(|fields| fields.is_none())
                    || fields.iter().copied().flatten().any(|fields| {
                        fields.contains_key("*")
                            || fields.keys().any(|known| known == key || known.ends_with(&format!("/{key}")))
                    })
            };
            unknown.extend(given.iter().filter(|key| !is_known(key)).map(|key| format!("{address} {key}")));
        }
    }
    assert!(unknown.is_empty(), "published exports have fields that the catalogue lacks: {unknown:#?}");
}

#[test]
fn addresses_and_keys_are_those_of_real_exports() {
    let Some((seen, exports)) = corpus() else { return };
    let catalog = registry().catalog();
    let mut unseen = Vec::new();
    let mut implemented = 0;
    for card in catalog.iter() {
        for address in card.exported_as.iter() {
            let Some(seen) = seen.get(address) else {
                unseen.push(format!("{} {address}", card.id));
                continue;
            };
            implemented += seen.uses;
            for (side, fields, keys) in
                [("in", &card.inputs, &seen.inputs), ("out", &card.outputs, &seen.outputs)]
            {
                let missing = fields.iter().filter(|field| !keys.contains(&*field.key));
                unseen.extend(missing.map(|field| format!("{} {side} {}", card.id, field.key)));
            }
        }
    }
    let mut known: BTreeSet<&str> = catalog.iter().flat_map(|card| card.exported_as.iter()).collect();
    known.extend(STRUCTURE.iter().map(|(address, _)| *address));
    for event in &registry().vocabulary().events {
        if !seen.contains_key(&*event.exported_as) {
            unseen.push(format!("{} {}", event.name, event.exported_as));
        }
        known.insert(&*event.exported_as);
    }
    for (address, _) in STRUCTURE {
        assert!(seen.contains_key(*address), "{address} is in no export");
    }
    let uses: usize = seen.values().map(|card| card.uses).sum();
    let mut told = format!("{exports} exports, {uses} uses of cards; {implemented} have a card here\n");
    for (name, prefix, least) in [
        ("kernel", "kernel:", 1.0),
        ("tables", "channels:http:stash:", 1.0),
        ("Okta", "channels:http:okta:", 0.95),
    ] {
        let part: Vec<(&String, &Seen)> =
            seen.iter().filter(|(address, _)| address.starts_with(prefix)).collect();
        let all: usize = part.iter().map(|(_, card)| card.uses).sum();
        let missing: Vec<(&String, usize)> = part
            .iter()
            .filter(|(address, _)| !known.contains(address.as_str()))
            .map(|(address, card)| (*address, card.uses))
            .collect();
        let lacking: usize = missing.iter().map(|(_, uses)| uses).sum();
        let share = (all - lacking) as f64 / all as f64;
        told += &format!(
            "{name}: {} of {all} uses, {:.1} %; missing: {missing:?}\n",
            all - lacking,
            share * 100.0
        );
        assert!(share >= least, "{told}");
    }
    let covered: usize =
        seen.iter().filter(|(address, _)| known.contains(address.as_str())).map(|(_, card)| card.uses).sum();
    told += &format!("all connectors: {covered} of {uses}, {:.1} %\n", covered as f64 * 100.0 / uses as f64);
    write!(std::io::stderr(), "{told}").unwrap();
    assert!(uses > 4_000, "the corpus was not read: {uses} cards");
    assert_eq!(unseen, UNSEEN, "declared, but in no export");
}
