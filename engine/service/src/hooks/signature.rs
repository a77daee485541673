//! How senders of webhooks prove who they are.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::people::secrets::are_same;

/// So old may a signed time be, in seconds: what Slack and Stripe recommend.
const TOLERANCE_S: i64 = 300;

/// The form of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `X-Hub-Signature-256: sha256=…`, of the body.
    Github,
    /// `X-Slack-Signature: v0=…`, of the version, the time and the body.
    Slack,
    /// `Stripe-Signature: t=…,v1=…`, of the time and the body.
    Stripe,
    /// An HMAC-SHA256 of the body, in hexadecimal digits or Base64, in a header of the sender's.
    Hmac,
    /// A name and a password.
    Basic,
    /// A token.
    Token,
}

impl Form {
    /// The form of a word in a flow file.
    pub fn named(word: &str) -> Form {
        match word {
            "github" => Form::Github,
            "slack" => Form::Slack,
            "stripe" => Form::Stripe,
            "hmac" => Form::Hmac,
            "basic" => Form::Basic,
            _ => Form::Token,
        }
    }

    /// The header that holds the proof, where the flow names none.
    pub fn header(self) -> &'static str {
        match self {
            Form::Github => "x-hub-signature-256",
            Form::Slack => "x-slack-signature",
            Form::Stripe => "stripe-signature",
            Form::Hmac => "x-signature",
            Form::Basic | Form::Token => "authorization",
        }
    }

    /// Whether a request proves that its sender knows the secret. Takes the same time wherever a proof is wrong.
    pub fn proves(self, secret: &str, header: &str, headers: &HeaderMap, body: &[u8], now_s: i64) -> bool {
        let Some(given) = text(headers, header) else { return false };
        match self {
            Form::Github => given.strip_prefix("sha256=").is_some_and(|given| signs(secret, given, &[body])),
            Form::Hmac => {
                let given = given.strip_prefix("sha256=").unwrap_or(given);
                signs(secret, given, &[body])
            }
            Form::Slack => {
                let Some(time) = text(headers, "x-slack-request-timestamp") else { return false };
                let parts = [b"v0:", time.as_bytes(), b":", body];
                is_now(time, now_s)
                    && given.strip_prefix("v0=").is_some_and(|given| signs(secret, given, &parts))
            }
            Form::Stripe => stripe(secret, given, body, now_s),
            Form::Basic => {
                let given = given.strip_prefix("Basic ").and_then(|given| STANDARD.decode(given.trim()).ok());
                given
                    .and_then(|given| String::from_utf8(given).ok())
                    .is_some_and(|given| are_same(&given, secret))
            }
            Form::Token => {
                let bearer =
                    given.strip_prefix("Bearer ").filter(|_| header.eq_ignore_ascii_case("authorization"));
                are_same(bearer.unwrap_or(given), secret)
            }
        }
    }
}

/// Several signatures may stand there while a secret is being replaced; one of them must be right.
fn stripe(secret: &str, given: &str, body: &[u8], now_s: i64) -> bool {
    let pairs = || given.split(',').filter_map(|pair| pair.trim().split_once('='));
    let Some((_, time)) = pairs().find(|(key, _)| *key == "t") else { return false };
    let parts = [time.as_bytes(), b".", body];
    is_now(time, now_s) && pairs().any(|(key, given)| key == "v1" && signs(secret, given, &parts))
}

fn is_now(time: &str, now_s: i64) -> bool {
    time.parse::<i64>().is_ok_and(|time| now_s.saturating_sub(time).unsigned_abs() <= TOLERANCE_S as u64)
}

/// Whether `given`, in hexadecimal digits or Base64, is the HMAC-SHA256 of the parts.
fn signs(secret: &str, given: &str, parts: &[&[u8]]) -> bool {
    let Some(given) = unhex(given).or_else(|| STANDARD.decode(given).ok()) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &parts.concat(), &given).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    // docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    const GITHUB: (&str, &str, &str) = (
        "It's a Secret to Everybody",
        "Hello, World!",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    );
    // api.slack.com/authentication/verifying-requests-from-slack, the example there
    const SLACK: (&str, &str, &str, &str) = (
        "8f742231b10e8888abcd99yyyzzz85a5",
        "1531420618",
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar\
         &user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com\
         %2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    );
    // Stripe publishes no example with its secret: this is `openssl dgst -sha256 -hmac whsec_test` of `1700000000.{"id":"evt_1"}`.
    const STRIPE: (&str, &str, i64) = ("whsec_test", r#"{"id":"evt_1"}"#, 1_700_000_000);
    const STRIPE_V1: &str = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";

    #[test]
    fn the_vendors_examples_are_right() {
        let (secret, body, sign) = GITHUB;
        let given = headers(&[("x-hub-signature-256", sign)]);
        let github = |secret, body: &str| {
            Form::Github.proves(secret, Form::Github.header(), &given, body.as_bytes(), 0)
        };
        assert!(github(secret, body) && !github("other", body) && !github(secret, "Hello, world!"));

        let (secret, time, body, sign) = SLACK;
        let given = headers(&[("x-slack-signature", sign), ("x-slack-request-timestamp", time)]);
        let slack = |now_s| Form::Slack.proves(secret, Form::Slack.header(), &given, body.as_bytes(), now_s);
        let at: i64 = time.parse().unwrap();
        assert!(slack(at) && slack(at + 300) && slack(at - 300));
        assert!(!slack(at + 301) && !slack(at - 301), "an old request is not to be repeated by others");

        let (secret, body, at) = STRIPE;
        let stripe = |given: &str, now_s| {
            let given = headers(&[("stripe-signature", given)]);
            Form::Stripe.proves(secret, Form::Stripe.header(), &given, body.as_bytes(), now_s)
        };
        let right = format!("t={at},v1={},v1={STRIPE_V1},v0=ab", "00".repeat(32));
        assert!(stripe(&right, at) && !stripe(&right, at + 301));
        assert!(!stripe(&format!("t={},v1={STRIPE_V1}", at + 1), at), "the time is signed too");
        assert!(!stripe(&format!("t={at},v0={STRIPE_V1}"), at) && !stripe("", at));
    }

    #[test]
    fn other_proofs_are_compared_whole() {
        let (secret, body, sign) = GITHUB;
        let hex = sign.strip_prefix("sha256=").unwrap();
        let base64 = STANDARD.encode(unhex(hex).unwrap());
        // RFC 7617, section 2: the example of Basic.
        let rows: &[(Form, &str, &str, bool)] = &[
            (Form::Hmac, secret, hex, true),
            (Form::Hmac, secret, &base64, true),
            (Form::Hmac, secret, sign, true),
            (Form::Hmac, secret, &hex[..62], false),
            (Form::Hmac, secret, "", false),
            (Form::Basic, "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true),
            (Form::Basic, "Aladdin:open sesam", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", false),
            (Form::Token, "t0ken", "Bearer t0ken", true),
            (Form::Token, "t0ken", "t0ken", true),
            (Form::Token, "t0ken", "Bearer t0ke", false),
        ];
        for (form, secret, given, right) in rows {
            let given_headers = headers(&[(form.header(), given)]);
            let proves = form.proves(secret, form.header(), &given_headers, body.as_bytes(), 0);
            assert_eq!(proves, *right, "{form:?} {given}");
            assert!(!form.proves(secret, form.header(), &HeaderMap::new(), body.as_bytes(), 0));
        }
    }
}
