use super::DEEPEST;
use crate::prelude::*;

/// Drops the empty keys of an object.
///
/// Empty are a missing value, "", [] and {}, but not 0 and false. Objects inside it are cleared too, and
/// dropped if nothing is left of them; `recursive: false` leaves them as they are. Lists are kept as they are
/// unless they are empty. `object.filter` is the same without `recursive`.
#[derive(Inputs)]
pub struct ClearEmpty {
    /// The object.
    object: Arc<Record>,
    /// Whether the objects inside it are cleared too.
    #[input(default = true)]
    recursive: bool,
}

/// The copy.
#[derive(Outputs)]
pub struct Cleared {
    /// The object without its empty keys.
    #[output(key = "output")]
    object: Record,
}

impl Pure for ClearEmpty {
    const ID: &str = "object.clear_empty";
    const EXPORTED_AS: &[&str] = &["kernel:object:clearEmpty"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {}, test2: value2 } } }"#
            => ok r#"{ object: { Name: Emily, Settings: { test2: value2 } } }"#,
        r#"{ object: { Name: Emily, Age: "", Settings: { test: {}, test2: value2 } }, recursive: false }"#
            => ok r#"{ object: { Name: Emily, Settings: { test: {}, test2: value2 } } }"#,
        r#"{ object: { a: 0, b: false, c: [], d: null, e: { f: { g: "" } } } }"# => ok r#"{ object: { a: 0, b: false } }"#,
        r#"{ object: { list: [null, { a: "" }] } }"# => ok r#"{ object: { list: [null, { a: "" }] } }"#,
        r#"{ object: null }"# => ok r#"{ object: {} }"#,
    };
    type Out = Cleared;

    fn run(self, _: &Cx<'_>) -> Result<Cleared> {
        match clear(&self.object, self.recursive.then_some(DEEPEST)) {
            Some(object) => Ok(Cleared { object }),
            None => bail!(Self::OBJECT, "the object is more than {DEEPEST} levels deep"),
        }
    }
}

/// The members that are not empty, those of `levels` of objects inside included; none if there are more levels.
pub(super) fn clear(object: &Record, levels: Option<usize>) -> Option<Record> {
    let mut kept = Record::default();
    for (key, value) in object {
        let value = match (value, levels) {
            (Value::Object(inner), Some(levels)) => Value::from(clear(inner, Some(levels.checked_sub(1)?))?),
            _ => value.clone(),
        };
        if !value.is_empty() {
            kept.insert(key.clone(), value);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_refused() {
        let nest = |levels| {
            (0..levels).fold(Value::from("x"), |inner, _| Value::object([("a", inner)]))
        };
        let cleared = |levels| {
            let Value::Object(object) = nest(levels) else { panic!("no levels") };
            clear(&object, Some(DEEPEST))
        };
        assert!(cleared(DEEPEST).is_some());
        assert!(cleared(DEEPEST + 2).is_none());
        assert!(cleared(2_000).is_none());
    }
}
