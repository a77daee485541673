use crate::prelude::*;

/// Takes a key out of an object, at a path.
///
/// The old object stays; the card gives a copy without the key. Paths are those of `object.get`. What is not
/// there changes nothing. An item of a list is taken out, and those behind it move up. To drop all blank keys
/// use `object.clear_empty`.
#[derive(Inputs)]
pub struct Unset {
    /// The object.
    object: Arc<Record>,
    /// The key, or keys with dots between them.
    path: Text,
}

/// The copy.
#[derive(Outputs)]
pub struct Changed {
    /// The object without the key.
    #[output(key = "output")]
    object: Value,
}

impl Pure for Unset {
    const ID: &str = "object.unset";
    const EXPORTED_AS: &[&str] = &["kernel:object:unset"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { id: 7, profile: { email: jane@example.com, pin: 1 } }, path: profile.pin }"#
            => ok r#"{ object: { id: 7, profile: { email: jane@example.com } } }"#,
        r#"{ object: { a.b: 1, a: { b: 2 } }, path: a.b }"# => ok r#"{ object: { a: { b: 2 } } }"#,
        r#"{ object: { list: [x, y, z] }, path: list.1 }"# => ok r#"{ object: { list: [x, z] } }"#,
        r#"{ object: { a: 1 }, path: b.c }"# => ok r#"{ object: { a: 1 } }"#,
        r#"{ object: { a: 1 }, path: "" }"# => err "the path is blank",
    };
    type Out = Changed;

    fn run(self, _: &Cx<'_>) -> Result<Changed> {
        super::check_path(&self.path, Self::PATH)?;
        let mut object = Value::Object(self.object);
        take(&mut object, &self.path);
        Ok(Changed { object })
    }
}

/// Takes out what lies at `path`; none, and the value stays as it is, if nothing lies there. Of what others share a copy is changed.
pub(super) fn take(value: &mut Value, path: &str) -> Option<Value> {
    match value {
        // As everywhere, a key that has the whole path as its name wins.
        Value::Object(members) if members.contains_key(path) => Arc::make_mut(members).remove(path),
        _ => {
            let keys: Vec<&str> = path.split('.').collect();
            // Nothing is copied in vain.
            lies_at(value, &keys).then(|| take_at(value, &keys))?
        }
    }
}

fn lies_at(value: &Value, keys: &[&str]) -> bool {
    let Some((first, rest)) = keys.split_first() else { return true };
    let child = match value {
        Value::Object(members) => members.get(first),
        Value::List(items) => first.parse::<usize>().ok().and_then(|index| items.get(index)),
        _ => None,
    };
    child.is_some_and(|child| lies_at(child, rest))
}

fn take_at(value: &mut Value, keys: &[&str]) -> Option<Value> {
    match (value, keys) {
        (Value::Object(members), [last]) => Arc::make_mut(members).remove(last),
        (Value::Object(members), [first, rest @ ..]) => take_at(Arc::make_mut(members).get_mut(first)?, rest),
        (Value::List(items), [last]) => Some(Arc::make_mut(items).remove(last.parse().ok()?)),
        (Value::List(items), [first, rest @ ..]) => {
            take_at(Arc::make_mut(items).get_mut(first.parse::<usize>().ok()?)?, rest)
        }
        _ => None,
    }
}
