//! The connectors of this binary: the only place that names them.

use flowrun_kit::registry::Registry;

/// Every connector and every card of this binary.
pub fn registry() -> Registry {
    let connectors = [
        flowrun_personio::connector(),
        flowrun_okta::connector(),
        flowrun_http::connector(),
        flowrun_external::connector(),
        flowrun_tables::connector(),
        flowrun_files::connector(),
        flowrun_crypto::connector(),
    ];
    Registry::new(flowrun_cards::cards(), connectors)
}
