//! Reports for other programs, each into its file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use flowrun_core::suggest::closest;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_project::{Problem, unwritable};
use flowrun_testing::reports::{self, Results};

use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// A report that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// In this form, into this file.
    Into(Form, PathBuf),
    /// Annotations of a workflow on GitHub.
    Github,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JUnit's XML.
    Junit,
    /// TAP.
    Tap,
    /// JSON.
    Json,
    /// A page.
    Html,
    /// Coverage as LCOV has it.
    Lcov,
    /// Coverage as Cobertura has it.
    Cobertura,
}

const FORMS: &[(&str, Form)] = &[
    ("junit", Form::Junit),
    ("tap", Form::Tap),
    ("json", Form::Json),
    ("html", Form::Html),
    ("lcov", Form::Lcov),
    ("cobertura", Form::Cobertura),
];

impl FromStr for Report {
    type Err = String;

    fn from_str(text: &str) -> Result<Report, String> {
        if text == "github" {
            return Ok(Report::Github);
        }
        let (name, file) = text.split_once('=').unwrap_or((text, ""));
        let Some((name, form)) = FORMS.iter().find(|(form, _)| *form == name) else {
            let names = || FORMS.iter().map(|(name, _)| *name).chain(["github"]);
            let near = closest(name, names()).map(|near| format!("; did you mean `{near}`?"));
            let names: Vec<&str> = names().collect();
            return Err(format!("expected one of {}{}", names.join(", "), near.unwrap_or_default()));
        };
        match file {
            "" => Err(format!("expected a file, as in {name}=FILE; `-` is the standard output")),
            file => Ok(Report::Into(*form, PathBuf::from(file))),
        }
    }
}

/// The reports that are asked for, GitHub's where a workflow runs there.
pub fn wanted(asked: &[Report], surroundings: &Surroundings) -> Result<Vec<Report>, Problem> {
    let mut reports = asked.to_vec();
    let on_github = surroundings.env.get("GITHUB_ACTIONS").is_some_and(|on| on == "true");
    if on_github && !reports.contains(&Report::Github) {
        reports.push(Report::Github);
    }
    match reports.iter().filter(|report| is_out(report)).count() {
        0 | 1 => Ok(reports),
        _ => Err(Problem::new("more than one report would go to the standard output")
            .help("give all but one of them a file")),
    }
}

/// Whether a report takes the standard output for itself.
pub fn is_out(report: &Report) -> bool {
    matches!(report, Report::Into(_, file) if file.as_os_str() == "-")
}

/// Writes the reports.
pub fn write(
    reports: &[Report],
    results: &Results<'_>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<(), Refused> {
    let out = reports.iter().any(is_out);
    for report in reports {
        match report {
            Report::Into(form, _) if is_out(report) => {
                console.tell(&text(*form, results, surroundings.registry.vocabulary()))?;
            }
            Report::Into(form, file) => {
                let text = text(*form, results, surroundings.registry.vocabulary());
                fs::write(file, text).map_err(|error| unwritable(file, &error))?;
            }
            // Commands of a workflow are taken from both streams.
            Report::Github if out => console.note(&reports::annotations(results)),
            Report::Github => console.print(&reports::annotations(results))?,
        }
    }
    let summary = surroundings.env.get("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
    if let Some(file) = summary.filter(|_| reports.contains(&Report::Github)) {
        let file = Path::new(file);
        let appended = OpenOptions::new().create(true).append(true).open(file);
        let appended = appended.and_then(|mut file| file.write_all(reports::summary(results).as_bytes()));
        appended.map_err(|error| unwritable(file, &error))?;
    }
    Ok(())
}

fn text(form: Form, results: &Results<'_>, vocabulary: &Vocabulary) -> String {
    match form {
        Form::Junit => reports::junit(results),
        Form::Tap => reports::tap(results),
        Form::Json => reports::json(results),
        Form::Html => reports::html(results, vocabulary),
        Form::Lcov => reports::lcov(results),
        Form::Cobertura => reports::cobertura(results),
    }
}
