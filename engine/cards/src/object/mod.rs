//! Object cards. Paths put dots between keys, `all.2.b`; a key that has the whole path as its name wins. No
//! object is ever changed.

use crate::prelude::*;

cards! { OBJECT:
    get::Get,
    get_multiple::GetMultiple,
    construct::Construct,
    set::Set,
    merge::Merge,
    keys::Keys,
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
