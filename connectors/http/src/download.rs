//! File · Download.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::ACCEPT;
use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Record, Text, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::download::LONGEST;
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::{ApiConnector, disposition};

/// Downloads a file.
///
/// It goes to disk while it arrives, never into memory, and lasts as long as the run. Without `filename` its name is that
/// of the answer's `Content-Disposition`, else the last part of the address. A download that breaks off is started again. Only
/// the connection's host can be called: a file that lies elsewhere, such as behind a redirect to a storage service, needs
/// a connection to that host. One file may have 256 MB, all files of a run 1 GB, unless `--max-file-mb` and
/// `--max-files-mb` say otherwise.
#[derive(Inputs)]
pub struct Download {
    /// A path on the connection's host, or its whole address.
    #[input(key = "URL")]
    url: Text,
    /// What to add to the query: an object, of which a list repeats its key and a missing value is left out, or a text with or
    /// without a question mark.
    #[input(key = "Query")]
    query: Value,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
    /// What to call the file.
    filename: Option<Text>,
}

/// The file.
#[derive(Outputs)]
pub struct Downloaded {
    /// The file.
    #[output(key = "File Content")]
    file_content: Arc<File>,
    /// Its name.
    #[output(key = "Filename")]
    filename: Text,
    /// Its size in bytes.
    #[output(key = "Size")]
    size: f64,
}

impl Effect for Download {
    const ID: &str = "file.download";
    const EXPORTED_AS: &[&str] = &["channels:http:filefunctions:largeDownload"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: file.download, with: { url: /files/40000/people.csv } }"#
            => ok r#"{ filename: people.csv, size: 40000 }"#,
        r#"- { card: file.download, with: { url: /files/0/people.csv, filename: today.csv } }"#
            => ok r#"{ filename: today.csv, size: 0 }"#,
        r#"- { card: file.download, with: { url: "https://elsewhere.example.com/people.csv" } }"#
            => err "not to https://elsewhere.example.com",
        r#"- { card: file.download, with: { url: /status/404 } }"#
            => err "the API answered 404",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = LONGEST;
    type Connection = ApiConnector;
    type Out = Downloaded;

    async fn run(self, api: &ApiConnector) -> Result<Downloaded> {
        let written = Written {
            method: "GET",
            url: &self.url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &Value::Null,
            text_type: None,
        };
        let mut call = written.call(&api.client)?;
        if !call.has_header(&ACCEPT) {
            call = call.header(ACCEPT, HeaderValue::from_static("*/*"));
        }
        let (reply, draft) = api.client.download(call).await?;
        let given = self.filename.filter(|name| !name.trim().is_empty());
        let name = given.unwrap_or_else(|| disposition::name(&reply.headers, &self.url).into());
        let file = draft.keep(&name, api.client.clock().now_ms());
        Ok(Downloaded { filename: file.name.clone(), size: file.size as f64, file_content: file })
    }
}
