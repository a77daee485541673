//! Where a connection's settings come from: the environment, a connections file outside the project, or nowhere, and
//! then the simulator answers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use flowrun_core::value::{Text, Value};
use flowrun_kit::connector::{Connector, Settings};
use flowrun_project::connections::ConnectionsFile;
use flowrun_project::source::{CREDENTIALS, Source};
use secrecy::ExposeSecret;

/// What a connection will be made of.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Nothing was given: the simulator answers.
    Simulator,
    /// Everything that is needed was given.
    Given(Given),
    /// Something was given, but not all.
    Incomplete(Vec<Missing>),
}

/// Where the settings of a connection come from; those that nothing gives are left out.
#[derive(Clone, Debug, Default)]
pub struct Given {
    sources: BTreeMap<String, Source>,
    /// The connections file, if any of them is from there.
    file: Option<PathBuf>,
}

impl Given {
    /// The settings and where each comes from, by name.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// The connections file, if any of them is from there.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Fetches the settings that `wanted` wants; why not, if one can't be had.
    pub fn fetch(
        &self,
        env: &BTreeMap<String, String>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Settings, String> {
        let mut settings = Settings::new();
        for (name, source) in self.sources().filter(|(name, _)| wanted(name)) {
            let value = source.fetch(env).map_err(|why| format!("`{name}`: {why}"))?;
            settings = settings.with(name, value.expose_secret());
        }
        Ok(settings)
    }

    /// Settings that have a value wherever these have a source: to see which are missing without fetching any.
    fn outline(&self) -> Settings {
        self.sources.keys().fold(Settings::new(), |settings, name| settings.with(name, "given"))
    }
}

/// A required setting that nothing gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name in a connections file.
    pub setting: String,
    /// The environment variable that would give it.
    pub variable: String,
    /// What it is.
    pub docs: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.variable)
    }
}

/// Looks for the settings of the connection `name`: in the environment, among the service manager's credentials, in the
/// file under the name that stands beside it, and in `declared`, what the manifest says of it. `OKTA_API_TOKEN_FILE` names a file for what `OKTA_API_TOKEN`
/// would hold.
///
/// Where a simulator could answer, what the manifest says counts only beside something else or if it is all that is
/// needed: it can hold no credentials.
pub fn settle(
    connector: &Connector,
    name: &str,
    declared: &[(Text, Value)],
    env: &BTreeMap<String, String>,
    file: Option<(&ConnectionsFile, &str)>,
    has_simulator: bool,
) -> Origin {
    let mut found = Given::default();
    let mut given = false;
    let set = |variable: &str| env.get(variable).is_some_and(|value| !value.trim().is_empty());
    for setting in &connector.settings {
        let variable = setting.variable_for(&connector.name, name);
        let in_file = format!("{variable}_FILE");
        let handed_over =
            || env.get(CREDENTIALS).is_some_and(|folder| Path::new(folder).join(&variable).is_file());
        let source = if set(&variable) {
            Source::Variable(variable)
        } else if set(&in_file) {
            Source::File(env.get(&in_file).map(PathBuf::from).unwrap_or_default())
        } else if handed_over() {
            Source::Credential(variable)
        } else if let Some((file, source)) =
            file.and_then(|(file, account)| Some((file, file.get(account, &setting.name)?)))
        {
            found.file = Some(file.path().to_owned());
            source
        } else if let Some((_, value)) = declared.iter().find(|(declared, _)| **declared == *setting.name) {
            found.sources.insert(setting.name.to_string(), Source::Declared(value.to_string()));
            continue;
        } else {
            continue;
        };
        found.sources.insert(setting.name.to_string(), source);
        given = true;
    }
    let missing = missing(connector, name, &found.outline());
    if !given && has_simulator && !missing.is_empty() {
        return Origin::Simulator;
    }
    if missing.is_empty() { Origin::Given(found) } else { Origin::Incomplete(missing) }
}

/// The required settings that `settings` lacks, for the connection `name`.
pub fn missing(connector: &Connector, name: &str, settings: &Settings) -> Vec<Missing> {
    let missing = connector.missing(settings).into_iter();
    missing
        .map(|setting| Missing {
            setting: setting.name.to_string(),
            variable: setting.variable_for(&connector.name, name),
            docs: setting.docs.to_string(),
        })
        .collect()
}
