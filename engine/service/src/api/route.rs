//! What can be asked at one address, declared once.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, on};
use flowrun_core::program::Trigger;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Api;
use crate::Hosted;
use crate::names::hex;
use crate::people::{Caller, Place, Problem, Right};

/// Something that can be asked.
pub struct Route {
    /// GET, POST, PUT, DELETE.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub says: &'static str,
    /// What the caller needs, somewhere at least.
    pub needs: Option<Right>,
    /// What may be asked in the query.
    pub query: &'static [Param],
    /// What may stand in the body, if there is one.
    pub body: &'static [Param],
    /// Whether the body is a table as CSV instead.
    pub takes_csv: bool,
    /// Whether it starts something, once for each `Idempotency-Key`.
    pub once: bool,
    /// What the record of who did what calls it.
    pub records: Option<Deed>,
    /// What is answered if all goes well: the status, and what the body is.
    pub answer: (u16, Shape),
    /// Does it.
    pub act: Act,
}

/// What somebody does, as the record of who did what has it.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Something changes; its name is Okta's where Okta has one.
    Changes(&'static str),
    /// Data is looked at, which is written down where the service is set to.
    Looks(&'static str),
}

/// What does it.
pub type Act = fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

impl Route {
    const fn new(
        method: &'static str,
        needs: Option<Right>,
        path: &'static str,
        says: &'static str,
        act: Act,
    ) -> Route {
        let (query, body, answer): (&[Param], &[Param], _) = (&[], &[], (200, Shape::Nothing));
        Route {
            method,
            path,
            says,
            needs,
            query,
            body,
            takes_csv: false,
            once: false,
            records: None,
            answer,
            act,
        }
    }

    /// Something that anybody may look at.
    pub const fn anybody(path: &'static str, says: &'static str, act: Act) -> Route {
        Route::new("GET", None, path, says, act)
    }

    /// Something to look at, for those who have a right.
    pub const fn get(needs: Right, path: &'static str, says: &'static str, act: Act) -> Route {
        Route::new("GET", Some(needs), path, says, act)
    }

    /// Something to do.
    pub const fn post(needs: Right, path: &'static str, says: &'static str, act: Act) -> Route {
        Route::new("POST", Some(needs), path, says, act)
    }

    /// Something to take away.
    pub const fn delete(needs: Right, path: &'static str, says: &'static str, act: Act) -> Route {
        Route::new("DELETE", Some(needs), path, says, act).answers(204, Shape::Nothing)
    }

    /// With a query.
    pub const fn query(mut self, query: &'static [Param]) -> Route {
        self.query = query;
        self
    }

    /// With a body.
    pub const fn body(mut self, body: &'static [Param]) -> Route {
        self.body = body;
        self
    }

    /// With a table as CSV in its body.
    pub const fn csv(mut self) -> Route {
        self.takes_csv = true;
        self
    }

    /// Once for each `Idempotency-Key`: who asks again is told the run that was started.
    pub const fn once(mut self) -> Route {
        self.once = true;
        self
    }

    /// What is changed by it is written down under this name.
    pub const fn changes(mut self, name: &'static str) -> Route {
        self.records = Some(Deed::Changes(name));
        self
    }

    /// That somebody looks at data is written down under this name, where the service is set to.
    pub const fn looks(mut self, name: &'static str) -> Route {
        self.records = Some(Deed::Looks(name));
        self
    }

    /// What is answered if all goes well.
    pub const fn gives(self, shape: Shape) -> Route {
        self.answers(200, shape)
    }

    /// The same with a status.
    pub const fn answers(mut self, status: u16, shape: Shape) -> Route {
        self.answer = (status, shape);
        self
    }
}

/// A parameter of the query, or a member of the body.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is, in words.
    pub says: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// Whether it must be there.
    pub must: bool,
}

impl Param {
    /// One that may be left out.
    pub const fn new(name: &'static str, kind: Kind, says: &'static str) -> Param {
        Param { name, says, kind, must: false }
    }

    /// One that must be there.
    pub const fn must(mut self) -> Param {
        self.must = true;
        self
    }
}

/// What may stand in a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text, at most so long.
    Text(usize),
    /// One of a few words, or several with commas.
    Words(&'static [&'static str]),
    /// A whole number, from and to.
    Whole(u64, u64),
    /// A date and time.
    Date,
    /// An object.
    Object,
    /// A list of objects.
    List,
}

/// What an answer is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One thing: an object with at least these members.
    One(&'static [&'static str]),
    /// A page of things with at least these members, under `items`; `next` leads on.
    Page(&'static [&'static str]),
    /// A text of a type.
    Text(&'static str),
    /// Nothing.
    Nothing,
}

/// A request, as far as it is understood.
pub struct Call {
    /// What the interface stands on.
    pub api: Api,
    /// Who asks.
    pub caller: Caller,
    /// What stands in the path.
    pub path: BTreeMap<String, String>,
    /// What stands in the query.
    pub query: BTreeMap<String, String>,
    /// What stands in the body: an object, or nothing.
    pub body: serde_json::Map<String, Value>,
    /// The body as it came, where it is a table.
    pub bytes: Bytes,
    /// The headers.
    pub headers: HeaderMap,
    /// What is asked: the route's path.
    pub route: &'static str,
}

/// What is answered.
pub enum Reply {
    /// JSON, with the route's status.
    Json(Value),
    /// JSON with another one.
    Status(StatusCode, Value),
    /// What was answered before to a request with the same `Idempotency-Key`.
    Again(StatusCode, Value),
    /// A file.
    File(Vec<u8>),
    /// Nothing.
    Nothing,
    /// Something that goes on.
    Stream(Body),
}

impl Call {
    /// The project that the path names; one in which the caller has no right at all is not there.
    pub fn project(&self) -> Result<&Arc<Hosted>, Problem> {
        let name = self.part("project");
        let found = self.api.service.project(name).filter(|_| self.caller.knows(name));
        found.ok_or_else(|| absent("project", name))
    }

    /// A parameter of the path.
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A parameter of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A whole number of the query.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.asked(name).and_then(|text| text.parse().ok())
    }

    /// A text of the body.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// Whether the caller may do something with a flow of a project.
    pub fn may(&self, right: Right, project: &str, flow: &str) -> bool {
        self.caller.may(right, Place::Flow(&format!("{project}/{flow}")))
    }

    /// Refuses what the caller may not do with a flow of a project.
    pub fn needs(&self, right: Right, project: &str, flow: &str) -> Result<(), Problem> {
        self.caller.needs(right, Place::Flow(&format!("{project}/{flow}")))
    }
}

/// What is not there, or not for this caller.
pub fn absent(what: &str, name: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, &format!("there is no {what} `{name}`"))
}

/// The routes as a router: one method that an address does not have is refused in words.
pub fn router(routes: &[&'static Route], api: Api) -> Router {
    let mut by_path: BTreeMap<&str, Vec<&'static Route>> = BTreeMap::new();
    for route in routes {
        by_path.entry(route.path).or_default().push(route);
    }
    let mut router = Router::new();
    for (path, routes) in by_path {
        let mut methods: MethodRouter<Api> = any(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this address does not have this method; the header `allow` has those that it has",
        ));
        let allowed: Vec<&str> = routes.iter().map(|route| route.method).collect();
        for route in &routes {
            let filter = match route.method {
                "POST" => axum::routing::MethodFilter::POST,
                "PUT" => axum::routing::MethodFilter::PUT,
                "DELETE" => axum::routing::MethodFilter::DELETE,
                _ => axum::routing::MethodFilter::GET,
            };
            let route: &'static Route = route;
            methods =
                methods.merge(on(filter, move |state: State<Api>, parts: Parts| answer(route, state, parts)));
        }
        let allowed = HeaderValue::from_str(&allowed.join(", ")).unwrap_or(HeaderValue::from_static(""));
        let methods = methods.layer(axum::middleware::map_response(move |mut response: Response| {
            let allowed = allowed.clone();
            async move {
                if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                    response.headers_mut().insert(ALLOW, allowed);
                }
                response
            }
        }));
        router = router.route(path, methods);
    }
    let nothing = || async { Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address") };
    router.route("/api/{*rest}", any(nothing)).with_state(api)
}

/// A request, part by part, as axum hands it over.
struct Parts {
    caller: Caller,
    path: BTreeMap<String, String>,
    query: Option<String>,
    headers: HeaderMap,
    method: Method,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Parts {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Parts, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let path = RawPathParams::from_request_parts(&mut parts, state).await;
        let path = path.map_err(|_| Problem::request("the address is not UTF-8"))?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (headers, method) = (parts.headers.clone(), parts.method.clone());
        let query = parts.uri.query().map(str::to_owned);
        let body = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let body = body.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            let detail = if too_large { "the body is too large" } else { "the body did not come whole" };
            Problem::new(rejection.status(), detail)
        })?;
        Ok(Parts { caller, path, query, headers, method, body })
    }
}

async fn answer(route: &'static Route, State(api): State<Api>, parts: Parts) -> Result<Response, Problem> {
    let (activity, caller) = (api.activity.clone(), parts.caller.clone());
    let about = parts.path.clone();
    let is_delegated = route.records.is_some() && delegated(&api, &about);
    let asks = parts.headers.get(IF_NONE_MATCH).filter(|_| parts.method != Method::POST).cloned();
    let done = match understood(route, api, parts) {
        Ok(call) => (route.act)(call).await,
        Err(problem) => Err(problem),
    };
    let written = route.records.and_then(|deed| activity.of_route(deed, &caller, about, is_delegated, &done));
    if let Some(written) = written {
        written.await?;
    }
    let status = StatusCode::from_u16(route.answer.0).unwrap_or(StatusCode::OK);
    Ok(match done? {
        Reply::Json(value) if route.method == "GET" => tagged(status, &value, asks),
        Reply::Json(value) => json(status, &value),
        Reply::Status(status, value) => json(status, &value),
        Reply::Again(status, value) => {
            let mut response = json(status, &value);
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
            response
        }
        Reply::Nothing => StatusCode::NO_CONTENT.into_response(),
        Reply::File(bytes) => typed(route, status, Body::from(bytes)),
        Reply::Stream(body) => typed(route, status, body),
    })
}

/// Whether the path names a flow that people run by a right of their own.
fn delegated(api: &Api, path: &BTreeMap<String, String>) -> bool {
    let (Some(project), Some(flow)) = (path.get("project"), path.get("flow")) else { return false };
    let version = api.service.project(project).map(|hosted| hosted.runs.served.version());
    version.is_some_and(|version| {
        version.flow(flow).is_some_and(|flow| matches!(flow.trigger, Trigger::Delegated))
    })
}

/// A request, as far as it fits what is declared, from somebody who may do such a thing somewhere.
fn understood(route: &'static Route, api: Api, parts: Parts) -> Result<Call, Problem> {
    let Parts { caller, path, query, headers, body, .. } = parts;
    if let Some(right) = route.needs {
        let somewhere = caller.standing().is_some_and(|standing| standing.includes_somewhere(right));
        if !somewhere {
            caller.needs(right, Place::Service)?;
        }
    }
    let query = read_query(route, query.as_deref().unwrap_or_default())?;
    let read = if route.takes_csv { read_csv(&headers)? } else { read_body(route, &headers, &body)? };
    let bytes = if route.takes_csv { body } else { Bytes::new() };
    Ok(Call { api, caller, path, query, body: read, bytes, headers, route: route.path })
}

fn typed(route: &Route, status: StatusCode, body: Body) -> Response {
    let Shape::Text(mime) = route.answer.1 else { return body.into_response() };
    (status, [(CONTENT_TYPE, mime)], body).into_response()
}

fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// With a tag, by which whoever asks again learns that nothing has changed.
fn tagged(status: StatusCode, value: &Value, asks: Option<HeaderValue>) -> Response {
    let text = value.to_string();
    let tag = format!("\"{}\"", &hex(&Sha256::digest(&text))[..32]);
    // RFC 9110, 13.1.2: a list, of which weak ones count as well; `*` is any.
    let is_this = |other: &str| other == "*" || other.trim_start_matches("W/") == tag;
    let asks = asks.as_ref().and_then(|asks| asks.to_str().ok());
    let known = asks.is_some_and(|asks| asks.split(',').map(str::trim).any(is_this));
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => (status, [(CONTENT_TYPE, "application/json")], text).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn read_query(route: &Route, query: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut read = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let param = route.query.iter().find(|param| *param.name == *name);
        let Some(param) = param else {
            let known: Vec<&str> = route.query.iter().map(|param| param.name).collect();
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            return Err(Problem::request(&format!(
                "nothing is called `{name}` in the query: it may have {known}"
            )));
        };
        param.kind.is_met_by(&Value::from(&*value)).map_err(|expected| wrong(param, &expected))?;
        if read.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Problem::request(&format!("`{name}` stands twice in the query")));
        }
    }
    let missing = route.query.iter().find(|param| param.must && !read.contains_key(param.name));
    missing.map_or(Ok(read), |param| Err(Problem::request(&format!("`{}` must be in the query", param.name))))
}

/// Whether a body says that it is a table as CSV (RFC 4180).
fn read_csv(headers: &HeaderMap) -> Result<serde_json::Map<String, Value>, Problem> {
    match mime(headers, "text/csv").eq_ignore_ascii_case("text/csv") {
        true => Ok(Default::default()),
        false => {
            let message = "the body is a table: send `content-type: text/csv`";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
    }
}

fn mime<'h>(headers: &'h HeaderMap, usual: &'h str) -> &'h str {
    let mime = headers.get(CONTENT_TYPE).map_or(Some(usual), |mime| mime.to_str().ok());
    mime.and_then(|mime| mime.split(';').next()).unwrap_or_default().trim()
}

fn read_body(
    route: &Route,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<serde_json::Map<String, Value>, Problem> {
    let must = route.body.iter().any(|param| param.must);
    if body.is_empty() {
        let message = "this needs a body: an object as JSON";
        return if must { Err(Problem::request(message)) } else { Ok(Default::default()) };
    }
    if !mime(headers, "application/json").eq_ignore_ascii_case("application/json") {
        let message = "a body is JSON: send `content-type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let read: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::request(&format!("the body is no JSON: {error}")))?;
    let Value::Object(read) = read else {
        return Err(Problem::request("expected an object as the body"));
    };
    if let Some(name) = read.keys().find(|name| !route.body.iter().any(|param| *param.name == ***name)) {
        let known: Vec<&str> = route.body.iter().map(|param| param.name).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        return Err(Problem::request(&format!(
            "nothing is called `{name}` in the body: it may have {known}"
        )));
    }
    for param in route.body {
        match read.get(param.name) {
            None if param.must => {
                return Err(Problem::request(&format!("`{}` must be in the body", param.name)));
            }
            None => {}
            Some(value) => param.kind.is_met_by(value).map_err(|expected| wrong(param, &expected))?,
        }
    }
    Ok(read)
}

fn wrong(param: &Param, expected: &str) -> Problem {
    Problem::request(&format!("`{}`: expected {expected}", param.name))
}

impl Kind {
    /// What is expected, if a value is something else. In a query all are texts.
    fn is_met_by(self, value: &Value) -> Result<(), String> {
        let text = value.as_str();
        let met = match self {
            // No name and no text that is looked for holds what ends a text elsewhere.
            Kind::Text(most) => text.is_some_and(|text| text.len() <= most && !text.contains('\0')),
            Kind::Words(words) => {
                text.is_some_and(|text| text.split(',').all(|word| words.contains(&word.trim())))
            }
            Kind::Whole(least, most) => {
                let number = value.as_u64().or_else(|| text?.parse().ok());
                number.is_some_and(|number| (least..=most).contains(&number))
            }
            Kind::Date => text.is_some_and(|text| moment(text).is_some()),
            Kind::Object => value.is_object(),
            Kind::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
        };
        if met { Ok(()) } else { Err(self.told()) }
    }

    /// What is expected, in words.
    fn told(self) -> String {
        match self {
            Kind::Text(most) => format!("a text of at most {most} bytes"),
            Kind::Words(words) => words.join(", "),
            Kind::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Kind::Date => "a date & time such as 2026-11-28T06:00:00Z".to_owned(),
            Kind::Object => "an object".to_owned(),
            Kind::List => "a list of objects".to_owned(),
        }
    }
}

/// The microseconds since 1970 of a date and time.
pub fn moment(text: &str) -> Option<i64> {
    flowrun_core::value::Date::parse_iso(text)?.millis().checked_mul(1000)
}
