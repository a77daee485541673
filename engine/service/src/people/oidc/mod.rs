//! Signing in at an OpenID provider, such as an Okta org: authorization code, with PKCE, state and nonce.

mod id_token;
mod provider;
mod seal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use flowrun_kit::address::query;
use flowrun_kit::clock::Clock;
use flowrun_kit::jwt;
use serde::Deserialize;
use serde_json::Value;

use super::problem::Problem;
use super::secrets;
use super::sessions::Newcomer;
use super::settings::OidcSettings;
use crate::bearer::{Claims, Client, Fetch, Flaw, get, post};
use id_token::Asked;
use provider::{Described, Provider};
use seal::{Begun, Seal};

/// How long somebody may be at the provider, in seconds.
pub(super) const LASTS: i64 = 600;

/// Names are shown up to this length.
const LONGEST_NAME: usize = 200;

/// More groups than this nobody is in; a token with more is cut.
const MOST_GROUPS: usize = 10_000;

/// Signs people in.
pub(super) struct Oidc {
    settings: OidcSettings,
    client: Client,
    provider: Provider,
    clock: Clock,
    seal: Seal,
    redirect_uri: String,
    after_sign_out: String,
    /// The sign-ins that somebody has come back from, each until its time is over.
    used: Mutex<BTreeMap<String, i64>>,
    wants_groups: bool,
}

/// A sign-in that begins.
pub(super) struct Beginning {
    /// Where the browser goes.
    pub(super) url: String,
    /// What it keeps meanwhile.
    pub(super) cookie: String,
}

/// What a browser comes back with.
#[derive(Debug, Deserialize)]
pub(super) struct Back {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Somebody has signed in.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub(super) newcomer: Newcomer,
    pub(super) return_to: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

impl Oidc {
    pub(super) fn new(
        settings: &OidcSettings,
        origin: &str,
        wants_groups: bool,
        env: &BTreeMap<String, String>,
        clock: Clock,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Oidc, String> {
        Ok(Oidc {
            client: Client::new(&settings.client, env)?,
            provider: Provider::new(&settings.issuer, fetch, clock.clone()),
            settings: settings.clone(),
            clock,
            seal: Seal::new(),
            redirect_uri: format!("{origin}/auth/callback"),
            after_sign_out: format!("{origin}/auth/signed-out"),
            used: Mutex::default(),
            wants_groups,
        })
    }

    /// Who says who people are.
    pub(super) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Sends somebody to the provider.
    pub(super) async fn begin(&self, return_to: String) -> Result<Beginning, Problem> {
        let described = self.described().await?;
        let begun = Begun {
            state: secrets::fresh(),
            nonce: secrets::fresh(),
            verifier: secrets::fresh(),
            return_to,
            at_ms: self.clock.now_ms(),
        };
        let mut scope = vec!["openid"];
        scope.extend(self.settings.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
        let mut asked = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client.id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("scope", scope.join(" ")),
            ("state", begun.state.clone()),
            ("nonce", begun.nonce.clone()),
            // S256 of RFC 7636, section 4.2.
            ("code_challenge", jwt::hash(&begun.verifier)),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if let Some(seconds) = self.settings.max_age {
            asked.push(("max_age", seconds.to_string()));
        }
        if !self.settings.acr.is_empty() {
            asked.push(("acr_values", self.settings.acr.join(" ")));
        }
        let cookie = self.seal.close(&begun);
        let cookie = cookie
            .ok_or_else(|| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the sign-in can't be sealed"))?;
        Ok(Beginning { url: with_query(&described.authorization, &asked), cookie })
    }

    /// Who has come back from the provider, if everything fits together.
    pub(super) async fn finish(&self, cookie: Option<&str>, back: Back) -> Result<SignedIn, Problem> {
        let begun = self.begun(cookie, &back)?;
        let described = self.described().await?;
        self.check_origin(&described, &back)?;
        if let Some(error) = &back.error {
            return Err(declined(error));
        }
        let code =
            back.code.ok_or_else(|| Problem::request("the provider sent nobody back: there is no code"))?;
        let tokens = self.redeem(&described, &code, &begun).await?;
        let newcomer = self.newcomer(&described, tokens, &begun).await?;
        Ok(SignedIn { newcomer, return_to: begun.return_to })
    }

    /// The sign-in that this browser has begun: each is finished once.
    fn begun(&self, cookie: Option<&str>, back: &Back) -> Result<Begun, Problem> {
        let unknown = "this sign-in was not begun in this browser, or too long ago: sign in again";
        let begun = cookie.and_then(|text| self.seal.open(text)).ok_or_else(|| Problem::request(unknown))?;
        let now = self.clock.now_ms();
        let until = begun.at_ms + LASTS * 1000;
        let given = back.state.as_deref().unwrap_or_default();
        if now >= until || !secrets::are_same(given, &begun.state) {
            return Err(Problem::request(unknown));
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| now < *until);
        if used.insert(begun.state.clone(), until).is_some() {
            return Err(Problem::request("this sign-in is over: sign in again"));
        }
        Ok(begun)
    }

    /// An answer of another provider must not be taken for one of this (RFC 9207).
    fn check_origin(&self, described: &Described, back: &Back) -> Result<(), Problem> {
        match back.iss.as_deref() {
            Some(issuer) if issuer == self.settings.issuer => Ok(()),
            None if !described.names_itself => Ok(()),
            _ => Err(Problem::request(
                "another provider than the one that was asked has answered: sign in again",
            )),
        }
    }

    async fn redeem(&self, described: &Described, code: &str, begun: &Begun) -> Result<Tokens, Problem> {
        let unreachable = |why: String| unavailable(&format!("the provider's tokens can't be had: {why}"));
        let url = &described.token;
        let (headers, mut form) = self.client.prove(url, self.clock.now_ms()).map_err(unreachable)?;
        form.push(("grant_type", "authorization_code".to_owned()));
        form.push(("code", code.to_owned()));
        form.push(("redirect_uri", self.redirect_uri.clone()));
        form.push(("code_verifier", begun.verifier.clone()));
        let answer = post(&*self.provider.fetch, url, headers, &form).await.map_err(unreachable)?;
        if answer.status.is_client_error() && answer.status != StatusCode::TOO_MANY_REQUESTS {
            return Err(refused(answer.body.as_ref()));
        }
        let body = answer.good().map_err(unreachable)?;
        serde_json::from_value(body).map_err(|_| unavailable("the provider's answer holds no tokens"))
    }

    async fn newcomer(
        &self,
        described: &Described,
        tokens: Tokens,
        begun: &Begun,
    ) -> Result<Newcomer, Problem> {
        let id_token = tokens.id_token.ok_or_else(|| {
            unavailable("the provider gave no ID token: the service's app must be one of OpenID Connect")
        })?;
        let mut claims = described.keys.genuine(&id_token).await.map_err(doubted)?;
        let asked = Asked {
            issuer: &self.settings.issuer,
            client: &self.client.id,
            nonce: &begun.nonce,
            access_token: tokens.access_token.as_deref(),
            max_age: self.settings.max_age,
            acr: &self.settings.acr,
            skew: self.settings.skew,
            now: self.clock.now_ms().div_euclid(1000),
        };
        id_token::check(&claims, &asked).map_err(doubted)?;
        if self.is_thin(&claims) {
            self.thicken(described, tokens.access_token.as_deref(), &mut claims).await?;
        }
        Ok(self.read(&claims, id_token))
    }

    /// Whether an ID token lacks what userinfo may have.
    fn is_thin(&self, claims: &Claims) -> bool {
        let lacks = |name: &str| claims.0.get(name).is_none();
        (self.wants_groups && lacks(&self.settings.groups))
            || ["name", "preferred_username", "email"].into_iter().all(lacks)
    }

    /// Adds what userinfo says to what the ID token does not; never the other way round.
    async fn thicken(
        &self,
        described: &Described,
        access_token: Option<&str>,
        claims: &mut Claims,
    ) -> Result<(), Problem> {
        let (Some(url), Some(token)) = (&described.userinfo, access_token) else { return Ok(()) };
        let header = format!("Bearer {token}");
        let told = async { get(&*self.provider.fetch, url, Some(&header)).await?.good() };
        let told =
            told.await.map_err(|why| unavailable(&format!("the provider's userinfo can't be had: {why}")))?;
        // Whom it speaks of must be who has signed in (OpenID Connect Core 1.0, 5.3.2).
        if claims.text("sub").is_none() || told["sub"].as_str() != claims.text("sub") {
            return Err(doubted(Flaw::bad("the provider's userinfo speaks of somebody else")));
        }
        if let (Value::Object(own), Value::Object(told)) = (&mut claims.0, told) {
            for (name, value) in told {
                own.entry(name).or_insert(value);
            }
        }
        Ok(())
    }

    fn read(&self, claims: &Claims, id_token: String) -> Newcomer {
        let named = |names: &[&str]| names.iter().find_map(|name| claims.text(name)).map(shown);
        let groups = claims.texts(&self.settings.groups).into_iter().take(MOST_GROUPS);
        Newcomer {
            by: self.settings.issuer.clone(),
            id: claims.text("sub").unwrap_or_default().to_owned(),
            name: named(&["name", "preferred_username", "email", "sub"]).unwrap_or_default(),
            email: named(&["email"]),
            groups: groups.map(str::to_owned).collect(),
            sid: claims.text("sid").map(str::to_owned),
            id_token: Some(id_token),
        }
    }

    /// Where a browser ends the session at the provider too, if that is possible.
    pub(super) fn sign_out(&self, id_token: Option<&str>) -> Option<String> {
        let (_, described) = self.provider.last()?;
        let url = described.end_session.as_ref()?;
        let asked = [
            ("id_token_hint", id_token?.to_owned()),
            ("post_logout_redirect_uri", self.after_sign_out.clone()),
        ];
        Some(with_query(url, &asked))
    }

    async fn described(&self) -> Result<Arc<Described>, Problem> {
        self.provider
            .described()
            .await
            .map_err(|why| unavailable(&format!("the provider can't be reached: {why}")))
    }
}

fn with_query(url: &str, asked: &[(&str, String)]) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{}", query(asked.iter().map(|(name, value)| (name, value))))
}

/// A text as people see it: on one line, and not without end.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect()
}

fn unavailable(why: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).again_after(5)
}

fn doubted(flaw: Flaw) -> Problem {
    match flaw {
        Flaw::Bad(why) => Problem::forbidden(&format!("the provider's answer does not count: {why}")),
        Flaw::Unknown(why) => unavailable(&why),
    }
}

/// What the provider said instead of sending somebody back. Only its codes are quoted: texts come from the address bar.
fn declined(error: &str) -> Problem {
    let (status, detail) = match error {
        "access_denied" => (
            StatusCode::FORBIDDEN,
            "the provider says that you may not sign in here: ask to be assigned to the app of this service",
        ),
        "unmet_authentication_requirements" => (
            StatusCode::FORBIDDEN,
            "you can't sign in as strongly as this service demands: enrol another factor",
        ),
        "login_required" | "interaction_required" | "consent_required" => {
            (StatusCode::FORBIDDEN, "the provider wants to ask you something: sign in again")
        }
        "temporarily_unavailable" | "server_error" => {
            return unavailable("the provider has a fault: sign in again in a moment");
        }
        "invalid_scope" => (
            StatusCode::BAD_GATEWAY,
            "the provider does not know a scope that is asked for: look at `scopes`, and whether the app may have them",
        ),
        _ => (StatusCode::BAD_GATEWAY, "the provider refused the sign-in: its log says why"),
    };
    Problem::new(status, detail)
}

/// What the token endpoint said instead of giving tokens.
fn refused(body: Option<&Value>) -> Problem {
    match body.and_then(|body| body["error"].as_str()) {
        Some("invalid_grant") => {
            Problem::request("the provider takes this sign-in's code no more: sign in again")
        }
        Some("invalid_client") => Problem::new(
            StatusCode::BAD_GATEWAY,
            "the provider does not know this service: look at the client's `id`, its `auth` and its secret",
        ),
        Some("access_denied") => Problem::new(
            StatusCode::BAD_GATEWAY,
            "the provider takes no requests from this service's address: look at the network zones of its app",
        ),
        _ => Problem::new(StatusCode::BAD_GATEWAY, "the provider gave no tokens: its log says why"),
    }
}
