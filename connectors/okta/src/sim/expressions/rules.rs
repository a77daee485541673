//! What each parameter's expressions may name, by which operators, and how Okta refuses the rest.
//!
//! `OpenAPI` below is okta/okta-management-openapi-spec, dist/current/management: the description of the parameter.

use super::Op;
use crate::sim::error::ApiError;

/// What a parameter's expressions may be.
pub struct Rules {
    /// Attributes, the first that fits counts. A name that ends in `*` fits all that begin like it.
    attributes: &'static [Attribute],
    /// Whether texts are compared in their case.
    pub keeps_case: bool,
    /// Whether `not (…)` is taken.
    pub negates: bool,
    refusal: Refusal,
}

/// An attribute, or all whose names begin alike.
pub struct Attribute {
    name: &'static str,
    ops: &'static [Op],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Time,
    /// May be named, but not with `co`.
    Address,
}

/// How a parameter refuses.
enum Refusal {
    /// 400 E0000031 with a cause (recorded: okta-sdk-java/issues/587). The words of causes are a guess.
    Criteria,
    /// 400 E0000053 in the words of system-log-query#errors.
    Scim,
}

/// What is wrong with an expression.
pub enum Wrong {
    /// It isn't one. Okta's words are not documented.
    Form(String),
    /// There is no such operator.
    Operator { word: String, position: usize },
    /// It can't be searched by this.
    Field(String),
    /// Not with this operator, ever.
    Combination { field: String, op: Op },
    /// Not with this operator, though others would do.
    Unsupported { field: String, op: Op },
}

/// Why an attribute does not allow an operator.
pub enum Denied {
    Combination,
    Unsupported,
}

impl Denied {
    /// The same, of this field.
    pub fn of(self, field: &str, op: Op) -> Wrong {
        let field = field.to_owned();
        match self {
            Denied::Combination => Wrong::Combination { field, op },
            Denied::Unsupported => Wrong::Unsupported { field, op },
        }
    }
}

use Op::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Pr, Sw};

const EVERY: &[Op] = &[Eq, Ne, Sw, Ew, Co, Gt, Ge, Lt, Le, Pr];
/// OpenAPI, `search` of users and groups names `eq`, `sw` and `co`, in the same place shows `lt … or … gt`, and recorded searches
/// have `gt` and `pr` (terraform-provider-okta, test/fixtures/vcr: `profile.email pr`, `created gt`). `ne` is refused by the same
/// page; `ew` is "only usable with the System Log API" (core-okta-api#operators).
const SEARCHED: &[Op] = &[Eq, Sw, Gt, Ge, Lt, Le, Pr];
/// The few that take `co` too.
const CONTAINING: &[Op] = &[Eq, Sw, Co, Gt, Ge, Lt, Le, Pr];
/// A time neither starts with nor contains something (core-okta-api#operators: dates are compared chronologically).
const TIMED: &[Op] = &[Eq, Gt, Ge, Lt, Le, Pr];
const EQUAL: &[Op] = &[Eq];
const COMPARED: &[Op] = &[Eq, Gt, Ge, Lt, Le];

const fn any(name: &'static str, ops: &'static [Op]) -> Attribute {
    Attribute { name, ops, kind: Kind::Any }
}

const fn time(name: &'static str, ops: &'static [Op]) -> Attribute {
    Attribute { name, ops, kind: Kind::Time }
}

const fn address(name: &'static str) -> Attribute {
    Attribute { name, ops: EVERY, kind: Kind::Address }
}

/// OpenAPI, GET /api/v1/users, `search`: property names in their case, values in any; every attribute of the profile, six others
/// and `type.id`; `co` for four. That `not` is refused is a guess: the page names only `and` and `or` for the filter beside it.
/// `lastLogin` is not among them.
pub static USERS_SEARCH: Rules = Rules {
    attributes: &[
        any("id", SEARCHED),
        any("status", SEARCHED),
        any("type.id", SEARCHED),
        time("created", TIMED),
        time("activated", TIMED),
        time("statusChanged", TIMED),
        time("lastUpdated", TIMED),
        any("profile.firstName", CONTAINING),
        any("profile.lastName", CONTAINING),
        any("profile.email", CONTAINING),
        any("profile.login", CONTAINING),
        any("profile.*", SEARCHED),
    ],
    keeps_case: false,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/users, `filter`: seven properties, `eq` only but for `lastUpdated`; in their case; no `not`.
pub static USERS_FILTER: Rules = Rules {
    attributes: &[
        any("status", EQUAL),
        time("lastUpdated", COMPARED),
        any("id", EQUAL),
        any("profile.login", EQUAL),
        any("profile.email", EQUAL),
        any("profile.firstName", EQUAL),
        any("profile.lastName", EQUAL),
    ],
    keeps_case: true,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/groups, `search`: the profile, five others, `source.id`; `co` for two. Case and `not` as for users (a guess).
pub static GROUPS_SEARCH: Rules = Rules {
    attributes: &[
        any("id", SEARCHED),
        any("type", SEARCHED),
        any("source.id", SEARCHED),
        time("created", TIMED),
        time("lastUpdated", TIMED),
        time("lastMembershipUpdated", TIMED),
        any("profile.name", CONTAINING),
        any("profile.description", CONTAINING),
        any("profile.*", SEARCHED),
    ],
    keeps_case: false,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/groups, `filter`: four properties. Operators and case as for users (a guess).
pub static GROUPS_FILTER: Rules = Rules {
    attributes: &[
        any("id", EQUAL),
        any("type", EQUAL),
        time("lastUpdated", COMPARED),
        time("lastMembershipUpdated", COMPARED),
    ],
    keeps_case: true,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/apps, `filter`: five properties, and under `expand` `user.id`; `group.id` was in the page before. Operators
/// and case as for users (a guess).
pub static APPS_FILTER: Rules = Rules {
    attributes: &[
        any("id", EQUAL),
        any("status", EQUAL),
        any("name", EQUAL),
        any("credentials.signing.kid", EQUAL),
        any("settings.slo.enabled", EQUAL),
        any("user.id", EQUAL),
        any("group.id", EQUAL),
    ],
    keeps_case: true,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/devices, `search`: these properties and operators; `co` for none.
pub static DEVICES_SEARCH: Rules = Rules {
    attributes: &[
        any("id", SEARCHED),
        any("status", SEARCHED),
        time("lastUpdated", TIMED),
        any("profile.*", SEARCHED),
    ],
    keeps_case: false,
    negates: false,
    refusal: Refusal::Criteria,
};

/// OpenAPI, GET /api/v1/logs, `filter`: "all operators except [ ]"; its schema LogEvent has the attributes. Not `published`, and no
/// `co` with two (system-log-query#expression-filter). Case is not documented: none counts, as in RFC 7644 (a guess).
pub static LOGS_FILTER: Rules = Rules {
    attributes: &[
        any("actor.id", EVERY),
        any("actor.type", EVERY),
        any("actor.alternateId", EVERY),
        any("actor.displayName", EVERY),
        any("actor.detailEntry*", EVERY),
        any("authenticationContext.authenticationProvider", EVERY),
        any("authenticationContext.authenticationStep", EVERY),
        any("authenticationContext.credentialProvider", EVERY),
        any("authenticationContext.credentialType", EVERY),
        any("authenticationContext.externalSessionId", EVERY),
        any("authenticationContext.rootSessionId", EVERY),
        any("authenticationContext.interface", EVERY),
        any("authenticationContext.issuer.id", EVERY),
        any("authenticationContext.issuer.type", EVERY),
        any("client.device", EVERY),
        any("client.id", EVERY),
        any("client.ipAddress", EVERY),
        any("client.zone", EVERY),
        any("client.userAgent.rawUserAgent", EVERY),
        any("client.userAgent.os", EVERY),
        any("client.userAgent.browser", EVERY),
        any("client.geographicalContext.city", EVERY),
        any("client.geographicalContext.state", EVERY),
        any("client.geographicalContext.country", EVERY),
        any("client.geographicalContext.postalCode", EVERY),
        any("client.geographicalContext.geolocation.lat", EVERY),
        any("client.geographicalContext.geolocation.lon", EVERY),
        address("debugContext.debugData.url"),
        address("debugContext.debugData.requestUri"),
        any("debugContext.debugData.*", EVERY),
        any("displayMessage", EVERY),
        any("eventType", EVERY),
        any("legacyEventType", EVERY),
        any("outcome.result", EVERY),
        any("outcome.reason", EVERY),
        any("request.ipChain.ip", EVERY),
        any("request.ipChain.version", EVERY),
        any("request.ipChain.source", EVERY),
        any("request.ipChain.geographicalContext.city", EVERY),
        any("request.ipChain.geographicalContext.state", EVERY),
        any("request.ipChain.geographicalContext.country", EVERY),
        any("request.ipChain.geographicalContext.postalCode", EVERY),
        any("securityContext.asNumber", EVERY),
        any("securityContext.asOrg", EVERY),
        any("securityContext.domain", EVERY),
        any("securityContext.isp", EVERY),
        any("securityContext.isProxy", EVERY),
        any("severity", EVERY),
        any("target.id", EVERY),
        any("target.type", EVERY),
        any("target.alternateId", EVERY),
        any("target.displayName", EVERY),
        any("target.detailEntry*", EVERY),
        any("target.changeDetails*", EVERY),
        any("transaction.id", EVERY),
        any("transaction.type", EVERY),
        any("transaction.detail.*", EVERY),
        any("uuid", EVERY),
        any("version", EVERY),
    ],
    keeps_case: false,
    negates: true,
    refusal: Refusal::Scim,
};

impl Rules {
    /// What is known of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        let name = self.canonical(name);
        self.attributes.iter().find(|known| match known.name.strip_suffix('*') {
            Some(start) => {
                name.strip_prefix(start).is_some_and(|rest| !rest.is_empty() || !start.ends_with('.'))
            }
            None => known.name == name,
        })
    }

    /// The name an attribute has in what is searched. The System Log takes `event_type` for `eventType` (system-log-query#debugging,
    /// #errors).
    pub fn canonical(&self, name: &str) -> String {
        if matches!(self.refusal, Refusal::Criteria) || !name.contains('_') {
            return name.to_owned();
        }
        let mut camel = String::with_capacity(name.len());
        let mut raise = false;
        for c in name.chars() {
            if c == '_' {
                raise = true;
            } else if std::mem::take(&mut raise) {
                camel.push(c.to_ascii_uppercase());
            } else {
                camel.push(c);
            }
        }
        camel
    }

    /// The answer that a wrong expression gets.
    pub fn refuse(&self, text: &str, wrong: Wrong) -> ApiError {
        match (&self.refusal, wrong) {
            (_, Wrong::Combination { field, op }) => ApiError::unsupported_combination(op.name(), &field),
            (Refusal::Scim, Wrong::Operator { word, position }) => ApiError::bad_scim_filter(format!(
                "Invalid filter '{text}': Unrecognized attribute operator '{word}' at position {position}. \
                 Expected: eq,co,sw,pr,gt,ge,lt,le"
            )),
            (Refusal::Scim, Wrong::Field(field)) => {
                ApiError::bad_scim_filter(format!("field is not valid: {field}"))
            }
            // The words after the colon are a guess.
            (Refusal::Scim, Wrong::Form(why)) => {
                ApiError::bad_scim_filter(format!("Invalid filter '{text}': {why}"))
            }
            (Refusal::Scim, Wrong::Unsupported { field, op }) => {
                ApiError::unsupported_combination(op.name(), &field)
            }
            (Refusal::Criteria, Wrong::Form(why)) => ApiError::bad_criteria(why),
            (Refusal::Criteria, Wrong::Field(field)) => {
                ApiError::bad_criteria(format!("{field} cannot be searched for"))
            }
            (Refusal::Criteria, Wrong::Operator { word, .. }) => {
                ApiError::bad_criteria(format!("there is no operator `{word}`"))
            }
            (Refusal::Criteria, Wrong::Unsupported { field, op }) => {
                ApiError::bad_criteria(self.instead(&field, op))
            }
        }
    }

    /// What could be used in place of an operator.
    fn instead(&self, field: &str, op: Op) -> String {
        let op = op.name();
        let list = |names: Vec<&str>| names.join(", ");
        let with_co = self.attributes.iter().filter(|it| it.ops.contains(&Co)).map(|it| it.name).collect();
        match self.attribute(field) {
            Some(known) if op == "co" && known.kind == Kind::Any && known.ops == SEARCHED => {
                format!("co works for {} only, not for {field}", list(with_co))
            }
            Some(known) => {
                let ops = known.ops.iter().map(|op| op.name()).collect();
                format!("{field} is compared with {}, not with {op}", list(ops))
            }
            None => format!("{field} cannot be searched for"),
        }
    }
}

impl Attribute {
    /// Whether it may be compared by this operator.
    pub fn allows(&self, op: Op) -> Result<(), Denied> {
        if self.kind == Kind::Address && op == Co {
            return Err(Denied::Combination);
        }
        if self.ops.contains(&op) { Ok(()) } else { Err(Denied::Unsupported) }
    }

    /// Whether it is a time.
    pub fn is_time(&self) -> bool {
        self.kind == Kind::Time
    }
}
