//! Kept tables and their rows.

use axum::http::StatusCode;
use flowrun_core::value::{Text, Value as Stored};
use flowrun_host::session::durable::tables;
use flowrun_store::{Row, TableId};
use serde_json::{Map, Value, json};

use super::page::{CURSOR, LIMIT, asked, page};
use super::route::{Call, Reply, Route, Shape};
use super::see::blind;
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/tables",
        says: "The tables that are kept, for each set of hosts over which runs went.",
        needs: Some(Right::SeeTables),
        query: &[],
        body: &[],
        answer: (200, Shape::Page(&["table", "hosts", "rows"])),
        act: |call| Box::pin(all(call)),
    },
    Route {
        method: "GET",
        path: "/api/v1/projects/{project}/tables/{table}/rows",
        says: "The rows of a kept table, over the hosts of `hosts`, or of the only ones there are.",
        needs: Some(Right::SeeTables),
        query: &[
            super::route::Param {
                name: "hosts",
                says: "Over which hosts.",
                kind: super::route::Kind::Text(2_000),
                must: false,
            },
            LIMIT,
            CURSOR,
        ],
        body: &[],
        answer: (200, Shape::Page(&["row", "created", "updated", "columns"])),
        act: |call| Box::pin(rows(call)),
    },
];

async fn all(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?;
    call.caller.needs(Right::SeeTables, Place::Folder(&hosted.runs.served.name))?;
    let tables = hosted.runs.store().tables()?.into_iter();
    let told = tables.map(|(table, rows)| {
        let told = json!({ "table": &*table.name, "hosts": &*table.scope, "rows": rows });
        (table.name.to_string(), told)
    });
    Ok(Reply::Json(page(told.collect(), usize::MAX)))
}

async fn rows(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?;
    let place = Place::Folder(&hosted.runs.served.name);
    call.caller.needs(Right::SeeTables, place)?;
    let (store, name, asked) = (hosted.runs.store(), call.part("table"), asked(&call)?);
    let of_name = |table: &TableId| {
        *table.name == *name && call.asked("hosts").is_none_or(|hosts| *table.scope == *hosts)
    };
    let mut found = store.tables()?.into_iter().map(|(table, _)| table).filter(of_name);
    let table = match (found.next(), found.next()) {
        (Some(table), None) => table,
        (None, _) => {
            return Err(Problem::new(StatusCode::NOT_FOUND, &format!("nothing is kept of a table `{name}`")));
        }
        (Some(_), Some(_)) => {
            return Err(Problem::request(&format!(
                "`{name}` is kept for several sets of hosts: say which as `hosts`"
            )));
        }
    };
    let sees = call.caller.may(Right::SeeData, place);
    let after = asked.after.and_then(|after| after.parse::<u64>().ok()).unwrap_or(0);
    let kept = store.table(&table)?.unwrap_or_default();
    let rows = kept.rows.iter().filter(|row| row.number > after).take(asked.limit + 1);
    let told = rows.map(|row| (row.number.to_string(), if sees { told(row) } else { blind(told(row)) }));
    Ok(Reply::Json(page(told.collect(), asked.limit)))
}

fn told(row: &Row) -> Value {
    let values = tables::row(row.clone()).values().unwrap_or_default();
    let column =
        |(name, value): (Text, Stored)| (name.to_string(), serde_json::to_value(value).unwrap_or_default());
    json!({
        "row": row.number,
        "created": crate::when(row.created_ms.saturating_mul(1000)),
        "updated": crate::when(row.updated_ms.saturating_mul(1000)),
        "columns": values.into_iter().map(column).collect::<Map<_, _>>(),
    })
}
