//! Asks a service over HTTP, without a network.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use flowrun_kit::effect::Pending;
use flowrun_service::Service;
use flowrun_service::activity::Activity;
use flowrun_service::api::{self, Api};
use flowrun_service::bearer::Fetch;
use flowrun_service::endpoints::Endpoints;
use flowrun_service::people::{Outside, People, Settings};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{Serving, World};

/// Nothing outside is asked.
struct Nobody;

impl Fetch for Nobody {
    fn fetch(&self, _: Request<Bytes>) -> Pending<'_, Result<Response<Bytes>, String>> {
        Box::pin(async { Err("there is no network in tests".to_owned()) })
    }
}

/// Somebody who asks.
pub struct Client<'w> {
    world: &'w World,
    router: Router,
    cookie: String,
    csrf: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl<'w> Client<'w> {
    /// Whoever started the service, signed in by its link.
    pub async fn new(world: &'w World, serving: &Serving) -> Client<'w> {
        let endpoints = Endpoints::new(serving.service.clone(), None, None).await.unwrap();
        Client::over(world, serving, endpoints).await
    }

    /// The same, of a service whose endpoints are open already.
    pub async fn over(world: &'w World, serving: &Serving, endpoints: Arc<Endpoints>) -> Client<'w> {
        let settings: Settings =
            serde_json::from_value(json!({ "origin": "http://localhost:8080", "local": true })).unwrap();
        let service: Arc<Service> = serving.service.clone();
        let store = serving.hosted().runs.store().clone();
        let activity = Activity::open(store.clone(), world.clock.clone(), true).unwrap();
        let listener = Some(activity.listener());
        let outside = Outside { env: BTreeMap::new(), fetch: Arc::new(Nobody), listener };
        let people = People::new(store, world.clock.clone(), settings, outside).unwrap();
        let hooks = crate::hooks::doors(serving);
        let api = api::router(Api { service, people: people.clone(), endpoints, hooks, activity });
        let interface = api.merge(people.router());
        let console = flowrun_console::router(interface.clone());
        let router = people.layer(interface.merge(console));
        let mut client = Client { world, router, cookie: String::new(), csrf: String::new() };
        let link = people.local_link().unwrap();
        let answered = client.send("GET", link.trim_start_matches("http://localhost:8080"), None, &[]).await;
        let cookie = answered.headers["set-cookie"].to_str().unwrap();
        client.cookie = cookie.split(';').next().unwrap().to_owned();
        client.csrf = client.get("/auth/me").await.body["csrf"].as_str().unwrap().to_owned();
        client
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answered {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let body = body.map_or(Body::empty(), Body::from);
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4242))));
        let answer = self.world.clock.drive(self.router.clone().oneshot(request)).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
        Answered { status, headers, body }
    }

    /// Looks at something.
    pub async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, None, &[("cookie", &self.cookie)]).await
    }

    /// Changes something.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Answered {
        let same = ("sec-fetch-site", "same-origin");
        let headers = [
            ("cookie", &*self.cookie),
            ("x-csrf-token", &*self.csrf),
            ("content-type", "application/json"),
            same,
        ];
        let body = Some(body).filter(|body| !body.is_null()).map(|body| body.to_string());
        self.send(method, path, body, &headers).await
    }

    /// Sends a form, as a browser without scripts does: with what the session has as its token, or with another one.
    pub async fn form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        csrf: Option<&str>,
        from: &str,
    ) -> Answered {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", csrf.unwrap_or(&self.csrf)).extend_pairs(fields);
        let headers = [
            ("cookie", &*self.cookie),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", from),
        ];
        self.send("POST", path, Some(form.finish()), &headers).await
    }

    /// Looks at a page with a token.
    pub async fn page_with(&self, token: &str, path: &str) -> Answered {
        self.send("GET", path, None, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Starts something once, by a key.
    pub async fn once(&self, key: &str, path: &str, body: Value) -> Answered {
        let headers = [
            ("cookie", &*self.cookie),
            ("x-csrf-token", &*self.csrf),
            ("content-type", "application/json"),
            ("sec-fetch-site", "same-origin"),
            ("idempotency-key", key),
        ];
        self.send("POST", path, Some(body.to_string()), &headers).await
    }

    /// Sends a table.
    pub async fn csv(&self, path: &str, table: &str) -> Answered {
        let headers = [
            ("cookie", &*self.cookie),
            ("x-csrf-token", &*self.csrf),
            ("content-type", "text/csv"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send("POST", path, Some(table.to_owned()), &headers).await
    }

    /// Somebody with a token that has these rights.
    pub async fn token(&self, may: Value) -> String {
        let made = self.ask("POST", "/api/v1/tokens", json!({ "name": "test", "may": may })).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        made.body["token"].as_str().unwrap().to_owned()
    }

    /// Asks with a token.
    pub async fn with(&self, token: &str, method: &str, path: &str, body: Value) -> Answered {
        let token = format!("Bearer {token}");
        let body = Some(body).filter(|body| !body.is_null()).map(|body| body.to_string());
        self.send(method, path, body, &[("authorization", &token), ("content-type", "application/json")])
            .await
    }

    /// Asks as nobody.
    pub async fn stranger(&self, method: &str, path: &str) -> Answered {
        self.send(method, path, None, &[]).await
    }

    /// The beginning of a stream.
    pub async fn stream(&self, path: &str, last: &str) -> (StatusCode, axum::body::BodyDataStream) {
        let request =
            Request::builder().uri(path).header("host", "localhost:8080").header("cookie", &self.cookie);
        let request = if last.is_empty() { request } else { request.header("last-event-id", last) };
        let answer =
            self.world.clock.drive(self.router.clone().oneshot(request.body(Body::empty()).unwrap())).await;
        let answer = answer.unwrap();
        (answer.status(), answer.into_body().into_data_stream())
    }
}
