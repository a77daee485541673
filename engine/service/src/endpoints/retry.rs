//! A run that has ended, run again with what it was given.

use std::sync::Arc;

use axum::http::request::Parts;
use flowrun_host::session::durable::recall::{Recalled, Sight};

use super::Endpoints;
use super::admit::later;
use super::answer::Reply;
use super::calls::{Call, traceparent};
use super::problem::Wrong;

impl Endpoints {
    pub(super) async fn retry(
        self: &Arc<Self>,
        alias: &str,
        execution: &str,
        parts: &Parts,
    ) -> Result<Reply, Wrong> {
        let (endpoint, who) = self.admit(alias, parts, true).await?;
        self.paced(&endpoint)?;
        let run = self.run_of(&endpoint, execution)?;
        if run.state.status().is_open() {
            return Err(Wrong::new(409, "under_way", "the run has not ended").about(execution));
        }
        let (served, id) = (endpoint.project.runs.served.clone(), run.about.id.clone());
        let read = move || {
            let vocabulary = served.surroundings.registry.vocabulary();
            let recalled = Recalled::read(&served.home, &id, vocabulary, Sight::Start, Some(0));
            recalled.ok().map(|recalled| recalled.opening.header.inputs.clone())
        };
        let hold = self.service.clock.hold();
        let inputs = tokio::task::spawn_blocking(read).await.ok().flatten();
        drop(hold);
        let gone = || {
            let message = "what the run was given is gone: its data is not saved, or was cleared";
            Wrong::new(410, "values_gone", message).about(execution)
        };
        let inputs = inputs.ok_or_else(gone)?;
        self.begin(
            Call { endpoint, inputs, cause: "retry", who, traceparent: traceparent(parts) },
            None,
            later(parts),
        )
        .await
    }
}
