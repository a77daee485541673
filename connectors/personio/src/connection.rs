//! A connection to Personio: where, with which credentials, how fast.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Value;
use flowrun_kit::address::Base;
use flowrun_kit::auth::{Auth, Login, Token, TokenCache};
use flowrun_kit::call::Call;
use flowrun_kit::client::{Client, Vendor};
use flowrun_kit::connector::{Check, Connected, Connector, Means, Setting, Settings};
use flowrun_kit::effect::{AnyConnection, Connection, Pending};
use flowrun_kit::http::Response;
use flowrun_kit::pacing::Rate;
use flowrun_kit::retry::Repeat;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::sim::PersonioSim;

/// A connection to one Personio account.
#[derive(Debug)]
pub struct Personio {
    pub(crate) client: Client,
}

impl Connection for Personio {
    const CONNECTOR: &'static str = "personio";
}

/// The Personio connector.
pub static CONNECTOR: Connector = Connector {
    name: "personio",
    title: "Personio",
    docs: "Personio's employees, by API version 1. The account needs API access, and an API credential that may read \
           employees; each attribute must be ticked as readable at the credential.",
    settings: &[
        Setting {
            name: "base_url",
            variable: "PERSONIO_BASE_URL",
            secret: false,
            required: false,
            default: Some("https://api.personio.de"),
            docs: "Where the API is.",
        },
        Setting {
            name: "client_id",
            variable: "PERSONIO_CLIENT_ID",
            secret: false,
            required: true,
            default: None,
            docs: "The API credential's client id.",
        },
        Setting {
            name: "client_secret",
            variable: "PERSONIO_CLIENT_SECRET",
            secret: true,
            required: true,
            default: None,
            docs: "The API credential's client secret.",
        },
        Setting {
            name: "requests_per_minute",
            variable: "PERSONIO_REQUESTS_PER_MINUTE",
            secret: false,
            required: false,
            default: Some("300"),
            docs: "How often employees may be asked for. 300, and 15 in a second, is what Personio allows; 0 sets no pace, \
                   which only the simulator without limits can take.",
        },
    ],
    cards: crate::CARDS,
    pure_cards: &[],
    ways: &[],
    open,
    test,
};

/// The settings of a connection to `sim`, reached at `base_url`.
pub fn simulated(sim: &PersonioSim, base_url: &str) -> Settings {
    Settings::new()
        .with("base_url", base_url)
        .with("client_id", sim.client_id())
        .with("client_secret", sim.client_secret())
}

/// How long one of Personio's cards may take: a little longer than its client waits for limits.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1800);

const EMPLOYEES: &str = "employees";
const LOGIN: &str = "logins";

const VENDOR: Vendor = Vendor {
    name: "Personio",
    bucket: |_: &Method, path: &str| if path.ends_with("/v1/auth") { LOGIN } else { EMPLOYEES },
    // A log-in too many shuts the door for a minute; elsewhere a second is enough.
    throttle: |bucket| if bucket == LOGIN { Duration::from_secs(60) } else { Duration::from_secs(1) },
    explain,
    // Documented for tokens that are no longer good, beside 401.
    token_refused: |response: &Response| {
        let text = String::from_utf8_lossy(&response.body);
        response.status == StatusCode::FORBIDDEN && text.contains("authorization is not valid")
    },
    refused: "check PERSONIO_CLIENT_ID and PERSONIO_CLIENT_SECRET, and that the API credential is not revoked",
    forbidden: |_| {
        "the API credential lacks this right: in Personio, open Settings, API credentials, and let it read employees".into()
    },
    absent: |_| None,
    unreachable: "check the network, and PERSONIO_BASE_URL if it is set",
    request_id: "x-request-id",
};

fn test(connection: &AnyConnection) -> Pending<'_, Vec<Check>> {
    Box::pin(async move {
        let Some(personio) = connection.downcast_ref::<Personio>() else { return Vec::new() };
        let asked = personio.client.send(Call::get("/v1/company/employees/attributes")).await;
        let outcome = asked.map(|reply| format!("answered {}", reply.status).into()).map_err(Fault::from);
        vec![Check { title: "may read employees".into(), outcome }]
    })
}

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let setting = |name: &str| settings.get(name).unwrap_or_default();
    let base = Base::parse(setting("base_url"))?;
    let secret = settings.required("client_secret")?.clone();
    let login = Credentials { id: settings.required("client_id")?.clone(), secret: secret.clone() };
    let per_minute: u32 = setting("requests_per_minute").parse().map_err(|_| {
        let message = format!(
            "PERSONIO_REQUESTS_PER_MINUTE is a whole number, not `{}`",
            setting("requests_per_minute")
        );
        Fault::new(FaultKind::Connection, message)
    })?;
    let client = Client::new(VENDOR, base, &means)
        .auth(Auth::Fetched(TokenCache::new(login)))
        .hide(vec![secret])
        .rates(EMPLOYEES, rates(per_minute));
    let (host, activity) = (client.host(), client.activity().clone());
    Ok(Connected { connection: Arc::new(Personio { client }), host, activity })
}

/// A little less than allowed, because requests don't arrive as regularly as they are sent.
fn rates(per_minute: u32) -> Vec<Rate> {
    if per_minute == 0 {
        return Vec::new();
    }
    let minute = Rate { count: per_minute, per: Duration::from_millis(60_500) };
    let second = Rate { count: per_minute.div_ceil(20), per: Duration::from_millis(1_050) };
    vec![minute, second]
}

/// An API credential.
struct Credentials {
    id: SecretString,
    secret: SecretString,
}

#[derive(Deserialize)]
struct Answer {
    data: Issued,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_in: Option<i64>,
}

/// What Personio documents as a token's life, in seconds.
const LIFETIME: i64 = 86_400;

impl Login for Credentials {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move {
            let body =
                json!({ "client_id": self.id.expose_secret(), "client_secret": self.secret.expose_secret() });
            let call = Call::post("/v1/auth").json(&body)?.repeat(Repeat::Safe).login();
            let asked_ms = client.clock().now_ms();
            let answer: Answer = client.read(call, |reply| reply.json()).await.map_err(|failure| {
                let fault = failure.fault;
                if matches!(fault.code, Some(401 | 403)) { refused(&fault) } else { fault }
            })?;
            let lifetime = answer.data.expires_in.unwrap_or(LIFETIME);
            let expires_ms = asked_ms.saturating_add(lifetime.saturating_mul(1000));
            Ok(Token { secret: SecretString::from(answer.data.token), expires_ms, bound: None })
        })
    }
}

/// Both statuses mean the same at the log-in: these are no credentials.
fn refused(fault: &Fault) -> Fault {
    let refused = Fault::new(FaultKind::Connection, fault.message.clone())
        .body(fault.body.clone())
        .help(VENDOR.refused);
    if let Some(code) = fault.code { refused.code(code) } else { refused }
}

/// `{"success": false, "error": {"code", "message", "detailed_message"}}`
fn explain(body: &Value) -> Option<String> {
    let error = body.as_object()?.get("error")?.as_object()?;
    let message = error.get("message")?.as_text()?.trim();
    let details = error.get("detailed_message").and_then(Value::as_list).unwrap_or_default();
    let details: Vec<String> = details.iter().map(ToString::to_string).collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
    Some(format!(": {message}{details}"))
}
