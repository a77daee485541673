//! `flowrun runs show`: what happened in a run of before, up to its end or to any moment of it.

use clap::Args;
use flowrun_core::report::Report;
use flowrun_core::words;
use flowrun_host::session::durable::history::{as_json, moment};
use flowrun_store::{Run, State};
use flowrun_views::look::Paint;
use flowrun_views::transcript::{self, Detail, Frame, rows};

use super::places::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site;
use crate::surroundings::Surroundings;

/// What `runs show` is told.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// As it was after this entry of its journal
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
    /// Show the inputs and outputs of every card, and the items of loops
    #[arg(long)]
    pub trace: bool,
    /// Print the report as JSON, and nothing else
    #[arg(long)]
    pub json: bool,
    /// Where the run is.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Shows a run.
pub fn show(args: &ShowArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let site = site::of(&args.place, surroundings)?;
    let run = site.run(&args.run)?;
    let report = site.report(&run, args.at)?;
    if args.json {
        let told = serde_json::json!({ "run": as_json(&run), "report": report });
        console.print(&format!("{told:#}\n"))?;
        return Ok(DONE);
    }
    let mut text = text(&run, report.as_ref(), args, surroundings, console);
    if let Some(link) = site.pause_link(&run).filter(|_| args.at.is_none()) {
        text.push_str(&format!("  or whoever opens {link}\n"));
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn text(
    run: &Run,
    report: Option<&Report>,
    args: &ShowArgs,
    surroundings: &Surroundings,
    console: &Console<'_>,
) -> String {
    let paint = Paint(console.out_look.color);
    let frame = Frame::of(console.out_look);
    let by = run.about.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let mut text = format!("{}  {}\n", paint.bold(&run.about.title), run.about.id);
    text.push_str(&format!(
        "{}\n",
        paint.dim(&format!("{} of {}, over {}", run.about.flow, run.about.root, run.about.scope))
    ));
    text.push_str(&format!(
        "{}\n",
        paint.dim(&format!("started {}{by}, {} entries", moment(run.about.started_us), run.entries))
    ));
    match report {
        None => text.push_str("nothing more is known of it: its values are gone\n"),
        Some(report) => {
            let detail = if args.trace { Detail::Trace } else { Detail::Cards };
            let rows = rows(report, detail, surroundings.registry.catalog());
            let frame = if args.trace { frame.whole() } else { frame };
            text.push_str(&transcript::lines(&rows, &frame, paint));
            text.push_str(&transcript::messages(&rows, &frame, None, paint));
            text.push_str(&transcript::warnings(report, paint));
        }
    }
    text.push_str(&format!("{}\n", stands(run, args.at, paint)));
    text
}

/// How a run stands, and what can be done about it.
fn stands(run: &Run, at: Option<u64>, paint: Paint) -> String {
    let id = &run.about.id;
    if let Some(at) = at {
        return format!("as it was after entry {at} of {}", run.entries);
    }
    let (state, help) = match &run.state {
        State::Held { question } => (
            paint.yellow(&format!("held: {question}")),
            Some(format!(
                "`flowrun settle {id} {} --happened`, `--did-not` or `--fail` says it",
                asked_about(question)
            )),
        ),
        State::Paused { .. } => {
            (paint.yellow("paused"), Some(format!("`flowrun resume {id} --input NAME=VALUE` answers it")))
        }
        State::Running => (
            "running".to_owned(),
            Some(format!("if {} is gone, `flowrun resume {id}` goes on with it", run.about.owner)),
        ),
        State::Waiting { wake_us } => (format!("waits until {}", moment(*wake_us)), None),
        State::Done => (paint.green("done"), None),
        State::Cancelled => (paint.yellow("cancelled"), None),
        State::Failed => {
            (paint.red(&format!("failed: {}", run.error.as_deref().unwrap_or("nobody knows why"))), None)
        }
    };
    match help {
        Some(help) => format!("{state}\n  {help}"),
        None => state,
    }
}

/// The card that a question begins to ask about, by its ID.
fn asked_about(question: &str) -> &str {
    question.split('`').nth(1).unwrap_or("CARD")
}
