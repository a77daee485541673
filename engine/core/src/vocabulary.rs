//! What a flow can name that its project does not define: cards, connectors, events.

use crate::card::Catalog;

/// Something that happens at the vendor, which a flow's trigger may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name in flow files: `okta.user_created`.
    pub name: &'static str,
    /// Its name as people write it: `User Created`.
    pub title: &'static str,
    /// The export address it stands for.
    pub exported_as: &'static str,
    /// What the vendor's log calls what happens.
    pub types: &'static [&'static str],
    /// What a flow is told of it, besides time, type and message.
    pub payload: &'static [&'static str],
}

/// All that flows can name, whatever the project.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// The cards.
    pub cards: Catalog,
    /// The connectors whose connections a project can define.
    pub connectors: Vec<&'static str>,
    /// The events that a trigger may name.
    pub events: Vec<Event>,
}
