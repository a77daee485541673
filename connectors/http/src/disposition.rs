//! The name of a file that was downloaded: as its answer says, else as its address does.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_DISPOSITION;
use flowrun_kit::files::last_part;
use percent_encoding::percent_decode_str;

/// What a file is called that nothing names.
const UNNAMED: &str = "download";

/// The name of the file that came from `url` with these headers, without any folder.
pub fn name(headers: &HeaderMap, url: &str) -> String {
    let header =
        headers.get(CONTENT_DISPOSITION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let told = header.and_then(told).and_then(|name| last_part(&name));
    told.or_else(|| addressed(url)).unwrap_or_else(|| UNNAMED.to_owned())
}

/// The name in `attachment; filename="a b.csv"`; one that tells its letters, `filename*=UTF-8''a%20b.csv`, goes first.
fn told(header: &str) -> Option<String> {
    let parameters = parameters(header);
    let value = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let extended = value("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, name) = rest.split_once('\'')?;
        let decoded = percent_decode_str(name).decode_utf8().ok()?;
        charset.eq_ignore_ascii_case("utf-8").then(|| decoded.into_owned())
    });
    extended.or_else(|| value("filename").map(str::to_owned))
}

/// The parameters of a header behind its first word; quoted ones are freed of their quotes.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in header.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    let pairs = parts.iter().skip(1).filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// The last part of an address's path.
fn addressed(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path =
        path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    last_part(&percent_decode_str(path).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_name_is_the_header_s_then_the_address_s() {
        let table = [
            ("attachment; filename=people.csv", "/x", "people.csv"),
            (r#"attachment; filename="a; \"b\".csv"; size=3"#, "/x", "a; \"b\".csv"),
            ("attachment; filename=plain.csv; filename*=UTF-8''gr%C3%BC%C3%9Fe.csv", "/x", "grüße.csv"),
            (r#"attachment; filename="../../etc/passwd""#, "/x", "passwd"),
            ("attachment; filename*=UTF-8''..%2F..%2Fpasswd", "/x", "passwd"),
            ("attachment; filename=..", "/reports/2024.csv?token=1", "2024.csv"),
            ("inline", "https://a.example.com/reports/m%C3%A4rz.csv#top", "märz.csv"),
            ("", "https://a.example.com", "download"),
            ("", "/reports/", "download"),
        ];
        for (header, url, expected) in table {
            let headers = HeaderMap::from_iter([(
                CONTENT_DISPOSITION,
                HeaderValue::from_bytes(header.as_bytes()).unwrap(),
            )]);
            assert_eq!(name(&headers, url), expected, "{header} {url}");
        }
    }
}
