use super::unset::take;
use crate::prelude::*;

/// Moves a value from one path of an object to another.
///
/// The old object stays; the card gives a copy. Paths are those of `object.set`. If nothing lies at the
/// source, nothing changes. A blank destination is the object itself: the keys of the object that is moved
/// then lie beside its other keys, and win over those of the same name. To leave the value where it is use
/// `object.get` and `object.set`.
#[derive(Inputs)]
pub struct Move {
    /// The object.
    object: Arc<Record>,
    /// Where the value lies.
    source: Text,
    /// Where to put it.
    #[input(default = "")]
    destination: Text,
}

/// The copy.
#[derive(Outputs)]
pub struct Moved {
    /// The object with the value in its new place.
    #[output(key = "output")]
    object: Value,
}

impl Pure for Move {
    const ID: &str = "object.move";
    const EXPORTED_AS: &[&str] = &["kernel:object:move"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { mail: jane@example.com, id: 7 }, source: mail, destination: profile.email }"#
            => ok r#"{ object: { id: 7, profile: { email: jane@example.com } } }"#,
        r#"{ object: { output: { a: 1, b: 2 }, b: 0 }, source: output }"# => ok r#"{ object: { b: 2, a: 1 } }"#,
        r#"{ object: { a: 1 }, source: b, destination: c }"# => ok r#"{ object: { a: 1 } }"#,
        r#"{ object: { a: null }, source: a, destination: b }"# => ok r#"{ object: { b: null } }"#,
        r#"{ object: { a: 1 }, source: "", destination: b }"# => err "the path is blank",
        r#"{ object: { a: 1 }, source: a }"# => err "only an object can take the place of the whole, found number",
    };
    type Out = Moved;

    fn run(self, _: &Cx<'_>) -> Result<Moved> {
        super::check_path(&self.source, Self::SOURCE)?;
        let mut object = Value::Object(self.object);
        let Some(value) = take(&mut object, &self.source) else { return Ok(Moved { object }) };
        if !self.destination.is_empty() {
            super::check_path(&self.destination, Self::DESTINATION)?;
            let put = Path::new(&self.destination).put(&mut object, value);
            put.map_err(|wrong| Fault::new(FaultKind::InvalidInput, wrong.to_string()).at(Self::DESTINATION))?;
            return Ok(Moved { object });
        }
        match (&mut object, value) {
            (Value::Object(members), Value::Object(moved)) => Arc::make_mut(members)
                .extend(moved.iter().map(|(key, value)| (key.clone(), value.clone()))),
            (_, other) => bail!(
                Self::SOURCE,
                "only an object can take the place of the whole, found {}",
                other.kind()
            ),
        }
        Ok(Moved { object })
    }
}
