//! API Connector · Close.

use super::Moves;
use crate::card::{Control, Example};
use crate::value::{Record, Value};
use crate::{Inputs, examples};

/// Answers the caller of an API endpoint while the flow goes on.
///
/// Only the first answer of a run reaches the caller: a Return behind a Close does not. Where nobody called, it makes sure that
/// the answer could be sent, and goes on.
#[derive(Inputs)]
pub struct Close {
    /// The status: 200, or 400 to 599.
    #[input(key = "statusCode", default = 200)]
    pub(crate) status_code: f64,
    /// Headers of the answer.
    pub(crate) headers: Option<Record>,
    /// The answer's body: a text as it is, everything else as JSON.
    pub(crate) body: Value,
}

impl Moves for Close {
    const ID: &str = "api_connector.close";
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:close"];
    const EXAMPLES: &[Example] = examples! {
        "- { card: api_connector.close, with: { status_code: 404, body: { error: no such employee } } }" => ok "{}",
        "- { card: api_connector.close }" => ok "{}",
        "- { card: api_connector.close, with: { status_code: 302 } }"
            => err "expected the status code 200, or 400 to 599, found 302",
    };
    type Out = ();
    const CONTROL: Control = Control::Close;
}
