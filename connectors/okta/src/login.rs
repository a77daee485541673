//! Logs in as a service app, and says what to do where Okta refuses it.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_kit::auth::{Login, Token};
use flowrun_kit::client::Client;
use flowrun_kit::effect::Pending;
use flowrun_kit::oauth::{Denial, Granted, KeyClient, Refusal};
use flowrun_kit::signing_key::SigningKey;
use secrecy::SecretString;

use crate::scope::covers;
use crate::vendor::GRANT;

/// Where the org gives out tokens; the assertion and the proofs name it too.
const TOKEN_PATH: &str = "/oauth2/v1/token";

/// The login of one service app, always with the same scopes.
#[derive(Debug)]
pub(crate) struct AppLogin {
    client: KeyClient,
    scopes: Vec<String>,
}

impl AppLogin {
    /// A login with this key, which the app knows as `key_id`.
    pub(crate) fn new(
        client_id: &str,
        key: &SecretString,
        key_id: Option<&str>,
        scopes: Vec<String>,
    ) -> Result<AppLogin> {
        let mut key = SigningKey::read(key)?;
        if let Some(id) = key_id {
            key = key.named(id);
        }
        Ok(AppLogin { client: KeyClient::new(client_id, key, TOKEN_PATH)?, scopes })
    }

    async fn token(&self, client: &Client) -> Result<Token> {
        if self.scopes.is_empty() {
            let message =
                "no OAuth scopes are asked for: no card of the flow names one, and OKTA_SCOPES is not set";
            return Err(Fault::new(FaultKind::Connection, message)
                .help("name the scopes that the calls need in OKTA_SCOPES, such as okta.users.read"));
        }
        let scopes: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        match self.client.ask(client, &scopes).await {
            Ok(granted) => self.complete(granted),
            Err(Denial::Failed(fault)) => Err(fault),
            Err(Denial::Refused(refusal)) if is_about_scopes(&refusal) => {
                Err(self.find_refused_scopes(client, &scopes, &refusal).await)
            }
            Err(Denial::Refused(refusal)) => Err(refused(client, &refusal)),
        }
    }

    /// Okta may grant a part of what was asked for; half an import is worse than none.
    fn complete(&self, granted: Granted) -> Result<Token> {
        let Some(has) = granted.scopes else { return Ok(granted.token) };
        let lacks = |scope: &&String| !has.iter().any(|has| covers(has, scope));
        let missing: Vec<&str> = self.scopes.iter().filter(lacks).map(String::as_str).collect();
        if missing.is_empty() { Ok(granted.token) } else { Err(not_granted(&missing)) }
    }

    /// Okta says that scopes are refused, but not always which: asking for each alone tells.
    async fn find_refused_scopes(&self, client: &Client, scopes: &[&str], refusal: &Refusal) -> Fault {
        if let [only] = scopes {
            return not_granted(&[only]);
        }
        let mut missing = Vec::new();
        for scope in scopes {
            match self.client.ask(client, &[scope]).await {
                Ok(_) => {}
                Err(Denial::Refused(refusal)) if is_about_scopes(&refusal) => missing.push(*scope),
                Err(Denial::Refused(refusal)) => return refused(client, &refusal),
                Err(Denial::Failed(fault)) => return fault,
            }
        }
        if missing.is_empty() { refused(client, refusal) } else { not_granted(&missing) }
    }
}

impl Login for AppLogin {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(self.token(client))
    }
}

/// `consent_required` is what Okta says if none of the scopes are granted.
fn is_about_scopes(refusal: &Refusal) -> bool {
    matches!(refusal.error.as_str(), "invalid_scope" | "consent_required")
}

fn not_granted(scopes: &[&str]) -> Fault {
    let (noun, them) = if scopes.len() == 1 { ("scope", "it") } else { ("scopes", "them") };
    let message = format!("the service app is not granted the {noun} {}", scopes.join(", "));
    Fault::new(FaultKind::Forbidden, message).help(format!("grant {them} {GRANT}"))
}

fn refused(client: &Client, refusal: &Refusal) -> Fault {
    let Refusal { status, error, description } = refusal;
    let description = description.trim_end_matches('.');
    let said = if description.is_empty() { String::new() } else { format!(": {description}") };
    let message = format!("Okta answered {status} {error}{said}");
    let by_time = matches!(error.as_str(), "invalid_client" | "invalid_dpop_proof");
    let (message, help) = match client.skew_told().filter(|_| by_time) {
        Some(skew) => (format!("{message}; {skew}"), "set this machine's clock right"),
        None => (message, remedy(error, description)),
    };
    Fault::new(FaultKind::Connection, message).code(*status).help(help)
}

/// What to do about an error; what Okta describes it by may change, so that the general advice is enough too.
fn remedy(error: &str, description: &str) -> &'static str {
    match error {
        "invalid_client" if description.contains("client_id") => {
            "check OKTA_CLIENT_ID and OKTA_ORG_URL: no active app of this org has that client ID"
        }
        "invalid_client" if description.contains("kid") => {
            "set OKTA_KEY_ID to the KID of the key in the app (Applications > the app > General > Client Credentials), and \
             look whether the key is active and OKTA_PRIVATE_KEY its private part"
        }
        "invalid_client" => {
            "look whether the app that OKTA_CLIENT_ID names (Applications > the app > General > Client Credentials) uses \
             public key / private key, and has the public part of OKTA_PRIVATE_KEY"
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "OKTA_CLIENT_ID must be that of an API Services app"
        }
        "access_denied" => "look whether a network zone or a policy of the app keeps this machine out",
        "invalid_dpop_proof" | "use_dpop_nonce" => {
            "Okta does not accept the proof of possession; if it stays so, turn off Require DPoP in the app's settings"
        }
        _ => "look at the app in the Admin Console: Applications > the app > General",
    }
}
