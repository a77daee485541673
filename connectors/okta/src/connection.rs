//! A connection to Okta: which org, with which credentials, how its limits are shared.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Category, Colour, Words};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_kit::address::{Base, segment};
use flowrun_kit::auth::{Auth, Credential, TokenCache};
use flowrun_kit::client::Client;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Connector, Means, Setting, Settings, Way};
use flowrun_kit::effect::Connection;
use flowrun_kit::errand::Errand;
use flowrun_kit::line::Line;
use secrecy::ExposeSecret;

use crate::login::AppLogin;
use crate::{checks, scope, vendor};

/// A connection to one Okta org.
#[derive(Clone, Debug)]
pub struct Okta {
    pub(crate) client: Client,
    pub(crate) identity_source_id: Option<Text>,
    /// What a token is asked for, or what an API token should be allowed.
    pub(crate) scopes: Arc<[String]>,
    /// Whether it logs in as a service app, rather than by an API token.
    pub(crate) service_app: bool,
}

impl Connection for Okta {
    const CONNECTOR: &'static str = "okta";

    fn on(&self, errand: Errand) -> Option<Okta> {
        Some(Okta { client: self.client.on(&Arc::new(errand)), ..self.clone() })
    }

    fn clock(&self) -> Option<&Clock> {
        Some(self.client.clock())
    }
}

/// The Okta connector.
pub fn connector() -> Connector {
    Connector {
        name: "okta".into(),
        title: "Okta".into(),
        docs: "An Okta org and one of its Custom Identity Source apps. The org needs the \
            Identity Source Apps feature, and profile sourcing switched on in the app's \
            Provisioning tab."
            .into(),
        own: false,
        category: Some(Category {
            id: "okta".into(),
            title: "Okta".into(),
            colour: Some(Colour { light: 0x1d4ed8, dark: 0x7dabff }),
        }),
        #[cfg(feature = "sim")]
        sim: Some(crate::sim::simulated::simulated()),
        #[cfg(not(feature = "sim"))]
        sim: None,
        settings: vec![
            Setting::new(
                "org_url",
                "OKTA_ORG_URL",
                "The org's address: https://acme.okta.com, without -admin.",
            )
            .required(),
            Setting::new(
                "api_token",
                "OKTA_API_TOKEN",
                "An API token of an administrator who may manage the identity source.",
            )
            .secret(),
            Setting::new(
                "client_id",
                "OKTA_CLIENT_ID",
                "The client ID of an API Services app, in place of an API token.",
            ),
            Setting::new(
                "private_key",
                "OKTA_PRIVATE_KEY",
                "The private key whose public part the app has: PEM or a JWK, RSA or EC on \
            P-256 or P-384.",
            )
            .secret(),
            Setting::new(
                "key_id",
                "OKTA_KEY_ID",
                "The KID of that key in the app; needed if the app has several keys and a JWK \
            does not say.",
            ),
            Setting::new(
                "scopes",
                "OKTA_SCOPES",
                "OAuth 2.0 scopes to ask for besides those of the cards, such as \
            okta.groups.read: for Custom API Action.",
            ),
            Setting::new(
                "identity_source_id",
                "OKTA_IDENTITY_SOURCE_ID",
                "The ID of the Custom Identity Source app (0oa…), for cards that leave \
            `application_id` blank.",
            ),
        ],
        cards: crate::effect_cards(),
        pure_cards: Vec::new(),
        events: crate::triggers::EVENTS.to_vec(),
        ways: vec![
            Way { title: "API token".into(), settings: Words::Written(&["api_token"]) },
            Way {
                title: "OAuth 2.0 service app".into(),
                settings: Words::Written(&["client_id", "private_key"]),
            },
        ],
        sign_in: None,
        open: Arc::new(open),
        test: Arc::new(checks::test),
    }
}

/// How long one of Okta's cards may take, a little longer than its client waits for limits: with 15 session requests a
/// minute, a queue of them is long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1800);

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let base = Base::parse(settings.required("org_url")?.expose_secret()).map_err(|fault| {
        Fault::new(FaultKind::Connection, format!("OKTA_ORG_URL: {}", fault.message))
            .help("write the org's address, such as https://acme.okta.com")
    })?;
    let host = base.origin().host();
    if let Some((org, domain)) = host.split_once("-admin.") {
        let message = format!("OKTA_ORG_URL is the address of the Admin Console: {host}");
        return Err(Fault::new(FaultKind::Connection, message).help(format!("use https://{org}.{domain}")));
    }
    let scopes = scope::fewest(scope::asked(&means.scopes, settings.get("scopes")));
    let token = settings.secret("api_token");
    let app = settings.get("client_id").zip(settings.secret("private_key"));
    let line = match (token, app) {
        (Some(_), Some(_)) => return Err(ambiguous()),
        (_, Some((client_id, key))) => {
            let login = AppLogin::new(client_id, key, settings.get("key_id"), scopes.clone())?;
            Line::new(vendor::SERVICE_APP, base, &means)
                .auth(Auth::Fetched(TokenCache::new(login)))
                .hide(vec![key.clone()])
        }
        (_, None) => {
            let credential = Credential::scheme("SSWS", settings.required("api_token")?)?;
            Line::new(vendor::API_TOKEN, base, &means).auth(Auth::Fixed(credential))
        }
    };
    let client = line.open();
    let (host, activity) = (client.host(), client.activity().clone());
    let identity_source_id = settings.get("identity_source_id").map(Text::from);
    Ok(Connected {
        connection: Arc::new(Okta {
            client,
            identity_source_id,
            scopes: scopes.into(),
            service_app: app.is_some(),
        }),
        host,
        activity,
    })
}

fn ambiguous() -> Fault {
    let message = "two ways to log in are given: OKTA_API_TOKEN, and OKTA_CLIENT_ID with OKTA_PRIVATE_KEY";
    Fault::new(FaultKind::Connection, message).help("leave out the one that should not count")
}

impl Okta {
    /// The ID of an identity source: the one given, else the connection's.
    pub(crate) fn source_id<'s>(&'s self, application_id: Option<&'s Text>) -> Result<&'s str> {
        let given = application_id.map(|id| id.trim()).filter(|id| !id.is_empty());
        given.or(self.identity_source_id.as_deref()).ok_or_else(|| {
            Fault::new(FaultKind::InvalidInput, "no identity source is given")
                .help("set `application_id`, or OKTA_IDENTITY_SOURCE_ID, to the ID of the Custom Identity Source app")
        })
    }

    /// The path of an identity source: of the one given, else of the connection's.
    pub(crate) fn source(&self, application_id: Option<&Text>) -> Result<String> {
        Ok(format!("/api/v1/identity-sources/{}", segment(self.source_id(application_id)?)))
    }

    /// The path of an import session.
    pub(crate) fn session(&self, application_id: Option<&Text>, session_id: &Text) -> Result<String> {
        let source = self.source(application_id)?;
        let id = session_id.trim();
        if id.is_empty() {
            return Err(Fault::new(FaultKind::InvalidInput, "the session's ID is blank"));
        }
        Ok(format!("{source}/sessions/{}", segment(id)))
    }
}
