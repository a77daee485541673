//! URL cards: addresses taken apart and put together, and what may stand in them.

use flowrun_core::value::query_pairs;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::prelude::*;

flowrun_core::pure_cards! {
    parse::Parse,
    build::Build,
    encode_query::EncodeQuery,
    decode_query::DecodeQuery,
    encode_component::EncodeComponent,
    decode_component::DecodeComponent,
}

/// What `encodeURIComponent` of JavaScript escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The text with everything escaped that could mean something in an address.
fn encoded(text: &str) -> String {
    encode(text).to_string()
}

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, COMPONENT)
}

/// The query of `members`.
fn query(members: &Record) -> Result<String> {
    let pairs = query_pairs(members).map_err(|told| Fault::new(FaultKind::InvalidInput, told))?;
    let pairs = pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}
