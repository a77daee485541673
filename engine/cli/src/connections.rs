//! Decides for each connection of a project whether it is real or simulated, and makes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flowrun_core::model::Manifest;
use flowrun_core::program::Program;
use flowrun_host::connections::{ConnectionsFile, Missing, Origin, missing, settle};
use flowrun_host::driver::{RunTime, World};
use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connector, Means, Settings};
use flowrun_kit::http::Transport;
use flowrun_tables::Tables;

use crate::connectors::{self, connector};
use crate::console::Console;
use crate::problem::Problem;
use crate::simulators::Simulators;

/// A connection of a project and what it will be made of.
#[derive(Clone)]
pub struct Planned {
    /// Its name in the manifest.
    pub name: String,
    /// Its connector.
    pub connector: &'static Connector,
    /// What it will be made of.
    pub origin: Origin,
}

impl Planned {
    /// Whether its simulator answers.
    pub fn is_simulated(&self) -> bool {
        matches!(self.origin, Origin::Simulator)
    }

    fn lacks(&self) -> Vec<Missing> {
        match &self.origin {
            Origin::Given(_) => Vec::new(),
            Origin::Incomplete(missing) => missing.clone(),
            Origin::Simulator => missing(self.connector, &self.name, &Settings::new()),
        }
    }
}

/// The connections of a project, by their names.
pub type Plan = BTreeMap<String, Planned>;

/// Looks where the settings of the manifest's connections stand: in the environment, or in a file outside of `root`.
pub fn plan(
    manifest: &Manifest,
    root: &Path,
    asked: Option<&Path>,
    env: &BTreeMap<String, String>,
    console: &mut Console<'_>,
) -> Result<Plan, Problem> {
    let file = match ConnectionsFile::find(asked, env) {
        None => None,
        Some(path) => {
            let read = ConnectionsFile::read(&path, root);
            let file = read.map_err(|error| Problem::new(error.to_string()).help(error.help()))?;
            if file.is_open_to_others() {
                console.warn(&format!(
                    "others may read {}, which holds credentials: chmod 600 it",
                    path.display()
                ));
            }
            Some(file)
        }
    };
    let planned = manifest.connections.iter().filter_map(|connection| {
        let connector = connector(&connection.connector.it)?;
        let declared: Vec<_> =
            connection.settings.iter().map(|(name, value)| (name.it.clone(), value.it.clone())).collect();
        let name = connection.name.it.to_string();
        let origin = settle(connector, &name, &declared, env, file.as_ref(), Simulators::has(connector.name));
        Some((name.clone(), Planned { name, connector, origin }))
    });
    Ok(planned.collect())
}

/// What the environment says, and what settings from elsewhere would say if they stood there: flows read the ID of an
/// identity source by its variable. Secrets stay where they are.
pub fn environment(
    plan: &Plan,
    env: &BTreeMap<String, String>,
    simulators: &dyn Fn() -> BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut whole = BTreeMap::new();
    for planned in plan.values() {
        match &planned.origin {
            Origin::Simulator if planned.connector.name == "okta" => whole.extend(simulators()),
            Origin::Given(settings) => {
                for setting in planned.connector.settings.iter().filter(|setting| !setting.secret) {
                    if let Some(value) = settings.get(setting.name) {
                        whole.insert(
                            setting.variable_for(planned.connector.name, &planned.name),
                            value.to_owned(),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    whole.extend(env.iter().map(|(name, value)| (name.clone(), value.clone())));
    whole
}

/// The connections of a program, in its order. Refuses those whose settings are incomplete and, for a live run, those
/// that would be simulated.
pub fn select(plan: &Plan, program: &Program, live: bool) -> Result<Vec<Planned>, Problem> {
    let mut selected = Vec::new();
    let mut refused = Vec::new();
    for connection in &program.connections {
        let Some(planned) = plan.get(&*connection.name) else {
            return Err(Problem::new(format!("the connection `{}` has no connector", connection.name)));
        };
        let incomplete = matches!(planned.origin, Origin::Incomplete(_));
        if incomplete || live && planned.is_simulated() {
            refused.push(planned);
        }
        selected.push(planned.clone());
    }
    if refused.is_empty() {
        return Ok(selected);
    }
    let simulated = refused.iter().all(|planned| planned.is_simulated());
    let reason = if live && simulated { "--live, but" } else { "the run is refused:" };
    let lines: Vec<String> = refused
        .iter()
        .map(|planned| {
            let lacks: Vec<String> = planned.lacks().iter().map(Missing::to_string).collect();
            let some = if planned.is_simulated() { "" } else { " (other settings of it are there)" };
            format!("connection `{}` lacks {}{some}", planned.name, lacks.join(" and "))
        })
        .collect();
    let message = format!("{reason} {}", lines.join("; "));
    let settings: Vec<String> = refused
        .iter()
        .flat_map(|planned| planned.lacks())
        .map(|lack| format!("{}: {}", lack.variable, lack.docs))
        .collect();
    let advice = if live && simulated {
        "give them"
    } else {
        "give all of a connection's settings, or none for its simulator"
    };
    Err(Problem::new(message).help(format!(
        "{advice}, as environment variables or in a connections file\n    {}",
        settings.join("\n    ")
    )))
}

/// A world to run in, with what a transcript says of its connections.
pub struct Connected {
    /// For the driver.
    pub world: World,
    /// What answers for each connection, by its name: `simulator, 250 employees`, `acme.okta.com`.
    pub hosts: Vec<(String, String)>,
    /// What each connection is doing, by its name.
    pub activities: Vec<(String, Activity)>,
}

/// Makes the connections; `simulators` answer for those that are simulated. Nothing is sent yet.
pub fn connect(
    planned: &[Planned],
    program: &Program,
    simulators: &Simulators,
    clock: &Clock,
    simulated: bool,
    env: &BTreeMap<String, String>,
) -> Result<Connected, Problem> {
    let within: Arc<dyn Transport> = Arc::new(simulators.transport());
    let mut network: Option<Arc<dyn Transport>> = None;
    let mut connections = Vec::new();
    let mut hosts = Vec::new();
    let mut activities = Vec::new();
    for Planned { name, connector, origin } in planned {
        let (settings, transport) = match origin {
            Origin::Given(settings) => {
                if network.is_none() {
                    network = Some(Arc::new(open_network(env)?));
                }
                (Some(settings.clone()), network.clone())
            }
            _ => (simulators.settings(connector.name, None), Some(within.clone())),
        };
        let (Some(settings), Some(transport)) = (settings, transport) else {
            return Err(Problem::new(format!("nothing simulates the connection `{name}`")));
        };
        let means = Means::new(transport, clock.clone());
        let made = connector.connect(&settings, means).map_err(|fault| {
            let problem = Problem::new(format!("the connection `{name}` can't be made: {}", fault.message));
            Problem { help: fault.help.as_ref().map(ToString::to_string), ..problem }
        })?;
        let what =
            if matches!(origin, Origin::Given(_)) { made.host } else { simulators.describe(connector.name) };
        hosts.push((name.clone(), what));
        activities.push((name.clone(), made.activity));
        connections.push(made.connection);
    }
    let tables = Arc::new(Tables::new(&program.tables, clock.clone()));
    let world = World::new(RunTime::new(clock.clone(), simulated), connectors::effects(), connections)
        .share("tables", tables);
    Ok(Connected { world, hosts, activities })
}

/// The network as the environment describes it.
fn open_network(env: &BTreeMap<String, String>) -> Result<HttpTransport, Problem> {
    HttpTransport::new(&Network::from_env(env)).map_err(|fault| {
        let problem = Problem::new(format!("the network can't be used: {}", fault.message));
        Problem { help: fault.help.as_ref().map(ToString::to_string), ..problem }
    })
}
