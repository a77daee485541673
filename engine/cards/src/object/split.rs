use crate::prelude::*;

/// Splits an object into two, by its keys.
///
/// The keys that are named go to the one, all others to the other; both keep their order. A named key that the
/// object lacks is left out. Only its own keys are looked at: a dot is part of a name here. The way back is
/// `object.merge`; for values inside other objects use `object.get_multiple`.
#[derive(Inputs)]
pub struct Split {
    /// The object.
    object: Arc<Record>,
    /// The keys that are picked.
    keys: Vec<Text>,
}

/// The two objects.
#[derive(Outputs)]
pub struct Parts {
    /// The keys that were named, with their values.
    picked: Record,
    /// All other keys, with their values.
    rest: Record,
}

impl Pure for Split {
    const ID: &str = "object.split";
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { id: 7, email: jane@example.com, salary: 1 }, keys: [email, id] }"#
            => ok r#"{ picked: { id: 7, email: jane@example.com }, rest: { salary: 1 } }"#,
        r#"{ object: { a: 1 }, keys: [b] }"# => ok r#"{ picked: {}, rest: { a: 1 } }"#,
        r#"{ object: { a.b: 1, a: { b: 2 } }, keys: a.b }"# => ok r#"{ picked: { a.b: 1 }, rest: { a: { b: 2 } } }"#,
        r#"{ object: { a: 1 }, keys: null }"# => ok r#"{ picked: {}, rest: { a: 1 } }"#,
    };
    type Out = Parts;

    fn run(self, _: &Cx<'_>) -> Result<Parts> {
        // A record knows fast what it has.
        let keys: Record = self.keys.into_iter().map(|key| (key, Value::Null)).collect();
        let members = Arc::unwrap_or_clone(self.object).into_iter();
        let (picked, rest): (Vec<_>, Vec<_>) = members.partition(|(key, _)| keys.contains_key(key));
        Ok(Parts { picked: picked.into_iter().collect(), rest: rest.into_iter().collect() })
    }
}
