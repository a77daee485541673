//! What somebody looks at first: what needs them, how much runs and ran, where something stands. Each costs the same however many runs
//! there are.

use std::collections::BTreeMap;

use flowrun_project::bundle::Vars;
use flowrun_store::{Filter, Run, State, Status};
use serde_json::{Map, Value, json};

use super::page::page;
use super::route::{Call, Kind, Param, Reply, Route, Shape, moment};
use super::start::reading;
use crate::people::{Place, Problem, Right};
use crate::when;

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/attention",
        "What needs somebody: runs that are held, that wait for an answer, and that failed in the last day, those of a flow that failed alike as one; the newest 500 of each are looked at.",
        |call| Box::pin(attention(call)),
    )
    .gives(Shape::Page(&["kind", "flow", "run", "at", "count", "says"])),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/counts",
        "How many runs are in each state, counted up to 1,000: `more` has the states that have more.",
        |call| Box::pin(counts(call)),
    )
    .gives(Shape::One(&["counts", "more"])),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/histogram",
        "How many runs began in each hour, or in steps of so many minutes, by what has become of them; the newest 100,000 of each state are counted, and `whole_since` says from when on that is all.",
        |call| Box::pin(histogram(call)),
    )
    .query(&[
        Param::new("since", Kind::Date, "From then on; the last day where nothing is said."),
        Param::new("until", Kind::Date, "Until then."),
        Param::new("minutes", Kind::Whole(1, 1_440), "How long a step is; 60 where nothing is said."),
    ])
    .gives(Shape::One(&["steps", "whole_since"])),
    Route::get(
        Right::SeeFlows,
        "/api/v1/projects/{project}/search",
        "Where a text stands in the flows: in names, cards, fields, values and notes, by file and line. Data of runs is not searched, nor files in which a secret stands.",
        |call| Box::pin(search(call)),
    )
    .query(&[Param::new("text", Kind::Text(200), "The text; capitals do not matter.").must()])
    .gives(Shape::Page(&["flow", "line", "says"])),
];

/// So many of each kind are looked at.
const MOST: usize = 500;

/// So many runs of each state are counted for a histogram, and for numbers.
const TALLIED: usize = 100_000;
const COUNTED: usize = 1_000;

/// So many places of a text are told.
const PLACES: usize = 100;

const DAY_US: i64 = 86_400_000_000;

async fn attention(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    reading(move || {
        let (store, now_us) = (hosted.runs.store(), hosted.runs.now_us());
        let project = &hosted.runs.served.name;
        let of = |state: Status, since_us: Option<i64>| {
            let filter = Filter { states: vec![state], since_us, limit: Some(MOST), ..Filter::default() };
            store.runs(&filter)
        };
        let mut items = Vec::new();
        let seen = |run: &Run| call.may(Right::SeeFlows, project, &run.about.flow);
        for run in of(Status::Held, None)?.into_iter().filter(seen) {
            let State::Held { question } = &run.state else { continue };
            items.push(item("held", &run, 1, Some(question)));
        }
        for run in of(Status::Paused, None)?.into_iter().filter(seen) {
            items.push(item("paused", &run, 1, None));
        }
        let mut alike: BTreeMap<(String, Option<String>), (Run, u64)> = BTreeMap::new();
        for run in of(Status::Failed, Some(now_us - DAY_US))?.into_iter().filter(seen) {
            let sees = call.may(Right::SeeData, project, &run.about.flow);
            let key = (run.about.flow.clone(), run.error.clone().filter(|_| sees));
            alike.entry(key).and_modify(|(_, count)| *count += 1).or_insert((run, 1));
        }
        for ((_, error), (run, count)) in alike {
            items.push(item("failed", &run, count, error.as_deref()));
        }
        Ok(Reply::Json(page(items, usize::MAX)))
    })
    .await
}

fn item(kind: &str, run: &Run, count: u64, says: Option<&str>) -> (String, Value) {
    let at = run.ended_us.unwrap_or(run.about.started_us);
    let told = json!({
        "kind": kind, "flow": run.about.flow, "title": run.about.title, "run": &*run.about.id, "at": when(at),
        "count": count, "says": says,
    });
    (String::new(), told)
}

async fn counts(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::SeeFlows, Place::Folder(&hosted.runs.served.name))?;
    reading(move || {
        let (mut counts, mut more) = (Map::new(), Vec::new());
        let tally = hosted.runs.store().tally(i64::MIN, i64::MAX, i64::MAX, COUNTED + 1)?;
        for status in Status::ALL {
            let of_state = tally.counts.iter().filter(|(_, state, _)| *state == status);
            let count: u64 = of_state.map(|(_, _, count)| count).sum();
            if count > COUNTED as u64 {
                more.push(status.name());
            }
            counts.insert(status.name().to_owned(), json!(count.min(COUNTED as u64)));
        }
        Ok(Reply::Json(json!({ "counts": counts, "more": more })))
    })
    .await
}

async fn histogram(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::SeeFlows, Place::Folder(&hosted.runs.served.name))?;
    let now_us = hosted.runs.now_us();
    let until_us = call.asked("until").and_then(moment).unwrap_or(now_us + 1);
    let since_us = call.asked("since").and_then(moment).unwrap_or(until_us.saturating_sub(DAY_US));
    let step_us = call.number("minutes").unwrap_or(60) as i64 * 60_000_000;
    reading(move || {
        let tally = hosted.runs.store().tally(since_us, until_us, step_us, TALLIED)?;
        let mut steps: BTreeMap<i64, Map<String, Value>> = BTreeMap::new();
        for (step, state, count) in tally.counts {
            steps.entry(step).or_default().insert(state.name().to_owned(), json!(count));
        }
        let step = |(step, counts): (i64, Map<String, Value>)| {
            json!({ "from": when(step.saturating_mul(step_us)), "counts": counts })
        };
        let whole = tally.whole_since_us.map(when);
        Ok(Reply::Json(json!({ "steps": steps.into_iter().map(step).collect::<Vec<_>>(), "whole_since": whole })))
    })
    .await
}

async fn search(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    reading(move || {
        let served = &hosted.runs.served;
        let text = call.asked("text").unwrap_or_default().to_lowercase();
        let vocabulary = served.surroundings.registry.vocabulary();
        // Without the files in which a secret stands.
        let bundle = served.version().project.bundle("", &Vars::default().given(), vocabulary);
        let mut found = Vec::new();
        for file in &bundle.files {
            let path = &*file.path;
            let flow = path.strip_suffix(".yaml").or(path.strip_suffix(".yml")).unwrap_or(path);
            if !call.may(Right::SeeFlows, &served.name, flow) {
                continue;
            }
            for (number, line) in file.text.lines().enumerate() {
                if found.len() < PLACES && line.to_lowercase().contains(&text) {
                    let says: String = line.trim().chars().take(200).collect();
                    found.push((
                        String::new(),
                        json!({ "flow": flow, "file": path, "line": number + 1, "says": says }),
                    ));
                }
            }
        }
        Ok(Reply::Json(page(found, usize::MAX)))
    })
    .await
}
