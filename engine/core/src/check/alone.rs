//! What a flow that wants to be alone says of it.

use std::ops::Range;

use super::expr::{Item, Position};
use super::lower::Lower;
use crate::diag::{Code, Diagnostic};
use crate::model::Expr;
use crate::program::{Alone, Arg, SlotId};
use crate::value::Value;

impl Lower<'_, '_> {
    /// The key is known before the flow's first card has run: it reads inputs and variables.
    pub fn alone(&mut self) -> Option<Alone> {
        let model = self.model.alone.as_ref()?;
        let at =
            Position { point: self.control.entry, place: 0, step: None, item: Item::None, failed: false };
        let before = self.log.found.len();
        let key = self.expr(&model.key, at).arg;
        let first = SlotId::FIRST_INPUT;
        let inputs = first..SlotId(first.0 + self.model.inputs.len() as u32);
        if reads_other(&key, &inputs) {
            // That it has not run yet is said better here.
            self.log.found.truncate(before);
            let mistake = Diagnostic::new(
                Code::WireOutOfPlace,
                model.key.span,
                "the key of `alone` reads something besides inputs and variables",
            );
            self.report(
                mistake
                    .label("not there before the flow starts")
                    .help("it is known before the run starts: write `inputs.…` and `vars.…`"),
            );
        }
        // A variable may get its value for the run alone.
        if matches!(&model.key.it, Expr::Constant(value) if is_blank(value)) {
            let mistake = Diagnostic::new(Code::BadValue, model.key.span, "the key of `alone` is blank");
            self.report(
                mistake
                    .label("says nothing")
                    .help("a text by itself is a key too: runs with the same text exclude each other"),
            );
        }
        Some(Alone { key, others: model.others })
    }
}

/// Whether an argument reads something besides these slots.
fn reads_other(arg: &Arg, slots: &Range<SlotId>) -> bool {
    let mut other = false;
    arg.places(&mut |slot, _| other |= !slots.contains(&slot));
    other
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty())
}
