//! API Connector · Close.

use flowrun_core::card::{Cx, Example, Pure};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Value};
use flowrun_core::{Inputs, bail, examples};

/// Answers the caller of an API endpoint while the flow goes on.
///
/// flowrun does not serve flows yet, so nobody is there to be answered: the card makes sure that the answer could be sent,
/// and goes on. A Return behind it could not reach the caller any more.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct Close {
    /// The status: 200, or 400 to 599.
    #[input(key = "statusCode", default = 200)]
    status_code: f64,
    /// Headers of the answer.
    headers: Option<Record>,
    /// The answer's body.
    body: Value,
}

impl Pure for Close {
    const ID: &str = "api_connector.close";
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:close"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ status_code: 404, body: { error: no such employee } }"# => ok "{}",
        r#"{}"# => ok "{}",
        r#"{ status_code: 302 }"# => err "expected 200, or 400 to 599, found 302",
    };
    type Out = ();

    fn run(self, _: &Cx<'_>) -> Result<()> {
        let status = self.status_code;
        if status != 200.0 && !((400.0..600.0).contains(&status) && status.fract() == 0.0) {
            bail!(Self::STATUS_CODE, "expected 200, or 400 to 599, found {status}");
        }
        Ok(())
    }
}
