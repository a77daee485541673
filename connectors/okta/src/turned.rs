//! Turning something of the org on or off: group rules and applications.

use flowrun_core::Outputs;
use flowrun_core::fault::Result;
use flowrun_kit::call::Call;

use crate::Okta;
use crate::lifecycle::status;

/// That Okta did it.
#[derive(Outputs)]
pub struct Turned {
    /// The status of Okta's answer: 200 or 204.
    #[output(key = "Status Code")]
    status_code: f64,
}

/// Turns what lies at `path` on or off; doing so twice is like doing it once.
pub(crate) async fn turn(okta: &Okta, path: String, id: &str, operation: &'static str) -> Result<Turned> {
    let call = Call::post(format!("{path}/lifecycle/{operation}")).about(okta.subject(operation, id, None));
    Ok(Turned { status_code: okta.client.read(call, status).await? })
}
