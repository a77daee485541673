//! JSON, for other programs.

use serde_json::{Value, json};

use super::{End, OfCase, OfFile, OfProject, Results};
use crate::coverage::Covered;
use crate::held::Unmet;

/// All that is known. The form is version 1: members may be added to it, none will change or go.
pub fn json(results: &Results<'_>) -> String {
    let counts = results.counts();
    let report = json!({
        "version": 1,
        "took_ms": ms(results.took),
        "counts": {
            "cases": counts.cases,
            "passed": counts.passed,
            "failed": counts.failed,
            "errors": counts.broken,
            "skipped": counts.skipped,
        },
        "files": results.files.iter().map(file).collect::<Vec<_>>(),
        "coverage": results.covered.iter().flat_map(project).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn ms(took: std::time::Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

fn file(file: &OfFile<'_>) -> Value {
    let cases = file.cases.iter().map(|case| self::case(file, case));
    json!({
        "file": file.name,
        "path": format!("{}{}", file.prefix, file.name),
        "flow": file.flow,
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn case(file: &OfFile<'_>, case: &OfCase) -> Value {
    let mut told = json!({
        "name": case.title,
        "line": file.line(case.span),
        "status": case.word(),
        "took_ms": ms(case.took),
    });
    if let End::Skipped(why) = &case.end {
        told["reason"] = why.as_str().into();
    }
    if case.is_red() {
        let unmet = |unmet: &Unmet| {
            let (line, column) = file.sources.line_column(unmet.span);
            let file = &*file.sources.get(unmet.span.file).path;
            let Unmet { message, found, help, .. } = unmet;
            json!({ "message": message, "found": found, "help": help, "file": file, "line": line, "column": column })
        };
        told["unmet"] = case.unmet().iter().map(unmet).collect();
    }
    told
}

fn project(project: &OfProject<'_>) -> impl Iterator<Item = Value> {
    project.flows.iter().map(|flow| self::flow(flow, &project.prefix))
}

fn flow(flow: &Covered, prefix: &str) -> Value {
    let cards = flow.cards.iter().map(|card| {
        let branches = card.branches.iter().map(|(name, times)| json!({ "name": &**name, "times": times }));
        json!({ "id": &*card.id, "line": card.line, "times": card.times, "branches": branches.collect::<Vec<_>>() })
    });
    json!({
        "flow": &*flow.flow,
        "file": flow.file.as_ref().map(|file| format!("{prefix}{file}")),
        "cards": cards.collect::<Vec<_>>(),
    })
}
