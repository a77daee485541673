//! What an ID token must say before somebody is who it says they are (OpenID Connect Core 1.0, 3.1.3.7).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::bearer::{Claims, Flaw};

/// What was asked for, and so must be there.
pub(super) struct Asked<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// The access token that came along.
    pub(super) access_token: Option<&'a str>,
    pub(super) max_age: Option<i64>,
    pub(super) acr: &'a [String],
    pub(super) skew: i64,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// How long ago an ID token may have been made that comes fresh from the provider, in seconds.
const OLDEST: i64 = 600;

/// An ID has at most so many letters (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// Holds the claims of a genuine ID token against what was asked for.
pub(super) fn check(claims: &Claims, asked: &Asked<'_>) -> Result<(), Flaw> {
    claims.are_from(asked.issuer)?;
    claims.are_for(asked.client)?;
    check_party(claims, asked.client)?;
    claims.hold_now(asked.now, asked.skew)?;
    match claims.seconds("iat")? {
        None => return Err(Flaw::bad("the ID token does not say when it was made")),
        Some(made) if made < asked.now - OLDEST - asked.skew => {
            return Err(Flaw::bad("the ID token was made too long ago"));
        }
        Some(_) => {}
    }
    if claims.text("nonce") != Some(asked.nonce) {
        return Err(Flaw::bad(
            "the ID token belongs to another sign-in: its nonce is not the one that was asked for",
        ));
    }
    match claims.text("sub") {
        Some(subject) if subject.len() <= LONGEST_SUBJECT => {}
        _ => return Err(Flaw::bad("the ID token does not say of whom it speaks")),
    }
    check_access_token(claims, asked.access_token)?;
    check_strength(claims, asked)
}

/// A token for several must say who asked for it, and whoever is named must be this client.
fn check_party(claims: &Claims, client: &str) -> Result<(), Flaw> {
    let several = claims.texts("aud").len() > 1;
    match claims.text("azp") {
        Some(party) if party == client => Ok(()),
        None if !several && claims.0.get("azp").is_none() => Ok(()),
        _ => Err(Flaw::bad("the ID token was made for another client: its `azp`")),
    }
}

fn check_access_token(claims: &Claims, access_token: Option<&str>) -> Result<(), Flaw> {
    let (Some(said), Some(token)) = (claims.0.get("at_hash"), access_token) else { return Ok(()) };
    // The left half of the hash by which the token is signed: RS256, so SHA-256.
    let hash = digest(&SHA256, token.as_bytes());
    if said.as_str() == Some(&URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])) {
        return Ok(());
    }
    Err(Flaw::bad("the access token is not the one that belongs to the ID token: its `at_hash`"))
}

/// Providers ignore what they can't do, so that what was demanded must be looked for.
fn check_strength(claims: &Claims, asked: &Asked<'_>) -> Result<(), Flaw> {
    if let Some(most) = asked.max_age {
        let Some(at) = claims.seconds("auth_time")? else {
            return Err(Flaw::bad("the ID token does not say when its person signed in: its `auth_time`"));
        };
        if asked.now - at > most.saturating_add(asked.skew) {
            return Err(Flaw::bad("its person signed in at the provider too long ago"));
        }
    }
    if asked.acr.is_empty() || asked.acr.iter().any(|acr| claims.text("acr") == Some(acr)) {
        return Ok(());
    }
    Err(Flaw::bad("its person has not signed in as strongly as this service demands: its `acr`"))
}
