//! File · Multipart Upload.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Record, Text, Value};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, Uploaded, by_method};

/// Uploads a file as a part of a form (`multipart/form-data`), with what else the service wants to know.
///
/// The other parts come first, then the file. PUT is repeated when an answer is lost, POST never. Only the connection's host can be called.
/// A form may have 8 MB.
#[derive(Inputs)]
pub struct MultipartUpload {
    /// The file.
    #[input(key = "File Content")]
    file_content: Arc<File>,
    /// What to call the file, with its extension; blank is its own name.
    #[input(key = "File Name")]
    file_name: Option<Text>,
    /// A path on the connection's host, or its whole address, with or without a query.
    #[input(key = "URL")]
    url: Text,
    /// The method.
    #[input(key = "Method", default = "POST", choices = ["PUT", "POST"])]
    method: Text,
    /// Headers to send, but for `Content-Type`.
    #[input(key = "Headers")]
    headers: Option<Record>,
    /// The other parts: a text, number, true/false or date each. A list repeats its name, what is missing is left out; secrets are
    /// sent.
    #[input(key = "Data")]
    data: Option<Record>,
    /// The name of the part that the file is. Okta's card has no such input.
    #[input(default = "file")]
    file_parameter: Text,
}

impl Effect for MultipartUpload {
    const ID: &str = "file.multipart_upload";
    // No export that has it is known; Okta's page is named so, as that of Download is.
    const EXPORTED_AS: &[&str] = &["channels:http:filefunctions:largeMultipartUpload"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: file.create
  id: made
  with: { text: "id,name", filename: export.csv }
- card: file.multipart_upload
  id: sent
  with: { file_content: $.made.file_content, file_name: people.csv, url: /form, data: { parent_id: 0, tag: [a, b] } }
- card: flow_control.return
  with:
    parts: $.sent.body.parts[*].name
    file: $.sent.body.parts[3]"#
            => ok r#"{ parts: [parent_id, tag, tag, file], file: { name: file, filename: people.csv, text: "id,name" } }"#,
        r#"- card: file.create
  id: made
  with: { text: "id,name", filename: people.csv }
- card: file.multipart_upload
  with: { file_content: $.made.file_content, url: /form, data: { file: people } }"#
            => err "two parts would be called `file`",
    };
    const DOES: Does = Does::AsMethod(Self::METHOD);
    const AFTER_CRASH: AfterCrash = exchange::after_crash(Self::DOES);
    const TIMEOUT: std::time::Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = Uploaded;

    async fn run(self, api: &ApiConnector) -> Result<Uploaded> {
        let mut parts = self.data.unwrap_or_default();
        if self.file_parameter.trim().is_empty() {
            bail!(Self::FILE_PARAMETER, "the name of the file's part is blank");
        }
        if parts.contains_key(&self.file_parameter) {
            bail!(Self::DATA, "two parts would be called `{}`", self.file_parameter);
        }
        let name = self.file_name.filter(|name| !name.trim().is_empty());
        let File { handle, name: own, size } = Arc::unwrap_or_clone(self.file_content);
        let file = File { handle, name: name.unwrap_or(own), size };
        parts.insert(self.file_parameter, Value::File(Arc::new(file)));
        let typed = |name: &Text| name.trim().eq_ignore_ascii_case(CONTENT_TYPE.as_str());
        let headers = self.headers.unwrap_or_default().into_iter().filter(|(name, _)| !typed(name));
        let mut headers: Record = headers.collect();
        headers.insert(CONTENT_TYPE.as_str().into(), Value::from("multipart/form-data"));
        let written = Written {
            method: by_method(&self.method, Self::METHOD)?,
            url: &self.url,
            query: &Value::Null,
            headers: Some(&headers),
            body: &Value::from(parts),
            text_type: None,
        };
        exchange::upload(api, written).await
    }
}
