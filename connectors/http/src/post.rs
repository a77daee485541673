//! API Connector · Post.

use flowrun_core::examples;

sends! {
    /// Sends something new to a JSON service.
    ///
    /// If an answer is lost, it is not known whether the request took effect: the card fails and does not repeat it.
    /// Only the connection's host can be called.
    Post, "api_connector.post", "channels:http:httpfunctions:post", "POST", repeat: Never,
    examples! {
        r#"- card: api_connector.post
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: POST, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.post, with: { url: /echo, headers: { Host: elsewhere.example.com } } }"#
            => err "can't be set",
    }
}
