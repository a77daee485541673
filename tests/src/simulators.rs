//! The simulated Okta and the simulated Personio, to be looked at by tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use flowrun_host::session::simulators;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Settings;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::simulator::{SimFault, SimFaults, SimSetup, Simulator};
use flowrun_okta::sim::{OktaSim, OwnedApp, SimulatedOkta};
use flowrun_personio::sim::{EMPLOYEES, Given, PersonioSim, PersonioSimConfig, Status};

use crate::registry;

pub use flowrun_host::session::simulators::Front;
pub use flowrun_okta::sim::URL as OKTA_URL;
pub use flowrun_personio::sim::URL as PERSONIO_URL;

/// How one logs in to a simulated Okta.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OktaAuth {
    /// By an API token (SSWS).
    #[default]
    ApiToken,
    /// As an OAuth 2.0 service app, by a private key.
    Oauth,
    /// The same, with tokens that are bound to a key (DPoP).
    Dpop,
}

/// How the simulators are set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How many employees Personio has.
    pub employees: u64,
    /// The first of them, where it matters who they are.
    pub given: Vec<Given>,
    /// What they are made up from.
    pub seed: u64,
    /// How many of them Personio lists twice.
    pub duplicates: u64,
    /// How one logs in to Okta.
    pub okta_auth: OktaAuth,
    /// Options of the simulated Okta: `okta-import` and its like, with their values.
    pub okta: Vec<(&'static str, String)>,
    /// Whether answers say what time it is there, as real ones do; the simulators' clock is that of whoever asks if they
    /// don't.
    pub dated: bool,
    /// How the simulators misbehave.
    pub faults: Vec<SimFault>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            employees: EMPLOYEES,
            given: Vec::new(),
            seed: 1,
            duplicates: 0,
            okta_auth: OktaAuth::ApiToken,
            okta: Vec::new(),
            dated: false,
            faults: Vec::new(),
        }
    }
}

/// A simulated Okta org and a simulated Personio account that belong together; clones are the same two.
#[derive(Clone, Debug)]
pub struct Simulators {
    /// The clock that both live by, and whatever runs over them.
    pub clock: Clock,
    /// The org.
    pub okta: OktaSim,
    /// The account.
    pub personio: PersonioSim,
    /// The service app by which one logs in to the org, if not by the API token.
    pub app: Option<OwnedApp>,
    /// What stands before both.
    pub front: Front,
    /// How both misbehave; more may be added, and all be taken back.
    pub faults: SimFaults,
}

impl Simulators {
    /// An account, and an org that holds yesterday's import of it: four of five employees, all of them active.
    pub fn new(clock: Clock, setup: &Setup) -> Simulators {
        let simulators = Simulators::empty(clock, setup);
        simulators.all().import();
        simulators
    }

    /// An account, and an org without users.
    pub fn empty(clock: Clock, setup: &Setup) -> Simulators {
        let faults: SimFaults = setup.faults.iter().cloned().collect();
        let auth = match setup.okta_auth {
            OktaAuth::ApiToken => "api-token",
            OktaAuth::Oauth => "oauth",
            OktaAuth::Dpop => "dpop",
        };
        let options = setup.okta.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let SimulatedOkta { org, app, .. } = SimulatedOkta::new(&SimSetup {
            clock: clock.clone(),
            faults: faults.clone(),
            dated: setup.dated,
            options: options.chain([("okta-auth".to_owned(), auth.to_owned())]).collect(),
        });
        let personio = PersonioSim::new(PersonioSimConfig {
            employees: setup.employees,
            given: setup.given.clone(),
            seed: setup.seed,
            duplicates: setup.duplicates,
            dated: setup.dated,
            faults: faults.clone(),
            ..PersonioSimConfig::new(clock.clone())
        });
        Simulators { clock, okta: org, personio, app, front: Front::default(), faults }
    }

    /// Both and the echo service, as runs know them.
    pub fn all(&self) -> simulators::Simulators {
        let okta = SimulatedOkta { org: self.okta.clone(), app: self.app.clone(), is_described: false };
        let typed: [(&str, Arc<dyn Simulator>); 2] =
            [("okta", Arc::new(okta)), ("personio", Arc::new(self.personio.clone()))];
        let others = registry().connectors().iter().filter_map(|connector| {
            let simulated = connector.sim.as_ref()?;
            let known = typed.iter().find(|(name, _)| connector.name == *name);
            let new = || {
                (simulated.make)(&SimSetup {
                    clock: self.clock.clone(),
                    faults: self.faults.clone(),
                    dated: false,
                    options: BTreeMap::new(),
                })
            };
            Some(simulators::Simulating::new(connector, known.map_or_else(new, |(_, one)| one.clone())))
        });
        simulators::Simulators::of(self.clock.clone(), self.front.clone(), others)
    }

    /// The IDs of the employees who have not left.
    pub fn here(&self) -> BTreeSet<String> {
        let here = self.personio.employees().filter(|employee| employee.status != Status::Inactive);
        here.map(|employee| employee.id.to_string()).collect()
    }

    /// All of them in this process.
    pub fn transport(&self) -> SimTransport {
        self.all().transport()
    }

    /// Both on one address: their paths differ.
    pub fn router(&self) -> Router {
        self.all().router()
    }

    /// The settings of a connection to one of them; `at` is where both are, if not in this process.
    pub fn settings(&self, connector: &str, at: Option<&str>) -> Option<Settings> {
        self.all().settings(connector, at)
    }
}
