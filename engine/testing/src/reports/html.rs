//! One page for people: what failed, all tests, and which parts of the flows they came to. It needs nothing but itself, and runs no script.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowrun_core::names::Names;
use flowrun_core::source::Span;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_core::words;
use flowrun_project::check::{Given, examine};
use flowrun_views::graph::svg::{Mark, Writing};
use flowrun_views::graph::{PALETTE, Subject, linked, marked_style, page_style};
use flowrun_views::markup::{line, lines};

use super::{End, OfCase, OfFile, OfProject, Results};
use crate::coverage::{Covered, Reached, percent, sum};

const STYLE: &str = include_str!("page.css");

/// No more flows than this are drawn.
const MOST_PICTURES: usize = 200;

/// The page.
pub fn html(results: &Results<'_>, vocabulary: &Vocabulary) -> String {
    let counts = results.counts();
    let red = counts.failed + counts.broken;
    let title = format!("Flow tests: {} passed, {red} failed", counts.passed);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <style>{PALETTE}{STYLE}{}{}</style>\n</head>\n<body>\n",
        line(&title),
        page_style(&vocabulary.cards),
        marked_style()
    );
    head(results, &mut out);
    failures(results, &mut out);
    tests(results, &mut out);
    let mut pictures = MOST_PICTURES;
    for (place, project) in results.covered.iter().enumerate() {
        coverage(project, place, vocabulary, &mut pictures, &mut out);
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn head(results: &Results<'_>, out: &mut String) {
    let counts = results.counts();
    let red = counts.failed + counts.broken;
    let _ = writeln!(out, "<header>\n<h1>Flow tests</h1>\n<dl>");
    let mut fact = |class: &str, name: &str, value: String| {
        let _ = writeln!(out, "<div class=\"{class}\"><dt>{name}</dt><dd>{value}</dd></div>");
    };
    fact(if red == 0 { "good" } else { "" }, "passed", counts.passed.to_string());
    fact(if red == 0 { "" } else { "bad" }, "failed", red.to_string());
    fact("", "skipped", counts.skipped.to_string());
    let (mut cards, mut branches) = ((0, 0), (0, 0));
    for project in &results.covered {
        let (more_cards, more_branches) = sum(&project.flows);
        cards = (cards.0 + more_cards.0, cards.1 + more_cards.1);
        branches = (branches.0 + more_branches.0, branches.1 + more_branches.1);
    }
    fact("", "of the cards", format!("{:.0} %", percent(cards).floor()));
    fact("", "of the branches", format!("{:.0} %", percent(branches).floor()));
    fact("", "time", format!("{:.2} s", results.took.as_secs_f64()));
    out.push_str("</dl>\n</header>\n");
}

/// All cases with their numbers on the page.
fn numbered<'r>(results: &'r Results<'_>) -> impl Iterator<Item = (usize, &'r OfFile<'r>, &'r OfCase)> {
    let cases = results.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    cases.enumerate().map(|(number, (file, case))| (number, file, case))
}

fn failures(results: &Results<'_>, out: &mut String) {
    if !numbered(results).any(|(.., case)| case.is_red()) {
        return;
    }
    out.push_str("<section>\n<h2>Failed</h2>\n");
    for (number, file, case) in numbered(results).filter(|(.., case)| case.is_red()) {
        let _ = writeln!(
            out,
            "<article id=\"c{number}\"><h3>{}</h3><p>{}{}:{}</p><pre>{}</pre></article>",
            line(&case.title),
            line(&file.prefix),
            line(&file.name),
            file.line(case.span),
            lines(file.plain(case).trim_end())
        );
    }
    out.push_str("</section>\n");
}

fn tests(results: &Results<'_>, out: &mut String) {
    out.push_str("<section>\n<h2>Tests</h2>\n");
    let mut number = 0;
    for file in &results.files {
        let (counts, open) = (file.counts(), file.cases.iter().any(OfCase::is_red));
        let _ = writeln!(
            out,
            "<details{}><summary>{} <span>{}{}</span></summary>\n<ul>",
            if open { " open" } else { "" },
            line(&file.name),
            words::many(counts.cases as u64, "case"),
            match counts.failed + counts.broken {
                0 => String::new(),
                red => format!(", {red} failed"),
            }
        );
        for case in &file.cases {
            let title = line(&case.title);
            let title = match case.is_red() {
                true => format!("<a href=\"#c{number}\">{title}</a>"),
                false => title,
            };
            let beside = match &case.end {
                End::Skipped(why) => line(why),
                _ => format!("{:.0} ms", case.took.as_secs_f64() * 1000.0),
            };
            let word = case.word();
            let _ =
                writeln!(out, "<li class=\"{word}\"><b>{word}</b> <span>{title}</span> <i>{beside}</i></li>");
            number += 1;
        }
        out.push_str("</ul></details>\n");
    }
    out.push_str("</section>\n");
}

fn coverage(
    of: &OfProject<'_>,
    place: usize,
    vocabulary: &Vocabulary,
    pictures: &mut usize,
    out: &mut String,
) {
    if of.flows.is_empty() {
        return;
    }
    let project = of.project;
    let named = project.model.manifest.name.as_ref().map(|name| line(name));
    let title = named.unwrap_or_else(|| line(of.prefix.trim_end_matches('/')));
    let _ = writeln!(out, "<section>\n<h2>Coverage <span>{title}</span></h2>");
    let uses = examine(project, vocabulary, &Given::default()).uses;
    let names = Names::new(&project.model);
    let reached: BTreeMap<Span, &Reached> =
        of.flows.iter().flat_map(|flow| &flow.cards).map(|card| (card.span, card)).collect();
    let mark = |span: Span, arm: Option<&str>| mark(reached.get(&span)?, arm);
    for flow in &of.flows {
        let model = project.model.flows.iter().position(|one| *one.path == *flow.flow);
        // What stands in a card is drawn there.
        let drawn = model.filter(|at| project.model.flows[*at].around().is_none());
        let id = |at: usize| format!("p{place}f{at}");
        let link = |name: &str| {
            let called = names.flow(name, &project.model.flows[drawn?].path)?;
            Some(format!("#{}", id(called)))
        };
        let name = model.map_or(&*flow.flow, |at| &*project.model.flows[at].name.it);
        let _ = writeln!(
            out,
            "<details{}><summary>{} <span>{}</span>{}</summary>",
            drawn.map(|at| format!(" id=\"{}\"", id(at))).unwrap_or_default(),
            line(name),
            line(&flow.flow),
            shares(flow)
        );
        missing(flow, out);
        if let Some(at) = drawn.filter(|_| *pictures > 0) {
            *pictures -= 1;
            let writing = Writing { link: &link, mark: &mark, ..Default::default() };
            let picture = linked(Subject::of(project, at, &uses, &vocabulary.cards), writing);
            let _ = writeln!(out, "<div class=\"picture\" tabindex=\"0\">{picture}</div>");
        }
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
}

fn mark(card: &Reached, arm: Option<&str>) -> Option<Mark> {
    let never: Vec<&str> =
        card.branches.iter().filter(|(_, times)| *times == 0).map(|(name, _)| &**name).collect();
    match arm {
        Some(arm) => (card.times == 0 || never.contains(&arm)).then_some(Mark::Never),
        None if card.times == 0 => Some(Mark::Never),
        None if never.is_empty() => None,
        None => Some(Mark::Partly(never.join(", "))),
    }
}

/// How much of a flow was reached, as numbers and bars.
fn shares(flow: &Covered) -> String {
    let share = |name: &str, of: (usize, usize)| match of.1 {
        0 => String::new(),
        all => format!(
            "<span class=\"share\"><meter min=\"0\" max=\"{all}\" low=\"{all}\" optimum=\"{all}\" value=\"{}\"></meter> {}/{all} {name}</span>",
            of.0, of.0
        ),
    };
    // They stand at the right: the first is the last.
    share("branches", flow.branches()) + &share("cards", flow.cards())
}

fn missing(flow: &Covered, out: &mut String) {
    let missing = flow.missing();
    if missing.is_empty() {
        return;
    }
    let items: Vec<String> = missing
        .iter()
        .map(|(at, what)| match &flow.file {
            Some(_) => format!("<li>{} <i>line {at}</i></li>", line(what)),
            None => format!("<li>{}</li>", line(what)),
        })
        .collect();
    let _ = writeln!(out, "<p>Not reached:</p><ul class=\"missing\">{}</ul>", items.concat());
}
