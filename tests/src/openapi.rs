//! What vendors promise of their APIs, read from their OpenAPI 3.0 files, and whether requests and answers keep to it.

pub mod instance;
mod message;
mod schema;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use flowrun_kit::http::{Request, Response};
use serde_json::Value;

pub use message::pairs;
pub use schema::{Direction, Schema};

/// An OpenAPI file, and the host that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// Its name.
    pub file: &'static str,
    /// Where its API is: `https://acme.okta.sim`.
    pub host: &'static str,
}

/// A mistake of an OpenAPI file, mended before use.
#[derive(Clone, Copy, Debug)]
pub struct Mend {
    /// The file.
    pub file: &'static str,
    /// Where in it, as a JSON pointer.
    pub at: &'static str,
    /// What is to stand there, as JSON; nothing takes away what stands there.
    pub by: Option<&'static str>,
    /// How it is known to be a mistake.
    pub reason: &'static str,
}

/// All promises together.
#[derive(Debug)]
pub struct Contract {
    operations: Vec<Operation>,
    hosts: Vec<&'static str>,
}

/// One operation of an API.
#[derive(Debug)]
pub struct Operation {
    /// Method and path, as messages name it: `GET /api/v1/users/{id}`.
    pub name: String,
    host: &'static str,
    method: String,
    path: Vec<String>,
    parameters: Vec<Parameter>,
    secured: bool,
    body: Option<Body>,
    /// What is answered, by status.
    pub answers: BTreeMap<u16, Body>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    place: Place,
    required: bool,
    schema: Schema,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Path,
    Query,
    Header,
}

/// A body by its content types; with none of them it must be empty.
#[derive(Debug, Default)]
pub struct Body {
    required: bool,
    /// Each content type, with what a body of it looks like.
    pub content: BTreeMap<String, Media>,
}

/// What a body of one content type looks like.
#[derive(Debug)]
pub struct Media {
    document: Arc<Value>,
    raw: Value,
    direction: Direction,
    read: OnceLock<Schema>,
    /// The examples that the file gives, by their names.
    pub examples: Vec<(String, Value)>,
}

impl Media {
    /// The schema; made of the first example where the file has none.
    pub fn schema(&self) -> &Schema {
        self.read.get_or_init(|| match (&self.raw, self.examples.first()) {
            (Value::Null, Some((_, example))) => Schema::of_example(example),
            (raw, _) => Schema::read(&self.document, raw, self.direction),
        })
    }
}

impl Contract {
    /// Reads the files in `folder`; panics over a file that is not what it should be.
    pub fn read(folder: &Path, documents: &[Document], mends: &[Mend]) -> Contract {
        let mut operations = Vec::new();
        for document in documents {
            let path = folder.join(document.file);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let mut whole: Value =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            for mend in mends.iter().filter(|mend| mend.file == document.file) {
                apply(&mut whole, mend);
            }
            operations.extend(read_operations(&Arc::new(whole), document.host));
        }
        Contract { operations, hosts: documents.iter().map(|document| document.host).collect() }
    }

    /// The operation called `name`; panics if there is none.
    pub fn operation(&self, name: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.name == name);
        found.unwrap_or_else(|| panic!("no file has the operation {name}"))
    }

    /// The operation that a request asks for: `None` if its host is under no contract, an error if the host has no such
    /// operation.
    pub fn find(&self, request: &Request) -> Option<Result<&Operation, String>> {
        let (host, path) = self.hosts.iter().find_map(|host| {
            let rest = request.url.strip_prefix(host)?;
            rest.starts_with('/').then(|| (*host, rest.split(['?', '#']).next().unwrap_or_default()))
        })?;
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let fits =
            self.operations.iter().filter(|operation| operation.host == host && operation.fits(&parts));
        let fits = fits.filter(|operation| operation.method == request.method.as_str());
        // `/employees/attributes` is no employee.
        let best = fits.min_by_key(|operation| operation.path.iter().filter(|part| is_slot(part)).count());
        Some(best.ok_or_else(|| format!("no file has {} {path}", request.method)))
    }
}

impl Operation {
    fn fits(&self, parts: &[&str]) -> bool {
        let same = |(wanted, part): (&String, &&str)| {
            if is_slot(wanted) { !part.is_empty() } else { wanted == part }
        };
        self.path.len() == parts.len() && self.path.iter().zip(parts).all(same)
    }

    /// What is wrong with a request for it.
    pub fn check_request(&self, request: &Request) -> Vec<String> {
        message::check_request(self, request)
    }

    /// What is wrong with an answer of it. What is answered with a status that is not in the file must look like an answer
    /// with another status that is as good or as bad.
    pub fn check_response(&self, response: &Response) -> Vec<String> {
        message::check_response(self, response)
    }
}

fn is_slot(part: &str) -> bool {
    part.starts_with('{')
}

fn apply(document: &mut Value, mend: &Mend) {
    let (above, last) = mend.at.rsplit_once('/').unwrap_or_else(|| panic!("{} isn't a pointer", mend.at));
    let above = document.pointer_mut(above).and_then(Value::as_object_mut);
    let above = above.unwrap_or_else(|| panic!("{} has nothing at {}", mend.file, mend.at));
    let last = last.replace("~1", "/");
    match mend.by {
        Some(by) => {
            let by = serde_json::from_str(by).unwrap_or_else(|error| panic!("{by}: {error}"));
            above.insert(last, by);
        }
        None => {
            let gone = above.remove(&last);
            assert!(gone.is_some(), "{} has nothing to be mended at {}", mend.file, mend.at);
        }
    }
}

/// What a reference leads to.
fn resolve<'d>(document: &'d Value, mut value: &'d Value) -> &'d Value {
    while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        value = found.unwrap_or_else(|| panic!("{reference} leads nowhere"));
    }
    value
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn read_operations(document: &Arc<Value>, host: &'static str) -> Vec<Operation> {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let prefix = server.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let prefix = prefix.map_or(String::new(), |(_, path)| format!("/{}", path.trim_matches('/')));
    let mut operations = Vec::new();
    for (path, item) in members(document.get("paths")) {
        let path = format!("{prefix}{path}");
        for (method, operation) in members(Some(item)) {
            if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                continue;
            }
            let both = items(item.get("parameters")).chain(items(operation.get("parameters")));
            let method = method.to_ascii_uppercase();
            let security = operation.get("security").or_else(|| document.get("security"));
            operations.push(Operation {
                name: format!("{method} {path}"),
                host,
                method,
                path: path.split('/').skip(1).map(str::to_owned).collect(),
                parameters: both.filter_map(|parameter| read_parameter(document, parameter)).collect(),
                secured: items(security).next().is_some(),
                body: operation.get("requestBody").map(|body| read_body(document, body, Direction::Request)),
                answers: members(operation.get("responses"))
                    .filter_map(|(status, answer)| {
                        Some((status.parse().ok()?, read_body(document, answer, Direction::Answer)))
                    })
                    .collect(),
            });
        }
    }
    operations
}

fn read_parameter(document: &Value, parameter: &Value) -> Option<Parameter> {
    let parameter = resolve(document, parameter);
    let name = parameter.get("name").and_then(Value::as_str)?.to_owned();
    let place = match parameter.get("in").and_then(Value::as_str)? {
        "path" => Place::Path,
        "query" => Place::Query,
        // OpenAPI ignores a parameter of this name: it belongs to the body.
        "header" if name.eq_ignore_ascii_case("content-type") => return None,
        "header" => Place::Header,
        _ => return None,
    };
    Some(Parameter {
        name,
        place,
        required: parameter.get("required").and_then(Value::as_bool).unwrap_or(false),
        schema: Schema::read(document, parameter.get("schema").unwrap_or(&Value::Null), Direction::Request),
    })
}

fn read_body(document: &Arc<Value>, body: &Value, direction: Direction) -> Body {
    let body = resolve(document, body);
    let content = members(body.get("content")).map(|(kind, media)| {
        let named = members(media.get("examples")).filter_map(|(name, example)| {
            Some((name.clone(), resolve(document, example).get("value")?.clone()))
        });
        let only = media.get("example").map(|example| ("example".to_owned(), example.clone()));
        let media = Media {
            document: document.clone(),
            raw: media.get("schema").cloned().unwrap_or_default(),
            direction,
            read: OnceLock::new(),
            examples: named.chain(only).collect(),
        };
        (kind.clone(), media)
    });
    let content = content.collect();
    Body { required: body.get("required").and_then(Value::as_bool).unwrap_or(false), content }
}
