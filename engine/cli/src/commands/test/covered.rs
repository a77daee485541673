//! What the tests came to.

use flowrun_project::Problem;
use flowrun_testing::coverage::{self, Coverage};
use flowrun_testing::reports::{OfProject, Results};
use flowrun_testing::suite::Suite;

use super::TestArgs;
use super::choose::Chosen;
use super::tried::Tried;
use crate::commands::check::prefix;
use crate::console::Console;

/// What the tests came to in each project.
pub fn covered<'s>(suites: &'s [Suite], chosen: &[Chosen<'_>], came: &[Option<Tried>]) -> Vec<OfProject<'s>> {
    let of = |suite: &'s Suite| {
        let mut coverage = Coverage::default();
        let of_suite = chosen.iter().zip(came).filter(|(one, _)| std::ptr::eq(one.suite, suite));
        let reports = of_suite.filter_map(|(_, came)| came.as_ref()?.came.report.as_ref());
        reports.for_each(|report| coverage.add(report));
        OfProject {
            project: &suite.project,
            prefix: prefix(&suite.project.root),
            flows: coverage.of(&suite.program, &suite.sources),
        }
    };
    suites.iter().map(of).collect()
}

/// The tables of that, where they are asked for.
pub fn tables(args: &TestArgs, results: &Results<'_>) -> String {
    let shown = results.covered.iter().filter(|_| args.coverage);
    shown.map(|project| format!("\n{}", coverage::table(&project.flows))).collect()
}

/// Whether it is enough; says so where it isn't.
pub fn is_enough(args: &TestArgs, results: &Results<'_>, console: &mut Console<'_>) -> bool {
    let sums = results.covered.iter().map(|project| coverage::sum(&project.flows).0);
    let all = sums.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    match args.coverage_min {
        Some(least) if coverage::percent(all) < least => {
            console.refuse(&Problem::new(format!(
                "the tests came to {:.1} % of the cards, and {least} % are asked for",
                coverage::percent(all)
            )));
            false
        }
        _ => true,
    }
}
