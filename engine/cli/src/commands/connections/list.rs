//! `flowrun connections`: what a project needs, and where each setting comes from.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::card::Words;
use flowrun_core::program::FlowId;
use flowrun_core::value::Text;
use flowrun_core::words;
use flowrun_host::session::connections::{Plan, Planned, plan};
use flowrun_host::session::origin::Origin;
use flowrun_kit::connector::{Connector, Setting};
use flowrun_project::Project;
use flowrun_project::check::{Given, examine, no_flows};
use flowrun_project::source::Source;
use flowrun_views::look::Paint;
use flowrun_views::private::without_userinfo;
use secrecy::ExposeSecret;

use super::ConnectionsOf;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// A connection and what the project does with it.
pub struct Used {
    /// The connection.
    pub planned: Planned,
    /// How many flows use it.
    pub flows: usize,
    /// What their cards need to be granted.
    pub scopes: BTreeSet<Text>,
}

/// Lists the connections of a project.
pub fn list(
    args: &ConnectionsOf,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (project, plan) = read(args, surroundings, console)?;
    let used = used(&project, &plan, surroundings);
    let paint = Paint(console.out_look.color);
    if used.is_empty() {
        console.print("this project has no connections\n")?;
        return Ok(DONE);
    }
    let mut text = String::new();
    for (place, used) in used.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        text.push_str(&describe(used, &surroundings.env, paint));
    }
    console.print(&text)?;
    Ok(DONE)
}

/// The project at a path, and what its connections will be made of.
pub fn read(
    args: &ConnectionsOf,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<(Project, Plan), Refused> {
    let registry = &surroundings.registry;
    let project = Project::read_in(&args.path, args.env.as_deref(), registry.vocabulary())?;
    if project.model.flows.is_empty() {
        return Err(no_flows(&args.path, "connections").into());
    }
    let (manifest, mut warnings) = (&project.model.manifest, Vec::new());
    let file = args.connections.as_deref();
    let plan = plan(manifest, &project.root, file, &surroundings.env, registry, &mut warnings);
    for warning in &warnings {
        console.warn(warning);
    }
    Ok((project, plan?))
}

/// The connections of a project, each with what those of its flows do with it that can run.
pub fn used(project: &Project, plan: &Plan, surroundings: &Surroundings) -> Vec<Used> {
    let vocabulary = surroundings.registry.vocabulary();
    let mut used: Vec<Used> = plan
        .values()
        .map(|planned| Used { planned: planned.clone(), flows: 0, scopes: BTreeSet::new() })
        .collect();
    let program = examine(project, vocabulary, &Given::default()).program;
    for flow in (0..).map(FlowId).take(program.flows.len()) {
        for (place, scopes) in program.connections_of(flow) {
            let name = &program.connections[place as usize].name;
            if let Some(used) = used.iter_mut().find(|used| *used.planned.name == **name) {
                used.flows += 1;
                used.scopes.extend(scopes);
            }
        }
    }
    used
}

fn describe(used: &Used, env: &BTreeMap<String, String>, paint: Paint) -> String {
    let Planned { name, connector, origin, .. } = &used.planned;
    let flows = words::many(used.flows as u64, "flow");
    let mut text = format!("{} · {} · reached by {flows}\n", paint.bold(name), connector.title);
    if !used.scopes.is_empty() {
        let scopes: Vec<&str> = used.scopes.iter().map(|scope| &**scope).collect();
        text.push_str(&format!("  its cards need {}\n", scopes.join(", ")));
    }
    match origin {
        Origin::Simulator => {
            text.push_str("  simulated: nothing is given\n");
            text.push_str(&ways(used));
        }
        Origin::Incomplete(missing) => {
            let lacks: Vec<String> = missing.iter().map(ToString::to_string).collect();
            text.push_str(&format!("  {}: it lacks {}\n", paint.red("incomplete"), lacks.join(", ")));
        }
        Origin::Given(given) => {
            text.push_str(&format!("  {}\n", paint.green("real")));
            let widest = given.sources().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, source) in given.sources() {
                let (padded, from) = (words::pad(name, widest), paint.dim("from"));
                let value = shown(connector, name, source, env);
                let value = value.map(|value| format!(": {value}")).unwrap_or_default();
                text.push_str(&format!("    {padded} {from} {source}{value}\n"));
            }
        }
    }
    text
}

/// The value of a setting that isn't a secret, if it can be had without running anything.
fn shown(
    connector: &Connector,
    name: &str,
    source: &Source,
    env: &BTreeMap<String, String>,
) -> Option<String> {
    let secret = connector.settings.iter().any(|setting| setting.name == name && setting.secret);
    if secret || !source.is_at_hand() {
        return None;
    }
    let value = source.fetch(env).ok()?;
    Some(words::fit(&without_userinfo(value.expose_secret().trim()), 80))
}

/// What would make a simulated connection real.
fn ways(used: &Used) -> String {
    let Planned { name, connector, .. } = &used.planned;
    let variable = |setting: &Setting| setting.variable_for(&connector.name, name);
    let needed = |also: &Words| {
        let settings = connector.settings.iter().filter(|setting| {
            setting.default.is_none() && (setting.required || also.contains(&setting.name))
        });
        settings.map(variable).collect::<Vec<_>>().join(", ")
    };
    if connector.ways.is_empty() {
        return format!("  to make it real, give {}\n", needed(&Words::NONE));
    }
    let ways = connector.ways.iter().map(|way| format!("    {}: {}\n", way.title, needed(&way.settings)));
    format!("  to make it real, give one of\n{}", ways.collect::<String>())
}
