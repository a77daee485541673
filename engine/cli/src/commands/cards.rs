//! `flowrun cards`: lists the cards, or shows one.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use flowrun_core::words;
use flowrun_project::unwritable;
use flowrun_views::catalog;

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// What `cards` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun cards                  all cards, by category
  flowrun cards text.split       one card: inputs, outputs, examples
  flowrun cards --search date    the cards that have to do with dates
  flowrun cards --json           everything that is known of all cards")]
pub struct CardsArgs {
    /// A card: its ID, or its name in Okta's console
    pub name: Option<String>,
    /// Only cards that have this word in their name or description
    #[arg(long, value_name = "WORD", conflicts_with = "name")]
    pub search: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the manual's pages into a folder
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["name", "search", "json"])]
    pub markdown: Option<PathBuf>,
}

/// Lists the cards, or shows one.
pub fn run(args: &CardsArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let cards = &vocabulary.cards;
    if let Some(folder) = &args.markdown {
        let pages = catalog::markdown(vocabulary);
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        for (name, text) in &pages {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        }
        console.note(&format!("wrote {} to {}\n", words::many(pages.len() as u64, "page"), folder.display()));
        return Ok(DONE);
    }
    let search = args.search.as_deref();
    let text = match (&args.name, args.json) {
        (Some(name), true) => format!("{:#}\n", catalog::card_json(cards, catalog::find(cards, name)?)),
        (Some(name), false) => catalog::show(cards, catalog::find(cards, name)?, console.out_look),
        (None, true) => catalog::json(cards, search),
        (None, false) => catalog::list(cards, search, console.out_look),
    };
    console.print(&text)?;
    Ok(DONE)
}
