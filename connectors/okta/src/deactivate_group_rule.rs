//! Okta · Deactivate Group Rule.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::turned::{Turned, turn};
use crate::{Okta, connection, group_rules};

/// Deactivates a group rule: it adds nobody any more. Whom it has added stays.
///
/// A rule that is inactive already stays so.
#[derive(Inputs)]
pub struct DeactivateGroupRule {
    /// The rule's ID.
    #[input(key = "ID")]
    rule_id: Text,
}

impl Effect for DeactivateGroupRule {
    const ID: &str = "okta.deactivate_group_rule";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deactivateGroupRule"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Sellers }
- card: okta.create_group_rule
  id: rule
  with:
    name: Sellers sell
    expression: user.department == "Sales"
    assign_to_groups: ["{{ group.id }}"]
- card: okta.deactivate_group_rule
  with: { rule_id: $.rule.id }"#
            => ok "{ status_code: 204 }",
        r#"- { card: okta.deactivate_group_rule, with: { rule_id: 0prUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Turned;

    async fn run(self, okta: &Okta) -> Result<Turned> {
        let rule = given(&self.rule_id, Self::RULE_ID, "rule's ID")?;
        turn(okta, group_rules::path(rule), rule, "deactivate").await
    }
}
