use std::sync::Arc;

use flowrun_core::card::{Cx, Example, Pure};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Date, Record, Secret, Text, Value, parse_json};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::jwt::Unverified;
use flowrun_kit::jwt_keys::Verifier;
use secrecy::SecretString;

use crate::algorithms;

/// Finds out whether a JWT is genuine and holds now, and gives its claims.
///
/// It fails if not, and says why. The token must be signed by the algorithm asked for, whatever it says of itself. It must
/// have begun and not have ended, where it has claims of that, by the run's time. What is left blank is not checked: a
/// service that takes tokens should give `audience` and `issuer`. Further outputs under `outputs` are claims by their
/// names. To look into a token without a key use `jwt.decode`.
#[derive(Inputs)]
pub(crate) struct Verify {
    /// The token: three parts with dots between them. `Bearer` in front is dropped.
    token: Secret,
    /// The key. For HS256, HS384 and HS512 the text that both sides share, or a JWK of type `oct`; for the others a public
    /// key in PEM, a certificate, or a JWK. Of a certificate only the key counts, not how long it is good.
    key: Secret,
    /// How it must be signed.
    #[input(choices = algorithms::NAMES)]
    algorithm: Text,
    /// For whom it must be, `aud`: one of these is enough.
    audience: Option<Vec<Text>>,
    /// Who must have made it, `iss`: one of these.
    issuer: Option<Vec<Text>>,
    /// Of whom it must speak, `sub`.
    subject: Option<Text>,
    /// Whether it may have ended.
    #[input(key = "ignoreExpiration", default = false)]
    ignore_expiration: bool,
}

/// What it says.
#[derive(Outputs)]
pub(crate) struct Verified {
    /// All claims. Okta's card has no such output.
    payload: Record,
    /// Claims, by their names.
    #[output(rest)]
    claims: Record,
}

impl Pure for Verify {
    const ID: &str = "jwt.verify";
    const EXPORTED_AS: &[&str] = &["kernel:jwt:verify"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJhdWQiOiJociIsImV4cCI6MTQ3MzIwNzAwMH0.Br4XWsYETKbZnn_o19utLo3vn9BUdClAmcuhklQ3e-U, key: s3cret, algorithm: HS256, audience: hr }"#
            => ok r#"{ payload: { sub: ada, aud: hr, exp: 1473207000 } }"#,
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJhdWQiOiJociIsImV4cCI6MTQ3MzIwNzAwMH0.Br4XWsYETKbZnn_o19utLo3vn9BUdClAmcuhklQ3e-U, key: s3cret, algorithm: HS256, audience: it }"#
            => err "expected a token for \"it\", found \"hr\" as its `aud`",
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE0NzMyMDYwMDB9.PzFMgHcZwv7ktDJe-pvjWeyjm7r86fOJo40xXYgBiJc, key: s3cret, algorithm: HS256 }"#
            => err "the token ended at 2016-09-06T23:53:20.000Z",
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE0NzMyMDYwMDB9.PzFMgHcZwv7ktDJe-pvjWeyjm7r86fOJo40xXYgBiJc, key: s3cret, algorithm: HS256, ignore_expiration: true }"#
            => ok r#"{ payload: { sub: ada, exp: 1473206000 } }"#,
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJhdWQiOiJociIsImV4cCI6MTQ3MzIwNzAwMH0.Br4XWsYETKbZnn_o19utLo3vn9BUdClAmcuhklQ3e-U, key: another, algorithm: HS256 }"#
            => err "the token's signature is not that of this key",
        r#"{ token: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJhdWQiOiJociIsImV4cCI6MTQ3MzIwNzAwMH0.Br4XWsYETKbZnn_o19utLo3vn9BUdClAmcuhklQ3e-U, key: s3cret, algorithm: HS512 }"#
            => err "the token is signed by HS256, not by HS512",
        r#"{ token: a.b, key: s3cret, algorithm: HS256 }"# => err "the token isn't a JWT",
    };
    type Out = Verified;

    fn run(self, cx: &Cx<'_>) -> Result<Verified> {
        let algorithm = algorithms::asked(&self.algorithm, Self::ALGORITHM)?;
        let key = SecretString::from(self.key.expose());
        let verifier = Verifier::read(&key, algorithm)
            .map_err(|fault| fault.of_kind(FaultKind::InvalidInput).at(Self::KEY))?;
        let claims = self.genuine(algorithm, &verifier)?;
        self.check_times(&claims, cx.now_ms)?;
        self.check_names(&claims)?;
        Ok(Verified { payload: claims.clone(), claims })
    }
}

impl Verify {
    /// The claims of the token, if its signature is that of the key.
    fn genuine(&self, algorithm: Algorithm, verifier: &Verifier) -> Result<Record> {
        let token = self.token.expose().trim();
        let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
        let unread =
            || Fault::new(FaultKind::Parse, "the token isn't a JWT: three parts in base64url").at(Self::TOKEN);
        let jwt = Unverified::parse(token).ok_or_else(unread)?;
        if jwt.algorithm() != Some(algorithm) {
            let said = jwt.algorithm().map_or("another algorithm", Algorithm::name);
            return Err(wrong(format!("the token is signed by {said}, not by {}", algorithm.name())).help(
                "ask for the algorithm that its maker states; what the token says of itself proves nothing",
            ));
        }
        if !jwt.is_signed_for(verifier) {
            return Err(wrong("the token's signature is not that of this key")
                .help("it was signed with another key, or somebody changed it: give the key of its maker"));
        }
        // Extensions that must be understood (RFC 7515): there is none that would be.
        if jwt.header.get("crit").is_some() {
            return Err(wrong(
                "the token's header asks for an extension, under `crit`, that is not known here",
            ));
        }
        match parse_json(&jwt.claims.to_string()) {
            Ok(Value::Object(claims)) => Ok(Arc::unwrap_or_clone(claims)),
            _ => Err(unread()),
        }
    }

    fn check_times(&self, claims: &Record, now_ms: i64) -> Result<()> {
        if let Some(begins) = millis(claims, "nbf")?
            && begins > now_ms as f64
        {
            return Err(wrong(format!("the token is not good before {}", date(begins))));
        }
        if let Some(ends) = millis(claims, "exp")?
            && ends <= now_ms as f64
            && !self.ignore_expiration
        {
            return Err(wrong(format!("the token ended at {}", date(ends))));
        }
        Ok(())
    }

    fn check_names(&self, claims: &Record) -> Result<()> {
        let is = |claim: &str, wanted: &Text| claims.get(claim) == Some(&Value::Text(wanted.clone()));
        let holds = |wanted: &Text| match claims.get("aud") {
            Some(Value::List(items)) => items.contains(&Value::Text(wanted.clone())),
            _ => is("aud", wanted),
        };
        if let Some(wanted) = &self.audience
            && !wanted.iter().any(holds)
        {
            return Err(other("aud", "for", wanted, claims));
        }
        if let Some(wanted) = &self.issuer
            && !wanted.iter().any(|wanted| is("iss", wanted))
        {
            return Err(other("iss", "from", wanted, claims));
        }
        if let Some(wanted) = &self.subject
            && !is("sub", wanted)
        {
            return Err(other("sub", "about", std::slice::from_ref(wanted), claims));
        }
        Ok(())
    }
}

/// The fault of a token; nothing of what it is signed by may be quoted.
fn wrong(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::InvalidInput, message).at(Verify::TOKEN)
}

/// The fault of a genuine token that is not for, from or about those who are wanted.
fn other(claim: &str, which: &str, wanted: &[Text], claims: &Record) -> Fault {
    let wanted = wanted.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
    let found = claims.get(claim).map_or_else(|| "none".to_owned(), Value::to_json);
    wrong(format!("expected a token {which} {wanted}, found {found} as its `{claim}`"))
}

/// A claim that holds seconds since 1970, in milliseconds.
fn millis(claims: &Record, name: &str) -> Result<Option<f64>> {
    match claims.get(name) {
        None => Ok(None),
        // To the microsecond, beyond which a double of today's date says nothing: a fraction must not end up beside its millisecond.
        Some(Value::Number(seconds)) => Ok(Some((seconds * 1e6).round() / 1e3)),
        // Too long for a double: in seconds, hundreds of millions of years away, before or after.
        Some(Value::Integer(whole)) => Ok(Some(whole.nearest() * 1000.0)),
        Some(other) => Err(wrong(format!("the token's `{name}` isn't a number, but {}", other.kind()))),
    }
}

fn date(ms: f64) -> String {
    Date::from_millis(ms as i64)
        .map_or_else(|| "a date that is too far away".to_owned(), |date| date.to_string())
}
