//! What helps where a template reads a key that its record does not have.

use super::Use;
use crate::path::{self, Key};
use crate::suggest::there_are;
use crate::value::Value;

/// The keys that exist where `message` says that a name is undefined; none where it can't be told, as for the variable of a loop.
pub(super) fn keys_that_exist(message: &str, uses: &[Use], values: &[Value]) -> Option<String> {
    let written = message.strip_prefix('`')?.strip_suffix("` is undefined")?;
    let wire = path::parse(&format!("$.{written}")).ok().filter(|wire| wire.query.is_none())?;
    let (Key::Name(missing), way) = wire.keys.split_last()? else { return None };
    let (value, way) = uses.iter().zip(values).find_map(|(used, value)| {
        let (root, read) = used.path.split_first()?;
        let begins = way.len() >= read.len()
            && read.iter().zip(way).all(|(name, key)| matches!(key, Key::Name(key) if key == name));
        (*root == wire.root && begins).then(|| (value, &way[read.len()..]))
    })?;
    let Value::Object(members) = path::follow(value, way)? else { return None };
    // A loop's variable may have the name of something else.
    if members.is_empty() || members.get(missing).is_some() {
        return None;
    }
    Some(there_are(missing, members.iter().map(|(name, _)| &**name)))
}
