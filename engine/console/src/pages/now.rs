//! Now: what needs somebody, what runs, what comes next.

use serde_json::json;

use super::Page;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let (shell, attention) = shell.get("/attention").await?;
    let (shell, counts) = shell.get("/counts").await?;
    let (shell, schedules) = shell.get("/schedules?times=1").await?;
    let (shell, running) = shell.get("/runs?status=running&limit=20").await?;
    let (shell, connections) = shell.get("/connections").await?;
    let broken = connections["items"].as_array().into_iter().flatten();
    let broken: Vec<_> =
        broken.filter(|one| one["tested"]["works"] == false || one["state"] == "incomplete").collect();
    let mut next: Vec<_> =
        schedules["items"].as_array().into_iter().flatten().filter(|one| one["on"] == true).collect();
    next.sort_by_key(|one| one["next"][0].as_str().unwrap_or_default().to_owned());
    next.truncate(5);
    let given = json!({
        "attention": attention["items"], "counts": counts, "next": next, "running": running["items"], "broken": broken,
    });
    Ok(shell.page("now.html", "now", given))
}
