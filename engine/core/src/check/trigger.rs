//! What starts a flow.

use super::cron;
use super::{Log, Shared, place};
use crate::card;
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Schedule, Trigger};
use crate::suggest::closest;
use crate::value::parse_date;

pub(super) fn check(shared: &Shared<'_>, log: &mut Log, flow: usize) {
    let model = &shared.project.flows[flow];
    match &model.trigger {
        Trigger::Helper => {}
        Trigger::Schedule(schedule) => self::schedule(shared, log, schedule),
        Trigger::ApiEndpoint { method, security } => {
            choice(log, method.as_ref(), "method", &["get", "post", "GET", "POST"]);
            choice(log, security.as_ref(), "security", &["public", "token", "oauth"]);
        }
        Trigger::Event { event, .. } => {
            let connector = event.it.split('.').next().unwrap_or_default();
            if card::external(&event.it).is_some() {
                // Nothing is known of the events of connectors that flowrun lacks.
            } else if !shared.options.connectors.contains(&connector) {
                let mistake = Diagnostic::new(
                    Code::UnknownConnector,
                    event.span,
                    format!("there is no connector `{connector}` to send `{}`", event.it),
                )
                .label("no such connector");
                log.report(match closest(connector, shared.options.connectors.iter().copied()) {
                    Some(near) => mistake.help(format!("did you mean `{near}`?")),
                    None => mistake.help("an event is named with its connector, as `okta.user_created`"),
                });
            } else if !shared.options.events.contains(&&*event.it) {
                unknown_event(shared, log, event, connector);
            }
        }
    }
    // Nobody calls these flows, so nobody passes them anything.
    if matches!(model.trigger, Trigger::Schedule(_)) {
        for input in model.inputs.iter().filter(|input| input.default.is_none()) {
            log.report(
                Diagnostic::new(
                    Code::HelperInputs,
                    input.name.span,
                    format!(
                        "a scheduled flow is passed nothing, so its input `{}` needs a default",
                        input.name.it
                    ),
                )
                .label("has no default")
                .help("give it a `default`, or make it a variable in flowrun.yaml"),
            );
        }
    }
}

fn unknown_event(shared: &Shared<'_>, log: &mut Log, event: &Name, connector: &str) {
    let sends = |name: &&&str| name.split('.').next() == Some(connector);
    let known: Vec<&str> = shared.options.events.iter().filter(sends).copied().collect();
    let mistake =
        Diagnostic::new(Code::BadChoice, event.span, format!("`{connector}` sends no event `{}`", event.it))
            .label("no such event");
    log.report(match (closest(&event.it, known.iter().copied()), known.as_slice()) {
        (Some(near), _) => mistake.help(format!("did you mean `{near}`?")),
        (None, []) => mistake.help(format!("`{connector}` sends no events")),
        (None, known) => mistake.help(format!("the events are {}", known.join(", "))),
    });
}

fn choice(log: &mut Log, name: Option<&Name>, what: &str, choices: &[&str]) {
    let Some(name) = name.filter(|name| !choices.contains(&&*name.it)) else { return };
    let list = choices
        .iter()
        .filter(|choice| choice.chars().all(char::is_lowercase))
        .map(|choice| format!("`{choice}`"))
        .collect::<Vec<_>>();
    log.report(
        Diagnostic::new(Code::BadChoice, name.span, format!("`{what}` can't be `{}`", name.it))
            .label("not one of the choices")
            .help(format!("the choices are {}", list.join(", "))),
    );
}

fn schedule(shared: &Shared<'_>, log: &mut Log, schedule: &Schedule) {
    let cron = &schedule.cron;
    if let Err(wrong) = cron::check(&cron.it) {
        let place = place::within(shared.options.sources, cron.span, &cron.it, wrong.start, wrong.end);
        log.report(
            Diagnostic::new(Code::BadValue, place, wrong.message).label("not a schedule").help(wrong.help),
        );
    }
    if let Some(zone) = &schedule.time_zone {
        zone_known(log, zone);
    }
    let date = |log: &mut Log, name: &Name, what: &str| {
        let date = parse_date(&name.it);
        if date.is_none() {
            log.report(
                Diagnostic::new(
                    Code::BadValue,
                    name.span,
                    format!("expected a date & time for `{what}`, found `{}`", name.it),
                )
                .label("not a date")
                .help("write it as `2025-01-31T08:00:00Z`"),
            );
        }
        date
    };
    let start = schedule.start.as_ref().and_then(|start| date(log, start, "start"));
    let end = schedule.end.as_ref().and_then(|end| date(log, end, "end"));
    if let (Some(start), Some(end), Some(written)) = (start, end, &schedule.end)
        && end <= start
    {
        log.report(
            Diagnostic::new(Code::BadValue, written.span, "the schedule ends before it starts")
                .label("before `start`"),
        );
    }
}

fn zone_known(log: &mut Log, zone: &Name) {
    let zones = jiff::tz::db();
    if zones.get(&zone.it).is_ok() {
        return;
    }
    let names: Vec<String> = zones.available().map(|name| name.as_str().to_owned()).collect();
    let mistake = Diagnostic::new(Code::BadValue, zone.span, format!("there is no time zone `{}`", zone.it))
        .label("no such time zone");
    // A city is enough to tell the zone.
    let city = zone.it.rsplit('/').next().unwrap_or_default().replace(' ', "_").to_lowercase();
    let by_city = || {
        names.iter().map(String::as_str).find(|name| name.to_lowercase().rsplit('/').next() == Some(&*city))
    };
    // Munich is not a misspelt Zurich: the city must begin alike.
    let first = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase().chars().next();
    let alike = names.iter().map(String::as_str).filter(|name| first(name) == first(&zone.it));
    log.report(match closest(&zone.it, alike).or_else(by_city) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake.help("write an IANA name, as `Europe/Berlin` or `UTC`"),
    });
}
