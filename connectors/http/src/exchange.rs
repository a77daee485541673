//! What the cards of the API Connector have in common: a request as written, and its answer.

use std::time::Duration;

use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_core::{Outputs, bail};
use flowrun_kit::client::headers_value;
use flowrun_kit::written::Written;

use crate::ApiConnector;

/// How long a card may take: all tries, should the API be slow, and some waiting for limits.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// What a card that does this does after a crash: no two services can be asked alike what became of a request.
pub const fn after_crash(does: Does) -> AfterCrash {
    match does {
        Does::Reads | Does::Changes(Repeat::Safe) => AfterCrash::Repeats,
        Does::Changes(Repeat::Never) | Does::AsMethod(_) => AfterCrash::asks(
            "what the request did is known only to the service, and no two can be asked alike",
        ),
    }
}

/// The answer of a JSON service.
#[derive(Outputs)]
pub struct Answered {
    /// The status: 200 to 299; any other is an error.
    #[output(key = "Status Code")]
    pub status_code: f64,
    /// The headers, their names in lower case.
    #[output(key = "Headers")]
    pub headers: Value,
    /// The body, read as JSON; nothing if it is empty.
    #[output(key = "Body")]
    pub body: Value,
}

/// An answer as it came.
#[derive(Outputs)]
pub struct AnsweredRaw {
    /// The status: 200 to 299; any other is an error.
    #[output(key = "Status Code")]
    pub status_code: f64,
    /// The headers, their names in lower case.
    #[output(key = "Headers")]
    pub headers: Value,
    /// The body as text.
    #[output(key = "Body")]
    pub body: Text,
}

/// The answer to an upload.
#[derive(Outputs)]
pub struct Uploaded {
    /// The status: 200 to 299; any other is an error.
    #[output(key = "Status Code")]
    pub status_code: f64,
    /// The headers, their names in lower case.
    #[output(key = "Headers")]
    pub headers: Value,
    /// The body, read as JSON; nothing if it is none.
    #[output(key = "Body")]
    pub body: Value,
    /// The body as text.
    #[output(key = "body")]
    pub raw_body: Text,
    /// Members of the body.
    #[output(rest)]
    pub members: Record,
}

/// Uploads a file and gives the answer.
pub async fn upload(api: &ApiConnector, written: Written<'_>) -> Result<Uploaded> {
    let AnsweredRaw { status_code, headers, body: raw_body } = raw(api, written).await?;
    let body = parse_json(&raw_body).unwrap_or_default();
    let members = body.as_object().cloned().unwrap_or_default();
    Ok(Uploaded { status_code, headers, body, raw_body, members })
}

/// The method of an upload.
pub fn by_method(method: &str, input: InputId) -> Result<&'static str> {
    match method.trim().to_ascii_uppercase().as_str() {
        "PUT" => Ok("PUT"),
        "POST" => Ok("POST"),
        _ => bail!(input, "expected PUT or POST, found \"{method}\""),
    }
}

/// Sends a request and gives its answer.
pub async fn raw(api: &ApiConnector, written: Written<'_>) -> Result<AnsweredRaw> {
    let call = written.call(&api.client)?;
    let reply = api
        .client
        .read(call, |reply| Ok((reply.status, headers_value(&reply.headers), reply.text()?.to_owned())));
    let (status, headers, body) = reply.await?;
    Ok(AnsweredRaw { status_code: f64::from(status), headers, body: body.into() })
}

/// Sends a request to a JSON service.
pub async fn json(api: &ApiConnector, written: Written<'_>) -> Result<Answered> {
    let AnsweredRaw { status_code, headers, body } = raw(api, written).await?;
    if body.trim().is_empty() {
        return Ok(Answered { status_code, headers, body: Value::Null });
    }
    let body = parse_json(&body).map_err(|error| {
        let shown: String = body.chars().take(160).collect();
        Fault::new(FaultKind::Parse, format!("the answer isn't JSON: {error}"))
            .code(status_code as u16)
            .body(shown.into())
            .help("use api_connector.raw, which gives the answer as text")
    })?;
    Ok(Answered { status_code, headers, body })
}
