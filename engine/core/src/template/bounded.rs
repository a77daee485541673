//! Filters that can make a large text or list of a small one: minijinja's, which are refused what would become too large.

use minijinja::value::{Kwargs, Rest, StringInput, Value as Inner, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State, filters};

use super::{LARGEST, bridge};

/// How many items a list may be filled up to; as many as `range` gives.
const MOST: usize = 100_000;

/// How wide `format` may make a number.
const WIDEST: usize = 1_000;

pub(super) fn indent(
    text: StringInput<'_>,
    width: Option<usize>,
    first: Option<bool>,
    blank: Option<bool>,
    options: Kwargs,
) -> Result<Inner, Error> {
    let by = match width {
        Some(width) => width,
        None => options.peek::<Option<usize>>("width")?.unwrap_or(0),
    };
    let lines = text.as_str().matches('\n').count() + 1;
    check(text.as_str().len().saturating_add(lines.saturating_mul(by)), LARGEST)?;
    filters::indent(text, width, first, blank, options)
}

pub(super) fn replace(
    state: &mut State,
    text: StringInput<'_>,
    from: StringInput<'_>,
    to: StringInput<'_>,
) -> Result<Inner, Error> {
    let found = text.as_str().matches(from.as_str()).count();
    check(text.as_str().len().saturating_add(found.saturating_mul(to.as_str().len())), LARGEST)?;
    filters::replace(state, text, from, to)
}

pub(super) fn join(list: &Inner, separator: Option<&str>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut joined = String::new();
    for (index, item) in list.try_iter()?.enumerate() {
        joined.push_str(if index > 0 { separator } else { "" });
        joined.push_str(&bridge::string(&item)?);
        check(joined.len(), LARGEST)?;
    }
    Ok(joined)
}

pub(super) fn batch(state: &State, list: Inner, count: usize, fill: Option<Inner>) -> Result<Inner, Error> {
    check(count, MOST)?;
    filters::batch(state, list, count, fill)
}

pub(super) fn slice(state: &State, list: Inner, count: usize, fill: Option<Inner>) -> Result<Inner, Error> {
    check(count, MOST)?;
    filters::slice(state, list, count, fill)
}

pub(super) fn format(state: &mut State, text: &Inner, values: Rest<ValueOrKwargs>) -> Result<Inner, Error> {
    for code in text.as_str().unwrap_or_default().split('%').skip(1) {
        let code =
            code.strip_prefix('(').and_then(|name| name.split_once(')')).map_or(code, |(_, code)| code);
        let end = code.find(|it: char| !it.is_ascii_digit() && !"-+ #.*".contains(it)).unwrap_or(code.len());
        for number in code[..end].split(['-', '+', ' ', '#', '.']).filter(|number| !number.is_empty()) {
            // The width `*` is taken from the values.
            check(number.parse().unwrap_or(usize::MAX), WIDEST)?;
        }
    }
    filters::format(state, text, values)
}

/// Refuses as the renderer does when its text becomes too large.
fn check(size: usize, most: usize) -> Result<(), Error> {
    if size > most { Err(Error::from(ErrorKind::WriteFailure)) } else { Ok(()) }
}
