//! A connection to Personio: where, with which credentials, how fast.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Category, Colour};
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
pub fn connector() -> Connector {
    Connector {
        name: "personio".into(),
        title: "Personio".into(),
        docs: "Personio's employees, by API version 1 or 2. The account needs API access, and \
            an API credential that may read employees (in version 2, persons and \
            employments); each attribute must be ticked as readable at the credential."
            .into(),
        own: false,
        category: Some(Category {
            id: "personio".into(),
            title: "Personio".into(),
            colour: Some(Colour { light: 0x0f172a, dark: 0xe2e8f0 }),
        }),
        #[cfg(feature = "sim")]
        sim: Some(crate::sim::simulated::simulated()),
        #[cfg(not(feature = "sim"))]
        sim: None,
        settings: vec![
            Setting::new("base_url", "PERSONIO_BASE_URL", "Where the API is.")
                .default("https://api.personio.de"),
            Setting::new("client_id", "PERSONIO_CLIENT_ID", "The API credential's client id.").required(),
            Setting::new("client_secret", "PERSONIO_CLIENT_SECRET", "The API credential's client secret.")
                .secret()
                .required(),
            Setting::new(
                "requests_per_minute",
                "PERSONIO_REQUESTS_PER_MINUTE",
                "How often employees may be asked for. 300, and 15 in a second, is what \
            Personio allows; 0 sets no pace, which only the simulator without limits can \
            take.",
            )
            .default("300"),
            Setting::new(
                "v2_requests_per_second",
                "PERSONIO_V2_REQUESTS_PER_SECOND",
                "How often API version 2 may be asked for persons, and as often for \
            employments. 30 has been observed as Personio's limit, which it does not \
            document; 0 sets no pace.",
            )
            .default("25"),
        ],
        cards: crate::effect_cards(),
        pure_cards: Vec::new(),
        events: Vec::new(),
        ways: Vec::new(),
        sign_in: None,
        open: Arc::new(open),
        test: Arc::new(check::test),
    }
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
