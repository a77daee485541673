//! File · Upload.

use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, Uploaded, by_method};

/// Uploads a file: its bytes are the request's body.
///
/// Its `Content-Type` is `application/octet-stream`, unless `headers` say otherwise. PUT is repeated when an answer is lost, POST never.
/// Only the connection's host can be called. A file may have 8 MB. See `file.multipart_upload` for services that want a form.
#[derive(Inputs)]
pub struct Upload {
    /// The file.
    #[input(key = "File Content")]
    file_content: Arc<File>,
    /// A path on the connection's host, or its whole address, with or without a query.
    #[input(key = "URL")]
    url: Text,
    /// The method.
    #[input(key = "Method", default = "POST", choices = ["PUT", "POST"])]
    method: Text,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
}

impl Effect for Upload {
    const ID: &str = "file.upload";
    // No export that has it is known; Okta's page is named so, as that of Download is.
    const EXPORTED_AS: &[&str] = &["channels:http:filefunctions:largeUpload"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: file.create
  id: made
  with: { text: "id,name", filename: people.csv }
- card: file.upload
  id: sent
  with: { file_content: $.made.file_content, url: /echo, method: PUT, headers: { Content-Type: text/csv } }
- card: flow_control.return
  with:
    status: $.sent.status_code
    method: $.sent.body.method
    type: $.sent.body.headers['content-type']
    text: $.sent.body.text"#
            => ok r#"{ status: 200, method: PUT, type: text/csv, text: "id,name" }"#,
        r#"- card: file.create
  id: made
  with: { text: "id,name", filename: people.csv }
- card: file.upload
  with: { file_content: $.made.file_content, url: /echo, method: GET }"#
            => err "expected PUT or POST, found",
    };
    const DOES: Does = Does::AsMethod(Self::METHOD);
    const AFTER_CRASH: AfterCrash = exchange::after_crash(Self::DOES);
    const TIMEOUT: std::time::Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = Uploaded;

    async fn run(self, api: &ApiConnector) -> Result<Uploaded> {
        let written = Written {
            method: by_method(&self.method, Self::METHOD)?,
            url: &self.url,
            query: &Value::Null,
            headers: self.headers.as_ref(),
            body: &Value::File(self.file_content),
            text_type: None,
        };
        exchange::upload(api, written).await
    }
}
