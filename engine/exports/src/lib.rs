//! Okta's exports: `.flopack`, `.folder` and `.flow` files become a project as its author would have written it here, and [`mod@print`]
//! writes that project's files.
//!
//! The file is first read as it stands (`pack`), its cards are put in their order (`order`), and then written in the language of
//! flows (`flow`, `card`, `block`, `wire`). Cards that carry out nothing, such as those where branches meet, are looked through. Cards of
//! connectors that flowrun lacks become external cards. What can't be read is told, and the rest is read all the same.

mod answer;
mod block;
mod card;
mod fields;
mod flow;
mod helpers;
mod inline;
mod json;
mod missing;
mod naming;
mod order;
mod pack;
mod policy;
pub mod print;
mod project;
mod search;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use flowrun_core::card::Card;
use flowrun_core::model::Project;
use flowrun_core::source::Origin;
use flowrun_core::value::Text;
use flowrun_core::vocabulary::Vocabulary;

pub use order::MAX_NESTING;
pub use pack::MAX_CARDS;

/// No export may be larger than this many bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// The versions of exports whose format is known.
pub const VERSIONS: &[&str] = &["1.2.0", "1.3.0", "1.4.0", "1.5.0"];

/// An export, read.
#[derive(Debug)]
pub struct Export {
    /// The project that it makes, in which nothing stands anywhere yet.
    pub project: Project,
    /// What could not be read, or not as it was meant.
    pub troubles: Vec<Trouble>,
    /// What the parts of the project were made of: flows and steps have their place in this list as their span's start.
    pub origins: Vec<Origin>,
}

/// Something in an export that could not be read, or not as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The flow's title, if it is about one.
    pub flow: Option<Text>,
    /// The card's title, if it is about one.
    pub card: Option<Text>,
    /// What it is.
    pub message: String,
    /// Whether a whole flow is missing for it.
    pub flow_is_lost: bool,
}

impl Trouble {
    /// That a flow can't be read.
    fn lost(flow: &Text, why: &str) -> Trouble {
        let message = format!("the flow is left out: {why}");
        Trouble { flow: Some(flow.clone()), card: None, message, flow_is_lost: true }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for title in [&self.flow, &self.card].into_iter().flatten() {
            write!(f, "{title} › ")?;
        }
        f.write_str(&self.message)
    }
}

/// What Okta's names mean here: cards and events by their addresses.
#[derive(Debug)]
pub struct Dictionary {
    cards: BTreeMap<Text, Arc<Card>>,
    events: BTreeMap<Text, Text>,
}

impl Dictionary {
    /// The addresses of all cards and events, and what they are called here.
    pub fn new(vocabulary: &Vocabulary) -> Dictionary {
        let cards = vocabulary.cards.iter();
        let cards =
            cards.flat_map(|card| card.exported_as.iter().map(move |address| (address.into(), card.clone())));
        let events = vocabulary.events.iter();
        let events = events.map(|event| ((&*event.exported_as).into(), (&*event.name).into()));
        Dictionary { cards: cards.collect(), events: events.collect() }
    }
}

/// Reads an export. An error says why nothing of it can be read.
pub fn read(text: &str, dictionary: &Dictionary) -> Result<Export, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the file has {} MiB, more than {}", text.len() >> 20, MAX_BYTES >> 20));
    }
    let (mut pack, mut troubles) = pack::read(text)?;
    missing::stand_in(&mut pack, dictionary, &mut troubles);
    if let Some(version) = pack.version.as_ref().filter(|version| !VERSIONS.contains(&&***version)) {
        let known = VERSIONS.join(", ");
        troubles.push(Trouble {
            flow: None,
            card: None,
            message: format!("the export has version {version}; those that are known are {known}"),
            flow_is_lost: false,
        });
    }
    let (project, origins) = project::lower(&pack, dictionary, &mut troubles);
    Ok(Export { project, troubles, origins })
}
