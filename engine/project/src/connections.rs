//! The file that holds the settings of connections. It lies outside of the project, for it holds credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::Value as Json;
use thiserror::Error;

use crate::source::Source;
use crate::{bounded, trust};

/// The environment variable that names the connections file.
pub const FILE_VARIABLE: &str = "FLOWRUN_CONNECTIONS";

/// A file larger than this isn't taken for a connections file.
const MOST_BYTES: u64 = 256 * 1024;

/// Why a connections file can't be used. No message quotes the file: it holds credentials.
#[derive(Debug, Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the connections file {0} can't be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// Whoever gets the project would get the credentials too.
    #[error("the connections file {0} lies inside the project")]
    InsideProject(PathBuf),
    /// It does not have the form that it should.
    #[error("the connections file {0} can't be understood: {1}")]
    Malformed(PathBuf, String),
}

impl FileError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            FileError::Unreadable(..) => "look whether the path is right and you may read the file",
            FileError::InsideProject(_) => {
                "whoever gets the flows would get the credentials too: move it, for example to \
                 ~/.config/flowrun/connections.yaml"
            }
            FileError::Malformed(..) => {
                "write each connection with its settings: `okta: { org_url: https://acme.okta.com, api_token: \"…\" }`"
            }
        }
    }
}

/// The settings that a file gives to connections, by their names.
#[derive(Debug, Default)]
pub struct ConnectionsFile {
    path: PathBuf,
    connections: BTreeMap<String, BTreeMap<String, Source>>,
    open_to_others: bool,
    /// Who else may change it.
    doubt: Option<String>,
}

impl ConnectionsFile {
    /// The file to use: `asked` (by an option), else the one that the environment names, else the user's own if there is
    /// one.
    pub fn find(asked: Option<&Path>, env: &BTreeMap<String, String>) -> Option<PathBuf> {
        if let Some(path) = asked {
            return Some(path.to_owned());
        }
        let given = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let place = ConnectionsFile::place(env);
        // A file that is named must be there; the user's own may be.
        place.filter(|place| given(FILE_VARIABLE).is_some() || place.is_file())
    }

    /// Where a new file would be written: where the environment names one, else the user's own place.
    pub fn place(env: &BTreeMap<String, String>) -> Option<PathBuf> {
        let given = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        given(FILE_VARIABLE).or_else(|| {
            let config =
                given("XDG_CONFIG_HOME").or_else(|| given("HOME").map(|home| home.join(".config")))?;
            Some(config.join("flowrun").join("connections.yaml"))
        })
    }

    /// Why a text can't be a connections file, if it can't.
    pub fn check(text: &str) -> Result<(), String> {
        parse(text).map(|_| ())
    }

    /// Reads a file, which must lie outside of `project`.
    pub fn read(path: &Path, project: &Path) -> Result<ConnectionsFile, FileError> {
        let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
        let real = path.canonicalize().map_err(unreadable)?;
        if project.canonicalize().is_ok_and(|project| real.starts_with(project)) {
            return Err(FileError::InsideProject(path.to_owned()));
        }
        let metadata = std::fs::metadata(&real).map_err(unreadable)?;
        let malformed = |why: String| FileError::Malformed(path.to_owned(), why);
        let text = bounded::read_text(&real, MOST_BYTES).map_err(unreadable)?;
        let text = text.ok_or_else(|| malformed(format!("it has more than {} KB", MOST_BYTES / 1024)))?;
        let connections = parse(&text).map_err(malformed)?;
        Ok(ConnectionsFile {
            path: path.to_owned(),
            connections,
            open_to_others: open_to_others(&metadata),
            doubt: trust::doubt(&real),
        })
    }

    /// The value of a setting that stands in the file itself.
    pub fn written(&self, connection: &str, setting: &str) -> Option<&SecretString> {
        match self.connections.get(connection)?.get(setting)? {
            Source::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether others on this machine may read it.
    pub fn is_open_to_others(&self) -> bool {
        self.open_to_others
    }

    /// The names of the settings that it gives to a connection.
    pub fn settings(&self, connection: &str) -> impl Iterator<Item = &str> {
        self.connections.get(connection).into_iter().flat_map(|given| given.keys().map(String::as_str))
    }

    /// Where a setting comes from. Whoever may change the file could have put a command there, to be run by its owner.
    pub fn get(&self, connection: &str, setting: &str) -> Option<Source> {
        let source = self.connections.get(connection)?.get(setting)?;
        Some(match (source, &self.doubt) {
            (Source::Command(command), Some(why)) => {
                Source::Untrusted { command: command.clone(), why: why.clone() }
            }
            (source, _) => source.clone(),
        })
    }
}

/// Whether others on this machine may read or change a file.
#[cfg(unix)]
pub fn open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Other systems have no modes to look at.
#[cfg(not(unix))]
pub fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

/// The settings of each connection, as they are written.
pub(crate) type Raw = BTreeMap<String, Option<BTreeMap<String, Json>>>;

/// A reader learns the line of a mistake, never what stands in it.
pub(crate) fn raw(text: &str) -> Result<Raw, String> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: 8, max_nodes: 2_000, max_documents: 1 },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let file: Option<Raw> = serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let Some(line) = error.location().map(|place| place.line()) else {
            return "it isn't a list of connections".to_owned();
        };
        // YAML has a use of its own for the signs that commands and files begin with.
        match text.lines().nth(line as usize - 1).and_then(unquoted) {
            Some(sign) => {
                format!("line {line} has a value that begins with `{sign}`: put it into quotes")
            }
            None => format!("look at line {line}"),
        }
    })?;
    Ok(file.unwrap_or_default())
}

fn parse(text: &str) -> Result<BTreeMap<String, BTreeMap<String, Source>>, String> {
    let mut connections = BTreeMap::new();
    for (connection, given) in raw(text)? {
        let mut settings = BTreeMap::new();
        for (name, value) in given.unwrap_or_default() {
            let text = match value {
                Json::Null => continue,
                Json::String(text) => text,
                Json::Number(number) if !number.is_f64() => number.to_string(),
                _ => return Err(format!("put the setting `{name}` of `{connection}` into quotes")),
            };
            if !text.trim().is_empty() {
                settings.insert(name, Source::parse(&text));
            }
        }
        connections.insert(connection, settings);
    }
    Ok(connections)
}

/// The sign that a value of this line begins with and YAML takes for something else, unless it is quoted.
fn unquoted(line: &str) -> Option<char> {
    let values = line.split([':', ',', '{']).map(str::trim_start);
    values.filter_map(|value| value.chars().next()).find(|first| matches!(first, '!' | '@'))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn reads_settings_and_quotes_none() {
        let read = parse(
            "okta: { org_url: https://a.okta.com, api_token: \"00x\" }\npersonio:\n  client_id: 12\n  client_secret: 007\n  base_url:\nother:\n",
        );
        let read = read.unwrap();
        let value = |connection: &str, name: &str| {
            let source = read[connection].get(name)?;
            Some(source.fetch(&BTreeMap::new()).unwrap().expose_secret().to_owned())
        };
        assert_eq!(value("okta", "api_token").as_deref(), Some("00x"));
        let personio = ["client_id", "client_secret", "base_url"].map(|name| value("personio", name));
        assert_eq!(personio, [Some("12".to_owned()), Some("007".to_owned()), None]);
        for wrong in [
            "okta: geheim",
            "okta: { api_token: [geheim] }",
            "okta: { api_token: geheim",
            "- geheim",
            "a: {b: 1.5}",
            "okta: {api_token: geheim}\nokta: {}",
            "okta:\n  api_token: !op read geheim",
            "okta: { api_token: !!str geheim }\n  - x",
        ] {
            let why = parse(wrong).unwrap_err();
            assert!(!why.contains("geheim"), "{why}");
        }
        assert!(parse("").unwrap().is_empty());
        let quote = "line 2 has a value that begins with";
        for (value, sign) in [("!op read op://it/okta", '!'), ("!op", '!'), ("@/run/secrets/okta", '@')] {
            let why = parse(&format!("okta:\n  api_token: {value}\n")).unwrap_err();
            assert_eq!(why, format!("{quote} `{sign}`: put it into quotes"));
        }
    }
}
