//! A case that is tried: once, in other orders, and with processes that die.

use flowrun_testing::crash::{Crashes, Places};
use flowrun_testing::form::Case;
use flowrun_testing::run::{Came, Running};

/// A case that was run, as often as was asked for.
pub struct Tried {
    /// What came of it; of the first time that something was otherwise than expected.
    pub came: Came,
    /// What was done otherwise that time, where that was not the first.
    pub when: Option<String>,
    /// What came of the processes that died.
    pub crashes: Option<Crashes>,
}

impl From<Came> for Tried {
    fn from(came: Came) -> Tried {
        Tried { came, when: None, crashes: None }
    }
}

impl Tried {
    /// Runs it once, then in other orders, then with processes that die, until something is not as expected.
    pub async fn of(running: &Running<'_>, case: &Case, shuffle: u64, crash: Option<Places>) -> Tried {
        let mut tried = Tried::from(running.run(case).await);
        for number in 1..=shuffle {
            if !tried.came.passed() {
                return tried;
            }
            let came = running.run_shuffled(case, number).await;
            if !came.passed() {
                tried.when =
                    Some(format!("only with effects that end in another order ({number} of {shuffle})"));
                tried.came = came;
            }
        }
        let Some(places) = crash.filter(|_| tried.came.passed()) else { return tried };
        tried.crashes = running.crash(case, places).await;
        let unmet = tried.crashes.as_mut().and_then(|crashes| crashes.unmet.take());
        if let Some((place, unmet)) = unmet {
            tried.when = Some(format!("only when its process dies {place}"));
            tried.came.unmet = Ok(unmet);
        }
        tried
    }
}
