//! Okta · Update Group Rule.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::group_rules::{Rule, path, sent};
use crate::{Okta, connection};

/// Replaces a group rule, which must be inactive: whom it passes over is nobody afterwards, if that is left blank.
#[derive(Inputs)]
pub struct UpdateGroupRule {
    /// The rule's ID.
    #[input(key = "ID")]
    rule_id: Text,
    /// The rule's name, which no other rule may have: at most 50 characters.
    #[input(key = "Name")]
    name: Text,
    /// What a user must fulfil, in Okta's expression language: `user.department == "Sales"`.
    #[input(key = "Expression Conditions")]
    expression: Text,
    /// The IDs of the groups that users are added to.
    #[input(key = "Assign to Groups")]
    assign_to_groups: Vec<Text>,
    /// The IDs of users whom the rule passes over.
    #[input(key = "Exclude Users")]
    exclude_users: Option<Vec<Text>>,
}

impl Effect for UpdateGroupRule {
    const ID: &str = "okta.update_group_rule";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:updateGroupRule"];
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
- card: okta.update_group_rule
  id: updated
  with:
    rule_id: $.rule.id
    name: Sellers sell
    expression: user.department == "Selling"
    assign_to_groups: ["{{ group.id }}"]
- card: flow_control.return
  with: { status: $.updated.status, expression: $.updated.expression }"#
            => ok r#"{ status: INACTIVE, expression: 'user.department == "Selling"' }"#,
        r#"- card: okta.update_group_rule
  with: { rule_id: 0prUnknown, name: Nobody, expression: user.department == "Sales", assign_to_groups: [00g1] }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Rule;

    async fn run(self, okta: &Okta) -> Result<Rule> {
        let id = given(&self.rule_id, Self::RULE_ID, "rule's ID")?;
        let name = given(&self.name, Self::NAME, "rule's name")?;
        let expression = given(&self.expression, Self::EXPRESSION, "expression")?;
        if self.assign_to_groups.is_empty() {
            bail!(Self::ASSIGN_TO_GROUPS, "no group is given that users are to be added to");
        }
        let excluded = self.exclude_users.as_deref().unwrap_or_default();
        let rule = sent(name, expression, &self.assign_to_groups, excluded);
        let call = Call::new(Method::PUT, path(id)).about(okta.subject("update_group_rule", id, None)).json(&rule)?;
        okta.client.read(call, Rule::read).await
    }
}
