//! Okta · Create Group Rule.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::group_rules::{PATH, Rule, sent};
use crate::{Okta, connection};

/// Creates a rule that adds users to groups as long as they fulfil an expression. It does nothing until it is activated.
///
/// If Okta's answer is lost, the card does not ask again, and fails: the rule may be there.
#[derive(Inputs)]
pub struct CreateGroupRule {
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

impl Effect for CreateGroupRule {
    const ID: &str = "okta.create_group_rule";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:createGroupRule"];
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
- card: flow_control.return
  with: { type: $.rule.rule_type, status: $.rule.status, expression: $.rule.expression }"#
            => ok r#"{ type: group_rule, status: INACTIVE, expression: 'user.department == "Sales"' }"#,
        r#"- card: okta.create_group_rule
  with: { name: Nobody, expression: user.department == "Sales", assign_to_groups: [] }"#
            => err "no group is given",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Rule;

    async fn run(self, okta: &Okta) -> Result<Rule> {
        let name = given(&self.name, Self::NAME, "rule's name")?;
        let expression = given(&self.expression, Self::EXPRESSION, "expression")?;
        if self.assign_to_groups.is_empty() {
            bail!(Self::ASSIGN_TO_GROUPS, "no group is given that users are to be added to");
        }
        let excluded = self.exclude_users.as_deref().unwrap_or_default();
        let rule = sent(name, expression, &self.assign_to_groups, excluded);
        let call = Call::post(PATH).about(okta.subject("create_group_rule", name, None)).json(&rule)?;
        okta.client.read(call, Rule::read).await.map_err(|fault| match fault.lost {
            true => fault.help("search the rule by its name: if there is one now, it was created"),
            false => fault,
        })
    }
}
