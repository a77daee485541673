//! The endpoints of a simulator: each declared once, and routed, checked and documented from that.

use super::api::{Api, Operation};
use crate::simulator::{Served, Source};
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::convert::Infallible;
use std::sync::Arc;

/// An operation that a simulator serves.
pub struct Endpoint<S> {
    method: Method,
    path: &'static str,
    takes: Vec<&'static str>,
    source: Option<Source>,
    route: MethodRouter<S, Infallible>,
}

/// How a simulator says that it lacks something of the vendor's.
pub type Refuse = fn(what: &str) -> Response;

fn endpoint<S, H, T>(method: Method, path: &'static str, handler: H) -> Endpoint<S>
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    // Every method that is declared below has a filter.
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Endpoint { method, path, takes: Vec::new(), source: None, route: on(filter, handler) }
}

macro_rules! methods {
    ($($name:ident $method:ident $docs:literal),*) => { $(
        #[doc = $docs]
        pub fn $name<S, H, T>(path: &'static str, handler: H) -> Endpoint<S>
        where
            S: Clone + Send + Sync + 'static,
            H: Handler<T, S>,
            T: 'static,
        {
            endpoint(Method::$method, path, handler)
        }
    )* };
}

methods! {
    get GET "Reads a path, with `GET` and `HEAD`.",
    post POST "Answers `POST` on a path.",
    put PUT "Answers `PUT` on a path.",
    patch PATCH "Answers `PATCH` on a path.",
    delete DELETE "Answers `DELETE` on a path."
}

impl<S: Clone + Send + Sync + 'static> Endpoint<S> {
    /// The vendor's parameters that count here, separated by spaces; its others are refused.
    #[must_use]
    pub fn takes(mut self, parameters: &'static str) -> Endpoint<S> {
        self.takes.extend(parameters.split_whitespace());
        self
    }

    /// Where it is known from, if the vendor's description lacks it.
    #[must_use]
    pub fn beyond(mut self, source: Source) -> Endpoint<S> {
        self.source = Some(source);
        self
    }

    /// Its line in the manual.
    pub fn served(&self, api: &Api) -> Served {
        let operation = api.find(&self.method, self.path);
        Served {
            method: self.method.to_string(),
            path: self.path,
            name: operation.map_or("", |operation| operation.name),
            takes: self.takes.clone(),
            refuses: operation.map_or_else(Vec::new, |operation| self.refuses(operation)),
            described: operation.is_some(),
            source: self.source,
        }
    }

    fn refuses(&self, operation: &Operation) -> Vec<&'static str> {
        operation.parameters.iter().filter(|name| !self.takes.contains(name)).copied().collect()
    }

    fn routed(self, api: &Api, refuse: Refuse) -> MethodRouter<S, Infallible> {
        let refuses =
            api.find(&self.method, self.path).map_or_else(Vec::new, |operation| self.refuses(operation));
        if refuses.is_empty() {
            return self.route;
        }
        let refuses: Arc<[&str]> = refuses.into();
        self.route.layer(from_fn(move |request: Request, next: Next| {
            let refuses = Arc::clone(&refuses);
            async move {
                match refuses.iter().find(|name| is_given(&request, name)) {
                    Some(name) => refuse(&format!("the parameter {}", name.trim_start_matches('@'))),
                    None => next.run(request).await,
                }
            }
        }))
    }
}

/// The routes of the endpoints, each also with a slash behind it.
///
/// A parameter that the vendor has and the endpoint doesn't take is refused. So is an operation that the simulator lacks, also
/// where its path looks like an endpoint's: `/groups/rules` is no group.
pub fn routes<S: Clone + Send + Sync + 'static>(
    api: &Api,
    endpoints: Vec<Endpoint<S>>,
    refuse: Refuse,
) -> Router<S> {
    let mut router = Router::new();
    let route = |router: Router<S>, path: &str, route: MethodRouter<S, Infallible>| {
        router.route(&format!("{path}/"), route.clone()).route(path, route)
    };
    let served: Vec<(&Method, &str)> =
        endpoints.iter().map(|endpoint| (&endpoint.method, endpoint.path)).collect();
    for operation in api.hidden(&served) {
        let Ok(filter) = MethodFilter::try_from(operation.method.clone()) else { continue };
        let what = format!("{} {}", operation.method, operation.path);
        router = route(router, operation.path, on(filter, move || async move { refuse(&what) }));
    }
    for endpoint in endpoints {
        let path = endpoint.path;
        router = route(router, path, endpoint.routed(api, refuse));
    }
    router
}

/// Whether a request has a parameter, however it is spelled: `ids[]` is `ids[]=7`, `ids%5B%5D=7` and `ids[0]=7`.
fn is_given(request: &Request, name: &str) -> bool {
    if let Some(header) = name.strip_prefix('@') {
        return request.headers().contains_key(header);
    }
    let query = request.uri().query().unwrap_or_default();
    let wanted = name.strip_suffix("[]");
    query.split('&').any(|pair| {
        let given = pair.split('=').next().unwrap_or_default().replace("%5B", "[").replace("%5b", "[");
        match wanted {
            Some(wanted) => given.split('[').next() == Some(wanted) && given.contains('['),
            None => given == name,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use axum::routing::any;
    use tower::ServiceExt;

    const TABLE: &str = "\
GET /things listThings - limit after ids[]
GET /things/{thing} getThing - fields
PUT /things/{thing} - - @If-Match
GET /things/rules listRules -
GET /things/rules/{rule} getRule -";

    fn refuse(what: &str) -> Response {
        (StatusCode::NOT_IMPLEMENTED, format!("lacks {what}")).into_response()
    }

    async fn answer(method: Method, target: &str, header: Option<&str>) -> (u16, String) {
        let endpoints: Vec<Endpoint<()>> = vec![
            get("/things", || async { "things" }).takes("limit after"),
            get("/things/{thing}", || async { "thing" }),
            put("/things/{thing}", || async { "put" }),
        ];
        let router =
            routes(&Api::read(TABLE), endpoints, refuse).route("/{*path}", any(|| async { "other" }));
        let mut request = Request::builder().method(method).uri(target);
        if let Some(header) = header {
            request = request.header(header, "1");
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_the_vendor_has_is_answered_or_refused() {
        for (method, target, header, status, told) in [
            (Method::GET, "/things?limit=1&made_up=2", None, 200, "things"),
            (Method::GET, "/things/?after=1", None, 200, "things"),
            (Method::GET, "/things?ids%5B%5D=1", None, 501, "lacks the parameter ids[]"),
            (Method::GET, "/things?ids[0]=1", None, 501, "lacks the parameter ids[]"),
            (Method::GET, "/things/7", None, 200, "thing"),
            (Method::GET, "/things/7/?fields=id", None, 501, "lacks the parameter fields"),
            (Method::PUT, "/things/7", None, 200, "put"),
            (Method::PUT, "/things/7", Some("if-match"), 501, "lacks the parameter If-Match"),
            (Method::GET, "/things/rules", None, 501, "lacks GET /things/rules"),
            (Method::GET, "/things/rules/7", None, 200, "other"),
            (Method::GET, "/things/7/parts", None, 200, "other"),
        ] {
            assert_eq!(
                answer(method.clone(), target, header).await,
                (status, told.to_owned()),
                "{method} {target}"
            );
        }
    }
}
