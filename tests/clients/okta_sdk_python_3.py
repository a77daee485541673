"""PyPI okta 3: what one would call against an org, with an API token."""

import asyncio
import os
import time
from datetime import datetime, timedelta, timezone

import okta.models as models
from okta.client import Client

from calls import some, of, tell

ORG = os.environ["OKTA_ORG_URL"]
SOURCE = os.environ["OKTA_IDENTITY_SOURCE_ID"]
CONFIG = {
    "orgUrl": ORG,
    "token": os.environ.get("OKTA_API_TOKEN"),
    "rateLimit": {"maxRetries": 4},
    "requestTimeout": 30,
}
if ORG.startswith("http:"):
    # Its own setting for an org without TLS.
    os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"


class model:
    """A model of the client's, made when the call is, so that what it refuses counts against that call alone."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def make(self):
        return getattr(models, self.name).from_dict(self.value)


class Absent:
    """What a failed call would have answered: calls that need it fail with its reason."""

    def __getattr__(self, name):
        raise LookupError("what this needs was not answered before")


async def do(client, name, *arguments, wants=None, label=None, **named):
    name = label or name
    method = name.split(":")[0]
    try:
        arguments = [a.make() if isinstance(a, model) else a for a in arguments]
        answer = await getattr(client, method)(*arguments, **named)
        error = answer[-1]
        if error is not None:
            tell(name, error)
            return Absent()
        data = answer[0] if len(answer) == 3 else None
        # The SDK declares this one object as a list.
        if method == "create_identity_source_session" and isinstance(data, list):
            data = data[0]
        wrong = wants(data) if wants else None
    except Exception as error:
        tell(name, f"{type(error).__name__}: {error}")
        return Absent()
    tell(name, wrong)
    return Absent() if data is None else data


async def main():
    async with Client(CONFIG) as client:
        await users(client)
        await groups(client)
        await apps(client)
        await identity_source(client)
        await logs(client)
        await factors(client)
        await rules(client)
        await roles(client)
        await schemas(client)
        await settings(client)


def person(name):
    return model("CreateUserRequest", {
        "profile": {
            "firstName": "Ada", "lastName": name, "email": f"{name}@example.com", "login": f"{name}@example.com",
        },
        "credentials": {"password": {"value": "Corr3ct-Horse-Battery"}},
    })


async def users(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    listed = await go("list_users", limit=5, wants=some)
    first = listed[0] if isinstance(listed, list) and listed else Absent()
    await go("list_users:search", search='status eq "ACTIVE"', wants=some)
    await go("list_users:filter", filter='status eq "ACTIVE"', wants=some)
    await go("list_users:sorted", search='profile.lastName sw "A"', sort_by="profile.lastName", sort_order="desc", wants=some)
    try:
        login = first.profile.login
    except LookupError:
        login = "nobody@example.com"
    await go("list_users:q", q=login.split("@")[0], wants=some)
    user = await go("create_user", person("lovelace"), activate=True, wants=of("status", "ACTIVE"))
    await go("create_user:staged", person("staged"), activate=False, wants=of("status", "STAGED"))
    try:
        id = user.id
    except LookupError:
        id = "00unobody0000000000"
    await go("get_user", id, wants=of("id", id))
    await go("get_user:by_login", "lovelace@example.com", wants=of("id", id))
    await go("update_user", id, model("UpdateUserRequest", {"profile": {"nickName": "Countess"}}),
             wants=lambda user: of("nick_name", "Countess")(user.profile))
    await go("replace_user", id, model("UpdateUserRequest", {"profile": {
        "firstName": "Ada", "lastName": "Byron", "email": "lovelace@example.com", "login": "lovelace@example.com"}}),
             wants=lambda user: of("last_name", "Byron")(user.profile))
    await go("list_user_groups", id)
    await go("list_app_links", id)
    await go("list_user_blocks", id)
    await go("list_user_clients", id)
    await go("list_user_devices", id)
    await go("list_user_grants", id)
    await go("list_user_identity_providers", id)
    await go("list_subscriptions_user", id)
    await go("get_user_classification", id)
    await go("get_user_risk", id)
    await go("list_authenticator_enrollments", id)
    await go("suspend_user", id)
    await go("unsuspend_user", id)
    await go("unlock_user", id)
    await go("reset_factors", id)
    await go("expire_password", id, wants=of("status", "PASSWORD_EXPIRED"))
    await go("expire_password_with_temp_password", id, wants=some_password)
    await go("change_password", id, model("ChangePasswordRequest", {
        "oldPassword": {"value": "Corr3ct-Horse-Battery"}, "newPassword": {"value": "0ther-Horse-Battery"}}))
    await go("change_recovery_question", id, model("UserCredentialsWrite" if hasattr(models, "UserCredentialsWrite") else "UserCredentials", {
        "password": {"value": "0ther-Horse-Battery"},
        "recovery_question": {"question": "Who wrote it?", "answer": "Menabrea"}}))
    await go("reset_password", id, False)
    await go("forgot_password", id, send_email=False)
    await go("revoke_user_sessions", id)
    await go("deactivate_user", id)
    await go("activate_user", id, send_email=False)
    await go("reactivate_user", id, send_email=False)
    await go("list_linked_object_definitions")
    await go("create_linked_object_definition", model("LinkedObject", {
        "primary": {"name": "manager", "title": "Manager", "description": "leads", "type": "USER"},
        "associated": {"name": "report", "title": "Report", "description": "is led", "type": "USER"}}))
    await go("list_linked_objects_for_user", id, "manager")
    await go("deactivate_user:to_delete", id)
    await go("delete_user", id)


def some_password(answer):
    return None if getattr(answer, "temp_password", None) else f"no temporary password: {answer!r}"


async def groups(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    def named(name):
        return model("AddGroupRequest" if hasattr(models, "AddGroupRequest") else "Group",
                     {"profile": {"name": name, "description": "made by a client"}})

    everyone = await go("list_groups:everyone", q="Everyone", wants=some)
    await go("list_groups", wants=some)
    await go("list_groups:search", search='type eq "OKTA_GROUP"')
    await go("list_groups:filter", filter='type eq "BUILT_IN"', wants=some)
    await go("list_groups:expand", expand="stats")
    group = await go("add_group", named("Engineers"))
    user = await do(client, "create_user", person("grouped"), label="create_user:for_group")
    try:
        group_id = group.id
        user_id = user.id
    except LookupError:
        group_id, user_id = "00gnobody0000000000", "00unobody0000000000"
    await go("get_group", group_id, wants=of("id", group_id))
    await go("replace_group", group_id, named("Engines"), wants=lambda group: None)
    await go("assign_user_to_group", group_id, user_id)
    await go("list_group_users", group_id, wants=some)
    await go("list_user_groups:of_member", user_id, wants=some)
    await go("list_assigned_applications_for_group", group_id)
    await go("assign_group_owner", group_id, model("AssignGroupOwnerRequestBody", {"id": user_id, "type": "USER"}))
    await go("list_group_owners", group_id)
    await go("list_group_assigned_roles", group_id)
    await go("unassign_user_from_group", group_id, user_id)
    try:
        await go("list_group_users:everyone", everyone[0].id, limit=5, wants=some)
    except (LookupError, TypeError) as error:
        tell("list_group_users:everyone", error)
    await go("delete_group", group_id)


async def apps(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    listed = await go("list_applications", wants=some)
    await go("list_applications:filter", filter='status eq "ACTIVE"', wants=some)
    await go("list_applications:q", q="a")
    app = await go("create_application", model("BookmarkApplication", {
        "name": "bookmark", "label": "A bookmark", "signOnMode": "BOOKMARK",
        "settings": {"app": {"requestIntegration": False, "url": "https://example.com"}}}))
    user = await do(client, "create_user", person("assigned"), label="create_user:for_app")
    group = await do(client, "add_group", model("AddGroupRequest" if hasattr(models, "AddGroupRequest") else "Group",
                                                {"profile": {"name": "Readers"}}), label="add_group:for_app")
    app = app if not isinstance(app, Absent) else (listed[0] if isinstance(listed, list) and listed else app)
    try:
        app_id, user_id, group_id = app.id, user.id, group.id
    except LookupError:
        app_id, user_id, group_id = "0oanobody0000000000", "00unobody0000000000", "00gnobody0000000000"
    await go("get_application", app_id, wants=of("id", app_id))
    await go("list_application_users", app_id)
    await go("assign_user_to_application", app_id, model("AppUserAssignRequest", {"id": user_id, "scope": "USER"}))
    await go("get_application_user", app_id, user_id, wants=of("id", user_id))
    await go("update_application_user", app_id, user_id, model("AppUserUpdateRequest", {"profile": {"nickName": "A"}}))
    await go("list_applications:of_user", filter=f'user.id eq "{user_id}"', wants=some)
    await go("list_application_users:q", app_id, q="assigned", wants=some)
    await go("unassign_user_from_application", app_id, user_id)
    await go("assign_group_to_application", app_id, group_id, model("ApplicationGroupAssignment", {"priority": 0}))
    await go("get_application_group_assignment", app_id, group_id, wants=of("id", group_id))
    await go("list_application_group_assignments", app_id, wants=some)
    await go("list_assigned_applications_for_group:one", group_id, wants=some)
    await go("unassign_application_from_group", app_id, group_id)
    await go("get_application_user_schema", app_id)
    await go("list_application_keys", app_id)
    await go("list_features_for_application", app_id)
    await go("get_default_provisioning_connection_for_application", app_id)
    await go("list_scope_consent_grants", app_id)
    await go("list_o_auth2_tokens_for_application", app_id)
    await go("list_group_push_mappings", app_id)
    await go("replace_application", app_id, model("BookmarkApplication", {
        "name": "bookmark", "label": "Another bookmark", "signOnMode": "BOOKMARK",
        "settings": {"app": {"requestIntegration": False, "url": "https://example.com"}}}))
    await go("deactivate_application", app_id)
    await go("activate_application", app_id)
    await go("deactivate_application:to_delete", app_id)
    await go("delete_application", app_id)


async def identity_source(client):
    async def go(name, *arguments, **named):
        return await do(client, name, SOURCE, *arguments, **named)

    await go("list_identity_source_sessions")
    session = await go("create_identity_source_session", wants=of("status", "CREATED"))
    try:
        id = session.id
    except LookupError:
        id = "nosession"
    await go("get_identity_source_session", id, wants=of("id", id))
    await go("upload_identity_source_data_for_upsert", id, model("BulkUpsertRequestBody", {
        "entityType": "USERS", "profiles": [{"externalId": "sdk3", "profile": {
            "userName": "sdk3@example.com", "email": "sdk3@example.com", "firstName": "Ada", "lastName": "King"}}]}))
    await go("start_import_from_identity_source", id, wants=of("status", "TRIGGERED"))
    for _ in range(600):
        answer = (await client.get_identity_source_session(SOURCE, id))[0]
        if getattr(answer, "status", None) in (None, "COMPLETED", "ERROR", "EXPIRED"):
            break
        time.sleep(0.1)
    await do(client, "get_user", "sdk3@example.com", wants=of("status", "ACTIVE"), label="get_user:imported")
    await go("get_identity_source_user", "sdk3")
    await go("update_identity_source_users", "sdk3", model("UsersUpdateRequestSchema", {"profile": {"firstName": "Augusta"}}))
    session = await go("create_identity_source_session", label="create_identity_source_session:to_delete")
    try:
        id = session.id
    except LookupError:
        id = "nosession"
    await go("upload_identity_source_data_for_delete", id, model("BulkDeleteRequestBody", {
        "entityType": "USERS", "profiles": [{"externalId": "sdk3"}]}))
    await go("delete_identity_source_session", id)
    session = await go("create_identity_source_session", label="create_identity_source_session:of_groups")
    try:
        id = session.id
    except LookupError:
        id = "nosession"
    await go("upload_identity_source_groups_for_upsert", id, model("BulkGroupUpsertRequestBody", {
        "profiles": [{"externalId": "g1", "profile": {"displayName": "West"}}]}))
    await go("upload_identity_source_group_memberships_for_upsert", id, model("BulkGroupMembershipsUpsertRequestBody", {
        "memberships": [{"groupExternalId": "g1", "memberExternalIds": ["sdk3"]}]}))


async def logs(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    since = datetime.now(timezone.utc) - timedelta(days=7)
    since = since.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    await go("list_log_events", limit=5, wants=some)
    await go("list_log_events:since", since=since, limit=100, sort_order="DESCENDING", wants=some)
    await go("list_log_events:filter", since=since, filter='eventType eq "user.lifecycle.create"', wants=some)
    await go("list_log_events:q", since=since, q="lovelace", wants=some)


async def factors(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    user = await do(client, "create_user", person("factor"), label="create_user:for_factor")
    try:
        id = user.id
    except LookupError:
        id = "00unobody0000000000"
    await go("list_factors", id)
    await go("list_supported_factors", id, wants=some)
    await go("list_supported_security_questions", id, wants=some)
    factor = await go("enroll_factor", id, model("UserFactor", {
        "factorType": "question", "provider": "OKTA",
        "profile": {"question": "disliked_food", "answer": "mayonnaise"}}))
    try:
        factor_id = factor.id
    except LookupError:
        factor_id = "nofactor"
    await go("get_factor", id, factor_id)
    await go("unenroll_factor", id, factor_id)
    await go("list_devices")
    await go("list_devices:search", search='status eq "ACTIVE"')


async def rules(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    group = await do(client, "add_group", model("AddGroupRequest" if hasattr(models, "AddGroupRequest") else "Group",
                                                {"profile": {"name": "By rule"}}), label="add_group:for_rule")
    try:
        group_id = group.id
    except LookupError:
        group_id = "00gnobody0000000000"

    def rule(name):
        return {"type": "group_rule", "name": name,
                "conditions": {"expression": {"type": "urn:okta:expression:1.0", "value": 'user.lastName=="King"'}},
                "actions": {"assignUserToGroups": {"groupIds": [group_id]}}}

    await go("list_group_rules")
    made = await go("create_group_rule", model("CreateGroupRuleRequest" if hasattr(models, "CreateGroupRuleRequest") else "GroupRule", rule("Kings")),
                    wants=of("status", "INACTIVE"))
    try:
        id = made.id
    except LookupError:
        id = "0prnorule0000000000"
    await go("get_group_rule", id, wants=of("id", id))
    await go("replace_group_rule", id, model("GroupRule", rule("Queens")), wants=of("name", "Queens"))
    await go("list_group_rules:search", search="Queens", wants=some)
    await go("activate_group_rule", id)
    await go("deactivate_group_rule", id)
    await go("delete_group_rule", id)


async def roles(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    user = await do(client, "create_user", person("admin"), label="create_user:for_role")
    group = await do(client, "add_group", model("AddGroupRequest" if hasattr(models, "AddGroupRequest") else "Group",
                                                {"profile": {"name": "Admins"}}), label="add_group:for_role")
    try:
        id, group_id = user.id, group.id
    except LookupError:
        id, group_id = "00unobody0000000000", "00gnobody0000000000"
    await go("list_assigned_roles_for_user", id)
    role = await go("assign_role_to_user", id, model("AssignRoleToUserRequest" if hasattr(models, "AssignRoleToUserRequest") else "AssignRoleRequest", {"type": "USER_ADMIN"}))
    try:
        role_id = getattr(role, "actual_instance", role).id
    except (LookupError, AttributeError):
        role_id = "norole"
    await go("get_user_assigned_role", id, role_id)
    await go("list_assigned_roles_for_user:one", id, wants=some)
    await go("assign_group_target_to_user_role", id, role_id, group_id)
    await go("list_group_targets_for_role", id, role_id)
    await go("list_users_with_role_assignments")
    await go("unassign_role_from_user", id, role_id)
    role = await go("assign_role_to_group", group_id, model("AssignRoleToGroupRequest" if hasattr(models, "AssignRoleToGroupRequest") else "AssignRoleRequest", {"type": "HELP_DESK_ADMIN"}))
    await go("list_group_assigned_roles:one", group_id)
    await go("list_roles")
    made = await go("create_role", model("CreateIamRoleRequest", {
        "label": "UserCreator", "description": "creates users", "permissions": ["okta.users.create", "okta.users.read"]}))
    await go("get_role", "UserCreator")
    await go("list_role_permissions", "UserCreator")
    await go("list_resource_sets")
    await go("create_resource_set", model("CreateResourceSetRequest", {
        "label": "Readers", "description": "a group", "resources": [f"{ORG}/api/v1/groups/{group_id}"]}))
    await go("get_resource_set", "Readers")
    await go("list_resource_set_resources", "Readers")
    await go("list_bindings", "Readers")
    await go("list_subscriptions_role", "SUPER_ADMIN")


async def schemas(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    await go("get_user_schema", "default", wants=lambda schema: some(schema.definitions.base.properties.login))
    await go("update_user_profile", "default", model("UserSchema", {"definitions": {"custom": {
        "id": "#custom", "type": "object", "properties": {"badge": {"title": "Badge", "type": "string"}}}}}))
    await go("get_group_schema")
    types = await go("list_user_types", wants=some)
    try:
        await go("get_user_type", types[0].id, wants=of("id", types[0].id))
    except (LookupError, TypeError) as error:
        tell("get_user_type", error)
    await go("list_profile_mappings")
    await go("list_ui_schemas")


async def settings(client):
    async def go(name, *arguments, **named):
        return await do(client, name, *arguments, **named)

    for call in """list_network_zones list_event_hooks list_inline_hooks list_identity_providers
        list_authorization_servers list_trusted_origins list_features list_authenticators list_api_tokens list_brands
        list_log_streams list_behavior_detection_rules list_device_assurance_policies list_realms list_sms_templates
        list_custom_domains list_email_domains list_email_servers list_captcha_instances list_push_providers
        list_hook_keys list_identity_provider_keys list_agent_pools list_api_service_integration_instances
        get_org_settings get_org_preferences list_org_contact_types get_org_okta_support_settings
        get_okta_communication_settings get_third_party_admin_setting get_wellknown_org_metadata
        get_current_configuration get_user_lockout_settings get_rate_limit_settings_per_client
        get_rate_limit_settings_warning_threshold get_rate_limit_settings_admin_notifications""".split():
        await go(call)
    await go("list_policies", "OKTA_SIGN_ON")
    await go("list_policies:password", "PASSWORD")
    await go("get_authorization_server", "default")
    await go("create_network_zone", model("IPNetworkZone", {
        "type": "IP", "name": "Office", "status": "ACTIVE", "usage": "POLICY",
        "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}]}))
    await go("create_event_hook", model("EventHook", {
        "name": "A hook", "events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.create"]},
        "channel": {"type": "HTTP", "version": "1.0.0", "config": {"uri": "https://example.com/hook"}}}))
    await go("get_session", "102nosession")


asyncio.run(main())
