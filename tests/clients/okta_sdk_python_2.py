"""PyPI okta 2: what one would call against an org, with an API token. Its addresses end in a slash now and then."""

import asyncio
import os

from okta.client import Client

from calls import of, some, tell

CONFIG = {"orgUrl": os.environ["OKTA_ORG_URL"], "token": os.environ["OKTA_API_TOKEN"], "rateLimit": {"maxRetries": 4}}
# Its own setting for an org without TLS is for tests only: this client is run over TLS.


PASSWORD = {"password": {"value": "Corr3ct-Horse-Battery"}}


async def do(name, function, *arguments, wants=None, **named):
    try:
        answer = await function(*arguments, **named)
        error = answer[-1]
        data = answer[0] if len(answer) == 3 else None
        wrong = error or (wants(data) if wants else None)
    except Exception as error:
        tell(name, f"{type(error).__name__}: {error}")
        return None
    tell(name, wrong)
    return data


async def main():
    client = Client(CONFIG)
    users = await do("list_users", client.list_users, {"limit": "5"}, wants=some)
    await do("list_users:search", client.list_users, {"search": 'status eq "ACTIVE"'}, wants=some)
    await do("list_users:filter", client.list_users, {"filter": 'status eq "ACTIVE"'}, wants=some)
    profile = {"firstName": "Ada", "lastName": "King", "email": "sdk2@example.com", "login": "sdk2@example.com"}
    user = await do("create_user", client.create_user, {"profile": profile, "credentials": PASSWORD}, {"activate": "true"})
    id = user.id if user else "00unobody0000000000"
    await do("get_user", client.get_user, id, wants=of("id", id))
    await do("get_user:by_login", client.get_user, "sdk2@example.com", wants=of("id", id))
    await do("partial_update_user", client.partial_update_user, id, {"profile": {"nickName": "Countess"}})
    await do("update_user", client.update_user, id, {"profile": profile})
    group = await do("create_group", client.create_group, {"profile": {"name": "SDK 2", "description": "a group"}})
    group_id = group.id if group else "00gnobody0000000000"
    await do("list_groups", client.list_groups, {"q": "SDK 2"}, wants=some)
    await do("get_group", client.get_group, group_id, wants=of("id", group_id))
    await do("add_user_to_group", client.add_user_to_group, group_id, id)
    await do("list_group_users", client.list_group_users, group_id, wants=some)
    await do("list_user_groups", client.list_user_groups, id, wants=some)
    await do("remove_user_from_group", client.remove_user_from_group, group_id, id)
    rule = {
        "type": "group_rule", "name": "SDK 2",
        "conditions": {"expression": {"type": "urn:okta:expression:1.0", "value": 'user.lastName=="King"'}},
        "actions": {"assignUserToGroups": {"groupIds": [group_id]}},
    }
    made = await do("create_group_rule", client.create_group_rule, rule)
    rule_id = made.id if made else "0prnobody0000000000"
    await do("list_group_rules", client.list_group_rules, wants=some)
    await do("activate_group_rule", client.activate_group_rule, rule_id)
    await do("deactivate_group_rule", client.deactivate_group_rule, rule_id)
    await do("delete_group_rule", client.delete_group_rule, rule_id)
    apps = await do("list_applications", client.list_applications, wants=some)
    await do("get_application", client.get_application, apps[0].id if apps else "0oanobody")
    await do("list_application_users", client.list_application_users, apps[0].id if apps else "0oanobody")
    await do("list_assigned_roles_for_user", client.list_assigned_roles_for_user, id)
    await do("list_factors", client.list_factors, id)
    await do("get_logs", client.get_logs, {"limit": "5"}, wants=some)
    await do("suspend_user", client.suspend_user, id)
    await do("get_user_schema", client.get_user_schema, "default")
    await do("deactivate_user", client.deactivate_user, id)
    await do("delete_group", client.delete_group, group_id)
    if users and len(users) > 1:
        await do("deactivate_or_delete_user", client.deactivate_or_delete_user, id)


asyncio.run(main())
