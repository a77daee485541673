//! Which connections the mocks of hosts answer for.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::mocks::{Mocks, Target};
use flowrun_core::model::{At, Manifest};
use flowrun_core::program::{FlowId, Program};
use flowrun_core::suggest::{closest, listed};
use flowrun_kit::address::Base;
use flowrun_kit::connector::{Connector, Settings};
use flowrun_kit::registry::Registry;
use flowrun_project::Problem;

use super::connections::{Instead, Plan, Planned};
use super::origin::Origin;
use super::simulators::Simulators;
use crate::mocked::is_same;
use crate::record::Recording;

/// The setting by which a connection says which host it leads to, of connectors that leave it to their connections.
const HOST: &str = "base_url";

/// Whether each connection of it names a host.
fn names_host(connector: &Connector) -> bool {
    connector.settings.iter().any(|setting| setting.name == HOST && setting.required)
}

fn authority(base: &str) -> Option<String> {
    Base::parse(base).ok().map(|base| base.origin().authority())
}

fn targets(mocks: &Mocks) -> impl Iterator<Item = At<&str>> {
    mocks.0.iter().filter_map(|mock| match &mock.target.it {
        Target::Host(host) => Some(At::new(&**host, mock.target.span)),
        _ => None,
    })
}

/// Lets the mocks of hosts answer for the connections that lead there; in a run that is sealed off, for all that lead to a host of the
/// author's choice. Such a connection has its host and no other settings. One of which nothing says where it leads has the only host
/// among the mocks that no other connection leads to.
pub(super) fn mock(
    plan: &mut Plan,
    manifest: &Manifest,
    mocks: &Mocks,
    env: &BTreeMap<String, String>,
    sealed_off: bool,
) -> Result<(), Problem> {
    let mut bases: BTreeMap<String, Option<String>> = BTreeMap::new();
    for planned in plan.values().filter(|planned| names_host(&planned.connector)) {
        let base = match &planned.origin {
            Origin::Given(given) if !sealed_off => {
                let settings = given.fetch(env, |name| name == HOST);
                settings.map_err(|why| planned.unfetched(&why))?.get(HOST).map(str::to_owned)
            }
            _ => declared(manifest, &planned.name),
        };
        bases.insert(planned.name.clone(), base);
    }
    let named: BTreeSet<String> = bases.values().flatten().filter_map(|base| authority(base)).collect();
    let free: Vec<&str> = targets(mocks)
        .map(|host| host.it)
        .filter(|host| !named.iter().any(|named| is_same(named, host)))
        .collect();
    for (name, base) in bases {
        let Some(planned) = plan.get_mut(&name) else { continue };
        let base = base.or_else(|| match free[..] {
            [only] => Some(only.to_owned()),
            _ => None,
        });
        let host = base.as_deref().and_then(authority);
        let is_mocked = host.is_some_and(|host| targets(mocks).any(|mocked| is_same(&host, mocked.it)));
        match base {
            Some(base) if sealed_off || is_mocked => {
                planned.instead = Some(Instead::Mocks(Settings::new().with(HOST, base)));
            }
            // A simulator that echoes is nothing that a test means.
            None if sealed_off => planned.origin = Origin::Incomplete(Vec::new()),
            _ => {}
        }
    }
    Ok(())
}

/// Lets a recording answer for the connections that were recorded, but for those whose hosts are mocked. Each has the addresses of then, and
/// credentials that nobody looks at.
pub(super) fn replay(plan: &mut Plan, recording: &Recording, mocks: &Mocks, simulators: &Simulators) {
    for recorded in &recording.connections {
        let Some(planned) = plan.get_mut(&recorded.name) else { continue };
        let base = planned.settings_instead().and_then(|settings| settings.get(HOST));
        let host = base.and_then(authority);
        let is_mocked = host.is_some_and(|host| targets(mocks).any(|mocked| is_same(&host, mocked.it)));
        if *planned.connector.name != *recorded.connector || is_mocked {
            continue;
        }
        // Whoever lets the author choose a host needs nothing else.
        let settings = match names_host(&planned.connector) {
            true => Settings::new(),
            false => simulators.settings(&recorded.connector, None).unwrap_or_default(),
        };
        let addresses = recorded.addresses.iter();
        let settings = addresses.fold(settings, |settings, (name, value)| settings.with(name, &**value));
        planned.instead = Some(Instead::Recording(settings));
    }
}

fn declared(manifest: &Manifest, name: &str) -> Option<String> {
    let connection = manifest.connections.iter().find(|connection| *connection.name.it == *name)?;
    let setting = connection.settings.iter().find(|(setting, _)| *setting.it == *HOST)?;
    Some(setting.1.it.to_string())
}

/// What is wrong with the mocks of hosts in a run of `entry`: that no connection leads there.
pub fn judge(mocks: &Mocks, program: &Program, entry: FlowId, registry: &Registry) -> Vec<Diagnostic> {
    let reached = program.connections_of(entry).into_iter();
    let reached = reached.map(|(place, _)| &program.connections[place as usize]).filter(|connection| {
        registry.connector(&connection.connector).is_some_and(|connector| names_host(connector))
    });
    let bases: Vec<(&str, Option<String>)> = reached
        .map(|connection| {
            let setting = connection.settings.iter().find(|(name, _)| **name == *HOST);
            (&*connection.name, setting.and_then(|(_, value)| authority(&value.to_string())))
        })
        .collect();
    let named: Vec<&str> = bases.iter().filter_map(|(_, host)| host.as_deref()).collect();
    let unnamed: Vec<&str> = bases.iter().filter(|(_, host)| host.is_none()).map(|(name, _)| *name).collect();
    let strange: Vec<At<&str>> =
        targets(mocks).filter(|host| !named.iter().any(|named| is_same(named, host.it))).collect();
    let told = |host: &At<&str>| {
        let mistake = |why: String| Some(Diagnostic::new(Code::UnknownConnection, host.span, why));
        match (&unnamed[..], strange.len()) {
            _ if bases.is_empty() => {
                let why = format!("the flow calls no host, so that the mock of `{}` is never asked", host.it);
                let help = "`http:` stands in for the hosts of connections with a `base_url`";
                Some(mistake(why)?.help(help))
            }
            ([], _) => {
                let why = format!("no connection of the flow leads to `{}`", host.it);
                let near = closest(host.it, named.iter().copied());
                let all = format!("they lead to {}", listed(&named));
                Some(mistake(why)?.meant(near).or_help(|| all))
            }
            (_, 1) => None,
            (unnamed, _) => {
                let why = format!("nothing says which connection leads to `{}`", host.it);
                let name = unnamed[0];
                let base = format!("`{name}: {{ connector: …, base_url: \"https://{}\" }}`", host.it);
                Some(mistake(why)?.help(format!("say it in flowrun.yaml, under `connections`: {base}")))
            }
        }
    };
    strange.iter().filter_map(told).collect()
}

impl Planned {
    /// What its settings are, where something else answers than what they would lead to.
    pub(super) fn settings_instead(&self) -> Option<&Settings> {
        match self.instead.as_ref()? {
            Instead::Mocks(settings) | Instead::Recording(settings) => Some(settings),
        }
    }
}
