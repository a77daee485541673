//! `flowrun tables`: what is kept of a project's tables, looked at and changed without a run.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use flowrun_core::fault::Fault;
use flowrun_core::program::{Column, Table};
use flowrun_core::suggest::closest;
use flowrun_core::types::Type;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::words;
use flowrun_host::session::clock;
use flowrun_host::session::durable::home::{self, Home, own_now, problem};
use flowrun_host::session::durable::tables::{Former, change};
use flowrun_kit::files::{Bounds, Files};
use flowrun_project::check::{Given, examine};
use flowrun_project::{Problem, Project};
use flowrun_store::{Batch, TableId};
use flowrun_tables::{Change, Changes, Loaded, Rows, Tables};

use crate::console::Console;
use crate::outcome::{DONE, Refused};
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
    if let Some(home) = Home::look(&place.project(surroundings)?.1, &surroundings.env)? {
        for (table, rows) in home.store.tables().map_err(|error| problem(&error))? {
            if place.is_over(&table) {
                text += &format!("{}: {} ({})\n", table.name, words::many(rows, "row"), table.scope);
            }
        }
    }
    if text.is_empty() {
        text.push_str("no table is kept\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn show(args: &ShowArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let kept = Kept::look(&args.of.table, &args.of.place, surroundings)?;
    let rows = kept.tables()?.rows(&args.of.table).unwrap_or_default();
    let newest = &rows[rows.len().saturating_sub(args.limit)..];
    if args.json {
        let rows = Value::from(newest.iter().cloned().map(Value::from).collect::<Vec<_>>());
        console.print(&format!("{}\n", rows.to_json_pretty()))?;
        return Ok(DONE);
    }
    let mut text = drawn(newest);
    if newest.len() < rows.len() {
        text += &format!("the newest {} of {}\n", newest.len(), words::many(rows.len() as u64, "row"));
    } else {
        text += &format!("{}\n", words::many(rows.len() as u64, "row"));
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn export(args: &FileArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let kept = Kept::look(&args.table, &args.place, surroundings)?;
    let csv = kept.tables()?.export(&args.table).map_err(|fault| told(&fault))?;
    let written = |error: io::Error| {
        let wrong = Problem::new(format!("{} can't be written: {error}", args.file.display()));
        match error.kind() {
            io::ErrorKind::AlreadyExists => wrong.help("name another file, or remove this one"),
            _ => wrong,
        }
    };
    let mut file = File::create_new(&args.file).map_err(written)?;
    let mut content = kept.files.open(&csv).map_err(|fault| told(&fault))?;
    io::copy(&mut content, &mut file).and_then(|_| file.sync_all()).map_err(written)?;
    console.note(&format!("wrote {}\n", args.file.display()));
    Ok(DONE)
}

fn import(args: &FileArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let kept = Kept::own(&args.table, &args.place, surroundings, "flowrun tables import")?;
    if !kept.is_declared {
        let problem = Problem::new(format!("the project has no table `{}` any more", args.table));
        return Err(problem.help("declare it in flowrun.yaml").into());
    }
    let unread = |error: io::Error| Problem::new(format!("{} can't be read: {error}", args.file.display()));
    let mut draft = kept.files.draft();
    File::open(&args.file).and_then(|mut file| io::copy(&mut file, &mut draft)).map_err(unread)?;
    let csv = draft.keep("rows.csv", 0);
    let tables = kept.tables()?;
    tables.set_time(clock(1.0).now_ms() * 1000);
    let added = tables.fill(&args.table, &csv).map_err(|fault| {
        let problem = told(&fault);
        Problem { message: format!("{}: {}", args.file.display(), problem.message), ..problem }
    })?;
    kept.write(tables.take_changes())?;
    console.print(&format!("{} added\n", words::many(added as u64, "row")))?;
    Ok(DONE)
}

fn clear(args: &TableArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let kept = Kept::own(&args.table, &args.place, surroundings, "flowrun tables clear")?;
    // It is not laid out under its columns: what fits them no more is what one may want to be rid of.
    let loaded = kept.load()?;
    let table = Text::from(args.table.as_str());
    kept.write(vec![Changes { table, next: loaded.next, note: None, rows: vec![Change::Clear] }])?;
    console.print(&format!("{} deleted\n", words::many(loaded.rows.len() as u64, "row")))?;
    Ok(DONE)
}

impl TablesOf {
    /// The project, and the folder in which its store lies.
    fn project(&self, surroundings: &Surroundings) -> Result<(Project, PathBuf), Problem> {
        let environment = self.env.as_deref();
        let project = Project::read_in(&self.project, environment, surroundings.registry.vocabulary())?;
        let usual = || home::folder(&project.root, environment, &surroundings.env);
        let folder = self.state.clone().or_else(usual).ok_or_else(|| {
            Problem::new("nothing says where tables are kept: HOME is not set")
                .help("name their folder with --state")
        })?;
        Ok((project, folder))
    }

    fn is_over(&self, table: &TableId) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| table.scope.contains(hosts.as_str()))
    }
}

/// A table of a store.
struct Kept {
    home: Home,
    id: TableId,
    definition: Table,
    is_declared: bool,
    files: Files,
}

impl Kept {
    /// Finds a table, to be looked at beside whoever has the store.
    fn look(table: &str, place: &TablesOf, surroundings: &Surroundings) -> Result<Kept, Problem> {
        let (project, folder) = place.project(surroundings)?;
        let vocabulary = surroundings.registry.vocabulary();
        let tables = examine(&project, vocabulary, &Given::default()).program.tables;
        let home = Home::look(&folder, &surroundings.env)?;
        let stored =
            home.as_ref().map(|home| home.store.tables()).transpose().map_err(|error| problem(&error))?;
        let stored: Vec<TableId> = stored.into_iter().flatten().map(|(id, _)| id).collect();
        let found = stored.iter().filter(|id| *id.name == *table && place.is_over(id)).collect::<Vec<_>>();
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
    fn own(table: &str, place: &TablesOf, surroundings: &Surroundings, who: &str) -> Result<Kept, Problem> {
        let kept = Kept::look(table, place, surroundings)?;
        let folder = kept.home.folder.clone();
        Ok(Kept { home: own_now(&folder, &surroundings.env, who)?, ..kept })
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
    fn tables(&self) -> Result<Tables, Problem> {
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
