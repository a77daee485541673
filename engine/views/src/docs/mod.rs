//! A project described in Markdown, a page for each flow.

mod flow;
mod index;
pub mod markdown;
pub mod survey;

use flowrun_core::card::Catalog;
use flowrun_core::check::uses::Uses;
use flowrun_core::names::Names;
use flowrun_project::Project;

use crate::graph::svg::Writing;
use crate::graph::{Subject, Theme, linked};
use survey::Survey;

/// The name of the first page.
pub const INDEX: &str = "README.md";

/// The pages and pictures: paths and contents.
pub fn pages(project: &Project, uses: &Uses, title: &str, catalog: &Catalog) -> Vec<(String, String)> {
    let survey = Survey::new(project, uses, catalog);
    let names = Names::new(&project.model);
    let mut pages = vec![(INDEX.to_owned(), index::page(project, title, &survey))];
    let flows = project.model.flows.iter().enumerate();
    for (at, flow) in flows.filter(|(_, flow)| flow.around().is_none()) {
        let link = |name: &str| {
            let called = &project.model.flows[names.flow(name, &flow.path)?];
            let picture = format!("{}.svg", stem(&called.path));
            Some(markdown::address(&markdown::relative(&flow.path, &picture)))
        };
        let writing = Writing { theme: Some(Theme::Auto), link: &link, ..Default::default() };
        pages.push((stem(&flow.path) + ".svg", linked(Subject::of(project, at, uses, catalog), writing)));
        pages.push((stem(&flow.path) + ".md", flow::page(project, at, &survey)));
    }
    pages
}

/// Where the page of a flow lies, without its ending. A flow must not take the place of the index.
fn stem(path: &str) -> String {
    if path.eq_ignore_ascii_case("readme") { format!("{path}_flow") } else { path.to_owned() }
}
