//! The ways by which a notice reaches somebody.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use flowrun_project::Problem;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::mpsc;

use super::mail::Mail;
use super::notices::{Kind, Notice};
use super::sending::{Outside, Try, Way};
use super::settings::{Env, Flows, NoticeSettings, WebhookSettings, address, secret, value};

/// A notice is offered for so long.
const PATIENCE: Duration = Duration::from_secs(3600);

/// So many notices wait at most.
const MOST_WAITING: u64 = 256;

/// The header by which a webhook is signed: `t=`, the seconds since 1970, and `v1=`, the HMAC-SHA256 of these seconds, a dot and
/// the body, in hexadecimal.
pub const SIGNATURE: &str = "flowrun-signature";

/// Where notices go in, on their way to somebody.
#[derive(Debug)]
pub struct Channel {
    of: Vec<Kind>,
    flows: Flows,
    waiting: mpsc::UnboundedSender<Notice>,
    way: Arc<Way>,
}

/// How it gets there.
#[derive(Debug)]
enum Means {
    Mail(Box<Mail>),
    Slack(String),
    Teams(String),
    Webhook { url: String, secret: Option<SecretString> },
}

impl Channel {
    /// A channel, and the work that has to go on for it: it ends when the channel is dropped and all is sent.
    pub fn new(
        settings: &NoticeSettings,
        outside: &Outside,
        env: &Env,
    ) -> Result<(Channel, impl Future<Output = ()> + Send + use<>), Problem> {
        let means = Means::new(settings, env)?;
        let (waiting, notices) = mpsc::unbounded_channel();
        let way = Arc::new(Way::new(outside, means.name(), MOST_WAITING));
        let channel = Channel {
            of: settings.of.clone(),
            flows: Flows { flows: settings.flows.clone(), except: settings.except.clone() },
            waiting,
            way: way.clone(),
        };
        Ok((channel, means.work(way, notices)))
    }

    /// Takes a notice, if it is for this channel; nobody is waited for.
    pub fn hear(&self, notice: &Notice) {
        let wanted = self.of.contains(&notice.kind) || self.of.is_empty() && notice.kind != Kind::Waiting;
        if !wanted || !self.flows.include(notice.flow.as_deref()) {
            return;
        }
        if self.way.begin() {
            // Nobody takes it any more only when the service ends; the way counts it then.
            let _ = self.waiting.send(notice.clone());
        }
    }
}

impl Means {
    fn new(settings: &NoticeSettings, env: &Env) -> Result<Means, Problem> {
        let hidden = |name: &str, text: &str| -> Result<String, Problem> {
            Ok(address(name, &secret(name, text, env)?)?.into())
        };
        let NoticeSettings { mail, slack, teams, webhook, .. } = settings;
        match (mail, slack, teams, webhook) {
            (Some(mail), None, None, None) => Ok(Means::Mail(Box::new(Mail::new(mail, env)?))),
            (None, Some(url), None, None) => Ok(Means::Slack(hidden("notices.slack", url)?)),
            (None, None, Some(url), None) => Ok(Means::Teams(hidden("notices.teams", url)?)),
            (None, None, None, Some(WebhookSettings { url, secret: key })) => {
                let name = "notices.webhook.secret";
                Ok(Means::Webhook {
                    url: address("notices.webhook.url", &value("notices.webhook.url", url, env)?)?.into(),
                    secret: key.as_deref().map(|key| secret(name, key, env)).transpose()?,
                })
            }
            _ => Err(Problem::new("each of `notices` goes one way")
                .help("name one of `mail`, `slack`, `teams` and `webhook` in each")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Means::Mail(_) => "mail",
            Means::Slack(_) => "slack",
            Means::Teams(_) => "teams",
            Means::Webhook { .. } => "webhook",
        }
    }

    async fn work(self, way: Arc<Way>, mut notices: mpsc::UnboundedReceiver<Notice>) {
        let outside = way.outside();
        let mut number = 0;
        while let Some(notice) = notices.recv().await {
            number += 1;
            let once = || self.once(outside, &notice, number);
            way.end(outside.until(outside.clock.now_ms(), PATIENCE, number, once).await);
        }
    }

    async fn once(&self, outside: &Outside, notice: &Notice, number: u64) -> Try {
        let plain = HeaderMap::new();
        match self {
            Means::Mail(mail) => mail.send(notice, number, &outside.clock).await,
            Means::Slack(url) => outside.post(url, &plain, slack(notice)).await,
            Means::Teams(url) => outside.post(url, &plain, teams(notice)).await,
            Means::Webhook { url, secret } => {
                let body = serde_json::to_vec(notice).unwrap_or_default();
                let seconds = outside.clock.now_ms().div_euclid(1000);
                let headers = secret.as_ref().map(|secret| signed(secret, seconds, &body));
                outside.post(url, &headers.unwrap_or(plain), body).await
            }
        }
    }
}

/// The header that proves who sent a body, and when.
fn signed(secret: &SecretString, seconds: i64, body: &[u8]) -> HeaderMap {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, &[seconds.to_string().as_bytes(), b".", body].concat());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::try_from(format!("t={seconds},v1={hex}")) {
        headers.insert(SIGNATURE, value);
    }
    headers
}

/// A message of Slack. Its three signs are escaped, so that nothing in an error becomes a link or calls everybody.
fn slack(notice: &Notice) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let link = notice.link.as_ref().map(|link| format!("<{link}|Answer>\n")).unwrap_or_default();
    let text = format!("*{}*\n{}{link}", escaped(&notice.title()), escaped(&notice.text()));
    json!({ "text": text }).to_string().into_bytes()
}

/// A message of Teams: an adaptive card, whose texts are Markdown.
fn teams(notice: &Notice) -> Vec<u8> {
    let escaped = |text: &str| -> String {
        let sign =
            |letter| matches!(letter, '\\' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '`' | '<' | '>' | '!');
        text.chars().flat_map(|letter| sign(letter).then_some('\\').into_iter().chain([letter])).collect()
    };
    let block = |text: &str, weight: &str| json!({ "type": "TextBlock", "text": escaped(text), "weight": weight, "wrap": true });
    let mut blocks = vec![block(&notice.title(), "bolder")];
    blocks.extend(notice.text().lines().map(|line| block(line, "default")));
    let mut content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard", "version": "1.2", "body": blocks,
    });
    if let Some(link) = &notice.link {
        content["actions"] = json!([{ "type": "Action.OpenUrl", "title": "Answer", "url": link }]);
    }
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": content,
    });
    json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes()
}
