//! The versions of a project that were served, and what differs between them.

use serde_json::{Value, json};

use super::page::{CURSOR, LIMIT, asked, page};
use super::route::{Call, Kind, Param, Reply, Route, Shape, absent};
use super::start::reading;
use crate::people::{Place, Problem, Right};
use crate::versions::{self, Remembered};
use crate::{Hosted, when};

const VERSION: &[&str] = &["version", "hash", "read", "flows", "changed", "serves", "back"];

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/versions",
        "The versions of a project that were served, the newest first, each with what changed against the one before.",
        |call| Box::pin(list(call)),
    )
    .query(&[LIMIT, CURSOR])
    .gives(Shape::Page(VERSION)),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/versions/{version}",
        "A version of a project.",
        |call| Box::pin(one(call)),
    )
    .gives(Shape::One(VERSION)),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/versions/{version}/diff",
        "What differs between two versions: flows, cards and fields, as `flowrun diff` tells it.",
        |call| Box::pin(diff(call)),
    )
    .query(&[Param::new(
        "from",
        Kind::Whole(1, u32::MAX as u64),
        "Against this version; the one before where nothing is said.",
    )])
    .gives(Shape::One(&["old", "new", "differs", "summary", "files"])),
];

fn told(hosted: &Hosted, version: &Remembered) -> Value {
    let served = &hosted.runs.served;
    json!({
        "version": version.number, "hash": version.hash, "read": when(version.at_us), "flows": version.flows,
        "changed": version.changed, "serves": served.version().number == version.number,
        "back": versions::back(&served.folder, version.number),
    })
}

/// A version tells of all flows of its project.
fn whole(call: &Call) -> Result<std::sync::Arc<Hosted>, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::SeeFlows, Place::Folder(&hosted.runs.served.name))?;
    Ok(hosted)
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let (hosted, asked) = (whole(&call)?, asked(&call)?);
    let before = asked.number()?;
    reading(move || {
        let found = versions::list(&**hosted.runs.store(), before, asked.limit + 1)?;
        let told = found.iter().map(|version| (version.number.to_string(), told(&hosted, version)));
        Ok(Reply::Json(page(told.collect(), asked.limit)))
    })
    .await
}

fn known(call: &Call, hosted: &Hosted, number: &str) -> Result<Remembered, Problem> {
    let found = number.parse().ok().map(|number| versions::of(&**hosted.runs.store(), number)).transpose()?;
    found.flatten().ok_or_else(|| absent("version", call.part("version")))
}

async fn one(call: Call) -> Result<Reply, Problem> {
    let hosted = whole(&call)?;
    let version = known(&call, &hosted, call.part("version"))?;
    Ok(Reply::Json(told(&hosted, &version)))
}

async fn diff(call: Call) -> Result<Reply, Problem> {
    let hosted = whole(&call)?;
    let new = known(&call, &hosted, call.part("version"))?.number;
    let old = call.number("from").unwrap_or(new.saturating_sub(1));
    reading(move || {
        let (store, served) = (&**hosted.runs.store(), &hosted.runs.served);
        let vocabulary = served.surroundings.registry.vocabulary();
        let made_of = |number: u64| {
            let gone = || {
                let detail = format!("it is not kept what version {number} was made of: git has its files");
                Problem::new(axum::http::StatusCode::GONE, &detail)
            };
            versions::of(store, number)?.ok_or_else(|| absent("version", &number.to_string()))?;
            versions::project(store, number, vocabulary).ok_or_else(gone)
        };
        let (was, now) = (made_of(old)?, made_of(new)?);
        let report = versions::between((old, &was), (new, &now), vocabulary);
        let told = serde_json::from_str(&flowrun_views::diff::json(&report));
        let mut told: Value = told.map_err(|error| Problem::request(&error.to_string()))?;
        told["back"] = json!(versions::back(&served.folder, old));
        Ok(Reply::Json(told))
    })
    .await
}
