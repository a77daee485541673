//! Lists that Okta gives in pages: the first records, all of them, or one page after the other.

use std::sync::Arc;

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{Record, Value};
use flowrun_kit::call::{Call, Reply};

use crate::Okta;

/// How many records `all` collects before it asks for a stream instead.
const MOST: usize = 100_000;

/// What a list is of.
pub(crate) struct Listing {
    /// What one is called: `user`.
    pub what: &'static str,
    /// What each must have, lest a blank one be used as an ID.
    pub key: &'static str,
    /// How Okta's card shows one.
    pub record: fn(Arc<Record>) -> Record,
}

impl Listing {
    /// One page of a stream: that of `first`, or the one after the cursor.
    pub(crate) async fn page(&self, okta: &Okta, cursor: Cursor, first: Call) -> Result<Page> {
        match cursor {
            Cursor::First => self.fetch(okta, first).await,
            Cursor::After(Value::Text(next)) => self.fetch(okta, Call::get(&*next)).await,
            Cursor::After(_) => {
                let message = format!("this isn't a place in a list of {}s", self.what);
                Err(Fault::new(FaultKind::InvalidInput, message))
            }
        }
    }

    /// The first records, at most `most`.
    pub(crate) async fn up_to(&self, okta: &Okta, first: Call, most: usize) -> Result<Vec<Arc<Record>>> {
        let (mut records, _) = self.collect(okta, first, most).await?;
        records.truncate(most);
        Ok(records)
    }

    /// All records; too many are an error of the input that asked for all.
    pub(crate) async fn all(
        &self,
        okta: &Okta,
        first: Call,
        result_set: InputId,
    ) -> Result<Vec<Arc<Record>>> {
        let (records, more) = self.collect(okta, first, MOST).await?;
        if !more {
            return Ok(records);
        }
        let message = format!("there are more than {MOST} {}s", self.what);
        Err(Fault::new(FaultKind::InvalidInput, message).at(result_set).help("stream them"))
    }

    /// The pages up to the one that makes `enough`, and whether there are more.
    async fn collect(&self, okta: &Okta, first: Call, enough: usize) -> Result<(Vec<Arc<Record>>, bool)> {
        let (mut call, mut records) = (first, Vec::new());
        loop {
            let page = self.fetch(okta, call).await?;
            records.extend(page.records.into_iter().filter_map(|record| match record {
                Value::Object(record) => Some(record),
                _ => None,
            }));
            match page.next {
                Some(Value::Text(next)) if records.len() < enough => call = Call::get(&*next),
                next => return Ok((records, next.is_some())),
            }
        }
    }

    /// One page, and the address of the next one. The client refuses an address on another host.
    async fn fetch(&self, okta: &Okta, call: Call) -> Result<Page> {
        let read = |reply: &Reply| {
            let items: Vec<Value> = reply.json()?;
            let records = items.into_iter().map(|item| match item {
                Value::Object(item) if self.is_one(&item) => Ok(Value::from((self.record)(item))),
                other => {
                    let message = format!(
                        "Okta answered with a list of {}s in which something lacks `{}`",
                        self.what, self.key
                    );
                    Err(Fault::new(FaultKind::Parse, message).code(reply.status).body(other))
                }
            });
            Ok(Page { records: records.collect::<Result<_>>()?, next: reply.next_link().map(Value::from) })
        };
        okta.client.read(call, read).await
    }

    fn is_one(&self, item: &Record) -> bool {
        item.get(self.key).is_some_and(|id| id.as_text().is_some_and(|id| !id.is_empty()))
    }
}

/// How many records to ask for at once, where `record_limit` are wanted at most.
pub(crate) fn page_size(record_limit: Option<f64>, largest: u32) -> u32 {
    record_limit.map_or(largest, |most| most.clamp(1.0, f64::from(largest)) as u32)
}
