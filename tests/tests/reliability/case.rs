//! What a seed stands for.

use std::fmt;

use flowrun_core::chance::mix;
use flowrun_kit::simulator::SimFaultKind;
use flowrun_tests::org::fault;
use flowrun_tests::simulators::OktaAuth;
use flowrun_tests::simulators::Setup;

/// A bad day.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it was drawn from.
    pub seed: u64,
    /// How large the company is, 1 to 450.
    pub employees: u64,
    /// How one logs in to Okta.
    pub auth: OktaAuth,
    /// Which API of Personio is read.
    pub api: &'static str,
    /// Whether those who have left are deactivated, instead of all being imported.
    pub deactivates: bool,
    /// Whether requests and sessions hold few entries, so that there are several sessions.
    pub small: bool,
    /// One to three faults, as they are written on the command line.
    pub faults: Vec<String>,
    /// What cuts the run short.
    pub cut: Option<Cut>,
}

/// The run is cut short at one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// How.
    pub how: How,
    /// At which request.
    pub at: u64,
    /// When that was answered, or before it is sent.
    pub answered: bool,
}

/// How a run is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As by Ctrl-C.
    Stop,
    /// As by a second Ctrl-C, or a power cut: nothing is cleaned up.
    Kill,
}

/// Numbers that follow from a seed.
struct Draws(u64);

impl Draws {
    /// One of 0 to `below - 1`.
    fn below(&mut self, below: u64) -> u64 {
        self.0 = mix(self.0);
        (self.0 >> 16) % below
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

impl Case {
    /// The case of a seed.
    pub fn drawn(seed: u64) -> Case {
        let mut draws = Draws(mix(seed ^ 0x7265_6c69));
        // Small companies are quick, and where the parts of a run begin and end does not depend on the size.
        let largest = [12, 60, 200, 450][draws.below(4) as usize];
        let employees = 1 + draws.below(largest);
        let auth = [OktaAuth::ApiToken, OktaAuth::Oauth, OktaAuth::Dpop][draws.below(3) as usize];
        let api = if draws.one_in(4) { "v2" } else { "v1" };
        let (deactivates, small) = (draws.one_in(3), draws.one_in(2));
        // Somewhere in the run, most of which is short.
        let somewhere = 12 + employees / 100 + if small { employees / 12 } else { 0 };
        let somewhere = if api == "v2" && draws.one_in(2) { somewhere + employees } else { somewhere };
        let faults = (0..=draws.below(3)).map(|_| {
            let (name, _) = SimFaultKind::ALL[draws.below(8) as usize];
            let nth = 1 + draws.below(somewhere + 8);
            format!("{name}:nth={nth}:times={}", 1 + draws.below(6))
        });
        let faults = faults.collect();
        let how = match draws.below(10) {
            0 | 1 => Some(How::Stop),
            2 | 3 => Some(How::Kill),
            _ => None,
        };
        let at = 1 + draws.below(somewhere + 16);
        let cut = how.map(|how| Cut { how, at, answered: draws.one_in(2) });
        Case { seed, employees, auth, api, deactivates, small, faults, cut }
    }

    /// How the simulators are set up for it.
    pub fn setup(&self) -> Setup {
        Setup {
            employees: self.employees,
            seed: self.seed,
            okta_auth: self.auth,
            faults: self.faults.iter().map(|text| fault(text)).collect(),
            ..Setup::default()
        }
    }

    /// Whether nothing is cleaned up at its end.
    pub fn is_killed(&self) -> bool {
        self.cut.is_some_and(|cut| cut.how == How::Kill)
    }

    /// How many requests a run may send at the most: what reading takes, three attempts at each session with each upload sent
    /// twice, and what waits and repeated requests add.
    pub fn most_requests(&self) -> u64 {
        let (entries, requests) = if self.small { (20, 5) } else { (200, 50) };
        let uploads = self.employees.div_ceil(entries);
        let sessions = uploads.div_ceil(requests);
        let reading = 10 + self.employees / 50 + if self.api == "v2" { self.employees } else { 0 };
        reading + 3 * (12 * sessions + 2 * uploads) + 100
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { seed, employees, auth, api, faults, .. } = self;
        let flow = if self.deactivates { "deactivate" } else { "import" };
        let size = if self.small { ", small sessions" } else { "" };
        write!(f, "seed {seed}: {flow} of {employees}, {auth:?}, {api}{size}, {}", faults.join(" "))?;
        self.cut.map_or(Ok(()), |Cut { how, at, answered }| {
            write!(f, ", {how:?} {} request {at}", if answered { "after" } else { "at" })
        })
    }
}
