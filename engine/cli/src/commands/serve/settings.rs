//! What a service is told that no flow says: who may come, hooks, notices. No secret stands in it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use axum::Router;
use flowrun_kit::address::Origin;
use flowrun_project::{Problem, bounded};
use flowrun_service::{bearer, hooks, http, people, watch};
use serde::Deserialize;

/// The file of `--settings`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who may come, and how they sign in.
    #[serde(default)]
    pub sign_in: Option<people::Settings>,
    /// How strangers reach the service, where it listens for them with --public.
    #[serde(default)]
    pub public: Public,
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

/// The door for strangers: those who call flows, send events and answer pauses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// How they name it: `https://hooks.example.com`; the address at which it listens where nothing is said.
    #[serde(default)]
    origin: Option<String>,
    /// The proxies that speak TLS before it: from elsewhere nobody comes in.
    #[serde(default)]
    behind: Vec<people::Net>,
}

impl Public {
    /// What addresses begin with that strangers are told.
    pub fn origin<'s>(&'s self, address: &'s str) -> &'s str {
        self.origin.as_deref().unwrap_or(address)
    }

    /// Lets in only whoever comes by the proxies, where there are such.
    pub fn only(&self, router: Router) -> Router {
        if self.behind.is_empty() { router } else { http::only_from(self.behind.clone(), router) }
    }
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

    /// Refuses to be reached by strangers in plain text. Whom a flow lets in, each says for itself.
    pub fn may_listen_to_strangers(&self, at: IpAddr, encrypted: bool) -> Result<(), Problem> {
        let Public { origin, behind } = &self.public;
        if let Some(origin) = origin {
            let known = Origin::parse(origin).ok().filter(|known| known.to_string() == *origin);
            if known.is_none_or(|known| !known.is_private()) {
                let message = format!("`public`: expected an origin by https, found {origin}");
                return Err(Problem::new(message).help("write it as in `origin: https://hooks.example.com`"));
            }
        }
        if at.is_loopback() || encrypted || !behind.is_empty() {
            return Ok(());
        }
        let message = format!("at {at} strangers would send secrets in plain text");
        Err(Problem::new(message).help(
            "give --tls-cert and --tls-key; or say in --settings which proxy speaks TLS before it: `public: { origin: https://…, behind: [10.0.0.5/32] }`",
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

#[cfg(test)]
mod tests {
    use super::*;

    // Each listener asks for what its callers need: the one for strangers for TLS or a proxy that speaks it, and for no sign-in.
    #[test]
    fn strangers_are_never_listened_to_in_plain_text() {
        let behind = "public: { behind: [10.0.0.5] }";
        let named = "public: { origin: https://hooks.example.com, behind: [10.0.0.5] }";
        for (settings, at, encrypted, refused) in [
            ("{}", "127.0.0.1", false, None),
            ("{}", "::1", false, None),
            ("{}", "0.0.0.0", false, Some("plain text")),
            ("{}", "10.1.2.3", false, Some("plain text")),
            ("{}", "0.0.0.0", true, None),
            (behind, "0.0.0.0", false, None),
            (named, "0.0.0.0", false, None),
            ("public: { origin: http://hooks.example.com }", "0.0.0.0", true, Some("by https")),
            ("public: { origin: https://hooks.example.com/ }", "0.0.0.0", true, Some("by https")),
        ] {
            let settings: Settings = serde_yaml::from_str(settings).unwrap();
            let told = settings.may_listen_to_strangers(at.parse().unwrap(), encrypted);
            let told = told.err().map(|problem| problem.message);
            assert_eq!(told.is_some(), refused.is_some(), "{at} {encrypted}: {told:?}");
            assert!(told.unwrap_or_default().contains(refused.unwrap_or_default()));
        }
        // The other one still asks for sign-in beyond this machine.
        let settings: Settings = serde_yaml::from_str(named).unwrap();
        assert!(settings.may_listen("0.0.0.0".parse().unwrap(), true).is_err());
    }
}
