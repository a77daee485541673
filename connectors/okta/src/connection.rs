//! A connection to Okta: which org, with which credentials, how its limits are shared.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value, get};
use flowrun_kit::address::{Base, segment};
use flowrun_kit::auth::{Auth, Credential};
use flowrun_kit::call::Call;
use flowrun_kit::client::{Client, Vendor};
use flowrun_kit::connector::{Check, Connected, Connector, Means, Setting, Settings, Way};
use flowrun_kit::effect::{AnyConnection, Connection, Pending};
use secrecy::ExposeSecret;

use crate::sim::OktaSim;

/// A connection to one Okta org.
#[derive(Debug)]
pub struct Okta {
    pub(crate) client: Client,
    identity_source_id: Option<Text>,
}

impl Connection for Okta {
    const CONNECTOR: &'static str = "okta";
}

/// The Okta connector.
pub static CONNECTOR: Connector = Connector {
    name: "okta",
    title: "Okta",
    docs: "An Okta org and one of its Custom Identity Source apps. The org needs the Identity Source Apps feature, and \
           profile sourcing switched on in the app's Provisioning tab.",
    settings: &[
        Setting {
            name: "org_url",
            variable: "OKTA_ORG_URL",
            secret: false,
            required: true,
            default: None,
            docs: "The org's address: https://acme.okta.com, without -admin.",
        },
        Setting {
            name: "api_token",
            variable: "OKTA_API_TOKEN",
            secret: true,
            required: false,
            default: None,
            docs: "An API token of an administrator who may manage the identity source.",
        },
        Setting {
            name: "identity_source_id",
            variable: "OKTA_IDENTITY_SOURCE_ID",
            secret: false,
            required: false,
            default: None,
            docs: "The ID of the Custom Identity Source app (0oa…), for cards that leave `application_id` blank.",
        },
    ],
    cards: crate::CARDS,
    pure_cards: &[],
    ways: &[Way { title: "API token", settings: &["api_token"] }],
    open,
    test,
};

/// The settings of a connection to `sim`, reached at `org_url`.
pub fn simulated(sim: &OktaSim, org_url: &str) -> Settings {
    Settings::new()
        .with("org_url", org_url)
        .with("api_token", sim.token())
        .with("identity_source_id", sim.identity_source_id())
}

/// How long one of Okta's cards may take, a little longer than its client waits for limits: with 15 session requests a
/// minute, a queue of them is long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1800);

const VENDOR: Vendor = Vendor {
    name: "Okta",
    bucket,
    throttle: |_| Duration::from_secs(2),
    explain,
    token_refused: |_| false,
    refused: "check OKTA_API_TOKEN: it may be revoked, unused for 30 days, or of another org than OKTA_ORG_URL",
    forbidden: "the administrator who made OKTA_API_TOKEN lacks this right; identity sources need the permission to \
                manage them, and the org the Identity Source Apps feature",
    absent,
    unreachable: "check the network and OKTA_ORG_URL",
    request_id: "x-okta-request-id",
};

fn test(connection: &AnyConnection) -> Pending<'_, Vec<Check>> {
    Box::pin(async move {
        let Some(okta) = connection.downcast_ref::<Okta>() else { return Vec::new() };
        let asked = okta.client.send(Call::get("/api/v1/users/me")).await;
        let outcome = asked.map(|reply| format!("answered {}", reply.status).into()).map_err(Fault::from);
        vec![Check { title: "logs in".into(), outcome }]
    })
}

/// An identity source that isn't there is the app that it belongs to, in Okta's words.
fn absent(body: &Value) -> Option<&'static str> {
    let summary = get(body, "errorSummary");
    let app = summary.as_text().is_some_and(|summary| summary.contains("(AppInstance)"));
    app.then_some("check `application_id`, or OKTA_IDENTITY_SOURCE_ID: it is the ID of the Custom Identity Source app, 0oa…")
}

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let org_url = settings.required("org_url")?.expose_secret();
    let base = Base::parse(org_url)?;
    let host = base.origin().host();
    if let Some((org, domain)) = host.split_once("-admin.") {
        let message = format!("OKTA_ORG_URL is the address of the Admin Console: {host}");
        return Err(Fault::new(FaultKind::Connection, message).help(format!("use https://{org}.{domain}")));
    }
    let credential = Credential::scheme("SSWS", settings.required("api_token")?)?;
    let client = Client::new(VENDOR, base, &means).auth(Auth::Fixed(credential));
    let (host, activity) = (client.host(), client.activity().clone());
    let identity_source_id = settings.get("identity_source_id").map(Text::from);
    Ok(Connected { connection: Arc::new(Okta { client, identity_source_id }), host, activity })
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

/// Which of Okta's limits a request shares, as far as is known; each bucket learns its own limit from the answers.
fn bucket(method: &Method, path: &str) -> &'static str {
    let mut parts = path.strip_prefix("/api/v1/").unwrap_or_default().split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        // Recorded: one bucket for all methods, 15 a minute. Whether uploads share it is not known.
        (Some("identity-sources"), _, Some("sessions"), _, None) => "import sessions",
        (Some("identity-sources"), _, Some("sessions"), _, Some(_)) => "uploads",
        (Some("users"), None, ..) if method == Method::GET => "lists of users",
        (Some("users"), ..) => "users",
        (Some("groups"), None, ..) => "lists of groups",
        (Some("groups"), ..) => "groups",
        (Some("apps"), None, ..) => "lists of apps",
        (Some("apps"), ..) => "apps",
        (Some("logs"), ..) => "the System Log",
        _ => "other requests",
    }
}

/// `{"errorCode", "errorSummary", "errorCauses": [{"errorSummary"}]}`
fn explain(body: &Value) -> Option<String> {
    let error = body.as_object()?;
    let text = |name: &str| error.get(name).and_then(Value::as_text);
    let summary = text("errorSummary")?;
    let causes = error.get("errorCauses").and_then(Value::as_list).unwrap_or_default();
    let causes = causes.iter().filter_map(|cause| cause.as_object()?.get("errorSummary")?.as_text());
    let causes: Vec<&str> = causes.map(|cause| &**cause).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join("; ")) };
    let code = text("errorCode").map(|code| format!(" {code}")).unwrap_or_default();
    Some(format!("{code}: {summary}{causes}"))
}
