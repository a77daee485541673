//! `flowrun schedules`: when scheduled flows come.

use clap::Args;
use flowrun_core::words;
use flowrun_service::times::Times;
use serde_json::{Value, json};

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, ProjectArgs};
use crate::surroundings::Surroundings;
use crate::values::whole;

/// What `schedules` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun schedules                                  those of the project in this folder
  flowrun schedules --times 20 --json
  flowrun --server https://flows.example.com schedules")]
pub struct SchedulesArgs {
    /// How many times of each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = whole(1, 100))]
    pub times: u64,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
    /// Whose schedules.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// Tells when scheduled flows come.
pub fn run(
    args: &SchedulesArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let shown = site::of_project(&args.place, surroundings)?.schedules(args.times as usize)?;
    if args.json {
        let told = |one: &site::ScheduleShown| {
            json!({
                "flow": one.flow, "cron": one.cron, "time_zone": one.zone, "on": one.on, "next": one.next,
                "words": Times::in_words(&one.cron),
            })
        };
        let told: Vec<Value> = shown.iter().map(told).collect();
        console.print(&format!("{:#}\n", Value::from(told)))?;
        return Ok(DONE);
    }
    let mut text = String::new();
    for one in &shown {
        let words = Times::in_words(&one.cron).unwrap_or_default();
        let off = if one.on { "" } else { " (off)" };
        text.push_str(&format!("{}{off}: {words} ({}), {}\n", one.flow, one.cron, one.zone));
        for next in &one.next {
            text.push_str(&format!("  {next}\n"));
        }
        if one.next.is_empty() {
            text.push_str("  never again\n");
        }
    }
    if text.is_empty() {
        text.push_str("no flow is scheduled\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}
