//! Number cards. Numbers are doubles, as in Okta; a text is read by its leading digits.

use crate::prelude::*;

cards! { NUMBER:
    add::Add,
    subtract::Subtract,
    multiply::Multiply,
    divide::Divide,
    round::Round,
    round_up::RoundUp,
    round_down::RoundDown,
    formula::Formula,
}

pub(crate) use self::formula::{Item, evaluate};

/// Refuses what is no number any more, for it would become null in JSON and travel on unseen.
fn finite(number: f64) -> Result<f64> {
    if number.is_finite() {
        return Ok(number);
    }
    bail!(kind InvalidInput, "the result is too large for a number")
}

/// Half and more goes up, as JavaScript rounds: 2.5 to 3, -2.5 to -2.
fn round_half_up(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// The product of all whole numbers up to `number`; none if it is no whole number, or if the product is too large.
fn factorial(number: f64) -> Option<f64> {
    let fits = (0.0..=170.0).contains(&number) && number.fract() == 0.0;
    fits.then(|| (2..=number as u32).map(f64::from).product())
}
