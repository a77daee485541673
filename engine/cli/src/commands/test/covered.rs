//! What the tests came to.

use flowrun_project::{Problem, unwritable};
use flowrun_testing::coverage::{self, Coverage};
use flowrun_testing::suite::Suite;

use super::choose::Chosen;
use super::{TestArgs, Tried};
use crate::commands::check::prefix;
use crate::console::Console;
use crate::outcome::Refused;

/// Tells what the tests came to, where that is asked for; whether it is enough.
pub fn tell(
    args: &TestArgs,
    suites: &[Suite],
    chosen: &[Chosen<'_>],
    came: &[Tried],
    console: &mut Console<'_>,
) -> Result<bool, Refused> {
    if !args.coverage && args.lcov.is_none() && args.coverage_min.is_none() {
        return Ok(true);
    }
    let (mut all, mut lcov) = ((0, 0), String::new());
    for suite in suites {
        let mut coverage = Coverage::default();
        let of_suite = chosen.iter().zip(came).filter(|(one, _)| std::ptr::eq(one.suite, suite));
        of_suite.filter_map(|(_, came)| came.came.report.as_ref()).for_each(|report| coverage.add(report));
        let covered = coverage.of(&suite.program, &suite.sources);
        all = covered.iter().fold(all, |all, one| (all.0 + one.cards.0, all.1 + one.cards.1));
        if args.coverage {
            console.print(&format!("\n{}", coverage::table(&covered)))?;
        }
        // What an export converts to is no file whose lines anybody could look at.
        if suite.project.export.is_none() {
            lcov += &coverage.lcov(&suite.program, &suite.sources, &prefix(&suite.project.root));
        }
    }
    if let Some(file) = &args.lcov {
        std::fs::write(file, lcov).map_err(|error| unwritable(file, &error))?;
    }
    match args.coverage_min {
        Some(least) if coverage::percent(all) < least => {
            console.refuse(&Problem::new(format!(
                "the tests came to {:.1} % of the cards, and {least} % are asked for",
                coverage::percent(all)
            )));
            Ok(false)
        }
        _ => Ok(true),
    }
}
