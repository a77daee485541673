//! Projects, their flows, and what starts them.

use std::sync::Arc;

use axum::http::StatusCode;
use flowrun_core::program::{Flow, Trigger};
use flowrun_core::value::{Record, Text, Value as Given, parse_json};
use flowrun_host::session::delegated;
use flowrun_views::graph;
use serde_json::{Value, json};

use super::page::{CURSOR, LIMIT, asked, page};
use super::route::{Call, Kind, Param, Reply, Route, Shape, absent};
use super::start::{again, begin, named, reading};
use crate::Hosted;
use crate::changes::What;
use crate::endpoints::{self, tokens::Token};
use crate::people::{Caller, Place, Problem, Right};
use crate::runs::{Beginning, Unable};

const FLOW: &[&str] = &["flow", "title", "trigger", "on"];

pub const ROUTES: &[Route] = &[
    Route::get(Right::SeeFlows, "/api/v1/projects", "The projects that are served.", |call| Box::pin(projects(call))).gives(Shape::Page(&["project", "version", "flows"])),
    Route::post(Right::ManageService, "/api/v1/projects/{project}/reload", "Reads a project again from its folder. With mistakes in it, the version before goes on.", |call| Box::pin(reload(call))).changes("workflows.user.flow.version.update").gives(Shape::One(&["version", "changed"])),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/flows", "The flows of a project.", |call| Box::pin(flows(call))).query(&[LIMIT, CURSOR]).gives(Shape::Page(FLOW)),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/flows/{flow}", "A flow: what it takes and gives, what starts it, how many of its runs go on.", |call| Box::pin(flow(call))).gives(Shape::One(FLOW)),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/flows/{flow}/picture", "The picture of a flow: its cards and the wires between them.", |call| Box::pin(picture(call))).gives(Shape::Text("image/svg+xml")),
    Route::post(Right::SwitchFlows, "/api/v1/projects/{project}/flows/{flow}/on", "Turns a flow on: what starts it does so again. Times and events that came while it was off are made up for, or dropped.", |call| Box::pin(switch(call, true))).changes("workflows.user.flow.activate").body(&[Param::new("passed", Kind::Words(&["run", "drop"]), "What becomes of what came while it was off: times are made up for with `run` alone, events unless it is `drop`.")]).gives(Shape::One(FLOW)),
    Route::post(Right::SwitchFlows, "/api/v1/projects/{project}/flows/{flow}/off", "Turns a flow off: nothing starts it but people and other flows. Its runs go on.", |call| Box::pin(switch(call, false))).changes("workflows.user.flow.deactivate").gives(Shape::One(FLOW)),
    Route::post(Right::Run, "/api/v1/projects/{project}/flows/{flow}/runs", "Starts a run of a flow.", |call| Box::pin(start(call))).once().changes("flowrun.run.start").body(&[Param::new("inputs", Kind::Object, "The flow's inputs, by their names."), Param::new("as", Kind::Text(200), "Of a delegated flow, who runs it: their Okta User ID. People run it as themselves, programs say for whom.")]).answers(201, Shape::One(&["run"])),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/endpoints", "The flows that can be called, with their addresses; with their client tokens for those who may change the flows.", |call| Box::pin(called(call))).gives(Shape::Page(&["flow", "security", "url"])),
    Route::post(Right::EditFlows, "/api/v1/projects/{project}/flows/{flow}/client-tokens", "Gives a flow that is called with a client token another one, beside those that it has.", |call| Box::pin(new_token(call))).changes("flowrun.client_token.create").answers(201, Shape::One(&["id", "token"])),
    Route::delete(Right::EditFlows, "/api/v1/projects/{project}/flows/{flow}/client-tokens/{token}", "Takes a client token of a flow away.", |call| Box::pin(revoke_token(call))).changes("flowrun.client_token.revoke"),
    Route::get(Right::SeeFlows, "/api/v1/projects/{project}/schedules", "The scheduled flows of a project, each with its next times.", |call| Box::pin(schedules(call))).query(&[Param::new("times", Kind::Whole(1, 100), "How many times each; 5 where nothing is said.")]).gives(Shape::Page(&["flow", "schedule", "next", "on"])),
];

async fn picture(call: Call) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    reading(move || {
        let version = hosted.runs.served.version();
        let vocabulary = hosted.runs.served.surroundings.registry.vocabulary();
        let project = &version.project;
        let place = project.model.flows.iter().position(|one| *one.path == *flow);
        let Some(place) = place else { return Err(absent("flow", &flow)) };
        let uses =
            flowrun_project::check::examine(project, vocabulary, &flowrun_project::check::Given::default())
                .uses;
        let subject = graph::Subject::of(project, place, &uses, &vocabulary.cards);
        Ok(Reply::File(graph::svg(subject, graph::Theme::Auto).into_bytes()))
    })
    .await
}

async fn called(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?;
    let project = &hosted.runs.served.name;
    let listed = call.api.endpoints.list();
    let listed = listed.map_err(|problem| Problem::new(StatusCode::SERVICE_UNAVAILABLE, &problem.message))?;
    let of = listed.into_iter().filter(|one| *one.project == **project);
    let seen = of.filter(|one| call.may(Right::SeeFlows, project, &one.flow)).map(|one| {
        // Whoever has a token can call the flow: it is for those who may change that.
        let tokens = call.may(Right::EditFlows, project, &one.flow).then(|| {
            let token = |token: &Token| json!({ "id": token.id, "token": token.secret });
            one.tokens.iter().map(token).collect::<Vec<_>>()
        });
        let told = json!({
            "flow": one.flow, "title": one.title, "security": one.security, "method": one.method, "url": one.url, "on": one.on, "tokens": tokens,
        });
        (one.flow.clone(), told)
    });
    Ok(Reply::Json(page(seen.collect(), usize::MAX)))
}

async fn new_token(call: Call) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    call.needs(Right::EditFlows, &hosted.runs.served.name, &flow)?;
    let version = hosted.runs.served.version();
    if version.flow(&flow).and_then(endpoints::said).is_none_or(|(_, who)| who != "token") {
        let detail = format!(
            "`{flow}` is not called with a client token: write `trigger: {{ api_endpoint: {{ security: token }} }}` in it"
        );
        return Err(Problem::new(StatusCode::CONFLICT, &detail));
    }
    let made = call.api.endpoints.rotate(&hosted, &flow).await;
    let made = made.map_err(|problem| Problem::new(StatusCode::CONFLICT, &problem.message))?;
    Ok(Reply::Status(StatusCode::CREATED, json!({ "id": made.id, "token": made.secret })))
}

async fn revoke_token(call: Call) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    call.needs(Right::EditFlows, &hosted.runs.served.name, &flow)?;
    let was = call.api.endpoints.revoke(&hosted, &flow, call.part("token")).await;
    match was.map_err(|problem| Problem::new(StatusCode::CONFLICT, &problem.message))? {
        true => Ok(Reply::Nothing),
        false => Err(absent("token", call.part("token"))),
    }
}

/// A flow, for programs.
fn told(hosted: &Hosted, flow: &Flow) -> Value {
    let runs = &hosted.runs;
    let (running, queued) = runs.of(&flow.path);
    let trigger = match &flow.trigger {
        Trigger::Helper => json!({ "kind": "helper" }),
        Trigger::Delegated => json!({ "kind": "delegated" }),
        Trigger::Schedule { cron, time_zone, .. } => {
            json!({ "kind": "schedule", "cron": &**cron, "time_zone": &**time_zone })
        }
        Trigger::Endpoint { .. } => json!({ "kind": "api_endpoint" }),
        Trigger::Event { event, .. } => json!({ "kind": "event", "event": &**event }),
        Trigger::Poll { card, connection, .. } => {
            json!({ "kind": "poll", "card": &**card, "connection": &**connection })
        }
        Trigger::Webhook { name, .. } => json!({ "kind": "webhook", "name": &**name }),
    };
    json!({
        "flow": &*flow.path,
        "title": &*flow.name,
        "project": &*runs.served.name,
        "trigger": trigger,
        "on": hosted.switches.is_on(&flow.path),
        "off_since": hosted.switches.off_since(&flow.path).map(crate::when),
        "passed": hosted.schedules.passed(&flow.path),
        "aside": hosted.inbox.aside().get(&flow.path).copied().unwrap_or_default(),
        "inputs": flow.inputs.iter().map(|input| json!({
            "name": &*input.name, "type": input.ty.to_string(), "required": input.default.is_none(),
        })).collect::<Vec<_>>(),
        "outputs": flow.outputs.iter().map(|output| json!({ "name": &*output.name, "type": output.ty.to_string() })).collect::<Vec<_>>(),
        "running": running,
        "queued": queued,
    })
}

async fn projects(call: Call) -> Result<Reply, Problem> {
    let seen = |hosted: &&Arc<Hosted>| call.caller.knows(&hosted.runs.served.name);
    let told = |hosted: &Arc<Hosted>| {
        let (served, version) = (&hosted.runs.served, hosted.runs.served.version());
        let told = json!({
            "project": &*served.name,
            "folder": served.folder.display().to_string(),
            "store": served.home.folder.display().to_string(),
            "version": version.number,
            "hash": version.hash,
            "read": crate::when(version.at_us),
            "flows": version.program.flows.len(),
            "running": hosted.runs.running(),
            "waiting": hosted.runs.waiting.count(),
            "inbox": hosted.inbox.waiting(),
        });
        (served.name.to_string(), told)
    };
    let all = call.api.service.projects.iter().filter(seen).map(told).collect();
    Ok(Reply::Json(page(all, usize::MAX)))
}

async fn reload(call: Call) -> Result<Reply, Problem> {
    call.caller.needs(Right::ManageService, Place::Service)?;
    let hosted = call.project()?;
    let before = hosted.runs.served.version().number;
    hosted.reload().map_err(|problem| Problem::new(StatusCode::CONFLICT, &problem.message))?;
    let version = hosted.runs.served.version().number;
    Ok(Reply::Json(json!({ "version": version, "changed": version != before })))
}

async fn flows(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?;
    let (version, asked) = (hosted.runs.served.version(), asked(&call)?);
    let project = &hosted.runs.served.name;
    let all = version.program.flows.iter().filter(|flow| call.may(Right::SeeFlows, project, &flow.path));
    let after = all.filter(|flow| asked.after.as_ref().is_none_or(|after| *flow.path > **after));
    let found = after.take(asked.limit + 1).map(|flow| (flow.path.to_string(), told(hosted, flow)));
    Ok(Reply::Json(page(found.collect(), asked.limit)))
}

/// A flow of the call's project; one that the caller may not see is not there.
fn known(call: &Call) -> Result<(Arc<Hosted>, String), Problem> {
    let hosted = call.project()?.clone();
    let flow = call.part("flow").to_owned();
    let seen = call.may(Right::SeeFlows, &hosted.runs.served.name, &flow);
    match hosted.runs.served.version().flow(&flow) {
        Some(_) if seen => Ok((hosted, flow)),
        _ => Err(absent("flow", &flow)),
    }
}

fn shown(hosted: &Hosted, flow: &str) -> Result<Reply, Problem> {
    let version = hosted.runs.served.version();
    let found = version.flow(flow).ok_or_else(|| absent("flow", flow))?;
    Ok(Reply::Json(told(hosted, found)))
}

async fn flow(call: Call) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    shown(&hosted, &flow)
}

async fn switch(call: Call, on: bool) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    call.needs(Right::SwitchFlows, &hosted.runs.served.name, &flow)?;
    if on && call.said("passed") != Some("run") {
        hosted.schedules.forget_passed(&flow);
    }
    // Events run unless somebody says that they shall not: there is no other day on which they come again.
    if on && call.said("passed") == Some("drop") {
        hosted.polls.forget(&flow);
        hosted
            .inbox
            .drop_aside(&flow)
            .await
            .map_err(|problem| Problem::new(StatusCode::SERVICE_UNAVAILABLE, &problem.message))?;
    }
    if hosted.switches.set(&flow, on, hosted.runs.now_us()).await? {
        hosted.runs.tell(What::Switched { flow: Arc::from(&*flow), on });
        hosted.schedules.look();
        hosted.inbox.look();
        hosted.polls.look();
    }
    shown(&hosted, &flow)
}

async fn start(call: Call) -> Result<Reply, Problem> {
    let (hosted, flow) = known(&call)?;
    call.needs(Right::Run, &hosted.runs.served.name, &flow)?;
    let mut inputs = inputs(call.body.get("inputs"))?;
    let user = in_the_name_of(&call, &hosted, &flow, &mut inputs)?;
    let named = named(&call, &hosted).await?;
    if let Some(again) = again(named.as_ref()) {
        return Ok(again);
    }
    let cause = if user.is_some() { delegated::CAUSE } else { "person" };
    let (flow, cause) = (Text::from(flow), cause.to_owned());
    let beginning = Beginning { flow, inputs, cause, who: user, ..Beginning::default() };
    begin(&call, &hosted, named, beginning).await
}

/// Who runs a delegated flow, which is told to it: whoever asks, or whom `as` names. For others only programs may ask, and those who may
/// change the service.
fn in_the_name_of(
    call: &Call,
    hosted: &Hosted,
    flow: &str,
    inputs: &mut Record,
) -> Result<Option<String>, Problem> {
    let version = hosted.runs.served.version();
    let flow = version.flow(flow).ok_or_else(|| absent("flow", flow))?;
    let named = call.said("as");
    if named.is_none() && !matches!(flow.trigger, Trigger::Delegated) {
        return Ok(None);
    }
    let input = delegated::user_input(flow).map_err(|problem| unable(Unable::Problem(problem)))?;
    let own = match &call.caller {
        Caller::Person(person) => Some(&*person.id),
        _ => None,
    };
    let for_others = own.is_none() || call.caller.may(Right::ManageService, Place::Service);
    let user = match (named, own) {
        (Some(named), own) if own == Some(named) || for_others => named,
        (Some(_), _) => return Err(Problem::forbidden("only programs run flows in the name of others")),
        (None, Some(own)) => own,
        (None, None) => return Err(Problem::request("say as `as` in whose name the flow runs")),
    };
    if let Some(input) = input
        && inputs.insert(input.clone(), user.into()).is_some()
    {
        return Err(Problem::request(&format!("`{input}` is who runs the flow: say it as `as`")));
    }
    Ok(Some(if own == Some(user) {
        call.caller.name()
    } else {
        format!("{user}, by {}", call.caller.name())
    }))
}

/// Values by their names, as flows have them.
pub fn inputs(given: Option<&Value>) -> Result<Record, Problem> {
    let Some(given) = given else { return Ok(Record::default()) };
    match parse_json(&given.to_string()) {
        Ok(Given::Object(inputs)) => Ok((*inputs).clone()),
        Ok(_) => Err(Problem::request("`inputs`: expected an object")),
        Err(error) => Err(Problem::request(&format!("`inputs`: {error}"))),
    }
}

/// Why a run does not begin, or go on.
pub fn unable(unable: Unable) -> Problem {
    match unable {
        Unable::Full => {
            let message = "too many runs of this flow wait already";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, message).again_after(1)
        }
        Unable::Ending => {
            let message = "the service is being ended: ask again when it is back";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, message).again_after(5)
        }
        Unable::Problem(problem) => {
            let help = problem.help.map(|help| format!(": {help}")).unwrap_or_default();
            Problem::new(StatusCode::CONFLICT, &format!("{}{help}", problem.message))
        }
    }
}

async fn schedules(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?;
    let project = &hosted.runs.served.name;
    let count = call.number("times").unwrap_or(5) as usize;
    let all = hosted.schedules.shown(count).into_iter();
    let seen = all.filter(|shown| call.may(Right::SeeFlows, project, &shown.flow)).map(|shown| {
        let next: Vec<String> = shown.next_us.iter().map(|next_us| crate::when(*next_us)).collect();
        let told = json!({ "flow": &*shown.flow, "schedule": shown.schedule, "next": next, "on": shown.on });
        (shown.flow.to_string(), told)
    });
    Ok(Reply::Json(page(seen.collect(), usize::MAX)))
}
