//! What a run warns of: that of a text only the start was taken for a number.

use std::collections::BTreeMap;

use super::Machine;
use crate::program::{Flow, StepId};
use crate::report::WarningReport;
use crate::value::{cut, parse_number};
use crate::words;

/// How many places are told of, each with the first text that was met there.
const MOST: usize = 100;

/// How much of a text is shown.
const SHOWN: usize = 60;

/// The warnings of a run, by the flow and the card; none for what the flow is passed.
pub(super) type Warnings = BTreeMap<(u32, Option<u32>), WarningReport>;

impl Machine {
    /// Forgets what was cut elsewhere.
    pub(super) fn begin_to_hear(&self) {
        cut();
    }

    /// Tells of a text that was cut since then: by a card, or by what a flow was passed.
    pub(super) fn hear(&mut self, flow: &Flow, id: u32, step: Option<StepId>) {
        let Some(text) = cut() else { return };
        let place = (id, step.map(|step| step.0));
        if let Some(known) = self.warnings.get_mut(&place) {
            known.times += 1;
        } else if self.warnings.len() < MOST {
            let number = parse_number(&text).map(crate::value::format_number).unwrap_or_default();
            let shown = words::fit(&text, SHOWN);
            let warning = WarningReport {
                flow: flow.path.clone(),
                card: step.map(|step| flow.step(step).id.clone()),
                message: format!("of the text \"{shown}\" the number at its start was taken: {number}"),
                times: 1,
            };
            self.warnings.insert(place, warning);
        }
    }
}
