//! OAuth 2.0 scopes: which of them to ask for.

use std::collections::BTreeSet;

use flowrun_core::value::Text;

/// The scopes that cards need, and those of the setting `scopes`, which parts them by spaces or commas.
pub(crate) fn asked(cards: &BTreeSet<Text>, setting: Option<&str>) -> BTreeSet<String> {
    let more = setting.unwrap_or_default().split([' ', ',', '\n', '\t']).filter(|scope| !scope.is_empty());
    cards.iter().map(|scope| &**scope).chain(more).map(str::to_owned).collect()
}

/// The same scopes without those that others of them include.
pub(crate) fn fewest(scopes: BTreeSet<String>) -> Vec<String> {
    let spare = |scope: &&String| !scopes.iter().any(|other| other != *scope && covers(other, scope));
    scopes.iter().filter(spare).cloned().collect()
}

/// Whether who has `granted` has `wanted`: to manage something is to read it too.
pub(crate) fn covers(granted: &str, wanted: &str) -> bool {
    let manages = granted.strip_suffix(".manage");
    granted == wanted || manages.is_some() && manages == wanted.strip_suffix(".read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_scopes_are_asked_for() {
        let cards = ["okta.identitySources.read", "okta.identitySources.manage", "okta.users.read"];
        let cards = cards.map(Text::from).into();
        let asked = asked(&cards, Some("okta.logs.read,okta.users.read  okta.users.manage"));
        assert_eq!(fewest(asked), ["okta.identitySources.manage", "okta.logs.read", "okta.users.manage"]);
        assert!(!covers("okta.users.read", "okta.users.manage"));
        assert!(!covers("okta.users.manage", "okta.groups.read"));
    }
}
