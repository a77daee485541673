//! What came of many cases, by the faults that they met.

use std::collections::BTreeMap;
use std::fmt;

use flowrun_kit::simulator::SimFaultKind;

use super::trial::{End, Outcome};

/// How often a run ended how.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    runs: u32,
    done: u32,
    failed: u32,
    interrupted: u32,
    killed: u32,
    open: u32,
    next: u32,
}

/// A table with a row for each kind of fault; a run that met several counts for each of them.
#[derive(Debug, Default)]
pub struct Tally {
    rows: BTreeMap<&'static str, Row>,
    all: Row,
}

impl Row {
    fn count(&mut self, outcome: &Outcome) {
        self.runs += 1;
        match outcome.end {
            End::Done => self.done += 1,
            End::Failed => self.failed += 1,
            End::Interrupted => self.interrupted += 1,
            End::Killed => self.killed += 1,
        }
        self.open += u32::from(outcome.open);
        // A case is only counted when the next run is done, too.
        self.next += 1;
    }
}

impl Tally {
    /// Counts one more case.
    pub fn count(&mut self, outcome: &Outcome) {
        self.all.count(outcome);
        let none = ["no fault was met"];
        let kinds: Vec<&str> = outcome.met.iter().map(|kind| kind.name()).collect();
        for name in if kinds.is_empty() { &none[..] } else { &kinds } {
            self.rows.entry(name).or_default().count(outcome);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| Fault met | Runs | Done | Clear error | Interrupted | Killed | Session left open | Next run succeeds |\n")?;
        f.write_str("|---|--:|--:|--:|--:|--:|--:|--:|\n")?;
        let names = SimFaultKind::ALL.map(|(name, _)| name).into_iter().chain(["no fault was met"]);
        let rows = names.map(|name| (name, self.rows.get(name).copied().unwrap_or_default()));
        for (name, row) in rows.chain([("all", self.all)]) {
            let Row { runs, done, failed, interrupted, killed, open, next } = row;
            writeln!(
                f,
                "| {name} | {runs} | {done} | {failed} | {interrupted} | {killed} | {open} | {next} |"
            )?;
        }
        Ok(())
    }
}
