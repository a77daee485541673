//! URL cards: addresses taken apart and put together, and what may stand in them.

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

/// The query of `members`: a list repeats its key, a missing value is left out.
fn query(members: &Record) -> Result<String> {
    let mut query = String::new();
    for (key, value) in members.iter() {
        let one = std::slice::from_ref(value);
        for value in value.as_list().unwrap_or(one).iter().filter(|value| !value.is_null()) {
            if let Value::Object(_) | Value::List(_) | Value::Secret(_) | Value::File(_) = value {
                let found = value.kind();
                bail!(kind InvalidInput, "`{key}`: expected a text, number, true/false or date, found {found}");
            }
            query.extend((!query.is_empty()).then_some("&"));
            query.extend(encode(key));
            query.push('=');
            query.extend(encode(&Text::from_value(value.clone())?));
        }
    }
    Ok(query)
}
