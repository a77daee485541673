//! Okta · Create Group Rule.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Text, Value};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::given::given;
use crate::group_rules::{self, AS_SENT, PATH, Rule, says, sent};
use crate::looked::text;
use crate::shown::Time;
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
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the name, what the rule says, and when it was created");
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
        let rule = self.sent(name, expression);
        let call = Call::post(PATH).about(okta.subject("create_group_rule", name, None)).json(&rule)?;
        okta.client.read(call, Rule::read).await.map_err(|fault| match fault.lost {
            true => fault.help("search the rule by its name: if there is one now, it was created"),
            false => fault,
        })
    }

    /// No two rules have the same name, so that one that was there before made the request fail. All rules are listed, for
    /// nothing is said of how late a search is.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Rule>> {
        let name = given(&self.name, Self::NAME, "rule's name")?;
        let expression = given(&self.expression, Self::EXPRESSION, "expression")?;
        let rules = AS_SENT.everything(okta, Call::get(PATH).query([("limit", "50")])).await?;
        let Some(found) = rules.into_iter().find(|rule| text(rule, "name").to_lowercase() == name.to_lowercase())
        else {
            return Ok(Settled::DidNot);
        };
        let asked = serde_json::from_value::<Value>(self.sent(name, expression));
        let alike = asked.is_ok_and(|asked| says(&Value::Object(found.clone())) == says(&asked));
        Ok(match began.against(&okta.client, Time::of(&found, "created").date()) {
            When::Before => Settled::DidNot,
            When::Since if alike => {
                let call = Call::get(group_rules::path(text(&found, "id")));
                Settled::Happened(okta.client.read(call, Rule::read).await?)
            }
            When::Since => Settled::unknown("a rule with this name was created since then, which is not as asked for"),
            When::Unclear => Settled::unknown("a rule with this name was created about then"),
        })
    }
}

impl CreateGroupRule {
    /// The rule as Okta is sent it.
    fn sent(&self, name: &str, expression: &str) -> serde_json::Value {
        let excluded = self.exclude_users.as_deref().unwrap_or_default();
        sent(name, expression, &self.assign_to_groups, excluded)
    }
}
