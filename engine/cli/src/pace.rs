//! How far a loop or a stream is, and how long what is left of it will take.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use flowrun_core::words;

/// How wide a bar is.
const BAR: u64 = 10;

/// Sooner than this nothing can be said of how fast it goes.
const SOON: Duration = Duration::from_secs(2);

/// When each loop was first seen, and how far it was then.
#[derive(Debug, Default)]
pub(crate) struct Paces(HashMap<String, (Instant, u64)>);

impl Paces {
    /// How long the rest of the loop called `name` will take if it goes on as since it was first seen; by the time of whoever
    /// waits, for that of a simulated run jumps.
    pub(crate) fn left(&mut self, name: String, (done, total): (u64, u64), now: Instant) -> Option<Duration> {
        let seen = self.0.entry(name).or_insert((now, done));
        // Another loop of that name.
        if done < seen.1 {
            *seen = (now, done);
        }
        let (elapsed, gained) = (now.saturating_duration_since(seen.0), done - seen.1);
        if elapsed < SOON || gained == 0 {
            return None;
        }
        Some(elapsed.mul_f64(total.saturating_sub(done) as f64 / gained as f64))
    }
}

/// As much as fits into so many columns of: a bar, the share, the time left, and what else there is to say; no number is cut.
pub(crate) fn told((done, total): (u64, u64), left: Option<Duration>, words: &str, columns: usize) -> String {
    let share = (100 * done.min(total)).checked_div(total).unwrap_or(100);
    let left = left.map(|left| left.as_secs_f64().ceil() * 1000.0);
    let left = left.map(|ms| format!(", {} left", words::duration(ms))).unwrap_or_default();
    let (bar, far) = (bar(done, total), format!("{share} %{left}"));
    let count = format!("{} of {}", words::count(done), words::count(total));
    let choices = [
        format!("{bar} {far} · {words}"),
        format!("{bar} {far} · {count}"),
        format!("{bar} {far}"),
        far.clone(),
    ];
    choices.into_iter().find(|text| words::width(text) <= columns).unwrap_or(far)
}

/// `━━━╸──────`
fn bar(done: u64, total: u64) -> String {
    let halves = (2 * BAR * done.min(total)).checked_div(total).unwrap_or(2 * BAR);
    let (full, half) = (halves / 2, halves % 2);
    let mut text = "━".repeat(full as usize);
    if half == 1 {
        text.push('╸');
    }
    text.push_str(&"─".repeat((BAR - full - half) as usize));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_one_width() {
        for (done, total) in [(0, 5), (1, 40), (20, 40), (39, 40), (40, 40), (7, 3), (0, 0)] {
            assert_eq!(words::width(&bar(done, total)), BAR as usize, "{done}/{total}");
        }
    }

    #[test]
    fn what_fits_is_told() {
        let words = "59,900 of 200,000 records in 600 pages";
        let far = (59_900, 200_000);
        let left = Some(Duration::from_millis(11_200));
        // Shares by hand: 59,900 of 200,000 are 29.95 %, of which 29 are full; of ten parts two and a half are.
        let table = [
            (70, "━━╸─────── 29 %, 12 s left · 59,900 of 200,000 records in 600 pages"),
            (56, "━━╸─────── 29 %, 12 s left · 59,900 of 200,000"),
            (40, "━━╸─────── 29 %, 12 s left"),
            (20, "29 %, 12 s left"),
        ];
        for (columns, text) in table {
            assert_eq!(told(far, left, words, columns), text);
        }
        assert_eq!(told((1, 1), None, "1 item", 70), "━━━━━━━━━━ 100 % · 1 item");
    }

    #[test]
    fn what_is_left_goes_by_what_was_done() {
        let mut paces = Paces::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut left = |done, seconds| paces.left("loop".to_owned(), (done, 100), at(seconds));
        assert_eq!(left(10, 0), None);
        assert_eq!(left(20, 1), None, "too soon");
        // 40 in 4 s, so that 50 more take 5 s.
        assert_eq!(left(50, 4), Some(Duration::from_secs(5)));
        // It began anew: 10 in 2 s, 85 are left.
        assert_eq!(left(5, 10), None);
        assert_eq!(left(15, 12), Some(Duration::from_secs(17)));
    }
}
