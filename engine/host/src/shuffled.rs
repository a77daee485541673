//! Effects that go on at the same time, made to end in another order.

use flowrun_core::effect::{Effect, EffectId, Outcome};
use flowrun_kit::clock::Clock;

use crate::perform::{Perform, Performing};

/// Holds back what has ended, so that what ended later may be told first: for how long follows from a number and from the effect.
pub struct Shuffled<P>(pub P, pub u64, pub Clock);

/// How often others may have their turn before an end is told.
const MOST: u64 = 24;

impl<P: Perform> Perform for Shuffled<P> {
    fn perform(&self, effect: Effect) -> Performing {
        let turns = mixed(self.1, effect.id) % MOST;
        let (performing, clock) = (self.0.perform(effect), self.2.clone());
        Performing::Open(Box::pin(async move {
            let outcome = performing.outcome().await;
            for _ in 0..turns {
                // To let others go on takes no time.
                let _hold = clock.hold();
                tokio::task::yield_now().await;
            }
            outcome
        }))
    }

    fn perform_here(&self, effect: Effect, at_us: i64) -> Outcome {
        self.0.perform_here(effect, at_us)
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}

/// The numbers as one in which every bit of each counts: the finalizer of SplitMix64.
fn mixed(number: u64, id: EffectId) -> u64 {
    let parts = [number, id.frame, id.card, u64::from(id.visit)];
    parts.into_iter().fold(0, |mixed: u64, part| {
        let mut bits = (mixed ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    })
}
