//! What a token says of itself, and what every token must keep to.

use std::fmt;

use serde_json::Value;

/// Why a token does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The token is not good, and another try with it will end alike.
    Bad(String),
    /// Nobody could be asked whether it is good.
    Unknown(String),
}

impl Flaw {
    pub(crate) fn bad(why: impl Into<String>) -> Flaw {
        Flaw::Bad(why.into())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Bad(why) | Flaw::Unknown(why) => f.write_str(why),
        }
    }
}

/// The claims of a token.
#[derive(Clone, Debug)]
pub(crate) struct Claims(pub(crate) Value);

/// No claim is longer than this: names, scopes and groups are far shorter.
const LONGEST: usize = 4_096;

impl Claims {
    /// A claim that is a text, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0[name].as_str().filter(|text| !text.is_empty() && text.len() <= LONGEST)
    }

    /// A claim that is a list of texts, or one text; all else is empty.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        match &self.0[name] {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is a list of words, or a text of words.
    pub(crate) fn words(&self, name: &str) -> Vec<&str> {
        self.texts(name).into_iter().flat_map(str::split_whitespace).collect()
    }

    /// A claim that is a date, in seconds since 1970.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<i64>, Flaw> {
        match &self.0[name] {
            Value::Null => Ok(None),
            // What is too large for an integer is a date that never comes; casting makes it the largest.
            Value::Number(seconds) => Ok(seconds.as_f64().map(|seconds| seconds as i64)),
            _ => Err(Flaw::bad(format!("the token's `{name}` isn't a number"))),
        }
    }

    /// Whether the token holds now, give or take `skew` seconds that two clocks may be apart. It must say when it ends.
    pub(crate) fn hold_now(&self, now: i64, skew: i64) -> Result<(), Flaw> {
        let Some(ends) = self.seconds("exp")? else {
            return Err(Flaw::bad("the token does not say when it ends"));
        };
        if ends.saturating_add(skew) <= now {
            return Err(Flaw::bad("the token has ended"));
        }
        for (name, what) in [("nbf", "does not hold yet"), ("iat", "was made in the future")] {
            if self.seconds(name)?.is_some_and(|begins| begins > now.saturating_add(skew)) {
                return Err(Flaw::bad(format!("the token {what}: look at the clocks of both machines")));
            }
        }
        Ok(())
    }

    /// Whether the token was made by `issuer`, to the letter.
    pub(crate) fn are_from(&self, issuer: &str) -> Result<(), Flaw> {
        if self.text("iss") == Some(issuer) {
            return Ok(());
        }
        Err(Flaw::bad(format!("expected a token from {issuer}, found {}", self.shown("iss"))))
    }

    /// Whether the token is for `audience`, perhaps among others.
    pub(crate) fn are_for(&self, audience: &str) -> Result<(), Flaw> {
        if self.texts("aud").contains(&audience) {
            return Ok(());
        }
        Err(Flaw::bad(format!("expected a token for {audience}, found {}", self.shown("aud"))))
    }

    /// A claim as a message may quote it: whoever wrote it may not write the message.
    fn shown(&self, name: &str) -> String {
        let texts = self.texts(name).join(", ");
        if texts.is_empty() {
            return "none".to_owned();
        }
        let plain = |letter: &char| letter.is_ascii_graphic() && !"\"\\<>".contains(*letter);
        texts.chars().filter(|letter| *letter == ' ' || plain(letter)).take(100).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_are_kept_to() {
        // RFC 7519, 4.1.4: on or after `exp` a token must not be accepted; 4.1.5: not before `nbf`.
        let table = [
            (json!({ "exp": 1001 }), 0, true),
            (json!({ "exp": 1000 }), 0, false),
            (json!({ "exp": 1000 }), 1, true),
            (json!({ "exp": 1000.5 }), 0, false),
            (json!({ "exp": 1e300 }), 0, true),
            (json!({ "exp": "1001" }), 0, false),
            (json!({}), 0, false),
            (json!({ "exp": 2000, "nbf": 1000, "iat": 1000 }), 0, true),
            (json!({ "exp": 2000, "nbf": 1001 }), 0, false),
            (json!({ "exp": 2000, "nbf": 1001 }), 1, true),
            (json!({ "exp": 2000, "iat": 1301 }), 300, false),
        ];
        for (claims, skew, good) in table {
            assert_eq!(Claims(claims.clone()).hold_now(1000, skew).is_ok(), good, "{claims} {skew}");
        }
    }

    #[test]
    fn a_message_quotes_no_more_than_plain_text() {
        let claims = Claims(json!({ "iss": format!("https://evil\"\r\nX: 1<b>{}", "x".repeat(200)) }));
        let message = claims.are_from("https://acme.example").unwrap_err().to_string();
        assert!(message.starts_with("expected a token from https://acme.example, found https://evilX: 1bxx"));
        assert!(message.len() < 160 && !message.contains(['"', '\n', '<']), "{message}");
        assert!(Claims(json!({ "iss": ["https://acme.example"] })).are_from("https://acme.example").is_err());
    }
}
