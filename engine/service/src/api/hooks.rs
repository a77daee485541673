//! The doors for those who tell what happened, and what came through them.

use serde_json::{Value, json};

use super::page::{CURSOR, LIMIT, asked, page, part};
use super::route::{Call, Reply, Route, Shape, absent};
use super::start::reading;
use crate::hooks::Door;
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeFlows,
        "/api/v1/hooks",
        "The hooks by which others tell what happened: who may send, which flows listen, whether its secret is there.",
        |call| Box::pin(list(call)),
    )
    .gives(Shape::Page(&["hook", "kind", "path", "flows", "has_secret", "events"])),
    Route::get(
        Right::SeeFlows,
        "/api/v1/hooks/{hook}/deliveries",
        "What came by a hook in the last 7 days, the newest first, and how many events each delivery had.",
        |call| Box::pin(deliveries(call)),
    )
    .query(&[LIMIT, CURSOR])
    .gives(Shape::Page(&["delivery", "at", "project", "events"])),
];

/// The flows behind a door that the caller may see, as `project/flow`.
fn seen(call: &Call, door: &Door) -> Vec<String> {
    let flows = door.flows.iter().filter(|(project, flow)| call.may(Right::SeeFlows, project, flow));
    flows.map(|(project, flow)| format!("{project}/{flow}")).collect()
}

fn sees_all(call: &Call, door: &Door) -> bool {
    door.projects.iter().any(|project| call.caller.may(Right::SeeFlows, Place::Folder(project)))
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let doors = call.api.hooks.doors();
    let told = doors.iter().filter_map(|door| {
        let flows = seen(&call, door);
        let told = json!({
            "hook": door.name, "kind": door.kind, "path": door.path, "flows": flows,
            "has_secret": door.has_secret, "events": door.events.iter().map(|event| &**event).collect::<Vec<&str>>(),
        });
        (!flows.is_empty() || sees_all(&call, door)).then(|| (door.name.clone(), told))
    });
    Ok(Reply::Json(page(told.collect(), usize::MAX)))
}

async fn deliveries(call: Call) -> Result<Reply, Problem> {
    let name = call.part("hook");
    let door = call.api.hooks.doors().into_iter().find(|door| door.name == *name);
    let door = door.filter(|door| !seen(&call, door).is_empty() || sees_all(&call, door));
    let door = door.ok_or_else(|| absent("hook", name))?;
    let asked = asked(&call)?;
    reading(move || {
        let (limit, before) = (asked.limit, asked.after.as_deref());
        let mut found: Vec<(String, Value)> = Vec::new();
        for project in &door.projects {
            if !call.caller.may(Right::SeeFlows, Place::Folder(project)) {
                continue;
            }
            let Some(hosted) = call.api.service.project(project) else { continue };
            let notes = crate::hooks::deliveries(&**hosted.runs.store(), &door.name, before, limit + 1)?;
            found.extend(notes.into_iter().map(|(key, mut told)| {
                told["project"] = json!(&**project);
                (key, told)
            }));
        }
        found.sort_by(|one, other| other.0.cmp(&one.0));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(key, _)| key.clone());
        Ok(Reply::Json(part(found.into_iter().map(|(_, told)| told).collect(), next)))
    })
    .await
}
