use crate::prelude::*;

/// Makes one object of a list of objects.
///
/// Of a key that several objects have, the value of the last one counts; missing items add nothing. See also
/// `object.merge` and `list.index_by`.
#[derive(Inputs)]
pub struct Collapse {
    /// The objects.
    list: Vec<Arc<Record>>,
}

/// The object.
#[derive(Outputs)]
pub struct Collapsed {
    /// The keys of all objects.
    #[output(key = "output")]
    object: Record,
}

impl Pure for Collapse {
    const ID: &str = "list.collapse";
    const EXPORTED_AS: &[&str] = &["kernel:list:collapse"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [{ a: 1, b: 2 }, { b: 3, c: 4 }] }"# => ok r#"{ object: { a: 1, b: 3, c: 4 } }"#,
        r#"{ list: [{ a: { b: 1 } }, null, { a: { c: 2 } }] }"# => ok r#"{ object: { a: { c: 2 } } }"#,
        r#"{ list: [] }"# => ok r#"{ object: {} }"#,
        r#"{ list: [{ a: 1 }, 7] }"# => err "expected object, found number 7",
    };
    type Out = Collapsed;

    fn run(self, _: &Cx<'_>) -> Result<Collapsed> {
        let mut object = Record::default();
        for part in self.list {
            object.extend(Arc::unwrap_or_clone(part));
        }
        Ok(Collapsed { object })
    }
}
