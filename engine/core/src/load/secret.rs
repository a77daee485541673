//! Finds credentials that were written into a file.

use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// Names whose value is a credential wherever they stand, without `_`, `-` and case.
const ALWAYS: &[&str] =
    &["apitoken", "apikey", "clientsecret", "privatekey", "accesstoken", "refreshtoken", "signingsecret"];

/// Names whose value is a credential in the settings of a connection.
const IN_SETTINGS: &[&str] = &["password", "passphrase", "secret", "token", "key", "credentials"];

/// What kind of credential a field's constant is, if it is one.
pub(super) fn in_field(name: &str, text: &str) -> Option<&'static str> {
    let named = !text.is_empty() && ALWAYS.contains(&&*plain(name));
    pattern(text).or(named.then_some("a credential"))
}

/// What kind of credential a connection's setting is, if it is one.
pub(super) fn in_setting(name: &str, text: &str) -> Option<&'static str> {
    let named = !text.is_empty() && IN_SETTINGS.contains(&&*plain(name));
    in_field(name, text).or(named.then_some("a credential"))
}

/// The diagnostic; it must not repeat the secret, and the excerpt hides it.
pub(super) fn mistake(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::SecretInFile, span, format!("{found} is in the file"))
        .label("whoever reads the project can use it")
        .help(
            "revoke it if the file was ever shared; then give it by an environment variable (OKTA_API_TOKEN, \
             PERSONIO_CLIENT_SECRET, …) or in a connections file outside the project",
        )
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Credentials that show by their form.
fn pattern(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    words.find_map(|word| match word {
        // Okta's API tokens: 42 letters that start with 00; the IDs of its objects have 20.
        _ if word.len() == 42 && word.starts_with("00") && !word.bytes().all(|b| b.is_ascii_digit()) => {
            Some("an Okta API token")
        }
        _ if word.strip_prefix("papi-").is_some_and(|rest| rest.len() >= 16) => Some("a Personio credential"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_credentials() {
        let token = format!("00{}", "aB3_-dE9xY".repeat(4));
        assert_eq!(in_field("x", &token), Some("an Okta API token"));
        assert_eq!(in_field("headers", &format!("SSWS {token}")), Some("an Okta API token"));
        assert_eq!(in_field("x", "papi-0a1b2c3d-0000-4000-8000-000000000000"), Some("a Personio credential"));
        assert_eq!(in_field("x", "-----BEGIN RSA PRIVATE KEY-----\nMII"), Some("a private key"));
        assert_eq!(in_field("clientSecret", "x"), Some("a credential"));
        assert_eq!(in_setting("token", "x"), Some("a credential"));
    }

    #[test]
    fn leaves_the_rest_alone() {
        assert_eq!(in_field("id", "00u1abcdefGHIJKLMN0x"), None);
        assert_eq!(in_field("x", "papi-..."), None);
        assert_eq!(in_field("token", "next"), None);
        assert_eq!(in_setting("token", ""), None);
        assert_eq!(in_setting("base_url", "https://example.okta.com"), None);
    }
}
