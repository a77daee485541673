//! Reports of runs, from the stores of a service.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Work;
use flowrun_core::report::Report;
use flowrun_host::session::durable::history;
use flowrun_kit::effect::Pending;
use flowrun_store::RunId;
use tokio::task::spawn_blocking;

use super::RunReports;
use crate::{Hosted, Service};

/// The end of a run is told before it is on the disk, where a report is looked for: so often, a second apart.
const TRIES: usize = 5;

impl RunReports for Service {
    fn of(&self, project: &str, run: &RunId) -> Pending<'_, Option<Report>> {
        let hosted = self.projects.iter().find(|hosted| *hosted.runs.served.name == *project).cloned();
        let run = run.clone();
        Box::pin(async move {
            let hosted = hosted?;
            for _ in 0..TRIES {
                // A disk takes its own time.
                let hold = self.clock.hold();
                let (hosted, run) = (hosted.clone(), run.clone());
                let report = spawn_blocking(move || ended(&hosted, &run)).await.ok()?;
                if let Some(report) = report {
                    return Some(report);
                }
                drop(hold);
                self.clock.sleep(Duration::from_secs(1)).await;
            }
            None
        })
    }

    fn reaches(&self, card: &str) -> bool {
        self.projects.iter().any(|hosted| {
            let cards = &hosted.runs.served.surroundings.registry.vocabulary().cards;
            cards.get(card).is_some_and(|card| matches!(&card.work, Work::Effect(spec) if !spec.own))
        })
    }
}

fn ended(hosted: &Arc<Hosted>, run: &str) -> Option<Report> {
    let served = &hosted.runs.served;
    let run = hosted.runs.store().run(run).ok().filter(|run| !run.state.status().is_open())?;
    history::report(&served.home, &run, None, served.surroundings.registry.vocabulary()).ok()?
}
