//! Query parameters, and the two `link` headers of a page.

use super::error::ApiError;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

/// What a request asks for besides its path.
pub struct Asked {
    pairs: Vec<(String, String)>,
    query: String,
    origin: String,
    path: String,
}

impl Asked {
    /// Reads a request's query, and where to send the client next.
    pub fn read(parts: &Parts) -> Result<Asked, ApiError> {
        let Query(pairs) = Query::try_from_uri(&parts.uri).map_err(|_| ApiError::bad_paging())?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Asked {
            pairs,
            query,
            origin: origin(parts),
            path: parts.uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Where the client reached the org: scheme and host.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The value of a parameter that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is true.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The query without the parameters that tell pages apart.
    pub fn without_page(&self) -> String {
        let kept: Vec<&str> =
            self.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after=")).collect();
        kept.join("&")
    }

    /// The page size asked for; more than the most is the most.
    pub fn limit(&self, least: usize, default: usize, most: usize) -> Result<usize, ApiError> {
        match self.get("limit") {
            None => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(limit) if limit >= least => Ok(limit.min(most)),
                _ => Err(ApiError::bad_paging()),
            },
        }
    }

    /// The two `link` headers; without a cursor there is no next page, and no second header.
    pub fn links(&self, limit: usize, next: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut append = |url: String, rel: &str| {
            if let Ok(value) = HeaderValue::from_str(&format!("<{url}>; rel=\"{rel}\"")) {
                headers.append(header::LINK, value);
            }
        };
        let here = format!("{}{}", self.origin, self.path);
        let question = if self.query.is_empty() { "" } else { "?" };
        append(format!("{here}{question}{}", self.query), "self");
        if let Some(cursor) = next {
            let mut query = self.without_page();
            if self.get("limit").is_none() {
                let and = if query.is_empty() { "" } else { "&" };
                query = format!("{query}{and}limit={limit}");
            }
            append(format!("{here}?after={cursor}&{query}"), "next");
        }
        headers
    }
}

/// The scheme and host the client used: links lead back the way it came, whatever name the simulator goes by.
pub fn origin(parts: &Parts) -> String {
    let uri = &parts.uri;
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) {
        return format!("{scheme}://{authority}");
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}
