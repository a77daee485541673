//! A person logs in and lets flowrun act for them: authorization code (RFC 6749, section 4.1) with PKCE (RFC 7636), over a browser that
//! is sent back to this machine (RFC 8252).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowrun_core::fault::{Fault, Result};
use flowrun_core::suggest::listed;
use flowrun_kit::address::{self, Origin};
use flowrun_kit::chance::unique;
use flowrun_kit::connector::{Means, Settings};
use flowrun_kit::effect::Pending;
use flowrun_kit::oauth::Grant;
use flowrun_kit::sign_in::{Browser, SignIn};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

use crate::login::{Kind, TokenServer, needed, wrong};

/// How a person logs in, where the connection wants it.
pub(crate) fn sign_in() -> SignIn {
    let wanted =
        |settings: &Settings| settings.get("auth").and_then(Kind::of) == Some(Kind::AuthorizationCode);
    SignIn { wanted: Arc::new(wanted), visit }
}

fn visit<'a>(
    settings: &'a Settings,
    means: Means,
    browser: &'a dyn Browser,
) -> Pending<'a, Result<Vec<(&'static str, SecretString)>>> {
    Box::pin(async move {
        let server = TokenServer::new(Kind::AuthorizationCode, settings, &means)?;
        let page = needed(Kind::AuthorizationCode, settings, "authorize_url")?;
        let asked = Asked::new()?;
        let answer = browser.visit(&asked.address(page, settings, browser.back())?).await?;
        let code = asked.code(&answer, page)?;
        let grant = Grant::Code { code: &code, redirect_uri: browser.back(), verifier: &asked.verifier };
        let granted = server.ask(grant, None).await?;
        let refresh = granted.refresh.ok_or_else(|| {
            wrong("the server gave a token, but none to refresh it by".to_owned()).help(
                "ask for one: most servers want the scope offline_access, Google `access_type=offline&prompt=consent` in \
                 API_CONNECTOR_AUTHORIZE_URL",
            )
        })?;
        Ok(vec![("refresh_token", refresh)])
    })
}

/// What flowrun made up for one login.
struct Asked {
    /// Comes back as it went, so that nobody else sends the person back.
    state: String,
    /// Shows that who has the code is who asked for it.
    verifier: SecretString,
}

impl Asked {
    fn new() -> Result<Asked> {
        // 43 letters are what RFC 7636 wants at the least.
        Ok(Asked { state: unique()?, verifier: SecretString::from(unique()? + &unique()?) })
    }

    /// The address that the person is to open. What the page's own address asks for stays in it (RFC 6749, section 3.1).
    fn address(&self, page: &str, settings: &Settings, back: &str) -> Result<String> {
        Origin::parse(page)?;
        let challenge = challenge(self.verifier.expose_secret());
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", settings.get("client_id").unwrap_or_default()),
            ("redirect_uri", back),
            ("state", &self.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        asked.extend(settings.get("scope").map(|scope| ("scope", scope)));
        let page = page.split('#').next().unwrap_or_default();
        let mark = if page.contains('?') { '&' } else { '?' };
        Ok(format!("{page}{mark}{}", address::query(asked)))
    }

    /// The code that the person came back with.
    fn code(&self, answer: &[(String, String)], page: &str) -> Result<SecretString> {
        let given = |name: &str| answer.iter().find(|(given, _)| given == name).map(|(_, value)| &**value);
        if given("state") != Some(&self.state) {
            return Err(stray("whoever came back was not sent by this login: its `state` is another"));
        }
        if let Some(issuer) = given("iss")
            && Origin::parse(issuer).ok() != Origin::parse(page).ok()
        {
            return Err(stray(
                "the answer is another server's: its `iss` is at another host than API_CONNECTOR_AUTHORIZE_URL",
            ));
        }
        if let Some(error) = given("error") {
            return Err(refused(error));
        }
        let code = given("code").filter(|code| !code.is_empty());
        code.map(SecretString::from).ok_or_else(|| stray("the answer has neither a code nor an error"))
    }
}

/// What the verifier comes to: S256 of RFC 7636, section 4.2.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

fn stray(message: &str) -> Fault {
    wrong(message.to_owned()).help("start the login again, and use the address that it prints")
}

/// The errors of RFC 6749, section 4.1.2.1, and what to do about each. Others are not quoted: anybody can send a person back with a text.
const ERRORS: [(&str, &str); 7] = [
    ("access_denied", "log in again, as somebody who may allow this, and allow it"),
    ("invalid_scope", "check API_CONNECTOR_SCOPE, and what the client may have"),
    ("unauthorized_client", "let the client use authorization codes, where it is registered"),
    ("unsupported_response_type", "let the client use authorization codes, where it is registered"),
    (
        "invalid_request",
        "check API_CONNECTOR_CLIENT_ID, and that http://127.0.0.1 with any port is among the client's redirect addresses",
    ),
    ("server_error", "the server failed; try again"),
    ("temporarily_unavailable", "the server has too much to do; try again later"),
];

fn refused(error: &str) -> Fault {
    match ERRORS.iter().find(|(known, _)| *known == error) {
        Some((known, help)) => wrong(format!("the login was refused: {known}")).help(*help),
        None => {
            let known: Vec<&str> = ERRORS.iter().map(|(known, _)| *known).collect();
            wrong("the login was refused, for a reason of the server's own".to_owned())
                .help(format!("the page in the browser may say more; known are {}", listed(&known)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn the_address_keeps_what_the_page_asks_for() {
        let asked = Asked {
            state: "xyz".to_owned(),
            verifier: SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        };
        let settings = Settings::new().with("client_id", "s6BhdRkqt3").with("scope", "read offline_access");
        let address = asked.address(
            "https://server.example.com/authorize?access_type=offline",
            &settings,
            "http://127.0.0.1:51004/",
        );
        assert_eq!(
            address.unwrap(),
            "https://server.example.com/authorize?access_type=offline&response_type=code&client_id=s6BhdRkqt3\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A51004%2F&state=xyz&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256&scope=read%20offline_access"
        );
    }
}
