//! Counts that cards are given.

use flowrun_core::bail;
use flowrun_core::fault::{InputId, Result};

/// A count of rows; nothing counts as 0.
pub(crate) fn whole(number: Option<f64>, input: InputId) -> Result<usize> {
    match number {
        Some(number) if number < 0.0 => bail!(input, "expected 0 or more, found {number}"),
        number => Ok(number.unwrap_or(0.0) as usize),
    }
}
