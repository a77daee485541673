use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Nobody;

/// Stands for a card that flowrun lacks.
///
/// Its name is `external.`, the connector and the card: `external.slack.send_message`. It takes fields of any
/// name, and puts out those that are named under `outputs`. Exports of Okta Workflows have such cards wherever
/// a flow uses a connector that is not there. They are checked, drawn and converted like any other. A run needs
/// an answer for each that it comes to: `--mock FILE` names a file of them; a card that streams is answered with
/// `pages` of records. Without an answer the card fails, and nothing is sent anywhere.
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
    type Connection = Nobody;
    type Out = Answered;

    async fn run(self, _: &Nobody) -> Result<Answered> {
        Err(self.unanswered())
    }

    async fn page(self, _: &Nobody, _: Cursor) -> Result<Page> {
        Err(self.unanswered())
    }
}

impl ExternalCard {
    fn unanswered(&self) -> Fault {
        let card = self.external_card.as_deref().unwrap_or_default();
        let message = format!("flowrun has no card {card}, and no answer is given in its place");
        Fault::new(FaultKind::NotFound, message)
            .help(format!("give one with --mock FILE, whose text is: `{card}: {{ gives: {{ … }} }}`"))
    }
}
