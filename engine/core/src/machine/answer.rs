//! What the caller of an API endpoint is answered before the run ends.

use super::Machine;
use super::frame::{Frame, FrameId};
use super::step::{answerable, read};
use crate::control::{Close, PauseRaw};
use crate::fault::Fault;
use crate::program::Step;
use crate::value::{Record, Value};

/// What whoever called the flow is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// 200, or 400 to 599.
    pub status: u16,
    /// The headers that the flow wants.
    pub headers: Record,
    /// A text as it is, everything else as JSON.
    pub body: Value,
    /// Whether the run waits for the caller to come again.
    pub pauses: bool,
}

impl Machine {
    /// What the caller is answered, once a card has said it: Close, Return Raw of the run's own flow, or a pause. After the answer to a
    /// pause, what whoever gave it is answered.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_deref()
    }

    /// The first answer is the answer.
    pub(super) fn respond(&mut self, response: Response) {
        self.response.get_or_insert_with(|| Box::new(response));
    }

    pub(super) fn close_request(&mut self, step: &Step, frame: &mut Frame) -> Result<bool, Fault> {
        let Close { status_code, headers, body } = read(step, frame)?;
        answerable(status_code)?;
        let headers = headers.unwrap_or_default();
        self.respond(Response { status: status_code as u16, headers, body, pauses: false });
        Ok(true)
    }

    /// A pause answers with what it tells: its fields, or a whole answer.
    pub(super) fn respond_with_pause(&mut self, raw: Option<PauseRaw>, told: Value) {
        let response = match raw {
            Some(PauseRaw { status_code, headers, body }) => {
                let headers = headers.unwrap_or_default();
                Response { status: status_code as u16, headers, body: Value::Text(body), pauses: true }
            }
            None => Response { status: 200, headers: Record::default(), body: told, pauses: true },
        };
        self.respond(response);
    }

    /// Whether a frame is that of the flow with which the run starts.
    pub(super) fn is_root(&self, at: FrameId) -> bool {
        at == self.root
    }
}
