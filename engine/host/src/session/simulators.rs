//! The simulated vendors of a run or of the sandbox, whichever connectors bring them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method};
use flowrun_core::value::Text;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connector, Settings};
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::registry::Registry;
use flowrun_kit::simulator::{SimFault, SimFaults, SimSetup, Simulator};

/// How the simulators are set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What their options are, by name.
    pub options: BTreeMap<String, String>,
    /// Whether answers say what time it is there, as real ones do; the simulators' clock is that of whoever asks if they
    /// don't.
    pub dated: bool,
    /// How the simulators misbehave.
    pub faults: Vec<SimFault>,
}

/// Simulated vendors that belong together; clones are the same ones.
#[derive(Clone)]
pub struct Simulators {
    /// The clock that all live by, and whatever runs over them.
    pub clock: Clock,
    /// What stands before them.
    pub front: Front,
    /// How they misbehave.
    pub faults: SimFaults,
    each: Vec<Simulating>,
}

/// What simulates a connector's vendor.
#[derive(Clone)]
pub struct Simulating {
    /// The connector's name.
    pub connector: Text,
    /// What people call the vendor.
    pub title: Text,
    /// What simulates it.
    pub simulator: Arc<dyn Simulator>,
}

impl Simulating {
    /// This simulates the connector's vendor.
    pub fn new(connector: &Connector, simulator: Arc<dyn Simulator>) -> Simulating {
        Simulating { connector: (&*connector.name).into(), title: (&*connector.title).into(), simulator }
    }
}

impl fmt::Debug for Simulators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.each.iter().map(|one| &one.connector)).finish()
    }
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

impl Simulators {
    /// Those of all connectors, each of which holds yesterday's import of the people that the others have.
    pub fn new(registry: &Registry, clock: Clock, setup: &Setup) -> Simulators {
        let simulators = Simulators::empty(registry, clock, setup);
        simulators.import();
        simulators
    }

    /// Those of all connectors; none knows anything of another.
    pub fn empty(registry: &Registry, clock: Clock, setup: &Setup) -> Simulators {
        let faults = setup.faults.iter().cloned().collect::<SimFaults>();
        let setting = SimSetup {
            clock: clock.clone(),
            faults: faults.clone(),
            dated: setup.dated,
            options: setup.options.clone(),
        };
        let each = registry.connectors().iter().filter_map(|connector| {
            let simulated = connector.sim.as_ref()?;
            Some(Simulating::new(connector, (simulated.make)(&setting)))
        });
        Simulators { clock, front: Front::default(), faults, each: each.collect() }
    }

    /// These.
    pub fn of(clock: Clock, front: Front, each: impl IntoIterator<Item = Simulating>) -> Simulators {
        Simulators { clock, front, faults: SimFaults::none(), each: each.into_iter().collect() }
    }

    /// Lets each know the people of the others, as if they had been imported yesterday.
    pub fn import(&self) {
        for one in &self.each {
            let others = self.each.iter().filter(|other| other.connector != one.connector);
            one.simulator.import(&mut others.flat_map(|other| other.simulator.people()));
        }
    }

    /// All of them in this process.
    pub fn transport(&self) -> SimTransport {
        self.each.iter().fold(SimTransport::new(&self.clock), |transport, one| {
            let (one, front) = (one.simulator.clone(), self.front.clone());
            let address = one.address().to_owned();
            transport.host_made_by(&address, move || front.before(one.router()))
        })
    }

    /// Those that are served on a port, on one address: their paths differ.
    pub fn router(&self) -> Router {
        let served = self.served().fold(Router::new(), |all, (_, _, one)| all.merge(one.router()));
        self.front.before(served)
    }

    /// Those that are served on a port: what people call each, and what it holds.
    pub fn served(&self) -> impl Iterator<Item = (&Text, String, &Arc<dyn Simulator>)> {
        self.each.iter().filter_map(|one| Some((&one.title, one.simulator.served()?, &one.simulator)))
    }

    /// The settings of a connection to one of them; `at` is where they are, if not in this process.
    pub fn settings(&self, connector: &str, at: Option<&str>) -> Option<Settings> {
        let simulator = self.of_connector(connector)?;
        match at {
            Some(url) => simulator.served().map(|_| simulator.settings(url)),
            None => Some(simulator.settings(simulator.address())),
        }
    }

    /// What the first line of a transcript says of one of them.
    pub fn describe(&self, connector: &str) -> String {
        match self.of_connector(connector).map(|simulator| simulator.about()) {
            Some(about) if !about.is_empty() => format!("simulator, {about}"),
            _ => "simulator".to_owned(),
        }
    }

    /// What the environment of a run would hold for a connection to one of them.
    pub fn variables(&self, connector: &str) -> BTreeMap<String, String> {
        self.of_connector(connector).map(|simulator| simulator.variables()).unwrap_or_default()
    }

    /// Whether one of them can be looked at.
    pub fn can_be_looked_at(&self, connector: &str) -> bool {
        self.of_connector(connector).is_some_and(|simulator| simulator.authorization().is_some())
    }

    /// What one of them answers to a GET of this path by somebody who may see everything; nothing where it can't be looked at.
    pub async fn look(&self, connector: &str, path: &str) -> Option<Result<Response, TransportError>> {
        let simulator = self.of_connector(connector)?;
        let authorization = HeaderValue::from_str(&simulator.authorization()?).ok()?;
        // Nobody who listens is to hear of it.
        let unheard = Simulators { front: Front::default(), ..self.clone() };
        let request = Request {
            method: Method::GET,
            url: format!("{}{path}", simulator.address()),
            headers: HeaderMap::from_iter([(AUTHORIZATION, authorization)]),
            body: Default::default(),
        };
        let transport = unheard.transport();
        Some(self.clock.drive(transport.send(request, Limits::default())).await)
    }

    fn of_connector(&self, name: &str) -> Option<&Arc<dyn Simulator>> {
        self.each.iter().find(|one| *one.connector == *name).map(|one| &one.simulator)
    }
}
