//! The page of a flow.

use std::collections::BTreeSet;

use flowrun_core::model::{Flow, Trigger, on_or_off};
use flowrun_core::value::Value;

use super::markdown::{address, code, link, relative, text};
use super::survey::{About, Survey};
use super::{INDEX, stem};
use crate::graph::INCOMPLETE;
use crate::graph::scene::{constant, plain};
use crate::private::masked_constant;
use flowrun_core::words;
use flowrun_project::Project;

/// Describes a flow.
pub fn page(project: &Project, at: usize, survey: &Survey) -> String {
    let (flow, about) = (&project.model.flows[at], &survey.flows[at]);
    let own = stem(&flow.path);
    let mut page = format!("# {}\n\n", text(&flow.name));
    if let Some(description) = &flow.description {
        let paragraphs = description.split("\n\n").map(text).filter(|paragraph| !paragraph.is_empty());
        page.extend(paragraphs.map(|paragraph| paragraph + "\n\n"));
    }
    if !project.unread(Some(flow.span.file)).is_empty() {
        page.push_str(&format!("**{INCOMPLETE}**\n\n"));
    }
    let picture = own.rsplit('/').next().unwrap_or(&own).to_owned() + ".svg";
    let picture = address(&picture);
    page.push_str(&format!(
        "[![{}]({picture})]({picture})\n\n",
        text(&format!("Picture of {}", flow.name.it))
    ));
    page.push_str(&facts(flow, about));
    page.push_str(&inputs(flow));
    page.push_str(&outputs(flow));
    page.push_str(&reached(about));
    let index = relative(&own, INDEX);
    for (title, flows) in [("Calls", &about.calls), ("Called by", &about.called_by)] {
        let to = |flow: &Flow| relative(&own, &format!("{}.md", stem(&flow.path)));
        let links = flows.iter().map(|flow| &project.model.flows[*flow]);
        let links: Vec<String> = links.map(|flow| format!("- {}\n", link(&flow.name, &to(flow)))).collect();
        page.push_str(&section(title, &links.concat()));
    }
    let notes: Vec<String> =
        about.notes.iter().map(|(card, note)| format!("- **{}**: {}\n", text(card), text(note))).collect();
    page.push_str(&section("Notes", &notes.concat()));
    page.push_str(&format!("---\n\n{}\n", link("All flows", &index)));
    page
}

fn section(title: &str, body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("## {title}\n\n{body}\n") }
}

fn facts(flow: &Flow, about: &About) -> String {
    let mut rows = vec![("Starts".to_owned(), text(&about.start))];
    let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
    match &flow.trigger {
        Trigger::Helper | Trigger::Delegated => {}
        Trigger::Schedule(schedule) => {
            let zone = schedule.time_zone.as_ref().map_or("UTC", |zone| &***zone);
            add("Time zone", text(zone));
            for (name, date) in [("Not before", &schedule.start), ("Not after", &schedule.end)] {
                if let Some(date) = date {
                    add(name, text(date));
                }
            }
        }
        Trigger::ApiEndpoint { method, security, .. } => {
            for (name, value) in [("Method", method), ("Security", security)] {
                if let Some(value) = value {
                    add(name, text(value));
                }
            }
        }
        Trigger::Webhook { name, more } => {
            add("Webhook", code(&format!("/hooks/{}", name.it)));
            for (key, value) in more {
                add(&key.it, text(&plain(&flowrun_core::model::Expr::Constant(value.it.clone()))));
            }
        }
        Trigger::Poll(poll) => {
            add("Polls", code(&poll.card));
            for (name, value) in &poll.with {
                add(&name.it, code(&plain(&value.it)));
            }
            for (key, value) in &poll.more {
                add(&key.it, text(&plain(&flowrun_core::model::Expr::Constant(value.it.clone()))));
            }
        }
        Trigger::Event { event, with, filter, .. } => {
            add("Event", code(event));
            for (name, value) in with {
                add(&format!("Only {}", name.it), code(&plain(&value.it)));
            }
            if let Some(filter) = filter {
                add("Filter", code(&plain(&filter.it)));
            }
        }
    }
    if let Some(alone) = &flow.alone {
        add("Alone", format!("by {}; others: {}", code(&plain(&alone.key.it)), alone.others.word()));
    }
    if let Some(on) = flow.save_data {
        add("Saves data", on_or_off(on).to_owned());
    }
    add("Cards", words::count(about.cards as u64));
    add("File", code(&format!("{}.yaml", flow.path)));
    let rows: Vec<String> = rows.iter().map(|(name, value)| format!("| {name} | {value} |\n")).collect();
    format!("| | |\n|---|---|\n{}\n", rows.concat())
}

fn inputs(flow: &Flow) -> String {
    let shown = |value: &Value| code(&constant(value));
    let row = |input: &flowrun_core::model::Input| {
        let ty = input.ty.as_ref().map_or("any", |ty| &***ty);
        let default = input
            .default
            .as_ref()
            .map_or_else(|| "needed".to_owned(), |value| shown(&masked_constant(&input.name, &value.it)));
        let mut meaning: Vec<String> = input.description.iter().map(|it| text(it)).collect();
        if !input.choices.is_empty() {
            let choices: Vec<String> = input.choices.iter().map(|choice| shown(&choice.it)).collect();
            meaning.push(format!("one of {}", choices.join(", ")));
        }
        format!("| {} | {} | {default} | {} |\n", code(&input.name), text(ty), meaning.join("; "))
    };
    let rows: String = flow.inputs.iter().map(row).collect();
    let head = "| Name | Type | Default | Meaning |\n|---|---|---|---|\n";
    if rows.is_empty() { String::new() } else { section("Inputs", &(head.to_owned() + &rows)) }
}

fn outputs(flow: &Flow) -> String {
    let row = |(name, ty): &(flowrun_core::model::Name, flowrun_core::model::Name)| {
        format!("| {} | {} |\n", code(name), text(ty))
    };
    let rows: String = flow.outputs.iter().map(row).collect();
    let head = "| Name | Type |\n|---|---|\n";
    if rows.is_empty() { String::new() } else { section("Outputs", &(head.to_owned() + &rows)) }
}

/// The tables and connections that the flow's own cards use.
fn reached(about: &About) -> String {
    let names = |names: &BTreeSet<String>| names.iter().map(|name| text(name)).collect::<Vec<_>>().join(", ");
    let mut rows = String::new();
    let (reads, changes) = &about.tables;
    if !reads.is_empty() || !changes.is_empty() {
        rows.push_str(&format!("| Tables | | {} | {} |\n", names(reads), names(changes)));
    }
    for ((connector, connection), reached) in &about.reached {
        let over = connection.as_ref().map(|name| format!(" ({})", code(name))).unwrap_or_default();
        rows.push_str(&format!(
            "| {}{over} | {} | {} | {} |\n",
            text(connector),
            names(&reached.objects),
            names(&reached.reads),
            names(&reached.changes)
        ));
    }
    let head = "| Where | Objects | Reads | May change |\n|---|---|---|---|\n";
    if rows.is_empty() { String::new() } else { section("Reads and writes", &(head.to_owned() + &rows)) }
}
