//! A connection to a host of the author's choice.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderName;
use flowrun_core::card::{Category, Colour};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value};
use flowrun_kit::address::Base;
use flowrun_kit::auth::{Auth, Credential, TokenCache};
use flowrun_kit::call::Call;
use flowrun_kit::client::Client;
use flowrun_kit::connector::{Check, Connected, Connector, Means, Setting, Settings};
use flowrun_kit::effect::{AnyConnection, Connection, Pending};
use flowrun_kit::errand::Errand;
use flowrun_kit::line::{Line, Vendor};
use flowrun_kit::retry::Policy;

use crate::consent;
use crate::exchange::TIMEOUT;
use crate::login::{self, Kind, TokenServer};

/// A connection to one host.
#[derive(Clone, Debug)]
pub struct ApiConnector {
    pub(crate) client: Client,
}

impl Connection for ApiConnector {
    const CONNECTOR: &'static str = "api_connector";

    fn on(&self, errand: Errand) -> Option<ApiConnector> {
        Some(ApiConnector { client: self.client.on(&Arc::new(errand)) })
    }
}

/// The API Connector.
pub fn connector() -> Connector {
    Connector {
        name: "api_connector".into(),
        title: "API Connector".into(),
        docs: "Any HTTP API. A connection names one host, and the cards that use it can call \
            no other; for another host make another connection."
            .into(),
        own: false,
        category: Some(Category {
            id: "api_connector".into(),
            title: "API Connector".into(),
            colour: Some(Colour { light: 0xea580c, dark: 0xfb923c }),
        }),
        #[cfg(feature = "sim")]
        sim: Some(crate::sim::simulated()),
        #[cfg(not(feature = "sim"))]
        sim: None,
        settings: vec![
            Setting::new(
                "base_url",
                "API_CONNECTOR_BASE_URL",
                "The host to call, and the path that relative addresses continue.",
            )
            .required(),
            Setting::new(
                "auth",
                "API_CONNECTOR_AUTH",
                "How to prove who calls: none, basic (user and secret), bearer (secret), \
            header (header and secret), client_credentials (token_url, client_id and client_secret) or \
            authorization_code (authorize_url, token_url and client_id; a person logs in).",
            )
            .default("none"),
            Setting::new("user", "API_CONNECTOR_USER", "The user name, for basic."),
            Setting::new("header", "API_CONNECTOR_HEADER", "The name of the header, for header."),
            Setting::new(
                "secret",
                "API_CONNECTOR_SECRET",
                "The password, the token, or the value of the header.",
            )
            .secret(),
        ]
        .into_iter()
        .chain(login::settings())
        .collect(),
        cards: crate::effect_cards(),
        pure_cards: Vec::new(),
        events: Vec::new(),
        ways: Vec::new(),
        sign_in: Some(consent::sign_in()),
        open: Arc::new(open),
        test: Arc::new(test),
    }
}

const VENDOR: Vendor = Vendor {
    name: "the API",
    bucket: |_, _| "requests",
    throttle: |_| Duration::from_secs(2),
    explain,
    token_refused: |_| false,
    refused: "check API_CONNECTOR_AUTH and the credentials that go with it",
    forbidden: |_| "the credentials of the connection don't allow this".into(),
    absent: |_| None,
    unreachable: "check the network and API_CONNECTOR_BASE_URL",
    request_id: "x-request-id",
};

/// Nothing is known of the service but its address, so all that can be tried is to read it.
fn test(connection: &AnyConnection) -> Pending<'_, Vec<Check>> {
    Box::pin(async move {
        let Some(api) = connection.downcast_ref::<ApiConnector>() else { return Vec::new() };
        let seen = match api.client.send(Call::get("")).await {
            Ok(reply) => Ok(format!("answered {}", reply.status).into()),
            // Few services have something at their base address; that they answer is enough.
            Err(fault) if matches!(fault.code, Some(400 | 404 | 405)) => {
                Ok(fault.code.map(|code| Text::from(format!("answered {code}"))).unwrap_or_default())
            }
            Err(fault) => Err(fault),
        };
        vec![Check { title: "answers a GET of its base address".into(), outcome: seen }]
    })
}

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let base = Base::parse(settings.get("base_url").unwrap_or_default())?;
    let auth = auth(settings, &means)?;
    let policy = Policy { budget: TIMEOUT.mul_f64(0.9), ..Policy::default() };
    let secrets = ["secret", "client_secret", "refresh_token"];
    let hidden = secrets.iter().filter_map(|name| settings.secret(name)).cloned().collect();
    let client = Line::new(VENDOR, base, &means).auth(auth).hide(hidden).policy(policy).open();
    let (host, activity) = (client.host(), client.activity().clone());
    Ok(Connected { connection: Arc::new(ApiConnector { client }), host, activity })
}

fn auth(settings: &Settings, means: &Means) -> Result<Auth> {
    let wrong = |message: String| Fault::new(FaultKind::Connection, message);
    let kind = settings.get("auth").unwrap_or("none").to_ascii_lowercase();
    let secret = || {
        settings.secret("secret").ok_or_else(|| {
            wrong(format!("API_CONNECTOR_AUTH is {kind}, but API_CONNECTOR_SECRET is missing"))
        })
    };
    let credential = match kind.as_str() {
        "none" if settings.secret("secret").is_some() => {
            let fault = wrong(
                "API_CONNECTOR_SECRET is set, but API_CONNECTOR_AUTH does not say how to send it".to_owned(),
            );
            return Err(fault.help("set API_CONNECTOR_AUTH to basic, bearer or header"));
        }
        "none" => return Ok(Auth::None),
        kind if let Some(kind) = login::Kind::of(kind) => {
            return Ok(Auth::Fetched(match kind {
                Kind::ClientCredentials => {
                    TokenCache::new(login::ByItself(TokenServer::new(kind, settings, means)?))
                }
                Kind::AuthorizationCode => TokenCache::new(login::ByRefresh::new(settings, means)?),
            }));
        }
        "basic" => Credential::basic(settings.get("user").unwrap_or_default(), secret()?)?,
        "bearer" => Credential::scheme("Bearer", secret()?)?,
        "header" => {
            let name = settings.get("header").unwrap_or_default().to_ascii_lowercase();
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| wrong(format!("API_CONNECTOR_HEADER can't be a header name: \"{name}\"")))?;
            Credential::header(name, secret()?)?
        }
        other => {
            return Err(wrong(format!(
                "API_CONNECTOR_AUTH is none, basic, bearer, header, client_credentials or authorization_code, not \"{other}\""
            )));
        }
    };
    Ok(Auth::Fixed(credential))
}

/// What many APIs put into their errors: a text under `message`, `error`, `detail` or `error_description`.
fn explain(body: &Value) -> Option<String> {
    let members = body.as_object()?;
    let names = ["message", "error_description", "detail", "error", "title"];
    let text = names.iter().find_map(|name| members.get(name).and_then(Value::as_text))?;
    Some(format!(": {}", text.chars().take(200).collect::<String>()))
}
