//! Runs: found, looked at, gone on with, ended.

use std::sync::Arc;

use axum::http::StatusCode;
use flowrun_core::journal::Settlement;
use flowrun_host::session::Say;
use flowrun_host::session::durable::fork::From;
use flowrun_host::session::durable::history;
use flowrun_store::{Filter, Run, RunId, State, Status};
use serde_json::{Value, json};

use super::flows::{inputs, unable};
use super::page::{CURSOR, LIMIT, asked, page, part};
use super::route::{Call, Kind, Param, Reply, Route, Shape, absent, moment};
use super::see::blind;
use super::start::{again, begin, named, reading};
use crate::Hosted;
use crate::people::{Problem, Right};
use crate::runs::{Beginning, Unable};

const RUN: &[&str] = &["run", "flow", "title", "status", "started"];
const STATES: &[&str] = &["open", "running", "waiting", "paused", "held", "done", "failed", "cancelled"];

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/runs",
        "The runs of a project, the newest first. With `text` or `cause` at most 20,000 are passed over for a page: one that has few leads on by `next` as others do.",
        |call| Box::pin(list(call)),
    )
    .query(&[
        Param::new("flow", Kind::Text(1_000), "Of this flow."),
        Param::new(
            "status",
            Kind::Words(STATES),
            "In one of these states, parted by commas; `open` is all that have not ended.",
        ),
        Param::new("since", Kind::Date, "Begun then or later."),
        Param::new("until", Kind::Date, "Begun before then."),
        Param::new("text", Kind::Text(200), "With this text in name, flow, title, error or question."),
        Param::new("cause", Kind::Text(200), "Started by this: `schedule`, `endpoint`, `person`, an event."),
        LIMIT,
        CURSOR,
    ])
    .gives(Shape::Page(RUN)),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/runs/{run}", "A run.", |call| {
        Box::pin(one(call))
    })
    .gives(Shape::One(RUN)),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/runs/{run}/report",
        "What happened in a run, card by card; at any moment of it, as far as its journal is there.",
        |call| Box::pin(report(call)),
    )
    .looks("flowrun.run.view")
    .query(&[Param::new("at", Kind::Whole(0, u32::MAX as u64), "As it was after this entry of its journal.")])
    .gives(Shape::One(&[])),
    Route::get(
        Right::SeeData,
        "/api/v1/projects/{project}/runs/{run}/journal",
        "What came from outside in a run, entry by entry; secrets are sealed.",
        |call| Box::pin(journal(call)),
    )
    .looks("flowrun.run.view")
    .query(&[LIMIT, CURSOR])
    .gives(Shape::Page(&["entry", "at", "says"])),
    Route::get(
        Right::SeeActivity,
        "/api/v1/projects/{project}/runs/{run}/audit",
        "The audit record of a run: what was sent to whom.",
        |call| Box::pin(audit(call)),
    )
    .gives(Shape::Page(&[])),
    Route::post(
        Right::SteerRuns,
        "/api/v1/projects/{project}/runs/{run}/cancel",
        "Ends a run: what it has opened it cleans up first.",
        |call| Box::pin(cancel(call)),
    )
    .changes("workflows.user.flow.execution.cancel")
    .answers(202, Shape::One(RUN)),
    Route::post(
        Right::SteerRuns,
        "/api/v1/projects/{project}/runs/{run}/resume",
        "Goes on with a run that is held or has stopped; with `inputs`, the answer to its pause.",
        |call| Box::pin(resume(call)),
    )
    .changes("flowrun.run.resume")
    .body(&[Param::new("inputs", Kind::Object, "What its pause is answered, by the names of the outputs.")])
    .answers(202, Shape::One(RUN)),
    Route::post(
        Right::SteerRuns,
        "/api/v1/projects/{project}/runs/{run}/settle",
        "Says what became of what a card asked for before a crash.",
        |call| Box::pin(settle(call)),
    )
    .changes("flowrun.run.settle")
    .body(&[
        Param::new(
            "card",
            Kind::Text(300),
            "The card, by its ID; with `#2` the second, where several are asked about.",
        )
        .must(),
        Param::new("what", Kind::Words(&["happened", "did_not", "fail"]), "What became of it.").must(),
        Param::new("outputs", Kind::Object, "What the card gave, if it happened."),
    ])
    .answers(202, Shape::One(RUN)),
    Route::post(
        Right::Run,
        "/api/v1/projects/{project}/runs/{run}/rerun",
        "Runs it anew with the same inputs, with the flows of now.",
        |call| Box::pin(rerun(call)),
    )
    .once()
    .changes("flowrun.run.rerun")
    .answers(201, Shape::One(&["run"])),
    Route::post(
        Right::SteerRuns,
        "/api/v1/projects/{project}/runs/{run}/hold",
        "Holds a run that goes on or waits for a time: it begins nothing new, what it has begun comes to its end, and it goes on when it is resumed.",
        |call| Box::pin(hold(call)),
    )
    .changes("flowrun.run.hold")
    .answers(202, Shape::One(RUN)),
    Route::post(
        Right::Run,
        "/api/v1/projects/{project}/runs/{run}/fork",
        "Runs it anew from one of its cards on: it shares what happened before, with the flows of then.",
        |call| Box::pin(fork(call)),
    )
    .body(&[
        Param::new(
            "from",
            Kind::Text(300),
            "The card from which on all is new, by its ID; `flow#card` where several flows have it.",
        )
        .must(),
        Param::new("outputs", Kind::Object, "What the card gives instead of asking again."),
    ])
    .once()
    .changes("flowrun.run.fork")
    .answers(201, Shape::One(&["run"])),
    Route::delete(
        Right::ClearHistory,
        "/api/v1/projects/{project}/runs/{run}",
        "Removes a run that has ended; its audit record stays.",
        |call| Box::pin(delete(call)),
    )
    .changes("workflows.user.flow.execution_history.delete"),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/pauses",
        "The runs that wait for an answer, each with what it asks.",
        |call| Box::pin(pauses(call)),
    )
    .query(&[LIMIT, CURSOR])
    .gives(Shape::Page(&["run", "flow", "until"])),
];

/// A run, for programs; who may not see data doesn't see what it failed with.
fn told(hosted: &Hosted, run: &Run, sees: bool) -> Value {
    let mut told = history::as_json(run);
    told["project"] = json!(&*hosted.runs.served.name);
    told["owner"] = json!(run.about.owner);
    told["live"] = json!(hosted.runs.is_live(&run.about.id));
    if let Some(progress) = hosted.runs.progress(&run.about.id) {
        told["cards"] = json!(progress.cards);
    }
    if !sees && !told["error"].is_null() {
        told["error"] = json!("hidden: it takes the right to see data");
    }
    told
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
    // An index has flows, another one states: what did not end well is rare enough to look at one by one.
    let by_state = !states.is_empty() && !states.contains(&Status::Done);
    let filter = Filter {
        flow: call.asked("flow").filter(|_| !by_state).map(str::to_owned),
        states,
        since_us: call.asked("since").and_then(moment),
        until_us: call.asked("until").and_then(moment),
        ..Filter::default()
    };
    let limit = asked.limit;
    reading(move || {
        let project = &hosted.runs.served.name;
        let (mut found, mut looked) = (Vec::new(), 0);
        let mut before = asked.after.map(RunId::from);
        // What no index finds is passed over one by one; so is what the caller may not see.
        let more = loop {
            let left = limit + 1 - found.len();
            let at_once = if by_state || passes_over(&call) { AT_ONCE } else { left };
            let filter = Filter { before: before.clone(), limit: Some(at_once), ..filter.clone() };
            let runs = hosted.runs.store().runs(&filter)?;
            let full = runs.len() == at_once;
            let mut rest = false;
            for run in runs {
                if found.len() == limit {
                    rest = true;
                    break;
                }
                before = Some(run.about.id.clone());
                let sees = call.may(Right::SeeData, project, &run.about.flow);
                if call.may(Right::SeeFlows, project, &run.about.flow) && fits(&call, &run, sees) {
                    found.push(told(&hosted, &run, sees));
                }
            }
            looked += at_once;
            if rest || !full || looked >= MOST {
                break rest || full;
            }
        };
        Ok(Reply::Json(part(found, before.filter(|_| more).map(|before| before.to_string()))))
    })
    .await
}

/// So many runs are passed over for one page.
const MOST: usize = 20_000;

/// So many are read at once then.
const AT_ONCE: usize = 500;

fn passes_over(call: &Call) -> bool {
    call.asked("text").is_some() || call.asked("cause").is_some()
}

/// What no index finds. What a run failed with is found by those alone who may see it.
fn fits(call: &Call, run: &Run, sees: bool) -> bool {
    let question = match &run.state {
        State::Held { question } => Some(&**question),
        _ => None,
    };
    let error = run.error.as_deref().filter(|_| sees);
    let all = [Some(&*run.about.id), Some(&run.about.flow), Some(&run.about.title), error, question];
    let has = |text: &str| {
        let text = text.to_lowercase();
        all.into_iter().flatten().any(|one| one.to_lowercase().contains(&text))
    };
    call.asked("text").is_none_or(has)
        && call.asked("flow").is_none_or(|flow| *run.about.flow == *flow)
        && call.asked("cause").is_none_or(|cause| run.about.cause.as_deref() == Some(cause))
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

async fn hold(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::SteerRuns)?;
    ended(&run)?;
    hosted.runs.hold(&run.about.id).await.map_err(unable)?;
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
    let outputs = texts(call.body.get("outputs"));
    let card = call.said("card").unwrap_or_default().to_owned();
    let say = Say::Settle { card, what, outputs };
    hosted.runs.resume(&run.about.id, say, None).await.map_err(unable)?;
    now(&hosted, &run.about.id, sees(&call, &hosted, &run))
}

async fn rerun(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::Run)?;
    let named = named(&call, &hosted).await?;
    if let Some(again) = again(named.as_ref()) {
        return Ok(again);
    }
    let inputs =
        hosted.runs.inputs_of(&run.about.id).await.map_err(|problem| unable(Unable::Problem(problem)))?;
    let beginning = Beginning {
        flow: run.about.flow.as_str().into(),
        inputs,
        cause: "rerun".to_owned(),
        ..Beginning::default()
    };
    begin(&call, &hosted, named, beginning).await
}

async fn fork(call: Call) -> Result<Reply, Problem> {
    let (hosted, run) = allowed(&call, Right::Run)?;
    let named = named(&call, &hosted).await?;
    if let Some(again) = again(named.as_ref()) {
        return Ok(again);
    }
    let outputs = texts(call.body.get("outputs"));
    let (card, id) = (call.said("from").unwrap_or_default().to_owned(), run.about.id.clone());
    let name = named.as_ref().map(|named| named.run.clone());
    let runs = hosted.runs.clone();
    let forked = reading(move || {
        let from = From { card: &card, outputs: &outputs, name: name.as_deref() };
        let vocabulary = runs.served.surroundings.registry.vocabulary();
        runs.served.home.fork(&id, &from, vocabulary).map_err(|problem| unable(Unable::Problem(problem)))
    });
    let forked = forked.await?;
    hosted.runs.resume(&forked, Say::GoOn, None).await.map_err(unable)?;
    Ok(Reply::Status(StatusCode::CREATED, json!({ "run": &*forked })))
}

/// Outputs by their names, as people give them.
fn texts(given: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let given = given.and_then(Value::as_object).into_iter().flatten();
    given.map(|(name, value)| (name.clone(), text(value))).collect()
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
        Ok(seen.map(|run| (run.about.id.to_string(), asks(&call, &hosted, run))).collect())
    });
    let found: Vec<(String, Value)> = found.await?;
    Ok(Reply::Json(page(found, limit)))
}

/// What a pause asks, and what its answer may give.
fn asks(call: &Call, hosted: &Hosted, run: &Run) -> Value {
    let sees = sees(call, hosted, run);
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
        // Whoever has the link may answer.
        if call.may(Right::SteerRuns, &hosted.runs.served.name, &run.about.flow) {
            let (project, id) = (&hosted.runs.served.name, &run.about.id);
            told["link"] = json!(call.api.endpoints.link_to(project, id, pause.id, pause.until_us));
        }
        let asked = serde_json::to_value(&pause.told).unwrap_or_default();
        told["told"] = if sees { asked } else { blind(json!({ "told": asked }))["told"].take() };
    }
    told
}
