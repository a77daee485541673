//! `flowrun diff`: what differs between two exports, projects or flows, told in the terms of flows and cards.
//!
//! Both sides are read into the model and compared there: flows are paired (`flows`), then their cards (`pairing`), then what
//! each pair says (`cards`, `fields`). Names by which wires know cards count nothing; what they point at does (`meaning`).

mod align;
mod calls;
mod cards;
mod compare;
mod fields;
mod flow;
mod flows;
mod json;
mod likeness;
mod manifest;
mod markdown;
mod meaning;
mod outline;
mod pairing;
pub mod report;
mod roots;
mod show;
mod sides;
mod summary;
mod text;

use crate::args::{DiffArgs, DiffFormat};
use crate::console::Console;
use crate::{DONE, FAILED, Refused, connectors};
use report::{Compared, Mark, Report};
use sides::Pair;

/// Compares two sides and says what differs.
pub fn diff(args: &DiffArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    let catalog = connectors::catalog();
    let mut files = Vec::new();
    for pair in sides::pairs(&args.old, &args.new)? {
        files.push(match pair {
            Pair::Both { name, old, new } => {
                let (old, new, scope) = sides::read(&old, &new, console)?;
                let items = compare::compare(&old, &new, scope, &catalog);
                Compared { name, mark: Mark::Changed, items }
            }
            Pair::Alone { name, mark } => Compared { name: Some(name), mark, items: Vec::new() },
        });
    }
    let report = Report { old: args.old.display().to_string(), new: args.new.display().to_string(), files };
    let told = match args.format {
        DiffFormat::Text => text::text(&report, console.out_look),
        DiffFormat::Json => json::json(&report),
        DiffFormat::Markdown => markdown::markdown(&report),
    };
    console.tell(&told)?;
    Ok(if report.is_empty() { DONE } else { FAILED })
}
