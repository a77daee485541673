//! Connections: does each work, who uses it, what does it need.

use axum::Form;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

use super::Page;
use crate::ask::part;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let (shell, connections) = shell.get("/connections").await?;
    Ok(shell.page("connections.html", "connections", json!({ "connections": connections["items"] })))
}

/// Tries whether a connection works.
pub async fn test(shell: Shell, Form(form): Form<Vec<(String, String)>>) -> Page {
    let name =
        form.iter().find(|(key, _)| key == "connection").map(|(_, name)| name.as_str()).unwrap_or_default();
    let path = format!("{}/connections/{}/test", shell.api, part(name));
    match shell.ask.post(&path, &json!({})).await {
        Ok(_) => Ok(Redirect::to(&format!("/p/{}/connections", part(&shell.project))).into_response()),
        Err(wrong) => Err(shell.refused(wrong)),
    }
}
