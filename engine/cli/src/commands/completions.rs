//! `flowrun completions`: what a shell needs to complete commands and options.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::simulators;
use crate::surroundings::Surroundings;

/// What `completions` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Where they go:
  flowrun completions bash > ~/.local/share/bash-completion/completions/flowrun
  flowrun completions zsh > ~/.zfunc/_flowrun      with `fpath+=~/.zfunc` above `compinit` in ~/.zshrc
  flowrun completions fish > ~/.config/fish/completions/flowrun.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Prints the completions.
pub fn run(
    args: &CompletionsArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let mut command = simulators::with_options(Cli::command(), &surroundings.registry);
    let mut text = Vec::new();
    generate(args.shell, &mut command, "flowrun", &mut text);
    console.print(&String::from_utf8_lossy(&text))?;
    Ok(DONE)
}
