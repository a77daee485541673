//! A flow's inputs out of a request.

use flowrun_core::model;
use flowrun_core::program::Flow;
use flowrun_core::types::Type;
use flowrun_core::value::{Record, Text, Value, convert};

use axum::http::Method;

use super::directory::Endpoint;
use super::problem::Wrong;
use super::request::Asked;
use crate::projects::Version;

/// What of a request an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// All of it: `{ headers, body, query }`.
    Raw,
    /// All headers.
    Headers,
    /// The body, as text.
    Body,
    /// The fields of the body, in one object.
    Fields,
    /// The query, as text.
    Query,
    /// The header of its name.
    InHeaders,
    /// The field of its name in the query.
    InQuery,
    /// The field of its name in the query of a GET, in the body of a POST.
    Field,
}

impl From {
    /// Where an input comes from. The first five are told by name and type, as exports have them; where an author gives one of those names
    /// another type it is an ordinary field.
    pub fn of(endpoint: &Endpoint, name: &str, ty: Type) -> From {
        if endpoint.headers.contains(name) {
            return From::InHeaders;
        }
        if endpoint.query.contains(name) {
            return From::InQuery;
        }
        match name {
            "raw" if ty == Type::OBJECT => From::Raw,
            "headers" if ty == Type::OBJECT => From::Headers,
            "body" if ty == Type::TEXT => From::Body,
            "body" if ty == Type::OBJECT => From::Fields,
            "query" if ty == Type::TEXT => From::Query,
            _ => From::Field,
        }
    }
}

/// An input as its author has declared it.
pub struct Declared<'v> {
    /// The declaration.
    pub input: &'v model::Input,
    /// Its type, which is a remark alone where the flow converts nothing.
    pub ty: Type,
    /// Where it comes from.
    pub from: From,
}

/// The inputs of an endpoint's flow.
pub fn declared<'v>(endpoint: &Endpoint, version: &'v Version) -> Option<(&'v Flow, Vec<Declared<'v>>)> {
    let flow = version.flow(&endpoint.flow)?;
    let declared = version.project.flow(&endpoint.flow)?.inputs.iter().map(|input| {
        let ty = input.ty.as_ref().and_then(|ty| Type::parse(&ty.it)).unwrap_or(Type::ANY);
        Declared { input, ty, from: From::of(endpoint, &input.name.it, ty) }
    });
    Some((flow, declared.collect()))
}

/// The inputs that a request gives.
pub fn of(endpoint: &Endpoint, version: &Version, asked: &Asked) -> Result<Record, Wrong> {
    let (flow, declared) = declared(endpoint, version).ok_or_else(Wrong::unknown)?;
    if let (true, Some(doubt)) = (endpoint.strict, &asked.doubt) {
        return Err(Wrong::new(400, "invalid_body", doubt));
    }
    let mut inputs = Record::default();
    for Declared { input, ty, from } in declared {
        let name = &input.name.it;
        match value(asked, from, name, ty) {
            Some(value) => drop(inputs.insert(name.clone(), value)),
            None if endpoint.strict && input.default.is_none() => {
                return Err(Wrong::new(400, "missing_input", &format!("the input `{name}` is missing")));
            }
            None => {}
        }
    }
    fits(flow, &inputs)?;
    Ok(inputs)
}

fn value(asked: &Asked, from: From, name: &str, ty: Type) -> Option<Value> {
    match from {
        From::Raw => Some(Value::object([
            ("headers", Value::from(asked.headers.clone())),
            ("body", Value::from(&*asked.body)),
            ("query", Value::from(&*asked.query)),
        ])),
        From::Headers => Some(Value::from(asked.headers.clone())),
        From::Body => Some(Value::from(&*asked.body)),
        From::Fields => asked.whole(),
        From::Query => Some(Value::from(&*asked.query)),
        From::InHeaders => asked.header(name).cloned(),
        From::InQuery => asked.in_query(name, ty.list),
        From::Field if asked.method == Method::GET => asked.in_query(name, ty.list),
        From::Field => asked.in_body(name, ty.list),
    }
    .map(|value| structured(value, ty))
}

/// A text that stands for an object or a list of something else than texts: JSON in a query or a form.
fn structured(value: Value, ty: Type) -> Value {
    let parse = |text: &Text| flowrun_core::value::parse_json(text).ok();
    match &value {
        Value::Text(text) if ty == Type::OBJECT => parse(text).unwrap_or(value),
        _ => value,
    }
}

/// Refuses what the flow would refuse, before there is a run.
fn fits(flow: &Flow, inputs: &Record) -> Result<(), Wrong> {
    let refuse = |message: &str| Err(Wrong::new(400, "invalid_input", message));
    for input in &flow.inputs {
        let Some(value) = inputs.get(&input.name).filter(|value| !value.is_null()) else { continue };
        if input.sealed {
            continue;
        }
        let value = match convert(value.clone(), input.ty) {
            Ok(value) => value,
            Err(mismatch) => return refuse(&format!("the input `{}`: {mismatch}", input.name)),
        };
        if !input.choices.is_empty() && !input.choices.contains(&value) {
            let choices: Vec<String> = input.choices.iter().map(Value::to_string).collect();
            return refuse(&format!("the input `{}`: expected one of {}", input.name, choices.join(", ")));
        }
    }
    Ok(())
}
