//! Lists that Okta gives in pages: the first records, all of them, or one page after the other.

use std::sync::Arc;

use flowrun_core::card::Inputs;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::paging::Trail;

use crate::Okta;
use crate::shown::First;

/// How many records `all` collects before it asks for a stream instead.
const MOST: usize = 100_000;

/// What the input `result_set` asks for, if not for a stream.
#[derive(Clone, Copy)]
pub(crate) enum ResultSet {
    /// `first`: the first record, as single outputs.
    First,
    /// `first_200` and the like: so many, as a list.
    UpTo(u32),
    /// `all`: all, as a list; the input is to blame if they are too many.
    All(InputId),
}

impl ResultSet {
    /// Reads the input of the card `C`; what is not among its choices is refused.
    pub(crate) fn of<C: Inputs>(text: &str, input: InputId) -> Result<ResultSet> {
        let choices = C::FIELDS.get(usize::from(input.0)).map(|field| &field.choices);
        let choices: Vec<&str> = choices.into_iter().flat_map(|choices| choices.iter()).collect();
        let set = match text.strip_prefix("first_") {
            _ if !choices.contains(&text) => None,
            Some(most) => most.parse().ok().map(ResultSet::UpTo),
            None if text == "first" => Some(ResultSet::First),
            None if text == "all" => Some(ResultSet::All(input)),
            None => None,
        };
        set.ok_or_else(|| {
            let expected = choices.join(", ");
            let expected = expected
                .rsplit_once(", ")
                .map(|(more, last)| format!("{more} or {last}"))
                .unwrap_or(expected);
            let message = format!("expected {expected}, found \"{text}\"");
            Fault::new(FaultKind::InvalidInput, message).at(input)
        })
    }
}

/// What a card puts out that finds records.
pub(crate) trait Found {
    /// The records, as a list.
    fn all(records: Vec<Arc<Record>>) -> Self;

    /// The first of them, as single outputs; nothing if there is none.
    fn first(record: &First<'_>) -> Self;
}

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
        let lost = || {
            let message = format!("this isn't a place in a list of {}s", self.what);
            Fault::new(FaultKind::InvalidInput, message)
        };
        let mut trail = match cursor {
            Cursor::First => Trail::default(),
            Cursor::After(place) => Trail::read(&place).ok_or_else(lost)?,
        };
        let records = self.follow(okta, &mut trail, first).await?.into_iter().map(Value::Object).collect();
        Ok(Page { records, total: None, next: trail.next().is_some().then(|| trail.write()) })
    }

    /// What a card puts out for `set`; the pages begin with `first`, a request for so many records, at most `page`.
    pub(crate) async fn found<F: Found>(
        &self,
        okta: &Okta,
        set: ResultSet,
        page: u32,
        first: impl Fn(u32) -> Result<Call>,
    ) -> Result<F> {
        let records = self.records(okta, set, page, first).await?;
        Ok(match set {
            ResultSet::First => F::first(&First(records.first())),
            ResultSet::UpTo(_) | ResultSet::All(_) => F::all(records),
        })
    }

    /// The records that `set` asks for.
    pub(crate) async fn records(
        &self,
        okta: &Okta,
        set: ResultSet,
        page: u32,
        first: impl Fn(u32) -> Result<Call>,
    ) -> Result<Vec<Arc<Record>>> {
        let (at_once, most) = match set {
            ResultSet::First => (1, 1),
            ResultSet::UpTo(most) => (most.min(page), most as usize),
            ResultSet::All(_) => (page, MOST),
        };
        let (mut records, more) = self.collect(okta, first(at_once)?, most).await?;
        match set {
            ResultSet::All(input) if more => {
                let message = format!("there are more than {MOST} {}s", self.what);
                Err(Fault::new(FaultKind::InvalidInput, message).at(input).help("stream them"))
            }
            ResultSet::All(_) => Ok(records),
            ResultSet::First | ResultSet::UpTo(_) => {
                records.truncate(most);
                Ok(records)
            }
        }
    }

    /// All records of the list that begins with `first`, however many.
    pub(crate) async fn everything(&self, okta: &Okta, first: Call) -> Result<Vec<Arc<Record>>> {
        Ok(self.collect(okta, first, usize::MAX).await?.0)
    }

    /// The pages up to the one that makes `enough`, and whether there are more.
    async fn collect(&self, okta: &Okta, first: Call, enough: usize) -> Result<(Vec<Arc<Record>>, bool)> {
        let (mut trail, mut records) = (Trail::default(), Vec::new());
        loop {
            records.extend(self.follow(okta, &mut trail, first.clone()).await?);
            let more = trail.next().is_some();
            if !more || records.len() >= enough {
                return Ok((records, more));
            }
        }
    }

    /// The next page on the trail, which begins with `first`. The client refuses an address on another host.
    async fn follow(&self, okta: &Okta, trail: &mut Trail, first: Call) -> Result<Vec<Arc<Record>>> {
        let call = trail.next().map_or(first, |next| Call::get(&**next));
        let read = |reply: &Reply| Ok((reply.json::<Vec<Value>>()?, reply.next_link()?, reply.status));
        let (items, next, status) = okta.client.read(call, read).await?;
        let items = items.into_iter().map(|item| match item {
            Value::Object(item) if self.id(&item).is_some() => Ok(item),
            other => {
                let message = format!(
                    "Okta answered with a list of {}s in which something lacks `{}`",
                    self.what, self.key
                );
                Err(Fault::new(FaultKind::Parse, message).code(status).body(other))
            }
        });
        let items: Vec<Arc<Record>> = items.collect::<Result<_>>()?;
        trail.advance(items.iter().filter_map(|item| self.id(item)).map(|id| &**id), next)?;
        Ok(items.into_iter().map(|item| Arc::new((self.record)(item))).collect())
    }

    fn id<'a>(&self, item: &'a Record) -> Option<&'a Text> {
        item.get(self.key)?.as_text().filter(|id| !id.is_empty())
    }
}

/// How many records to ask for at once, where `record_limit` are wanted at most.
pub(crate) fn page_size(record_limit: Option<f64>, largest: u32) -> u32 {
    record_limit.map_or(largest, |most| most.clamp(1.0, f64::from(largest)) as u32)
}
