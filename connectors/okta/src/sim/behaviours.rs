//! What the simulated org does beyond the description of its endpoints, and where each of it is known from.

use super::routes::{API, endpoints};
use flowrun_kit::simulator::Source::{Documented, Guess, Recorded};
use flowrun_kit::simulator::{Behaviour, Behaviours, Manual, Source};

const SOURCES: &str = "https://developer.okta.com/docs/guides/anything-as-a-source/";
const SESSIONS: &str = "https://github.com/okta/okta-sdk-python/tree/master/tests/integration/cassettes";
const PROVIDER: &str = "https://github.com/okta/terraform-provider-okta/pull/2811";
const LIMITS: &str = "https://developer.okta.com/docs/reference/rate-limits/";
const CODES: &str = "https://developer.okta.com/docs/reference/error-codes/";
const USERS: &str = "https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/";
const OPENAPI: &str = "https://github.com/okta/okta-management-openapi-spec";
const LOG: &str = "https://developer.okta.com/docs/reference/system-log-query/";
const FIXTURES: &str = "https://github.com/okta/terraform-provider-okta/tree/master/test/fixtures/vcr";
const DEACTIVATE: &str =
    "https://help.okta.com/en-us/content/topics/users-groups-profiles/usgp-deactivate-user-account.htm";
const NOT_UPDATING: &str = "https://support.okta.com/help/s/article/users-not-updating-from-profile-source";
const CONFLICT: &str = "https://support.okta.com/help/s/article/this-choice-creates-a-conflict-error-for-users-on-the-application-import-tab";
const MASTERED: &str = "https://support.okta.com/help/s/article/Workflows-Update-User-operation-fails-with-error-message-Operation-failed-because-user-profile-is-mastered-under-another-system";
const PROOF: &str = "https://github.com/okta/terraform-provider-okta/issues/2392";

/// What the manual says of the simulated org.
pub fn manual() -> Manual {
    Manual {
        described: "[Okta's description of its API](https://github.com/okta/okta-management-openapi-spec), release 2026.06.3",
        endpoints: endpoints().iter().map(|endpoint| endpoint.served(&API)).collect(),
        operations: API.operations().len(),
        behaviours: BEHAVIOURS,
    }
}

const fn row(what: &'static str, how: &'static str, source: Source) -> Behaviour {
    Behaviour { what, how, source }
}

#[rustfmt::skip]
const BEHAVIOURS: &[Behaviours] = &[
    Behaviours { subject: "sessions", each: &[
        row("the rule of five minutes", "holds while the triggered session is still TRIGGERED", Documented(SOURCES)),
        row("another session that is open", "the same error as within five minutes, E0000001", Guess),
        row("a session ID that is not there", "404, E0000007", Recorded(SESSIONS)),
        row("a session that failed or was left", "stays open until it is cancelled or 24 hours have passed", Recorded(PROVIDER)),
        row("more than 200 users, 204,800 bytes, 50 requests", "400, E0000001", Documented(SOURCES)),
        row("missing `entityType`", "400, E0000003", Guess),
        row("other mistakes in an upload", "400, E0000001, and nothing of the upload counts", Guess),
        row("the same external ID twice in a request", "accepted; the last one counts", Guess),
        row("bulk-delete of IDs nobody has", "the session stays CREATED, the request counts", Recorded(SESSIONS)),
        row("24 hours without activity", "any request that names the session is activity", Guess),
    ] },
    Behaviours { subject: "imports", each: &[
        row("how long one takes", "20 seconds, one after the other; it ends in ERROR only if a test says so", Guess),
        row("new users", "ACTIVE at once: the org confirms automatically", Guess),
        row("upsert", "changes what it mentions, null empties", Documented(SOURCES)),
        row("a login that another user has, in any case", "nothing of that person is imported; of two new ones the first counts", Documented(NOT_UPDATING)),
        row("a new person with the login of somebody who is deactivated, or whom the source knows by another ID", "a conflict: not imported", Documented(CONFLICT)),
        row("a new person with the login of an active user made in Okta", "becomes that user", Guess),
        row("no login, e-mail address, first or last name; a login that is no address", "nothing of that person is imported", Documented(NOT_UPDATING)),
        row("who is not imported", "an event with `FAILURE` and the reason; the session is COMPLETED all the same", Documented(NOT_UPDATING)),
        row("the type of that event, its words and its target", "`system.import.user.create` or `update`; made up; an `AppUser` with the external ID", Guess),
        row("an upsert of a deactivated user", "they become ACTIVE again, or, with `--okta-import keeps`, stay as they were, without an event", Guess),
        row("users whom the source owns", "their profiles can't be changed: 403, E0000023; passwords and steps of their lives can", Documented(MASTERED)),
        row("deactivating, by an import, a step of life or deletion", "ends assignments to applications, the source too; groups stay", Documented(DEACTIVATE)),
    ] },
    Behaviours { subject: "users", each: &[
        row("what the schema demands", "`login`, `email`, `firstName`, `lastName`; a login has an @", Documented(USERS)),
        row("attributes of other names", "may be set, numbers and lists too", Guess),
        row("a password", "has 8 characters", Guess),
        row("steps of a life from a wrong status", "activate 403 E0000016, unlock 403 E0000032, passwords 403 E0000038", Documented(CODES)),
        row("suspend, unsuspend, deactivate from a wrong status", "400, E0000001", Documented(USERS)),
        row("a deactivated user's profile", "can't be changed: 403, E0000038", Guess),
        row("activating", "`ACTIVE` if there is a password, else `PROVISIONED`; at once", Documented(USERS)),
        row("deleting", "the first time deactivates, the second deletes for good", Documented(USERS)),
        row("deleting a user whom an import brought", "an import may bring them again", Guess),
        row("sessions of users", "there are none; the log tells that they were cleared", Guess),
        row("`/users/me`", "an administrator who is made up, also for a service app", Guess),
        row("mails", "none is sent; `sendEmail` decides what the answer holds", Documented(USERS)),
    ] },
    Behaviours { subject: "searches", each: &[
        row("what `search`, `filter` and `q` take", "the attributes and operators that the description of each parameter names; values in any case for `search`", Documented(OPENAPI)),
        row("what a filter compares", "by case", Guess),
        row("a wrong expression", "400, E0000031; the words of its cause are made up", Recorded("https://github.com/okta/okta-sdk-java/issues/587")),
        row("`search` and `filter` at once", "users: 400, E0000033; groups: the same for `search` with another, `filter` with `q` is answered", Recorded(FIXTURES)),
        row("a search", "sees changes at once", Guess),
        row("`limit` above the most", "counts as the most; 0 is E0000029", Guess),
        row("`fields`", "names of users' fields, and of the profile's in parentheses", Documented(OPENAPI)),
        row("expressions", "nest 32 deep", Guess),
    ] },
    Behaviours { subject: "System Log", each: &[
        row("what its filter takes", "every attribute of an event but `published`, every operator, `not`; `event_type` too", Documented(LOG)),
        row("unknown attributes and operators, a `since` of more than 180 days ago", "400, E0000053", Documented(LOG)),
        row("no date", "400, E0000001, two causes", Documented(LOG)),
        row("`q`", "whole words, at most 10 of 40 letters, in any case; hyphens part words", Documented(LOG)),
        row("a value's words for `q`", "parted by spaces and by what divides a URL", Guess),
        row("`limit` beyond 1,000", "400, E0000001", Guess),
        row("client, actor, transaction of an event", "of the request that did it; `requestApiTokenId` by API token", Documented(LOG)),
        row("an import's events", "a `JOB` of Okta's own", Guess),
        row("a rate limit that is exceeded", "an event, once in each window", Documented("https://developer.okta.com/docs/reference/rl-system-log-events/")),
        row("what is kept", "the last 10,000 events; their texts are made up, their types are Okta's", Guess),
    ] },
    Behaviours { subject: "groups and applications", each: &[
        row("Everyone", "is there, `BUILT_IN`, with all users", Recorded(FIXTURES)),
        row("deactivated users", "stay in their groups, and in Everyone", Documented(DEACTIVATE)),
        row("members of Everyone", "can't be changed: 501, E0000060", Recorded("https://github.com/okta/terraform-provider-okta/issues/903")),
        row("Everyone", "can't be renamed or deleted: 501, E0000060", Guess),
        row("applications", "Intranet, and the identity source", Guess),
        row("who is in an assigned group", "is a user of the application, of the scope `GROUP`, whose own removal is a 403, E0000006", Guess),
        row("assigning to the identity source", "501", Guess),
        row("last logins", "whoever has been active for a day has one, but one in ten", Guess),
    ] },
    Behaviours { subject: "administration", each: &[
        row("group rules", "are inactive when made; an active one assigns whom it means and takes out whom it assigned and means no longer, at once", Documented(OPENAPI)),
        row("their expressions", "`==` and `!=` of attributes, `String.stringContains`, `String.startsWith`, `isMemberOfGroup`, `isMemberOfAnyGroup`, `isMemberOfGroupName`, and, or, not; others are refused", Documented("https://developer.okta.com/docs/reference/okta-expression-language/")),
        row("how a wrong expression is refused, and a change of an active rule", "400, E0000001; words made up", Guess),
        row("standard roles, custom roles, resource sets", "can be made, assigned, read and removed; nobody's rights depend on them", Guess),
        row("a role that is assigned already", "409, E0000090", Documented(CODES)),
        row("factors", "question, SMS, e-mail, Google's token; those that need the user stay `PENDING_ACTIVATION`; verifying is 501", Guess),
        row("devices", "one of four users has a phone, made up; its status can be changed as described", Guess),
        row("schemas", "Okta's 31 base attributes, and custom ones that clients add; a profile may have others all the same", Documented(OPENAPI)),
        row("applications that clients make", "keep label, mode and settings; only an inactive one can be deleted: 403, E0000056", Documented(CODES)),
        row("how many rules, roles, sets, factors, owners, applications there may be", "10,000 of each", Guess),
    ] },
    Behaviours { subject: "event hooks", each: &[
        row("a new hook", "ACTIVE and UNVERIFIED; its secret never comes back, its header in small letters", Documented(OPENAPI)),
        row("another channel", "has to be verified anew", Documented(OPENAPI)),
        row("verifying", "one GET with `x-okta-verification-challenge` and the hook's headers, 3 seconds, once more; else 400, E0000001", Documented("https://developer.okta.com/docs/concepts/event-hooks/")),
        row("receivers", "are reached in tests alone: in the sandbox none can be verified, and nothing is delivered", Guess),
        row("deleting an active hook", "400, E0000001", Guess),
        row("types that no hook delivers, no https, more than 300 types, an expression for another type", "400, E0000001; words made up", Guess),
        row("expressions of filters", "are kept and not looked at", Guess),
        row("more than 25 verified hooks", "400, E0000001", Guess),
    ] },
    Behaviours { subject: "limits", each: &[
        row("sessions", "15 a minute, all methods together", Recorded(SESSIONS)),
        row("uploads and start-import", "600 a minute", Guess),
        row("users 600, one user 1,000, groups 500, one group 1,000, apps 100, one app 500, logs 120, others 1,200", "a minute; writing to a list counts as writing to one", Documented(LIMITS)),
        row("limits of concurrency", "none", Guess),
    ] },
    Behaviours { subject: "requests", each: &[
        row("a `Content-Type` that is no JSON, of a GET too, or none where there is a body", "400, E0000021", Recorded("https://github.com/okta/okta-sdk-python/issues/431")),
        row("`application/octet-stream` without a body", "says nothing, as a published client sends it", Guess),
        row("`SSWS` and the token without a space", "is taken, as a published client sends it", Guess),
        row("a slash at the end of a path", "changes nothing", Guess),
        row("scheme and host of links", "those that the client used; behind a proxy those that it tells, if `--behind` names it", Guess),
        row("`If-Match` where a user is changed", "412, E0000231, unless it is the `ETag` of the user as it is", Documented(CODES)),
    ] },
    Behaviours { subject: "what is not served", each: &[
        row("an operation or a parameter that Okta describes", "501, E0000052, and says which", Guess),
        row("a parameter that nobody describes", "ignored", Guess),
        row("a method that the path lacks", "405, E0000022", Documented(CODES)),
        row("a path that Okta lacks", "404, E0000008", Documented(CODES)),
    ] },
    Behaviours { subject: "OAuth", each: &[
        row("what refusals say", "the words of Okta's list of OAuth errors", Documented("https://developer.okta.com/docs/reference/error-codes/#okta-oauth-2-0-errors")),
        row("which scopes an operation needs", "those that Okta's description names, all of them", Documented(OPENAPI)),
        row("algorithms of assertions and proofs", "RS256, RS384, RS512, ES256, ES384; ES512, which Okta takes, is refused", Recorded(PROOF)),
        row("the service app", "has a new EC key, or with `--okta-key rsa` an RSA key that is always the same; `--okta-scopes` says what it is granted", Guess),
        row("unknown client", "400 in the form of Okta's APIs, `errorCode` `invalid_client`; every other refusal is `error` and `error_description`", Recorded(PROOF)),
        row("an app with several keys, and no `kid`", "401 `invalid_client`", Guess),
        row("`iat` of an assertion or proof", "up to 60 seconds in the future; a proof is good for 5 minutes", Guess),
        row("order of the checks", "client, then scopes, then proof", Guess),
        row("scopes: none granted of those asked for", "400 `consent_required`", Recorded(PROOF)),
        row("scopes: some granted", "400 `invalid_scope`, which does not say which", Guess),
        row("scopes: `read` asked for, `manage` granted", "refused: each is granted by itself; a call that needs `read` may have `manage`", Guess),
        row("a proof although the app requires none", "counts for nothing: a published client always sends one, and uses the token as a Bearer token", Guess),
        row("a bad proof at an API", "400, `WWW-Authenticate` with `invalid_dpop_proof`", Recorded(PROOF)),
        row("the body of that answer", "Okta's form, with `invalid_dpop_proof` as code", Guess),
        row("a token that is not good", "401, E0000011, `WWW-Authenticate` with `invalid_token`; tokens are random texts, no JWTs", Guess),
        row("an app without an admin role", "403, E0000006, for every call", Documented(CODES)),
    ] },
];
