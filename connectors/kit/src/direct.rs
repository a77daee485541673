//! Performs single cards, without a flow around them: for tests and tools.

use std::sync::Arc;

use flowrun_core::effect::{Answer, Cursor, Page, Performance};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};

use crate::effect::{AnyConnection, EffectCard};
use crate::errand::Run;

/// Performs the card called `id` with `inputs` by their names, and gives its outputs by theirs.
pub async fn perform(
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    connection: &AnyConnection,
) -> Result<Record> {
    perform_in(Arc::default(), cards, id, inputs, connection).await
}

/// The same as part of `run`.
pub async fn perform_in(
    run: Arc<Run>,
    cards: &[EffectCard],
    id: &str,
    inputs: &Value,
    connection: &AnyConnection,
) -> Result<Record> {
    let card = find(cards, id)?;
    match card.perform(prepare(card, inputs, None)?, connection.clone(), run, None).await? {
        Answer::Outputs(values) => {
            Ok(card.card.outputs.iter().map(|field| Text::from(&*field.name)).zip(values).collect())
        }
        _ => Err(Fault::new(FaultKind::InvalidInput, format!("`{id}` gave no outputs"))),
    }
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
    match card.perform(prepare(card, inputs, Some(cursor))?, connection.clone(), Arc::default(), None).await?
    {
        Answer::Page(page) => Ok(page),
        _ => Err(Fault::new(FaultKind::InvalidInput, format!("`{id}` gave no page"))),
    }
}

fn find<'c>(cards: &'c [EffectCard], id: &str) -> Result<&'c EffectCard> {
    let card = cards.iter().find(|card| card.card.id == id);
    card.ok_or_else(|| Fault::new(FaultKind::NotFound, format!("there is no card `{id}` here")))
}

fn prepare(card: &EffectCard, inputs: &Value, page: Option<Cursor>) -> Result<Performance> {
    let declared = &card.card.inputs;
    let given = inputs.as_object();
    if let Some(unknown) = given.and_then(|given| given.keys().find(|name| card.card.input(name).is_none())) {
        return Err(Fault::new(
            FaultKind::InvalidInput,
            format!("`{}` has no input `{unknown}`", card.card.id),
        ));
    }
    let args = declared.iter().map(|field| {
        let value = given.and_then(|given| given.get(&field.name)).cloned();
        value.unwrap_or_else(|| Value::from(&field.default))
    });
    Ok(Performance {
        card: card.card.clone(),
        connection: None,
        args: args.collect(),
        names: [].into(),
        outputs: card.card.outputs.iter().map(|field| Text::from(&*field.name)).collect(),
        page,
        timeout_ms: u64::MAX,
        cleans_up: false,
    })
}
