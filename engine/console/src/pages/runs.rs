//! Runs: what happened, filtered by its address.

use serde_json::json;

use super::Page;
use crate::shell::Shell;

/// What the address may filter by, as `/api/v1` has it.
const FILTERS: &[&str] = &["flow", "status", "cause", "since", "until", "text"];

pub async fn page(shell: Shell) -> Page {
    let mut more = vec![("limit", "50")];
    more.extend(shell.asked("cursor").map(|cursor| ("cursor", cursor)));
    let path = format!("/runs?{}", shell.query_of(FILTERS, &more));
    let (shell, runs) = shell.get(&path).await?;
    let older = runs["next"].as_str().map(|next| shell.query_of(FILTERS, &[("cursor", next)]));
    Ok(shell.page("runs.html", "runs", json!({ "list": runs["items"], "older": older })))
}
