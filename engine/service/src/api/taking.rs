//! What is kept is taken away before its time: the values of a flow's runs, one person.

use flowrun_store::Filter;
use serde_json::json;

use super::route::{Call, Kind, Param, Reply, Route, Shape};
use super::runs::reading;
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/clear",
        says: "Removes the values of all runs of a flow that have ended; what ran, when and how it ended stays.",
        needs: Some(Right::ClearHistory),
        query: &[],
        body: &[Param {
            name: "flow",
            says: "The flow, by its path; it need not be there any more.",
            kind: Kind::Text(1_000),
            must: true,
        }],
        answer: (200, Shape::One(&["cleared"])),
        act: |call| Box::pin(clear(call)),
    },
    Route {
        method: "POST",
        path: "/api/v1/projects/{project}/forget",
        says: "Removes one person from everything that is kept of a project, and from those who were here; without `remove` it only tells what would go.",
        needs: Some(Right::ManageService),
        query: &[],
        body: &[
            Param {
                name: "person",
                says: "A text that names the person, such as a mail address.",
                kind: Kind::Text(1_000),
                must: true,
            },
            Param { name: "remove", says: "Remove it.", kind: Kind::Words(&["yes", "no"]), must: false },
        ],
        answer: (200, Shape::One(&["cleared", "open", "rows", "audit"])),
        act: |call| Box::pin(forget(call)),
    },
];

async fn clear(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    let flow = call.said("flow").unwrap_or_default().to_owned();
    call.needs(Right::ClearHistory, &hosted.runs.served.name, &flow)?;
    let cleared = reading(move || {
        let filter = Filter { flow: Some(flow), ..Filter::default() };
        Ok(hosted.runs.store().clear(&filter)?)
    });
    Ok(Reply::Json(json!({ "cleared": cleared.await? })))
}

async fn forget(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::ManageService, Place::Service)?;
    let person = call.said("person").unwrap_or_default().to_owned();
    if person.trim().is_empty() {
        return Err(Problem::request("say whom to forget: a text that only what is about them contains"));
    }
    let remove = call.said("remove") == Some("yes");
    let whom = person.clone();
    let found = reading(move || Ok(hosted.runs.served.home.forget(&whom, !remove)?)).await?;
    if remove {
        call.api.people.forget(&call.caller, &person).await?;
    }
    let rows = found.rows.iter().map(|(table, row)| json!({ "table": &*table.name, "row": row }));
    let names = |runs: &[flowrun_store::RunId]| runs.iter().map(ToString::to_string).collect::<Vec<_>>();
    Ok(Reply::Json(json!({
        "cleared": names(&found.cleared), "open": names(&found.open), "rows": rows.collect::<Vec<_>>(), "audit": found.audit,
    })))
}
