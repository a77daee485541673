//! Tokens of OAuth 2.0, fetched at a host that the connection names: by the client itself (Client Credentials, as Okta calls this kind of
//! connection), or for a person who logged in once and left a refresh token.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_kit::address::{Base, Origin};
use flowrun_kit::auth::{self, Token};
use flowrun_kit::client::Client;
use flowrun_kit::connector::{Means, Setting, Settings};
use flowrun_kit::effect::Pending;
use flowrun_kit::line::{Line, Vendor};
use flowrun_kit::oauth::{ClientAuth, Denial, Grant, Granted, Refusal, SecretClient};
use flowrun_kit::vault::Vault;
use secrecy::ExposeSecret;

/// The settings of a connection that fetches its tokens.
pub(crate) fn settings() -> [Setting; 8] {
    [
        Setting::new(
            "token_url",
            "API_CONNECTOR_TOKEN_URL",
            "Where tokens are fetched, for client_credentials and authorization_code; it may be at another host.",
        ),
        Setting::new(
            "authorize_url",
            "API_CONNECTOR_AUTHORIZE_URL",
            "Where a person logs in, for authorization_code.",
        ),
        Setting::new(
            "client_id",
            "API_CONNECTOR_CLIENT_ID",
            "The client ID, for client_credentials and authorization_code.",
        ),
        Setting::new(
            "client_secret",
            "API_CONNECTOR_CLIENT_SECRET",
            "The client secret, for client_credentials, and for authorization_code if the client has one.",
        )
        .secret(),
        Setting::new(
            "refresh_token",
            "API_CONNECTOR_REFRESH_TOKEN",
            "What `flowrun connections add` and `login` write down for authorization_code; it is replaced as it is used.",
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
const TAKEN: [&str; 8] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
];

/// The kinds of login that fetch a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ClientCredentials,
    AuthorizationCode,
}

impl Kind {
    /// The kind that is called so.
    pub(crate) fn of(name: &str) -> Option<Kind> {
        [Kind::ClientCredentials, Kind::AuthorizationCode].into_iter().find(|kind| kind.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Kind::ClientCredentials => "client_credentials",
            Kind::AuthorizationCode => "authorization_code",
        }
    }
}

/// A client at a token endpoint.
pub(crate) struct TokenServer {
    client: SecretClient,
    /// Over a line to the endpoint.
    line: Client,
}

impl TokenServer {
    /// The one of these settings; nothing is sent yet.
    pub(crate) fn new(kind: Kind, settings: &Settings, means: &Means) -> Result<TokenServer> {
        let (url, id) = (needed(kind, settings, "token_url")?, needed(kind, settings, "client_id")?);
        if kind == Kind::ClientCredentials {
            needed(kind, settings, "client_secret")?;
        }
        let secret = settings.secret("client_secret");
        Origin::parse(url)?;
        let base = Base::parse(url)?;
        // A person was asked for the scopes in the browser.
        let scope = settings.get("scope").filter(|_| kind == Kind::ClientCredentials);
        let parameters: Vec<_> =
            scope.map(|scope| ("scope", scope)).into_iter().chain(parameters(settings)?).collect();
        let client = SecretClient::new(id, secret, client_auth(settings)?, url, &parameters)?;
        let line = Line::new(ENDPOINT, base, means).hide(secret.cloned().into_iter().collect()).open();
        Ok(TokenServer { client, line })
    }

    /// Asks for a token by requests of `client`, or of no run if there is none.
    pub(crate) async fn ask(&self, grant: Grant<'_>, client: Option<&Client>) -> Result<Granted> {
        let line = client.map_or_else(|| self.line.clone(), |client| client.over(&self.line));
        self.client.ask(grant, &line).await.map_err(|denial| match denial {
            Denial::Refused(refusal) => refused(&refusal),
            Denial::Failed(fault) => fault,
        })
    }
}

/// Gets tokens for the client itself.
pub(crate) struct ByItself(pub TokenServer);

impl auth::Login for ByItself {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move { Ok(self.0.ask(Grant::ClientCredentials, Some(client)).await?.token) })
    }
}

/// Gets tokens for the person who logged in.
pub(crate) struct ByRefresh {
    server: TokenServer,
    vault: Arc<dyn Vault>,
}

impl ByRefresh {
    /// A login by these settings; nothing is sent yet.
    pub(crate) fn new(settings: &Settings, means: &Means) -> Result<ByRefresh> {
        let server = TokenServer::new(Kind::AuthorizationCode, settings, means)?;
        if settings.secret("refresh_token").is_none() {
            let message = "API_CONNECTOR_AUTH is authorization_code, and nobody has logged in yet";
            return Err(wrong(message.to_owned()).help(LOG_IN));
        }
        let vault = means.vault.clone().ok_or_else(|| {
            wrong("the refresh token is not in a connections file".to_owned()).help(format!(
                "servers replace it as it is used, so it has to be where flowrun can: {LOG_IN}"
            ))
        })?;
        Ok(ByRefresh { server, vault })
    }
}

const LOG_IN: &str = "log in with `flowrun connections login`, and the connection's name";

impl auth::Login for ByRefresh {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move {
            // Another process that uses this token now would find it used up, or end what comes of it for both.
            let mut kept = self.vault.take("refresh_token").await?;
            let granted = self.server.ask(Grant::Refresh(kept.secret()), Some(client)).await?;
            if let Some(next) =
                granted.refresh.filter(|next| next.expose_secret() != kept.secret().expose_secret())
            {
                kept.replace(&next)?;
            }
            Ok(granted.token)
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

/// A setting without which this kind of login can't be.
pub(crate) fn needed<'s>(kind: Kind, settings: &'s Settings, name: &str) -> Result<&'s str> {
    settings.get(name).ok_or_else(|| {
        let (kind, variable) = (kind.name(), name.to_ascii_uppercase());
        wrong(format!("API_CONNECTOR_AUTH is {kind}, but API_CONNECTOR_{variable} is missing"))
            .help(format!("give `{name}` too; the server's documentation says it"))
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
        "invalid_grant" => LOG_IN,
        "unauthorized_client" | "unsupported_grant_type" => {
            "let the client use this kind of login, where it is registered"
        }
        "invalid_request" | "invalid_target" => {
            "check API_CONNECTOR_SCOPE and API_CONNECTOR_TOKEN_PARAMETERS, such as audience or resource"
        }
        _ => "look at the client where it is registered",
    }
}

pub(crate) fn wrong(message: String) -> Fault {
    Fault::new(FaultKind::Connection, message)
}
