//! What a connector is to the command line: its settings, its cards, and how a connection is made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowrun_core::card::{Card, Category, Words};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::vocabulary::Event;
use secrecy::{ExposeSecret, SecretString};

use crate::activity::Activity;
use crate::clock::Clock;
use crate::effect::{AnyConnection, EffectCard, Pending};
use crate::http::Transport;
use crate::pacing::Pace;
use crate::sign_in::SignIn;
use crate::simulator::Simulated;
use crate::vault::Vault;

/// One setting of a connector's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in a connections file: `api_token`.
    pub name: Cow<'static, str>,
    /// The environment variable that gives it: `OKTA_API_TOKEN`.
    pub variable: Cow<'static, str>,
    /// Whether it must never be shown.
    pub secret: bool,
    /// Whether a connection can't do without it.
    pub required: bool,
    /// What it is if it isn't given.
    pub default: Option<Cow<'static, str>>,
    /// What it is, for the manual.
    pub docs: Cow<'static, str>,
}

impl Setting {
    /// A setting that may be shown and left out.
    pub const fn new(name: &'static str, variable: &'static str, docs: &'static str) -> Setting {
        Setting {
            name: Cow::Borrowed(name),
            variable: Cow::Borrowed(variable),
            secret: false,
            required: false,
            default: None,
            docs: Cow::Borrowed(docs),
        }
    }

    /// The same setting, which must never be shown.
    pub const fn secret(mut self) -> Setting {
        self.secret = true;
        self
    }

    /// The same setting, which a connection can't do without.
    pub const fn required(mut self) -> Setting {
        self.required = true;
        self
    }

    /// The same setting, which is this if it isn't given.
    pub fn default(mut self, value: &'static str) -> Setting {
        self.default = Some(Cow::Borrowed(value));
        self
    }

    /// Whether it is an address, of which a missing scheme is https.
    pub fn is_address(&self) -> bool {
        self.name.ends_with("_url")
    }

    /// The environment variable for a connection called `connection`: that of the declaration if the connection has its
    /// connector's name, else made of both names (`okta_eu` and `api_token`: `OKTA_EU_API_TOKEN`).
    pub fn variable_for(&self, connector: &str, connection: &str) -> String {
        if connection == connector {
            return self.variable.to_string();
        }
        let whole = format!("{connection}_{}", self.name);
        whole
            .chars()
            .map(|letter| if letter.is_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
            .collect()
    }
}

/// The settings of one connection. All are kept as secrets, so that none is shown by accident.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, SecretString>);

impl Settings {
    /// No settings.
    pub fn new() -> Settings {
        Settings::default()
    }

    /// The same settings with one more; white space around a value is cut off, and a blank one isn't kept.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Settings {
        let value = value.into();
        if !value.trim().is_empty() {
            self.0.insert(name.to_owned(), SecretString::from(value.trim().to_owned()));
        }
        self
    }

    /// The same for the same settings only, and nothing that they could be told from.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        for part in self.0.iter().flat_map(|(name, value)| [name.as_str(), value.expose_secret()]) {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(hash.finish().as_ref());
        fingerprint
    }

    /// A setting that may be shown.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret)
    }

    /// A setting that may not.
    pub fn secret(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }

    /// A setting that the connector declares as required.
    pub fn required(&self, name: &str) -> Result<&SecretString> {
        self.0
            .get(name)
            .ok_or_else(|| Fault::new(FaultKind::Connection, format!("the setting `{name}` is missing")))
    }
}

/// What a connection is made over, whichever runs use it then.
#[derive(Clone)]
pub struct Means {
    /// Sends its requests: over the network, or to simulators.
    pub transport: Arc<dyn Transport>,
    /// Tells the time and waits.
    pub clock: Clock,
    /// What the cards of all flows need that will use it: their scopes, each once.
    pub scopes: BTreeSet<Text>,
    /// What is known of the vendor's limits.
    pub pace: Pace,
    /// Where its secrets are kept, if they can be replaced there.
    pub vault: Option<Arc<dyn Vault>>,
}

impl Means {
    /// For cards that need no scopes, over an account of whose limits nothing is known.
    pub fn new(transport: Arc<dyn Transport>, clock: Clock) -> Means {
        Means { transport, clock, scopes: BTreeSet::new(), pace: Pace::default(), vault: None }
    }
}

/// A connection, made.
#[derive(Clone)]
pub struct Connected {
    /// For the connector's cards.
    pub connection: AnyConnection,
    /// The host it goes to, for the transcript.
    pub host: String,
    /// What it is doing.
    pub activity: Activity,
}

/// One way to prove who one is: the settings that it takes together.
#[derive(Clone, Debug)]
pub struct Way {
    /// What people call it: `API token`.
    pub title: Cow<'static, str>,
    /// The names of the settings that it needs, beside the required ones.
    pub settings: Words,
}

/// One thing that a try of a connection found out.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was tried, in words that a tick or a cross can precede: `may read employees`.
    pub title: Text,
    /// What was seen, in a few words; or what is wrong, with the remedy.
    pub outcome: Result<Text>,
}

/// Makes a connection.
pub type Open = Arc<dyn Fn(&Settings, Means) -> Result<Connected> + Send + Sync>;

/// Tries a connection.
pub type Test = Arc<dyn for<'a> Fn(&'a AnyConnection) -> Pending<'a, Vec<Check>> + Send + Sync>;

/// A connector.
#[derive(Clone)]
pub struct Connector {
    /// Its name in flow files: `okta`.
    pub name: Cow<'static, str>,
    /// Its name as people write it: `Okta`.
    pub title: Cow<'static, str>,
    /// What it connects to, for the manual.
    pub docs: Cow<'static, str>,
    /// Whether each run has one of its own, so that no project defines a connection.
    pub own: bool,
    /// The category of its cards, unless Okta's console has it.
    pub category: Option<Category>,
    /// How its vendor is simulated, where it is.
    pub sim: Option<Simulated>,
    /// The settings of its connections.
    pub settings: Vec<Setting>,
    /// The ways to prove who one is, the usual one first; a connection takes the first for which all settings are given.
    pub ways: Vec<Way>,
    /// Its cards that need a connection.
    pub cards: Vec<EffectCard>,
    /// Its cards that need none.
    pub pure_cards: Vec<Arc<Card>>,
    /// The events that a trigger may name; none of them starts a flow yet.
    pub events: Vec<Event>,
    /// How a person logs in when a connection is added, where that is needed.
    pub sign_in: Option<SignIn>,
    /// Makes a connection of complete settings; see [`Connector::connect`].
    pub open: Open,
    /// Tries a connection by harmless requests and tells what it found, up to the first thing that is wrong with the
    /// credentials; everything that it tells is fit to be shown.
    pub test: Test,
}

impl Connector {
    /// A text of the connector's in which variables are called as they are for `connection`: `API_BASE_URL` for one that is called
    /// `api`, where the connector says `API_CONNECTOR_BASE_URL`.
    pub fn said_of(&self, connection: &str, text: &str) -> String {
        let mut variables: Vec<(&str, String)> = self
            .settings
            .iter()
            .map(|setting| (&*setting.variable, setting.variable_for(&self.name, connection)))
            .collect();
        // One may begin with another.
        variables.sort_by_key(|(variable, _)| std::cmp::Reverse(variable.len()));
        variables.iter().fold(text.to_owned(), |text, (variable, called)| text.replace(variable, called))
    }

    /// A connector of which each run has one of its own.
    pub fn own(name: &'static str, cards: Vec<EffectCard>) -> Connector {
        Connector {
            name: name.into(),
            title: name.into(),
            docs: "".into(),
            own: true,
            category: None,
            sim: None,
            settings: Vec::new(),
            ways: Vec::new(),
            cards,
            pure_cards: Vec::new(),
            events: Vec::new(),
            sign_in: None,
            open: Arc::new(|_, _| {
                Err(Fault::new(FaultKind::Connection, "a connector of the run's own needs no connection"))
            }),
            test: Arc::new(|_| Box::pin(std::future::ready(Vec::new()))),
        }
    }

    /// The way that `settings` take: the first one that they have everything for; else the one that they have most for.
    pub fn way(&self, settings: &Settings) -> Option<&Way> {
        let lacks = |way: &&Way| way.settings.iter().filter(|name| settings.get(name).is_none()).count();
        let has = |way: &&Way| way.settings.iter().count() - lacks(way);
        let complete = self.ways.iter().find(|way| lacks(way) == 0);
        // Of equals the first: `max_by_key` would take the last.
        complete.or_else(|| self.ways.iter().rev().max_by_key(has))
    }

    /// The settings that a connection can't do without and `settings` lack: the required ones, and those of its way.
    pub fn missing(&self, settings: &Settings) -> Vec<&Setting> {
        let way = self.way(settings).map_or(&Words::NONE, |way| &way.settings);
        let needed = |setting: &&Setting| {
            setting.default.is_none() && (setting.required || way.contains(&setting.name))
        };
        self.settings.iter().filter(needed).filter(|setting| settings.get(&setting.name).is_none()).collect()
    }

    /// Makes a connection; nothing is sent yet.
    pub fn connect(&self, settings: &Settings, means: Means) -> Result<Connected> {
        let missing: Vec<&str> = self.missing(settings).iter().map(|setting| &*setting.variable).collect();
        if !missing.is_empty() {
            let message = format!("the connection to {} lacks {}", self.title, missing.join(", "));
            let help =
                "set the environment variables, or give them in a connections file outside the project";
            return Err(Fault::new(FaultKind::Connection, message).help(help));
        }
        (self.open)(&self.completed(settings), means)
    }

    /// The settings with the defaults of those that aren't given.
    pub fn completed(&self, settings: &Settings) -> Settings {
        let mut whole = settings.clone();
        for setting in &self.settings {
            if let Some(default) = &setting.default
                && whole.get(&setting.name).is_none()
            {
                whole = whole.with(&setting.name, &**default);
            }
        }
        whole
    }
}
