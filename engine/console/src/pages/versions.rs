//! Versions: what went live, and what it changed.

use serde_json::json;

use super::Page;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let (shell, versions) = shell.get("/versions").await?;
    Ok(shell.page("versions.html", "versions", json!({ "versions": versions["items"] })))
}
