//! Approvals: who waits for an answer.

use serde_json::json;

use super::Page;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let (shell, pauses) = shell.get("/pauses").await?;
    Ok(shell.page("approvals.html", "approvals", json!({ "pauses": pauses["items"] })))
}
