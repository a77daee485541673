//! Kept tables and their rows.

use std::io::Read;
use std::sync::Arc;

use axum::http::StatusCode;
use flowrun_core::fault::Fault;
use flowrun_core::value::{Text, Value as Stored};
use flowrun_host::session::durable::tables::{self, Former, change};
use flowrun_kit::files::{Bounds, Files};
use flowrun_store::{Batch, Row, TableId};
use flowrun_tables::Tables;
use serde_json::{Map, Value, json};

use super::page::{CURSOR, LIMIT, asked, page};
use super::route::{Call, Kind, Param, Reply, Route, Shape};
use super::see::blind;
use super::start::reading;
use crate::Hosted;
use crate::people::{Place, Problem, Right};

pub(super) const HOSTS: Param =
    Param::new("hosts", Kind::Text(2_000), "Over which hosts, where it is kept for several sets of them.");

/// A table is given as CSV up to so many bytes.
const MOST_BYTES: usize = 64 << 20;

/// So many rows of what would be added are shown.
const SHOWN: usize = 20;

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeTables,
        "/api/v1/projects/{project}/tables",
        "The tables that are kept, for each set of hosts over which runs went.",
        |call| Box::pin(all(call)),
    )
    .gives(Shape::Page(&["table", "hosts", "rows"])),
    Route::get(
        Right::SeeTables,
        "/api/v1/projects/{project}/tables/{table}/rows",
        "The rows of a kept table; without the right to see data, of what type and how large their values are.",
        |call| Box::pin(rows(call)),
    )
    .looks("workflows.user.table.view")
    .query(&[HOSTS, LIMIT, CURSOR])
    .gives(Shape::Page(&["row", "created", "updated", "columns"])),
    Route::get(
        Right::SeeData,
        "/api/v1/projects/{project}/tables/{table}/csv",
        "All rows of a kept table as CSV; its first line names the columns.",
        |call| Box::pin(export(call)),
    )
    .looks("workflows.user.table.export")
    .query(&[HOSTS])
    .gives(Shape::Text("text/csv")),
    Route::post(
        Right::EditTables,
        "/api/v1/projects/{project}/tables/{table}/csv",
        "Adds the rows of a CSV file to a kept table, all of them or none; its first line names the columns, each of which must be one of the table.",
        |call| Box::pin(import(call)),
    )
    .changes("workflows.user.table.import")
    .query(&[HOSTS, Param::new("dry_run", Kind::Words(&["true", "false"]), "`true`: it is only told what would be added.")])
    .csv()
    .gives(Shape::One(&["rows", "dry_run", "columns", "first"])),
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

/// The kept table that is asked for.
pub(super) fn found(hosted: &Hosted, name: &str, hosts: Option<&str>) -> Result<TableId, Problem> {
    let all = hosted.runs.store().tables_named(name)?.into_iter();
    let mut found = all.filter(|table| hosts.is_none_or(|hosts| *table.scope == *hosts));
    match (found.next(), found.next()) {
        (Some(table), None) => Ok(table),
        (None, _) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            &format!(
                "nothing is kept of a table `{name}`: a run that uses a table with `kept: true` keeps it"
            ),
        )),
        (Some(_), Some(_)) => Err(Problem::request(&format!(
            "`{name}` is kept for several sets of hosts: say which as `hosts`"
        ))),
    }
}

async fn rows(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::SeeTables, Place::Folder(&hosted.runs.served.name))?;
    let asked = asked(&call)?;
    let after = asked.number()?.unwrap_or(0);
    reading(move || {
        let table = found(&hosted, call.part("table"), call.asked("hosts"))?;
        let sees = call.caller.may(Right::SeeData, Place::Folder(&hosted.runs.served.name));
        let rows = hosted.runs.store().rows(&table, after, asked.limit + 1)?;
        let told =
            rows.iter().map(|row| (row.number.to_string(), if sees { told(row) } else { blind(told(row)) }));
        Ok(Reply::Json(page(told.collect(), asked.limit)))
    })
    .await
}

/// A kept table as the version that counts now has it; of a copy nobody else sees what becomes.
fn opened(hosted: &Hosted, table: &TableId, copy: bool) -> Result<(Tables, Files), Problem> {
    let served = &hosted.runs.served;
    let version = served.version();
    let gone = || {
        let detail =
            format!("the project has no table `{}` any more: declare it in flowrun.yaml", table.name);
        Problem::new(StatusCode::CONFLICT, &detail)
    };
    let declared = version.program.tables.iter().find(|known| *known.name == *table.name).ok_or_else(gone)?;
    let (scope, files) = (Text::from(&*table.scope), Files::new(Bounds::default()));
    let (kept, rows) = (served.home.kept.of(&scope), served.home.rows(&scope, Former::default()));
    let tables = Tables::new(std::slice::from_ref(declared)).with_files(files.clone());
    let tables = match copy {
        true => tables.copying([&*table.name], &kept, &rows),
        false => tables.keeping([&*table.name], &kept, &rows),
    };
    let tables = tables.map_err(|fault| unfit(&fault))?;
    tables.set_time(hosted.runs.now_us());
    Ok((tables, files))
}

fn unfit(fault: &Fault) -> Problem {
    let help = fault.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
    Problem::new(StatusCode::CONFLICT, &format!("{}{help}", fault.message))
}

async fn export(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    let place = hosted.runs.served.name.clone();
    call.caller.needs(Right::SeeTables, Place::Folder(&place))?;
    call.caller.needs(Right::SeeData, Place::Folder(&place))?;
    reading(move || {
        let table = found(&hosted, call.part("table"), call.asked("hosts"))?;
        let (tables, files) = opened(&hosted, &table, true)?;
        let csv = tables.export(&table.name).map_err(|fault| unfit(&fault))?;
        let content = files.open(&csv).map_err(|fault| unfit(&fault))?;
        let mut bytes = Vec::new();
        let read = content.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() > MOST_BYTES {
            let detail =
                "the table has more than 64 MiB as CSV: `flowrun tables export` writes it into a file";
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        Ok(Reply::File(bytes))
    })
    .await
}

async fn import(call: Call) -> Result<Reply, Problem> {
    let hosted = call.project()?.clone();
    call.caller.needs(Right::EditTables, Place::Folder(&hosted.runs.served.name))?;
    let dry = call.asked("dry_run") == Some("true");
    reading(move || {
        let table = found(&hosted, call.part("table"), call.asked("hosts"))?;
        let (tables, files) = opened(&hosted, &table, dry)?;
        let mut draft = files.draft();
        std::io::copy(&mut &call.bytes[..], &mut draft).map_err(|error| Problem::request(&error.to_string()))?;
        let csv = draft.keep("rows.csv", 0);
        let before = tables.row_count(&table.name).unwrap_or(0);
        // Until the changes are handed in, no run makes any.
        let order = tables.kept_lock();
        let added = tables.fill(&table.name, &csv).map_err(|fault| unfit(&fault))?;
        let (scope, store) = (Text::from(&*table.scope), hosted.runs.store());
        let changes = tables.take_changes().into_iter().map(|changes| change(&scope, changes)).collect();
        let ticket = store.append(Batch { tables: changes, ..Batch::default() });
        drop(order);
        store.durable(ticket).wait()?;
        let version = hosted.runs.served.version();
        let declared = version.program.tables.iter().find(|known| *known.name == *table.name);
        let column = |column: &flowrun_core::program::Column| json!({ "name": &*column.name, "type": column.ty.to_string() });
        let columns: Vec<Value> = declared.iter().flat_map(|table| table.columns.iter().map(column)).collect();
        let first: Vec<Value> = match dry {
            true => preview(&tables, &table, before),
            false => Vec::new(),
        };
        Ok(Reply::Json(json!({ "rows": added, "dry_run": dry, "columns": columns, "first": first })))
    })
    .await
}

/// The first rows of what would be added.
fn preview(tables: &Tables, table: &TableId, before: usize) -> Vec<Value> {
    let rows = tables.rows(&table.name).unwrap_or_default();
    let added = rows.into_iter().skip(before).take(SHOWN);
    added.filter_map(|row| serde_json::to_value(Stored::Object(Arc::new(row))).ok()).collect()
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
