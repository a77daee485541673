use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowrun_core::value::{Secret, parse_json};

use crate::prelude::*;

/// Shows what a JWT says, without asking whether it is genuine.
///
/// Nothing is checked: neither who signed it nor whether it has expired, so anyone may have written what comes
/// out. Take it to look at a token, never to decide what its bearer may do: that is what JWT Verify is for.
/// Times in it are seconds since 1970. The parts are base64url, as `encryption.convert_encoding` reads it.
#[derive(Inputs)]
pub struct Decode {
    /// The token: three parts with dots between them. `Bearer` in front is dropped.
    token: Secret,
}

/// What it says.
#[derive(Outputs)]
pub struct Decoded {
    /// The header, which tells how it is signed.
    header: Record,
    /// The claims.
    payload: Record,
}

impl Pure for Decode {
    const ID: &str = "jwt.decode";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIiwiZXhwIjoxNDczMjA2NDg1fQ.c2lnbmVk }"#
            => ok r#"{ header: { alg: HS256 }, payload: { sub: jane, exp: 1473206485 } }"#,
        r#"{ token: "Bearer eyJhbGciOiJub25lIn0.e30." }"# => ok r#"{ header: { alg: none }, payload: {} }"#,
        r#"{ token: "eyJhbGciOiJub25lIn0.e30" }"# => err "expected a JWT of three parts, found 2",
        r#"{ token: "a.b.c" }"# => err "the header of the JWT is not base64url",
        r#"{ token: "eyJhbGciOiJub25lIn0.MQ." }"# => err "the claims of the JWT are not a JSON object",
    };
    type Out = Decoded;

    fn run(self, _: &Cx<'_>) -> Result<Decoded> {
        let token = self.token.expose().trim();
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, _] = parts[..] else {
            return Err(wrong(format!("expected a JWT of three parts, found {}", parts.len())));
        };
        Ok(Decoded {
            header: object(header, "the header of the JWT is")?,
            payload: object(payload, "the claims of the JWT are")?,
        })
    }
}

/// Messages quote nothing of a token, for it opens doors.
fn wrong(message: String) -> Fault {
    Fault::new(FaultKind::Parse, message).at(Decode::TOKEN)
}

fn object(part: &str, what: &str) -> Result<Record> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| wrong(format!("{what} not base64url")))?;
    let json = str::from_utf8(&bytes).ok().and_then(|text| parse_json(text).ok());
    match json {
        Some(Value::Object(members)) => Ok(Arc::unwrap_or_clone(members)),
        _ => Err(wrong(format!("{what} not a JSON object"))),
    }
}
