//! The functions that a formula can call.

use crate::chance::Chance;

/// A function: its name, how many arguments it takes at least and at most, and its work.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) run: fn(&[f64], &mut Chance) -> f64,
}

/// The function called `name`.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const fn function(
    name: &'static str,
    least: usize,
    most: usize,
    run: fn(&[f64], &mut Chance) -> f64,
) -> Function {
    Function { name, least, most, run }
}

/// All of them; what a number has no answer for gives NaN, which the caller turns into a fault.
pub(super) static FUNCTIONS: &[Function] = &[
    function("abs", 1, 1, |of, _| of[0].abs()),
    function("ceil", 1, 1, |of, _| of[0].ceil()),
    function("floor", 1, 1, |of, _| of[0].floor()),
    function("round", 1, 1, |of, _| crate::number::round_half_up(of[0])),
    function("min", 1, usize::MAX, |of, _| of.iter().copied().fold(f64::INFINITY, f64::min)),
    function("max", 1, usize::MAX, |of, _| of.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    function("random", 0, 1, |of, chance| chance.unit() * of.first().copied().unwrap_or(1.0)),
    function("exp", 1, 1, |of, _| of[0].exp()),
    function("log", 1, 1, |of, _| of[0].ln()),
    function("log10", 1, 1, |of, _| of[0].log10()),
    function("pow", 2, 2, |of, _| of[0].powf(of[1])),
    function("sqrt", 1, 1, |of, _| of[0].sqrt()),
    function("sin", 1, 1, |of, _| of[0].sin()),
    function("cos", 1, 1, |of, _| of[0].cos()),
    function("tan", 1, 1, |of, _| of[0].tan()),
    function("asin", 1, 1, |of, _| of[0].asin()),
    function("acos", 1, 1, |of, _| of[0].acos()),
    function("atan", 1, 1, |of, _| of[0].atan()),
    function("sinh", 1, 1, |of, _| of[0].sinh()),
    function("cosh", 1, 1, |of, _| of[0].cosh()),
    function("tanh", 1, 1, |of, _| of[0].tanh()),
];
