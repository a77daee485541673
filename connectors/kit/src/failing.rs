//! How a client says that a request came to nothing.

use axum::http::StatusCode;
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::memory;
use flowrun_core::value::{Text, Value};

use crate::auth::Auth;
use crate::call::{Call, lenient};
use crate::challenge;
use crate::client::{Client, Course};
use crate::download;
use crate::http::{Response, TransportError};
use crate::redact;

impl Client {
    /// The fault of a request without an answer.
    pub(crate) fn unanswered(
        &self,
        call: &Call,
        course: &Course,
        error: &TransportError,
        lost: bool,
    ) -> Fault {
        let (vendor, name) = (self.line.vendor.name, call.name());
        if *error == TransportError::Timeout && self.is_out_of_time() {
            let seconds = self.errand.limit.as_secs_f64();
            let unknown = unknown(call.does.changes());
            let message = format!("{vendor} did not answer {name} within the card's {seconds} s{unknown}");
            return Fault::timed_out(message).lost(lost);
        }
        let (kind, message) = match error {
            TransportError::Timeout => {
                let longest =
                    if course.into.is_some() { download::LONGEST } else { self.line.limits.timeout };
                let seconds = longest.as_secs();
                (FaultKind::Timeout, format!("{vendor} did not answer {name} within {seconds} s"))
            }
            TransportError::TooLarge(most) => {
                (FaultKind::Network, format!("{vendor} answered {name} with more than {most} bytes"))
            }
            TransportError::Memory(why) => (FaultKind::RunLimit, format!("{name} was not read: {why}")),
            TransportError::Connect(why) => (FaultKind::Network, format!("{vendor} can't be reached: {why}")),
            TransportError::Refused { .. } => {
                (FaultKind::Network, format!("no connection to {} for {vendor}: {error}", self.host()))
            }
            TransportError::Broken(_) => {
                (FaultKind::Network, format!("{vendor} did not answer {name}: {error}"))
            }
        };
        let tries = if course.tries > 1 { format!(" ({} tries)", course.tries) } else { String::new() };
        let fault = Fault::new(kind, format!("{message}{tries}{}", unknown(lost))).lost(lost);
        match error {
            TransportError::Memory(_) => fault.help(memory::REMEDY),
            TransportError::Connect(_) => fault.help(self.line.vendor.unreachable),
            TransportError::Refused { help, .. } => fault.help(&**help),
            _ => fault,
        }
    }

    /// What to do when credentials are refused. Tokens and proofs are good for a time, which clocks must agree about.
    fn refused(&self, response: &Response) -> Text {
        let usual = self.line.vendor.refused;
        if !matches!(self.line.auth, Auth::Fetched(_)) {
            return usual.into();
        }
        if let Some(skew) = self.skew_told() {
            return format!("{skew}: set it right; else {usual}").into();
        }
        match challenge::parameter(&response.headers, "error_description") {
            Some(why) => format!("{usual}; it says \"{}\"", redact::words(&self.redact(why))).into(),
            None => usual.into(),
        }
    }

    /// The fault of an answer that isn't a success.
    pub(crate) fn refusal(&self, call: &Call, course: &Course, response: &Response, lost: bool) -> Fault {
        let status = response.status;
        let text = self.line.auth.without_tokens(String::from_utf8_lossy(&response.body).into_owned());
        let body = if text.trim().is_empty() { Value::Null } else { lenient(&text) };
        let said = (self.line.vendor.explain)(&body);
        let said = said
            .or_else(|| status.canonical_reason().map(|reason| format!(": {reason}")))
            .unwrap_or_default();
        let tries = if course.tries > 1 { format!(" ({} tries)", course.tries) } else { String::new() };
        let message =
            format!("{} answered {}{said}{tries}{}", self.line.vendor.name, status.as_u16(), unknown(lost));
        let (kind, help) = match status {
            StatusCode::UNAUTHORIZED => (FaultKind::Connection, Some(self.refused(response))),
            StatusCode::FORBIDDEN => (FaultKind::Forbidden, Some((self.line.vendor.forbidden)(response))),
            StatusCode::NOT_FOUND => (FaultKind::NotFound, (self.line.vendor.absent)(&body).map(Text::from)),
            StatusCode::TOO_MANY_REQUESTS => (
                FaultKind::RateLimit,
                Some("run again later: the vendor asks to wait longer than this card waits".into()),
            ),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => (FaultKind::Timeout, None),
            _ => (FaultKind::HttpRequest, None),
        };
        let fault = Fault::new(kind, message).code(status.as_u16()).body(body).lost(lost);
        if let Some(help) = help {
            fault.help(help)
        } else {
            fault.help(format!("the request was {}", call.name()))
        }
    }
}

fn unknown(lost: bool) -> &'static str {
    if lost { "; it is not known whether it took effect" } else { "" }
}
