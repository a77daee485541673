//! Requests that a flow's author writes: address, query, headers and body as values of the language.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{FromValue, Record, Text, Value, query_pairs};

use crate::call::Call;
use crate::client::Client;
use crate::form::{self, Form};

/// A request as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The method's name.
    pub method: &'a str,
    /// A path, or an absolute address of the connection's host.
    pub url: &'a str,
    /// An object, of which a list repeats its key, or a text with or without a question mark.
    pub query: &'a Value,
    /// The headers.
    pub headers: Option<&'a Record>,
    /// An object is sent as JSON, or as the form that its `Content-Type` asks for; a list as JSON, a text or a file as it is; blank is no
    /// body. Secrets in it are sent.
    pub body: &'a Value,
    /// The `Content-Type` of a text, unless the headers have one.
    pub text_type: Option<&'static str>,
}

/// The methods that may be written.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Written<'_> {
    /// The call to make over `client`.
    pub fn call(&self, client: &Client) -> Result<Call> {
        let method = self.method.trim().to_ascii_uppercase();
        let Some(method) = Method::from_bytes(method.as_bytes()).ok().filter(|_| METHODS.contains(&&*method))
        else {
            return Err(invalid(format!("expected {}, found \"{}\"", METHODS.join(", "), self.method)));
        };
        if self.url.trim().is_empty() {
            return Err(invalid("the address is blank"));
        }
        let call = Call::new(method, self.url.trim());
        let call = self.add_query(call)?;
        let call = self.add_headers(call, client)?;
        self.add_body(call, client)
    }

    fn add_query(&self, call: Call) -> Result<Call> {
        match self.query {
            Value::Object(members) => {
                let pairs = query_pairs(members).map_err(|told| {
                    let help = "services differ in how they read other values: write the query as a text; secrets go into a header";
                    invalid(format!("the query's {told}")).help(help)
                })?;
                Ok(call.query(pairs))
            }
            Value::Null => Ok(call),
            other => Ok(call.raw_query(text(other, "query")?.trim().trim_start_matches('?'))),
        }
    }

    fn add_headers(&self, mut call: Call, client: &Client) -> Result<Call> {
        for (name, value) in self.headers.into_iter().flatten() {
            let header = HeaderName::from_bytes(name.trim().to_ascii_lowercase().as_bytes())
                .map_err(|_| invalid(format!("\"{name}\" can't be a header name")))?;
            // What these say is settled by the connection and by the body.
            if ["host", "content-length", "transfer-encoding", "connection", "upgrade"]
                .contains(&header.as_str())
            {
                return Err(invalid(format!(
                    "the header \"{name}\" can't be set: it follows from the request"
                )));
            }
            if client.auth_header().is_some_and(|own| own == header) {
                let fault = invalid(format!("the connection sends the header \"{name}\" itself"));
                return Err(fault.help("leave it out, or use a connection without credentials"));
            }
            if value.is_null() {
                continue;
            }
            let (plain, secret) = match value {
                Value::Secret(secret) => (Text::from(secret.expose()), true),
                other => (text(other, name)?, header == AUTHORIZATION),
            };
            let mut value = HeaderValue::from_str(plain.trim()).map_err(|_| {
                invalid(format!("the header \"{name}\" has characters that no header may carry"))
            })?;
            value.set_sensitive(secret);
            call = call.header(header, value);
        }
        Ok(call)
    }

    fn add_body(&self, call: Call, client: &Client) -> Result<Call> {
        match self.body {
            Value::Null => Ok(call),
            Value::Secret(secret) => Ok(self.add_text(call, secret.expose())),
            Value::Object(_) if call.form().is_some() => {
                let Value::Object(members) = self.body.exposed() else { return Ok(call) };
                match call.form() {
                    Some(Form::Parts) => {
                        let (content_type, body) =
                            form::parts(&members, client.files(), client.largest_body())?;
                        let content_type =
                            HeaderValue::from_str(&content_type).map_err(|_| invalid("no boundary"))?;
                        Ok(call.header(CONTENT_TYPE, content_type).body(body))
                    }
                    _ => Ok(call.body(form::url_encoded(&members)?)),
                }
            }
            Value::File(file) => {
                let typed = call.has_header(&CONTENT_TYPE);
                let call = call.body(client.files().read(file, client.largest_body() as u64)?);
                Ok(match typed {
                    true => call,
                    false => call.header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
                })
            }
            Value::Object(_) | Value::List(_) => call.json(&self.body.exposed()),
            other => Ok(self.add_text(call, &text(other, "body")?)),
        }
    }

    fn add_text(&self, call: Call, text: &str) -> Call {
        let typed = call.has_header(&CONTENT_TYPE) || text.is_empty();
        let call = call.body(text.as_bytes().to_vec());
        match self.text_type.filter(|_| !typed) {
            Some(text_type) => call.header(CONTENT_TYPE, HeaderValue::from_static(text_type)),
            None => call,
        }
    }
}

/// A value as the text that it is; a list or an object is none.
fn text(value: &Value, name: &str) -> Result<Text> {
    if let Value::List(_) | Value::Object(_) = value {
        return Err(invalid(format!("`{name}`: expected a text, found {}", value.kind())));
    }
    Text::from_value(value.clone()).map_err(|mismatch| invalid(format!("`{name}`: {mismatch}")))
}

fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::InvalidInput, message)
}
