//! Chance for cards: numbers that look random and follow from the seed alone, so that a replay draws the same.
//!
//! They aren't secret: whoever knows the run's id can work them out.

use flowrun_core::chance::{STEP, spread};

/// A source of numbers (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    /// The numbers that belong to `seed`.
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        spread(self.0)
    }

    /// From 0 up to but not including 1, in steps that a double can hold.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to but not including `end`, each as likely as the other; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            return 0;
        }
        // The last numbers that would make the first ones likelier are drawn again.
        let fair = u64::MAX - u64::MAX % end;
        loop {
            let bits = self.bits();
            if bits < fair {
                return bits % end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_evenly_spread() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..6_000).map(|_| chance.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        for side in 0..6 {
            let count = draw(7).iter().filter(|drawn| **drawn == side).count();
            assert!((800..1_200).contains(&count), "{side}: {count}");
        }
        let mut chance = Chance::new(0);
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&chance.unit())));
    }
}
