//! The connectors of this binary: the only place that names them.

use flowrun_kit::registry::Registry;

/// Every connector and every card of this binary.
pub fn registry() -> Registry {
    let own = [
        flowrun_tables::effect_cards(),
        flowrun_files::effect_cards(),
        flowrun_crypto::effect_cards(),
        flowrun_external::effect_cards(),
    ];
    Registry::new(
        flowrun_cards::cards().into_iter().chain(flowrun_crypto::pure_cards()),
        own.into_iter().flatten(),
        [flowrun_okta::connector(), flowrun_personio::connector(), flowrun_http::connector()],
    )
}
