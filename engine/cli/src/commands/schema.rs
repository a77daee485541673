//! `flowrun schema`: prints the JSON Schema of flow files.

use clap::Args;
use flowrun_testing::form;
use flowrun_views::schema;

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// What `schema` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun schema > flow.schema.json                   then, as the first line of a flow:
                                                      # yaml-language-server: $schema=flow.schema.json
  flowrun schema --manifest > flowrun.schema.json     for flowrun.yaml
  flowrun schema --tests > tests.schema.json          for flow tests, as welcome.test.yaml")]
pub struct SchemaArgs {
    /// That of flowrun.yaml instead
    #[arg(long)]
    pub manifest: bool,
    /// That of flow tests instead
    #[arg(long, conflicts_with = "manifest")]
    pub tests: bool,
}

/// Prints the JSON Schema of the language.
pub fn run(args: &SchemaArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let cards = surroundings.registry.catalog();
    let schema = match (args.manifest, args.tests) {
        (true, _) => schema::manifest(cards),
        (_, true) => form::schema(),
        _ => schema::schema(cards),
    };
    console.print(&format!("{schema:#}\n"))?;
    Ok(DONE)
}
