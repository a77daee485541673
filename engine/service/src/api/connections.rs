//! The connections of a project: what each is made of, where it is used, whether it works. Never a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use flowrun_core::program::FlowId;
use flowrun_core::value::Text;
use flowrun_host::session::connections::{Plan, Planned, Purpose, connect, plan, simulate};
use flowrun_host::session::origin::Origin;
use flowrun_store::{Batch, Note, NoteChange, Notes};
use serde_json::{Value, json};

use super::page::page;
use super::route::{Call, Reply, Route, Shape, absent};
use super::start::reading;
use crate::Hosted;
use crate::people::{Place, Problem, Right};

const CONNECTION: &[&str] =
    &["connection", "connector", "title", "state", "lacks", "flows", "scopes", "tested"];

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeConnections,
        "/api/v1/projects/{project}/connections",
        "The connections of a project: `state` is `real`, `simulated`, or `incomplete` with the variables that it lacks; `tested` is its last test. Never a secret.",
        |call| Box::pin(list(call)),
    )
    .gives(Shape::Page(CONNECTION)),
    Route::post(
        Right::ManageConnections,
        "/api/v1/projects/{project}/connections/{connection}/test",
        "Tries a connection with harmless requests, and tells what each found.",
        |call| Box::pin(test(call)),
    )
    .changes("flowrun.connection.test")
    .gives(Shape::One(&["at", "works", "checks"])),
];

/// Notes of tests.
const SPACE: &str = "connection";

/// A test takes at most so long.
const LONGEST: Duration = Duration::from_secs(60);

/// A connection, and what the flows do with it.
struct Used {
    planned: Planned,
    flows: Vec<Text>,
    scopes: BTreeSet<Text>,
}

/// The connections of the version that counts now.
fn used(hosted: &Hosted) -> Result<BTreeMap<String, Used>, Problem> {
    let (served, version) = (&hosted.runs.served, hosted.runs.served.version());
    let (around, project) = (&served.surroundings, &version.project);
    let asked = served.job.connections.as_deref();
    let unclear = |problem: flowrun_project::Problem| {
        let help = problem.help.map(|help| format!(": {help}")).unwrap_or_default();
        Problem::new(StatusCode::CONFLICT, &format!("{}{help}", problem.message))
    };
    let (manifest, mut warnings) = (&project.model.manifest, Vec::new());
    let planned = plan(manifest, &project.root, asked, &around.env, &around.registry, &mut warnings);
    let mut planned: Plan = planned.map_err(unclear)?;
    if served.job.simulate {
        simulate(&mut planned).map_err(unclear)?;
    }
    let used = |(name, planned)| (name, Used { planned, flows: Vec::new(), scopes: BTreeSet::new() });
    let mut used: BTreeMap<String, Used> = planned.into_iter().map(used).collect();
    let program = &version.program;
    for flow in (0..).map(FlowId).take(program.flows.len()) {
        for (place, scopes) in program.connections_of(flow) {
            if let Some(used) = used.get_mut(&*program.connections[place as usize].name) {
                used.flows.push(program.flow(flow).path.clone());
                used.scopes.extend(scopes);
            }
        }
    }
    Ok(used)
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::SeeConnections, Place::Service)?;
    reading(move || {
        let tested: BTreeMap<Arc<str>, Value> = hosted
            .runs
            .store()
            .notes(&Notes::of(SPACE))?
            .into_iter()
            .filter_map(|note| Some((note.key, serde_json::from_slice(&note.body).ok()?)))
            .collect();
        let project = &hosted.runs.served.name;
        let told = |(name, used): (String, Used)| {
            let Used { planned: Planned { connector, origin, .. }, flows, scopes } = used;
            let (state, lacks) = match origin {
                Origin::Simulator => ("simulated", Vec::new()),
                Origin::Given(_) => ("real", Vec::new()),
                Origin::Incomplete(missing) => {
                    ("incomplete", missing.into_iter().map(|missing| missing.variable).collect())
                }
            };
            let flows: Vec<&str> = flows
                .iter()
                .map(|flow| &**flow)
                .filter(|flow| call.may(Right::SeeFlows, project, flow))
                .collect();
            let scopes: Vec<&str> = scopes.iter().map(|scope| &**scope).collect();
            let told = json!({
                "connection": name, "connector": &*connector.name, "title": &*connector.title, "state": state,
                "lacks": lacks, "flows": flows, "scopes": scopes, "tested": tested.get(&*name),
            });
            (name, told)
        };
        Ok(Reply::Json(page(used(&hosted)?.into_iter().map(told).collect(), usize::MAX)))
    })
    .await
}

async fn test(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::ManageConnections, Place::Service)?;
    let name = call.part("connection").to_owned();
    let planned = {
        let hosted = hosted.clone();
        reading(move || used(&hosted)).await?.remove(&name).ok_or_else(|| absent("connection", &name))?
    };
    let checks = checks(&call, &hosted, planned).await;
    let works = checks.iter().all(|check| check["works"] == json!(true));
    let now_us = hosted.runs.now_us();
    let told = json!({ "at": crate::when(now_us), "works": works, "checks": checks });
    let (space, key, body) = (Arc::from(SPACE), Arc::from(&*name), told.to_string().into_bytes());
    let note = NoteChange::Put(Note { space, key, at_us: now_us, due_us: None, body });
    let store = hosted.runs.store();
    store.durable(store.append(Batch::default().note(note))).await?;
    Ok(Reply::Json(told))
}

/// What each request of a test found.
async fn checks(call: &Call, hosted: &Hosted, used: Used) -> Vec<Value> {
    let found = |title: &str, works: bool, says: &str, help: Option<&str>| json!({ "title": title, "works": works, "says": says, "help": help });
    let wrong = |title: &str, says: &str, help: Option<&str>| vec![found(title, false, says, help)];
    match &used.planned.origin {
        Origin::Simulator => return vec![found("simulated", true, "there is nothing to try", None)],
        Origin::Incomplete(missing) => {
            let lacks: Vec<String> = missing.iter().map(ToString::to_string).collect();
            let says = format!("the connection lacks {}", lacks.join(", "));
            return wrong("the settings are complete", &says, Some("set that where the service is started"));
        }
        Origin::Given(_) => {}
    }
    let served = &hosted.runs.served;
    let around = &served.surroundings;
    let title = "the settings are valid";
    let Some(simulators) = &around.simulators else { return wrong(title, "there is no network here", None) };
    let connector = used.planned.connector.clone();
    let purpose = Purpose { ca_file: served.job.ca_file.clone(), ..Purpose::new(simulators, &around.env) };
    let made = match connect(&[(used.planned, used.scopes)], &purpose) {
        Ok(made) => made,
        Err(problem) => return wrong(title, &problem.message, problem.help.as_deref()),
    };
    let Some(made) = made.first() else { return Vec::new() };
    let tested = call.api.service.clock.timeout(LONGEST, (connector.test)(&made.connection)).await;
    let Some(tested) = tested else { return wrong("an answer comes", "none came within 60 s", None) };
    let told = |check: flowrun_kit::connector::Check| match check.outcome {
        Ok(seen) => found(&check.title, true, &seen, None),
        Err(fault) => {
            let fault = fault.reworded(|text| connector.said_of(&made.name, text));
            found(&check.title, false, &fault.message, fault.help.as_deref())
        }
    };
    tested.into_iter().map(told).collect()
}
