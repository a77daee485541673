//! What a refusal says in `WWW-Authenticate` (RFC 6750): why, and which scope is missing.

use axum::http::HeaderMap;
use axum::http::header::WWW_AUTHENTICATE;

/// The value of a parameter such as `error`, if the refusal has it; it is quoted, as OAuth's are.
pub fn parameter(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let start = format!(" {name}=\"");
    challenges.find_map(|challenge| {
        let (_, value) = challenge.split_once(&start)?;
        let shown = value.split('"').next()?.chars().filter(|letter| !letter.is_control());
        Some(shown.take(200).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn parameters_are_told_apart() {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"x\""));
        let text =
            "DPoP error=\"insufficient_scope\", error_description=\"It lacks one.\", scope=\"a.read b.read\"";
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(text));
        let found =
            ["realm", "error", "error_description", "scope", "uri"].map(|name| parameter(&headers, name));
        let expected = ["x", "insufficient_scope", "It lacks one.", "a.read b.read"];
        assert_eq!(found[..4].iter().flatten().collect::<Vec<_>>(), expected);
        assert_eq!(found[4], None);
    }
}
