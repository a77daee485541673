//! Events that are to come again.

use axum::http::StatusCode;
use serde_json::json;

use super::route::{Call, Kind, Param, Reply, Route, Shape, absent};
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route::post(
        Right::SwitchFlows,
        "/api/v1/hooks/{hook}/deliveries/{id}/redeliver",
        "Has the events of a delivery, or one event by its own ID, start their flows once more, whether they have before or not. What they say is read from the System Log.",
        |call| Box::pin(again(call)),
    )
    .changes("flowrun.hook.redeliver")
    .gives(Shape::One(&["events", "found", "runs"])),
    Route::post(
        Right::SwitchFlows,
        "/api/v1/projects/{project}/log/redeliver",
        "Has the System Log read again from a moment on: what is not known yet of it starts its runs.",
        |call| Box::pin(since(call)),
    )
    .body(&[Param::new("since", Kind::Date, "From when on.").must()])
    .changes("flowrun.log.redeliver")
    .gives(Shape::One(&["since"])),
];

async fn again(call: Call) -> Result<Reply, Problem> {
    let (hook, id) = (call.part("hook"), call.part("id"));
    let may = |project: &str, flow: &str| call.may(Right::SwitchFlows, project, flow);
    let again = call.api.hooks.again(hook, id, &may).await;
    let again = again.map_err(|problem| Problem::new(StatusCode::CONFLICT, &problem.message))?;
    match again.found {
        0 => Err(absent("event or delivery in the System Log:", id)),
        _ => Ok(Reply::Json(json!(again))),
    }
}

async fn since(call: Call) -> Result<Reply, Problem> {
    let project = call.project()?.runs.served.name.clone();
    call.caller.needs(Right::SwitchFlows, Place::Folder(&project))?;
    let said = call.said("since").unwrap_or_default();
    let date =
        flowrun_core::value::parse_date(said).ok_or_else(|| Problem::request("`since`: expected a date"))?;
    let back = call.api.hooks.redeliver(&project, date.millis()).await;
    back.map_err(|problem| Problem::new(StatusCode::SERVICE_UNAVAILABLE, &problem.message))?;
    Ok(Reply::Json(json!({ "since": date.to_string() })))
}
