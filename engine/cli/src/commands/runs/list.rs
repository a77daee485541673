//! `flowrun runs`: which runs there are.

use flowrun_core::value::Date;
use flowrun_core::words;
use flowrun_host::session::durable::history::{as_json, moment};
use flowrun_project::Problem;
use flowrun_store::{Filter, Run, State, Status};
use flowrun_views::look::Paint;
use serde_json::Value;

use super::RunsArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site;
use crate::surroundings::Surroundings;

/// Lists runs, the newest first.
pub fn list(args: &RunsArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let runs = site::of(&args.place, surroundings)?.runs(&filter(args)?)?;
    if args.json {
        let runs: Vec<Value> = runs.iter().map(as_json).collect();
        console.print(&format!("{:#}\n", Value::from(runs)))?;
        return Ok(DONE);
    }
    if runs.is_empty() {
        console.print("no runs\n")?;
        return Ok(DONE);
    }
    let paint = Paint(console.out_look.color);
    let [ids, titles] = [
        runs.iter().map(|run| words::width(&run.about.id)).max(),
        runs.iter().map(|run| words::width(&run.about.title).min(40)).max(),
    ];
    let (ids, titles) = (ids.unwrap_or(0), titles.unwrap_or(0));
    let mut text = String::new();
    for run in &runs {
        let title = words::pad(&words::fit(&run.about.title, titles), titles);
        let line = format!(
            "{}  {}  {title}  {}  {}",
            words::pad(&run.about.id, ids),
            painted(run.state.status(), paint),
            moment(run.about.started_us),
            told(run)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn filter(args: &RunsArgs) -> Result<Filter, Problem> {
    let states = args.status.iter().map(|name| match &**name {
        "open" => Ok(Filter::open().states),
        name => Status::named(name).map(|status| vec![status]).ok_or_else(|| {
            let known: Vec<&str> = Status::ALL.iter().map(|status| status.name()).collect();
            let problem = Problem::new(format!("there is no status `{name}`"));
            problem.help(format!("it is open, {}", known.join(", ")))
        }),
    });
    let since_us = args.since.as_deref().map(|since| {
        let date = Date::parse_iso(since).map(|date| date.millis().saturating_mul(1000));
        date.ok_or_else(|| {
            Problem::new(format!("--since: expected a date such as 2026-11-28, found `{since}`"))
        })
    });
    Ok(Filter {
        flow: args.flow.clone(),
        states: states.collect::<Result<Vec<_>, _>>()?.concat(),
        since_us: since_us.transpose()?,
        text: args.text.clone(),
        limit: Some(args.limit),
        ..Filter::default()
    })
}

/// A status, as wide as the widest.
fn painted(status: Status, paint: Paint) -> String {
    let name = words::pad(status.name(), 9);
    match status {
        Status::Done => paint.green(&name),
        Status::Failed => paint.red(&name),
        Status::Paused | Status::Held | Status::Cancelled => paint.yellow(&name),
        Status::Running | Status::Waiting => name,
    }
}

/// What there is to say of how a run stands.
fn told(run: &Run) -> String {
    match &run.state {
        State::Held { question } => question.clone(),
        State::Paused { until_us: Some(until_us) } => {
            format!("waits for an answer until {}", moment(*until_us))
        }
        State::Paused { until_us: None } => "waits for an answer".to_owned(),
        State::Waiting { wake_us } => format!("until {}", moment(*wake_us)),
        State::Failed => run.error.clone().unwrap_or_default(),
        State::Running => run.about.owner.clone(),
        State::Done | State::Cancelled => run
            .ended_us
            .map(|ended| words::duration((ended - run.about.started_us) as f64 / 1000.0))
            .unwrap_or_default(),
    }
}
