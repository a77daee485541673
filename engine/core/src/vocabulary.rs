//! What a flow can name that its project does not define: cards, connectors, events.

use std::borrow::Cow;

use crate::card::{Catalog, Words};
use crate::value::Text;

/// Something that happens at the vendor, which a flow's trigger may name.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name in flow files: `okta.user_created`.
    pub name: Cow<'static, str>,
    /// Its name as people write it: `User Created`.
    pub title: Cow<'static, str>,
    /// The export address it stands for.
    pub exported_as: Cow<'static, str>,
    /// What the vendor's log calls what happens.
    pub types: Words,
    /// What a flow is told of it, besides time, type and message.
    pub payload: Words,
}

/// All that flows can name, whatever the project.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// The cards.
    pub cards: Catalog,
    /// The connectors whose connections a project can define.
    pub connectors: Vec<Text>,
    /// The events that a trigger may name.
    pub events: Vec<Event>,
}
