//! How a command ends: its exit code, or why it did nothing.

use std::io;

use flowrun_core::diag::render;
use flowrun_project::{Mistakes, Problem};
use flowrun_views::mistakes::style;

use crate::console::Console;

/// The exit code of a command that did what it should.
pub const DONE: u8 = 0;
/// The exit code of a run that failed.
pub const FAILED: u8 = 1;
/// The exit code for a wrong flow or command line.
pub const WRONG: u8 = 2;
/// The exit code of a run that waits for somebody to say something.
pub const HELD: u8 = 3;
/// The exit code of a command that was interrupted.
pub const INTERRUPTED: u8 = 130;

/// Why a command ended before it did anything.
#[derive(Debug)]
pub enum Refused {
    /// The command line, or what it names, is wrong.
    Problem(Problem),
    /// The project is wrong.
    Mistakes(Mistakes),
    /// What is wrong has been said already.
    Said,
    /// The output could not be written.
    Output(io::Error),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Problem(problem)
    }
}

impl From<flowrun_project::Refused> for Refused {
    fn from(refused: flowrun_project::Refused) -> Refused {
        match refused {
            flowrun_project::Refused::Problem(problem) => Refused::Problem(problem),
            flowrun_project::Refused::Mistakes(mistakes) => Refused::Mistakes(mistakes),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Output(error)
    }
}

/// Says why a command was refused, if it was; the exit code.
pub fn finish(code: Result<u8, Refused>, console: &mut Console<'_>) -> u8 {
    match code {
        Ok(code) => code,
        Err(Refused::Said) => WRONG,
        Err(Refused::Problem(problem)) => {
            console.refuse(&problem);
            WRONG
        }
        Err(Refused::Mistakes(Mistakes { found, sources })) => {
            console.note(&render(&found, &sources, style(console.err_look)));
            WRONG
        }
        // Whoever reads has had enough: `flowrun … | head`.
        Err(Refused::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
        Err(Refused::Output(error)) => {
            console.refuse(&Problem::new(format!("the output can't be written: {error}")));
            WRONG
        }
    }
}
