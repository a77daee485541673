//! Group rules as Okta's cards show them.

use std::sync::Arc;

use flowrun_core::Outputs;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value, get};
use flowrun_kit::address::segment;
use flowrun_kit::call::Reply;

use crate::listing::{Found, Listing};
use crate::shown::First;

/// Lists of group rules.
pub(crate) const LISTING: Listing = Listing { what: "group rule", key: "id", record };

/// Lists of group rules as Okta sends them.
pub(crate) const AS_SENT: Listing = Listing { record: Arc::unwrap_or_clone, ..LISTING };

/// Where group rules are.
pub(crate) const PATH: &str = "/api/v1/groups/rules";

/// A group rule.
#[derive(Outputs)]
pub struct Rule {
    /// The rule's ID.
    #[output(key = "ID")]
    id: Text,
    /// `group_rule`.
    #[output(key = "Type")]
    rule_type: Option<Text>,
    /// `ACTIVE`, `INACTIVE` or `INVALID`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The rule's name.
    #[output(key = "Name")]
    name: Option<Text>,
    /// The expression that a user must fulfil.
    #[output(key = "Expression Conditions")]
    expression: Option<Text>,
    /// The IDs of users whom the rule passes over.
    #[output(key = "Excluded Users")]
    excluded_users: Value,
    /// The IDs of the groups that users are added to.
    #[output(key = "Group Assignments")]
    group_assignments: Value,
}

impl Rule {
    /// Reads the rule that Okta answers with.
    pub(crate) fn read(reply: &Reply) -> Result<Rule> {
        let value = reply.value()?;
        let sent = value.as_object().map(|rule| Arc::new(record(Arc::new(rule.clone()))));
        let shown = First(sent.as_ref());
        let id = shown.text("ID").filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "Okta answered with something that isn't a group rule: it lacks `id`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })?;
        Ok(Rule {
            id,
            rule_type: shown.text("Type"),
            status: shown.text("Status"),
            name: shown.text("Name"),
            expression: shown.text("Expression Conditions"),
            excluded_users: shown.value("Excluded Users"),
            group_assignments: shown.value("Group Assignments"),
        })
    }
}

/// What a list of group rules gives: the rules, the first one, or how many were streamed.
#[derive(Default, Outputs)]
pub struct Rules {
    /// The rules found.
    #[output(key = "Group Rules", keys = KEYS)]
    group_rules: Option<Vec<Arc<Record>>>,
    /// The first rule's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// `group_rule`.
    #[output(key = "Type")]
    rule_type: Option<Text>,
    /// The first rule's status: `ACTIVE`, `INACTIVE` or `INVALID`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The first rule's name.
    #[output(key = "Name")]
    name: Option<Text>,
    /// The expression that a user must fulfil.
    #[output(key = "Expression Conditions")]
    expression: Option<Text>,
    /// The IDs of users whom the first rule passes over.
    #[output(key = "Excluded Users")]
    excluded_users: Value,
    /// The IDs of the groups that the first rule adds users to.
    #[output(key = "Group Assignments")]
    group_assignments: Value,
    /// How many rules were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Found for Rules {
    fn all(rules: Vec<Arc<Record>>) -> Rules {
        Rules { group_rules: Some(rules), ..Rules::default() }
    }

    fn first(record: &First<'_>) -> Rules {
        Rules {
            id: record.text("ID"),
            rule_type: record.text("Type"),
            status: record.text("Status"),
            name: record.text("Name"),
            expression: record.text("Expression Conditions"),
            excluded_users: record.value("Excluded Users"),
            group_assignments: record.value("Group Assignments"),
            ..Rules::default()
        }
    }
}

/// The keys of a record, each with where Okta's API has it.
const PLACES: [(&str, &[&str]); 7] = [
    ("ID", &["id"]),
    ("Type", &["type"]),
    ("Status", &["status"]),
    ("Name", &["name"]),
    ("Expression Conditions", &["conditions", "expression", "value"]),
    ("Excluded Users", &["conditions", "people", "users", "exclude"]),
    ("Group Assignments", &["actions", "assignUserToGroups", "groupIds"]),
];

/// The keys of a record.
const KEYS: &[&str] =
    &["ID", "Type", "Status", "Name", "Expression Conditions", "Excluded Users", "Group Assignments"];

/// A rule as Okta sends it, under the names of Okta's card.
fn record(rule: Arc<Record>) -> Record {
    let rule = Value::Object(rule);
    let at = |path: &[&str]| path.iter().fold(rule.clone(), |value, name| get(&value, name).clone());
    PLACES.iter().map(|(name, path)| (Text::from(*name), at(path))).collect()
}

/// What a rule, as Okta sends it or is sent it, says and does; not what Okta adds to it.
pub(crate) fn says(rule: &Value) -> [Value; 3] {
    let at = |path: &[&str]| path.iter().fold(rule.clone(), |value, name| get(&value, name).clone());
    let [.., (_, expression), (_, excluded), (_, groups)] = PLACES;
    [at(expression), at(excluded), at(groups)]
}

/// The path of a rule.
pub(crate) fn path(id: &str) -> String {
    format!("{PATH}/{}", segment(id))
}

/// A rule as Okta is sent it.
pub(crate) fn sent(name: &str, expression: &str, groups: &[Text], excluded: &[Text]) -> serde_json::Value {
    let texts = |list: &[Text]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    serde_json::json!({
        "type": "group_rule",
        "name": name,
        "conditions": {
            "expression": { "type": "urn:okta:expression:1.0", "value": expression },
            "people": { "users": { "exclude": texts(excluded) } },
        },
        "actions": { "assignUserToGroups": { "groupIds": texts(groups) } },
    })
}
