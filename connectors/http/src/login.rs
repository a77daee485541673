//! Client Credentials, as Okta calls this kind of connection: a token of OAuth 2.0, fetched at a host that the connection names.

use std::time::Duration;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_kit::address::{Base, Origin};
use flowrun_kit::auth::{self, Token};
use flowrun_kit::client::Client;
use flowrun_kit::connector::{Means, Setting, Settings};
use flowrun_kit::effect::Pending;
use flowrun_kit::line::{Line, Vendor};
use flowrun_kit::oauth::{ClientAuth, Denial, Refusal, SecretClient};

/// The settings of a connection that fetches its tokens.
pub(crate) fn settings() -> [Setting; 6] {
    [
        Setting::new(
            "token_url",
            "API_CONNECTOR_TOKEN_URL",
            "Where tokens are fetched, for client_credentials; it may be at another host.",
        ),
        Setting::new("client_id", "API_CONNECTOR_CLIENT_ID", "The client ID, for client_credentials."),
        Setting::new(
            "client_secret",
            "API_CONNECTOR_CLIENT_SECRET",
            "The client secret, for client_credentials.",
        )
        .secret(),
        Setting::new("scope", "API_CONNECTOR_SCOPE", "The scopes to ask for, with spaces between them."),
        Setting::new(
            "client_auth",
            "API_CONNECTOR_CLIENT_AUTH",
            "Where client ID and secret are sent: basic (a header) or body.",
        )
        .default("basic"),
        Setting::new(
            "token_parameters",
            "API_CONNECTOR_TOKEN_PARAMETERS",
            "What else the server wants to know, with spaces between: audience=https://api.example.com.",
        ),
    ]
}

/// What the connection itself says, so that nobody says it twice.
const TAKEN: [&str; 4] = ["grant_type", "client_id", "client_secret", "scope"];

/// Gets tokens for a client that has a secret.
pub(crate) struct Login {
    secret_client: SecretClient,
    /// Over a line to the token endpoint.
    endpoint: Client,
}

impl Login {
    /// A login by these settings; nothing is sent yet.
    pub(crate) fn new(settings: &Settings, means: &Means) -> Result<Login> {
        let (url, id) = (needed(settings, "token_url")?, needed(settings, "client_id")?);
        needed(settings, "client_secret")?;
        let secret = settings.required("client_secret")?;
        Origin::parse(url)?;
        let base = Base::parse(url)?;
        let scope = settings.get("scope").map(|scope| ("scope", scope));
        let parameters: Vec<_> = scope.into_iter().chain(parameters(settings)?).collect();
        let secret_client = SecretClient::new(id, secret, client_auth(settings)?, url, &parameters)?;
        let endpoint = Line::new(ENDPOINT, base, means).hide(vec![secret.clone()]).open();
        Ok(Login { secret_client, endpoint })
    }
}

impl auth::Login for Login {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move {
            match self.secret_client.ask(&client.over(&self.endpoint)).await {
                Ok(granted) => Ok(granted.token),
                Err(Denial::Refused(refusal)) => Err(refused(&refusal)),
                Err(Denial::Failed(fault)) => Err(fault),
            }
        })
    }
}

const ENDPOINT: Vendor = Vendor {
    name: "the token endpoint",
    bucket: |_, _| "tokens",
    throttle: |_| Duration::from_secs(2),
    explain: |_| None,
    token_refused: |_| false,
    refused: "check API_CONNECTOR_CLIENT_ID and API_CONNECTOR_CLIENT_SECRET",
    forbidden: |_| "the token endpoint lets this client have no token".into(),
    absent: |_| Some("check API_CONNECTOR_TOKEN_URL"),
    unreachable: "check the network and API_CONNECTOR_TOKEN_URL",
    request_id: "x-request-id",
};

fn needed<'s>(settings: &'s Settings, name: &str) -> Result<&'s str> {
    settings.get(name).ok_or_else(|| {
        let variable = name.to_ascii_uppercase();
        wrong(format!("API_CONNECTOR_AUTH is client_credentials, but API_CONNECTOR_{variable} is missing"))
    })
}

fn client_auth(settings: &Settings) -> Result<ClientAuth> {
    match settings.get("client_auth").unwrap_or("basic").to_ascii_lowercase().as_str() {
        "basic" => Ok(ClientAuth::Basic),
        "body" => Ok(ClientAuth::Body),
        other => Err(wrong(format!("API_CONNECTOR_CLIENT_AUTH is basic or body, not \"{other}\""))),
    }
}

/// The further parameters; neither names nor values have spaces, which stand between them.
fn parameters(settings: &Settings) -> Result<Vec<(&str, &str)>> {
    let parse = |text| match str::split_once(text, '=') {
        Some((name, _)) if TAKEN.contains(&name) => {
            Err(wrong(format!("API_CONNECTOR_TOKEN_PARAMETERS may not have {name}, which is set elsewhere")))
        }
        Some(pair) if !pair.0.is_empty() => Ok(pair),
        _ => {
            let help = "write name=value, and another after a space";
            Err(wrong("API_CONNECTOR_TOKEN_PARAMETERS has a part without a name".to_owned()).help(help))
        }
    };
    settings.get("token_parameters").unwrap_or_default().split_whitespace().map(parse).collect()
}

fn refused(refusal: &Refusal) -> Fault {
    let Refusal { status, error, description } = refusal;
    let description = description.trim_end_matches('.');
    let said = if description.is_empty() { String::new() } else { format!(": {description}") };
    wrong(format!("the token endpoint answered {status} {error}{said}")).code(*status).help(remedy(error))
}

/// What to do about an error of RFC 6749, section 5.2, or of RFC 8707.
fn remedy(error: &str) -> &'static str {
    match error {
        "invalid_client" => {
            "check API_CONNECTOR_CLIENT_ID and API_CONNECTOR_CLIENT_SECRET; a server that wants them in the body needs \
             API_CONNECTOR_CLIENT_AUTH=body"
        }
        "invalid_scope" => "check API_CONNECTOR_SCOPE, and what the client may have",
        "unauthorized_client" | "unsupported_grant_type" => {
            "let the client use client credentials, where it is registered"
        }
        "invalid_request" | "invalid_target" => {
            "check API_CONNECTOR_SCOPE and API_CONNECTOR_TOKEN_PARAMETERS, such as audience or resource"
        }
        _ => "look at the client where it is registered",
    }
}

fn wrong(message: String) -> Fault {
    Fault::new(FaultKind::Connection, message)
}
