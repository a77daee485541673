use url::form_urlencoded;

use crate::prelude::*;

/// Reads the query of an address into an object.
///
/// A question mark in front is dropped, and `+` stands for a space. All values are texts; a key that comes
/// more than once has a list of them. For the query of a whole address use `url.parse` first; the way back is
/// `url.encode_query`.
#[derive(Inputs)]
pub struct DecodeQuery {
    /// The query.
    query: Text,
}

/// The object.
#[derive(Outputs)]
pub struct Decoded {
    /// The keys and their values.
    data: Record,
}

impl Pure for DecodeQuery {
    const ID: &str = "url.decode_query";
    const EXAMPLES: &[Example] = examples! {
        r#"{ query: "?after=00u1&limit=200" }"# => ok r#"{ data: { after: 00u1, limit: "200" } }"#,
        r#"{ query: "tag=a+b&tag=%C3%B6&flag" }"# => ok r#"{ data: { tag: [a b, ö], flag: "" } }"#,
        r#"{ query: "" }"# => ok r#"{ data: {} }"#,
    };
    type Out = Decoded;

    fn run(self, _: &Cx<'_>) -> Result<Decoded> {
        let query = self.query.strip_prefix('?').unwrap_or(&self.query);
        let mut data = Record::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = Value::from(&*value);
            match data.get_mut(&key) {
                Some(Value::List(values)) => Arc::make_mut(values).push(value),
                Some(first) => *first = Value::list(vec![std::mem::take(first), value]),
                None => {
                    data.insert(Text::from(&*key), value);
                }
            }
        }
        Ok(Decoded { data })
    }
}
