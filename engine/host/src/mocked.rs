//! Cards that a file answers for: whatever performs them otherwise is not asked.

use std::sync::Arc;

use flowrun_core::card::EXTERNAL_CARD;
use flowrun_core::course::Place;
use flowrun_core::effect::{Act, Answer, Effect, Outcome, Performance};
use flowrun_core::value::{Record, Text};
use flowrun_external::Answers;
use flowrun_kit::effect::Pending;
use flowrun_kit::settled::Settled;
use flowrun_tables::Tables;

use crate::perform::{Perform, Performing};

/// Performs what a file has no answer for. External cards have their answers anyway.
pub struct Mocked<P>(pub P, pub Arc<Answers>);

impl<P: Perform> Perform for Mocked<P> {
    fn perform(&self, effect: Effect) -> Performing {
        match &effect.act {
            Act::Card(card) if card.card.id != EXTERNAL_CARD && self.1.has(&card.card.id) => {
                Performing::Ended(answer(&self.1, card))
            }
            _ => self.0.perform(effect),
        }
    }

    fn place(&self, effect: &Effect) -> Place {
        match &effect.act {
            Act::Card(card) if self.1.has(&card.card.id) => Place::Outside,
            _ => self.0.place(effect),
        }
    }

    fn tables(&self) -> Option<&Tables> {
        self.0.tables()
    }

    fn look(&self, effect: Effect, began_ms: i64) -> Pending<'static, Settled<Answer>> {
        self.0.look(effect, began_ms)
    }
}

/// What is answered, by the card's names or by Okta's; of a stream the list `records`, as its only page.
fn answer(answers: &Answers, card: &Performance) -> Outcome {
    let declared = card.card.inputs.iter().map(|input| Text::from(&*input.name));
    let names = declared.chain(card.names.iter().cloned());
    let fields: Record = names.zip(card.args.iter().cloned()).filter(|(_, value)| !value.is_null()).collect();
    if card.page.is_some() {
        return answers.records(&card.card.id, &fields).map(Answer::Page);
    }
    let gives = answers.answer(&card.card.id, &fields)?;
    let output = |name: &Text| {
        let declared = card.card.outputs.iter().find(|output| *output.name == **name);
        let found = gives.get(name).or_else(|| gives.get(&declared?.key));
        found.cloned().unwrap_or_default()
    };
    Ok(Answer::Outputs(card.outputs.iter().map(output).collect()))
}
