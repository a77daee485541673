//! Pictures of flows: SVG to look at, Mermaid for documents that draw it themselves.
//!
//! Both are drawn from the flow as its author wrote it and from what the checker could make out of what it uses, so that a flow
//! with mistakes can be looked at too.

mod build;
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

pub use mermaid::escape;
pub use page::page;

use flowrun_core::card::Catalog;
use flowrun_core::check::uses::Uses;
use flowrun_core::model::Project;

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

/// The flow `at` of a project as an SVG picture: its cards in the order in which they run, those that stand in others within them,
/// and the wires between them.
pub fn svg(project: &Project, at: usize, uses: &Uses, catalog: &Catalog, theme: Theme) -> String {
    linked(project, at, uses, catalog, svg::Writing { theme: Some(theme), link: &|_| None })
}

/// The same with links to the pictures of helper flows, or without a style sheet of its own.
pub fn linked(
    project: &Project,
    at: usize,
    uses: &Uses,
    catalog: &Catalog,
    writing: svg::Writing<'_>,
) -> String {
    let scene = scene::Scene::new(project, at, uses, catalog);
    svg::write(&layout::Picture::new(&scene), &scene, catalog, writing)
}

/// Where everything lies in the picture of a flow.
pub fn picture(project: &Project, at: usize, uses: &Uses, catalog: &Catalog) -> layout::Picture {
    layout::Picture::new(&scene::Scene::new(project, at, uses, catalog))
}

/// A flow as the text of a Mermaid flowchart. It shows the order of the cards, not the wires, among which Mermaid's own
/// layout would lose the order.
pub fn mermaid(project: &Project, at: usize, uses: &Uses, catalog: &Catalog) -> String {
    mermaid::write(&scene::Scene::new(project, at, uses, catalog))
}
