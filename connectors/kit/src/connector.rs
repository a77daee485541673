//! What a connector is to the command line: its settings, its cards, and how a connection is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowrun_core::card::Card;
use flowrun_core::fault::{Fault, FaultKind, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::activity::Activity;
use crate::clock::Clock;
use crate::effect::{AnyConnection, EffectCard};
use crate::http::Transport;

/// One setting of a connector's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in a connections file: `api_token`.
    pub name: &'static str,
    /// The environment variable that gives it: `OKTA_API_TOKEN`.
    pub variable: &'static str,
    /// Whether it must never be shown.
    pub secret: bool,
    /// Whether a connection can't do without it.
    pub required: bool,
    /// What it is if it isn't given.
    pub default: Option<&'static str>,
    /// What it is, for the manual.
    pub docs: &'static str,
}

impl Setting {
    /// The environment variable for a connection called `connection`: that of the declaration if the connection has its
    /// connector's name, else made of both names (`okta_eu` and `api_token`: `OKTA_EU_API_TOKEN`).
    pub fn variable_for(&self, connector: &str, connection: &str) -> String {
        if connection == connector {
            return self.variable.to_owned();
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

    /// The same settings with one more; white space around a value is cut off, and a blank one is none.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Settings {
        let value = value.into();
        if !value.trim().is_empty() {
            self.0.insert(name.to_owned(), SecretString::from(value.trim().to_owned()));
        }
        self
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

/// What a connection is made over.
#[derive(Clone)]
pub struct Means {
    /// Sends its requests: over the network, or to simulators.
    pub transport: Arc<dyn Transport>,
    /// The run's clock.
    pub clock: Clock,
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

/// A connector.
pub struct Connector {
    /// Its name in flow files: `okta`.
    pub name: &'static str,
    /// Its name as people write it: `Okta`.
    pub title: &'static str,
    /// What it connects to, for the manual.
    pub docs: &'static str,
    /// The settings of its connections.
    pub settings: &'static [Setting],
    /// Its cards that need a connection.
    pub cards: &'static [EffectCard],
    /// Its cards that need none.
    pub pure_cards: &'static [Card],
    /// Makes a connection of complete settings; see [`Connector::connect`].
    pub open: fn(&Settings, Means) -> Result<Connected>,
}

impl Connector {
    /// The required settings that `settings` lacks.
    pub fn missing(&self, settings: &Settings) -> Vec<&'static Setting> {
        let lacks = |setting: &&Setting| setting.required && setting.default.is_none();
        self.settings.iter().filter(lacks).filter(|setting| settings.get(setting.name).is_none()).collect()
    }

    /// Makes a connection; nothing is sent yet.
    pub fn connect(&self, settings: &Settings, means: Means) -> Result<Connected> {
        let missing: Vec<&str> = self.missing(settings).iter().map(|setting| setting.variable).collect();
        if !missing.is_empty() {
            let message = format!("the connection to {} lacks {}", self.title, missing.join(", "));
            let help =
                "set the environment variables, or give them in a connections file outside the project";
            return Err(Fault::new(FaultKind::Connection, message).help(help));
        }
        let mut whole = settings.clone();
        for setting in self.settings {
            if let Some(default) = setting.default
                && whole.get(setting.name).is_none()
            {
                whole = whole.with(setting.name, default);
            }
        }
        (self.open)(&whole, means)
    }
}
