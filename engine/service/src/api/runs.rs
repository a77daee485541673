//! Runs: found, looked at, gone on with, ended.

use std::sync::Arc;

use axum::http::StatusCode;
use flowrun_core::journal::Settlement;
use flowrun_host::session::Say;
use flowrun_host::session::durable::history;
use flowrun_store::{Filter, Run, RunId, State, Status};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::flows::{inputs, unable};
use super::page::{CURSOR, LIMIT, asked, page};
use super::route::{Call, Kind, Param, Reply, Route, Shape, absent, moment};
use super::see::blind;
use crate::Hosted;
use crate::people::{Problem, Right};
use crate::runs::{Beginning, Unable};

const RUN: &[&str] = &["run", "flow", "title", "status", "started"];
const STATES: &[&str] = &["open", "running", "waiting", "paused", "held", "done", "failed", "cancelled"];

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/runs",
        says: "The runs of a project, the newest first.",
        needs: Some(Right::SeeFlows),
        query: &[
            Param { name: "flow", says: "Of this flow.", kind: Kind::Text(1_000), must: false },
            Param {
                name: "status",
                says: "In one of these states, parted by commas; `open` is all that have not ended.",
                kind: Kind::Words(STATES),
                must: false,
            },
            Param { name: "since", says: "Begun then or later.", kind: Kind::Date, must: false },
            Param { name: "until", says: "Begun before then.", kind: Kind::Date, must: false },
            Param {
                name: "text",
                says: "With this text in name, flow, title, error or question.",
                kind: Kind::Text(200),
                must: false,
            },
            Param {
                name: "cause",
                says: "Started by this: `schedule`, `endpoint`, `person`, an event.",
                kind: Kind::Text(200),
                must: false,
            },
            LIMIT,
            CURSOR,
        ],
        body: &[],
        answer: (200, Shape::Page(RUN)),
        act: |call| Box::pin(list(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/runs/{run}",
        says: "A run.",
        needs: Some(Right::SeeFlows),
        query: &[],
        body: &[],
        answer: (200, Shape::One(RUN)),
        act: |call| Box::pin(one(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/runs/{run}/report",
        says: "What happened in a run, card by card; at any moment of it, as far as its journal is there.",
        needs: Some(Right::SeeFlows),
        query: &[Param {
            name: "at",
            says: "As it was after this entry of its journal.",
            kind: Kind::Whole(0, u32::MAX as u64),
            must: false,
        }],
        body: &[],
        answer: (200, Shape::One(&[])),
        act: |call| Box::pin(report(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/runs/{run}/journal",
        says: "What came from outside in a run, entry by entry; secrets are sealed.",
        needs: Some(Right::SeeData),
        query: &[LIMIT, CURSOR],
        body: &[],
        answer: (200, Shape::Page(&["entry", "at", "says"])),
        act: |call| Box::pin(journal(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/runs/{run}/audit",
        says: "The audit record of a run: what was sent to whom.",
        needs: Some(Right::SeeActivity),
        query: &[],
        body: &[],
        answer: (200, Shape::Page(&[])),
        act: |call| Box::pin(audit(call)),
    },
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/runs/{run}/cancel",
        says: "Ends a run: what it has opened it cleans up first.",
        needs: Some(Right::SteerRuns),
        query: &[],
        body: &[],
        answer: (202, Shape::One(RUN)),
        act: |call| Box::pin(cancel(call)),
    },
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/runs/{run}/resume",
        says: "Goes on with a run that is held or has stopped; with `inputs`, the answer to its pause.",
        needs: Some(Right::SteerRuns),
        query: &[],
        body: &[Param {
            name: "inputs",
            says: "What its pause is answered, by the names of the outputs.",
            kind: Kind::Object,
            must: false,
        }],
        answer: (202, Shape::One(RUN)),
        act: |call| Box::pin(resume(call)),
    },
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/runs/{run}/settle",
        says: "Says what became of what a card asked for before a crash.",
        needs: Some(Right::SteerRuns),
        query: &[],
        body: &[
            Param {
                name: "card",
                says: "The card, by its ID; with `#2` the second, where several are asked about.",
                kind: Kind::Text(300),
                must: true,
            },
            Param {
                name: "what",
                says: "What became of it.",
                kind: Kind::Words(&["happened", "did_not", "fail"]),
                must: true,
            },
            Param {
                name: "outputs",
                says: "What the card gave, if it happened.",
                kind: Kind::Object,
                must: false,
            },
        ],
        answer: (202, Shape::One(RUN)),
        act: |call| Box::pin(settle(call)),
    },
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/runs/{run}/rerun",
        says: "Runs it anew with the same inputs, with the flows of now.",
        needs: Some(Right::Run),
        query: &[],
        body: &[],
        answer: (201, Shape::One(&["run"])),
        act: |call| Box::pin(rerun(call)),
    },
    Route {
        method: "DELETE",
        path: "/api/v1/projects/{project}/runs/{run}",
        says: "Removes a run that has ended; its audit record stays.",
        needs: Some(Right::ClearHistory),
        query: &[],
        body: &[],
        answer: (204, Shape::Nothing),
        act: |call| Box::pin(delete(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/pauses",
        says: "The runs that wait for an answer, each with what it asks.",
        needs: Some(Right::SeeFlows),
        query: &[LIMIT, CURSOR],
        body: &[],
        answer: (200, Shape::Page(&["run", "flow", "until"])),
        act: |call| Box::pin(pauses(call)),
    },
];

/// A run, for programs; who may not see data doesn't see what it failed with.
fn told(hosted: &Hosted, run: &Run, sees: bool) -> Value {
    let mut told = history::as_json(run);
    told["project"] = json!(&*hosted.runs.served.name);
    told["owner"] = json!(run.about.owner);
    told["live"] = json!(hosted.runs.is_live(&run.about.id));
    if let Some(live) = hosted.runs.live().get(&run.about.id) {
        let progress = *live.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told["cards"] = json!(progress.cards);
    }
    if !sees && !told["error"].is_null() {
        told["error"] = json!("hidden: it takes the right to see data");
    }
    told
}

/// Something that may block its thread, as reading a store does.
pub(super) async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "what was asked for can't be read");
    spawn_blocking(read).await.map_err(broken)?
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let (hosted, asked) = (call.project()?.clone(), asked(&call)?);
    let mut states = Vec::new();
    for word in call.asked("status").into_iter().flat_map(|words| words.split(',')) {
        match word.trim() {
            "open" => states.extend(Filter::open().states),
            word => states.extend(Status::named(word)),
        }
    }
    let filter = Filter {
        flow: call.asked("flow").map(str::to_owned),
        states,
        since_us: call.asked("since").and_then(moment),
        until_us: call.asked("until").and_then(moment),
        text: call.asked("text").map(str::to_owned),
        cause: call.asked("cause").map(str::to_owned),
        ..Filter::default()
    };
    let limit = asked.limit;
    let found = reading(move || {
        let project = &hosted.runs.served.name;
        let mut found: Vec<(String, Value)> = Vec::new();
        let mut before = asked.after.map(RunId::from);
        // Those that the caller may not see are passed over, so that it may take more than one look.
        while found.len() <= limit {
            let filter = Filter { before: before.take(), limit: Some(limit + 1), ..filter.clone() };
            let runs = hosted.runs.store().runs(&filter)?;
            let Some(last) = runs.last() else { break };
            before = Some(last.about.id.clone());
            let full = runs.len() > limit;
            for run in &runs {
                if call.may(Right::SeeFlows, project, &run.about.flow) {
                    let sees = call.may(Right::SeeData, project, &run.about.flow);
                    found.push((run.about.id.to_string(), told(&hosted, run, sees)));
                }
            }
            if !full {
                break;
            }
        }
        Ok(found)
    });
    Ok(Reply::Json(page(found.await?, limit)))
}

/// A run of the call's project; one that the caller may not see is not there.
pub(super) fn known(call: &Call) -> Result<(Arc<Hosted>, Run), Problem> {
    let (hosted, id) = (call.project()?.clone(), call.part("run"));
    let run =
        hosted.runs.store().run(id).map_err(|error| Problem::new(StatusCode::NOT_FOUND, &error.message))?;
    match call.may(Right::SeeFlows, &hosted.runs.served.name, &run.about.flow) {
        true => Ok((hosted, run)),
        false => Err(absent("run", id)),
    }
}

/// The same, with which the caller may do something.
fn allowed(call: &Call, right: Right) -> Result<(Arc<Hosted>, Run), Problem> {
    let (hosted, run) = known(call)?;
    call.needs(right, &hosted.runs.served.name, &run.about.flow)?;
    Ok((hosted, run))
}

pub(super) fn sees(call: &Call, hosted: &Hosted, run: &Run) -> bool {
    call.may(Right::SeeData, &hosted.runs.served.name, &run.about.flow)
}

async fn one(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = known(&call)?;
    Ok(Reply::Json(told(&hosted, &run, sees(&call, &hosted, &run))))
}

async fn report(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = known(&call)?;
    let at = call.number("at");
    let sees = sees(&call, &hosted, &run);
    let report = reading(move || {
        let served = &hosted.runs.served;
        let report = history::report(&served.home, &run, at, served.surroundings.registry.vocabulary());
        let report = report.map_err(|problem| Problem::new(StatusCode::CONFLICT, &problem.message))?;
        let gone =
            || Problem::new(StatusCode::GONE, "nothing more is known of this run: its values are gone");
        serde_json::to_value(report.ok_or_else(gone)?).map_err(|error| Problem::request(&error.to_string()))
    });
    let report = report.await?;
    Ok(Reply::Json(if sees { report } else { blind(report) }))
}

async fn journal(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::SeeData)?;
    let asked = asked(&call)?;
    let from = asked.after.and_then(|after| after.parse::<u64>().ok()).unwrap_or(run.cut) + 1;
    let entries = hosted.runs.store().entries(&run.about.id, from, asked.limit + 1)?;
    let told = entries.iter().map(|entry| {
        let says = serde_json::from_slice(&entry.body).unwrap_or(Value::Null);
        (entry.seq.to_string(), json!({ "entry": entry.seq, "at": crate::when(entry.at_us), "says": says }))
    });
    Ok(Reply::Json(page(told.collect(), asked.limit)))
}

async fn audit(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = known(&call)?;
    let lines = hosted.runs.store().audit(Some(&run.about.id))?;
    let told = lines.iter().map(|line| {
        (line.number.to_string(), serde_json::from_str(&line.text).unwrap_or_else(|_| json!(line.text)))
    });
    Ok(Reply::Json(page(told.collect(), usize::MAX)))
}

/// The run as it is now.
fn now(hosted: &Hosted, id: &RunId, sees: bool) -> Result<Reply, Problem> {
    let run = hosted.runs.store().run(id)?;
    Ok(Reply::Status(StatusCode::ACCEPTED, told(hosted, &run, sees)))
}

fn ended(run: &Run) -> Result<(), Problem> {
    if run.state.status().is_open() {
        return Ok(());
    }
    let message = format!("run {} has ended ({})", run.about.id, run.state.status().name());
    Err(Problem::new(StatusCode::CONFLICT, &message))
}

async fn cancel(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::SteerRuns)?;
    ended(&run)?;
    hosted.runs.cancel(&run.about.id).await.map_err(unable)?;
    now(&hosted, &run.about.id, sees(&call, &hosted, &run))
}

async fn resume(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::SteerRuns)?;
    ended(&run)?;
    let say = match call.body.get("inputs") {
        Some(given) => Say::Reply(inputs(Some(given))?),
        None if matches!(run.state, State::Paused { .. }) => {
            return Err(Problem::request("the run waits for an answer: give it as `inputs`"));
        }
        None => Say::GoOn,
    };
    hosted.runs.resume(&run.about.id, say, None).await.map_err(unable)?;
    now(&hosted, &run.about.id, sees(&call, &hosted, &run))
}

async fn settle(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::SteerRuns)?;
    ended(&run)?;
    let what = match call.said("what") {
        Some("happened") => Settlement::Happened,
        Some("did_not") => Settlement::DidNot,
        _ => Settlement::Failed,
    };
    let outputs = call.body.get("outputs").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let outputs = outputs.into_iter().map(|(name, value)| (name, text(value))).collect();
    let card = call.said("card").unwrap_or_default().to_owned();
    let say = Say::Settle { card, what, outputs };
    hosted.runs.resume(&run.about.id, say, None).await.map_err(unable)?;
    now(&hosted, &run.about.id, sees(&call, &hosted, &run))
}

async fn rerun(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::Run)?;
    let inputs =
        hosted.runs.inputs_of(&run.about.id).await.map_err(|problem| unable(Unable::Problem(problem)))?;
    let beginning = Beginning {
        flow: run.about.flow.as_str().into(),
        inputs,
        cause: "rerun".to_owned(),
        who: Some(call.caller.name()),
        due_us: hosted.runs.now_us(),
        ..Beginning::default()
    };
    let run = hosted.runs.begin(beginning).await.map_err(unable)?;
    let store = hosted.runs.store();
    // Whoever is told of a run finds it.
    store.durable(store.newest()).await?;
    Ok(Reply::Status(StatusCode::CREATED, json!({ "run": &*run })))
}

async fn delete(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::ClearHistory)?;
    let deleted = reading(move || {
        let deleted = hosted.runs.store().delete(&run.about.id);
        deleted.map_err(|error| Problem::new(StatusCode::CONFLICT, &error.message))
    });
    deleted.await?;
    Ok(Reply::Nothing)
}

async fn pauses(call: Call) -> Result<Reply, Problem> {
    let (hosted, asked) = (call.project()?.clone(), asked(&call)?);
    let limit = asked.limit;
    let found = reading(move || {
        let filter = Filter {
            states: vec![Status::Paused],
            before: asked.after.map(RunId::from),
            limit: Some(limit + 1),
            ..Filter::default()
        };
        let (served, store) = (&hosted.runs.served, hosted.runs.store());
        let runs = store.runs(&filter)?;
        let seen = runs.iter().filter(|run| call.may(Right::SeeFlows, &served.name, &run.about.flow));
        Ok(seen
            .map(|run| (run.about.id.to_string(), asks(&hosted, run, sees(&call, &hosted, run))))
            .collect())
    });
    let found: Vec<(String, Value)> = found.await?;
    Ok(Reply::Json(page(found, limit)))
}

/// What a pause asks, and what its answer may give.
fn asks(hosted: &Hosted, run: &Run, sees: bool) -> Value {
    let mut told = json!({
        "run": &*run.about.id, "flow": run.about.flow, "title": run.about.title,
        "until": run.state.due_us().map(crate::when),
    });
    if let Some(pause) = hosted.runs.pause_of(&run.about.id) {
        told["card"] = json!(&*pause.card);
        told["wanted"] = pause
            .wanted
            .iter()
            .map(|output| json!({ "name": &*output.name, "type": output.ty.to_string() }))
            .collect();
        let asked = serde_json::to_value(&pause.told).unwrap_or_default();
        told["told"] = if sees { asked } else { blind(json!({ "told": asked }))["told"].take() };
    }
    told
}
