//! Which tests are run.

use flowrun_testing::form::{Case, Test};
use flowrun_testing::suite::{Beside, Suite};

use super::TestArgs;

/// A case that is to be run, by its places.
pub struct Chosen<'s> {
    pub suite: &'s Suite,
    pub beside: &'s Beside,
    pub test: &'s Test,
    pub case: &'s Case,
}

impl Chosen<'_> {
    /// The case as people know it in its file: its test and what it is called there.
    pub fn title(&self) -> String {
        match &*self.case.name {
            "" => self.test.name.it.to_string(),
            name => format!("{} ({name})", self.test.name.it),
        }
    }
}

/// The cases that are meant, those that are skipped among them.
pub fn choose<'s>(args: &TestArgs, suites: &'s [Suite]) -> Vec<Chosen<'s>> {
    let mut chosen = Vec::new();
    for suite in suites {
        for beside in &suite.files {
            for test in &beside.file.tests {
                let named = |text: &String| beside.name.contains(&**text) || test.name.it.contains(&**text);
                let tagged = |tag: &String| test.tags.iter().any(|own| **own == **tag);
                if args.filter.iter().all(named) && args.tag.iter().all(tagged) {
                    chosen.extend(test.cases.iter().map(|case| Chosen { suite, beside, test, case }));
                }
            }
        }
    }
    chosen
}
