//! The options that set up simulators.

use clap::{Args, ValueEnum};
use flowrun_host::session::simulators::{EMPLOYEES, OktaAuth, Setup};
use flowrun_kit::sim::Fault;

/// How simulators are set up.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Simulators")]
pub struct SimulatorArgs {
    /// How many employees the simulated Personio has [default: 250]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=5_000_000))]
    pub employees: Option<u64>,
    /// What the employees are made up from [default: 1]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// How one logs in to the simulated Okta: api-token, oauth or dpop [default: api-token]
    // Explained one by one they would give every help the long layout.
    #[arg(long, value_enum, value_name = "WAY", hide_possible_values = true)]
    pub okta_auth: Option<LogIn>,
    /// The ID of the identity source in the simulated Okta, for flows in which one is written down
    #[arg(long, value_name = "ID")]
    pub identity_source: Option<String>,
    /// Let a simulator misbehave; see `flowrun run --help`
    #[arg(long = "fault", value_name = "SPEC")]
    pub faults: Vec<Fault>,
}

/// How one logs in to a simulated Okta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogIn {
    /// By an API token (SSWS)
    ApiToken,
    /// As an OAuth 2.0 service app, by a private key
    Oauth,
    /// The same, with tokens that are bound to a key (DPoP)
    Dpop,
}

impl From<LogIn> for OktaAuth {
    fn from(way: LogIn) -> OktaAuth {
        match way {
            LogIn::ApiToken => OktaAuth::ApiToken,
            LogIn::Oauth => OktaAuth::Oauth,
            LogIn::Dpop => OktaAuth::Dpop,
        }
    }
}

impl SimulatorArgs {
    /// The simulators that were asked for.
    pub fn setup(&self) -> Setup {
        Setup {
            employees: self.employees.unwrap_or(EMPLOYEES),
            seed: self.seed.unwrap_or(1),
            okta_auth: self.okta_auth.map(OktaAuth::from).unwrap_or_default(),
            identity_source: self.identity_source.clone(),
            faults: self.faults.clone(),
            ..Setup::default()
        }
    }

    /// Whether more was asked for than a run over real connections can take notice of.
    pub fn are_asked_for(&self) -> bool {
        self.employees.is_some() || self.seed.is_some() || !self.faults.is_empty()
    }
}
