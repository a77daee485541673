//! Which tests are run.

use std::str::FromStr;

use flowrun_testing::form::{Case, Test};
use flowrun_testing::secrets::Secrets;
use flowrun_testing::suite::{Beside, Suite};
use sha2::{Digest, Sha256};

use super::TestArgs;
use super::kept::Failed;
use crate::surroundings::Surroundings;

/// A case that is to be run, by its places.
pub struct Chosen<'s> {
    pub suite: &'s Suite,
    pub beside: &'s Beside,
    pub test: &'s Test,
    pub case: &'s Case,
}

impl Chosen<'_> {
    /// The secrets that it gives.
    pub fn secrets(&self) -> Secrets {
        let flow = self.suite.program.find(&self.beside.entry).map(|flow| self.suite.program.flow(flow));
        flow.map(|flow| Secrets::of(self.case, flow, &self.suite.project)).unwrap_or_default()
    }

    /// The case as people know it in its file: its test and what it is called there.
    pub fn title(&self) -> String {
        match &*self.case.name {
            "" => self.test.name.it.to_string(),
            name => format!("{} ({name})", self.test.name.it),
        }
    }
}

/// One of so many parts of all tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    part: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers =
            text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Shard { part, of }),
            _ => Err("expected the part and of how many, as 2/5".to_owned()),
        }
    }
}

impl Shard {
    /// Whether a test is in this part: by the SHA-256 of its file and its name, so that it stays there whatever else comes or goes.
    fn holds(self, file: &str, test: &str) -> bool {
        let hash = Sha256::digest(format!("{file}\0{test}"));
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.of == self.part - 1
    }
}

/// The cases that are meant, those that are skipped among them.
pub fn choose<'s>(args: &TestArgs, suites: &'s [Suite], surroundings: &Surroundings) -> Vec<Chosen<'s>> {
    let mut chosen = Vec::new();
    for suite in suites {
        let failed = if args.failed { Failed::read(suite, surroundings) } else { None };
        for beside in &suite.files {
            for test in &beside.file.tests {
                let named = |text: &String| beside.name.contains(&**text) || test.name.it.contains(&**text);
                let tagged = |tag: &String| test.tags.iter().any(|own| **own == **tag);
                let in_shard = args.shard.iter().all(|shard| shard.holds(&beside.name, &test.name.it));
                if args.filter.iter().all(named) && args.tag.iter().all(tagged) && in_shard {
                    let cases = test.cases.iter().map(|case| Chosen { suite, beside, test, case });
                    let failed = |one: &Chosen<'_>| failed.as_ref().is_some_and(|failed| failed.holds(one));
                    chosen.extend(cases.filter(|one| !args.failed || failed(one)));
                }
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_is_in_one_shard_and_always_in_the_same() {
        let shards: Vec<Shard> = (1..=3).map(|part| format!("{part}/3").parse().unwrap()).collect();
        let of =
            |test: &str| shards.iter().position(|shard| shard.holds("a.test.yaml", test)).map(|at| at + 1);
        for number in 0..100 {
            let test = format!("test {number}");
            assert_eq!(shards.iter().filter(|shard| shard.holds("a.test.yaml", &test)).count(), 1);
        }
        // printf 'a.test.yaml\0greets' | sha256sum | cut -c1-16; the remainder of that by three, and one more.
        assert_eq!(of("greets"), Some(3));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
