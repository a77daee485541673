//! The connectors of this binary: the only place that names them.

use flowrun_kit::registry::Registry;

/// Every connector and every card of this binary.
pub fn registry() -> Registry {
    let own = [flowrun_tables::CARDS, flowrun_files::CARDS, flowrun_crypto::CARDS, flowrun_external::CARDS];
    Registry::new(
        flowrun_cards::groups().chain([flowrun_crypto::PURE_CARDS]),
        own,
        [&flowrun_okta::CONNECTOR, &flowrun_personio::CONNECTOR, &flowrun_http::CONNECTOR],
    )
}
