//! Runs that wait for somebody's answer: it is given once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use flowrun_core::machine::{Limits, Machine, Paused};
use flowrun_core::program::Op;
use flowrun_core::value::{Record, Value};
use flowrun_host::session::Say;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_store::{Run, RunId, State};
use tokio::sync::oneshot;

use super::Endpoints;
use super::answer::Reply;
use super::calls::Way;
use super::problem::Wrong;
use super::request::Asked;
use crate::Hosted;

/// The right to answer a run's pause, until it is dropped.
pub(super) struct Seat {
    run: RunId,
    all: Arc<Mutex<BTreeSet<RunId>>>,
}

/// A pause, and whether it wants a whole request.
pub(super) struct Asking {
    pub pause: Paused,
    pub raw: bool,
}

impl Endpoints {
    pub(super) async fn resume(
        self: &Arc<Self>,
        alias: &str,
        execution: &str,
        parts: &Parts,
        body: Body,
    ) -> Result<Reply, Wrong> {
        let (endpoint, _) = self.admit(alias, parts, false).await?;
        self.paced(&endpoint)?;
        let asked = Asked::read(parts, body, endpoint.body, &self.service.clock).await?;
        let run = self.run_of(&endpoint, execution)?;
        let give = move |asking: &Asking| Ok(given(asking, &asked));
        self.give(&endpoint.project, &run, endpoint.timeout, give).await
    }

    /// Gives the pause of a run what it waits for, and waits for what that comes to.
    pub(super) async fn give(
        self: &Arc<Self>,
        project: &Arc<Hosted>,
        run: &Run,
        limit: Duration,
        given: impl FnOnce(&Asking) -> Result<Record, Wrong> + Send + 'static,
    ) -> Result<Reply, Wrong> {
        let id = run.about.id.clone();
        let seat = self.seat(&id)?;
        let reply = self.look(project, run, move |machine, asking| {
            let given = given(&asking)?;
            let refused =
                |fault: flowrun_core::fault::Fault| Wrong::new(400, "invalid_input", &fault.message);
            machine.answer(asking.pause.id, &given).map_err(refused)?;
            Ok(given)
        });
        let reply = reply.await.map_err(|wrong| wrong.about(&id))?;
        let (sender, answer) = oneshot::channel();
        let way = Way { project: project.clone(), run: id.to_string(), answer, once: None };
        let (runs, name) = (project.runs.clone(), id.clone());
        let resume = async move {
            let resumed = runs.resume(&name, Say::Reply(reply), Some(sender)).await;
            // From now on it goes on, and waits for nothing or for something else.
            drop(seat);
            resumed.map(drop)
        };
        let (begun, answered) = self.send(way, resume);
        let waits = async {
            let ending = || Wrong::here("the service is being ended: try again").about(&id);
            begun.await.unwrap_or_else(|_| Err(ending()))?;
            answered.await.map_err(|_| ending())
        };
        self.within(limit, &id, waits).await
    }

    fn seat(&self, run: &RunId) -> Result<Seat, Wrong> {
        let mut all = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        match all.insert(run.clone()) {
            true => Ok(Seat { run: run.clone(), all: self.answering.clone() }),
            false => Err(Wrong::new(409, "answered", "somebody else has just answered").about(run)),
        }
    }

    /// Looks at a run that waits for an answer.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        project: &Arc<Hosted>,
        run: &Run,
        work: impl FnOnce(&Machine, Asking) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<T, Wrong> {
        let now_us = project.runs.now_us();
        match &run.state {
            State::Paused { until_us } if until_us.is_some_and(|until_us| until_us <= now_us) => {
                return Err(Wrong::new(410, "over", "the time for the answer is over"));
            }
            State::Paused { .. } if !project.runs.is_live(&run.about.id) => {}
            state if state.status().is_open() => {
                return Err(Wrong::new(409, "answered", "the run goes on and waits for no answer"));
            }
            _ => {
                return Err(Wrong::new(409, "ended", "the run has ended: it was answered, or waits no more"));
            }
        }
        let (served, id) = (project.runs.served.clone(), run.about.id.clone());
        let read = move || {
            let here = || Wrong::here("the run can't be read");
            let vocabulary = served.surroundings.registry.vocabulary();
            let recalled = Recalled::read(&served.home, &id, vocabulary, Sight::Blind, None);
            let machine = recalled.and_then(|run| run.look(Limits::default())).map_err(|_| here())?.machine;
            let pause = machine.pauses().into_iter().next();
            let over = || Wrong::new(409, "answered", "the run waits for no answer");
            let pause = pause.ok_or_else(over)?;
            let raw = is_raw(&machine, &pause);
            work(&machine, Asking { pause, raw })
        };
        // The disk takes no simulated time.
        let _hold = self.service.clock.hold();
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err(Wrong::here("the run can't be read")))
    }
}

fn is_raw(machine: &Machine, pause: &Paused) -> bool {
    let step = machine.card_of(pause.id).map(|(flow, step)| machine.program().flow(flow).step(step));
    step.is_some_and(|step| matches!(step.op, Op::Pause { raw: true, .. }))
}

/// What a request gives a pause: the fields that it wants, or all of it.
fn given(asking: &Asking, asked: &Asked) -> Record {
    let mut given = Record::default();
    for output in &asking.pause.wanted {
        let (name, list) = (&output.name, output.ty.list);
        let value = match (asking.raw, &*name.to_ascii_lowercase()) {
            (true, "headers") => Some(Value::from(asked.headers.clone())),
            (true, "body") => Some(Value::from(&*asked.body)),
            _ if asked.method == axum::http::Method::GET => asked.in_query(name, list),
            _ => asked.in_body(name, list),
        };
        if let Some(value) = value {
            given.insert(name.clone(), value);
        }
    }
    given
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run);
    }
}
