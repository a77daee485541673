//! What came of tests, for other programs and for people: each form is a function of the same [`Results`].
//!
//! Names in them are those of test files from their project's folder, of tests and of cases, so that they are the same on every machine.

mod cobertura;
mod github;
mod html;
mod json;
mod junit;
mod lcov;
mod tap;

pub use cobertura::cobertura;
pub use github::{annotations, summary};
pub use html::html;
pub use json::json;
pub use junit::junit;
pub use lcov::lcov;
pub use tap::tap;

use std::time::Duration;

pub use flowrun_core::diag::Style;
use flowrun_core::diag::{Code, Diagnostic, draw};
use flowrun_core::source::{Sources, Span};
use flowrun_project::Project;

use crate::coverage::Covered;
use crate::held::Unmet;

/// How wide excerpts of files are in reports.
const WIDTH: usize = 100;

/// What came of all tests.
#[derive(Debug)]
pub struct Results<'r> {
    /// By file, in the order in which they are read.
    pub files: Vec<OfFile<'r>>,
    /// What the tests came to, by project.
    pub covered: Vec<OfProject<'r>>,
    /// When they began, in milliseconds since 1970.
    pub at_ms: i64,
    /// How long all of them took.
    pub took: Duration,
}

/// What came of the tests of a file.
#[derive(Debug)]
pub struct OfFile<'r> {
    /// Its path from the project's folder.
    pub name: String,
    /// What leads from the present folder to the project's.
    pub prefix: String,
    /// The path of the flow that it tests.
    pub flow: String,
    /// The texts that places in it are of.
    pub sources: &'r Sources,
    /// Its cases.
    pub cases: Vec<OfCase>,
}

/// What came of a case.
#[derive(Debug)]
pub struct OfCase {
    /// The name of its test, and its own where it has one.
    pub title: String,
    /// What was done otherwise than usual where it ended badly, in a few words.
    pub when: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub end: End,
}

/// How a case ended.
#[derive(Clone, Debug)]
pub enum End {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed(Vec<Unmet>),
    /// It could not be run.
    Broken(Unmet),
    /// It was not run, and why.
    Skipped(String),
}

/// What the tests came to in a project.
#[derive(Debug)]
pub struct OfProject<'r> {
    /// The project.
    pub project: &'r Project,
    /// What leads from the present folder to it.
    pub prefix: String,
    /// Its flows.
    pub flows: Vec<Covered>,
}

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub cases: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those of which something is not as expected.
    pub failed: usize,
    /// Those that could not be run.
    pub broken: usize,
    /// Those that were not run.
    pub skipped: usize,
}

impl Results<'_> {
    /// How many cases ended how.
    pub fn counts(&self) -> Counts {
        Counts::of(self.files.iter().flat_map(|file| &file.cases))
    }
}

impl OfFile<'_> {
    /// How many cases ended how.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.cases)
    }

    /// The line on which something stands.
    fn line(&self, span: Span) -> usize {
        self.sources.line_column(span).0
    }

    /// What is not as expected of a case, drawn at its place in the file.
    pub fn drawn(&self, case: &OfCase, style: Style) -> String {
        draw(&case.diagnostics(), self.sources, style)
    }

    fn plain(&self, case: &OfCase) -> String {
        self.drawn(case, Style { color: false, width: WIDTH })
    }
}

impl OfCase {
    /// Whether it ended otherwise than it should.
    pub fn is_red(&self) -> bool {
        matches!(self.end, End::Failed(_) | End::Broken(_))
    }

    /// What is not as expected, first the cause.
    pub fn unmet(&self) -> &[Unmet] {
        match &self.end {
            End::Failed(unmet) => unmet,
            End::Broken(why) => std::slice::from_ref(why),
            End::Passed | End::Skipped(_) => &[],
        }
    }

    /// The same at its place; what comes after the first is probably its fault.
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let diagnostic = |(place, unmet): (usize, &Unmet)| {
            let code = if place == 0 { Code::Unmet } else { Code::UnmetThen };
            let drawn = Diagnostic::new(code, unmet.span, unmet.message.clone()).label(unmet.found.clone());
            let drawn = match unmet.wire {
                Some(wire) => drawn.related(wire, "it is given this"),
                None => drawn,
            };
            drawn.may_help(unmet.help.as_deref())
        };
        self.unmet().iter().enumerate().map(diagnostic).collect()
    }

    /// In one word.
    fn word(&self) -> &'static str {
        match &self.end {
            End::Passed => "passed",
            End::Failed(_) => "failed",
            End::Broken(_) => "error",
            End::Skipped(_) => "skipped",
        }
    }
}

impl Counts {
    fn of<'c>(cases: impl IntoIterator<Item = &'c OfCase>) -> Counts {
        let mut counts = Counts::default();
        for case in cases {
            counts.cases += 1;
            *match &case.end {
                End::Passed => &mut counts.passed,
                End::Failed(_) => &mut counts.failed,
                End::Broken(_) => &mut counts.broken,
                End::Skipped(_) => &mut counts.skipped,
            } += 1;
        }
        counts
    }
}

/// A time as seconds.
fn seconds(took: Duration) -> String {
    format!("{:.3}", took.as_secs_f64())
}
