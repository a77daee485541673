//! What differs, for other programs.

use serde_json::{Value, json};

use super::report::{CardChange, Change, Compared, Item, Report};
use super::summary::summary;

/// The report as JSON.
pub fn json(report: &Report) -> String {
    let whole = json!({
        "old": report.old,
        "new": report.new,
        "differs": !report.is_empty(),
        "summary": summary(report),
        "files": report.files.iter().map(file).collect::<Vec<Value>>(),
    });
    format!("{whole:#}\n")
}

fn file(file: &Compared) -> Value {
    json!({
        "name": file.name,
        "mark": file.mark.word(),
        "items": file.items.iter().map(item).collect::<Vec<Value>>(),
    })
}

fn item(item: &Item) -> Value {
    json!({
        "kind": item.kind.word(),
        "mark": item.mark.word(),
        "name": item.name,
        "path": item.path,
        "changes": item.changes.iter().map(change).collect::<Vec<Value>>(),
        "cards": item.cards.iter().map(card).collect::<Vec<Value>>(),
    })
}

fn card(card: &CardChange) -> Value {
    json!({
        "mark": card.mark.word(),
        "name": card.name,
        "card": card.card,
        "within": card.within,
        "behind": card.behind,
        "changes": card.changes.iter().map(change).collect::<Vec<Value>>(),
    })
}

fn change(change: &Change) -> Value {
    json!({
        "of": change.what.sort,
        "name": change.what.name,
        "part": change.what.part,
        "was": change.was,
        "now": change.now,
    })
}
