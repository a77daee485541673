//! A run: how it ended, why, at which card, and what can be done now.

use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Map, Value, json};

use super::Page;
use crate::ask::part;
use crate::shell::Shell;

/// Where a run is.
type Place = Path<(String, String)>;

/// A card as a row of the list.
struct Row<'r> {
    card: &'r Value,
    deep: usize,
    path: String,
}

pub async fn page(Path((_, run)): Place, shell: Shell) -> Page {
    let (shell, told) = shell.get(&format!("/runs/{}", part(&run))).await?;
    // The report may be gone although the run is known; then that is said.
    let path = format!("{}/runs/{}/report", shell.api, part(&run));
    let (report, gone) = match shell.ask.get(&path).await {
        Ok(report) => (report, None),
        Err(wrong) => (Value::Null, Some(wrong.detail)),
    };
    let mut rows = Vec::new();
    collect(&report["flow"]["cards"], 0, "", &mut rows);
    let cause = rows.iter().rev().find(|row| row.card["status"] == "failed" && !row.card["error"].is_null());
    let cause = cause.map(|row| json!({ "path": row.path, "card": row.card }));
    let chosen = shell.asked("card").and_then(|path| rows.iter().find(|row| row.path == path));
    let chosen = chosen.map(|row| json!({ "path": row.path, "card": row.card }));
    let whole = report["duration_ms"].as_f64().unwrap_or_default().max(1.0);
    let rows: Vec<Value> = rows.iter().map(|row| shown(row, whole)).collect();
    let given = json!({ "run": told, "report": report, "gone": gone, "rows": rows, "cause": cause, "chosen": chosen });
    Ok(shell.page("run.html", "runs", given))
}

/// The cards of a list and those within them, each with its way there.
fn collect<'r>(cards: &'r Value, deep: usize, way: &str, rows: &mut Vec<Row<'r>>) {
    for (place, card) in cards.as_array().into_iter().flatten().enumerate() {
        let path = format!("{way}{}{place}", if way.is_empty() { "" } else { "." });
        rows.push(Row { card, deep, path: path.clone() });
        collect(&card["cards"], deep + 1, &path, rows);
        collect(&card["called"]["cards"], deep + 1, &path, rows);
        for (item, flow) in card["items"].as_array().into_iter().flatten().enumerate() {
            collect(&flow["cards"], deep + 1, &format!("{path}.i{item}"), rows);
        }
    }
}

/// What the list shows of a card: its bar lies where it ran, in hundredths of the run.
fn shown(row: &Row<'_>, whole: f64) -> Value {
    let card = row.card;
    let part = |ms: &Value| ms.as_f64().unwrap_or_default() / whole * 100.0;
    json!({
        "path": row.path, "deep": row.deep.min(8), "title": card["title"], "id": card["id"], "status": card["status"],
        "took": card["duration_ms"], "tries": card["tries"], "x": part(&card["started_ms"]).min(99.5),
        "width": part(&card["duration_ms"]).clamp(0.5, 100.0), "arm": card["arm"], "called": card["called"]["name"],
        "total": card["total"], "failed": card["failed"],
    })
}

/// Does what a button of the page says.
pub async fn act(Path((project, run)): Place, shell: Shell, Form(form): Form<Vec<(String, String)>>) -> Page {
    let at = format!("{}/runs/{}", shell.api, part(&run));
    let said = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let values = || -> Map<String, Value> {
        let given = form.iter().filter_map(|(key, text)| Some((key.strip_prefix("answer.")?, text)));
        given.map(|(name, text)| (name.to_owned(), Value::from(text.as_str()))).collect()
    };
    let deed = said("do").unwrap_or_default();
    let body = match deed {
        "resume" => json!({ "inputs": values() }),
        "settle" => json!({ "card": said("card"), "what": said("what") }),
        _ => json!({}),
    };
    let done = match deed {
        "cancel" | "hold" | "rerun" | "resume" | "settle" => {
            shell.ask.post(&format!("{at}/{deed}"), &body).await
        }
        _ => Ok(Value::Null),
    };
    match done {
        Ok(done) => {
            let there = done["run"].as_str().unwrap_or(&run);
            Ok(Redirect::to(&format!("/p/{}/runs/{}", part(&project), part(there))).into_response())
        }
        Err(wrong) => Err(shell.refused(wrong)),
    }
}
