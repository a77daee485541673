//! Carries out the steps of a formula.

use super::parse::{Placed, Step};
use super::problem::Problem;
use crate::chance::Chance;
use crate::prelude::*;

/// What lies on the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// What can't be calculated with, by its kind, and whether it counts as true.
    Other(&'static str, bool),
}

/// From 2^53 on doubles skip whole numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Runs the steps; `field` tells what the field at a place holds.
pub(super) fn run(
    steps: &[Placed],
    mut field: impl FnMut(usize) -> Result<Item>,
    chance: &mut Chance,
) -> Result<Item, Stop> {
    let mut stack: Vec<Item> = Vec::new();
    let mut place = 0;
    while let Some(&(step, at)) = steps.get(place) {
        place += 1;
        let item = match step {
            Step::Number(number) => Item::Number(number),
            Step::Truth(truth) => Item::Truth(truth),
            Step::Field(index) => field(index).map_err(Stop::Field)?,
            Step::One("not") => Item::Truth(!pop(&mut stack).truth()),
            Step::One(operator) => {
                let number = pop(&mut stack).number(operator, at)?;
                Item::Number(one(operator, number, at)?)
            }
            Step::Two(operator) => {
                let right = pop(&mut stack);
                two(operator, pop(&mut stack), right, at)?
            }
            Step::Call(function, count) => {
                let first = stack.len().saturating_sub(count);
                let of = stack.drain(first..).map(|item| item.number(function.name, at));
                let result = (function.run)(&of.collect::<Result<Vec<_>, _>>()?, chance);
                Item::Number(finite(result, function.name, at)?)
            }
            Step::Decide(when, target) => {
                if pop(&mut stack).truth() != when {
                    continue;
                }
                place = target;
                Item::Truth(when)
            }
            Step::Decided => Item::Truth(pop(&mut stack).truth()),
        };
        stack.push(item);
    }
    Ok(pop(&mut stack))
}

/// Why a formula has no result.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something in it.
    Formula(Problem),
    /// A field that it uses.
    Field(Fault),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Formula(problem)
    }
}

/// The parser leaves as many items on the stack as each step takes.
fn pop(stack: &mut Vec<Item>) -> Item {
    stack.pop().unwrap_or(Item::Other("nothing", false))
}

impl Item {
    /// True or false; of numbers only 0 is false.
    pub(crate) fn truth(self) -> bool {
        match self {
            Item::Number(number) => number != 0.0,
            Item::Truth(truth) | Item::Other(_, truth) => truth,
        }
    }

    fn number(self, operator: &str, at: usize) -> Result<f64, Problem> {
        match self {
            Item::Number(number) => Ok(number),
            other => Err(Problem::new(at, format!("`{operator}` takes numbers, found {}", other.kind()))),
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Item::Number(_) => "number",
            Item::Truth(_) => "true/false",
            Item::Other(kind, _) => kind,
        }
    }
}

fn one(operator: &str, number: f64, at: usize) -> Result<f64, Problem> {
    match operator {
        "-" => Ok(-number),
        "~" => Ok(!whole(number, operator, at)? as f64),
        "!" => crate::number::factorial(number).ok_or_else(|| {
            Problem::new(at, format!("`!` takes a whole number from 0 to 170, found {number}"))
        }),
        _ => Ok(number),
    }
}

fn two(operator: &str, left: Item, right: Item, at: usize) -> Result<Item, Problem> {
    match operator {
        "xor" => return Ok(Item::Truth(left.truth() != right.truth())),
        "==" | "!=" if matches!((left, right), (Item::Truth(_), Item::Truth(_))) => {
            return Ok(Item::Truth((left == right) == (operator == "==")));
        }
        _ => {}
    }
    let (a, b) = (left.number(operator, at)?, right.number(operator, at)?);
    if b == 0.0 && matches!(operator, "/" | "%") {
        return Err(Problem::new(at, "a number can't be divided by 0"));
    }
    let number = match operator {
        "==" => return Ok(Item::Truth(a == b)),
        "!=" => return Ok(Item::Truth(a != b)),
        "<" => return Ok(Item::Truth(a < b)),
        "<=" => return Ok(Item::Truth(a <= b)),
        ">" => return Ok(Item::Truth(a > b)),
        ">=" => return Ok(Item::Truth(a >= b)),
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        // As in math.js the sign is that of the divisor.
        "%" => a - b * (a / b).floor(),
        "^" => a.powf(b),
        _ => bits(operator, whole(a, operator, at)?, whole(b, operator, at)?, at)?,
    };
    finite(number, operator, at).map(Item::Number)
}

/// Bits of whole numbers, exact as far as a double is, where JavaScript cuts to 32 of them.
fn bits(operator: &str, a: i64, b: i64, at: usize) -> Result<f64, Problem> {
    let count = u32::try_from(b).ok().filter(|count| *count < 64);
    let result = match (operator, count) {
        ("&", _) => a & b,
        ("|", _) => a | b,
        ("^|", _) => a ^ b,
        (">>", Some(count)) => a >> count,
        // A power of two only moves a double's exponent.
        ("<<", Some(count)) => return exact(a as f64 * (count as f64).exp2(), operator, at),
        _ => return Err(Problem::new(at, format!("`{operator}` moves by 0 to 63 bits, found {b}"))),
    };
    Ok(result as f64)
}

fn exact(number: f64, operator: &str, at: usize) -> Result<f64, Problem> {
    if number.abs() <= EXACT {
        return Ok(number);
    }
    Err(Problem::new(at, format!("the result of `{operator}` is more than 2^53")))
}

fn whole(number: f64, operator: &str, at: usize) -> Result<i64, Problem> {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return Ok(number as i64);
    }
    Err(Problem::new(at, format!("`{operator}` takes whole numbers up to 2^53, found {number}")))
}

fn finite(number: f64, operator: &str, at: usize) -> Result<f64, Problem> {
    if number.is_finite() {
        return Ok(number);
    }
    let message = if number.is_nan() { "not a number" } else { "too large for a number" };
    Err(Problem::new(at, format!("the result of `{operator}` is {message}")))
}
