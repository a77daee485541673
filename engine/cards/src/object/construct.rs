use crate::prelude::*;

/// Makes an object of the fields it is given.
///
/// Each field becomes a key, in their order. A name with dots makes nested objects: `profile.email` and
/// `profile.name` lie in one object under `profile`. A number is a place in a list, as in `emails.0.value`, and lists begin with 0. Fields that were left blank are kept, with a missing
/// value. See also `object.set`, `object.merge` and `json.stringify`.
#[derive(Inputs)]
pub struct Construct {
    /// The keys and their values.
    #[input(rest)]
    fields: Record,
}

/// The object.
#[derive(Outputs)]
pub struct Constructed {
    /// The fields as an object.
    #[output(key = "output", keys_of = inputs)]
    object: Record,
}

impl Pure for Construct {
    const ID: &str = "object.construct";
    const EXPORTED_AS: &[&str] = &["kernel:object:construct"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ First name: Jane, Last name: Smith, Age: 29, Loyalty: true }"#
            => ok r#"{ object: { First name: Jane, Last name: Smith, Age: 29, Loyalty: true } }"#,
        r#"{ profile.name: Jane, id: 7, profile.email: null }"#
            => ok r#"{ object: { profile: { name: Jane, email: null }, id: 7 } }"#,
        r#"{ commands.0.type: update, commands.0.value.login: jane, commands.1.type: stop }"#
            => ok r#"{ object: { commands: [{ type: update, value: { login: jane } }, { type: stop }] } }"#,
        r#"{ commands.7: late }"# => ok r#"{ object: { commands: { "7": late } } }"#,
        r#"{ tags: [a, b], empty: "" }"# => ok r#"{ object: { tags: [a, b], empty: "" } }"#,
        r#"{}"# => ok r#"{ object: {} }"#,
    };
    type Out = Constructed;

    fn run(self, _: &Cx<'_>) -> Result<Constructed> {
        if !self.fields.keys().any(|key| key.contains('.')) {
            return Ok(Constructed { object: self.fields });
        }
        let mut object = Value::from(Record::default());
        for (key, value) in self.fields {
            let keys = key.split('.').count();
            if keys > super::DEEPEST {
                bail!(kind InvalidInput, "expected a name of at most {} keys, found {keys}", super::DEEPEST);
            }
            Path::new(&key).put(&mut object, value).map_err(|wrong| {
                Fault::new(FaultKind::InvalidInput, format!("`{key}`: {wrong}"))
            })?;
        }
        Ok(Constructed { object: Record::from_value(object)? })
    }
}
