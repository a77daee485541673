//! Coverage in Cobertura's form, over the lines of flow files: a package for each folder, a class for each file.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowrun_views::markup::line;

use super::Results;
use super::lcov::by_file;
use crate::coverage::Covered;

/// What one line of a file counts.
#[derive(Default)]
struct Line {
    hits: u64,
    branches: (usize, usize),
}

type Lines = BTreeMap<usize, Line>;

/// As cobertura.sourceforge.net/xml/coverage-04.dtd has it.
pub fn cobertura(results: &Results<'_>) -> String {
    let mut packages: BTreeMap<String, Vec<(String, Lines)>> = BTreeMap::new();
    for (file, flows) in by_file(&results.covered) {
        let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
        packages.entry(folder).or_default().push((file, lines(&flows)));
    }
    let all = || packages.values().flatten().map(|(_, lines)| lines);
    let (covered, branches) = sums(all());
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n",
    );
    let _ = writeln!(
        out,
        "<coverage {} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" branches-valid=\"{}\" \
         complexity=\"0\" version=\"1\" timestamp=\"{}\">\n  <sources>\n    <source>.</source>\n  </sources>\n  <packages>",
        rates(covered, branches),
        covered.0,
        covered.1,
        branches.0,
        branches.1,
        results.at_ms
    );
    for (folder, files) in &packages {
        let (covered, branches) = sums(files.iter().map(|(_, lines)| lines));
        let rates = self::rates(covered, branches);
        let _ = writeln!(
            out,
            "    <package name=\"{}\" {rates} complexity=\"0\">\n      <classes>",
            line(folder)
        );
        files.iter().for_each(|(file, lines)| class(file, lines, &mut out));
        out.push_str("      </classes>\n    </package>\n");
    }
    out.push_str("  </packages>\n</coverage>\n");
    out
}

fn lines(flows: &[&Covered]) -> Lines {
    let mut lines = Lines::new();
    for card in flows.iter().flat_map(|flow| &flow.cards) {
        let line = lines.entry(card.line).or_default();
        line.hits = line.hits.max(card.times);
        line.branches.0 += card.branches.iter().filter(|(_, times)| *times > 0).count();
        line.branches.1 += card.branches.len();
    }
    lines
}

fn sums<'l>(files: impl Iterator<Item = &'l Lines>) -> ((usize, usize), (usize, usize)) {
    let (mut covered, mut branches) = ((0, 0), (0, 0));
    for line in files.flat_map(BTreeMap::values) {
        covered = (covered.0 + usize::from(line.hits > 0), covered.1 + 1);
        branches = (branches.0 + line.branches.0, branches.1 + line.branches.1);
    }
    (covered, branches)
}

fn rates(lines: (usize, usize), branches: (usize, usize)) -> String {
    let rate = |(some, all): (usize, usize)| if all == 0 { 1.0 } else { some as f64 / all as f64 };
    format!("line-rate=\"{:.4}\" branch-rate=\"{:.4}\"", rate(lines), rate(branches))
}

fn class(file: &str, lines: &Lines, out: &mut String) {
    let name = file.rsplit_once('/').map_or(file, |(_, name)| name);
    let (covered, branches) = sums(std::iter::once(lines));
    let _ = writeln!(
        out,
        "        <class name=\"{}\" filename=\"{}\" {} complexity=\"0\">\n          <methods/>\n          <lines>",
        line(name),
        line(file),
        rates(covered, branches)
    );
    for (number, line) in lines {
        let branch = match line.branches {
            (_, 0) => "branch=\"false\"".to_owned(),
            (taken, all) => {
                format!("branch=\"true\" condition-coverage=\"{}% ({taken}/{all})\"", taken * 100 / all)
            }
        };
        let _ = writeln!(out, "            <line number=\"{number}\" hits=\"{}\" {branch}/>", line.hits);
    }
    out.push_str("          </lines>\n        </class>\n");
}
