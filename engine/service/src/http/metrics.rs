//! `/metrics`: what the service counts, for those who may see what runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use flowrun_store::{Filter, Status};

use crate::Service;
use crate::people::{Caller, Place, Problem, Right};
use crate::watch::metrics::{self, Metrics};
use crate::watch::registry::Labels;

/// The route. The guard of `People` must stand before it.
pub fn router(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(shown)).with_state(metrics)
}

async fn shown(
    caller: Caller,
    State(metrics): State<Metrics>,
) -> Result<([(axum::http::HeaderName, &'static str); 1], String), Problem> {
    caller.needs(Right::SeeFlows, Place::Service)?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.prometheus()))
}

/// So many held runs are counted at most.
const MOST_HELD: usize = 1_000;

/// Lets the metrics ask the service for what it knows at any moment.
pub fn measure(service: &Arc<Service>, metrics: &Metrics) {
    let all = service.clone();
    metrics.ask(&metrics::RUN_ACTIVE, move || {
        let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
        for project in &all.projects {
            let name = &project.runs.served.name;
            let labels =
                |flow: &str, status: Status| vec![name.clone(), Arc::from(flow), Arc::from(status.name())];
            for live in project.runs.live().values() {
                *counts.entry(labels(&live.flow, Status::Running)).or_default() += 1.0;
            }
            // Of runs that have left memory only their number is known.
            counts.insert(labels("", Status::Waiting), project.runs.waiting.count() as f64);
            // Few, or somebody has been told: it is what alerts are about.
            let held = Filter { states: vec![Status::Held], limit: Some(MOST_HELD), ..Filter::default() };
            for run in project.runs.store().runs(&held).unwrap_or_default() {
                *counts.entry(labels(&run.about.flow, Status::Held)).or_default() += 1.0;
            }
        }
        counts.into_iter().collect()
    });
    let all = service.clone();
    metrics.ask(&metrics::INBOX_WAITING, move || {
        let of = |project: &Arc<crate::Hosted>| {
            (vec![project.runs.served.name.clone()], project.inbox.waiting() as f64)
        };
        all.projects.iter().map(of).collect()
    });
    let all = service.clone();
    metrics.ask(&metrics::PROJECT_VERSION, move || {
        let of = |project: &Arc<crate::Hosted>| {
            let served = &project.runs.served;
            (vec![served.name.clone()], served.version().number as f64)
        };
        all.projects.iter().map(of).collect()
    });
    for (family, file) in [(&metrics::STORE_SIZE, "store.db"), (&metrics::STORE_WAL_SIZE, "store.db-wal")] {
        let all = service.clone();
        metrics.ask(family, move || {
            let of = |project: &Arc<crate::Hosted>| {
                let served = &project.runs.served;
                let size = std::fs::metadata(served.home.folder.join(file)).map_or(0, |data| data.len());
                (vec![served.name.clone()], size as f64)
            };
            all.projects.iter().map(of).collect()
        });
    }
}
