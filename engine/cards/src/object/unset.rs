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
        let object = Value::Object(self.object);
        Ok(Changed { object: without(&object, &self.path).unwrap_or(object) })
    }
}

/// A copy of `value` without what lies at `path`; none if nothing lies there.
pub(super) fn without(value: &Value, path: &str) -> Option<Value> {
    match value {
        // As everywhere, a key that has the whole path as its name wins.
        Value::Object(members) if members.contains_key(path) => remove(value, path),
        _ => remove_at(value, &path.split('.').collect::<Vec<_>>()),
    }
}

fn remove_at(value: &Value, keys: &[&str]) -> Option<Value> {
    match keys {
        [] => None,
        [last] => remove(value, last),
        [first, rest @ ..] => match value {
            Value::Object(members) => {
                let child = remove_at(members.get(first)?, rest)?;
                let mut members = Arc::clone(members);
                Arc::make_mut(&mut members).insert(Text::from(*first), child);
                Some(Value::Object(members))
            }
            Value::List(items) => {
                let index = first.parse::<usize>().ok()?;
                let child = remove_at(items.get(index)?, rest)?;
                let mut items = Arc::clone(items);
                Arc::make_mut(&mut items)[index] = child;
                Some(Value::List(items))
            }
            _ => None,
        },
    }
}

fn remove(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Object(members) if members.contains_key(key) => {
            let kept = members.iter().filter(|(name, _)| **name != *key);
            Some(Value::from(
                kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Record>(),
            ))
        }
        Value::List(items) => {
            let index = key.parse::<usize>().ok().filter(|index| *index < items.len())?;
            let mut items = Arc::clone(items);
            Arc::make_mut(&mut items).remove(index);
            Some(Value::List(items))
        }
        _ => None,
    }
}
