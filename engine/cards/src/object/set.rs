use crate::prelude::*;

/// Puts a value into an object, at a path.
///
/// The old object stays; the card gives a copy. What lay there is replaced; nested objects that the path
/// needs are made. A number is a place in a list, from 0, or the first place behind its end; any other key of a list is an error.
/// The way back is `object.get`.
#[derive(Inputs)]
pub struct Set {
    /// The object.
    object: Arc<Record>,
    /// The key, or keys with dots between them.
    path: Text,
    /// What to put there.
    value: Value,
}

/// The copy.
#[derive(Outputs)]
pub struct Changed {
    /// The object with the value in it.
    #[output(key = "output")]
    object: Value,
}

impl Pure for Set {
    const ID: &str = "object.set";
    const EXPORTED_AS: &[&str] = &["kernel:object:set"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { a: 1 }, path: a, value: 2 }"# => ok r#"{ object: { a: 2 } }"#,
        r#"{ object: { a: 1 }, path: profile.email, value: jane@example.com }"#
            => ok r#"{ object: { a: 1, profile: { email: jane@example.com } } }"#,
        r#"{ object: { list: [1, 2] }, path: list.2, value: 3 }"# => ok r#"{ object: { list: [1, 2, 3] } }"#,
        r#"{ object: { list: [1, 2, 3] }, path: list.5, value: 9 }"# => err "index 5 of a list of 3",
        r#"{ object: { list: [1, 2, 3] }, path: list.b, value: 9 }"# => err "a list of 3 has no key \"b\"",
        r#"{ object: null, path: a, value: null }"# => ok r#"{ object: { a: null } }"#,
        r#"{ object: {}, path: "", value: 1 }"# => err "the path is blank",
    };
    type Out = Changed;

    fn run(self, _: &Cx<'_>) -> Result<Changed> {
        super::check_path(&self.path, Self::PATH)?;
        let mut object = Value::Object(self.object);
        let put = Path::new(&self.path).put(&mut object, self.value);
        put.map_err(|wrong| Fault::new(FaultKind::InvalidInput, wrong.to_string()).at(Self::PATH))?;
        Ok(Changed { object })
    }
}
