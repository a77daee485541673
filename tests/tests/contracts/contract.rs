//! Which files promise what, and where what is known of the vendors differs from them.

use std::sync::OnceLock;

use flowrun_tests::openapi::{Contract, Document, Mend};
use flowrun_tests::shared;
use flowrun_tests::simulators::{OKTA_URL, PERSONIO_URL};

const DOCUMENTS: [Document; 6] = [
    Document { file: "okta-identity-sources.openapi.yaml", host: OKTA_URL },
    Document { file: "okta-cards.openapi.yaml", host: OKTA_URL },
    Document { file: "okta-oauth-token.openapi.yaml", host: OKTA_URL },
    Document { file: "personio-auth-v1.yaml", host: PERSONIO_URL },
    Document { file: "personio-personnel-data-v1.openapi.yaml", host: PERSONIO_URL },
    Document { file: "personio-v2.openapi.yaml", host: PERSONIO_URL },
];

/// Mistakes of the files.
const MENDS: [Mend; 3] = [
    Mend {
        file: "okta-cards.openapi.yaml",
        at: "/components/schemas/AppUserUpdateRequest",
        by: Some(
            r##"{ "anyOf": [{ "$ref": "#/components/schemas/AppUserCredentialsRequestPayload" },
                           { "$ref": "#/components/schemas/AppUserProfileRequestPayload" }] }"##,
        ),
        reason: "it is `oneOf` there, of two schemas that require nothing, so that no request could be valid under one only",
    },
    Mend {
        file: "personio-personnel-data-v1.openapi.yaml",
        at: "/components/schemas/Response/properties/data",
        by: Some("{}"),
        reason: "it is an object there, so that no answer with a list could keep to the schema",
    },
    Mend {
        file: "okta-oauth-token.openapi.yaml",
        at: "/components/schemas/TokenRequestClientCredentials/allOf/1/properties",
        by: Some(
            r#"{ "scope": { "type": "string" }, "client_assertion": { "type": "string" },
                 "client_assertion_type": { "enum": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] } }"#,
        ),
        reason: "how a client proves who it is stands in the prose of the guide only",
    },
];

/// The contract; none where the files are not there.
pub fn contract() -> Option<&'static Contract> {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    let folder = shared::folder("specs")?;
    Some(CONTRACT.get_or_init(|| Contract::read(&folder, &DOCUMENTS, &MENDS)))
}

/// Paths of which the files, which are excerpts, have nothing, by two parts that each has: no other path of theirs is to be taken for these.
pub const OUTSIDE: &[[&str; 2]] = &[["/api/v1/groups", "/groups/rules"], ["/api/v1/apps/", "/lifecycle/"]];

/// Something that is not as the files have it, and is right all the same.
pub struct Deviation {
    /// The operations that it concerns: the beginning of their names.
    pub operation: &'static str,
    /// A part of what the check says.
    pub finding: &'static str,
    /// How it is known.
    pub reason: &'static str,
}

/// All of them. One that is never met fails the test, so that the list stays true.
pub const DEVIATIONS: &[Deviation] = &[
    of("", "status 401 is not listed", "documented: E0000011 at Okta, an expired token at Personio"),
    of("", "status 500 is not listed", "any server may fail"),
    employees("status 429 is not listed", "documented: 300 a minute"),
    of(
        "POST /api/v1/identity-sources",
        "status 201 is not listed",
        "recorded: a session is created with 201",
    ),
    of(
        "POST /api/v1/identity-sources",
        "status 400 is not listed",
        "documented: creating or starting too early is a 400",
    ),
    of(
        "DELETE /api/v1/identity-sources",
        "status 400 is not listed",
        "recorded: a triggered session can't be closed",
    ),
    of("GET /api/v1/users", "status 400 is not listed", "documented: E0000031, a search that can't be read"),
    of("GET /api/v1/logs", "null is not of type", "the file's own examples have nulls in events"),
    of("GET /api/v1/logs", "null is not one of", "the file's own examples have nulls in events"),
    of(
        "unknown operation",
        "no file has GET /api/v1/apps/",
        "documented: an application is read at its ID; the file is a part of Okta's and lacks this",
    ),
    of("POST /api/v1/groups", "body/profile: Unevaluated properties", EXTENSIBLE),
    of("PUT /api/v1/groups", "body/profile: Unevaluated properties", EXTENSIBLE),
    of(
        "POST /oauth2/v1/token",
        "no credential is sent",
        "documented: the signed assertion in the body is the credential",
    ),
    of(
        "POST /oauth2/v1/token",
        "token_type: \"DPoP\" is not one of",
        "documented in the guide to DPoP: a bound token is of the type DPoP",
    ),
    of(
        "GET /v2/persons",
        "[] is valid under more than one of the schemas",
        "the file gives two kinds of lists, and an empty one is of both",
    ),
    employees(
        "('vacation_day_balance', 'dynamic_",
        "the file's example has this and attributes of the account's own",
    ),
    employees("supervisor: Unevaluated properties are not allowed ('type', 'universal_id'", EXAMPLE),
    employees("absence_entitlement: Unevaluated properties are not allowed ('type', 'universal_id'", EXAMPLE),
    employees(
        "absence_entitlement/value/*/attributes: Unevaluated properties are not allowed ('category'",
        EXAMPLE,
    ),
    employees("subcompany/value/attributes: Unevaluated properties are not allowed ('id'", EXAMPLE),
    employees("office/value/attributes: Unevaluated properties are not allowed ('id'", EXAMPLE),
    employees("team/value/attributes: Unevaluated properties are not allowed ('id'", EXAMPLE),
    employees(
        "work_schedule/value/attributes: Unevaluated properties are not allowed ('valid_from'",
        EXAMPLE,
    ),
    employees(
        "/value: null is not of type",
        "not documented: what an employee lacks is null, as dates are in the example",
    ),
];

const EXTENSIBLE: &str = "x-okta-extensible: an org adds attributes of its own";
const EXAMPLE: &str = "the file's own example has it";

const fn of(operation: &'static str, finding: &'static str, reason: &'static str) -> Deviation {
    Deviation { operation, finding, reason }
}

const fn employees(finding: &'static str, reason: &'static str) -> Deviation {
    of("GET /v1/company/employees", finding, reason)
}
