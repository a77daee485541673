//! The first page: all flows, who calls whom, and the tables.

use flowrun_core::model::{Flow, Table};

use super::markdown::{code, link, text};
use super::stem;
use super::survey::{About, Survey};
use crate::graph::escape;
use flowrun_core::words;
use flowrun_project::Project;

/// Describes the project.
pub fn page(project: &Project, title: &str, survey: &Survey) -> String {
    let flows = &project.model.flows;
    let mut page = format!("# {}\n\n", text(title));
    if let Some(description) = &project.model.manifest.description {
        page.push_str(&format!("{}\n\n", text(description)));
    }
    page.push_str(&format!("{}.\n\n", words::many(project.model.files().count() as u64, "flow")));
    page.push_str("| Flow | Starts | Cards | What it does |\n|---|---|---|---|\n");
    for (flow, about) in flows.iter().zip(&survey.flows).filter(|(flow, _)| flow.around().is_none()) {
        let does = flow.description.as_ref().map(|it| text(it.split("\n\n").next().unwrap_or(it)));
        page.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            to(flow),
            text(&about.start),
            about.cards,
            does.unwrap_or_default()
        ));
    }
    page.push_str(&calls(flows, survey));
    page.push_str(&tables(project, survey));
    page
}

fn to(flow: &Flow) -> String {
    link(&flow.name, &format!("{}.md", stem(&flow.path)))
}

/// Who calls whom, as a Mermaid flowchart of the flows that call or are called.
fn calls(flows: &[Flow], survey: &Survey) -> String {
    let mut chart = String::new();
    for (at, about) in survey.flows.iter().enumerate() {
        if about.calls.is_empty() && about.called_by.is_empty() {
            continue;
        }
        let (open, close) = match flows[at].trigger {
            flowrun_core::model::Trigger::Helper => ("[", "]"),
            _ => ("([", "])"),
        };
        chart.push_str(&format!("  f{at}{open}\"{}\"{close}\n", escape(&flows[at].name)));
    }
    for (at, about) in survey.flows.iter().enumerate() {
        for called in &about.calls {
            chart.push_str(&format!("  f{at} --> f{called}\n"));
        }
    }
    if chart.is_empty() {
        return String::new();
    }
    format!(
        "\n## Calls\n\nFlows with round ends are started by something else than a flow.\n\n```mermaid\nflowchart LR\n{chart}```\n"
    )
}

/// The tables, with their columns and the flows that use them.
fn tables(project: &Project, survey: &Survey) -> String {
    let flows = &project.model.flows;
    let row = |table: &Table| {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{} {}", code(&column.name), text(&column.ty)))
            .collect();
        let users = |pick: fn(&About) -> &std::collections::BTreeSet<String>| -> String {
            let users =
                flows.iter().zip(&survey.flows).filter(|(_, about)| pick(about).contains(&**table.name));
            users.map(|(flow, _)| to(flow)).collect::<Vec<_>>().join(", ")
        };
        let (read, changed) = (users(|about| &about.tables.0), users(|about| &about.tables.1));
        format!("| {} | {} | {read} | {changed} |\n", code(&table.name), columns.join(", "))
    };
    let rows: String = project.model.manifest.tables.iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n## Tables\n\n| Table | Columns | Read by | Changed by |\n|---|---|---|---|\n{rows}")
}
