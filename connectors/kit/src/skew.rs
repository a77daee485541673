//! Clocks that differ: the reason for many a refused login.

/// Differences up to this are no reason.
const TOLERATED_MS: u64 = 60_000;

/// Differences up to this may come from the time that an answer takes.
pub(crate) const NEGLIGIBLE_MS: i64 = 10_000;

/// How far this machine's clock is off, and which way, if it is more than a minute; `skew_ms` is how far the vendor's is ahead.
pub fn told(vendor: &str, skew_ms: i64) -> Option<String> {
    let off_ms = skew_ms.unsigned_abs();
    if off_ms <= TOLERATED_MS {
        return None;
    }
    let way = if skew_ms > 0 { "behind" } else { "ahead of" };
    let minutes = (off_ms + 30_000) / 60_000;
    let off = match minutes {
        0..=1 => format!("{} seconds", off_ms / 1000),
        2..=119 => format!("{minutes} minutes"),
        _ => format!("{} hours", (minutes + 30) / 60),
    };
    Some(format!("this machine's clock is {off} {way} {vendor}'s"))
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn says_how_far_and_which_way() {
        assert_eq!(told("Okta", 60_000), None);
        assert_eq!(told("Okta", 61_500).as_deref(), Some("this machine's clock is 61 seconds behind Okta's"));
        assert_eq!(
            told("Okta", -300_000).as_deref(),
            Some("this machine's clock is 5 minutes ahead of Okta's")
        );
        assert_eq!(told("Okta", 7_200_000).as_deref(), Some("this machine's clock is 2 hours behind Okta's"));
    }
}
