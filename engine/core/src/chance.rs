//! Numbers that look random and follow from others: the same on every machine and on every replay.

/// What splitmix64 adds for each number that it draws.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads a number over all 64 bits, so that neighbours land far apart: the last step of splitmix64.
pub fn spread(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The number that splitmix64 draws first from this seed.
pub fn mix(seed: u64) -> u64 {
    spread(seed.wrapping_add(STEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // From the reference implementation, https://prng.di.unimi.it/splitmix64.c, with the seed 1234567.
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567_u64.wrapping_add(STEP)), 3_203_168_211_198_807_973);
    }
}
