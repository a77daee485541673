//! Flows: what there is, whether it is on, what starts it; and where a text stands.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Page;
use crate::ask::part;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    if let Some(text) = shell.asked("text").map(str::to_owned) {
        let (shell, found) = shell.get(&format!("/search?text={}", part(&text))).await?;
        return Ok(shell.page("flows.html", "flows", json!({ "text": text, "found": found["items"] })));
    }
    let (shell, flows) = shell.all("/flows").await?;
    let (shell, schedules) = shell.get("/schedules?times=1").await?;
    let times = schedules["items"].as_array().into_iter().flatten();
    let next: BTreeMap<&str, &Value> =
        times.filter_map(|one| Some((one["flow"].as_str()?, &one["next"][0]))).collect();
    let mut folders: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for flow in &flows {
        let path = flow["flow"].as_str().unwrap_or_default();
        let folder = path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
        let mut flow = flow.clone();
        flow["next"] = next.get(path).map(|at| (*at).clone()).unwrap_or_default();
        folders.entry(folder.to_owned()).or_default().push(flow);
    }
    let folders: Vec<Value> =
        folders.into_iter().map(|(folder, flows)| json!({ "folder": folder, "flows": flows })).collect();
    Ok(shell.page("flows.html", "flows", json!({ "folders": folders })))
}
