//! The flowrun binary.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use cap::Cap;
use flowrun::console::{Console, look_of};
use flowrun::screen::Screen;
use flowrun::{Prompt, Surroundings, main_in};

#[cfg(feature = "mimalloc")]
use mimalloc::MiMalloc as Allocator;
#[cfg(not(feature = "mimalloc"))]
use std::alloc::System as Allocator;

/// Counts what is in use, so that a run can be held to `--memory`.
#[global_allocator]
static MEMORY: Cap<Allocator> = Cap::new(Allocator, usize::MAX);

/// Asks on the terminal.
struct Terminal;

impl Prompt for Terminal {
    fn ask(&self, question: &str, hidden: bool) -> io::Result<String> {
        let mut err = io::stderr();
        write!(err, "{question}: ")?;
        err.flush()?;
        if hidden {
            return rpassword::read_password();
        }
        let mut answer = String::new();
        match io::stdin().read_line(&mut answer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer),
        }
    }
}

fn main() -> ExitCode {
    // Where it happened is enough to mend it; what was said could quote what flows hold.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(io::stderr(), "flowrun made a mistake at {place}");
    }));
    // Variables that are no text can't be any that flowrun looks for.
    let env: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let (out_look, err_look) = (look_of(&out, &env), look_of(&err, &env));
    let mut console = Console { out: &mut out, err: &mut err, out_look, err_look };
    let asks = io::stdin().is_terminal() && err_look.live;
    let prompt = asks.then(|| Arc::new(Terminal) as Arc<dyn Prompt>);
    let memory_used = || MEMORY.allocated() as u64;
    let input = || io::read_to_string(io::stdin());
    let screen = Some(Screen::stderr(err_look));
    let surroundings =
        Surroundings { env, signals: true, input, prompt, memory_used, screen, ..Surroundings::default() };
    ExitCode::from(main_in(std::env::args_os().skip(1), &surroundings, &mut console))
}
