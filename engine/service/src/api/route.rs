//! What can be asked at one address, declared once.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, on};
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
    /// What is answered if all goes well: the status, and what the body is.
    pub answer: (u16, Shape),
    /// Does it.
    pub act: Act,
}

/// What does it.
pub type Act = fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

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
    /// The headers.
    pub headers: HeaderMap,
}

/// What is answered.
pub enum Reply {
    /// JSON, with the route's status.
    Json(Value),
    /// JSON with another one.
    Status(StatusCode, Value),
    /// Nothing.
    Nothing,
    /// Something that goes on.
    Stream(Body),
}

impl Call {
    /// The project that the path names; one that the caller knows nothing of is not there.
    pub fn project(&self) -> Result<&Arc<Hosted>, Problem> {
        let name = self.path.get("project").map(String::as_str).unwrap_or_default();
        let place = Place::Folder(name);
        let standing = self.caller.standing();
        let known = standing.is_some_and(|standing| {
            standing.includes(Right::SeeFlows, place) || standing.includes_somewhere(Right::SeeFlows)
        });
        let found = self.api.service.project(name).filter(|_| known);
        found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, &format!("there is no project `{name}`")))
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
            methods = methods.merge(on(filter, move |state, caller, path, query, headers, method, body| {
                answer(route, state, caller, path, query, headers, method, body)
            }));
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

#[allow(clippy::too_many_arguments)] // They are the parts of a request, which axum hands over one by one.
async fn answer(
    route: &'static Route,
    State(api): State<Api>,
    caller: Caller,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    method: Method,
    body: Bytes,
) -> Result<Response, Problem> {
    if let Some(right) = route.needs {
        let somewhere = caller.standing().is_some_and(|standing| standing.includes_somewhere(right));
        if !somewhere {
            caller.needs(right, Place::Service)?;
        }
    }
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = read_query(route, query.as_deref().unwrap_or_default())?;
    let body = read_body(route, &headers, &body)?;
    let asks = headers.get(IF_NONE_MATCH).cloned();
    let call = Call { api, caller, path, query, body, headers };
    let status = StatusCode::from_u16(route.answer.0).unwrap_or(StatusCode::OK);
    Ok(match (route.act)(call).await? {
        Reply::Json(value) if method == Method::GET => tagged(status, &value, asks),
        Reply::Json(value) => json(status, &value),
        Reply::Status(status, value) => json(status, &value),
        Reply::Nothing => StatusCode::NO_CONTENT.into_response(),
        Reply::Stream(body) => {
            let Shape::Text(mime) = route.answer.1 else { return Ok(body.into_response()) };
            (status, [(CONTENT_TYPE, mime)], body).into_response()
        }
    })
}

fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// With a tag, by which whoever asks again learns that nothing has changed.
fn tagged(status: StatusCode, value: &Value, asks: Option<HeaderValue>) -> Response {
    let text = value.to_string();
    let tag = format!("\"{}\"", &hex(&Sha256::digest(&text))[..32]);
    let known = asks.is_some_and(|asks| asks.as_bytes() == tag.as_bytes());
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
    let mime = headers.get(CONTENT_TYPE).and_then(|mime| mime.to_str().ok()).unwrap_or("application/json");
    let mime = mime.split(';').next().unwrap_or_default().trim();
    if !mime.eq_ignore_ascii_case("application/json") {
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
