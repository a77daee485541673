//! Where a command writes to, and how it may look there.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use flowrun_core::words;
use flowrun_project::Problem;
use flowrun_views::look::{Look, PLAIN, Paint};

/// The narrowest and the widest that anything is laid out for.
const NARROWEST: usize = 60;
const WIDEST: usize = 200;

/// How a stream of this process may look, by what it is and what the environment wants.
pub fn look_of(stream: &impl IsTerminal, env: &BTreeMap<String, String>) -> Look {
    let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
    let dumb = env.get("TERM").is_some_and(|term| term == "dumb");
    let terminal = stream.is_terminal();
    let size = terminal_size::terminal_size().filter(|_| terminal);
    let size = size.map(|(width, height)| (usize::from(width.0), usize::from(height.0)));
    // The second is what npm's tools, and with them many CI services, set.
    let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"]
        .iter()
        .any(|name| env.get(*name).is_some_and(|value| !matches!(&**value, "" | "0" | "false")));
    let color = !set("NO_COLOR") && ((terminal && !dumb) || forced);
    sized(Look { live: terminal && !dumb, color, ..PLAIN }, size)
}

/// The same on a terminal of so many columns and lines.
pub(crate) fn sized(look: Look, size: Option<(usize, usize)>) -> Look {
    let (width, height) = size.unwrap_or((look.width, look.height));
    Look { width: width.clamp(NARROWEST, WIDEST), height, ..look }
}

/// The two streams of a command.
pub struct Console<'a> {
    /// What the command gives.
    pub out: &'a mut (dyn Write + Send),
    /// What it has to say besides.
    pub err: &'a mut (dyn Write + Send),
    /// How `out` may look.
    pub out_look: Look,
    /// How `err` may look.
    pub err_look: Look,
}

impl<'a> Console<'a> {
    /// A console of two pipes.
    pub fn plain(out: &'a mut (dyn Write + Send), err: &'a mut (dyn Write + Send)) -> Console<'a> {
        Console { out, err, out_look: PLAIN, err_look: PLAIN }
    }

    /// Writes what the command gives, at once.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes what the command gives, at once. That the reader has had enough, as in `flowrun … | head`, isn't a failure.
    pub fn tell(&mut self, text: &str) -> io::Result<()> {
        match self.print(text) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            told => told,
        }
    }

    /// Writes what the command has to say besides; that it can't be said is no reason to fail.
    pub fn note(&mut self, text: &str) {
        let _ = self.err.write_all(words::harmless(text).as_bytes()).and_then(|()| self.err.flush());
    }

    /// Says why a command was refused.
    pub fn refuse(&mut self, problem: &Problem) {
        let paint = Paint(self.err_look.color);
        let message = paint.bold(&format!(": {}", still(&problem.message)));
        self.note(&format!("{}{message}\n", paint.red("error")));
        if let Some(help) = &problem.help {
            self.advise(help);
        }
    }

    /// Says what to do about what was just said.
    pub fn advise(&mut self, help: &str) {
        let paint = Paint(self.err_look.color);
        self.note(&format!("  {} {}: {}\n", paint.blue("="), paint.bold("help"), still(help)));
    }

    /// Warns of something that does not keep a command from going on.
    pub fn warn(&mut self, message: &str) {
        let paint = Paint(self.err_look.color);
        let text = format!("{}{}\n", paint.yellow("warning"), paint.bold(&format!(": {}", still(message))));
        self.note(&text);
    }
}

/// A text in which nothing moves the cursor: names of files and values come from anywhere.
fn still(text: &str) -> String {
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn the_environment_says_whether_there_are_colors() {
        // bixense.com/clicolors, no-color.org and force-color.org; a file is no terminal.
        let table: [(&[(&str, &str)], bool); 9] = [
            (&[], false),
            (&[("CLICOLOR_FORCE", "1")], true),
            (&[("CLICOLOR_FORCE", "0")], false),
            (&[("CLICOLOR_FORCE", "")], false),
            (&[("FORCE_COLOR", "1")], true),
            (&[("FORCE_COLOR", "3")], true),
            (&[("FORCE_COLOR", "0")], false),
            (&[("FORCE_COLOR", "false")], false),
            (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        ];
        let file = File::open("Cargo.toml").unwrap();
        for (env, color) in table {
            let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(look_of(&file, &env).color, color, "{env:?}");
        }
    }
}
