//! Calls: a run begins or goes on, and whoever called is told what it comes to, as long as they wait.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use flowrun_core::value::Record;
use flowrun_kit::clock::Clock;
use tokio::sync::oneshot;

use super::Endpoints;
use super::answer::Reply;
use super::directory::Endpoint;
use super::idempotency::Once;
use super::problem::Wrong;
use crate::runs::{Answer, Beginning, Unable};
use crate::{Hosted, names};

/// A flow that is to run.
pub(super) struct Call {
    pub endpoint: Arc<Endpoint>,
    pub inputs: Record,
    /// What it runs for: `endpoint`, `retry`.
    pub cause: &'static str,
    pub who: Option<String>,
    /// Which place in a trace it comes from.
    pub traceparent: Option<Arc<str>>,
}

/// The longest `traceparent` that is looked at: version 00 has 55 letters, later ones may have more.
const LONGEST_TRACE: usize = 256;

/// Which place in a trace a request comes from (W3C Trace Context).
pub(super) fn traceparent(parts: &Parts) -> Option<Arc<str>> {
    let given = parts.headers.get("traceparent")?.to_str().ok()?;
    (given.len() <= LONGEST_TRACE).then(|| Arc::from(given))
}

/// A run that is on its way to somebody's answer.
pub(super) struct Way {
    pub project: Arc<Hosted>,
    pub run: String,
    /// What it comes to.
    pub answer: oneshot::Receiver<Answer>,
    /// The key under which its answer is kept.
    pub once: Option<Once>,
}

impl Endpoints {
    /// Begins a run, and waits for its answer as long as the flow says; `later` does not wait for it.
    pub(super) async fn begin(
        self: &Arc<Self>,
        call: Call,
        once: Option<Once>,
        later: bool,
    ) -> Result<Reply, Wrong> {
        let Call { endpoint, inputs, cause, who, traceparent } = call;
        let runs = endpoint.project.runs.clone();
        let run = names::run(runs.now_us());
        let (sender, answer) = oneshot::channel();
        let beginning = Beginning {
            flow: endpoint.flow.clone(),
            inputs,
            cause: cause.to_owned(),
            who,
            notes: once.iter().map(|once| once.begins(&run, runs.now_us())).collect(),
            due_us: runs.now_us(),
            answer: Some(sender),
            name: Some(run.clone()),
            traceparent,
        };
        let way = Way { project: endpoint.project.clone(), run: run.clone(), answer, once };
        let begin = async move { runs.begin(beginning).await.map(drop) };
        let (begun, answered) = self.send(way, begin);
        let waits = async {
            begun.await.unwrap_or_else(|_| Err(ending()))?;
            if later {
                return Ok(self.accepted(&endpoint, &run));
            }
            answered.await.map_err(|_| ending().about(&run))
        };
        self.within(endpoint.timeout, &run, waits).await
    }

    /// An answer, or after a time that the run goes on.
    pub(super) async fn within(
        &self,
        limit: Duration,
        run: &str,
        work: impl Future<Output = Result<Reply, Wrong>>,
    ) -> Result<Reply, Wrong> {
        let waited = self.service.clock.timeout(limit, work).await;
        waited.unwrap_or_else(|| {
            let message = "the flow has not answered in time; its run goes on";
            Err(Wrong::new(504, "timeout", message).about(run))
        })
    }

    /// Begins something and sees it through, whether or not its caller waits: tells when it has begun, and what it is answered with.
    pub(super) fn send(
        &self,
        way: Way,
        begin: impl Future<Output = Result<(), Unable>> + Send + 'static,
    ) -> (oneshot::Receiver<Result<(), Wrong>>, oneshot::Receiver<Reply>) {
        let (begun, when_begun) = oneshot::channel();
        let (reply, when_answered) = oneshot::channel();
        let service = self.service.clone();
        self.service.tasks.spawn(async move {
            let went = match begin.await {
                Ok(()) => settled(&service.clock, &way.project).await.and_then(|()| way.is_there()),
                Err(Unable::Ending) => Err(ending()),
                Err(Unable::Full) => {
                    Err(Wrong::too_many(1, "too many runs of the flow wait already: try again soon"))
                }
                Err(Unable::Problem(problem)) => {
                    way.tell(&problem.message);
                    Err(Wrong::here("the run could not begin").about(&way.run))
                }
            };
            let goes_on = went.is_ok();
            // Whoever has gone away need not be told.
            let _ = begun.send(went);
            if goes_on {
                way.through(&service, reply).await;
            }
        });
        (when_begun, when_answered)
    }
}

impl Way {
    /// Nothing good is said of a run that the store does not have.
    fn is_there(&self) -> Result<(), Wrong> {
        let there = self.project.runs.store().run(&self.run).is_ok();
        if there { Ok(()) } else { Err(Wrong::here("the run could not begin")) }
    }

    fn tell(&self, why: &str) {
        let (kind, about) = (Arc::from("endpoint"), Arc::from(&*self.run));
        let why = Arc::from(format!("no run could be begun or gone on with for a caller: {why}"));
        self.project.runs.tell(crate::changes::What::Trouble { kind, about, why });
    }

    /// Waits for the answer, and for as long as somebody wants it.
    pub(super) async fn through(self, service: &crate::Service, mut reply: oneshot::Sender<Reply>) {
        let Way { project, run, mut answer, once } = self;
        let kept = once.is_some();
        let nobody = async {
            reply.closed().await;
            if kept {
                // The answer is for whoever asks again, if need be of the next service.
                service.tasks.draining().await;
            }
        };
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer.ok(),
            () = service.tasks.closing() => None,
            () = nobody => {
                drop(answer);
                return project.runs.is_awaited_no_more(&run);
            }
        };
        let Some(answer) = answer else {
            let _ = reply.send(ending().about(&run).into_reply());
            return;
        };
        // What is held or can't be kept may still come to an answer.
        let lasts = !matches!(answer, Answer::Held | Answer::Broken(_));
        let mut said = Reply::to(answer, &run);
        if let Some(once) = once.filter(|_| lasts)
            && once.answered(&service.clock, &run, &said).await.is_err()
        {
            said = Wrong::here("the answer can't be kept").about(&run).into_reply();
        }
        let _ = reply.send(said);
    }
}

/// The service ends while somebody waits.
fn ending() -> Wrong {
    Wrong::here("the service is being ended: ask again when it is back; a run that has begun goes on then")
}

/// Waits until all that was done so far is on the disk.
pub(super) async fn settled(clock: &Clock, project: &Hosted) -> Result<(), Wrong> {
    let store = project.runs.store();
    // The disk takes no simulated time.
    let _hold = clock.hold();
    // That it does not take something else's batch is none of this one's business.
    match (store.durable(store.newest()).await, store.broken()) {
        (Err(_), Some(_)) => Err(Wrong::here("what happens can't be written any more")),
        _ => Ok(()),
    }
}
