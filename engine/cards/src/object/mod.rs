//! Object cards. Paths put dots between keys, `all.2.b`; a key that has the whole path as its name wins. No
//! object is ever changed.

use flowrun_core::fault::InputId;

use crate::prelude::*;

flowrun_core::pure_cards! {
    get::Get,
    get_multiple::GetMultiple,
    construct::Construct,
    set::Set,
    merge::Merge,
    unset::Unset,
    // `move` is a word of Rust.
    moving::Move,
    clear_empty::ClearEmpty,
    filter::Filter,
    split::Split,
    keys::Keys,
    values::Values,
    size::Size,
    zip::Zip,
    unzip::Unzip,
}

/// How many levels of objects inside of objects the cards make or enter; as many as JSON may have.
const DEEPEST: usize = flowrun_core::value::DEEPEST_JSON;

/// Refuses a path that leads nowhere, or deeper than objects may be.
fn check_path(path: &str, input: InputId) -> Result<()> {
    if path.is_empty() {
        bail!(input, "the path is blank, expected a key");
    }
    let keys = path.split('.').count();
    if keys > DEEPEST {
        bail!(input, "expected a path of at most {DEEPEST} keys, found {keys}");
    }
    Ok(())
}

/// What a path can lead into: an object, but a list too, for real flows take `0.type` from one.
struct Tree(Value);

impl FromValue for Tree {
    const TYPE: Type = Type::ANY;
    fn from_value(value: Value) -> Result<Tree, Mismatch> {
        match value {
            Value::Object(_) | Value::List(_) | Value::Null => Ok(Tree(value)),
            Value::Text(text) => {
                let wanted = if text.trim_start().starts_with('[') {
                    Type::list_of(Kind::Object)
                } else {
                    Type::OBJECT
                };
                flowrun_core::value::convert(Value::Text(text), wanted).map(Tree)
            }
            found => Err(Mismatch { wanted: Type::OBJECT, found }),
        }
    }
}
