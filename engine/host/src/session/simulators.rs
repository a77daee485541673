//! The simulated vendors: made in one place, for runs, for the sandbox and for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use flowrun_core::words;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Settings;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::sim::{Fault, Faults};
use flowrun_okta::sim::{OktaSim, OktaSimConfig, OwnedApp, SeedUser, ServiceApp, UserStatus};
use flowrun_personio::sim::{PersonioSim, PersonioSimConfig};

/// Where the simulated Okta is in this process.
pub const OKTA_URL: &str = "https://acme.okta.sim";
/// Where the simulated Personio is in this process.
pub const PERSONIO_URL: &str = "https://api.personio.sim";
/// Where the service is in this process that echoes what the API Connector sends.
pub const ECHO_URL: &str = "https://echo.sim";

/// How many employees the simulated Personio has unless something else is asked for.
pub const EMPLOYEES: u64 = 250;

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
    /// What they are made up from.
    pub seed: u64,
    /// How many of them Personio lists twice.
    pub duplicates: u64,
    /// How one logs in to Okta.
    pub okta_auth: OktaAuth,
    /// The ID of Okta's identity source, instead of its own.
    pub identity_source: Option<String>,
    /// Whether answers say what time it is there, as real ones do; the simulators' clock is that of whoever asks if they
    /// don't.
    pub dated: bool,
    /// How the simulators misbehave.
    pub faults: Vec<Fault>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            employees: EMPLOYEES,
            seed: 1,
            duplicates: 0,
            okta_auth: OktaAuth::ApiToken,
            identity_source: None,
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
    pub faults: Faults,
}

type Layer = Arc<dyn Fn(Router) -> Router + Send + Sync>;

/// What stands before simulators, for whoever wants to listen or to interfere; nothing unless it is set.
#[derive(Clone, Default)]
pub struct Front(Option<Layer>);

impl Front {
    /// Puts this around the simulators' routes.
    pub fn new(layer: impl Fn(Router) -> Router + Send + Sync + 'static) -> Front {
        Front(Some(Arc::new(layer)))
    }

    fn before(&self, router: Router) -> Router {
        match &self.0 {
            Some(layer) => layer(router),
            None => router,
        }
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Front" } else { "none" })
    }
}

/// One of so many employees was not yet there when Okta was last imported into.
const NEW: u64 = 5;

/// What the simulated service app is granted: all that the cards need.
const SCOPES: [&str; 9] = [
    "okta.apps.manage",
    "okta.apps.read",
    "okta.groups.manage",
    "okta.groups.read",
    "okta.identitySources.manage",
    "okta.identitySources.read",
    "okta.logs.read",
    "okta.users.manage",
    "okta.users.read",
];

/// A service app with a new key, where one logs in by one.
fn service_app(auth: OktaAuth) -> Option<OwnedApp> {
    if auth == OktaAuth::ApiToken {
        return None;
    }
    // Without chance there is no key; the run then says that it can't log in.
    let mut owned = ServiceApp::generate("0oa1simulatedApp05d7", &SCOPES).ok()?;
    owned.app.dpop_required = auth == OktaAuth::Dpop;
    Some(owned)
}

impl Simulators {
    /// An account, and an org that holds yesterday's import of it: four of five employees, all of them active.
    pub fn new(clock: Clock, setup: &Setup) -> Simulators {
        let simulators = Simulators::empty(clock, setup);
        let yesterday = simulators.personio.employees().filter(|employee| employee.index % NEW != NEW - 1);
        let users = yesterday.map(|employee| {
            let profile = [
                ("userName", employee.email.clone()),
                ("email", employee.email),
                ("firstName", employee.first_name.to_owned()),
                ("lastName", employee.last_name.into_owned()),
            ];
            SeedUser {
                external_id: employee.id.to_string(),
                profile: profile.map(|(name, value)| (name.to_owned(), value)).into(),
                status: UserStatus::Active,
            }
        });
        simulators.okta.seed(users);
        simulators
    }

    /// An account, and an org without users.
    pub fn empty(clock: Clock, setup: &Setup) -> Simulators {
        let faults: Faults = setup.faults.iter().cloned().collect();
        let app = service_app(setup.okta_auth);
        let usual = OktaSimConfig::new(clock.clone());
        let okta = OktaSim::new(OktaSimConfig {
            identity_source_id: setup.identity_source.clone().unwrap_or(usual.identity_source_id),
            faults: faults.clone(),
            apps: app.iter().map(|owned| owned.app.clone()).collect(),
            dated: setup.dated,
            ..usual
        });
        let personio = PersonioSim::new(PersonioSimConfig {
            employees: setup.employees,
            seed: setup.seed,
            duplicates: setup.duplicates,
            dated: setup.dated,
            faults: faults.clone(),
            ..PersonioSimConfig::new(clock.clone())
        });
        Simulators { clock, okta, personio, app, front: Front::default(), faults }
    }

    /// Whether a connector has a simulator.
    pub fn has(connector: &str) -> bool {
        matches!(connector, "okta" | "personio" | "api_connector")
    }

    /// Both in this process, and the echo service.
    pub fn transport(&self) -> SimTransport {
        SimTransport::new(&self.clock)
            .host(OKTA_URL, self.front.before(self.okta.router()))
            .host(PERSONIO_URL, self.front.before(self.personio.router()))
            .host(ECHO_URL, flowrun_http::sim::router())
    }

    /// Both on one address: their paths differ.
    pub fn router(&self) -> Router {
        self.front.before(self.okta.router().merge(self.personio.router()))
    }

    /// The settings of a connection to one of them; `at` is where both are, if not in this process. The echo service is
    /// in this process only.
    pub fn settings(&self, connector: &str, at: Option<&str>) -> Option<Settings> {
        match connector {
            "okta" => {
                let url = at.unwrap_or(OKTA_URL);
                Some(match &self.app {
                    Some(app) => flowrun_okta::simulated_oauth(&self.okta, url, app),
                    None => flowrun_okta::simulated(&self.okta, url),
                })
            }
            "personio" => Some(flowrun_personio::simulated(&self.personio, at.unwrap_or(PERSONIO_URL))),
            "api_connector" if at.is_none() => Some(flowrun_http::simulated(ECHO_URL)),
            _ => None,
        }
    }

    /// What the first line of a transcript says of one of them.
    pub fn describe(&self, connector: &str) -> String {
        match connector {
            "personio" => {
                format!("simulator, {} employees", words::count(self.personio.employee_count()))
            }
            "api_connector" => "simulator, an echo".to_owned(),
            _ => match &self.app {
                None => "simulator".to_owned(),
                Some(owned) if owned.app.dpop_required => "simulator, by OAuth with DPoP".to_owned(),
                Some(_) => "simulator, by OAuth".to_owned(),
            },
        }
    }

    /// What the environment of a run would say of a simulated org: flows name its identity source.
    pub fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("OKTA_IDENTITY_SOURCE_ID".to_owned(), self.okta.identity_source_id().to_owned())])
    }
}
