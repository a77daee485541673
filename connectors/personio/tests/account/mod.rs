//! A simulated account and a connection to it, for tests of the cards.

use std::sync::Arc;

use axum::Router;
use flowrun_core::effect::Cursor;
use flowrun_core::fault::Fault;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::simulator::SimFaults;
use flowrun_personio::sim::by_client;
use flowrun_personio::sim::{PersonioSim, PersonioSimConfig};
use flowrun_personio::{connector, effect_cards};

pub const URL: &str = "https://api.personio.sim";
pub const LIST: &str = "personio.list_employees";
pub const PERSONS: &str = "personio.list_persons";

pub struct Account {
    pub sim: PersonioSim,
    pub personio: Connected,
    pub faults: SimFaults,
    pub clock: Clock,
}

pub fn account(configure: impl FnOnce(&mut PersonioSimConfig)) -> Account {
    let clock = Clock::starting_at(1_795_338_000_000, 1.0);
    let faults = SimFaults::none();
    let mut config = PersonioSimConfig::new(clock.clone());
    config.faults = faults.clone();
    configure(&mut config);
    let sim = PersonioSim::new(config);
    let personio = connect(&sim, &by_client(&sim, URL), &clock).expect("the settings are complete");
    Account { sim, personio, faults, clock }
}

pub fn connect(sim: &PersonioSim, settings: &Settings, clock: &Clock) -> Result<Connected, Fault> {
    connect_to(sim.router(), settings, clock)
}

/// A connection to whatever answers at [`URL`].
pub fn connect_to(router: Router, settings: &Settings, clock: &Clock) -> Result<Connected, Fault> {
    let transport = Arc::new(SimTransport::new(clock).host(URL, router));
    connector().connect(settings, Means::new(transport, clock.clone()))
}

/// Performs a card.
pub async fn perform(personio: &Connected, id: &str, inputs: &str) -> Result<Record, Fault> {
    let inputs = parse_json(inputs).expect("inputs are JSON");
    direct::perform(&effect_cards(), id, &inputs, &personio.connection).await
}

/// All pages of a card's stream.
pub async fn stream(personio: &Connected, id: &str, inputs: &str) -> Result<Vec<Value>, Fault> {
    let inputs = parse_json(inputs).expect("inputs are JSON");
    let (mut cursor, mut records) = (Cursor::First, Vec::new());
    loop {
        let page = direct::page(&effect_cards(), id, &inputs, cursor, &personio.connection).await?;
        records.extend(page.records);
        let Some(next) = page.next else { return Ok(records) };
        cursor = Cursor::After(next);
    }
}

impl Account {
    pub async fn card(&self, id: &str, inputs: &str) -> Result<Record, Fault> {
        perform(&self.personio, id, inputs).await
    }

    /// All employees that Personio · List Employees streams.
    pub async fn stream(&self, inputs: &str) -> Result<Vec<Value>, Fault> {
        stream(&self.personio, LIST, inputs).await
    }
}
