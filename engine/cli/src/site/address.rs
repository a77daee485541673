//! Where a service is, and who asks it: an address by which nobody else gets to hear the token.

use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_project::{Problem, bounded, connections, unreadable};
use secrecy::SecretString;
use url::{Host, Url};

use crate::console::Console;
use crate::surroundings::Surroundings;

/// The variable that holds the token.
pub const TOKEN: &str = "FLOWRUN_TOKEN";

/// A token is a line.
const MOST_TOKEN: u64 = 4 << 10;

/// Which service is asked, in place of what this machine keeps.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerArgs {
    /// Ask the service at this address, instead of what is kept here; its token is in FLOWRUN_TOKEN
    #[arg(long, value_name = "URL", help_heading = "Where")]
    pub server: Option<String>,
    /// The file that holds the token, instead of FLOWRUN_TOKEN
    #[arg(long, value_name = "FILE", help_heading = "Where")]
    pub token_file: Option<PathBuf>,
}

/// A service, and by what it knows who asks.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its address, without a slash at the end.
    pub url: String,
    /// The token.
    pub token: Option<SecretString>,
}

impl ServerArgs {
    /// The service, if one is named.
    pub fn address(
        &self,
        surroundings: &Surroundings,
        console: &mut Console<'_>,
    ) -> Result<Option<Address>, Problem> {
        let Some(url) = &self.server else {
            return match &self.token_file {
                None => Ok(None),
                Some(_) => {
                    Err(Problem::new("--token-file is for a service").help("say which one with --server URL"))
                }
            };
        };
        let url = origin(url)?;
        let token = match &self.token_file {
            Some(file) => Some(from_file(file, console)?),
            None => surroundings.env.get(TOKEN).map(|token| token.trim().to_owned()),
        };
        let token = token.filter(|token| !token.is_empty()).map(SecretString::from);
        Ok(Some(Address { url, token }))
    }
}

/// An address at which the token is safe: by TLS, or on this machine.
fn origin(text: &str) -> Result<String, Problem> {
    let wrong = |why: &str| {
        Problem::new(format!("--server: {why}"))
            .help("write it as https://flows.example.com, or http://localhost:8080 for one on this machine")
    };
    let url = Url::parse(text).map_err(|error| wrong(&format!("`{text}` is no address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("an address holds no name and no password: the token comes from FLOWRUN_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&format!("`{text}` says more than where the service is")));
    }
    let here = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        "http" => return Err(wrong(&format!("over http:// the token would go to `{text}` in plain text"))),
        other => return Err(wrong(&format!("`{other}` is no way to a service"))),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn from_file(file: &Path, console: &mut Console<'_>) -> Result<String, Problem> {
    let metadata = std::fs::metadata(file).map_err(|error| unreadable(file, &error))?;
    if connections::open_to_others(&metadata) {
        console.warn(&format!("others may read {}, which holds a token: chmod 600 it", file.display()));
    }
    let text = bounded::read_text(file, MOST_TOKEN).map_err(|error| unreadable(file, &error))?;
    let text = text.ok_or_else(|| Problem::new(format!("{} is too large for a token", file.display())))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6750, section 5.3: bearer tokens are sent over TLS; RFC 8252, section 8.3: loopback is no network.
    #[test]
    fn a_token_never_leaves_in_plain_text() {
        for (given, expected) in [
            ("https://flows.example.com", Some("https://flows.example.com")),
            ("https://flows.example.com/in/", Some("https://flows.example.com/in")),
            ("http://localhost:8080/", Some("http://localhost:8080")),
            ("http://127.0.0.9", Some("http://127.0.0.9")),
            ("http://[::1]:1", Some("http://[::1]:1")),
            ("http://flows.example.com", None),
            ("http://localhost.example.com", None),
            ("http://10.0.0.1", None),
            // What looks like a port of this machine is a name and a password for another.
            ("http://localhost:x@flows.example.com", None),
            ("ftp://localhost", None),
            ("https://ada:secret@flows.example.com", None),
            ("https://flows.example.com/?token=fr_1", None),
            ("localhost:8080", None),
        ] {
            assert_eq!(origin(given).ok().as_deref(), expected, "{given}");
        }
    }
}
