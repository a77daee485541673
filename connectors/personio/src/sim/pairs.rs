//! The parameters of queries and forms.

use axum::extract::Query;
use axum::http::Uri;

/// The parameters of a query or a form, in their order.
pub type Pairs = Vec<(String, String)>;

/// The parameters of a query, or of a form, which is a query in the body.
pub fn read_pairs(query: &str) -> Option<Pairs> {
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build().ok()?;
    Query::<Pairs>::try_from_uri(&uri).ok().map(|Query(pairs)| pairs)
}

/// The value of a parameter that is there and not blank.
pub fn given<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    found.filter(|value| !value.is_empty())
}
