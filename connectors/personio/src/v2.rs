//! Lists of v2: pages, each with the address of the next one.

use std::sync::Arc;

use flowrun_core::fault::{Fault, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::call::Call;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::{Personio, vendor};

/// The most that v2 gives at once.
pub const PAGE: usize = 50;

/// A page of a list.
pub struct Listed {
    /// What it lists, as Personio sends it.
    pub records: Vec<Record>,
    /// Where the list goes on, if it does.
    pub next: Option<Text>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "_data")]
    data: Vec<Entry>,
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
}

/// Whatever a list holds: an object, for someone who isn't one would be lost.
struct Entry(Record);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entry, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(record) => Ok(Entry(Arc::unwrap_or_clone(record))),
            other => Err(D::Error::custom(format!("expected an object in `_data`, found {}", other.kind()))),
        }
    }
}

#[derive(Deserialize)]
struct Meta {
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: Option<Text>,
}

/// Reads a page of the list at `path`: the first one, or the one at `next`, an address that an earlier page gave. The
/// client refuses an address on another host.
pub async fn fetch(
    personio: &Personio,
    path: &str,
    parameters: &[(&'static str, String)],
    next: Option<&Text>,
) -> Result<Listed> {
    let target = next.map_or(path, |next| next);
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let said = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    // A next page that forgot who was asked for would list others: what the address doesn't say is said again.
    let unsaid = parameters.iter().filter(|(name, _)| !said(name)).map(|(name, value)| (*name, value));
    let call = Call::get(target).query(unsaid);
    let answer: Answer = personio.v2.read(call, |reply| reply.json()).await.map_err(told)?;
    let records = answer.data.into_iter().map(|Entry(record)| record);
    let following =
        answer.meta.and_then(|meta| meta.links?.next?.href).filter(|href| !href.trim().is_empty());
    Ok(Listed { records: records.collect(), next: following })
}

/// v2 says 401 for two things that have different remedies.
fn told(fault: Fault) -> Fault {
    if fault.code != Some(401) {
        return fault;
    }
    let why = "the API credential lacks the right to read this, or is no longer good";
    let message = format!("{}: {why}", fault.message);
    Fault::new(fault.kind, message).code(401).body(fault.body.clone()).help(vendor::V2.refused)
}
