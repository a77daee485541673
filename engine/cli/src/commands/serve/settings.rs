//! What a service is told that no flow says: who may come, hooks, notices. No secret stands in it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use flowrun_project::{Problem, bounded};
use flowrun_service::{bearer, hooks, people, watch};
use serde::Deserialize;

/// The file of `--settings`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who may come, and how they sign in.
    #[serde(default)]
    pub sign_in: Option<people::Settings>,
    /// Who is told what happens.
    #[serde(default)]
    pub tell: watch::settings::Settings,
    /// How callers of endpoints with OAuth are known.
    #[serde(default)]
    pub oauth: Option<bearer::Settings>,
    /// Okta's hooks, by their names.
    #[serde(default)]
    pub hooks: BTreeMap<String, hooks::HookSettings>,
    /// Whether the record of who did what also has who looked at data.
    #[serde(default)]
    pub audit_reads: Switch,
}

/// Whether something is done that need not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// It is written by hand.
const LARGEST: u64 = 1 << 20;

impl Settings {
    /// Reads the file, if there is one.
    pub fn read(path: Option<&Path>) -> Result<Settings, Problem> {
        let Some(path) = path else { return Ok(Settings::default()) };
        let unreadable = |why: &str| Problem::new(format!("{} can't be read: {why}", path.display()));
        let text = bounded::read_text(path, LARGEST).map_err(|error| unreadable(&error.to_string()))?;
        let text = text.ok_or_else(|| unreadable("it is larger than 1 MiB"))?;
        serde_yaml::from_str(&text).map_err(|error| Problem::new(format!("{}: {error}", path.display())))
    }

    /// Refuses to be reached from elsewhere without anybody having to sign in, or in plain text.
    pub fn may_listen(&self, at: IpAddr, encrypted: bool) -> Result<(), Problem> {
        if at.is_loopback() {
            return Ok(());
        }
        let signs_in =
            self.sign_in.as_ref().is_some_and(|sign_in| sign_in.oidc.is_some() || sign_in.proxy.is_some());
        if !signs_in {
            let message =
                format!("at {at} others than this machine would come in, and nobody has to sign in");
            return Err(Problem::new(message).help("say under `sign_in` in --settings how people sign in"));
        }
        let behind = self
            .sign_in
            .as_ref()
            .is_some_and(|sign_in| sign_in.origin.starts_with("https://") && !sign_in.behind.is_empty());
        if encrypted || behind {
            return Ok(());
        }
        let message = format!("at {at} all would go in plain text");
        Err(Problem::new(message).help(
            "give --tls-cert and --tls-key; or say in --settings which proxy speaks TLS before it: `origin: https://…` and `behind`",
        ))
    }

    /// Who may come: by default whoever starts it.
    pub fn people(&self, address: &str) -> people::Settings {
        self.sign_in.clone().unwrap_or_else(|| people::Settings {
            origin: address.to_owned(),
            hosts: Vec::new(),
            behind: Vec::new(),
            local: true,
            oidc: None,
            proxy: None,
            access: Vec::new(),
            body_bytes: 8 << 20,
        })
    }
}
