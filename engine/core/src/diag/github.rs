//! Diagnostics as annotations of a workflow on GitHub, which shows each at its line.

use super::mask::Masked;
use super::{Diagnostic, Severity, sorted};
use crate::source::Sources;

/// The diagnostics as workflow commands, by file and place; `prefix` leads from the repository to the project.
pub fn to_github(diagnostics: &[Diagnostic], sources: &Sources, prefix: &str) -> String {
    let masked = Masked::new(diagnostics, sources);
    let sorted = sorted(diagnostics, sources);
    sorted.iter().map(|found| command(found, &found.code.to_string(), &masked, sources, prefix)).collect()
}

/// One of them under a title of its own.
pub fn annotation(found: &Diagnostic, title: &str, sources: &Sources, prefix: &str) -> String {
    let masked = Masked::new(std::slice::from_ref(found), sources);
    command(found, title, &masked, sources, prefix)
}

fn command(found: &Diagnostic, title: &str, masked: &Masked<'_>, sources: &Sources, prefix: &str) -> String {
    let severity = match found.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (line, column) = sources.line_column(found.span);
    let (end_line, end_column) = sources.end_line_column(found.span);
    // Columns are of one line: GitHub takes none of what goes over several.
    let columns =
        if end_line == line { format!(",col={column},endColumn={end_column}") } else { String::new() };
    let file = property(&format!("{prefix}{}", sources.get(found.span.file).path));
    let help = found.help.as_deref().map(|help| format!("\nhelp: {}", masked.words(help)));
    let message = data(&format!("{}{}", masked.words(&found.message), help.unwrap_or_default()));
    let title = property(title);
    format!("::{severity} file={file},line={line},endLine={end_line}{columns},title={title}::{message}\n")
}

/// As github.com/actions/toolkit, packages/core/src/command.ts, escapes what is said.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::Span;

    #[test]
    fn each_is_one_line_whatever_it_says() {
        let mut sources = Sources::default();
        let file = sources.add("a,b.yaml", "cards:\n  - card: x\n");
        let at = |start, end| Span { file, start, end };
        let found = [
            Diagnostic::new(Code::UnknownCard, at(17, 18), "there is no card: `x`\n100 %").help("write `y`"),
            Diagnostic::new(Code::UnreadInput, at(0, 18), "unused"),
        ];
        // Written down by hand after the documentation of workflow commands.
        assert_eq!(
            to_github(&found, &sources, "flows/"),
            "::warning file=flows/a%2Cb.yaml,line=1,endLine=2,title=W064::unused\n\
             ::error file=flows/a%2Cb.yaml,line=2,endLine=2,col=11,endColumn=12,title=E010::there is no card: `x`%0A100 %25%0Ahelp: write `y`\n"
        );
    }
}
