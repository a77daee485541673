//! API Connector · Patch.

use flowrun_core::examples;

sends! {
    /// Changes a part of what a JSON service has.
    ///
    /// If an answer is lost, it is not known whether the request took effect: the card fails and does not repeat it.
    /// Only the connection's host can be called. To replace the whole see `api_connector.put`.
    Patch, "api_connector.patch", "channels:http:httpfunctions:patch", "PATCH", repeat: Never,
    examples! {
        r#"- card: api_connector.patch
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: PATCH, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.patch, with: { url: /status/409, body: {} } }"#
            => err "the API answered 409",
    }
}
