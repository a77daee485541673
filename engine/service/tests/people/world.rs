//! A service for tests: its people, a provider, a network between them, and a clock that jumps.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_service::bearer::Fetch;
use flowrun_service::people::{Caller, Event, Outside, People, Place, Problem, Right, Settings};
use flowrun_store::{InMemory, Store};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::browser::Browser;
use crate::keys;
use crate::provider::Provider;

/// 2026-03-01T00:00:00Z.
pub const START_MS: i64 = 1_772_323_200_000;

/// What a service is set to unless a test says something else.
pub fn settings() -> Value {
    json!({
        "origin": "https://flows.example.com",
        "oidc": {
            "issuer": "https://acme.okta.com",
            "client": { "id": "0oa1flows", "secret_env": "OIDC_SECRET" },
        },
        "access": [
            { "group": "Flow admins", "role": "Super Administrator" },
            { "group": "HR", "role": "Folder Runner", "folder": "hr" },
            { "person": "00u1ada", "see_data": true, "folder": "hr" },
            { "group": "Help desk", "run": "it/reset" },
        ],
    })
}

/// All of it.
pub struct World {
    pub clock: Clock,
    pub net: Arc<Net>,
    pub provider: Provider,
    pub store: Arc<InMemory>,
    pub people: People,
    pub app: Router,
    pub heard: Arc<Mutex<Vec<Event>>>,
}

impl World {
    pub fn new() -> World {
        World::with(settings())
    }

    pub fn with(settings: Value) -> World {
        let clock = Clock::simulated(START_MS);
        let issuer = settings["oidc"]["issuer"].as_str().unwrap_or("https://acme.okta.com");
        let provider = Provider::new(clock.clone(), issuer);
        let net = Arc::new(Net::default());
        net.add("acme.okta.com", provider.router());
        let store = Arc::new(InMemory::new());
        let heard = Arc::<Mutex<Vec<Event>>>::default();
        let people = people(settings, &clock, &net, &store, &heard).unwrap();
        World { app: app(&people), clock, net, provider, store, people, heard }
    }

    /// The same store after a restart, perhaps with other settings.
    pub fn again(self, settings: Value) -> World {
        let people = people(settings, &self.clock, &self.net, &self.store, &self.heard).unwrap();
        World { app: app(&people), people, ..self }
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// Lets time pass.
    pub async fn pass(&self, time: Duration) {
        pass(&self.clock, time).await;
    }

    /// Somebody who has signed in as Ada of HR.
    pub async fn ada(&self) -> Browser {
        self.provider.with(|state| state.user.groups = vec!["HR".into()]);
        let mut browser = self.browser();
        browser.sign_in("/").await;
        browser
    }

    /// Somebody who has signed in and may do everything but see data.
    pub async fn admin(&self) -> Browser {
        self.provider.with(|state| state.user.groups = vec!["Flow admins".into()]);
        let mut browser = self.browser();
        browser.sign_in("/").await;
        browser
    }

    /// Sends a request as it is, from an address.
    pub async fn send(&self, mut request: Request<Body>, from: &str) -> Response<Bytes> {
        let peer: SocketAddr = format!("{from}:40000").parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        whole(self.app.clone().oneshot(request).await.unwrap()).await
    }
}

pub async fn pass(clock: &Clock, time: Duration) {
    clock.drive(async { clock.sleep(time).await }).await;
}

pub fn people(
    settings: Value,
    clock: &Clock,
    net: &Arc<Net>,
    store: &Arc<InMemory>,
    heard: &Arc<Mutex<Vec<Event>>>,
) -> Result<People, String> {
    let env = [
        ("OIDC_SECRET", "s3cret of the client & more"),
        ("OIDC_KEY", keys::private("client")),
        ("PROXY_SECRET", "s3cret of the proxy"),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings: Settings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
    let heard = heard.clone();
    let outside = Outside {
        env: BTreeMap::from(env),
        fetch: net.clone(),
        listener: Some(Arc::new(move |event| heard.lock().unwrap().push(event.clone()))),
    };
    let store: Arc<dyn Store> = store.clone();
    People::new(store, clock.clone(), settings, outside)
}

/// A service with something to see, something to do, and something to fill.
fn app(people: &People) -> Router {
    async fn run(caller: Caller) -> Result<String, Problem> {
        caller.needs(Right::Run, Place::Flow("hr/leavers"))?;
        Ok(caller.name())
    }
    async fn data(caller: Caller) -> Result<String, Problem> {
        caller.needs(Right::SeeData, Place::Flow("hr/leavers"))?;
        Ok("data".to_owned())
    }
    async fn fill(body: Bytes) -> String {
        body.len().to_string()
    }
    async fn form(caller: Caller, Json(_): Json<Value>) -> String {
        caller.name()
    }
    let routes = Router::new()
        .route("/", get(async |caller: Caller| caller.name()))
        .route("/run", post(run))
        .route("/data", get(data))
        .route("/fill", post(fill))
        .route("/form", post(form));
    people.layer(routes.merge(people.router()))
}

/// A network in this process.
#[derive(Default)]
pub struct Net {
    hosts: Mutex<BTreeMap<String, Router>>,
    broken: Mutex<BTreeMap<String, Broken>>,
    log: Mutex<Vec<String>>,
}

/// What a path answers instead of what it would.
#[derive(Clone, Copy)]
pub enum Broken {
    Down,
    Status(u16),
}

impl Net {
    pub fn add(&self, host: &str, router: Router) {
        self.hosts.lock().unwrap().insert(host.to_owned(), router);
    }

    /// Breaks all paths with this in them.
    pub fn break_at(&self, path: &str, how: Broken) {
        self.broken.lock().unwrap().insert(path.to_owned(), how);
    }

    pub fn mend(&self) {
        self.broken.lock().unwrap().clear();
    }

    /// How often a path with this in it was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|asked| asked.contains(path)).count()
    }
}

impl Fetch for Net {
    fn fetch(&self, request: Request<Bytes>) -> Pending<'_, Result<Response<Bytes>, String>> {
        let path = request.uri().path().to_owned();
        self.log.lock().unwrap().push(path.clone());
        let broken = self.broken.lock().unwrap();
        let broken = broken.iter().find(|(part, _)| path.contains(part.as_str())).map(|(_, how)| *how);
        let host = request.uri().host().unwrap_or_default().to_owned();
        let router = self.hosts.lock().unwrap().get(&host).cloned();
        Box::pin(async move {
            match broken {
                Some(Broken::Down) => return Err("the connection was refused".to_owned()),
                Some(Broken::Status(status)) => {
                    // In Okta's own form, which is not OAuth's.
                    let mut response = Response::new(Bytes::from_static(b"{\"errorCode\":\"E0000047\"}"));
                    *response.status_mut() = StatusCode::from_u16(status).unwrap();
                    return Ok(response);
                }
                None => {}
            }
            let router = router.ok_or_else(|| format!("there is no host {host}"))?;
            Ok(whole(router.oneshot(request.map(Body::from)).await.unwrap()).await)
        })
    }
}

pub async fn whole(response: Response<Body>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, axum::body::to_bytes(body, 64 << 20).await.unwrap())
}
