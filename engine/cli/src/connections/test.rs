//! `flowrun connections test`: tries each connection with harmless requests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flowrun_core::value::Text;
use flowrun_host::connections::Origin;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Check;

use super::list::{self, Used};
use super::{Purpose, connect};
use crate::args::TestArgs;
use crate::console::{Console, Look, Paint};
use crate::problem::Problem;
use crate::run::now_ms;
use crate::simulators::{Setup, Simulators};
use crate::{DONE, FAILED, Refused, Surroundings, words};

/// Tries the connections of a project, or some of them.
pub async fn test(
    args: &TestArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (project, plan) = list::read(&args.of, &surroundings.env, console)?;
    if let Some(unknown) = args.only.iter().find(|name| !plan.contains_key(*name)) {
        let names: Vec<&str> = plan.keys().map(String::as_str).collect();
        let problem = Problem::new(format!("the project has no connection `{unknown}`"));
        return Err(problem.help(format!("it has {}", names.join(", "))).into());
    }
    let mut used = list::used(&project, &plan);
    used.retain(|used| args.only.is_empty() || args.only.contains(&used.planned.name));
    let simulators = match &surroundings.simulators {
        Some(simulators) => simulators.clone(),
        None => {
            Simulators::empty(Clock::starting_at(now_ms(), 1.0), &Setup { employees: 0, ..Setup::default() })
        }
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
    let purpose = Purpose { rehearsal: true, ca_file, ..Purpose::new(simulators, env) };
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
    let checks = (used.planned.connector.test)(&made.connection).await;
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
