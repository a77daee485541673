//! A case again and again, each time with a process that dies at another place and one that goes on.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::journal::{Entry, Event};
use flowrun_core::program::Program;
use flowrun_core::stored::decode;
use flowrun_host::session::durable::recall::card_of;
use flowrun_store::Death;

use crate::form::{Case, What};
use crate::held::{Unmet, hold, hold_after_crash};
use crate::outside::{How, Outside};
use crate::recorded;
use crate::requests::without_repeats;
use crate::run::Running;

/// At how many places the process of a case dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// At each: before and after each entry of its journal is kept.
    Everywhere,
    /// At so many, evenly over the run.
    Some(u64),
}

/// What came of that.
#[derive(Debug, Default)]
pub struct Crashes {
    /// How many processes died.
    pub places: u64,
    /// The cards of which nobody knew whether what they had asked for happened, so that the run was held; each with how often.
    pub held: BTreeMap<String, u64>,
    /// Of the first place at which something came otherwise than expected: what was done then, and what is not so.
    pub unmet: Option<(String, Vec<Unmet>)>,
}

impl Running<'_> {
    /// Runs a case once whole and then once for each place at which its process dies, until something comes otherwise than expected.
    /// There is nothing where the whole run does so already, or where runs begin meanwhile: those would have to be gone on with, too.
    pub async fn crash(&self, case: &Case, places: Places) -> Option<Crashes> {
        if case.given.meanwhile.iter().any(|one| matches!(one.what, What::Start { .. })) {
            return None;
        }
        let case = &recorded::with(case, self.folder).ok()?;
        let mut outside = Outside::new(self, &case.given, How { keeps: true, ..How::default() });
        let lived = self.lives(case, &mut outside).await.ok()?;
        let happened = self.happened(case, &lived, &outside).await;
        if !hold(case, &happened, (&self.program, self.entry), &outside.mocking).is_empty() {
            return None;
        }
        let (handed, whole) = (outside.handed(), happened.requests.clone());
        let mut crashes = Crashes::default();
        for death in deaths(handed, places) {
            crashes.places += 1;
            let mut outside = Outside::new(self, &case.given, How { death: Some(death), ..How::default() });
            let lived = match self.lives(case, &mut outside).await {
                Ok(lived) => lived,
                Err(why) => {
                    let place = place(&outside, None);
                    crashes.unmet = Some((
                        place,
                        vec![Unmet::broken(case.span, "the run can't go on after a crash", &why)],
                    ));
                    break;
                }
            };
            if !lived.ended.unsettled.is_empty() {
                for card in &lived.ended.unsettled {
                    *crashes.held.entry(card.clone()).or_default() += 1;
                }
                continue;
            }
            let mut happened = self.happened(case, &lived, &outside).await;
            happened.requests = without_repeats(happened.requests, &whole, lived.repeated);
            let unmet = hold_after_crash(case, &happened, (&self.program, self.entry), &outside.mocking);
            if !unmet.is_empty() {
                crashes.unmet = Some((place(&outside, Some(&lived.ended.program)), unmet));
                break;
            }
        }
        Some(crashes)
    }
}

/// Where processes die whose store is handed so many batches. One that dies before its first is kept has not begun.
fn deaths(handed: u64, places: Places) -> Vec<Death> {
    let all = (1..=handed).flat_map(|at| [Death { at, kept: false }, Death { at, kept: true }]).skip(1);
    let all: Vec<Death> = all.collect();
    match places {
        Places::Everywhere => all,
        Places::Some(most) => {
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(all.len());
            let chosen: BTreeSet<usize> = (0..most).map(|place| place * all.len() / most.max(1)).collect();
            chosen.into_iter().map(|place| all[place]).collect()
        }
    }
}

/// Where a process died, by the last entry of its journal.
fn place(outside: &Outside<'_>, program: Option<&Program>) -> String {
    let begun = || "after it had begun".to_owned();
    let (Some((_, home)), Some(last)) = (&outside.kept, outside.died_after.filter(|last| *last > 0)) else {
        return begun();
    };
    let Some(Ok(stored)) = home.store.journal(&outside.name.as_str().into(), last).next() else {
        return begun();
    };
    let Ok(entry) = decode::<Entry>(&stored.body, &home.sealing) else { return begun() };
    let (asked, what) = match &entry.event {
        Event::Began(asked) => (asked, "had begun, and before its end was kept"),
        Event::Completed(asked, _) | Event::Signal(asked, _) | Event::Settled(asked, _) => {
            (asked, "had ended")
        }
        Event::Cancelled => return "after it was cancelled".to_owned(),
        Event::Passed => return "after some time had passed".to_owned(),
    };
    match program.and_then(|program| card_of(program, asked.id.card)) {
        Some((flow, step)) => format!("after `{}` of {flow} {what}", step.id),
        None => begun(),
    }
}
