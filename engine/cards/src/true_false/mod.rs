//! True/False cards. Texts `true` and `1` count as true, `false`, `0`, blank and missing as false; so do
//! numbers but 0.

use crate::prelude::*;

flowrun_core::pure_cards! {
    and::And,
    or::Or,
    or_exclusive::OrExclusive,
    xnor::Xnor,
    not::Not,
    compare::Compare,
    expression::Expression,
}

/// Whether exactly one of all the values is true.
fn only_one(a: bool, b: bool, more: Record) -> Result<bool> {
    let mut count = usize::from(a) + usize::from(b);
    for value in more.into_values() {
        count += usize::from(bool::from_value(value)?);
    }
    Ok(count == 1)
}
