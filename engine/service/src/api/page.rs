//! Lists, page by page: where the next one begins is a word that only this service can read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::route::{Call, Kind, Param};
use crate::people::Problem;

/// How many there are on a page, and from where on.
pub const LIMIT: Param =
    Param::new("limit", Kind::Whole(1, 500), "How many at most; 50 where nothing is said.");
/// From where on.
pub const CURSOR: Param =
    Param::new("cursor", Kind::Text(1_024), "Where the page begins: what the page before had as `next`.");

/// What a call asks for of a list.
pub struct Asked {
    /// How many.
    pub limit: usize,
    /// The name behind which the page begins.
    pub after: Option<String>,
}

/// What a call asks for of a list.
pub fn asked(call: &Call) -> Result<Asked, Problem> {
    let after = call.asked("cursor").map(|cursor| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        name.ok_or_else(none_of_ours)
    });
    let limit = call.number("limit").map_or(50, |limit| limit as usize);
    Ok(Asked { limit, after: after.transpose()? })
}

impl Asked {
    /// The number behind which the page begins, where items have numbers.
    pub fn number(&self) -> Result<Option<u64>, Problem> {
        let number = |after: &String| after.parse().map_err(|_| none_of_ours());
        self.after.as_ref().map(number).transpose()
    }
}

fn none_of_ours() -> Problem {
    Problem::request("`cursor` is none that a page had as `next`")
}

/// A page, and the name behind which the next one begins.
pub fn part(items: Vec<Value>, next: Option<String>) -> Value {
    json!({ "items": items, "next": next.map(|name| URL_SAFE_NO_PAD.encode(name)) })
}

/// A page: of one more item than asked for it is known that there is more.
pub fn page(mut items: Vec<(String, Value)>, limit: usize) -> Value {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|(name, _)| name.clone());
    part(items.into_iter().map(|(_, item)| item).collect(), next)
}
