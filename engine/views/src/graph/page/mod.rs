//! All flows of a project on one page, to look at in a browser: it needs nothing but itself.

use std::collections::BTreeSet;
use std::fmt::Write;

use flowrun_core::card::Catalog;
use flowrun_core::check::uses::Uses;
use flowrun_core::model::Flow;
use flowrun_core::names::Names;
use sha2::{Digest, Sha256};

use super::svg::{Writing, escape};
use super::{Subject, Theme, linked, paint};
use crate::docs::survey::Survey;
use flowrun_core::words;
use flowrun_project::Project;

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// The colours of pages, light and dark, as variables of their style sheets.
pub const PALETTE: &str = include_str!("palette.css");

/// The page of a project. Its script is the only one that a browser runs, whatever the project's texts hold.
pub fn page(project: &Project, uses: &Uses, title: &str, catalog: &Catalog, theme: Theme) -> String {
    let flows = &project.model.flows;
    let survey = Survey::new(project, uses, catalog);
    let attribute = match theme {
        Theme::Auto => "",
        Theme::Light => " data-theme=\"light\"",
        Theme::Dark => " data-theme=\"dark\"",
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"{attribute}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <style>{PALETTE}{STYLE}{}</style>\n</head>\n<body>\n",
        base64(&Sha256::digest(SCRIPT)),
        escape(title),
        paint::page_style(catalog),
    );
    let count = words::many(project.model.files().count() as u64, "flow");
    let _ = writeln!(
        out,
        "<nav aria-label=\"Flows\">\n<header><h1>{}</h1><p>{count}</p><input id=\"search\" type=\"search\" \
         placeholder=\"Search\" aria-label=\"Search the flows\"></header>\n<div id=\"flows\">",
        escape(title)
    );
    let order = order(flows, &survey);
    list(flows, &survey, &order, &mut out);
    out.push_str("<p id=\"nothing\" hidden>no flow has these words</p>\n</div>\n</nav>\n<main>\n<header>\n<div id=\"calls\">\n");
    let files = survey.flows.iter().enumerate().filter(|(index, _)| flows[*index].around().is_none());
    for (index, about) in files {
        let _ = writeln!(
            out,
            "<div data-of=\"f{index}\" hidden>{}{}</div>",
            links("calls ", &about.calls, flows),
            links("called by ", &about.called_by, flows)
        );
    }
    out.push_str(
        "</div>\n<button id=\"farther\" title=\"Zoom out (-)\" aria-label=\"Zoom out\">−</button>\n\
         <button id=\"closer\" title=\"Zoom in (+)\" aria-label=\"Zoom in\">+</button>\n\
         <button id=\"whole\" title=\"The whole picture (0)\">Fit</button>\n\
         <button id=\"theme\" title=\"Light or dark\">Theme</button>\n</header>\n\
         <div id=\"canvas\" tabindex=\"0\" aria-label=\"The picture: arrow keys move it, + and - zoom\">\n",
    );
    let names = Names::new(&project.model);
    // The first one is what is seen at first.
    for index in order {
        let flow = &flows[index];
        let link = |name: &str| names.flow(name, &flow.path).map(|called| format!("#f{called}"));
        let picture =
            linked(Subject::of(project, index, uses, catalog), Writing { link: &link, ..Default::default() });
        let _ = writeln!(out, "<section id=\"f{index}\" hidden>\n{picture}</section>");
    }
    let _ = writeln!(out, "</div>\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>");
    out
}

/// A flow's folder, and its name there.
fn place(flow: &Flow) -> (&str, &str) {
    flow.path.rsplit_once('/').unwrap_or(("", &flow.path))
}

/// The flows in the order in which one reads them: of each folder first those that no other flow calls, and first the folders
/// that have some.
fn order(flows: &[Flow], survey: &Survey) -> Vec<usize> {
    let is_called = |index: usize| survey.flows[index].called_by.iter().any(|caller| *caller != index);
    let mut order: Vec<usize> = (0..flows.len()).filter(|index| flows[*index].around().is_none()).collect();
    let entries: BTreeSet<&str> =
        order.iter().filter(|index| !is_called(**index)).map(|index| place(&flows[*index]).0).collect();
    order.sort_by_key(|index| {
        let folder = place(&flows[*index]).0;
        (!entries.contains(folder), folder, is_called(*index))
    });
    order
}

/// The flows, each below the name of its folder.
fn list(flows: &[Flow], survey: &Survey, order: &[usize], out: &mut String) {
    let mut folder = None;
    for index in order {
        let flow = &flows[*index];
        let (within, name) = place(flow);
        if folder != Some(within) {
            out.push_str(if folder.is_some() { "</section>\n<section>" } else { "<section>" });
            if !within.is_empty() {
                let _ = write!(out, "<h2>{}</h2>", escape(within));
            }
            out.push('\n');
            folder = Some(within);
        }
        let _ = writeln!(
            out,
            "<a href=\"#f{index}\" title=\"{}\">{}<span>{}</span></a>",
            escape(name),
            escape(&flow.name),
            escape(&survey.flows[*index].start)
        );
    }
    if folder.is_some() {
        out.push_str("</section>\n");
    }
}

fn links(before: &str, called: &[usize], flows: &[Flow]) -> String {
    if called.is_empty() {
        return String::new();
    }
    let links: Vec<String> = called
        .iter()
        .map(|index| format!("<a href=\"#f{index}\">{}</a>", escape(&flows[*index].name)))
        .collect();
    format!("<div>{before}{}</div>", links.join(", "))
}

/// Base64, as the content security policy writes hashes.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        for place in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_pads() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|text| super::base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
