//! Pictures of flows: SVG to look at, Mermaid for documents that draw it themselves.
//!
//! Both are drawn from the flow as its author wrote it and from what the checker could make out of what it uses, so that a flow
//! with mistakes can be looked at too.

mod build;
mod conditions;
mod fit;
pub mod layout;
mod mermaid;
mod page;
mod paint;
pub mod scene;
mod start;
pub mod svg;
pub mod text;
pub mod title;
pub mod wires;

pub use build::INCOMPLETE;
pub use mermaid::escape;
pub use page::{PALETTE, page};
pub use paint::{marked_style, page_style};

use flowrun_core::card::Catalog;
use flowrun_core::check::uses::Uses;
use flowrun_core::model::Flow;
use flowrun_project::Project;

/// The colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Those that the reader's system prefers.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl std::str::FromStr for Theme {
    type Err = String;

    fn from_str(name: &str) -> Result<Theme, String> {
        match name {
            "auto" => Ok(Theme::Auto),
            "light" => Ok(Theme::Light),
            "dark" => Ok(Theme::Dark),
            _ => Err(format!("expected auto, light or dark, found `{name}`")),
        }
    }
}

/// A flow that is to be drawn.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub flow: &'a Flow,
    /// Its place among the flows of the project.
    pub at: usize,
    /// The flows of the project: helpers go by their names, and some stand in its cards.
    pub flows: &'a [Flow],
    /// What they use.
    pub uses: &'a Uses,
    /// Whether all of its file could be read.
    pub is_whole: bool,
    pub catalog: &'a Catalog,
}

impl<'a> Subject<'a> {
    /// A flow of the project, by its place in it.
    pub fn of(project: &'a Project, at: usize, uses: &'a Uses, catalog: &'a Catalog) -> Subject<'a> {
        let flows = &project.model.flows;
        let flow = &flows[at];
        let is_whole = project.unread(Some(flow.span.file)).is_empty();
        Subject { flow, at, flows, uses, is_whole, catalog }
    }
}

/// A flow as an SVG picture: its cards in the order in which they run, those that stand in others within them, and the wires
/// between them.
pub fn svg(subject: Subject<'_>, theme: Theme) -> String {
    linked(subject, svg::Writing { theme: Some(theme), ..Default::default() })
}

/// The same with links to the pictures of helper flows, or without a style sheet of its own.
pub fn linked(subject: Subject<'_>, writing: svg::Writing<'_>) -> String {
    let scene = scene::Scene::new(subject);
    svg::write(&layout::Picture::new(&scene), &scene, subject.catalog, writing)
}

/// Where everything lies in the picture of a flow.
pub fn picture(subject: Subject<'_>) -> layout::Picture {
    layout::Picture::new(&scene::Scene::new(subject))
}

/// A flow as the text of a Mermaid flowchart. It shows the order of the cards, not the wires, among which Mermaid's own
/// layout would lose the order.
pub fn mermaid(subject: Subject<'_>) -> String {
    mermaid::write(&scene::Scene::new(subject))
}
