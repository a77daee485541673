//! What is kept is taken away before its time: the values of a flow's runs, one person, the rows of a table.

use flowrun_core::value::Text;
use flowrun_host::session::durable::tables::change;
use flowrun_store::{Batch, Filter};
use flowrun_tables::{Change, Changes};
use serde_json::json;

use super::route::{Call, Kind, Param, Reply, Route, Shape};
use super::start::reading;
use super::tables::{HOSTS, found};
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route::post(
        Right::ClearHistory,
        "/api/v1/projects/{project}/clear",
        "Removes the values of all runs of a flow that have ended; what ran, when and how it ended stays.",
        |call| Box::pin(clear(call)),
    )
    .changes("workflows.user.flow.execution_history.delete")
    .body(&[Param::new("flow", Kind::Text(1_000), "The flow, by its path; it need not be there any more.").must()])
    .gives(Shape::One(&["cleared"])),
    Route::post(
        Right::ManageService,
        "/api/v1/projects/{project}/forget",
        "Removes one person from everything that is kept of a project, and from those who were here; without `remove` it only tells what would go.",
        |call| Box::pin(forget(call)),
    )
    .changes("flowrun.person.forget")
    .body(&[
        Param::new("person", Kind::Text(1_000), "A text that names the person, such as a mail address.").must(),
        Param::new("remove", Kind::Words(&["yes", "no"]), "Remove it."),
    ])
    .gives(Shape::One(&["cleared", "open", "rows", "notes", "audit"])),
    Route::delete(
        Right::EditTables,
        "/api/v1/projects/{project}/tables/{table}/rows",
        "Deletes all rows of a kept table.",
        |call| Box::pin(empty(call)),
    )
    .changes("flowrun.table.clear")
    .query(&[HOSTS])
    .gives(Shape::One(&["deleted"])),
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
    let (home, whom) = (hosted.runs.served.home.clone(), person.clone());
    let mut found = reading(move || Ok(home.forget(&whom, true)?)).await?;
    let mut notes = 0;
    if remove {
        // First, so that nothing is left of sessions and tokens that could not be read any more.
        notes = call.api.people.forget(&call.caller, &person).await? as u64;
        found = reading(move || Ok(hosted.runs.served.home.forget(&person, false)?)).await?;
    }
    notes += found.notes;
    let rows = found.rows.iter().map(|(table, row)| json!({ "table": &*table.name, "row": row }));
    let names = |runs: &[flowrun_store::RunId]| runs.iter().map(ToString::to_string).collect::<Vec<_>>();
    Ok(Reply::Json(json!({
        "cleared": names(&found.cleared), "open": names(&found.open), "rows": rows.collect::<Vec<_>>(), "notes": notes, "audit": found.audit,
    })))
}

async fn empty(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::EditTables, Place::Folder(&hosted.runs.served.name))?;
    reading(move || {
        let table = found(&hosted, call.part("table"), call.asked("hosts"))?;
        let (home, store) = (&hosted.runs.served.home, hosted.runs.store());
        let (ticket, deleted) = home.kept.taking(|| {
            // What runs have handed in is read only when it is on the disk.
            drop(store.durable(store.newest()).wait());
            let stored = store.table(&table).ok().flatten().unwrap_or_default();
            let rows = stored.rows.iter();
            let gone =
                rows.map(|row| (table.scope.clone(), table.name.clone(), row.number)).collect::<Vec<_>>();
            let changes = Changes {
                table: Text::from(&*table.name),
                next: stored.next,
                note: None,
                rows: vec![Change::Clear],
            };
            let changes = change(&Text::from(&*table.scope), changes);
            ((store.append(Batch::default().table(changes)), gone.len()), gone)
        });
        store.durable(ticket).wait()?;
        Ok(Reply::Json(json!({ "deleted": deleted })))
    })
    .await
}
