//! What happens in one run, entry by entry, as it comes to its journal.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use flowrun_core::journal::Entry;
use flowrun_core::program::Program;
use flowrun_core::stored::{Blind, decode};
use flowrun_host::session::durable::history::happened;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_store::{RunId, Status};
use futures_util::stream;
use serde_json::{Value, json};

use super::flows::unable;
use super::route::{Call, Reply, Route, Shape};
use super::runs::{known, sees};
use super::start::reading;
use crate::Hosted;
use crate::people::{Problem, Right};
use crate::runs::Unable;

pub const ROUTES: &[Route] = &[Route::get(
    Right::SeeFlows,
    "/api/v1/projects/{project}/runs/{run}/follow",
    "What happens in a run, as server-sent events: `entry` with what it says for each entry of its journal, whose number is its `id`; `stands` at the end, when the run has ended or waits for somebody or a time. Who comes back with `last-event-id` gets what came after that.",
    |call| Box::pin(follow(call)),
)
.gives(Shape::Text("text/event-stream"))];

/// How often it is looked for more.
const LOOK: Duration = Duration::from_millis(300);

/// So often something is sent where nothing happens, in looks.
const BEAT: u32 = 50;

/// So many entries are told at once.
const AT_ONCE: usize = 500;

/// Whoever follows a run, and how far they have come.
struct Following {
    call: Call,
    hosted: Arc<Hosted>,
    program: Arc<Program>,
    id: RunId,
    sees: bool,
    next: u64,
    quiet: u32,
    over: bool,
}

async fn follow(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = known(&call)?;
    let sees = sees(&call, &hosted, &run);
    let id = run.about.id.clone();
    let program = {
        let (hosted, id) = (hosted.clone(), id.clone());
        reading(move || {
            let served = &hosted.runs.served;
            let vocabulary = served.surroundings.registry.vocabulary();
            let recalled = Recalled::read(&served.home, &id, vocabulary, Sight::Blind, Some(0));
            Ok(recalled.map_err(|problem| unable(Unable::Problem(problem)))?.program)
        })
        .await?
    };
    let last = call.headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse::<u64>().ok());
    let next = last.unwrap_or(run.cut).saturating_add(1);
    let following = Following { call, hosted, program, id, sees, next, quiet: 0, over: false };
    let stream = stream::unfold(following, |mut following| async move {
        let text = following.more().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), following))
    });
    Ok(Reply::Stream(Body::from_stream(stream)))
}

impl Following {
    /// What has happened meanwhile, as events; nothing when there is no more to come.
    async fn more(&mut self) -> Option<String> {
        loop {
            // Whose token was taken back, or who has signed out, hears no more.
            if self.over || !self.call.api.people.holds(&self.call.caller) {
                return None;
            }
            let text = self.look()?;
            if !text.is_empty() {
                self.quiet = 0;
                return Some(text);
            }
            self.quiet += 1;
            if self.quiet.is_multiple_of(BEAT) {
                return Some(": here\n\n".to_owned());
            }
            self.call.api.service.clock.sleep(LOOK).await;
        }
    }

    /// What there is now.
    fn look(&mut self) -> Option<String> {
        let (store, goes_on) = (self.hosted.runs.store(), self.hosted.runs.is_live(&self.id));
        // Only now: what it has come to is on the disk before it is gone from memory.
        let run = store.run(&self.id).ok()?;
        let entries = store.entries(&self.id, self.next, AT_ONCE).ok()?;
        let mut text = String::new();
        for stored in &entries {
            self.next = stored.seq + 1;
            let Ok(entry) = decode::<Entry>(&stored.body, &Blind) else { continue };
            let Some(what) = happened(&self.program, &entry, self.sees) else { continue };
            let data = json!({ "entry": stored.seq, "at": crate::when(entry.at_us), "what": what });
            text.push_str(&event("entry", Some(stored.seq), &data));
        }
        let status = run.state.status();
        if !goes_on && run.entries < self.next && status != Status::Running {
            text.push_str(&event("stands", None, &json!({ "status": status.name() })));
            self.over = true;
        }
        Some(text)
    }
}

fn event(kind: &str, id: Option<u64>, data: &Value) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {kind}\ndata: {data}\n\n")
}
