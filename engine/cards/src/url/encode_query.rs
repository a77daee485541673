use super::query;
use crate::prelude::*;

/// Writes an object as the query of an address.
///
/// Keys and values are escaped, a space as `%20`; there is no question mark in front. A list repeats its key,
/// a missing value is left out, a blank text stays. An object inside the object is an error, for services
/// differ in how they read one. The way back is `url.decode_query`.
#[derive(Inputs)]
pub struct EncodeQuery {
    /// The keys and values.
    data: Record,
}

/// The query.
#[derive(Outputs)]
pub struct Encoded {
    /// The query, such as `a=1&b=2`.
    #[output(key = "output")]
    query: Text,
}

impl Pure for EncodeQuery {
    const ID: &str = "url.encode_query";
    const EXPORTED_AS: &[&str] = &["kernel:url:encode"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ data: { x: one, y: two } }"# => ok r#"{ query: "x=one&y=two" }"#,
        r#"{ data: { search: "größe & mehr", expand: [a, b], after: null, q: "" } }"#
            => ok r#"{ query: "search=gr%C3%B6%C3%9Fe%20%26%20mehr&expand=a&expand=b&q=" }"#,
        r#"{ data: {} }"# => ok r#"{ query: "" }"#,
        r#"{ data: { filter: { a: 1 } } }"# => err "`filter`: expected a text, number, true/false or date, found object",
    };
    type Out = Encoded;

    fn run(self, _: &Cx<'_>) -> Result<Encoded> {
        Ok(Encoded { query: query(&self.data)?.into() })
    }
}
