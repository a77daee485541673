//! What is searched in a table, and in which order it is given.

use std::cmp::Ordering;

use flowrun_core::value::{Value, sort_order};

use crate::column::Place;
use crate::filter::Filter;

/// What is searched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub filter: Filter,
    /// By what the rows are sorted; by their creation if by nothing.
    pub sort: Option<Sort>,
}

/// By what rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sort {
    pub by: Place,
    pub descending: bool,
}

impl Sort {
    /// The order of two cells; what is missing comes last in either direction.
    pub fn order(&self, a: &Value, b: &Value) -> Ordering {
        if self.descending && !a.is_null() && !b.is_null() { sort_order(b, a) } else { sort_order(a, b) }
    }
}
