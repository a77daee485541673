//! What a project says about who is told what. No secret stands in it, only where one comes from.

use std::collections::BTreeMap;

use flowrun_project::Problem;
use flowrun_project::source::Source;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::notices::Kind;
use super::stream::Event;

/// Who is told what happens.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Collectors of records of runs.
    pub log_streams: Vec<StreamSettings>,
    /// Who gets notices.
    pub notices: Vec<NoticeSettings>,
    /// A collector of OpenTelemetry.
    pub otel: Option<OtelSettings>,
}

/// A collector that gets a record of each thing that happens to a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamSettings {
    /// Its address, or where that comes from: `$SPLUNK_URL`.
    pub url: String,
    /// Headers of each request, such as `authorization: $SPLUNK_AUTHORIZATION`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Of what; of everything if nothing is named.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Of these flows alone; a name that ends with `/` means all in that folder.
    #[serde(default)]
    pub flows: Vec<String>,
    /// Not of these.
    #[serde(default)]
    pub except: Vec<String>,
    /// What is sent, as a template that reads `record`: `{"event": {{ record }}}`; the record alone if there is none.
    #[serde(default)]
    pub body: Option<String>,
    /// The organization that stands in each record.
    #[serde(default)]
    pub org: Org,
}

/// An organization as records name it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Org {
    /// Its ID.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its host.
    pub hostname: Option<String>,
}

/// Somebody who gets notices. One of the ways is named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// By mail.
    pub mail: Option<MailSettings>,
    /// By an incoming webhook of Slack, whose address is a secret: `$SLACK_WEBHOOK`.
    pub slack: Option<String>,
    /// By a webhook of Teams, whose address is a secret.
    pub teams: Option<String>,
    /// By a webhook of one's own.
    pub webhook: Option<WebhookSettings>,
    /// Of what; of everything if nothing is named.
    pub of: Vec<Kind>,
    /// Of these flows alone; a name that ends with `/` means all in that folder.
    pub flows: Vec<String>,
    /// Not of these.
    pub except: Vec<String>,
}

/// Mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Where the server's address comes from, with its name and password: `$SMTP_URL`, which is `smtps://user:password@host`, or
    /// `smtp://user:password@host?tls=required` for STARTTLS.
    pub server: String,
    /// The sender: `flowrun <flowrun@example.com>`.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// A webhook.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its address, or where that comes from.
    pub url: String,
    /// Where the secret comes from by which requests are signed.
    #[serde(default)]
    pub secret: Option<String>,
}

/// A collector of OpenTelemetry, which is reached by OTLP over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtelSettings {
    /// Its address, below which `/v1/traces` and `/v1/metrics` are.
    pub endpoint: String,
    /// Headers of each request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The name of the service.
    #[serde(default)]
    pub service: Option<String>,
}

/// Which flows.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    /// These alone; a name that ends with `/` means all in that folder.
    pub flows: Vec<String>,
    /// Not these.
    pub except: Vec<String>,
}

impl Flows {
    /// Whether a flow is one of them; what concerns no flow always is.
    pub fn include(&self, flow: Option<&str>) -> bool {
        let Some(flow) = flow else { return true };
        let named = |names: &[String]| {
            names.iter().any(|name| flow == name || name.ends_with('/') && flow.starts_with(name.as_str()))
        };
        (self.flows.is_empty() || named(&self.flows)) && !named(&self.except)
    }
}

/// The environment in which values are looked for.
pub type Env = BTreeMap<String, String>;

/// A value that is a secret: the settings say only where it comes from.
pub fn secret(setting: &str, text: &str, env: &Env) -> Result<SecretString, Problem> {
    match Source::parse(text) {
        Source::Plain(_) | Source::Declared(_) => Err(Problem::new(format!(
            "`{setting}` is a secret and stands in the project"
        ))
        .help(
            "put it into an environment variable and name that: `$NAME`; or `@FILE`, or `credential:NAME`",
        )),
        source => looked_up(setting, &source, env),
    }
}

/// A value that may stand in the project or come from elsewhere.
pub fn value(setting: &str, text: &str, env: &Env) -> Result<SecretString, Problem> {
    looked_up(setting, &Source::parse(text), env)
}

fn looked_up(setting: &str, source: &Source, env: &Env) -> Result<SecretString, Problem> {
    if !source.is_at_hand() {
        let help = "let the variable have the value, and name the variable: `$NAME`";
        return Err(Problem::new(format!("`{setting}` is a command, and a service runs none")).help(help));
    }
    source.fetch(env).map_err(|why| Problem::new(format!("`{setting}`: {why}")))
}

/// An address to send to: over TLS, or to this machine.
pub fn address(setting: &str, address: &SecretString) -> Result<url::Url, Problem> {
    let broken = |why: String| Problem::new(format!("`{setting}` isn't an address to send to: {why}"));
    let url = url::Url::parse(address.expose_secret()).map_err(|error| broken(error.to_string()))?;
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(broken("it has no host".to_owned())),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        scheme => Err(broken(format!("it begins with `{scheme}:`")).help("use `https:`")),
    }
}

/// Headers of each request. What proves who sends is a secret.
pub fn headers(
    setting: &str,
    written: &BTreeMap<String, String>,
    env: &Env,
) -> Result<axum::http::HeaderMap, Problem> {
    let mut headers = axum::http::HeaderMap::new();
    for (name, text) in written {
        let place = format!("{setting}.{name}");
        let lower = name.to_ascii_lowercase();
        let proves = ["auth", "key", "token", "secret", "cookie"].iter().any(|word| lower.contains(word));
        let text = if proves { secret(&place, text, env)? } else { value(&place, text, env)? };
        let broken = |what| Problem::new(format!("`{place}`: the {what} isn't one that a header can have"));
        let name: axum::http::HeaderName = lower.parse().map_err(|_| broken("name"))?;
        let mut sent: axum::http::HeaderValue = text.expose_secret().parse().map_err(|_| broken("value"))?;
        sent.set_sensitive(true);
        headers.insert(name, sent);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named_and_never_written_down() {
        let env: Env = [("TOKEN".to_owned(), "Splunk abc".to_owned())].into();
        let told =
            |written: &str| headers("headers", &[("Authorization".into(), written.into())].into(), &env);
        assert_eq!(told("$TOKEN").unwrap()["authorization"], "Splunk abc");
        let refused = told("Splunk abc").unwrap_err();
        assert_eq!(refused.message, "`headers.Authorization` is a secret and stands in the project");
        assert_eq!(
            told("$NONE").unwrap_err().message,
            "`headers.Authorization`: the variable NONE is not set"
        );
        assert_eq!(
            told("!cat token").unwrap_err().message,
            "`headers.Authorization` is a command, and a service runs none"
        );
        let plain = headers("headers", &[("x-source".into(), "flowrun".into())].into(), &env);
        assert_eq!(plain.unwrap()["x-source"], "flowrun");
    }

    #[test]
    fn nothing_is_sent_in_clear_over_a_network() {
        let table = [
            ("https://logs.example.com/x?y=1", true),
            ("http://127.0.0.1:8088/", true),
            ("http://[::1]:8088/", true),
            ("http://localhost/", true),
            ("http://localhost.example.com/", false),
            ("http://logs.example.com/", false),
            ("file:///etc/passwd", false),
            ("logs.example.com", false),
        ];
        for (text, fine) in table {
            let sent = address("url", &SecretString::from(text.to_owned()));
            assert_eq!(sent.is_ok(), fine, "{text}: {sent:?}");
        }
    }

    #[test]
    fn flows_are_named_by_path_or_folder() {
        let flows =
            Flows { flows: vec!["people/".into(), "hello".into()], except: vec!["people/test".into()] };
        let table = [("people/import", true), ("hello", true), ("hello2", false), ("people/test", false)];
        for (flow, included) in table {
            assert_eq!(flows.include(Some(flow)), included, "{flow}");
        }
        assert!(flows.include(None));
        assert!(Flows::default().include(Some("any")));
    }
}
