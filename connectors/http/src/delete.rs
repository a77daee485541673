//! API Connector · Delete.

use flowrun_core::examples;

sends! {
    /// Deletes something from a JSON service.
    ///
    /// A lost answer is asked for again, for deleting twice does no more than deleting once; many services answer 404
    /// to the second request, which is an error then. Few want a body: leave it out. Only the connection's host can
    /// be called.
    Delete, "api_connector.delete", "channels:http:httpfunctions:delete", "DELETE", repeat: Safe,
    examples! {
        r#"- card: api_connector.delete
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: DELETE, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.delete, with: { url: /status/404 } }"#
            => err "the API answered 404",
    }
}
