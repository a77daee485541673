//! API Connector · Put.

use flowrun_core::examples;

sends! {
    /// Sends a JSON service something in place of what it has.
    ///
    /// A lost answer is asked for again, for putting twice does no more than putting once.
    /// Only the connection's host can be called.
    Put, "api_connector.put", "channels:http:httpfunctions:put", "PUT", repeat: Safe,
    examples! {
        r#"- card: api_connector.put
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: PUT, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.put, with: { url: /echo, headers: { Host: elsewhere.example.com } } }"#
            => err "can't be set",
    }
}
