use crate::prelude::*;

/// Makes one object of several.
///
/// It has all their keys. Where several have the same key, it keeps the value of the last of them, whole:
/// nested objects are not merged. More objects than two are given as fields of any name. See also
/// `object.construct`.
#[derive(Inputs)]
pub struct Merge {
    /// The first object.
    #[input(key = "start")]
    object_1: Arc<Record>,
    /// The second object.
    #[input(key = "sink")]
    object_2: Arc<Record>,
    /// Further objects.
    #[input(rest)]
    more: Record,
}

/// The one object.
#[derive(Outputs)]
pub struct Merged {
    /// All keys of all the objects.
    #[output(key = "output")]
    object: Arc<Record>,
}

impl Pure for Merge {
    const ID: &str = "object.merge";
    const EXPORTED_AS: &[&str] = &["kernel:object:merge"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object_1: { email: jane, id: 123 }, object_2: { email: john, first: John, last: Doe } }"#
            => ok r#"{ object: { email: john, id: 123, first: John, last: Doe } }"#,
        r#"{ object_1: { email: john, first: John, last: Doe }, object_2: { email: jane, id: 123 } }"#
            => ok r#"{ object: { email: jane, first: John, last: Doe, id: 123 } }"#,
        r#"{ object_1: { a: { x: 1 } }, object_2: { a: { y: 2 } }, object_3: { b: 3 } }"#
            => ok r#"{ object: { a: { y: 2 }, b: 3 } }"#,
        r#"{ object_1: { a: 1 }, object_2: null }"# => ok r#"{ object: { a: 1 } }"#,
        r#"{ object_1: { a: 1 }, object_2: [1] }"# => err "expected object, found list",
    };
    type Out = Merged;

    fn run(self, _: &Cx<'_>) -> Result<Merged> {
        let mut object = self.object_1;
        let more = self.more.into_values().map(Arc::<Record>::from_value);
        for next in std::iter::once(Ok(self.object_2)).chain(more) {
            let next = next?;
            if object.is_empty() {
                object = next;
            } else if !next.is_empty() {
                Arc::make_mut(&mut object)
                    .extend(next.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        Ok(Merged { object })
    }
}
