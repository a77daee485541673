//! What a service is told about people; no secret stands in it, only the names of variables that hold one.

use axum::http::uri::Authority;
use flowrun_kit::address::Origin;
use serde::Deserialize;

use super::net::Net;
use super::rights::{Grant, Right, Role, Standing, Within, is_plain};
use crate::bearer::{ClientSettings, is_private};

/// Who may come, and how they sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address by which browsers reach the service: `https://flows.example.com`, or `http://localhost:8080`.
    pub origin: String,
    /// Further names by which it may be reached, with a port unless it is the scheme's own.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The proxies that stand before the service: what they say of an address is believed.
    #[serde(default)]
    pub behind: Vec<Net>,
    /// Whether whoever starts the service signs in by a link that is printed then.
    #[serde(default)]
    pub local: bool,
    /// The provider at which people sign in.
    #[serde(default)]
    pub oidc: Option<OidcSettings>,
    /// The proxy that signs people in.
    #[serde(default)]
    pub proxy: Option<ProxySettings>,
    /// Who may do what.
    #[serde(default)]
    pub access: Vec<Access>,
    /// How many bytes a request may have.
    #[serde(default = "body")]
    pub body_bytes: usize,
}

fn body() -> usize {
    8 << 20
}

/// An OpenID provider, such as an Okta org.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Its issuer, to the letter: `https://acme.okta.com`.
    pub issuer: String,
    /// The service as its client.
    pub client: ClientSettings,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that holds the groups.
    #[serde(default = "groups")]
    pub groups: String,
    /// How strongly people must have signed in: one of these as the claim `acr`.
    #[serde(default)]
    pub acr: Vec<String>,
    /// How many seconds ago they may have signed in at the provider.
    #[serde(default)]
    pub max_age: Option<i64>,
    /// How far the clocks of both may be apart, in seconds; at most 300.
    #[serde(default = "skew")]
    pub skew: i64,
}

fn scopes() -> Vec<String> {
    ["profile", "email", "groups"].map(str::to_owned).to_vec()
}

fn groups() -> String {
    "groups".to_owned()
}

fn skew() -> i64 {
    60
}

/// A proxy that knows who sits before the browser, and says it in a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// The header with the person's name at the proxy.
    pub header: String,
    /// The header with their groups, parted by commas.
    #[serde(default)]
    pub groups_header: Option<String>,
    /// From where it comes.
    pub from: Vec<Net>,
    /// The header with the secret that only the proxy knows.
    pub secret_header: String,
    /// The variable of the environment that holds it.
    pub secret_env: String,
}

/// One line of who may do what: of a group or a person, a role, the right to run one flow, or to see data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// All of this group.
    #[serde(default)]
    pub group: Option<String>,
    /// One person, by the ID that they have at the provider (`sub`) or at the proxy: an address of mail proves nothing.
    #[serde(default)]
    pub person: Option<String>,
    /// A role.
    #[serde(default)]
    pub role: Option<Role>,
    /// A flow that they may see and run.
    #[serde(default)]
    pub run: Option<String>,
    /// Whether they see data.
    #[serde(default)]
    pub see_data: bool,
    /// The folder in which this holds.
    #[serde(default)]
    pub folder: Option<String>,
}

impl Access {
    /// What it brings, if it makes sense.
    fn grant(&self) -> Result<Grant, String> {
        let who = match (&self.group, &self.person) {
            (Some(who), None) | (None, Some(who)) if !who.trim().is_empty() => who,
            _ => return Err("each line of `access` is for a `group` or for a `person`".to_owned()),
        };
        let folder = self.folder.as_deref();
        if let Some(path) = [folder, self.run.as_deref()].into_iter().flatten().find(|path| !is_plain(path)) {
            return Err(format!("access of {who}: expected a path as in hr/joiners, found \"{path}\""));
        }
        let within = || folder.map_or(Within::Everywhere, |folder| Within::Folder(folder.to_owned()));
        match (self.role, &self.run, self.see_data) {
            (Some(role), None, false) if role.is_of_a_folder() && folder.is_none() => {
                Err(format!("access of {who}: this role is one of a folder: say which under `folder`"))
            }
            (Some(role), None, false) if !role.is_of_a_folder() && folder.is_some() => Err(format!(
                "access of {who}: this role holds everywhere: take one of a folder, or no `folder`"
            )),
            (Some(role), None, false) => Ok(Grant { rights: role.rights().to_vec(), within: within() }),
            (None, Some(flow), false) if folder.is_none() => {
                // What can't be seen can't be found, to be run.
                Ok(Grant { rights: vec![Right::SeeFlows, Right::Run], within: Within::Flow(flow.clone()) })
            }
            (None, None, true) => Ok(Grant { rights: vec![Right::SeeData], within: within() }),
            _ => Err(format!("access of {who}: expected one of `role`, `run` and `see_data` on a line")),
        }
    }
}

impl Settings {
    /// Refuses what makes no sense, or would let in whom nobody meant.
    pub(super) fn check(&self) -> Result<(), String> {
        let origin = Origin::parse(&self.origin).map_err(|fault| format!("origin: {}", fault.message))?;
        if self.origin != origin.to_string() {
            return Err(format!("origin: expected {origin}, found {}", self.origin));
        }
        if !origin.is_private() {
            return Err(format!(
                "origin: {origin} is not encrypted, and who listens could take the place of whoever signs in: serve it by https"
            ));
        }
        if self.local && !origin.is_loopback() {
            return Err("local: its link works at the service's own machine, where the service is not called that: take localhost as `origin`, or no `local`".to_owned());
        }
        for access in &self.access {
            access.grant()?;
        }
        if let Some(oidc) = &self.oidc {
            if !is_private(&oidc.issuer) {
                return Err(format!("oidc: expected an issuer by https, found {}", oidc.issuer));
            }
            if !(0..=300).contains(&oidc.skew) {
                return Err("oidc: `skew` is at most 300 seconds".to_owned());
            }
        }
        if self.oidc.is_some() && self.proxy.is_some() {
            return Err(
                "people sign in by `oidc` or by `proxy`, not by both: an ID of one is nobody's of the other"
                    .to_owned(),
            );
        }
        if let Some(host) = self.hosts.iter().find(|host| host.parse::<Authority>().is_err()) {
            return Err(format!("hosts: expected a name as in flows.example.com, found {host}"));
        }
        if self.proxy.as_ref().is_some_and(|proxy| proxy.from.is_empty()) {
            return Err("proxy: `from` says from where it comes".to_owned());
        }
        Ok(())
    }

    /// Whether browsers reach it encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Whether it is reached by this name.
    pub(super) fn serves(&self, name: &Authority) -> bool {
        let port = if self.is_encrypted() { 443 } else { 80 };
        let parts = |name: &Authority| (name.host().to_ascii_lowercase(), name.port_u16().unwrap_or(port));
        let own = self.origin.split_once("://").map(|(_, own)| own);
        let own = own.into_iter().chain(self.hosts.iter().map(String::as_str));
        own.filter_map(|own| own.parse().ok()).any(|own| parts(&own) == parts(name))
    }

    /// What somebody may do with this ID and these groups.
    pub(super) fn standing(&self, id: &str, groups: &[String]) -> Standing {
        let theirs = |access: &&Access| match (&access.group, &access.person) {
            (Some(group), _) => groups.contains(group),
            (None, person) => person.as_deref() == Some(id),
        };
        Standing(self.access.iter().filter(theirs).filter_map(|access| access.grant().ok()).collect())
    }

    /// Those of some groups on which something depends; the others need not be remembered.
    pub(super) fn known(&self, groups: Vec<String>) -> Vec<String> {
        let known = |group: &String| self.access.iter().any(|access| access.group.as_ref() == Some(group));
        groups.into_iter().filter(known).collect()
    }

    /// Whether anything depends on groups.
    pub(super) fn asks_for_groups(&self) -> bool {
        self.access.iter().any(|access| access.group.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::rights::Place;

    fn settings(more: &str) -> Result<Settings, String> {
        let text = format!(r#"{{"origin":"https://flows.example.com",{more}"access":[]}}"#);
        let settings: Settings = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        settings.check().map(|()| settings)
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let lines = [
            (r#"{"group":"a","role":"Workflows Auditor"}"#, ""),
            (r#"{"group":"a","role":"Folder Runner","folder":"hr"}"#, ""),
            (r#"{"group":"a","role":"Flow Runner","folder":"hr"}"#, ""),
            (r#"{"group":"a","run":"hr/leavers"}"#, ""),
            (r#"{"person":"00u1","see_data":true}"#, ""),
            (r#"{"person":"00u1","see_data":true,"folder":"hr"}"#, ""),
            (r#"{"role":"Workflows Auditor"}"#, "is for a `group` or for a `person`"),
            (
                r#"{"group":"a","person":"b","role":"Workflows Auditor"}"#,
                "is for a `group` or for a `person`",
            ),
            (r#"{"group":" ","role":"Workflows Auditor"}"#, "is for a `group` or for a `person`"),
            (r#"{"group":"a"}"#, "expected one of"),
            (r#"{"group":"a","role":"Workflows Auditor","see_data":true}"#, "expected one of"),
            (r#"{"group":"a","role":"Folder Runner"}"#, "say which under `folder`"),
            (r#"{"group":"a","role":"Folder Runner","folder":"hr/.."}"#, "expected a path"),
            (r#"{"group":"a","role":"Super Administrator","folder":"hr"}"#, "holds everywhere"),
            (r#"{"group":"a","role":"King"}"#, "unknown variant"),
        ];
        for (line, expected) in lines {
            let text = format!(r#"{{"origin":"https://flows.example.com","access":[{line}]}}"#);
            let checked = serde_json::from_str::<Settings>(&text).map_err(|error| error.to_string());
            let checked = checked.and_then(|settings| settings.check());
            match checked {
                Ok(()) => assert_eq!(expected, "", "{line}"),
                Err(error) => assert!(!expected.is_empty() && error.contains(expected), "{line}: {error}"),
            }
        }
    }

    #[test]
    fn only_loopback_is_served_without_tls() {
        for (origin, good) in [
            ("https://flows.example.com", true),
            ("https://flows.example.com:8443", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://flows.example.com", false),
            ("http://192.168.1.2:8080", false),
            ("http://localhost.example.com", false),
            ("https://flows.example.com/", false),
            ("https://flows.example.com/path", false),
            ("https://user@flows.example.com", false),
            ("flows.example.com", false),
        ] {
            let text = format!(r#"{{"origin":"{origin}"}}"#);
            let settings: Settings = serde_json::from_str(&text).unwrap();
            assert_eq!(settings.check().is_ok(), good, "{origin}: {:?}", settings.check());
        }
        assert!(settings(r#""surprise":1,"#).is_err());
        assert!(settings(r#""hosts":["a b"],"#).is_err() && settings(r#""hosts":["a:8443"],"#).is_ok());
        assert!(
            settings(r#""proxy":{"header":"a","from":[],"secret_header":"b","secret_env":"C"},"#).is_err()
        );
    }

    #[test]
    fn rights_follow_groups_and_ids_to_the_letter() {
        let text = r#"{"origin":"https://flows.example.com","access":[
            {"group":"HR","role":"Folder Runner","folder":"hr"},{"person":"00u1","see_data":true}]}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        let may = |id: &str, groups: &[&str], right| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            settings.standing(id, &groups).includes(right, Place::Flow("hr/leavers"))
        };
        assert!(may("00u2", &["HR"], Right::Run));
        assert!(!may("00u2", &["hr"], Right::Run));
        assert!(!may("HR", &[], Right::Run));
        assert!(may("00u1", &[], Right::SeeData));
        assert!(!may("00u2", &["00u1"], Right::SeeData));
        assert!(!may("", &[], Right::SeeData));
    }
}
