//! A browser: it keeps cookies, follows redirects, and says from which page a request comes.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{World, whole};

pub struct Browser {
    app: axum::Router,
    provider: axum::Router,
    pub cookies: BTreeMap<String, String>,
    pub host: String,
    pub from: String,
}

impl Browser {
    pub fn new(world: &World) -> Browser {
        Browser {
            app: world.app.clone(),
            provider: world.provider.router(),
            cookies: BTreeMap::new(),
            host: "flows.example.com".to_owned(),
            from: "192.0.2.10".to_owned(),
        }
    }

    /// The same browser before other routes.
    pub fn through(&mut self, app: axum::Router) -> &mut Browser {
        self.app = app;
        self
    }

    /// Sends a request with the cookies there are, and keeps those that come back.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: std::net::SocketAddr = format!("{}:40000", self.from).parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let response = whole(self.app.clone().oneshot(request).await.unwrap()).await;
        for set in response.headers().get_all(SET_COOKIE) {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            // What browsers demand of the prefix (RFC 6265bis, 4.1.3.2).
            if name.starts_with("__Host-") {
                assert!(
                    rest.contains("; Secure") && rest.contains("Path=/;") && !rest.contains("Domain"),
                    "{rest}"
                );
            }
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    pub async fn get(&mut self, path: &str) -> Response<Bytes> {
        self.send(Method::GET, path, &[]).await
    }

    /// Sends what a page of the service would: with what says where it comes from, and the token of its session.
    pub async fn post(&mut self, path: &str) -> Response<Bytes> {
        let csrf = self.csrf().await;
        self.send(Method::POST, path, &[("sec-fetch-site", "same-origin"), ("x-csrf-token", &csrf)]).await
    }

    pub async fn me(&mut self) -> Value {
        serde_json::from_slice(self.get("/auth/me").await.body()).unwrap()
    }

    pub async fn csrf(&mut self) -> String {
        self.me().await["csrf"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether somebody has signed in here.
    pub async fn is_in(&mut self) -> bool {
        self.me().await["kind"] == "person"
    }

    /// Begins to sign in; gives the address of the provider.
    pub async fn begin(&mut self, return_to: &str) -> String {
        let response = self.get(&format!("/auth/sign-in?return_to={return_to}")).await;
        location(&response).unwrap_or_else(|| panic!("{response:?}"))
    }

    /// Is at the provider, and is sent back; gives the path at the service.
    pub async fn at_provider(&self, url: &str) -> String {
        let request = Request::get(url).body(Body::empty()).unwrap();
        let response = whole(self.provider.clone().oneshot(request).await.unwrap()).await;
        let back = location(&response).unwrap_or_else(|| panic!("{response:?}"));
        back.strip_prefix("https://flows.example.com").unwrap_or_else(|| panic!("{back}")).to_owned()
    }

    /// Signs in, all the way; gives how that ended.
    pub async fn try_sign_in(&mut self, return_to: &str) -> Response<Bytes> {
        let url = self.begin(return_to).await;
        let back = self.at_provider(&url).await;
        self.get(&back).await
    }

    /// Signs in; gives where to.
    pub async fn sign_in(&mut self, return_to: &str) -> String {
        let response = self.try_sign_in(return_to).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{response:?}");
        location(&response).unwrap()
    }
}

pub fn location(response: &Response<Bytes>) -> Option<String> {
    response.headers().get(LOCATION).map(|url| url.to_str().unwrap().to_owned())
}

/// What a problem says.
pub fn detail(response: &Response<Bytes>) -> String {
    let problem: Value = serde_json::from_slice(response.body()).unwrap_or_else(|_| panic!("{response:?}"));
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(problem["status"], response.status().as_u16());
    problem["detail"].as_str().unwrap().to_owned()
}
