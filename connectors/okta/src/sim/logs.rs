//! `GET /api/v1/logs`: developer.okta.com/docs/reference/system-log-query, and the page's parameters in Okta's OpenAPI file.

use super::error::ApiError;
use super::expressions::{Expr, LOGS_FILTER};
use super::log::{Event, Known};
use super::paging::Asked;
use super::{OktaSim, ids};
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

const DAY_MS: i64 = 24 * 3_600_000;
/// `since` is by default so far before `until` (OpenAPI).
const WEEK_MS: i64 = 7 * DAY_MS;
/// Older events are not given (system-log-query#data-retention).
const KEPT_MS: i64 = 90 * DAY_MS;
/// `since` must not be older (system-log-query#errors). Another paragraph, and an example, has older ones succeed.
const OLDEST_MS: i64 = 180 * DAY_MS;
/// The largest page (OpenAPI).
const MAX_PAGE: usize = 1000;
/// How long a keyword may be and how many there may be (OpenAPI, `q`).
const LONGEST_WORD: usize = 40;
const MOST_WORDS: usize = 10;

/// What is asked for.
struct Query {
    since_ms: i64,
    until_ms: i64,
    filter: Option<Expr>,
    keywords: Vec<String>,
    descending: bool,
    cursor: Option<u64>,
    limit: usize,
    /// Whether it waits for what is still to happen.
    polls: bool,
}

impl Query {
    fn read(asked: &Asked, now_ms: i64) -> Result<Query, ApiError> {
        let time = |name: &str| {
            asked
                .get(name)
                .map(|text| ids::parse_time(text).ok_or_else(|| ApiError::bad_date(name)))
                .transpose()
        };
        let (since, until) = (time("since")?, time("until")?);
        if since.is_some_and(|since| since < now_ms.saturating_sub(OLDEST_MS)) {
            let summary = "Invalid parameter: The since parameter is over 180 days prior to the current day.";
            return Err(ApiError::bad_scim_filter(summary.to_owned()));
        }
        let until_ms = until.unwrap_or(i64::MAX);
        let since_ms = since.unwrap_or_else(|| until_ms.min(now_ms).saturating_sub(WEEK_MS));
        let descending = match asked.get("sortOrder").map(str::to_uppercase).as_deref() {
            None | Some("ASCENDING") => false,
            Some("DESCENDING") => true,
            // The words are a guess.
            Some(_) => {
                let why = "sortOrder: must be ASCENDING or DESCENDING.";
                return Err(ApiError::invalid("'sortOrder'", why));
            }
        };
        Ok(Query {
            since_ms: since_ms.max(now_ms.saturating_sub(KEPT_MS)),
            until_ms,
            filter: asked.get("filter").map(|text| Expr::parse(text, &LOGS_FILTER)).transpose()?,
            keywords: keywords(asked.get("q").unwrap_or_default())?,
            descending,
            cursor: asked
                .get("after")
                .map(|text| text.parse().map_err(|_| ApiError::bad_paging()))
                .transpose()?,
            limit: limit(asked)?,
            polls: until.is_none() && !descending,
        })
    }

    fn wants(&self, event: &Event, known: Known<'_>) -> bool {
        (self.since_ms..self.until_ms).contains(&event.at_ms)
            && event.matches(self.filter.as_ref(), &self.keywords, known)
    }
}

/// "Integer between 0 and 1000" (OpenAPI). How Okta refuses others is a guess.
fn limit(asked: &Asked) -> Result<usize, ApiError> {
    match asked.get("limit").map(str::parse::<usize>) {
        None => Ok(100),
        Some(Ok(limit)) if limit <= MAX_PAGE => Ok(limit),
        Some(_) => Err(ApiError::invalid("'limit'", "limit: must be an integer between 0 and 1000.")),
    }
}

/// The keywords in small letters. The words for too long ones: system-log-query#errors; for too many: a guess.
fn keywords(q: &str) -> Result<Vec<String>, ApiError> {
    let keywords: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    if keywords.iter().any(|word| word.chars().count() > LONGEST_WORD) {
        return Err(ApiError::validation(
            "'q': Freeform search cannot contain items longer than 40 characters. Please shorten the items in your \
             search or use an advanced filter to query by specific fields.",
        ));
    }
    if keywords.len() > MOST_WORDS {
        return Err(ApiError::validation("'q': Freeform search cannot contain more than 10 items."));
    }
    Ok(keywords)
}

/// A page of events.
pub async fn list(State(sim): State<OktaSim>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let query = Query::read(&asked, sim.now_ms())?;
    let state = sim.state();
    let known = Known::of(&state);
    // The cursor is the number of the first event of the next page; going down, of the last one seen.
    let mut page: Vec<&Event> = if query.descending {
        let below = query.cursor.unwrap_or(u64::MAX);
        let events = state.log.since(0).rev().filter(|event| event.number < below);
        events.filter(|event| query.wants(event, known)).take(query.limit + 1).collect()
    } else {
        let events = state.log.since(query.cursor.unwrap_or(0));
        events.filter(|event| query.wants(event, known)).take(query.limit + 1).collect()
    };
    let more = page.len() > query.limit;
    page.truncate(query.limit);
    // A query without an end polls: it always has a next page, which waits for what is still to happen.
    let next = match page.last() {
        Some(last) if more && query.descending => Some(last.number),
        Some(last) if more => Some(last.number + 1),
        _ if query.polls => Some(if more { query.cursor.unwrap_or(0) } else { state.log.next() }),
        _ => None,
    };
    let events: Vec<Value> = page.iter().map(|event| event.body(known)).collect();
    let next = next.map(|number| number.to_string());
    Ok((asked.links(query.limit, next.as_deref()), Json(events)).into_response())
}
