//! `flowrun connections test`: tries each connection with harmless requests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use flowrun_core::value::Text;
use flowrun_core::words;
use flowrun_host::session::clock;
use flowrun_host::session::connections::{Purpose, connect};
use flowrun_host::session::origin::Origin;
use flowrun_host::session::simulators::{Front, Simulators};
use flowrun_kit::connector::Check;
use flowrun_project::Problem;
use flowrun_views::look::{Look, Paint};

use super::ConnectionsOf;
use super::list::{self, Used};
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused};
use crate::surroundings::Surroundings;

/// What `connections test` is told.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Which connections.
    #[command(flatten)]
    pub of: ConnectionsOf,
    /// Only this connection
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// Tries the connections of a project, or some of them.
pub async fn test(
    args: &TestArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (project, plan) = list::read(&args.of, surroundings, console)?;
    if let Some(unknown) = args.only.iter().find(|name| !plan.contains_key(*name)) {
        let names: Vec<&str> = plan.keys().map(String::as_str).collect();
        let problem = Problem::new(format!("the project has no connection `{unknown}`"));
        return Err(problem.help(format!("it has {}", names.join(", "))).into());
    }
    let mut used = list::used(&project, &plan, surroundings);
    used.retain(|used| args.only.is_empty() || args.only.contains(&used.planned.name));
    let simulators = match &surroundings.simulators {
        Some(simulators) => simulators.clone(),
        None => Simulators::of(clock(1.0), Front::default(), []),
    };
    let mut failed = 0;
    for (place, used) in used.iter().enumerate() {
        if place > 0 {
            console.print("\n")?;
        }
        failed +=
            u32::from(!try_out(used, &simulators, &surroundings.env, args.ca_file.clone(), console).await?);
    }
    Ok(if failed > 0 { FAILED } else { DONE })
}

/// Tries one connection; whether nothing is wrong with it.
async fn try_out(
    used: &Used,
    simulators: &Simulators,
    env: &BTreeMap<String, String>,
    ca_file: Option<PathBuf>,
    console: &mut Console<'_>,
) -> Result<bool, Refused> {
    let look = console.out_look;
    let name = Paint(look.color).bold(&used.planned.name);
    match &used.planned.origin {
        Origin::Simulator => {
            console.print(&format!("{name} · simulated: there is nothing to try\n"))?;
            return Ok(true);
        }
        Origin::Incomplete(missing) => {
            let lacks: Vec<String> = missing.iter().map(ToString::to_string).collect();
            let help = format!(
                "set that in the environment, or use `flowrun connections add {}`",
                used.planned.name
            );
            console.print(&format!("{name}\n"))?;
            console.print(&cross(
                "the settings are complete",
                &format!("the connection lacks {}", lacks.join(", ")),
                Some(&help),
                look,
            ))?;
            return Ok(false);
        }
        Origin::Given(_) => {}
    }
    let planned = [(used.planned.clone(), used.scopes.clone())];
    let purpose = Purpose { ca_file, ..Purpose::new(simulators, env) };
    let made = match connect(&planned, &purpose) {
        Ok(made) => made,
        Err(problem) => {
            console.print(&format!("{name}\n"))?;
            let said = format!("the connection `{}` can't be made: ", used.planned.name);
            let message = problem.message.strip_prefix(&said).unwrap_or(&problem.message);
            console.print(&cross("the settings are valid", message, problem.help.as_deref(), look))?;
            return Ok(false);
        }
    };
    let [made] = made.as_slice() else { return Ok(true) };
    console.print(&format!("{name} · {}\n", made.host))?;
    let mut checks = (used.planned.connector.test)(&made.connection).await;
    for check in &mut checks {
        let outcome = std::mem::replace(&mut check.outcome, Ok(Text::default()));
        check.outcome =
            outcome.map_err(|fault| fault.reworded(|text| used.planned.connector.said_of(&made.name, text)));
    }
    let widest = checks.iter().map(|check| words::width(&check.title)).max().unwrap_or(0);
    let mut helped: Option<&Text> = None;
    for check in &checks {
        let help = check.outcome.as_ref().err().and_then(|fault| fault.help.as_ref());
        // One remedy for several checks is told once.
        let repeated = help.is_some() && help == helped;
        console.print(&line(check, help.filter(|_| !repeated), widest, look))?;
        helped = help.or(helped);
    }
    Ok(checks.iter().all(|check| check.outcome.is_ok()))
}

/// What a check found: a line if all is well, else what is wrong and what to do about it.
fn line(check: &Check, help: Option<&Text>, widest: usize, look: Look) -> String {
    match &check.outcome {
        Ok(seen) => {
            let paint = Paint(look.color);
            let line = format!("{}  {}", words::pad(&check.title, widest), paint.dim(seen));
            format!("  {} {}\n", paint.green("✓"), line.trim_end())
        }
        Err(fault) => cross(&check.title, &fault.message, help.map(|help| &**help), look),
    }
}

fn cross(title: &str, message: &str, help: Option<&str>, look: Look) -> String {
    let paint = Paint(look.color);
    let mut text = format!("  {} {title}\n", paint.red("✗"));
    let columns = look.width.saturating_sub(12);
    let help = help.map(|help| format!("help: {help}"));
    for line in words::wrap(message, columns)
        .into_iter()
        .chain(help.iter().flat_map(|help| words::wrap(help, columns)))
    {
        text.push_str(&format!("      {line}\n"));
    }
    text
}
