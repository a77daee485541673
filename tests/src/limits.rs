//! How long an import takes within the vendors' limits, beside the least that these limits allow.

use std::time::Duration;

use crate::simulators::Setup;

use crate::org::{EPOCH_MS, Org, Project};

/// What came of an import within the usual limits of both vendors.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    /// How long it took by the simulators' clock, until the last session was triggered.
    pub took: Duration,
    /// The least that the limits allow.
    pub least: Duration,
    /// How many requests were sent.
    pub requests: u64,
    /// How many of them were answered 429.
    pub throttled: u64,
}

/// How long one import takes at the simulated Okta, which is a guess; the next session waits for it.
const IMPORT_S: u64 = 20;

/// The least that the limits allow: the pages of Personio (v1: 300 of 100 a minute, v2: 30 of 50 a second), the pages of the users
/// whom Okta has (500 of 500 a minute), and, for each session but the last, Okta's import of it. Each follows the one before, for
/// nobody is sent before all are known, and no session is opened before the last one is imported. The first minute's worth of a
/// limit takes no time: it may be used at once, but for the 15 in a second of v1.
pub fn least(employees: u64, known: u64, api: &str) -> Duration {
    let beyond =
        |requests: u64, a_minute: u64| 60.0 * (requests.saturating_sub(a_minute) as f64) / a_minute as f64;
    let read = match api {
        "v2" => employees.div_ceil(50).saturating_sub(30) as f64 / 30.0,
        _ => {
            let pages = employees.div_ceil(100);
            beyond(pages, 300) + pages.min(300).saturating_sub(15) as f64 / 15.0
        }
    };
    let compared = beyond(known.div_ceil(500), 500);
    let imported = employees.div_ceil(10_000).saturating_sub(1) * IMPORT_S;
    Duration::from_secs_f64(read + compared) + Duration::from_secs(imported)
}

/// Imports so many employees, of whom Okta has four of five, over an API of Personio.
pub async fn import(employees: u64, api: &str) -> Limited {
    let org = Org::imported(&Setup { employees, ..Setup::default() });
    let known = org.0.okta.user_count() as u64;
    let version = format!("personio_api={api}");
    let ran = org.run(&Project::shipped().flow("import.yaml"), &["--json", "--set", &version]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let last = org.0.okta.sessions().last().and_then(|session| session.triggered_ms);
    let took = last.unwrap_or(EPOCH_MS) - EPOCH_MS;
    let traffic = [org.0.okta.traffic(), org.0.personio.traffic()];
    Limited {
        took: Duration::from_millis(u64::try_from(took).unwrap_or(0)),
        least: least(employees, known, api),
        requests: traffic.iter().map(|traffic| traffic.total()).sum(),
        throttled: traffic.iter().map(|traffic| traffic.answered(429)).sum(),
    }
}
