//! The reference pages of the manual: one for each category, and an index.

use flowrun_core::card::{Card, Catalog, Field, Rest, Then};
use flowrun_core::vocabulary::Vocabulary;

use super::{by_category, category, choices, chosen, coverage, given, keys, need, renamed, summary, traits};
use flowrun_core::words::many;

/// The command that writes the pages.
pub const COMMAND: &str = "flowrun cards --markdown docs/cards";

/// The pages, by the names of their files.
pub fn markdown(vocabulary: &Vocabulary) -> Vec<(String, String)> {
    let cards = chosen(&vocabulary.cards, None);
    let mut index = format!(
        "# Cards\n\n{}\n\nThe {} of flowrun, in Okta's categories. `flowrun cards` lists them in the terminal, \
         `flowrun cards list.map` shows one. What of \
         Okta's catalogue is here: [coverage](coverage.md).\n",
        notice(),
        many(cards.len() as u64, "card")
    );
    let mut pages = Vec::new();
    for (group, cards) in by_category(&cards) {
        let title = category::title(&vocabulary.cards, group);
        let file = format!("{group}.md");
        index.push_str(&format!("\n## [{}]({file})\n\n| Card | ID | |\n|---|---|---|\n", text(&title)));
        let mut page = format!("# {}\n\n{}\n\n[All cards](README.md)\n", text(&title), notice());
        for card in cards {
            let name = text(&card.title());
            let summary = cell(&summary(card));
            index.push_str(&format!(
                "| [{name}]({file}#{}) | `{}` | {summary} |\n",
                anchor(&card.title()),
                card.id
            ));
            page.push_str(&section(&vocabulary.cards, card));
        }
        pages.push((file, page));
    }
    pages.insert(0, ("README.md".to_owned(), index));
    pages.push((coverage::FILE.to_owned(), coverage::page(vocabulary)));
    pages
}

pub(super) fn notice() -> String {
    format!("<!-- Written by `{COMMAND}` from the cards' declarations; change those. -->")
}

fn section(catalog: &Catalog, card: &Card) -> String {
    let mut page = format!("\n## {}\n\n`{}`\n", text(&card.title()), card.id);
    for paragraph in card.docs.split("\n\n") {
        page.push_str(&format!("\n{}\n", text(paragraph.trim())));
    }
    let inputs = table(&card.inputs, card.rest_in.as_ref(), true);
    if !inputs.is_empty() {
        page.push_str(&format!("\n**Inputs**\n\n| Name | Type | | |\n|---|---|---|---|\n{inputs}"));
    }
    let outputs = table(&card.outputs, card.rest_out.as_ref(), false);
    if !outputs.is_empty() {
        page.push_str(&format!("\n**Outputs**\n\n| Name | Type | |\n|---|---|---|\n{outputs}"));
    }
    let traits = traits(catalog, card);
    if !traits.is_empty() {
        page.push_str(&format!("\n{}\n", traits.join(" ")));
    }
    examples(card, &mut page);
    if !card.exported_as.is_empty() {
        let addresses: Vec<String> = card.exported_as.iter().map(|address| format!("`{address}`")).collect();
        page.push_str(&format!("\nIn Okta's exports: {}", addresses.join(", ")));
        let renamed: Vec<String> =
            renamed(card).iter().map(|(name, key)| format!("`{name}` is `{key}`")).collect();
        if !renamed.is_empty() {
            page.push_str(&format!(" ({})", renamed.join(", ")));
        }
        page.push_str(".\n");
    }
    page
}

fn table(fields: &[Field], rest: Option<&Rest>, inputs: bool) -> String {
    let mut rows = String::new();
    for field in fields {
        let need = if inputs { format!(" {} |", cell(&code_default(field))) } else { String::new() };
        let mut docs = cell(&field.docs);
        let choices = choices(field);
        if !choices.is_empty() {
            docs.push_str(&format!(" One of {}.", choices.join(", ").replace('|', "\\|")));
        }
        if let Some(keys) = keys(field) {
            docs.push_str(&format!(" {}", cell(&keys)));
        }
        rows.push_str(&format!("| `{}` | {} |{need} {docs} |\n", field.name, field.ty));
    }
    if let Some(rest) = rest {
        let need = if inputs { " |" } else { "" };
        rows.push_str(&format!("| *any name* | {} |{need} {} |\n", rest.ty, cell(&rest.docs)));
    }
    rows
}

/// Whether an input is needed, the default as code.
fn code_default(field: &Field) -> String {
    match need(field).split_once(' ') {
        Some(("default", value)) => format!("default `{value}`"),
        _ => need(field),
    }
}

fn examples(card: &Card, page: &mut String) {
    for (title, failing) in [("Examples", false), ("What may fail", true)] {
        let wanted = card.examples.iter().filter(|example| matches!(example.then, Then::Fails(_)) == failing);
        let blocks: Vec<String> = wanted
            .map(|example| {
                let then = match &example.then {
                    Then::Gives(outputs) => format!("gives {outputs}"),
                    Then::Fails(message) => format!("fails: {message}"),
                };
                format!("{}\n# {then}", given(card, &example.given))
            })
            .collect();
        if !blocks.is_empty() {
            page.push_str(&format!("\n**{title}**\n\n```yaml\n{}\n```\n", blocks.join("\n\n")));
        }
    }
}

/// A text of Markdown's own, outside of code: `<` and `*` would be read as tags and emphasis.
pub(super) fn text(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*").replace("{{", "&#123;&#123;"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// A text inside a table.
pub(super) fn cell(docs: &str) -> String {
    text(&docs.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "\\|")
}

/// The anchor that GitHub makes of a heading.
pub(super) fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
