use crate::prelude::*;

/// Makes an object of a list of keys and a list of their values.
///
/// The first key gets the first value, and so on. If a key comes twice, its last value counts. Lists of
/// different lengths are an error, for no one could tell which value belongs to which key. The way back is
/// `object.unzip`.
#[derive(Inputs)]
pub struct Zip {
    /// The keys.
    keys: Vec<Text>,
    /// The values, in the order of the keys.
    values: Arc<Vec<Value>>,
}

/// The object.
#[derive(Outputs)]
pub struct Zipped {
    /// Each key with its value.
    object: Record,
}

impl Pure for Zip {
    const ID: &str = "object.zip";
    const EXAMPLES: &[Example] = examples! {
        r#"{ keys: [id, email], values: [7, jane@example.com] }"# => ok r#"{ object: { id: 7, email: jane@example.com } }"#,
        r#"{ keys: [a, a.b], values: [null, [1]] }"# => ok r#"{ object: { a: null, a.b: [1] } }"#,
        r#"{ keys: [a, b, a], values: [1, 2, 3] }"# => ok r#"{ object: { a: 3, b: 2 } }"#,
        r#"{ keys: null, values: null }"# => ok r#"{ object: {} }"#,
        r#"{ keys: [a, b], values: [1] }"# => err "expected a value for each of 2 keys, found 1",
    };
    type Out = Zipped;

    fn run(self, _: &Cx<'_>) -> Result<Zipped> {
        let (keys, values) = (self.keys.len(), self.values.len());
        if keys != values {
            bail!(Self::VALUES, "expected a value for each of {keys} keys, found {values}");
        }
        Ok(Zipped { object: self.keys.into_iter().zip(self.values.iter().cloned()).collect() })
    }
}
