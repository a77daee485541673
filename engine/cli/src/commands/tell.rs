//! What happened in a run, told on the console: of this process, or at a service.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use flowrun_core::report::{Report, Status};
use flowrun_core::words;
use flowrun_host::session::durable::history::moment;
use flowrun_host::session::{Ended, save};
use flowrun_kit::activity::Tally;
use flowrun_kit::registry::Registry;
use flowrun_store::{Run, State};
use flowrun_views::failure;
use flowrun_views::look::Paint;
use flowrun_views::transcript::{self, Detail, Frame, rows};
use serde::Serialize;

use super::run::RunArgs;
use crate::console::Console;
use crate::outcome::{DONE, FAILED, HELD, INTERRUPTED, Refused};

/// What ran because the run failed: its tree, and why it failed itself, if it did.
fn tell_aftermath(
    args: &RunArgs,
    after: &Report,
    ended: &Ended,
    registry: &Registry,
    console: &mut Console<'_>,
) -> Result<(), Refused> {
    if !args.json {
        let paint = Paint(console.out_look.color);
        let frame = Frame::of(console.out_look);
        let rows = rows(after, if args.trace { Detail::Trace } else { Detail::Cards }, registry.catalog());
        let head = format!("after the failure: {}\n", paint.bold(&after.flow.name));
        let tree = transcript::lines(&rows, &frame, paint);
        let summary = transcript::summary(after, false, None, paint);
        console.tell(&words::harmless(&format!("{head}{tree}{summary}")))?;
    }
    if after.status == Status::Failed {
        console.note(&failure::explain(after, &ended.program, &ended.project.sources, console.err_look));
    }
    Ok(())
}

/// The report as programs get it: what happened, and what was sent for it.
#[derive(Serialize)]
struct Told<'e> {
    #[serde(flatten)]
    report: &'e Report,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    requests: BTreeMap<&'e str, Requests>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_failure: Option<&'e Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<&'e [String]>,
}

#[derive(Serialize)]
struct Requests {
    sent: u64,
    repeated: u64,
    throttled: u64,
    waited_ms: u64,
}

impl<'e> Told<'e> {
    fn of(args: &RunArgs, ended: &'e Ended) -> Told<'e> {
        let requests = |tally: &Tally| Requests {
            sent: tally.requests,
            repeated: tally.repeated,
            throttled: tally.throttled,
            waited_ms: tally.waited_ms,
        };
        let all = ended.tallies.iter().map(|(name, tally)| (&**name, requests(tally)));
        let withheld = args.dry_run.then_some(&*ended.withheld);
        let after_failure = ended.aftermath.as_ref();
        Told { report: &ended.report, requests: all.collect(), after_failure, withheld }
    }
}

/// A line for each connection over which requests were repeated or slowed down; for each that was used if `all` are to be
/// told.
fn traffic(ended: &Ended, all: bool, paint: Paint) -> String {
    let troubled = |tally: &Tally| tally.repeated > 0 || tally.throttled > 0;
    let told = ended.tallies.iter().filter(|(_, tally)| tally.requests > 0 && (all || troubled(tally)));
    let line = |(name, tally): &(String, Tally)| {
        let mut parts = vec![words::many(tally.requests, "request")];
        parts.extend((tally.repeated > 0).then(|| format!("{} repeated", words::count(tally.repeated))));
        parts.extend((tally.throttled > 0).then(|| format!("{} × 429", words::count(tally.throttled))));
        parts.extend(
            (tally.waited_ms >= 1000).then(|| format!("waited {}", words::duration(tally.waited_ms as f64))),
        );
        format!("{}\n", paint.dim(&format!("{name}: {}", parts.join(", "))))
    };
    told.map(line).collect()
}

/// Tells what happened; the exit code that it deserves.
pub(super) fn tell(
    args: &RunArgs,
    ended: &Ended,
    registry: &Registry,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let report = &ended.report;
    let mut code = if ended.interrupted { INTERRUPTED } else { code_of(report.status) };
    if args.json {
        let json = serde_json::to_string_pretty(&Told::of(args, ended)).map_err(std::io::Error::other)?;
        console.tell(&format!("{json}\n"))?;
    } else {
        let paint = Paint(console.out_look.color);
        let traffic = traffic(ended, args.trace, paint);
        let how = (ended.interrupted, ended.real_ms);
        let mut text = transcript_of(args, report, how, &traffic, registry, console)?;
        if args.dry_run {
            text.push_str(&transcript::rehearsal(&ended.withheld, ended.withheld_count, paint));
        }
        console.tell(&text)?;
    }
    if let Some(after) = &ended.aftermath {
        tell_aftermath(args, after, ended, registry, console)?;
    }
    if ended.broken.is_some() && ended.journaled && !matches!(report.status, Status::Paused | Status::Held) {
        console.note(&format!("once that is mended, `flowrun resume {}` goes on\n", report.run));
    }
    tell_open(report, &ended.unsettled.join(", "), console);
    if let Some(broken) = &ended.broken {
        console.refuse(broken);
        code = code.max(FAILED);
    } else if code == FAILED {
        console.note(&failure::explain(report, &ended.program, &ended.project.sources, console.err_look));
    }
    code = code.max(save_files(args, ended, console));
    if let Some(idle) = &ended.idle_faults {
        console.warn(idle);
    }
    if let Err(error) = &ended.recorded {
        let why = match error.kind() {
            ErrorKind::NotFound => "somebody deleted or moved it during the run".to_owned(),
            _ => format!("it could not be written to the end: {error}"),
        };
        console.warn(&format!("the audit record is not complete: {why}"));
        console.advise("see after the disk or the folder, or name another file with --audit");
        code = code.max(FAILED);
    }
    Ok(code)
}

/// The exit code that a run deserves.
fn code_of(status: Status) -> u8 {
    match status {
        Status::Cancelled => INTERRUPTED,
        Status::Done | Status::Planned | Status::Stopped | Status::Handled => DONE,
        Status::Failed | Status::Running => FAILED,
        Status::Paused | Status::Held => HELD,
    }
}

/// What happened, for people.
fn transcript_of(
    args: &RunArgs,
    report: &Report,
    (interrupted, real_ms): (bool, Option<f64>),
    traffic: &str,
    registry: &Registry,
    console: &Console<'_>,
) -> Result<String, Refused> {
    let paint = Paint(console.out_look.color);
    let detail = if args.trace { Detail::Trace } else { Detail::Cards };
    let rows = rows(report, detail, registry.catalog());
    let frame = Frame::of(console.out_look);
    let frame = if args.trace { frame.whole() } else { frame };
    let mut text = transcript::lines(&rows, &frame, paint);
    let explained = report.flow.error.as_ref().filter(|_| !interrupted && code_of(report.status) == FAILED);
    text.push_str(&transcript::messages(&rows, &frame, explained.map(|error| &*error.message), paint));
    text.push_str(&transcript::warnings(report, paint));
    text.push_str(traffic);
    text.push_str(&transcript::summary(report, interrupted, real_ms, paint));
    text = words::harmless(&text).into_owned();
    if args.outputs {
        let outputs = serde_json::to_value(&report.flow.outputs).map_err(std::io::Error::other)?;
        text.push_str(&serde_yaml::to_string(&outputs).map_err(std::io::Error::other)?);
    } else {
        text.push_str(&transcript::lists(report, paint));
    }
    Ok(text)
}

/// Tells what happened in a run at a service; the exit code that it deserves.
pub(crate) fn tell_report(
    args: &RunArgs,
    run: &Run,
    report: &Report,
    registry: &Registry,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let code = match run.state {
        // It goes on by itself.
        State::Waiting { .. } => DONE,
        _ => code_of(report.status),
    };
    if args.json {
        let json = serde_json::to_string_pretty(report).map_err(std::io::Error::other)?;
        console.tell(&format!("{json}\n"))?;
    } else {
        let hosts: Vec<String> = match &*run.about.scope {
            "no connections" => Vec::new(),
            hosts => hosts.split(", ").map(str::to_owned).collect(),
        };
        let (frame, paint) = (Frame::of(console.out_look), Paint(console.out_look.color));
        let head = transcript::header(&report.flow.name, &hosts, &frame, paint);
        let told = transcript_of(args, report, (false, None), "", registry, console)?;
        console.tell(&format!("{}{told}", words::harmless(&head)))?;
    }
    if let State::Waiting { wake_us } = run.state {
        console.note(&format!("goes on by itself at {}\n", moment(wake_us)));
    }
    let question = match &run.state {
        State::Held { question } => question.trim_start_matches("what became of ").trim_end_matches('?'),
        _ => "",
    };
    tell_open(report, question, console);
    if code == FAILED {
        console.note(&failure::brief(report, console.err_look));
    }
    Ok(code)
}

/// What is to be done about a run that can't go on by itself; of which cards nobody knows what became of them.
fn tell_open(report: &Report, unsettled: &str, console: &mut Console<'_>) {
    let id = &report.run;
    match report.status {
        Status::Paused => {
            console
                .note(&format!("waits for an answer: `flowrun resume {id} --input NAME=VALUE` gives it\n"));
        }
        Status::Held => {
            let card = unsettled.split('`').nth(1).unwrap_or("CARD");
            console.note(&format!(
                "nobody knows what became of {unsettled}\n  look, then say it: `flowrun settle {id} {card} --happened`, `--did-not` or `--fail`\n"
            ));
        }
        _ => {}
    }
}

/// Saves the files among the flow's outputs, or says that they are not saved; the exit code that this deserves.
fn save_files(args: &RunArgs, ended: &Ended, console: &mut Console<'_>) -> u8 {
    let found = save::files(&ended.report.flow.outputs);
    let Some(folder) = &args.files else {
        if !found.is_empty() {
            let files = words::many(found.len() as u64, "file");
            console.note(&format!("{files} among the outputs not saved; --files names a folder for them\n"));
        }
        return DONE;
    };
    let mut code = DONE;
    for file in found {
        match save::save(file, &ended.files, folder) {
            Ok(saved) => console.note(&format!("saved {} as {}\n", saved.file, saved.path.display())),
            Err(problem) => {
                console.refuse(&problem);
                code = FAILED;
            }
        }
    }
    code
}
