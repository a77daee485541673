//! What pages are made of besides answers: templates, styles and shapes, all within the binary.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::Console;

/// The templates, by their names.
pub(crate) const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("../templates/layout.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("wrong.html", include_str!("../templates/wrong.html")),
    ("sign_in.html", include_str!("../templates/sign_in.html")),
    ("now.html", include_str!("../templates/now.html")),
    ("flows.html", include_str!("../templates/flows.html")),
    ("flow.html", include_str!("../templates/flow.html")),
    ("runs.html", include_str!("../templates/runs.html")),
    ("run.html", include_str!("../templates/run.html")),
    ("approvals.html", include_str!("../templates/approvals.html")),
    ("triggers.html", include_str!("../templates/triggers.html")),
    ("tables.html", include_str!("../templates/tables.html")),
    ("table.html", include_str!("../templates/table.html")),
    ("connections.html", include_str!("../templates/connections.html")),
    ("versions.html", include_str!("../templates/versions.html")),
    ("activity.html", include_str!("../templates/activity.html")),
];

/// The files that pages name, with their types.
const FILES: &[(&str, &str, &str)] = &[
    ("/assets/console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
    ("/assets/icons.svg", "image/svg+xml", include_str!("../assets/icons.svg")),
];

/// Serves the files.
pub fn router() -> Router<Console> {
    FILES.iter().fold(Router::new(), |router, (path, kind, text)| {
        // Asked again each time, since another flowrun has other ones under the same names.
        let answer = move || async move {
            ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "no-cache")], *text).into_response()
        };
        router.route(path, get(answer))
    })
}
