//! `flowrun connections add`: writes a connection into the connections file, which only its owner may read.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_core::card::Words;
use flowrun_core::suggest::closest;
use flowrun_host::session::{state, vault};
use flowrun_kit::connector::{Connector, Setting, Settings, Way};
use flowrun_kit::registry::Registry;
use flowrun_project::connections::ConnectionsFile;
use flowrun_project::edit;
use flowrun_project::source::Source;
use flowrun_project::{Problem, Project, unreadable, unwritable};
use flowrun_views::look::Paint;
use secrecy::ExposeSecret;

use super::{Written, login};
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::{Prompt, Surroundings};
use crate::values::pair;

/// What `connections add` is told.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Which one.
    #[command(flatten)]
    pub of: Written,
    /// Its settings; what is missing is asked for on a terminal. `-` reads a value from standard input
    #[arg(value_name = "SETTING=VALUE", value_parser = pair)]
    pub settings: Vec<(String, String)>,
    /// Replace the connection of that name
    #[arg(long)]
    pub replace: bool,
}

/// Adds a connection.
pub fn add(args: &AddArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let connector = connector_of(&args.of, &surroundings.registry)?;
    let account = args.of.account(&surroundings.registry)?;
    let path = match &args.of.connections {
        Some(path) => path.clone(),
        None => ConnectionsFile::place(&surroundings.env).ok_or_else(|| {
            Problem::new("nothing says where the connections file is: HOME is not set")
                .help("name it with --connections")
        })?,
    };
    outside(&path, &args.of.project, &surroundings.registry)?;
    // Nobody is asked for what is then refused.
    let old = read(&path)?;
    with(&old, &account, &BTreeMap::new(), args.replace)?;
    let mut given = BTreeMap::new();
    for (name, text) in &args.settings {
        let setting = known(connector, name)?;
        if given.insert(&*setting.name, value(setting, text)?).is_some() {
            return Err(Problem::new(format!("the setting `{name}` is given twice")).into());
        }
        if setting.secret && matches!(Source::parse(text), Source::Plain(_)) && text != "-" {
            console.warn(&format!(
                "`{name}` is in the history of your shell now; give it as `{name}=-` (standard input), `@FILE` or `!COMMAND`"
            ));
        }
    }
    match surroundings.prompt.as_deref() {
        Some(prompt) => ask(connector, &mut given, prompt)?,
        None => complete(connector, &given)?,
    }
    let signed_in = {
        let sources = given.iter().map(|(name, text)| (*name, Source::parse(text)));
        login::sign_in(
            connector,
            &account,
            sources.collect(),
            args.of.ca_file.clone(),
            surroundings,
            console,
        )?
    };
    for (name, secret) in signed_in {
        given.insert(name, Source::plain(secret.expose_secret()));
    }
    let told = |error| unwritable(&path, &error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        flowrun_store::make_private(folder).map_err(told)?;
    }
    // Runs that replace a secret of theirs in the meantime must not lose it.
    let _lock = vault::lock(&path).map_err(told)?;
    let old = read(&path)?;
    let text = with(&old, &account, &given, args.replace)?;
    write(&path, &text)?;
    let paint = Paint(console.out_look.color);
    console.print(&format!(
        "{} {} in {}, which only you may read\ntry it: flowrun connections test\n",
        paint.green("wrote"),
        account,
        path.display()
    ))?;
    Ok(DONE)
}

/// The connections file as it is; nothing if there is none.
fn read(path: &Path) -> Result<String, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// The connector that is named, or that has the connection's name, or that the project says.
pub(super) fn connector_of<'r>(of: &Written, registry: &'r Registry) -> Result<&'r Connector, Problem> {
    let (name, connector, project) = (&of.name, of.connector.as_deref(), &of.project);
    let named = connector.unwrap_or(name);
    if let Some(connector) = registry.connector(named) {
        return Ok(connector);
    }
    let declared = Project::read(project, registry.vocabulary()).ok().and_then(|project| {
        let mut connections = project.model.manifest.connections.into_iter();
        connections.find(|connection| *connection.name.it == *name).map(|found| found.connector.it)
    });
    if let Some(connector) =
        declared.and_then(|name| registry.connector(&name)).filter(|_| connector.is_none())
    {
        return Ok(connector);
    }
    let problem = Problem::new(format!("`{named}` isn't a connector"));
    Err(problem.help(format!(
        "say which one it is of, with --connector: {}",
        registry.vocabulary().connectors.join(", ")
    )))
}

/// Credentials never stand beside the flows.
fn outside(path: &Path, project: &Path, registry: &Registry) -> Result<(), Problem> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok());
    let root =
        Project::read(project, registry.vocabulary()).ok().filter(|project| !project.model.flows.is_empty());
    let root = root.and_then(|project| project.root.canonicalize().ok());
    match (folder, root) {
        (Some(folder), Some(root)) if folder.starts_with(&root) => {
            let problem = Problem::new(format!("{} lies inside the project", path.display()));
            Err(problem.help("whoever gets the flows would get the credentials too; name a file elsewhere"))
        }
        _ => Ok(()),
    }
}

fn known<'c>(connector: &'c Connector, name: &str) -> Result<&'c Setting, Problem> {
    let names = || connector.settings.iter().map(|setting| &*setting.name);
    connector.settings.iter().find(|setting| setting.name == name).ok_or_else(|| {
        let problem = Problem::new(format!("{} has no setting `{name}`", connector.title));
        problem
            .meant(closest(name, names()))
            .or_help(|| format!("it has {}", names().collect::<Vec<_>>().join(", ")))
    })
}

/// What is written for a setting: the text as given, a path made absolute, an address made whole, or what stands on standard
/// input.
fn value(setting: &Setting, text: &str) -> Result<String, Problem> {
    if text == "-" {
        let mut read = String::new();
        io::stdin()
            .take(64 * 1024)
            .read_to_string(&mut read)
            .map_err(|error| Problem::new(format!("standard input can't be read: {error}")))?;
        return Ok(Source::plain(read.trim()));
    }
    if let Source::File(path) = Source::parse(text) {
        let absolute = path.canonicalize().map_err(|error| unreadable(&path, &error))?;
        return Ok(format!("@{}", absolute.display()));
    }
    // So it will be read; and so it says.
    if setting.is_address() && matches!(Source::parse(text), Source::Plain(_)) && !text.contains(':') {
        return Ok(format!("https://{text}"));
    }
    Ok(text.to_owned())
}

/// Asks for what is missing: first by which way, then for its settings.
fn ask<'c>(
    connector: &'c Connector,
    given: &mut BTreeMap<&'c str, String>,
    prompt: &dyn Prompt,
) -> Result<(), Problem> {
    let unasked = |error: io::Error| Problem::new(format!("the answer can't be read: {error}"));
    let way = way(connector, given, prompt).map_err(unasked)?;
    let also = way.map_or(&Words::NONE, |way| &way.settings);
    for setting in &connector.settings {
        let needed = setting.default.is_none() && (setting.required || also.contains(&setting.name));
        if !needed || given.contains_key(&*setting.name) {
            continue;
        }
        let answer =
            prompt.ask(&format!("{}\n  {}", setting.docs, setting.name), setting.secret).map_err(unasked)?;
        if answer.trim().is_empty() {
            return Err(Problem::new(format!("`{}` is needed; nothing was written", setting.name)));
        }
        given.insert(&*setting.name, value(setting, answer.trim())?);
    }
    Ok(())
}

fn way<'c>(
    connector: &'c Connector,
    given: &BTreeMap<&str, String>,
    prompt: &dyn Prompt,
) -> io::Result<Option<&'c Way>> {
    let begun = connector.ways.iter().find(|way| way.settings.iter().any(|name| given.contains_key(name)));
    if begun.is_some() || connector.ways.len() < 2 {
        return Ok(begun.or(connector.ways.first()));
    }
    let ways = connector.ways.iter().enumerate();
    let ways: Vec<String> = ways.map(|(place, way)| format!("{} {}", place + 1, way.title)).collect();
    let question = format!("{} logs in by: {}\n  which", connector.title, ways.join(", "));
    let mut why = String::new();
    loop {
        let answer = prompt.ask(&format!("{why}{question}"), false)?;
        let place = answer.trim().parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        if let Some(way) = place.and_then(|place| connector.ways.get(place)) {
            return Ok(Some(way));
        }
        why = format!("expected a number from 1 to {}, found `{}`\n", ways.len(), answer.trim());
    }
}

/// Refuses a connection that lacks something, for there is nobody to ask.
fn complete(connector: &Connector, given: &BTreeMap<&str, String>) -> Result<(), Problem> {
    let outline = given.keys().fold(Settings::new(), |settings, name| settings.with(name, "given"));
    let missing = connector.missing(&outline);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.iter().map(|setting| format!("`{}`", setting.name)).collect();
    let lines: Vec<String> =
        missing.iter().map(|setting| format!("{}=…  {}", setting.name, setting.docs)).collect();
    let problem = Problem::new(format!("the connection needs {}", names.join(", ")));
    Err(problem.help(format!("give each as\n    {}", lines.join("\n    "))))
}

/// The file with the connection in it; refuses to replace one that is there unless that is wanted.
fn with(old: &str, name: &str, given: &BTreeMap<&str, String>, replace: bool) -> Result<String, Problem> {
    edit::with_connection(old, name, given, replace).ok_or_else(|| {
        let problem = Problem::new(format!("there is a connection `{name}` already"));
        problem.help("replace it with --replace, or choose another name")
    })
}

/// Writes the file, and makes sure that it can be read again.
fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let told = |error: io::Error| Problem::new(format!("{} can't be written: {error}", path.display()));
    let path: PathBuf = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    ConnectionsFile::check(text).map_err(|why| {
        Problem::new(format!("{} would not be readable any more: {why}", path.display()))
            .help("add the connection by hand, below the others")
    })?;
    state::replace(&path, text).map_err(told)
}
