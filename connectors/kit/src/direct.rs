//! Performs single cards, without a flow around them: for tests and tools.

use std::sync::Arc;

use flowrun_core::effect::{Answer, Cursor, Page, Performance};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};

use crate::effect::{AnyConnection, EffectCard};
use crate::errand::Run;
use crate::settled::Settled;

/// Performs the card called `id` with `inputs` by their names, and gives its outputs by theirs.
pub async fn perform(
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    connection: &AnyConnection,
) -> Result<Record> {
    perform_in(Arc::default(), cards, id, inputs, &[], connection).await
}

/// The same as part of `run`; besides the declared outputs those in `wanted`.
pub async fn perform_in(
    run: Arc<Run>,
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    wanted: &[&str],
    connection: &AnyConnection,
) -> Result<Record> {
    let card = find(cards, id)?;
    let performance = prepare(card, inputs, wanted, None)?;
    let names = performance.outputs.clone();
    match card.perform(None, performance, connection.clone(), run, None).await? {
        Answer::Outputs(values) => Ok(names.iter().cloned().zip(values).collect()),
        _ => Err(Fault::new(FaultKind::InvalidInput, format!("`{id}` gave no outputs"))),
    }
}

/// Finds out what became of a performance of the card called `id` with `inputs` that began at `began_ms`.
pub async fn settle(
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    connection: &AnyConnection,
    began_ms: i64,
) -> Result<Settled<Record>> {
    let card = find(cards, id)?;
    let performance = prepare(card, inputs, &[], None)?;
    let names = performance.outputs.clone();
    let settled = card.settle(performance, connection.clone(), Arc::default(), None, began_ms).await?;
    Ok(settled.map(|answer| match answer {
        Answer::Outputs(values) => names.iter().cloned().zip(values).collect(),
        _ => Record::default(),
    }))
}

/// Fetches one page of the card called `id`.
pub async fn page(
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    cursor: Cursor,
    connection: &AnyConnection,
) -> Result<Page> {
    let card = find(cards, id)?;
    let performance = prepare(card, inputs, &[], Some(cursor))?;
    match card.perform(None, performance, connection.clone(), Arc::default(), None).await? {
        Answer::Page(page) => Ok(page),
        _ => Err(Fault::new(FaultKind::InvalidInput, format!("`{id}` gave no page"))),
    }
}

fn find<'c>(cards: &'c [EffectCard], id: &str) -> Result<&'c EffectCard> {
    let card = cards.iter().find(|card| card.card.id == id);
    card.ok_or_else(|| Fault::new(FaultKind::NotFound, format!("there is no card `{id}` here")))
}

/// What the machine would hand out of the card called `id`, if it were given these inputs.
pub fn performance(cards: &[EffectCard], id: &str, inputs: &Value) -> Result<Performance> {
    prepare(find(cards, id)?, inputs, &[], None)
}

fn prepare(card: &EffectCard, inputs: &Value, wanted: &[&str], page: Option<Cursor>) -> Result<Performance> {
    let card = card.card.clone();
    let (args, names) = card.arguments(inputs.as_object().unwrap_or(&Record::default()))?;
    let outputs = card.outputs.iter().map(|field| &*field.name).chain(wanted.iter().copied());
    let outputs = outputs.map(Text::from).collect();
    let (names, timeout_ms) = (names.into(), u64::MAX);
    Ok(Performance {
        card,
        connection: None,
        args,
        names,
        outputs,
        page,
        timeout_ms,
        cleans_up: false,
        mocked: None,
    })
}
