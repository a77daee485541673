//! Who made a request, and from where, as the System Log tells it.

use super::ids::id;
use super::tokens::Tokens;
use super::{OktaSim, token};
use axum::extract::ConnectInfo;
use axum::http::header;
use axum::http::request::Parts;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

tokio::task_local! {
    /// The request that is being answered: whatever it does, its events tell so without each handler's passing it on.
    pub static CURRENT: Arc<Made>;
}

/// The longest address and agent that an event keeps.
const LONGEST: usize = 2048;

/// How many clients are remembered at once. An event has its own hold on its client.
const REMEMBERED: usize = 16;

/// A request.
pub struct Made {
    pub number: u32,
    /// Path and query.
    url: Box<str>,
    client: Arc<Client>,
}

/// Who sends requests. Few do so, many events come of it: they share one.
#[derive(PartialEq, Eq)]
struct Client {
    caller: Caller,
    agent: Box<str>,
    address: IpAddr,
}

/// Whose credentials they bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The owner of the API token.
    ApiToken,
    /// A service app, by its client ID.
    App(Box<str>),
    /// Nobody who is known.
    Unknown,
}

/// The clients seen last.
#[derive(Default)]
pub struct Clients(Mutex<Vec<Arc<Client>>>);

impl Made {
    /// What is known of a request.
    pub fn by(sim: &OktaSim, parts: &Parts, number: u32) -> Arc<Made> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let client = Client {
            caller: Caller::of(sim, parts),
            agent: cut(agent.unwrap_or_default()).into(),
            // In this process there is no connection: the address is that of a client beside it.
            address: peer
                .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip().to_canonical()),
        };
        let target = parts.uri.path_and_query().map_or(parts.uri.path(), |target| target.as_str());
        let client = sim.0.clients.shared(client);
        Arc::new(Made { number, url: cut(target).into(), client })
    }

    /// The request that is being answered, if one is.
    pub fn current() -> Option<Arc<Made>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// What Okta calls it, in its header `X-Okta-Request-Id` too.
    pub fn id(&self) -> String {
        id("req", self.number)
    }

    /// Who acts. A service app's form is as published in rules for `PublicClientApp` (elastic/detection-rules); that its alternate
    /// ID is its client ID is a guess.
    pub fn actor(&self) -> Value {
        match &self.client.caller {
            Caller::ApiToken => json!({
                "id": id("00u", u32::MAX), "type": "User", "alternateId": "api.client@example.com",
                "displayName": "API Client", "detailEntry": null,
            }),
            Caller::App(client) => json!({
                "id": client, "type": "PublicClientApp", "alternateId": client, "displayName": "Service app",
                "detailEntry": null,
            }),
            Caller::Unknown => json!({
                "id": "unknown", "type": "User", "alternateId": "unknown", "displayName": "unknown",
                "detailEntry": null,
            }),
        }
    }

    /// The client, in the form of OpenAPI's LogClient; zone "null" and the words for what is unknown as in recorded events of API
    /// clients (panther-labs/pypanther, rules of Okta).
    pub fn client(&self) -> Value {
        let Client { caller, agent, address } = &*self.client;
        let client = match caller {
            Caller::App(client) => Some(client),
            _ => None,
        };
        let (os, browser, device) = platform(agent);
        json!({
            "userAgent": { "rawUserAgent": agent, "os": os, "browser": browser },
            "zone": "null",
            "device": device,
            "id": client,
            "ipAddress": address.to_string(),
            "geographicalContext": nowhere(),
        })
    }

    /// `transaction`: events of one request have one (OpenAPI, LogTransaction; the token's ID: system-log-query, correlation).
    pub fn transaction(&self) -> Value {
        let detail = match self.client.caller {
            Caller::ApiToken => json!({ "requestApiTokenId": id("00T", 0) }),
            _ => json!({}),
        };
        json!({ "type": "WEB", "id": self.id(), "detail": detail })
    }

    /// The addresses it came by: no proxy is between.
    pub fn chain(&self) -> Value {
        let address = self.client.address;
        let version = if address.is_ipv4() { "V4" } else { "V6" };
        json!([{
            "ip": address.to_string(), "geographicalContext": nowhere(), "version": version, "source": null,
        }])
    }

    /// What `debugData` says of every request. Recorded: a URL without a query ends in `?`.
    pub fn debug(&self) -> Value {
        let path = self.path();
        let url = if self.url.contains('?') { self.url.to_string() } else { format!("{path}?") };
        json!({ "requestId": self.id(), "requestUri": path, "url": url })
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }
}

impl Caller {
    /// By the credentials alone: whether they are good for the request is checked elsewhere.
    fn of(sim: &OktaSim, parts: &Parts) -> Caller {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.filter(|_| parts.uri.path() != token::PATH).unwrap_or_default();
        if given.strip_prefix("SSWS").is_some_and(|secret| secret.trim() == sim.token()) {
            return Caller::ApiToken;
        }
        let secret = given.split_once(' ').map(|(_, secret)| secret.trim()).unwrap_or_default();
        let tokens: &Tokens = &sim.tokens();
        tokens
            .find(secret, sim.now_ms())
            .map_or(Caller::Unknown, |issued| Caller::App(issued.client_id.into()))
    }
}

impl Clients {
    fn shared(&self, client: Client) -> Arc<Client> {
        let mut known = flowrun_kit::simulator::lock(&self.0);
        if let Some(same) = known.iter().find(|known| ***known == client) {
            return same.clone();
        }
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        let client = Arc::new(client);
        known.push(client.clone());
        client
    }
}

/// No place is known of a loopback address.
fn nowhere() -> Value {
    json!({ "city": null, "state": null, "country": null, "postalCode": null, "geolocation": null })
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

/// System, browser and device that an agent names (core-okta-api#user-agent). The words are those of documented and recorded
/// events; a client that is no browser is Unknown.
fn platform(agent: &str) -> (&'static str, &'static str, &'static str) {
    let agent = agent.to_lowercase();
    let names = |names: &[(&str, &'static str)], otherwise| {
        names.iter().find(|(part, _)| agent.contains(part)).map_or(otherwise, |(_, name)| *name)
    };
    let systems = [
        ("iphone", "iOS"),
        ("ipad", "iOS"),
        ("android", "Android"),
        ("mac os x", "Mac OS X"),
        ("windows", "Windows"),
        ("linux", "Linux"),
    ];
    let browsers =
        [("edg/", "CHROMIUM_EDGE"), ("firefox", "FIREFOX"), ("chrome", "CHROME"), ("safari", "SAFARI")];
    let os = names(&systems, "Unknown");
    let device = match os {
        "iOS" | "Android" => "Mobile",
        "Unknown" => "Unknown",
        _ => "Computer",
    };
    (os, names(&browsers, "UNKNOWN"), device)
}
