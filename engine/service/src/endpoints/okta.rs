//! What Okta sends to flows that are called: deliveries of event hooks, which it sends again unless they are answered soon, and
//! the questions of inline hooks, of whose answers it passes over what does not fit.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::answer::{EXECUTION, EXECUTION_PLAIN, Reply};
use super::directory::Endpoint;
use super::problem::Wrong;
use super::request::Asked;
use crate::changes::What;
use crate::hooks::inline::{Kind, kind_of};

/// How long Okta waits (concepts/inline-hooks, concepts/event-hooks).
const WAITS: Duration = Duration::from_secs(3);

/// What Okta has sent.
pub(super) enum Sent {
    /// A delivery of an event hook, with its ID.
    Delivery(Option<String>),
    /// The question of an inline hook.
    Asks(&'static Kind),
}

impl Sent {
    /// What a request is, if Okta has sent it; none if somebody else has.
    pub fn of(asked: &Asked) -> Option<Sent> {
        // Most requests are none, and need not be read for that.
        if !asked.body.contains("\"com.okta.") {
            return None;
        }
        let body: Value = serde_json::from_str(&asked.body).ok()?;
        match body["eventType"].as_str()? {
            "com.okta.event_hook" => {
                let id = body["eventId"].as_str().filter(|id| (1..=255).contains(&id.len()));
                Some(Sent::Delivery(id.map(str::to_owned)))
            }
            _ => kind_of(&body).map(Sent::Asks),
        }
    }
}

/// The answer to a delivery that is taken: Okta looks at nothing but the status.
pub(super) fn taken(reply: Reply) -> Reply {
    let of_run = |(name, _): &(String, String)| [EXECUTION, EXECUTION_PLAIN].contains(&&**name);
    let headers = reply.headers.into_iter().filter(of_run).collect();
    Reply { status: 204, headers, body: String::new() }
}

impl Kind {
    /// Tells what of an answer Okta will not do, and that it did not wait for it.
    pub(super) fn judge(&self, endpoint: &Endpoint, answered: &Result<Reply, Wrong>, took: Duration) {
        let mut found = match answered {
            Ok(reply) if (200..300).contains(&reply.status) => self.passed_over(reply.body.as_bytes()),
            Ok(reply) => vec![format!("the answer has the status {}, not 200", reply.status)],
            Err(_) => vec!["there was no answer of the flow".to_owned()],
        };
        if took > WAITS {
            found.push(format!("the answer came after {:.1} seconds: Okta waits 3", took.as_secs_f64()));
        }
        if found.is_empty() {
            return;
        }
        let why = format!("an answer to {} is passed over by Okta: {}", self.name, found.join("; "));
        let (kind, about) = (Arc::from("inline hook"), Arc::from(&*endpoint.flow));
        endpoint.project.runs.tell(What::Trouble { kind, about, why: why.into() });
    }
}
