//! Triggers: what starts flows, and when.

use serde_json::json;

use super::Page;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let (shell, schedules) = shell.get("/schedules?times=3").await?;
    let (shell, endpoints) = shell.get("/endpoints").await?;
    let hooks = shell.ask.get("/api/v1/hooks").await.unwrap_or_default();
    let given =
        json!({ "schedules": schedules["items"], "endpoints": endpoints["items"], "hooks": hooks["items"] });
    Ok(shell.page("triggers.html", "triggers", given))
}
