//! What is wrong with the command line or with the files it names.

use std::fmt;
use std::io;
use std::path::Path;

use flowrun_core::diag::Diagnostic;
use flowrun_core::source::Sources;
use flowrun_core::suggest::did_you_mean;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was expected and what was found; lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem told by `message`.
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None }
    }

    /// The same with advice.
    pub fn help(self, help: impl Into<String>) -> Problem {
        Problem { help: Some(help.into()), ..self }
    }

    /// The same with the name that was probably meant, if there is one: `closest` finds it.
    pub fn meant(self, near: Option<&str>) -> Problem {
        Problem { help: near.map(did_you_mean).or(self.help), ..self }
    }

    /// The same with this advice, if there is none yet.
    pub fn or_help<S: Into<String>>(self, help: impl FnOnce() -> S) -> Problem {
        Problem { help: self.help.or_else(|| Some(help().into())), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// The problem of a file that can't be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => Problem::new(format!("there is no file {}", path.display())),
        io::ErrorKind::PermissionDenied => Problem::new(format!("{} may not be read", path.display())),
        _ => Problem::new(format!("{} can't be read: {error}", path.display())),
    }
}

/// The problem of a file that can't be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("{} can't be written: {error}", path.display()))
}

/// Mistakes in a project that keep something from being done with it.
#[derive(Debug)]
pub struct Mistakes {
    /// The mistakes.
    pub found: Vec<Diagnostic>,
    /// The files they are in.
    pub sources: Sources,
}

/// Why nothing was done with a project.
#[derive(Debug)]
pub enum Refused {
    /// What was asked for is wrong.
    Problem(Problem),
    /// The project is wrong.
    Mistakes(Mistakes),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Problem(problem)
    }
}
