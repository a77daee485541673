//! Activity: who did what.

use serde_json::json;

use super::Page;
use crate::ask::part;
use crate::shell::Shell;

pub async fn page(shell: Shell) -> Page {
    let cursor = shell.asked("cursor").map(|cursor| format!("&cursor={}", part(cursor))).unwrap_or_default();
    let activity = match shell.ask.get(&format!("/api/v1/activity?limit=100{cursor}")).await {
        Ok(activity) => activity,
        Err(wrong) => return Err(shell.refused(wrong)),
    };
    let given = json!({ "activity": activity["items"], "next": activity["next"] });
    Ok(shell.page("activity.html", "activity", given))
}
