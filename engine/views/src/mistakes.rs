//! Mistakes in a project, drawn.

use flowrun_core::diag::{self, Diagnostic, Style, render};
use flowrun_core::source::Sources;
use flowrun_project::check::is_error;

use crate::look::Look;

/// How diagnostics look on a stream.
pub fn style(look: Look) -> Style {
    Style { color: look.color, width: look.width }
}

/// The errors alone, for a run that they keep from starting.
pub fn errors(found: &[Diagnostic], sources: &Sources, look: Look) -> String {
    let errors: Vec<Diagnostic> = found.iter().filter(|found| is_error(found)).cloned().collect();
    let mut text = render(&errors, sources, style(look));
    // Of the many lines the last says that nothing has happened.
    let summary = diag::summary(&errors, sources);
    if let Some(at) = text.rfind(&summary) {
        text.insert_str(at + summary.len(), "; nothing was run");
    }
    text
}
