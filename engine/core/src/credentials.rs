//! Finds credentials that somebody wrote into a flow, by the name of their place or by their form.

/// Names whose value is a credential wherever they stand, without `_`, `-`, blanks and case.
const ANYWHERE: &[&str] =
    &["apitoken", "apikey", "clientsecret", "privatekey", "accesstoken", "refreshtoken", "signingsecret"];

/// Names whose value is a credential in the settings of a connection.
const IN_SETTINGS: &[&str] = &["password", "passphrase", "secret", "token", "key", "credentials"];

/// Names whose value is a credential in a body.
const IN_BODIES: &[&str] = &["password", "passwd", "passphrase", "secret", "authtoken", "clientassertion"];

/// Names whose value is a credential in a query, if it is long enough for one: `token` is often a place in a list.
const IN_QUERIES: &[&str] = &[
    "token",
    "authtoken",
    "password",
    "secret",
    "key",
    "sig",
    "signature",
    "xamzsignature",
    "subscriptionkey",
];

/// Headers that hold credentials: those of RFC 9110 and RFC 6265, and what vendors document.
const HEADERS: &[&str] = &[
    "authorization",
    "proxyauthorization",
    "cookie",
    "xapikey",
    "xapitoken",
    "xauthtoken",
    "xaccesstoken",
    "xauthkey",
    "privatetoken",
    "xgitlabtoken",
    "xvaulttoken",
    "xamzsecuritytoken",
    "xfunctionskey",
    "ocpapimsubscriptionkey",
];

/// What stands before a credential in a header.
const SCHEMES: &[&str] = &["Bearer ", "Basic ", "SSWS ", "Token ", "ApiKey "];

/// Shorter words behind a scheme or in a query are no credentials.
const SHORTEST: usize = 8;

/// How tokens of one vendor begin, and how many letters follow at least.
struct Form {
    begins: &'static str,
    follow: usize,
    what: &'static str,
}

/// The forms that vendors document, so that scanners find them.
const FORMS: &[Form] = &[
    form("papi-", 16, "a Personio credential"),
    form("ghp_", 36, "a GitHub token"),
    form("gho_", 36, "a GitHub token"),
    form("ghu_", 36, "a GitHub token"),
    form("ghs_", 36, "a GitHub token"),
    form("ghr_", 36, "a GitHub token"),
    form("github_pat_", 60, "a GitHub token"),
    form("glpat-", 20, "a GitLab token"),
    form("xoxa-", 20, "a Slack token"),
    form("xoxb-", 20, "a Slack token"),
    form("xoxe-", 20, "a Slack token"),
    form("xoxp-", 20, "a Slack token"),
    form("xoxr-", 20, "a Slack token"),
    form("xapp-", 20, "a Slack token"),
    form("sk_live_", 16, "a Stripe key"),
    form("rk_live_", 16, "a Stripe key"),
    form("whsec_", 24, "a signing secret"),
    form("AKIA", 16, "an AWS access key"),
    form("ASIA", 16, "an AWS access key"),
    form("AIza", 35, "a Google API key"),
    form("npm_", 36, "an npm token"),
    form("dop_v1_", 64, "a DigitalOcean token"),
    form("shpat_", 32, "a Shopify token"),
    form("ATATT3", 100, "an Atlassian token"),
];

const fn form(begins: &'static str, follow: usize, what: &'static str) -> Form {
    Form { begins, follow, what }
}

/// What kind of credential a constant is, if it is one. `place` is the name of its field, with those inside of it:
/// `headers.Authorization`.
pub fn in_field(place: &str, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return None;
    }
    by_form(text).or_else(|| by_name(place, text)).or_else(|| inside(place, text))
}

/// What kind of credential a connection's setting is, if it is one.
pub fn in_setting(name: &str, text: &str) -> Option<&'static str> {
    let named = !text.is_empty() && IN_SETTINGS.contains(&&*plain(name));
    in_field(name, text).or(named.then_some("a credential"))
}

/// What kind of credential shows by its form, wherever it stands: also between the parts of a template.
pub fn by_form(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    if text.contains("https://hooks.slack.com/services/T") {
        return Some("the address of a Slack webhook");
    }
    if has_userinfo(text) {
        return Some("an address with a password");
    }
    let mut words = text.split(|c: char| !is_word(c));
    words.find_map(|word| {
        // Okta's API tokens: 42 letters that start with 00; the IDs of its objects have 20.
        if word.len() == 42 && word.starts_with("00") && !word.bytes().all(|b| b.is_ascii_digit()) {
            return Some("an Okta API token");
        }
        let fits =
            |form: &&Form| word.strip_prefix(form.begins).is_some_and(|rest| rest.len() >= form.follow);
        FORMS.iter().find(fits).map(|form| form.what)
    })
}

fn by_name(place: &str, text: &str) -> Option<&'static str> {
    let (outer, name) = place.rsplit_once('.').unwrap_or(("", place));
    let (name, outer) = (plain(name), outer.split('.').next().unwrap_or_default());
    let named = match outer {
        "headers" => HEADERS.contains(&&*name),
        "body" | "form" => IN_BODIES.contains(&&*name),
        "query" => IN_QUERIES.contains(&&*name) && is_long(text),
        _ => false,
    };
    (named || ANYWHERE.contains(&&*name)).then_some("a credential")
}

/// Credentials in a text that holds names and values of its own: a header, a query, a form, JSON.
fn inside(place: &str, text: &str) -> Option<&'static str> {
    let outer = place.split('.').next().unwrap_or_default();
    let found = match outer {
        "headers" => {
            SCHEMES.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(is_long)) || is_jwt(text)
        }
        "query" | "url" | "relative_url" | "path" => {
            let query =
                text.split_once('?').map_or(if outer == "query" { text } else { "" }, |(_, query)| query);
            pairs(query).any(|(name, value)| {
                let name = plain(name);
                is_long(value) && (IN_QUERIES.contains(&&*name) || ANYWHERE.contains(&&*name))
                    || is_jwt(value)
            })
        }
        "body" | "form" => {
            let secret = |name: &str| {
                let name = plain(name);
                IN_BODIES.contains(&&*name) || ANYWHERE.contains(&&*name)
            };
            pairs(text).any(|(name, value)| !value.is_empty() && secret(name))
                || json_names(text).any(secret)
                || is_jwt(text)
        }
        _ => false,
    };
    found.then_some("a credential")
}

/// The names and values of a form or a query.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(['&', '#']).filter_map(|pair| pair.split_once('='))
}

/// The names of JSON whose values are texts that are not blank.
fn json_names(text: &str) -> impl Iterator<Item = &str> {
    text.split('"')
        .collect::<Vec<_>>()
        .into_iter()
        .scan(None, |last: &mut Option<[&str; 2]>, piece| {
            let found = match last {
                Some([name, between]) if between.trim() == ":" && !piece.is_empty() => Some(*name),
                _ => None,
            };
            *last = Some([last.map_or("", |[_, between]| between), piece]);
            Some(found)
        })
        .flatten()
}

fn is_long(value: &str) -> bool {
    let word = value.trim();
    word.len() >= SHORTEST && word.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Three parts in Base64 of which the first is a JSON object (RFC 7519).
fn is_jwt(text: &str) -> bool {
    text.split(|c: char| !is_word(c) && c != '.').any(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        matches!(parts[..], [head, body, _] if head.starts_with("eyJ") && head.len() > 16 && body.starts_with("eyJ"))
    })
}

/// Whether an address names a user and a password before its host.
fn has_userinfo(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let end = rest.find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace());
        let authority = &rest[..end.unwrap_or(rest.len())];
        let password = authority.rsplit_once('@').and_then(|(user, _)| Some(user.split_once(':')?.1));
        password.is_some_and(|password| !password.is_empty() && !password.contains("{{"))
    })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters that no vendor gave out.
    fn letters(count: usize) -> String {
        "aB3xdE9xYZ".chars().cycle().take(count).collect()
    }

    #[test]
    fn knows_credentials() {
        let token = format!("00{}", letters(40));
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        // By their form, as the vendors' pages on tokens and secret scanning have it.
        for text in [
            token.clone(),
            format!("SSWS {token}"),
            "papi-0a1b2c3d-0000-4000-8000-000000000000".to_owned(),
            "-----BEGIN RSA PRIVATE KEY-----\nMII".to_owned(),
            format!("ghp_{}", letters(36)),
            format!("use github_pat_{} here", letters(82)),
            format!("glpat-{}", letters(20)),
            format!("xoxb-123456789012-{}", letters(24)),
            format!("sk_live_{}", letters(24)),
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            format!("AIza{}", letters(35)),
            "https://hooks.slack.com/services/T00/B00/xyz".to_owned(),
            "https://ada:hunter2@example.com/x".to_owned(),
            "{{ inputs.x }} postgres://a:b@c".to_owned(),
        ] {
            assert!(in_field("x", &text).is_some(), "{text}");
        }
        // By the place in which they stand.
        for (place, text) in [
            ("clientSecret", "x"),
            ("headers.Authorization", "Bearer abc"),
            ("headers.X-Api-Key", "1"),
            ("headers.Cookie", "sid=1"),
            ("headers.X-Forwarded", "Bearer abcdefgh1234"),
            ("headers.Whatever", jwt),
            ("body.password", "hunter2"),
            ("body.user.password", "hunter2"),
            ("body.credentials.passphrase", "a b c"),
            ("body", "grant_type=password&password=x"),
            ("body", r#"{"user": "ada", "password": "hunter2"}"#),
            ("body", r#"{"a":{"client_secret":"x"}}"#),
            ("query.token", "abcdefgh12"),
            ("query.api_key", "1"),
            ("query", "a=1&access_token=abcdefgh12"),
            ("url", "https://example.com/x?sig=abcdefgh12"),
            ("relative_url", "/x?token=abcdefgh12"),
            ("url", &format!("/x?y={jwt}")),
        ] {
            assert!(in_field(place, text).is_some(), "{place}: {text}");
        }
        assert_eq!(in_setting("token", "x"), Some("a credential"));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (place, text) in [
            ("id", "00u1abcdefGHIJKLMN0x"),
            ("x", "papi-..."),
            ("token", "next"),
            ("query.token", "next"),
            ("query.token", ""),
            ("headers.Authorization", " "),
            ("headers.Accept", "application/json"),
            ("headers.X-Note", "Basic facts are"),
            ("body.password", ""),
            ("body", r#"{"password": ""}"#),
            ("body", r#"{"passwordChanged": "2026-01-01"}"#),
            ("body", "the password is in the mail"),
            ("text", "password=hunter2"),
            ("url", "https://example.com/x?tokens=abcdefgh12"),
            ("url", "https://example.com/a:b@c"),
            ("url", "https://user@example.com"),
            ("x", "https://{{ vars.user }}:{{ vars.password }}@example.com"),
            ("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
            ("x", "skiing_live"),
        ] {
            assert_eq!(in_field(place, text), None, "{place}: {text}");
        }
        assert_eq!(in_setting("token", ""), None);
        assert_eq!(in_setting("base_url", "https://example.okta.com"), None);
    }
}
