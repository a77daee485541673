use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Answers;

/// Stands for a card that flowrun lacks.
///
/// Its name is `external.`, the connector and the card: `external.slack.send_message`. It takes fields of any
/// name, and puts out those that are named under `outputs`. Exports of Okta Workflows have such cards wherever
/// a flow uses a connector that is not there. They are checked, drawn and converted like any other. A run needs
/// an answer for each that it comes to: `--mock FILE` names a file of them; of a card that streams the list
/// `records` is answered. Without an answer the card fails, and nothing is sent anywhere.
#[derive(Inputs)]
pub(crate) struct ExternalCard {
    /// The card that is meant; the checker takes it from the card's name.
    external_card: Option<Text>,
    /// The helper flow that gets each record, as its input `Record`, if the card streams.
    flow: Option<FlowName>,
    /// The card's own fields.
    #[input(rest)]
    fields: Record,
}

/// What was answered.
#[derive(Outputs)]
pub(crate) struct Answered {
    /// The outputs that the flow names.
    #[output(rest)]
    outputs: Record,
}

impl Effect for ExternalCard {
    const ID: &str = flowrun_core::card::EXTERNAL_CARD;
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: external.slack.send_message
  with: { Channel: "C123", Text: hello }
  outputs: { Message ID: text }"# => ok r#"{ Message ID: m1 }"#,
        r#"- card: external.slack.send_message
  with: { Channel: nowhere, Text: hello }"# => err "channel_not_found",
        r#"- card: external.jira.create_issue
  with: { Summary: hello }"# => err "flowrun has no card jira.create_issue",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    // What answers in its place is a file, and nothing is sent.
    const AFTER_CRASH: AfterCrash = AfterCrash::Repeats;
    const STREAMS: bool = true;
    type Connection = Answers;
    type Out = Answered;

    async fn run(self, answers: &Answers) -> Result<Answered> {
        let card = self.external_card.unwrap_or_default();
        Ok(Answered { outputs: answers.answer(&card, &self.fields)? })
    }

    async fn page(self, answers: &Answers, _: Cursor) -> Result<Page> {
        answers.records(&self.external_card.unwrap_or_default(), &self.fields)
    }
}
