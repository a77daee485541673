//! How a simulated account is set up.

use std::collections::BTreeSet;
use std::time::Duration;

use flowrun_kit::clock::Clock;
use flowrun_kit::simulator::SimFaults;

use super::employee::Given;

/// How a simulated account is set up.
#[derive(Clone, Debug)]
pub struct PersonioSimConfig {
    /// The clock it lives by.
    pub clock: Clock,
    /// The client id it accepts.
    pub client_id: String,
    /// The client secret it accepts.
    pub client_secret: String,
    /// What the credential may do.
    pub access: Access,
    /// How many employees it has.
    pub employees: u64,
    /// What the employees are made from.
    pub seed: u64,
    /// The first of them, where it matters who they are.
    pub given: Vec<Given>,
    /// How many employees are listed a second time, at the end of the list.
    pub duplicates: u64,
    /// The attributes released to the credential, by v1's keys; `None` for all.
    pub readable: Option<BTreeSet<String>>,
    /// Whether its answers say what time it is by its clock, as Personio's do.
    pub dated: bool,
    /// How long a token is good for.
    pub token_lifetime: Duration,
    /// Its rate limits.
    pub limits: RateLimits,
    /// How it misbehaves.
    pub faults: SimFaults,
}

impl PersonioSimConfig {
    /// An account with 250 employees, on this clock, without faults.
    pub fn new(clock: Clock) -> PersonioSimConfig {
        PersonioSimConfig {
            clock,
            client_id: "papi-simulated-client-id".to_owned(),
            client_secret: "papi-simulated-client-secret".to_owned(),
            access: Access::default(),
            employees: 250,
            seed: 1,
            given: Vec::new(),
            duplicates: 0,
            readable: None,
            dated: false,
            token_lifetime: Duration::from_secs(86_400),
            limits: RateLimits::default(),
            faults: SimFaults::none(),
        }
    }
}

/// What an API credential may do; by default, everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether it may log in to v1.
    pub v1: bool,
    /// Whether it may log in to v2.
    pub v2: bool,
    /// Whether it may read v1's employees.
    pub employees: bool,
    /// Whether it may read v2's persons.
    pub persons: bool,
    /// Whether it may read v2's employments.
    pub employments: bool,
}

impl Default for Access {
    fn default() -> Access {
        Access { v1: true, v2: true, employees: true, persons: true, employments: true }
    }
}

/// How often an account may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests to `/v1/company/employees` and below in a minute.
    pub per_minute: u32,
    /// The same in a second.
    pub per_second: u32,
    /// Requests to one of the log-ins in a minute; beyond that it is shut for a minute.
    pub auth_per_minute: u32,
    /// Requests to all of v1 in a minute.
    pub all_per_minute: u32,
    /// How many requests each path of v2 gets in a second, and how many it can save up.
    pub v2_per_second: u32,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits {
            per_minute: 300,
            per_second: 15,
            auth_per_minute: 60,
            all_per_minute: 2000,
            v2_per_second: 30,
        }
    }
}

impl RateLimits {
    /// Limits nobody reaches.
    pub fn off() -> RateLimits {
        let most = u32::MAX;
        RateLimits {
            per_minute: most,
            per_second: most,
            auth_per_minute: most,
            all_per_minute: most,
            v2_per_second: most,
        }
    }
}
