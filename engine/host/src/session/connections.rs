//! The connections of a run: decides for each whether it is real or simulated, and makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::model::Manifest;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::suggest::closest;
use flowrun_core::value::Text;
use flowrun_crypto::Crypto;
use flowrun_external::Nobody;
use flowrun_files::FileStore;
use flowrun_kit::activity::Activity;
use flowrun_kit::connector::{Connector, Means, Settings};
use flowrun_kit::effect::{AnyConnection, Connection};
use flowrun_kit::errand::Run;
use flowrun_kit::http::Transport;
use flowrun_kit::meter::Meter;
use flowrun_kit::registry::Registry;
use flowrun_project::Problem;
use flowrun_project::connections::ConnectionsFile;
use flowrun_tables::Tables;

use super::lines::{Account, Lines};
use super::origin::{Missing, Origin, missing, settle};
use super::simulators::Simulators;
use super::vault::FileVault;
use crate::driver::{RunTime, World};
use crate::http::HttpTransport;
use crate::mocked::{Hosts, Mocked, Mocking};
use crate::network::Network;
use crate::perform::{Connections, Panics, Reached, TimeLimit};
use crate::record::{Overheard, Recorder};
use crate::shuffled::Shuffled;

/// A connection of a project and what it will be made of.
#[derive(Clone)]
pub struct Planned {
    /// Its name in the manifest.
    pub name: String,
    /// Its name in a connections file.
    pub account: String,
    /// Its connector.
    pub connector: Arc<Connector>,
    /// What it will be made of.
    pub origin: Origin,
    /// What answers in its place, whatever it would be made of.
    pub instead: Option<Instead>,
}

/// What answers in place of a vendor, and the settings that a connection to it has then.
#[derive(Clone, Debug)]
pub enum Instead {
    /// Mocks of its host.
    Mocks(Settings),
    /// A recording.
    Recording(Settings),
}

impl Planned {
    /// Whether nothing real is reached over it.
    pub fn is_simulated(&self) -> bool {
        self.instead.is_some() || self.is_of_simulator()
    }

    /// Whether its simulator answers.
    pub fn is_of_simulator(&self) -> bool {
        self.instead.is_none() && matches!(self.origin, Origin::Simulator)
    }

    /// The problem of a setting whose value can't be had.
    pub(super) fn unfetched(&self, why: &str) -> Problem {
        Problem::new(format!("the connection `{}` lacks a setting: {why}", self.name))
    }

    /// The settings that aren't secrets and that a variable of the manifest reads, each with its variable of the
    /// environment.
    fn read_by(&self, manifest: &Manifest) -> Vec<(&str, String)> {
        let read = |variable: &str| {
            manifest.vars.iter().any(|var| var.env.as_ref().is_some_and(|env| *env.it == *variable))
        };
        let shown = self.connector.settings.iter().filter(|setting| !setting.secret);
        let named =
            shown.map(|setting| (&*setting.name, setting.variable_for(&self.connector.name, &self.name)));
        named.filter(|(_, variable)| read(variable)).collect()
    }

    fn lacks(&self) -> Vec<Missing> {
        match &self.origin {
            Origin::Given(_) => Vec::new(),
            Origin::Incomplete(missing) => missing.clone(),
            Origin::Simulator => missing(&self.connector, &self.name, &Settings::new()),
        }
    }
}

/// The connections of a project, by their names.
pub type Plan = BTreeMap<String, Planned>;

/// Looks where the settings of the manifest's connections stand: in the environment, or in a file outside of `root`. What
/// is odd about that file is added to `warnings`.
pub fn plan(
    manifest: &Manifest,
    root: &Path,
    asked: Option<&Path>,
    env: &BTreeMap<String, String>,
    registry: &Registry,
    warnings: &mut Vec<String>,
) -> Result<Plan, Problem> {
    let file = match ConnectionsFile::find(asked, env) {
        None => None,
        Some(path) => {
            let read = ConnectionsFile::read(&path, root);
            let file = read.map_err(|error| Problem::new(error.to_string()).help(error.help()))?;
            if file.is_open_to_others() {
                warnings.push(format!(
                    "others may read {}, which holds credentials: chmod 600 it",
                    path.display()
                ));
            }
            for connection in &manifest.connections {
                if let Some(connector) = registry.connector(&connection.connector.it) {
                    known_settings(&file, &manifest.account(&connection.name.it), connector)?;
                }
            }
            Some(file)
        }
    };
    let planned = manifest.connections.iter().filter_map(|connection| {
        let connector = registry.connector(&connection.connector.it)?;
        let declared: Vec<_> =
            connection.settings.iter().map(|(name, value)| (name.it.clone(), value.it.clone())).collect();
        let name = connection.name.it.to_string();
        let account = manifest.account(&name);
        let file = file.as_ref().map(|file| (file, &*account));
        let origin = settle(connector, &name, &declared, env, file, connector.sim.is_some());
        let connector = connector.clone();
        Some((name.clone(), Planned { name, account, connector, origin, instead: None }))
    });
    Ok(planned.collect())
}

/// Lets nothing answer for a connection but its simulator, whatever is given for it.
pub fn seal_off(plan: &mut Plan) {
    for planned in plan.values_mut() {
        planned.origin = match planned.connector.sim.is_some() {
            true => Origin::Simulator,
            false => Origin::Incomplete(Vec::new()),
        };
    }
}

/// Lets simulators answer for all connections, whatever is given for them.
pub fn simulate(plan: &mut Plan) -> Result<(), Problem> {
    if let Some(planned) = plan.values().find(|planned| planned.connector.sim.is_none()) {
        let message = format!("--simulate, but {} has no simulator", planned.connector.title);
        return Err(Problem::new(message));
    }
    plan.values_mut().for_each(|planned| planned.origin = Origin::Simulator);
    Ok(())
}

/// Refuses a file that gives a connection what it has no use for: most likely it is misspelt.
fn known_settings(file: &ConnectionsFile, connection: &str, connector: &Connector) -> Result<(), Problem> {
    let names = || connector.settings.iter().map(|setting| &*setting.name);
    let Some(unknown) = file.settings(connection).find(|given| names().all(|name| name != *given)) else {
        return Ok(());
    };
    let problem = Problem::new(format!(
        "{} gives the connection `{connection}` a setting `{unknown}`, which {} doesn't have",
        file.path().display(),
        connector.title
    ));
    Err(problem
        .meant(closest(unknown, names()))
        .or_help(|| format!("it has {}", names().collect::<Vec<_>>().join(", "))))
}

/// What the environment says, and what settings from elsewhere would say if they stood there, as far as the manifest reads
/// them: flows get the ID of an identity source by its variable. Secrets stay where they are, and nothing is fetched for a
/// connection that is not reached.
pub fn environment(
    plan: &Plan,
    manifest: &Manifest,
    env: &BTreeMap<String, String>,
    reaches: &dyn Fn(&str) -> bool,
    simulated: &dyn Fn(&str) -> BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Problem> {
    let mut whole = BTreeMap::new();
    for planned in plan.values() {
        let Origin::Given(given) = &planned.origin else { continue };
        let wanted = planned.read_by(manifest);
        if wanted.is_empty() || !reaches(&planned.name) {
            continue;
        }
        let settings = given
            .fetch(env, |name| wanted.iter().any(|(wanted, _)| *wanted == name))
            .map_err(|why| planned.unfetched(&why))?;
        for (name, variable) in wanted {
            whole.extend(settings.get(name).map(|value| (variable, value.to_owned())));
        }
    }
    whole.extend(env.iter().map(|(name, value)| (name.clone(), value.clone())));
    // A simulator knows its own: the ID of a real identity source would mean nothing to it.
    let simulators = plan.values().filter(|planned| planned.is_of_simulator());
    simulators.for_each(|planned| whole.extend(simulated(&planned.connector.name)));
    Ok(whole)
}

/// The connections that a run of `entry` may reach, each with what its cards need to be granted. Refuses those whose
/// settings are incomplete and, for a live run, those that would be simulated.
pub fn select(
    plan: &Plan,
    program: &Program,
    entry: FlowId,
    live: bool,
) -> Result<Vec<(Planned, BTreeSet<Text>)>, Problem> {
    let mut selected = Vec::new();
    for (place, scopes) in program.connections_of(entry) {
        let connection = &program.connections[place as usize];
        let Some(planned) = plan.get(&*connection.name) else {
            return Err(Problem::new(format!("the connection `{}` has no connector", connection.name)));
        };
        selected.push((planned.clone(), scopes));
    }
    complete(&selected.iter().map(|(planned, _)| planned).collect::<Vec<_>>(), live)?;
    Ok(selected)
}

/// Refuses connections whose settings are incomplete and, where all must be real, those that would be simulated.
pub fn complete(selected: &[&Planned], live: bool) -> Result<(), Problem> {
    let amiss = |planned: &&&Planned| {
        let is_complete = planned.instead.is_some() || !matches!(planned.origin, Origin::Incomplete(_));
        !is_complete || live && planned.is_simulated()
    };
    let refused: Vec<&Planned> = selected.iter().filter(amiss).copied().collect();
    if refused.is_empty() {
        return Ok(());
    }
    let simulated = refused.iter().all(|planned| planned.is_simulated());
    let reason = if live && simulated { "--live, but" } else { "the run is refused:" };
    let lines: Vec<String> = refused
        .iter()
        .map(|planned| {
            let lacks: Vec<String> = planned.lacks().iter().map(Missing::to_string).collect();
            let none = planned.is_simulated() || planned.connector.sim.is_none();
            let some = if none { "" } else { " (other settings of it are there)" };
            format!("connection `{}` lacks {}{some}", planned.name, lacks.join(" and "))
        })
        .collect();
    let message = format!("{reason} {}", lines.join("; "));
    let settings: Vec<String> = refused
        .iter()
        .flat_map(|planned| planned.lacks())
        .map(|lack| format!("{}: {}", lack.variable, lack.docs))
        .collect();
    let advice = if refused.iter().any(|planned| planned.connector.sim.is_none()) {
        "nothing here simulates it: give them"
    } else if live && simulated {
        "give them"
    } else {
        "give all of a connection's settings, or none for its simulator"
    };
    Err(Problem::new(message).help(format!(
        "{advice}, as environment variables or in a connections file\n    {}",
        settings.join("\n    ")
    )))
}

/// A connection, made.
#[derive(Clone)]
pub struct Made {
    /// Its name in the manifest.
    pub name: String,
    /// What answers for it: `simulator, 250 employees`, `acme.okta.com`.
    pub host: String,
    /// What it is doing.
    pub activity: Activity,
    /// For its connector's cards.
    pub connection: AnyConnection,
    /// Its connector.
    pub connector: Arc<Connector>,
}

/// What connections are made for.
pub struct Purpose<'a> {
    /// Answer for those that are simulated.
    pub simulators: &'a Simulators,
    /// The environment, for credentials and proxies.
    pub env: &'a BTreeMap<String, String>,
    /// Certificate authorities to trust besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// How many times as fast as on the wall time passes.
    pub scale: f64,
    /// The lines over the network that are open.
    pub lines: Lines,
    /// The lines to these simulators that are open.
    pub simulated_lines: Lines,
    /// Counts what is done over them, with what other runs do.
    pub meter: Option<Arc<dyn Meter>>,
    /// Answers in place of hosts that are mocked.
    pub mocking: Arc<Mocking>,
    /// Records what is exchanged.
    pub recorder: Option<Arc<Recorder>>,
}

impl<'a> Purpose<'a> {
    /// Connections over the network as the environment describes it, whose lines nobody else uses.
    pub fn new(simulators: &'a Simulators, env: &'a BTreeMap<String, String>) -> Purpose<'a> {
        Purpose {
            simulators,
            env,
            ca_file: None,
            scale: 1.0,
            lines: Lines::default(),
            simulated_lines: Lines::default(),
            meter: None,
            mocking: Arc::default(),
            recorder: None,
        }
    }
}

/// Makes connections, with the scopes that the cards of each need. Nothing is sent yet.
pub fn connect(planned: &[(Planned, BTreeSet<Text>)], purpose: &Purpose<'_>) -> Result<Vec<Made>, Problem> {
    let mut within: Option<Arc<dyn Transport>> = None;
    let mut network: Option<Arc<dyn Transport>> = None;
    let mut made = Vec::new();
    for (planned, scopes) in planned {
        let Planned { name, account, connector, origin, .. } = planned;
        let real = !planned.is_simulated() && matches!(origin, Origin::Given(_));
        let (settings, transport) = match origin {
            _ if let Some(settings) = planned.settings_instead() => {
                let clock = purpose.simulators.clock.clone();
                let transport = match (&planned.instead, purpose.mocking.replay()) {
                    (Some(Instead::Recording(_)), Some(replay)) => replay.over(name, clock),
                    _ => Arc::new(Hosts::new(purpose.mocking.clone(), clock)) as Arc<dyn Transport>,
                };
                (Some(settings.clone()), transport)
            }
            Origin::Given(given) => {
                let network = match &network {
                    Some(network) => network.clone(),
                    None => network.insert(Arc::new(open_network(purpose)?)).clone(),
                };
                let settings = given.fetch(purpose.env, |_| true).map_err(|why| planned.unfetched(&why))?;
                (Some(settings), network)
            }
            _ => {
                let new = || Arc::new(purpose.simulators.transport()) as Arc<dyn Transport>;
                let within = within.get_or_insert_with(new).clone();
                (purpose.simulators.settings(&connector.name, None), within)
            }
        };
        let Some(settings) = settings else {
            return Err(Problem::new(format!("nothing simulates the connection `{name}`")));
        };
        let recorder = purpose.recorder.as_ref().filter(|_| planned.instead.is_none());
        let transport = match recorder {
            Some(recorder) => recorder.over((name, connector, &settings), transport),
            None => transport,
        };
        let clock = purpose.simulators.clock.clone();
        let vault = match origin {
            Origin::Given(given) if real => given.file().map(|file| FileVault::of(file, account)),
            _ => None,
        };
        let means = Means { scopes: scopes.clone(), vault, ..Means::new(transport, clock) };
        // What answers in place of a vendor does so in this run alone, and what is recorded is of this run alone.
        let own = Lines::default();
        let is_own = planned.instead.is_some() || recorder.is_some();
        let (lines, account) = if is_own {
            (&own, Account::simulated(connector, &settings))
        } else if real {
            let ca_file = purpose.ca_file.clone();
            (&purpose.lines, Account::real(connector, &settings, ca_file, purpose.scale))
        } else {
            (&purpose.simulated_lines, Account::simulated(connector, &settings))
        };
        let connected = lines.open(account, connector, &settings, means).map_err(|fault| {
            let fault = fault.reworded(|text| connector.said_of(name, text));
            let problem = Problem::new(format!("the connection `{name}` can't be made: {}", fault.message));
            Problem { help: fault.help.as_ref().map(ToString::to_string), ..problem }
        })?;
        let host = match &planned.instead {
            Some(Instead::Mocks(_)) => format!("{}, mocked", connected.host),
            Some(Instead::Recording(_)) => format!("{}, recorded", connected.host),
            None if real => connected.host,
            None => purpose.simulators.describe(&connector.name),
        };
        // What a run does over a line is counted for itself.
        let activity = purpose
            .meter
            .as_ref()
            .map_or_else(Activity::default, |meter| Activity::counted(name, meter.clone()));
        made.push(Made {
            name: name.clone(),
            host,
            activity,
            connection: connected.connection,
            connector: connector.clone(),
        });
    }
    Ok(made)
}

/// The world that a run of a program is in, over the connections that were made for it.
pub fn world(
    registry: &Registry,
    program: &Program,
    made: &[Made],
    tables: Tables,
    (mocking, recorder): (Arc<Mocking>, Option<Arc<Recorder>>),
    run: Run,
    (time, shuffle): (RunTime, Option<u64>),
) -> World {
    let reached = (0..).zip(&program.connections).filter_map(|(place, connection)| {
        let made = made.iter().find(|made| *made.name == *connection.name)?;
        let (connection, activity) = (made.connection.clone(), made.activity.clone());
        let named = (made.name != made.connector.name).then(|| (made.connector.clone(), made.name.clone()));
        Some((place, Reached { connection, activity, named }))
    });
    let (clock, files, sources) = (time.clock().clone(), run.files.clone(), run.sources.clone());
    let tables = Arc::new(tables);
    let connections = Connections::new(time.clone(), run, registry.effects(), reached)
        .share_tables(tables)
        .share(FileStore::CONNECTOR, Arc::new(FileStore::new(files, sources, clock.clone())))
        .share(Crypto::CONNECTOR, Arc::new(Crypto::new(clock.clone())))
        .share(Nobody::CONNECTOR, Arc::new(Nobody));
    let stop = connections.stop();
    let mocked = Mocked(TimeLimit(Panics(connections), clock.clone()), mocking, clock.clone());
    let performer = Overheard(mocked, recorder);
    match shuffle {
        Some(number) => World::of(time, stop, Shuffled(performer, number, clock)),
        None => World::of(time, stop, performer),
    }
}

/// The network as the environment and the command line describe it.
pub fn open_network(purpose: &Purpose<'_>) -> Result<HttpTransport, Problem> {
    let described = Network::from_env(purpose.env);
    let ca_file = purpose.ca_file.clone().or_else(|| described.ca_file.clone());
    HttpTransport::new(&Network { ca_file, ..described }).map_err(|fault| {
        let problem = Problem::new(format!("the network can't be used: {}", fault.message));
        Problem { help: fault.help.as_ref().map(ToString::to_string), ..problem }
    })
}
