//! A connection to Personio: where, with which credentials, how fast.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_kit::address::Base;
use flowrun_kit::auth::{Auth, TokenCache};
use flowrun_kit::client::Client;
use flowrun_kit::connector::{Connected, Connector, Means, Setting, Settings};
use flowrun_kit::effect::Connection;
use flowrun_kit::errand::Errand;
use flowrun_kit::line::Line;
use flowrun_kit::pacing::Rate;

use crate::login::{Credentials, LoginV1, LoginV2};
use crate::sim::PersonioSim;
use crate::{check, vendor};

/// A connection to one Personio account, over both of its APIs.
#[derive(Clone, Debug)]
pub struct Personio {
    pub(crate) v1: Client,
    pub(crate) v2: Client,
    pub(crate) credentials: Arc<Credentials>,
}

impl Connection for Personio {
    const CONNECTOR: &'static str = "personio";

    fn on(&self, errand: Errand) -> Option<Personio> {
        let errand = Arc::new(errand);
        let (v1, v2) = (self.v1.on(&errand), self.v2.on(&errand));
        Some(Personio { v1, v2, credentials: self.credentials.clone() })
    }
}

/// The Personio connector.
pub static CONNECTOR: Connector = Connector {
    name: "personio",
    title: "Personio",
    docs: "Personio's employees, by API version 1 or 2. The account needs API access, and an API credential that may read \
           employees (in version 2, persons and employments); each attribute must be ticked as readable at the credential.",
    settings: &[
        Setting {
            name: "base_url",
            variable: "PERSONIO_BASE_URL",
            secret: false,
            required: false,
            default: Some("https://api.personio.de"),
            docs: "Where the API is.",
        },
        Setting {
            name: "client_id",
            variable: "PERSONIO_CLIENT_ID",
            secret: false,
            required: true,
            default: None,
            docs: "The API credential's client id.",
        },
        Setting {
            name: "client_secret",
            variable: "PERSONIO_CLIENT_SECRET",
            secret: true,
            required: true,
            default: None,
            docs: "The API credential's client secret.",
        },
        Setting {
            name: "requests_per_minute",
            variable: "PERSONIO_REQUESTS_PER_MINUTE",
            secret: false,
            required: false,
            default: Some("300"),
            docs: "How often employees may be asked for. 300, and 15 in a second, is what Personio allows; 0 sets no pace, \
                   which only the simulator without limits can take.",
        },
        Setting {
            name: "v2_requests_per_second",
            variable: "PERSONIO_V2_REQUESTS_PER_SECOND",
            secret: false,
            required: false,
            default: Some("25"),
            docs: "How often API version 2 may be asked for persons, and as often for employments. 30 has been observed as \
                   Personio's limit, which it does not document; 0 sets no pace.",
        },
    ],
    cards: crate::CARDS,
    pure_cards: &[],
    events: &[],
    ways: &[],
    open,
    test: check::test,
};

/// The settings of a connection to `sim`, reached at `base_url`.
pub fn simulated(sim: &PersonioSim, base_url: &str) -> Settings {
    Settings::new()
        .with("base_url", base_url)
        .with("client_id", sim.client_id())
        .with("client_secret", sim.client_secret())
}

/// How long one of Personio's cards may take: a little longer than its client waits for limits.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1800);

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let base = Base::parse(settings.get("base_url").unwrap_or_default()).map_err(|fault| {
        Fault::new(FaultKind::Connection, format!("PERSONIO_BASE_URL: {}", fault.message))
            .help("leave it out for https://api.personio.de")
    })?;
    let credentials = Credentials {
        id: settings.required("client_id")?.clone(),
        secret: settings.required("client_secret")?.clone(),
    };
    let per_minute = count(settings, "requests_per_minute", "PERSONIO_REQUESTS_PER_MINUTE")?;
    let per_second = count(settings, "v2_requests_per_second", "PERSONIO_V2_REQUESTS_PER_SECOND")?;
    let v1 = Line::new(vendor::V1, base.clone(), &means)
        .auth(Auth::Fetched(TokenCache::new(LoginV1(credentials.clone()))))
        .hide(vec![credentials.secret.clone()])
        .rates(vendor::EMPLOYEES, rates(per_minute))
        .open();
    let v2 = Line::new(vendor::V2, base, &means)
        .report_to(v1.activity())
        .auth(Auth::Fetched(TokenCache::new(LoginV2(credentials.clone()))))
        .hide(vec![credentials.secret.clone()])
        .rates(vendor::PERSONS, rates_v2(per_second))
        .rates(vendor::EMPLOYMENTS, rates_v2(per_second))
        .open();
    let (host, activity) = (v1.host(), v1.activity().clone());
    Ok(Connected {
        connection: Arc::new(Personio { v1, v2, credentials: credentials.into() }),
        host,
        activity,
    })
}

fn count(settings: &Settings, name: &str, variable: &str) -> Result<u32> {
    let given = settings.get(name).unwrap_or_default();
    given.parse().map_err(|_| {
        let message = format!("{variable} is a whole number, not `{given}`");
        Fault::new(FaultKind::Connection, message)
    })
}

/// A little less than allowed, because requests don't arrive as regularly as they are sent.
fn rates(per_minute: u32) -> Vec<Rate> {
    if per_minute == 0 {
        return Vec::new();
    }
    let minute = Rate { count: per_minute, per: Duration::from_millis(60_500) };
    let second = Rate { count: per_minute.div_ceil(20), per: Duration::from_millis(1_050) };
    vec![minute, second]
}

fn rates_v2(per_second: u32) -> Vec<Rate> {
    if per_second == 0 { Vec::new() } else { vec![Rate { count: per_second, per: Duration::from_secs(1) }] }
}
