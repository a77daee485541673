//! The pages.

mod activity;
mod approvals;
mod connections;
mod flow;
mod flows;
mod now;
mod run;
mod runs;
mod tables;
mod triggers;
mod versions;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::Console;
use crate::shell::{Gone, first, nothing};

/// A page, or why there is none.
type Page = Result<Response, Gone>;

/// All of them.
pub fn router() -> Router<Console> {
    Router::new()
        .route("/", get(first))
        .route("/p/{project}/now", get(now::page))
        .route("/p/{project}/flows", get(flows::page))
        .route("/p/{project}/flows/{flow}", get(flow::page).post(flow::act))
        .route("/p/{project}/flows/{flow}/picture", get(flow::picture))
        .route("/p/{project}/runs", get(runs::page))
        .route("/p/{project}/runs/{run}", get(run::page).post(run::act))
        .route("/p/{project}/approvals", get(approvals::page))
        .route("/p/{project}/triggers", get(triggers::page))
        .route("/p/{project}/tables", get(tables::list))
        .route("/p/{project}/tables/{table}", get(tables::page))
        .route("/p/{project}/connections", get(connections::page).post(connections::test))
        .route("/p/{project}/versions", get(versions::page))
        .route("/p/{project}/activity", get(activity::page))
        .fallback(nothing)
}
