//! Tables: those that are kept, and their rows.

use axum::extract::Path;
use serde_json::json;

use super::Page;
use crate::ask::part;
use crate::shell::Shell;

pub async fn list(shell: Shell) -> Page {
    let (shell, tables) = shell.get("/tables").await?;
    Ok(shell.page("tables.html", "tables", json!({ "tables": tables["items"] })))
}

pub async fn page(Path((_, table)): Path<(String, String)>, shell: Shell) -> Page {
    let query = shell.query_of(&["cursor", "hosts"], &[("limit", "100")]);
    let path = format!("/tables/{}/rows?{query}", part(&table));
    let (shell, rows) = shell.get(&path).await?;
    let mut columns: Vec<&str> = Vec::new();
    for row in rows["items"].as_array().into_iter().flatten() {
        for name in row.as_object().into_iter().flat_map(|row| row.keys()) {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let given = json!({ "table": table, "rows": rows["items"], "columns": columns, "next": rows["next"] });
    Ok(shell.page("table.html", "tables", given))
}
