//! The simulated account as runs and the sandbox know it.

use std::sync::Arc;

use axum::Router;
use flowrun_core::words;
use flowrun_kit::connector::Settings;
use flowrun_kit::simulator::{Person, SimOption, SimSetup, Simulated, Simulator, Takes};

use super::{PersonioSim, PersonioSimConfig};

/// Where it is in this process.
pub const URL: &str = "https://api.personio.sim";

/// How many employees it has unless something else is asked for.
pub const EMPLOYEES: u64 = 250;

/// How Personio is simulated.
pub(crate) fn simulated() -> Simulated {
    Simulated {
        options: vec![
            SimOption {
                name: "employees".into(),
                value: "N".into(),
                docs: "How many employees the simulated Personio has [default: 250]".into(),
                takes: Takes::Number(5_000_000),
            },
            SimOption {
                name: "seed".into(),
                value: "S".into(),
                docs: "What the employees are made up from [default: 1]".into(),
                takes: Takes::Number(u64::MAX),
            },
        ],
        make: Arc::new(|setup| Arc::new(account(setup))),
        manual: Some(super::behaviours::manual),
    }
}

fn account(setup: &SimSetup) -> PersonioSim {
    PersonioSim::new(PersonioSimConfig {
        employees: setup.number("employees").unwrap_or(EMPLOYEES),
        seed: setup.number("seed").unwrap_or(1),
        dated: setup.dated,
        faults: setup.faults.clone(),
        ..PersonioSimConfig::new(setup.clock.clone())
    })
}

impl Simulator for PersonioSim {
    fn address(&self) -> &str {
        URL
    }

    fn router(&self) -> Router {
        PersonioSim::router(self)
    }

    fn settings(&self, url: &str) -> Settings {
        by_client(self, url)
    }

    fn about(&self) -> String {
        format!("{} employees", words::count(self.employee_count()))
    }

    fn served(&self) -> Option<String> {
        Some(self.about())
    }

    fn answered(&self) -> u64 {
        self.traffic().total()
    }

    fn people(&self) -> Box<dyn Iterator<Item = Person> + '_> {
        Box::new(self.employees().map(|employee| Person {
            id: employee.id.to_string(),
            email: employee.email,
            first_name: employee.first_name.into_owned(),
            last_name: employee.last_name.into_owned(),
        }))
    }
}

/// The settings of a connection to `sim`, reached at `base_url`.
pub fn by_client(sim: &PersonioSim, base_url: &str) -> Settings {
    Settings::new()
        .with("base_url", base_url)
        .with("client_id", sim.client_id())
        .with("client_secret", sim.client_secret())
}
