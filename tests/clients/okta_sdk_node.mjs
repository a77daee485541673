// npm @okta/okta-sdk-nodejs: what one would call against an org, with an API token or, where OKTA_PRIVATE_KEY is given, by a private key.

import okta from "@okta/okta-sdk-nodejs";

const key = process.env.OKTA_PRIVATE_KEY;
const scopes = (process.env.OKTA_SCOPES ?? "").split(" ").filter(Boolean);
const client = new okta.Client(
  key
    ? { orgUrl: process.env.OKTA_ORG_URL, authorizationMode: "PrivateKey", clientId: process.env.OKTA_CLIENT_ID, privateKey: key, scopes }
    : { orgUrl: process.env.OKTA_ORG_URL, token: process.env.OKTA_API_TOKEN },
);

async function call(name, act, wants = () => null) {
  let why;
  let answer;
  try {
    answer = await act();
    why = wants(answer);
  } catch (error) {
    why = `${error.name}: ${error.message}`;
  }
  console.log(JSON.stringify(why ? { call: name, worked: false, why: String(why).replace(/\s+/g, " ").slice(0, 400) } : { call: name, worked: true }));
  return answer;
}

async function all(collection, most = 50) {
  const items = [];
  for await (const item of collection) {
    items.push(item);
    if (items.length === most) break;
  }
  return items;
}

const some = (items) => (items?.length ? null : "nothing is listed");

await call("listUsers", async () => all(await client.userApi.listUsers({ limit: 20 })), some);
await call("listUsers:search", async () => all(await client.userApi.listUsers({ search: 'status eq "ACTIVE"' })), some);
const profile = { firstName: "Ada", lastName: "King", email: "node@example.com", login: "node@example.com" };
const user = await call("createUser", () => client.userApi.createUser({ body: { profile, credentials: { password: { value: "Corr3ct-Horse-Battery" } } }, activate: true }));
const id = user?.id ?? "00unobody";
await call("getUser", () => client.userApi.getUser({ userId: id }));
await call("getUser:byLogin", () => client.userApi.getUser({ userId: "node@example.com" }));
await call("updateUser", () => client.userApi.updateUser({ userId: id, user: { profile: { nickName: "Countess" } } }));
const group = await call("createGroup", () => client.groupApi.createGroup({ group: { profile: { name: "Node", description: "a group" } } }));
const groupId = group?.id ?? "00gnobody";
await call("listGroups", async () => all(await client.groupApi.listGroups({ q: "Node" })), some);
await call("assignUserToGroup", () => client.groupApi.assignUserToGroup({ groupId, userId: id }));
await call("listGroupUsers", async () => all(await client.groupApi.listGroupUsers({ groupId })), some);
await call("listUserGroups", async () => all(await client.userApi.listUserGroups({ userId: id })), some);
const rule = await call("createGroupRule", () =>
  client.groupApi.createGroupRule({
    groupRule: {
      type: "group_rule",
      name: "Node",
      conditions: { expression: { type: "urn:okta:expression:1.0", value: 'user.lastName=="King"' } },
      actions: { assignUserToGroups: { groupIds: [groupId] } },
    },
  }),
);
await call("activateGroupRule", () => client.groupApi.activateGroupRule({ ruleId: rule?.id ?? "0prnobody" }));
await call("listGroupRules", async () => all(await client.groupApi.listGroupRules({})), some);
const apps = await call("listApplications", async () => all(await client.applicationApi.listApplications({})), some);
await call("listApplicationUsers", async () => all(await client.applicationApi.listApplicationUsers({ appId: apps?.[0]?.id ?? "0oanobody" })));
await call("listLogEvents", async () => all(await client.systemLogApi.listLogEvents({ limit: 5 }), 5), some);
await call("suspendUser", () => client.userApi.suspendUser({ userId: id }));
await call("unsuspendUser", () => client.userApi.unsuspendUser({ userId: id }));
await call("getUserSchema", () => client.schemaApi.getUserSchema({ schemaId: "default" }));
await call("listFactors", async () => all(await client.userFactorApi.listFactors({ userId: id })));
await call("listAssignedRolesForUser", async () => all(await client.roleAssignmentApi.listAssignedRolesForUser({ userId: id })));
await call("deactivateUser", () => client.userApi.deactivateUser({ userId: id }));
await call("deleteUser", () => client.userApi.deleteUser({ userId: id }));
await call("deleteGroup", () => client.groupApi.deleteGroup({ groupId }));
