//! `flowrun backup` and `restore`: what is kept of a project is copied, and put back.

use std::path::PathBuf;

use clap::Args;
use flowrun_core::words;
use flowrun_host::session::durable::home::{self, Home, problem};
use flowrun_project::Problem;
use flowrun_store::Filter;

use super::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// What `backup` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun backup /backups/flowrun-2026-11-28 --project flows

The key that secrets are sealed with is not in it: keep that elsewhere (FLOWRUN_STORE_KEY, or store.key).")]
pub struct BackupArgs {
    /// A folder that is not there yet
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
    /// What is copied.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What `restore` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun restore /backups/flowrun-2026-11-28 --project flows

All of it is verified before anything is replaced; what is there now is put into a folder beside it.")]
pub struct RestoreArgs {
    /// The folder that `flowrun backup` made
    #[arg(value_name = "FOLDER")]
    pub from: PathBuf,
    /// Where it is put.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Copies a store.
pub fn backup(
    args: &BackupArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let folder = args.place.one(surroundings)?;
    let home = Home::look(&folder, &surroundings.env)?;
    let home = home.ok_or_else(|| Problem::new(format!("nothing is kept in {} yet", folder.display())))?;
    let backup = home.backup(&args.to)?;
    let size = format!("{:.1} MB", backup.bytes as f64 / 1e6);
    let files = words::many(backup.files as u64, "file");
    console.print(&format!(
        "{} holds what was kept in {}: {size}, {files} beside the database\n",
        args.to.display(),
        folder.display()
    ))?;
    console.note("the key is not in it: without FLOWRUN_STORE_KEY, or store.key, its secrets stay sealed\n");
    Ok(DONE)
}

/// Puts a backup back.
pub fn restore(
    args: &RestoreArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let folder = args.place.one(surroundings)?;
    let restored = home::restore(&args.from, &folder)?;
    console.print(&format!("{} holds again what {} holds\n", folder.display(), args.from.display()))?;
    if let Some(before) = restored.before {
        console.print(&format!("what was there before lies in {}\n", before.display()))?;
    }
    let Some(home) = Home::look(&folder, &surroundings.env)? else { return Ok(DONE) };
    let open = home.store.runs(&Filter::open()).map_err(|error| problem(&error))?;
    if !open.is_empty() {
        let runs = words::many(open.len() as u64, "run");
        console.warn(&format!(
            "{runs} had not ended when the backup was made: what they did since is not known here and would be done again; `flowrun runs --status open` lists them"
        ));
    }
    let found = home::doctor(&folder, &surroundings.env)?;
    if let Some(error) =
        found.into_iter().find(|finding| finding.what == "key").and_then(|finding| finding.found.err())
    {
        console.warn(&error.message);
    }
    Ok(DONE)
}
