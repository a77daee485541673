//! The simulated org as runs and the sandbox know it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use flowrun_core::words;
use flowrun_kit::connector::Settings;
use flowrun_kit::simulator::{Person, SimOption, SimSetup, Simulated, Simulator, Takes};
use secrecy::ExposeSecret;

use super::described::Described;
use super::{OktaSim, OktaSimConfig, OwnedApp, Rehire, SeedUser, ServiceApp, UserStatus};

/// Where it is in this process.
pub const URL: &str = "https://acme.okta.sim";

/// What its service app is granted: all that the cards and the command `hooks` need.
const SCOPES: [&str; 10] = [
    "okta.apps.manage",
    "okta.apps.read",
    "okta.eventHooks.manage",
    "okta.groups.manage",
    "okta.groups.read",
    "okta.identitySources.manage",
    "okta.identitySources.read",
    "okta.logs.read",
    "okta.users.manage",
    "okta.users.read",
];

/// One of so many people was not yet there when the org was last imported into.
const NEW: usize = 5;

/// How Okta is simulated.
pub(crate) fn simulated() -> Simulated {
    Simulated {
        options: vec![
            SimOption {
                name: "okta".into(),
                value: "FILE".into(),
                docs: "Who is in the simulated Okta, instead of yesterday's import: users, groups, applications (docs/running.md)".into(),
                takes: Takes::File(|text| Described::read(text).map(|_| ())),
            },
            SimOption {
                name: "okta-auth".into(),
                value: "WAY".into(),
                docs: "How one logs in to the simulated Okta: api-token, oauth or dpop [default: api-token]".into(),
                takes: Takes::OneOf(&["api-token", "oauth", "dpop"]),
            },
            SimOption {
                name: "okta-key".into(),
                value: "KIND".into(),
                docs: "The kind of key by which the simulated Okta's service app logs in: ec or rsa [default: ec]".into(),
                takes: Takes::OneOf(&["ec", "rsa"]),
            },
            SimOption {
                name: "okta-scopes".into(),
                value: "SCOPES".into(),
                docs: "The scopes that the service app is granted, with spaces or commas between them [default: what the cards need]".into(),
                takes: Takes::Text,
            },
            SimOption {
                name: "identity-source".into(),
                value: "ID".into(),
                docs: "The ID of the identity source in the simulated Okta, for flows in which one is written down".into(),
                takes: Takes::Text,
            },
            SimOption {
                name: "okta-import".into(),
                value: "WAY".into(),
                docs: "What an import does to a deactivated user, which Okta leaves open: reactivates or keeps [default: reactivates]".into(),
                takes: Takes::OneOf(&["reactivates", "keeps"]),
            },
        ],
        make: Arc::new(|setup| Arc::new(SimulatedOkta::new(setup))),
        manual: Some(super::behaviours::manual),
    }
}

/// An org and the service app by which one logs in to it, if not by its API token.
#[derive(Clone, Debug)]
pub struct SimulatedOkta {
    pub org: OktaSim,
    /// The service app.
    pub app: Option<OwnedApp>,
    /// Whether its users were described, so that nobody else is there.
    pub is_described: bool,
}

impl SimulatedOkta {
    /// An org without users.
    pub fn new(setup: &SimSetup) -> SimulatedOkta {
        let app = service_app(setup);
        let usual = OktaSimConfig::new(setup.clock.clone());
        let org = OktaSim::new(OktaSimConfig {
            identity_source_id: setup
                .option("identity-source")
                .map_or(usual.identity_source_id, str::to_owned),
            faults: setup.faults.clone(),
            apps: app.iter().map(|owned| owned.app.clone()).collect(),
            dated: setup.dated,
            rehire: match setup.option("okta-import") {
                Some("keeps") => Rehire::Keeps,
                _ => Rehire::Reactivates,
            },
            ..usual
        });
        // The command line has read it before.
        let described = setup.option("okta").and_then(|text| Described::read(text).ok());
        if let Some(described) = &described {
            org.describe(described);
        }
        SimulatedOkta { org, app, is_described: described.is_some() }
    }
}

/// A service app with a new key, where one logs in by one.
fn service_app(setup: &SimSetup) -> Option<OwnedApp> {
    const CLIENT: &str = "0oa1simulatedApp05d7";
    let auth = setup.option("okta-auth").filter(|auth| matches!(*auth, "oauth" | "dpop"))?;
    let scopes: Vec<&str> = setup.option("okta-scopes").map_or(SCOPES.to_vec(), |scopes| {
        scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).collect()
    });
    // Without chance there is no key; the run then says that it can't log in.
    let owned = match setup.option("okta-key") {
        Some("rsa") => ServiceApp::with_rsa_key(CLIENT, &scopes),
        _ => ServiceApp::generate(CLIENT, &scopes),
    };
    let mut owned = owned.ok()?;
    owned.app.dpop_required = auth == "dpop";
    Some(owned)
}

impl Simulator for SimulatedOkta {
    fn address(&self) -> &str {
        URL
    }

    fn router(&self) -> Router {
        self.org.router()
    }

    fn settings(&self, url: &str) -> Settings {
        match &self.app {
            Some(app) => by_app(&self.org, url, app),
            None => by_token(&self.org, url),
        }
    }

    fn authorization(&self) -> Option<String> {
        Some(format!("SSWS {}", self.org.token()))
    }

    fn about(&self) -> String {
        match &self.app {
            None => "",
            Some(owned) if owned.app.dpop_required => "by OAuth with DPoP",
            Some(_) => "by OAuth",
        }
        .to_owned()
    }

    fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("OKTA_IDENTITY_SOURCE_ID".to_owned(), self.org.identity_source_id().to_owned())])
    }

    fn served(&self) -> Option<String> {
        let users = words::count(self.org.user_count() as u64);
        Some(if self.is_described {
            format!("{users} users")
        } else {
            format!("{users} users (yesterday's import)")
        })
    }

    fn answered(&self) -> u64 {
        self.org.traffic().total()
    }

    fn import(&self, people: &mut dyn Iterator<Item = Person>) {
        if self.is_described {
            return;
        }
        let yesterday = people.enumerate().filter(|(index, _)| index % NEW != NEW - 1);
        self.org.seed(yesterday.map(|(_, person)| {
            let profile = [
                ("userName", person.email.clone()),
                ("email", person.email),
                ("firstName", person.first_name),
                ("lastName", person.last_name),
            ];
            SeedUser {
                external_id: person.id,
                profile: profile.map(|(name, value)| (name.to_owned(), value)).into(),
                status: UserStatus::Active,
            }
        }));
    }
}

/// The settings of a connection to `sim` by its API token, reached at `org_url`.
pub fn by_token(sim: &OktaSim, org_url: &str) -> Settings {
    Settings::new()
        .with("org_url", org_url)
        .with("api_token", sim.token())
        .with("identity_source_id", sim.identity_source_id())
}

/// The settings of a connection to `sim` as one of its service apps, reached at `org_url`.
pub fn by_app(sim: &OktaSim, org_url: &str, app: &OwnedApp) -> Settings {
    Settings::new()
        .with("org_url", org_url)
        .with("client_id", &*app.app.client_id)
        .with("private_key", app.private_key.expose_secret())
        .with("identity_source_id", sim.identity_source_id())
}
