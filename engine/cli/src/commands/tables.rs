//! `flowrun tables`: what is kept of a project's tables, looked at and changed without a run.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use flowrun_core::fault::Fault;
use flowrun_core::program::{Column, Table};
use flowrun_core::suggest::closest;
use flowrun_core::types::Type;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::words;
use flowrun_host::session::clock;
use flowrun_host::session::durable::home::{Home, own_now, problem};
use flowrun_host::session::durable::tables::{Former, change};
use flowrun_kit::files::{Bounds, Files};
use flowrun_project::Problem;
use flowrun_project::check::{Given, examine};
use flowrun_store::{Batch, TableId};
use flowrun_tables::{Change, Changes, Loaded, Rows, Tables};

use super::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, Local, Site};
use crate::surroundings::Surroundings;

/// What `tables` is told.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  flowrun tables                            the kept tables of the project in this folder
  flowrun tables show last_import           the rows of one
  flowrun tables export people people.csv   write them into a CSV file
  flowrun tables import people people.csv   add those of a CSV file
  flowrun tables clear people               delete them all"
)]
pub struct TablesArgs {
    /// What to do with a table; they are listed unless said.
    #[command(subcommand)]
    pub command: Option<TablesCommand>,
    /// Whose tables.
    #[command(flatten)]
    pub place: TablesOf,
}

/// What there is to do with a table.
#[derive(Debug, Subcommand)]
pub enum TablesCommand {
    /// Show the rows of a table
    Show(ShowArgs),
    /// Write the rows of a table into a CSV file
    Export(FileArgs),
    /// Add the rows of a CSV file to a table; all of them or none
    Import(FileArgs),
    /// Delete all rows of a table
    Clear(TableArgs),
}

/// Whose tables.
#[derive(Clone, Debug, Args)]
pub struct TablesOf {
    /// A flow, a folder or an export; the project it belongs to
    #[arg(long, value_name = "PATH", default_value = ".", help_heading = "Where")]
    pub project: PathBuf,
    /// In which environment of the project
    #[arg(long, value_name = "NAME", conflicts_with = "state", help_heading = "Where")]
    pub env: Option<String>,
    /// The folder that the tables are kept in, where it was named with --state
    #[arg(long, value_name = "FOLDER", help_heading = "Where")]
    pub state: Option<PathBuf>,
    /// Where connections led to when the table was kept: a part of what `flowrun tables` says, if it is kept for several
    #[arg(long, value_name = "TEXT", help_heading = "Where")]
    pub hosts: Option<String>,
}

/// Which table.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// The table, by its name in flowrun.yaml
    #[arg(value_name = "TABLE")]
    pub table: String,
    /// Whose it is.
    #[command(flatten)]
    pub place: TablesOf,
}

/// Which table, and how much of it.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Which table.
    #[command(flatten)]
    pub of: TableArgs,
    /// How many rows at the most, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which table and which file.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The table, by its name in flowrun.yaml
    #[arg(value_name = "TABLE")]
    pub table: String,
    /// The CSV file; its first line names the columns
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose it is.
    #[command(flatten)]
    pub place: TablesOf,
}

/// Lists tables, or does something with one.
pub fn run(args: &TablesArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    match &args.command {
        None => list(&args.place, surroundings, console),
        Some(TablesCommand::Show(args)) => show(args, surroundings, console),
        Some(TablesCommand::Export(args)) => export(args, surroundings, console),
        Some(TablesCommand::Import(args)) => import(args, surroundings, console),
        Some(TablesCommand::Clear(args)) => clear(args, surroundings, console),
    }
}

fn list(place: &TablesOf, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let mut text = String::new();
    for shown in place.site(surroundings)?.tables()? {
        text += &format!("{}: {} ({})\n", shown.table, words::many(shown.rows, "row"), shown.hosts);
    }
    if text.is_empty() {
        text.push_str("no table is kept\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn show(args: &ShowArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let (newest, all) = args.of.place.site(surroundings)?.rows(&args.of.table, args.limit)?;
    if args.json {
        let rows = Value::from(newest.into_iter().map(Value::from).collect::<Vec<_>>());
        console.print(&format!("{}\n", rows.to_json_pretty()))?;
        return Ok(DONE);
    }
    let mut text = drawn(&newest);
    if (newest.len() as u64) < all {
        text += &format!("the newest {} of {}\n", newest.len(), words::many(all, "row"));
    } else {
        text += &format!("{}\n", words::many(all, "row"));
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn export(args: &FileArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let written = |error: io::Error| {
        let wrong = Problem::new(format!("{} can't be written: {error}", args.file.display()));
        match error.kind() {
            io::ErrorKind::AlreadyExists => wrong.help("name another file, or remove this one"),
            _ => wrong,
        }
    };
    args.place.site(surroundings)?.export(&args.table, &mut |content| {
        let mut file = File::create_new(&args.file).map_err(written)?;
        io::copy(content, &mut file).and_then(|_| file.sync_all()).map_err(written)
    })?;
    console.note(&format!("wrote {}\n", args.file.display()));
    Ok(DONE)
}

fn import(args: &FileArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let added = args.place.site(surroundings)?.import(&args.table, &args.file)?;
    console.print(&format!("{} added\n", words::many(added, "row")))?;
    Ok(DONE)
}

fn clear(args: &TableArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let deleted = args.place.site(surroundings)?.clear_table(&args.table)?;
    console.print(&format!("{} deleted\n", words::many(deleted, "row")))?;
    Ok(DONE)
}

impl TablesOf {
    fn site(&self, surroundings: &Surroundings) -> Result<Box<dyn Site>, Problem> {
        let TablesOf { project, env, state, hosts } = self.clone();
        site::named(PlaceArgs { state, project: Some(project), env }, hosts, surroundings)
    }
}

/// A table of a store of this machine.
pub struct Kept {
    home: Home,
    id: TableId,
    definition: Table,
    is_declared: bool,
    files: Files,
}

impl Kept {
    /// Finds a table, to be looked at beside whoever has the store.
    pub fn look(table: &str, place: &Local) -> Result<Kept, Problem> {
        let (project, folder) = place.project()?;
        let vocabulary = place.surroundings.registry.vocabulary();
        let tables = examine(&project, vocabulary, &Given::default()).program.tables;
        let home = Home::look(&folder, &place.surroundings.env)?;
        let stored =
            home.as_ref().map(|home| home.store.tables()).transpose().map_err(|error| problem(&error))?;
        let stored: Vec<TableId> = stored.into_iter().flatten().map(|(id, _)| id).collect();
        let found =
            stored.iter().filter(|id| *id.name == *table && place.is_over(&id.scope)).collect::<Vec<_>>();
        let (Some(home), [id]) = (home, &*found) else {
            return Err(ambiguous(table, &found, &stored));
        };
        let declared = tables.into_iter().find(|known| *known.name == *table);
        let is_declared = declared.is_some();
        let definition = declared.unwrap_or_else(|| Table {
            name: table.into(),
            columns: Vec::new(),
            kept: true,
            max_rows: None,
        });
        let id = (*id).clone();
        let mut kept = Kept { home, id, definition, is_declared, files: Files::new(Bounds::default()) };
        if !is_declared {
            kept.definition.columns = kept.columns()?;
        }
        Ok(kept)
    }

    /// Finds a table, which only this process can change as long as it is there.
    pub fn own(table: &str, place: &Local, who: &str) -> Result<Kept, Problem> {
        let kept = Kept::look(table, place)?;
        let folder = kept.home.folder.clone();
        Ok(Kept { home: own_now(&folder, &place.surroundings.env, who)?, ..kept })
    }

    /// The rows as CSV.
    pub fn export(&self) -> Result<impl Read + use<>, Problem> {
        let csv = self.tables()?.export(&self.definition.name).map_err(|fault| told(&fault))?;
        self.files.open(&csv).map_err(|fault| told(&fault))
    }

    /// Adds the rows of a CSV file, all of them or none; how many.
    pub fn import(&self, csv: &mut dyn Read, file: &Path) -> Result<u64, Problem> {
        let table = &self.definition.name;
        if !self.is_declared {
            let problem = Problem::new(format!("the project has no table `{table}` any more"));
            return Err(problem.help("declare it in flowrun.yaml"));
        }
        let mut draft = self.files.draft();
        let unread = |error| Problem::new(format!("{} can't be read: {error}", file.display()));
        io::copy(csv, &mut draft).map_err(unread)?;
        let csv = draft.keep("rows.csv", 0);
        let tables = self.tables()?;
        tables.set_time(clock(1.0).now_ms() * 1000);
        let added = tables.fill(table, &csv).map_err(|fault| {
            let problem = told(&fault);
            Problem { message: format!("{}: {}", file.display(), problem.message), ..problem }
        })?;
        self.write(tables.take_changes())?;
        Ok(added as u64)
    }

    /// Deletes the rows; how many there were.
    pub fn clear(&self) -> Result<u64, Problem> {
        // It is not laid out under its columns: what fits them no more is what one may want to be rid of.
        let loaded = self.load()?;
        let table = self.definition.name.clone();
        self.write(vec![Changes { table, next: loaded.next, note: None, rows: vec![Change::Clear] }])?;
        Ok(loaded.rows.len() as u64)
    }

    fn load(&self) -> Result<Loaded, Problem> {
        let loaded = self.home.rows(&Text::from(&*self.id.scope), Former::default()).load(&self.id.name);
        Ok(loaded.map_err(Problem::new)?.unwrap_or_default())
    }

    /// The columns that the rows of a table have which is not declared any more.
    fn columns(&self) -> Result<Vec<Column>, Problem> {
        let rows = self.load()?.rows;
        let mut seen = BTreeSet::new();
        let names = rows.iter().flat_map(|row| &row.columns).map(|(name, _)| name);
        let names = names.filter(|name| seen.insert(Arc::clone(name)));
        let column =
            |name: &Arc<str>| Column { name: Text::from(&**name), ty: Type::TEXT, default: Value::Null };
        Ok(names.map(column).collect())
    }

    /// The table with its rows.
    pub fn tables(&self) -> Result<Tables, Problem> {
        let scope = Text::from(&*self.id.scope);
        let rows = self.home.rows(&scope, Former::default());
        let tables = Tables::new(std::slice::from_ref(&self.definition)).with_files(self.files.clone());
        let kept = tables.keeping([&*self.id.name], &self.home.kept.of(&scope), &rows);
        kept.map_err(|fault| told(&fault))
    }

    /// Has changes stored.
    fn write(&self, changes: Vec<Changes>) -> Result<(), Problem> {
        let scope = Text::from(&*self.id.scope);
        let tables = changes.into_iter().map(|changes| change(&scope, changes)).collect();
        let ticket = self.home.store.append(Batch { tables, ..Batch::default() });
        self.home.store.durable(ticket).wait().map_err(|error| problem(&error))
    }
}

/// Why a name leads to no table, or to more than one.
fn ambiguous(table: &str, found: &[&TableId], stored: &[TableId]) -> Problem {
    if found.is_empty() {
        return Problem::new(format!("nothing is kept of a table `{table}`"))
            .meant(closest(table, stored.iter().map(|id| &*id.name)))
            .or_help(
                || "`flowrun tables` lists what is kept; a run that uses a table with `kept: true` keeps it",
            );
    }
    let scopes: Vec<String> = found.iter().map(|id| format!("\n    {}", id.scope)).collect();
    Problem::new(format!("the table `{table}` is kept for {} sets of hosts", found.len()))
        .help(format!("say which with --hosts, by a part of one of these{}", scopes.concat()))
}

/// Rows as people read them: a line for each, under the names of the columns.
fn drawn(rows: &[Record]) -> String {
    /// How many columns of the screen a cell takes at the most.
    const WIDEST: usize = 40;
    let Some(first) = rows.first() else { return String::new() };
    let names: Vec<String> = first.keys().map(ToString::to_string).collect();
    let cells = rows.iter().map(|row| row.values().map(|value| words::fit(&cell(value), WIDEST)).collect());
    let lines: Vec<Vec<String>> = [names].into_iter().chain(cells).collect();
    let width = |column: usize| lines.iter().map(|line| words::width(&line[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..first.len()).map(width).collect();
    let line = |line: &Vec<String>| {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| words::pad(cell, *width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

/// A cell in one line.
fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string().replace(['\n', '\r', '\t'], " ") }
}

fn told(fault: &Fault) -> Problem {
    Problem { message: fault.message.to_string(), help: fault.help.as_ref().map(ToString::to_string) }
}
