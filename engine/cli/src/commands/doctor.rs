//! `flowrun doctor`: whether what is kept is whole.

use clap::Args;
use flowrun_core::words;
use flowrun_host::session::durable::home;
use flowrun_views::look::Paint;

use super::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused};
use crate::surroundings::Surroundings;

/// What `doctor` is told.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Begin with the key that is there now, or a new one, because the old one is lost: what was sealed with that stays shut
    #[arg(long)]
    pub new_key: bool,
    /// What is looked at.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Looks at each store; the exit code is 1 if anything is not well.
pub fn run(args: &DoctorArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    if args.new_key {
        let folder = args.place.one(surroundings)?;
        let from = home::new_key(&folder, &surroundings.env)?;
        console.print(&format!("{} has its key from {from} now\n", folder.display()))?;
        return Ok(DONE);
    }
    let paint = Paint(console.out_look.color);
    let mut folders = args.place.folders(surroundings)?;
    folders.retain(|folder| folder.join("store.db").exists());
    if folders.is_empty() {
        console.print("nothing is kept yet\n")?;
        return Ok(DONE);
    }
    let mut code = DONE;
    for folder in folders {
        console.print(&format!("{}\n", paint.bold(&folder.display().to_string())))?;
        let found = match home::doctor(&folder, &surroundings.env) {
            Ok(findings) => findings
                .into_iter()
                .map(|finding| (finding.what, finding.found.map_err(|error| home::problem(&error))))
                .collect(),
            Err(problem) => vec![("store", Err(problem))],
        };
        for (what, found) in found {
            let what = words::pad(what, 10);
            let (said, help) = match found {
                Ok(said) => (said, None),
                Err(problem) => {
                    code = FAILED;
                    (paint.red(&problem.message), problem.help)
                }
            };
            console.print(&words::harmless(&format!("  {what}  {said}\n")))?;
            if let Some(help) = help {
                console.print(&words::harmless(&format!("  {:10}  {help}\n", "")))?;
            }
        }
    }
    Ok(code)
}
