use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Secret, Text, Value, parse_json};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::jwt::sign_with;
use flowrun_kit::jwt_keys::Signer;
use secrecy::{ExposeSecret, SecretString};

use crate::claims::Claims;
use crate::{Crypto, algorithms};

/// Makes a JWT and signs it.
///
/// Each field that is not named below is a claim under its name. The token is a secret, since whoever has it may do what
/// it allows: put it into a header, `Authorization: "Bearer {{ sign.token }}"`, or into a text that is a request's whole
/// body. Its claims are not: anyone who has it can read them. Time is the run's.
#[derive(Inputs)]
pub(crate) struct Sign {
    /// The key, from a variable of type secret; the examples show one in its place. For HS256, HS384 and HS512 the text that both sides share, or a JWK of type
    /// `oct`; for the others a private key in PEM, or as a JWK.
    key: Secret,
    /// How to sign.
    #[input(choices = algorithms::NAMES)]
    algorithm: Text,
    /// Claims as an object, for names that this card uses itself and for those that are known only in the run. Okta's
    /// card has no such input.
    payload: Option<Record>,
    /// For whom it is, `aud`: a text, or a list of texts.
    audience: Value,
    /// Who made it, `iss`.
    issuer: Option<Text>,
    /// Of whom it speaks, `sub`.
    subject: Option<Text>,
    /// What tells it from all others, `jti`.
    jwtid: Option<Text>,
    /// What to add to its header, such as `{ kid: my-key }`: an object, or a text of JSON. `typ` is JWT unless it says
    /// otherwise.
    header: Value,
    /// Whether to leave out when it was made, `iat`.
    #[input(key = "noTimestamp", default = false)]
    no_timestamp: bool,
    /// How long it is good: seconds, or a number with a unit such as `10 minutes` or `7d`. Blank is 600, unless there is a
    /// claim `exp`; `never` makes a token that does not end.
    #[input(key = "expiresIn")]
    expires_in: Option<Text>,
    /// After what time it begins to be good, written as in `expires_in`; blank is at once.
    #[input(key = "notBefore")]
    not_before: Option<Text>,
    /// Claims.
    #[input(rest)]
    claims: Record,
}

/// The token.
#[derive(Outputs)]
pub(crate) struct Signed {
    /// The token.
    token: Secret,
}

impl Effect for Sign {
    const ID: &str = "jwt.sign";
    const EXPORTED_AS: &[&str] = &["kernel:jwt:sign"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- card: jwt.sign
  with: { key: s3cret, algorithm: HS256, subject: ada@example.com, expires_in: 10 minutes, role: admin }"#
            => ok r#"{ token: "••••••" }"#,
        r#"- { card: jwt.sign, with: { key: s3cret, algorithm: RS256 } }"# => err "the private key is neither PEM",
        r#"- { card: jwt.sign, with: { key: s3cret, algorithm: HS256, issuer: hr, iss: hr } }"#
            => err "the claim `iss` is given twice",
        r#"- { card: jwt.sign, with: { key: s3cret, algorithm: HS256, expires_in: soon } }"#
            => err "expected a duration, found",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = Duration::from_secs(10);
    type Connection = Crypto;
    type Out = Signed;

    async fn run(self, crypto: &Crypto) -> Result<Signed> {
        let algorithm = algorithms::asked(&self.algorithm, Self::ALGORITHM)?;
        let signer = Signer::read(&SecretString::from(self.key.expose()), algorithm)
            .map_err(|fault| fault.of_kind(FaultKind::InvalidInput).at(Self::KEY))?;
        let header = header(self.header, algorithm.name())?;
        let mut claims = Claims::of(self.payload, self.claims)?;
        let issued = claims.issue(crypto.clock.now_ms(), self.no_timestamp)?;
        claims.end(issued, self.expires_in.as_ref()).map_err(|fault| fault.at(Self::EXPIRES_IN))?;
        claims.begin(issued, self.not_before.as_ref()).map_err(|fault| fault.at(Self::NOT_BEFORE))?;
        claims.add("aud", audience(self.audience)?)?;
        for (name, text) in [("iss", self.issuer), ("sub", self.subject), ("jti", self.jwtid)] {
            claims.add(name, text.map_or(Value::Null, Value::Text))?;
        }
        let token = sign_with(&signer, &json(&header)?, &json(&claims.into_value())?)?;
        Ok(Signed { token: Secret::new(token.expose_secret()) })
    }
}

fn audience(given: Value) -> Result<Value> {
    match &given {
        Value::Null | Value::Text(_) => Ok(given),
        Value::List(items) if items.iter().all(|item| matches!(item, Value::Text(_))) => Ok(given),
        other => bail!(Sign::AUDIENCE, "expected a text or a list of texts, found {}", other.kind()),
    }
}

/// The header, but for the algorithm, which only the input of that name decides.
fn header(given: Value, algorithm: &str) -> Result<Value> {
    let given = match given {
        Value::Null => Record::default(),
        Value::Object(members) => Arc::unwrap_or_clone(members),
        Value::Text(text) => match parse_json(&text) {
            Ok(Value::Object(members)) => Arc::unwrap_or_clone(members),
            _ => bail!(Sign::HEADER, "the header is not a JSON object"),
        },
        other => bail!(Sign::HEADER, "expected an object, or a text of JSON, found {}", other.kind()),
    };
    if given.values().any(Value::holds_secret) {
        bail!(Sign::HEADER, "the header holds a secret, which whoever has the token could read");
    }
    match given.get("alg") {
        None => {}
        Some(Value::Text(named)) if **named == *algorithm => {}
        Some(_) => bail!(Sign::HEADER, "the header's `alg` is not {algorithm}, as asked for"),
    }
    let mut header = Record::default();
    header.insert("typ".into(), Value::from("JWT"));
    header.extend(given);
    Ok(Value::from(header))
}

fn json(value: &Value) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("a value can't be written as JSON: {error}"))
    })
}
