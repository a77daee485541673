//! Webhooks: whoever is let in by a flow's own proof starts it.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flowrun_core::program::{Flow, Trigger};
use flowrun_core::settings::word_of;
use flowrun_core::value::{Record, Text, Value, parse_json};
use ring::digest::{SHA256, digest};

use super::signature::Form;
use super::{Hooks, MOST_BYTES, Room, open_headers, unaccepted, usual_variable};
use crate::inbox::Item;
use crate::names;

/// A request as it came.
struct Came {
    headers: HeaderMap,
    uri: Uri,
    bytes: Bytes,
}

/// A flow behind a webhook.
struct Behind<'f> {
    flow: &'f Flow,
    name: &'f Text,
    more: &'f Record,
    form: Form,
}

/// Takes a request in for every flow of this name that its proof opens.
pub(super) async fn deliver(
    State(hooks): State<Arc<Hooks>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let came = Came { headers: parts.headers, uri: parts.uri, bytes };
    let (mut opened, mut challenge) = (false, None);
    for room in &hooks.rooms {
        let version = room.hosted.runs.served.version();
        let behind = version.triggered().filter_map(|flow| Behind::of(flow, &name));
        let behind: Vec<Behind<'_>> = behind.filter(|behind| hooks.lets_in(behind, room, &came)).collect();
        opened |= !behind.is_empty();
        challenge = challenge.or_else(|| behind.iter().find_map(|behind| behind.challenge(&came)));
        if challenge.is_some() || behind.is_empty() {
            continue;
        }
        let items: Vec<Item> = behind.iter().map(|behind| behind.item(&came)).collect();
        if let Err(why) = room.take_items(&items, &name).await {
            return unaccepted(&why);
        }
    }
    match challenge {
        Some(challenge) => challenge.into_response(),
        None if opened => StatusCode::NO_CONTENT.into_response(),
        // That there is no such webhook is nobody's business.
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

impl Hooks {
    /// Whether a request proves what the flow demands. A flow whose secret is missing lets nobody in.
    fn lets_in(&self, behind: &Behind<'_>, room: &Room, came: &Came) -> bool {
        let said = word_of(behind.more, "secret_env").map(ToString::to_string);
        let variable = said.unwrap_or_else(|| usual_variable(behind.name));
        let Some(secret) = self.secret(&variable) else {
            let why =
                format!("the variable {variable}, which holds its secret, is not set: nobody is let in");
            room.complain(behind.name, &why);
            return false;
        };
        let now_s = room.hosted.runs.now_us().div_euclid(1_000_000);
        let header = word_of(behind.more, "header").map_or(behind.form.header(), |header| &**header);
        let by_header = behind.form.proves(secret, header, &came.headers, &came.bytes, now_s);
        by_header
            || behind.form == Form::Token && came.token().is_some_and(|token| super::are_same(&token, secret))
    }
}

impl<'f> Behind<'f> {
    fn of(flow: &'f Flow, asked: &str) -> Option<Behind<'f>> {
        let Trigger::Webhook { name, more } = &flow.trigger else { return None };
        let form = word_of(more, "signature").map_or(Form::Token, |word| Form::named(word));
        (**name == *asked).then_some(Behind { flow, name, more, form })
    }

    /// Slack asks whether the receiver is there, as it does everything: signed.
    fn challenge(&self, came: &Came) -> Option<String> {
        let body = came.body();
        let text = |name: &str| body.as_object().and_then(|body| body.get(name)).and_then(Value::as_text);
        let asks = self.form == Form::Slack && text("type").is_some_and(|kind| **kind == *"url_verification");
        text("challenge").filter(|text| asks && text.len() <= 1_024).map(ToString::to_string)
    }

    fn item(&self, came: &Came) -> Item {
        Item {
            id: self.id(came),
            flow: self.flow.path.clone(),
            cause: format!("webhook {}", self.name).into(),
            inputs: self.inputs(came),
            about: None,
            after_us: None,
        }
    }

    /// By what a delivery is known again: as the flow says, or as the vendor is known to name it, or else by its body.
    fn id(&self, came: &Came) -> Text {
        let said = word_of(self.more, "id").map(|text| &**text).or(match self.form {
            Form::Github => Some("header.x-github-delivery"),
            Form::Slack => Some("body.event_id"),
            Form::Stripe => Some("body.id"),
            _ => None,
        });
        let found = match said.and_then(|said| said.split_once('.')) {
            Some(("header", name)) => {
                came.headers.get(name).and_then(|value| value.to_str().ok()).map(Text::from)
            }
            Some(("body", path)) => at(&came.body(), path).and_then(|value| match value {
                Value::Text(text) => Some(text),
                Value::Null => None,
                other => Some(other.to_json().into()),
            }),
            _ if said == Some("none") => return names::hex(&names::chance::<16>()).into(),
            _ => None,
        };
        let found = found.filter(|id| !id.is_empty() && id.len() <= 256);
        found.unwrap_or_else(|| names::hex(digest(&SHA256, &came.bytes).as_ref()).into())
    }

    /// What the flow takes: the request's parts, and of its body the members that inputs are called after.
    fn inputs(&self, came: &Came) -> Record {
        let body = came.body();
        let input = |name: &Text| match &**name {
            "body" => Some(body.clone()),
            "raw" => Some(Value::from(&*String::from_utf8_lossy(&came.bytes))),
            "headers" => {
                let header = word_of(self.more, "header").map_or(self.form.header(), |header| &**header);
                Some(Value::from(open_headers(&came.headers, &[header])))
            }
            "query" => {
                Some(Value::from(came.query().filter(|(name, _)| **name != *"token").collect::<Record>()))
            }
            name => body.as_object().and_then(|body| body.get(name)).cloned(),
        };
        let inputs = self.flow.inputs.iter();
        inputs.filter_map(|known| Some((known.name.clone(), input(&known.name)?))).collect()
    }
}

impl Came {
    /// The body as JSON; as fields if it is a form; else as text.
    fn body(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            return Value::from(pairs(&text).collect::<Record>());
        }
        parse_json(&text).unwrap_or_else(|_| Value::from(&*text))
    }

    fn query(&self) -> impl Iterator<Item = (Text, Value)> {
        pairs(self.uri.query().unwrap_or_default())
    }

    /// A token in the address, for senders that can prove themselves in no other way.
    fn token(&self) -> Option<String> {
        let token = self.query().find(|(name, _)| **name == *"token");
        token.and_then(|(_, value)| value.as_text().map(ToString::to_string))
    }
}

/// The pairs of a form or a query.
fn pairs(text: &str) -> impl Iterator<Item = (Text, Value)> {
    url::form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (Text::from(&*name), Value::from(&*value)))
        .collect::<Vec<_>>()
        .into_iter()
}

/// What lies at a path of names.
fn at(value: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(value.clone(), |value, name| value.as_object()?.get(name).cloned())
}
