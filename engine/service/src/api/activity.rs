//! Who did what.

use serde_json::{Value, json};

use super::page::{CURSOR, LIMIT, asked, part};
use super::route::{Call, Kind, Param, Reply, Route, Shape};
use super::start::reading;
use crate::activity::Line;
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::SeeActivity,
        "/api/v1/activity",
        "Who did what, the newest first. Of lines that do not fit at most 20,000 are passed over for a page: one that has few leads on by `next` as others do.",
        |call| Box::pin(activity(call)),
    )
    .query(&[
        Param::new("kind", Kind::Text(100), "Whose kind begins so: `workflows.user.flow`."),
        Param::new("who", Kind::Text(200), "Done by this one, by their whole name."),
        Param::new("project", Kind::Text(200), "In this project."),
        Param::new("flow", Kind::Text(1_000), "With this flow."),
        Param::new("run", Kind::Text(200), "With this run, or that it was started by."),
        Param::new("since", Kind::Date, "Then or later."),
        Param::new("until", Kind::Date, "Before then."),
        LIMIT,
        CURSOR,
    ])
    .gives(Shape::Page(&["number", "hash", "bound"])),
    Route::get(
        Right::SeeActivity,
        "/api/v1/activity/chain",
        "Whether the newest lines of the record are bound to each other; `broken` names the first that are not.",
        |call| Box::pin(chain(call)),
    )
    .query(&[Param::new("last", Kind::Whole(1, 1_000_000), "How many lines; 100,000 where nothing is said.")])
    .gives(Shape::One(&["lines", "broken", "forgotten"])),
];

/// So many lines are passed over for one page.
const MOST: usize = 20_000;

/// So many are read at once.
const AT_ONCE: usize = 500;

async fn activity(call: Call) -> Result<Reply, Problem> {
    call.caller.needs(Right::SeeActivity, Place::Service)?;
    let asked = asked(&call)?;
    let mut before = asked.number()?;
    reading(move || {
        let (mut found, mut looked, mut goes_on) = (Vec::new(), 0, true);
        while goes_on && found.len() < asked.limit && looked < MOST {
            let lines = call.api.activity.before(before, AT_ONCE)?;
            goes_on = lines.len() == AT_ONCE;
            for line in lines {
                if found.len() == asked.limit || is_older(&call, &line) {
                    goes_on = found.len() == asked.limit;
                    break;
                }
                (before, looked) = (Some(line.number), looked + 1);
                if fits(&call, &line) {
                    found.push(told(line));
                }
            }
        }
        let full = found.len() == asked.limit;
        let next = before.filter(|before| (goes_on || full) && *before > 1);
        Ok(Reply::Json(part(found, next.map(|before| before.to_string()))))
    })
    .await
}

fn text<'l>(line: &'l Line, name: &str) -> Option<&'l str> {
    line.says.as_ref()?.get(name)?.as_str()
}

/// Moments are told in one form, which sorts as they do.
fn is_older(call: &Call, line: &Line) -> bool {
    let since = call.asked("since").and_then(super::route::moment).map(crate::when);
    since.is_some_and(|since| text(line, "at").is_some_and(|at| at < &*since))
}

fn fits(call: &Call, line: &Line) -> bool {
    let is = |name: &str| call.asked(name).is_none_or(|wanted| text(line, name) == Some(wanted));
    let until = call.asked("until").and_then(super::route::moment).map(crate::when);
    let kind =
        call.asked("kind").is_none_or(|kind| text(line, "kind").is_some_and(|it| it.starts_with(kind)));
    let run =
        call.asked("run").is_none_or(|run| [text(line, "run"), text(line, "started")].contains(&Some(run)));
    let until = until.is_none_or(|until| text(line, "at").is_some_and(|at| at < &*until));
    kind && run && until && ["who", "project", "flow"].into_iter().all(is)
}

fn told(line: Line) -> Value {
    let mut told = line.says.unwrap_or_else(|| json!({ "forgotten": true }));
    told["number"] = json!(line.number);
    told["hash"] = json!(line.hash);
    told["bound"] = json!(line.bound);
    told
}

async fn chain(call: Call) -> Result<Reply, Problem> {
    call.caller.needs(Right::SeeActivity, Place::Service)?;
    let last = call.number("last").unwrap_or(100_000);
    let chain = reading(move || Ok(call.api.activity.chain(last)?)).await?;
    Ok(Reply::Json(serde_json::to_value(chain).unwrap_or_default()))
}
