//! `/metrics`: what the service counts, for those who may see what runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn};
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

/// Counts how long the requests of a router take.
pub fn counted(metrics: Metrics, scheme: &'static str, router: Router) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let metrics = metrics.clone();
        async move {
            let began = Instant::now();
            let method = request.method().clone();
            // What is nowhere has no route, or anybody could make up any number of them.
            let route = request.extensions().get::<MatchedPath>().cloned();
            let answer = next.run(request).await;
            let route = route.as_ref().map_or("", MatchedPath::as_str);
            let seconds = began.elapsed().as_secs_f64();
            metrics.answered(method.as_str(), route, answer.status().as_u16(), scheme, seconds);
            answer
        }
    }))
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

/// Lets the metrics ask the service for what it knows at any moment, as long as there is one: it has the metrics, and they don't have it.
pub fn measure(service: &Arc<Service>, metrics: &Metrics) {
    let all = Arc::downgrade(service);
    metrics.ask(&metrics::RUN_ACTIVE, move || {
        let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
        let Some(all) = all.upgrade() else { return Vec::new() };
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
    let all = Arc::downgrade(service);
    metrics.ask(&metrics::INBOX_WAITING, move || {
        let of = |project: &Arc<crate::Hosted>| {
            (vec![project.runs.served.name.clone()], project.inbox.waiting() as f64)
        };
        all.upgrade().iter().flat_map(|all| all.projects.iter().map(of)).collect()
    });
    let all = Arc::downgrade(service);
    metrics.ask(&metrics::PROJECT_VERSION, move || {
        let of = |project: &Arc<crate::Hosted>| {
            let served = &project.runs.served;
            (vec![served.name.clone()], served.version().number as f64)
        };
        all.upgrade().iter().flat_map(|all| all.projects.iter().map(of)).collect()
    });
    let all = Arc::downgrade(service);
    metrics.ask(&metrics::STORE_BACKUP, move || {
        let of = |project: &Arc<crate::Hosted>| {
            let served = &project.runs.served;
            Some((vec![served.name.clone()], served.home.backed_up_ms()? as f64 / 1e3))
        };
        all.upgrade().iter().flat_map(|all| all.projects.iter().filter_map(of)).collect()
    });
    for project in &service.projects {
        let served = &project.runs.served;
        let Some(file) = &served.home.file else { continue };
        let (name, metrics) = (served.name.clone(), metrics.clone());
        file.watch(move |committed| {
            metrics.observe(&metrics::COMMIT_DURATION, &[&name], committed.took.as_secs_f64());
            metrics.observe(&metrics::COMMIT_SIZE, &[&name], committed.batches as f64);
        });
    }
    for (family, file) in [(&metrics::STORE_SIZE, "store.db"), (&metrics::STORE_WAL_SIZE, "store.db-wal")] {
        let all = Arc::downgrade(service);
        metrics.ask(family, move || {
            let of = |project: &Arc<crate::Hosted>| {
                let served = &project.runs.served;
                let size = std::fs::metadata(served.home.folder.join(file)).map_or(0, |data| data.len());
                (vec![served.name.clone()], size as f64)
            };
            all.upgrade().iter().flat_map(|all| all.projects.iter().map(of)).collect()
        });
    }
}
