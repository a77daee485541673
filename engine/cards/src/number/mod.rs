//! Number cards. Numbers are doubles, as in Okta; a text is read by its leading digits.

use flowrun_core::fault::InputId;

use crate::prelude::*;

flowrun_core::pure_cards! {
    add::Add,
    subtract::Subtract,
    multiply::Multiply,
    divide::Divide,
    round::Round,
    round_up::RoundUp,
    round_down::RoundDown,
    round_to_decimals::RoundToDecimals,
    remainder::Remainder,
    percentage::Percentage,
    absolute_value::AbsoluteValue,
    sign::Sign,
    increment::Increment,
    power::Power,
    square_root::SquareRoot,
    exponent::Exponent,
    log::Log,
    factorial::Factorial,
    larger::Larger,
    smaller::Smaller,
    sum::Sum,
    average::Average,
    minimum::Minimum,
    maximum::Maximum,
    random_integer::RandomInteger,
    parse::Parse,
    format::Format,
    formula::Formula,
}

pub(crate) use self::formula::{Item, evaluate, parsed};

/// Refuses what isn't a number any more, for it would become null in JSON and travel on unseen.
fn finite(number: f64) -> Result<f64> {
    if number.is_finite() {
        return Ok(number);
    }
    bail!(kind InvalidInput, "the result is too large for a number")
}

/// The fields of any name as numbers.
fn more(fields: Record) -> Result<Vec<f64>> {
    let number = |(name, value): (Text, Value)| {
        f64::from_value(value)
            .map_err(|mismatch| Fault::new(FaultKind::InvalidTypeConversion, format!("`{name}`: {mismatch}")))
    };
    fields.into_iter().map(number).collect()
}

/// Half and more goes up, as JavaScript rounds: 2.5 to 3, -2.5 to -2.
fn round_half_up(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// The product of all whole numbers up to `number`; none if it isn't a whole number, or if the product is too large.
fn factorial(number: f64) -> Option<f64> {
    let fits = (0.0..=170.0).contains(&number) && number.fract() == 0.0;
    fits.then(|| (2..=number as u32).map(f64::from).product())
}

/// The numbers together.
fn sum(numbers: &[f64]) -> Result<f64> {
    finite(numbers.iter().fold(0.0, |sum, number| sum + number))
}

/// How many digits to keep after the point, given as `input`.
fn decimals(number: f64, input: InputId) -> Result<i32> {
    if !(0.0..=15.0).contains(&number) {
        bail!(input, "expected 0 to 15 decimals, found {number}");
    }
    Ok(number.trunc() as i32)
}

/// Rounds to so many digits behind the point, a half up.
fn to_decimals(number: f64, decimals: i32) -> f64 {
    // The point moves in the digits: a product would have an error of its own, as 4.07 times a quadrillion has.
    let moved = |number: f64, by: i32| format!("{number}e{by}").parse::<f64>().unwrap_or(number);
    let scaled = moved(number, decimals);
    // From 2^52 on a double has no digits behind the point that could be rounded.
    if scaled.abs() < 4_503_599_627_370_496.0 {
        moved(round_half_up(scaled), -decimals) + 0.0
    } else {
        number
    }
}
