//! `flowrun cards`, `graph` and `schema`: what is made of the cards' declarations and of flows without running them.

use std::fs;
use std::path::Path;

use flowrun_core::schema;

use crate::args::{CardsArgs, GraphArgs, GraphFormat, SchemaArgs};
use crate::console::Console;
use crate::folder::unwritable;
use crate::project::Project;
use crate::run::is_folder;
use crate::{DONE, Refused, WRONG, catalog, check, connectors, graph, words};

/// Lists the cards, or shows one.
pub fn cards(args: &CardsArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    let cards = connectors::catalog();
    if let Some(folder) = &args.markdown {
        let pages = catalog::markdown(&cards);
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        for (name, text) in &pages {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        }
        console.note(&format!("wrote {} to {}\n", words::many(pages.len() as u64, "page"), folder.display()));
        return Ok(DONE);
    }
    let search = args.search.as_deref();
    let text = match (&args.name, args.json) {
        (Some(name), true) => format!("{:#}\n", catalog::card_json(catalog::find(&cards, name)?)),
        (Some(name), false) => catalog::show(catalog::find(&cards, name)?, console.out_look),
        (None, true) => catalog::json(&cards, search),
        (None, false) => catalog::list(&cards, search, console.out_look),
    };
    console.print(&text)?;
    Ok(DONE)
}

/// Draws a flow.
pub fn graph(args: &GraphArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    if args.html {
        let project = check::loaded(&args.file, "graph --html", console)?;
        let title = project.title(&args.file);
        return give(&graph::page(&project, &title, &connectors::catalog(), args.theme), args, console);
    }
    if args.file.is_dir() {
        return Err(is_folder(&args.file).into());
    }
    let project = Project::read(&args.file)?;
    let path = project.entry(&args.file, args.flow.as_deref())?;
    let Some(flow) = project.flow(&path) else { return Err(Refused::Said) };
    // Half of a flow would look like a whole one.
    let own: Vec<_> =
        project.found.iter().filter(|found| found.span.file == flow.span.file).cloned().collect();
    if check::has_errors(&own) {
        console.note(&check::errors(&own, &project, console.err_look));
        return Ok(WRONG);
    }
    let named =
        args.output.as_deref().and_then(Path::extension).and_then(|ending| match ending.to_str()? {
            "svg" => Some(GraphFormat::Svg),
            "mmd" | "mermaid" | "md" => Some(GraphFormat::Mermaid),
            _ => None,
        });
    let cards = connectors::catalog();
    let text = match args.format.or(named).unwrap_or(GraphFormat::Svg) {
        GraphFormat::Svg => graph::svg(flow, &cards, args.theme),
        GraphFormat::Mermaid => graph::mermaid(flow, &cards),
    };
    give(&text, args, console)
}

/// Writes what `graph` gives to where it was asked for.
fn give(text: &str, args: &GraphArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    match &args.output {
        None => console.print(text)?,
        Some(file) => fs::write(file, text).map_err(|error| unwritable(file, &error))?,
    }
    Ok(DONE)
}

/// Prints the JSON Schema of the language.
pub fn schema(args: &SchemaArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    let cards = connectors::catalog();
    let schema = if args.manifest { schema::manifest(&cards) } else { schema::schema(&cards) };
    console.print(&format!("{schema:#}\n"))?;
    Ok(DONE)
}
