//! Who may call the simulated org, and for what.

use super::dpop::{self, Unproven};
use super::error::ApiError;
use super::paging::origin;
use super::tokens::Issued;
use super::{OktaSim, organization, scopes, token};
use crate::scope::covers;
use axum::http::header;
use axum::http::request::Parts;

/// Lets a request pass that carries the org's API token, or an access token that is good for it.
pub fn authorize(sim: &OktaSim, parts: &Parts) -> Result<(), ApiError> {
    if matches!(parts.uri.path().trim_end_matches('/'), token::PATH | organization::PATH) {
        return Ok(());
    }
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.ok_or_else(ApiError::bad_token)?;
    // PyPI okta 3.4 sends no space, and is used with real orgs.
    if given.strip_prefix("SSWS").is_some_and(|secret| secret.trim() == sim.token()) {
        return Ok(());
    }
    match given.split_once(' ') {
        Some((scheme @ ("Bearer" | "DPoP"), secret)) => by_access_token(sim, parts, scheme, secret.trim()),
        _ => Err(ApiError::bad_token()),
    }
}

fn by_access_token(sim: &OktaSim, parts: &Parts, scheme: &str, secret: &str) -> Result<(), ApiError> {
    let needed = scopes::needed(parts);
    let challenge = Challenge { parts, scheme, scope: needed.join(" ") };
    let invalid =
        || ApiError::bad_token().challenging(challenge.text("invalid_token", "The access token is invalid."));
    let issued = sim.tokens().find(secret, sim.now_ms()).ok_or_else(invalid)?;
    match (scheme, &issued.bound_to) {
        ("Bearer", None) => {}
        ("DPoP", Some(thumbprint)) => {
            let proven = dpop::check(sim, parts, Some(secret)).map_err(|why| unproven(&challenge, &why))?;
            if proven != *thumbprint {
                return Err(unproven(
                    &challenge,
                    &Unproven::Wrong("The access token is bound to another key."),
                ));
            }
        }
        // Bound tokens are worth nothing without a proof, and proofs nothing without a bound token.
        _ => return Err(invalid()),
    }
    if !needed.iter().all(|needed| is_scoped(&issued, needed)) {
        let why = "The access token provided does not contain the required scopes.";
        return Err(ApiError::forbidden().challenging(challenge.text("insufficient_scope", why)));
    }
    if sim.app(&issued.client_id).is_some_and(|app| app.admin) { Ok(()) } else { Err(ApiError::forbidden()) }
}

fn is_scoped(issued: &Issued, needed: &str) -> bool {
    issued.scopes.iter().any(|scope| covers(scope, needed))
}

/// How Okta refuses a proof: 400, recorded with its header in github.com/okta/terraform-provider-okta/issues/2392; the texts are of
/// its catalogue (oauth2-error-codes). The body isn't recorded: a guess.
fn unproven(challenge: &Challenge<'_>, why: &Unproven) -> ApiError {
    let (error, why) = match why {
        Unproven::Wrong(why) => ("invalid_dpop_proof", *why),
        Unproven::Missing | Unproven::Nonce => {
            ("invalid_request", "The resource request requires a DPoP proof.")
        }
    };
    ApiError::unproven(error, why).challenging(challenge.text(error, why))
}

/// The algorithms of proofs that Okta takes, as it names them in every challenge.
const ALGORITHMS: &str = "algs=\"RS256 RS384 RS512 ES256 ES384 ES512\", ";

/// What `WWW-Authenticate` says, in the form recorded for Bearer tokens that lack a scope.
struct Challenge<'a> {
    parts: &'a Parts,
    scheme: &'a str,
    scope: String,
}

impl Challenge<'_> {
    fn text(&self, error: &str, description: &str) -> String {
        let (scheme, scope, org, path) =
            (self.scheme, &self.scope, origin(self.parts), self.parts.uri.path());
        let algorithms = if scheme == "DPoP" { ALGORITHMS } else { "" };
        format!(
            "{scheme} {algorithms}authorization_uri=\"{org}/oauth2/v1/authorize\", realm=\"{org}\", scope=\"{scope}\", \
             error=\"{error}\", error_description=\"{description}\", resource=\"{path}\""
        )
    }
}
