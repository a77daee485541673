//! What is wrong with a formula, and where.

use flowrun_core::fault::InputId;

use crate::prelude::*;

/// What is wrong, and the byte of the formula at which it is.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    at: usize,
    message: String,
    help: Option<String>,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Problem {
        Problem { at, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// The fault of the card whose input `formula` is.
    pub(super) fn fault(self, formula: &str, input: InputId) -> Fault {
        let place = formula[..self.at].chars().count() + 1;
        let message = format!("{} at character {place} of the formula", self.message);
        let fault = Fault::new(FaultKind::InvalidInput, message).at(input);
        match self.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}
