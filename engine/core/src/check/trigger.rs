//! What starts a flow.

use super::expr::{Item, Position};
use super::lower::Lower;
use super::uses::{How, Target};
use super::{Log, Shared, cron, place, zone};
use crate::card;
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Schedule, Trigger};
use crate::program::{self, Method, Security};
use crate::settings::{self, settle};
use crate::suggest::{closest, listed};
use crate::value::{Date, Value, parse_date};

const METHODS: &[(&str, Method)] = &[("get", Method::Get), ("post", Method::Post)];
const SECURITY: &[(&str, Security)] =
    &[("public", Security::Public), ("token", Security::Token), ("oauth", Security::Oauth)];

impl Lower<'_, '_> {
    /// What starts the flow.
    pub fn trigger(&mut self) -> program::Trigger {
        let (shared, model) = (self.shared, self.model);
        match &model.trigger {
            Trigger::Helper => program::Trigger::Helper,
            Trigger::Delegated => program::Trigger::Delegated,
            Trigger::Schedule(schedule) => {
                self.passed_nothing();
                self.schedule(schedule)
            }
            Trigger::ApiEndpoint { method, security, more } => program::Trigger::Endpoint {
                more: settle(more, settings::ENDPOINT, &mut |mistake| self.log.report(mistake)),
                method: choice(self.log, method.as_ref(), "method", METHODS),
                security: choice(self.log, security.as_ref(), "security", SECURITY),
            },
            Trigger::Poll(poll) => self.poll(poll),
            Trigger::Event { event, with, filter, more } => {
                event_known(shared, self.log, event);
                self.uses(event.span, None, How::Starts, Target::Event(event.it.clone()));
                self.log_read(event, more);
                let at = self.before_all();
                let with =
                    with.iter().map(|(name, value)| (name.it.clone(), self.expr(value, at).arg)).collect();
                let filter = filter.as_ref().map(|filter| self.expr(filter, at).arg);
                let more = settle(more, settings::EVENT, &mut |mistake| self.log.report(mistake));
                program::Trigger::Event { event: event.it.clone(), filter, with, more }
            }
            Trigger::Webhook { name, more } => {
                webhook_named(self.log, name);
                let more = settle(more, settings::WEBHOOK, &mut |mistake| self.log.report(mistake));
                program::Trigger::Webhook { name: name.it.clone(), more }
            }
        }
    }

    /// The place before all cards: what stands there reads inputs and variables.
    pub(super) fn before_all(&self) -> Position {
        Position { point: self.control.entry, place: 0, step: None, item: Item::None, failed: false }
    }

    /// The connections by which the vendor's log is read: the one that is named, or else all that lead to the vendor.
    fn log_read(&mut self, event: &Name, more: &settings::Settings) {
        let connector = event.it.split('.').next().unwrap_or_default();
        let said = more.iter().find(|(key, _)| *key.it == *"connection");
        let Some((_, value)) = said else {
            let all = self.shared.project.manifest.connections.iter().enumerate();
            let fits = all.filter(|(_, connection)| *connection.connector.it == *connector);
            for (found, _) in fits.collect::<Vec<_>>() {
                self.uses(event.span, None, How::Starts, Target::Connection(found));
            }
            return;
        };
        // What is no text is told as a setting that can't be.
        let Value::Text(text) = &value.it else { return };
        let name = Name::new(text.clone(), value.span);
        // Okta Devices sends events, and its log is that of Okta.
        let named = self.shared.project.manifest.connections.iter().find(|one| one.name.it == name.it);
        let is_connector = self.shared.options.connectors.contains(&connector);
        let connector = named.filter(|_| !is_connector).map_or(connector, |named| &*named.connector.it);
        match self.shared.names.connection(Some(&name), connector) {
            Some(found) => self.uses(value.span, None, How::Starts, Target::Connection(found)),
            None => self.log.found.extend(self.shared.no_connection(Some(&name), connector, value.span)),
        }
    }

    /// Nobody calls a scheduled flow, so nobody passes it anything.
    fn passed_nothing(&mut self) {
        for input in self.model.inputs.iter().filter(|input| input.default.is_none()) {
            let message = format!(
                "a scheduled flow is passed nothing, so its input `{}` needs a default",
                input.name.it
            );
            self.log.report(
                Diagnostic::new(Code::HelperInputs, input.name.span, message)
                    .label("has no default")
                    .help("give it a `default`, or make it a variable in flowrun.yaml"),
            );
        }
    }

    fn schedule(&mut self, schedule: &Schedule) -> program::Trigger {
        let cron = &schedule.cron;
        if let Err(wrong) = cron::check(&cron.it) {
            let sources = self.shared.options.sources;
            let place = place::within(sources, cron.span, &cron.it, wrong.start, wrong.end);
            let mistake = Diagnostic::new(Code::BadValue, place, wrong.message).label("not a schedule");
            self.report(mistake.help(wrong.help));
        } else if let Some(why) = cron::never(&cron.it) {
            self.report(Diagnostic::new(Code::MeantOtherwise, cron.span, why).label("never"));
        }
        if let Some(zone) = &schedule.time_zone {
            self.log.found.extend(zone::unknown(&zone.it, zone.span));
        }
        let start = date(self.log, schedule.start.as_ref(), "start");
        let end = date(self.log, schedule.end.as_ref(), "end");
        if let (Some(start), Some(end), Some(written)) = (start, end, &schedule.end)
            && end <= start
        {
            self.report(
                Diagnostic::new(Code::BadValue, written.span, "the schedule ends before it starts")
                    .label("before `start`"),
            );
        }
        let time_zone = schedule.time_zone.as_ref().map_or_else(|| "UTC".into(), |zone| zone.it.clone());
        let more = settle(&schedule.more, settings::SCHEDULE, &mut |mistake| self.log.report(mistake));
        program::Trigger::Schedule { cron: cron.it.clone(), time_zone, start, end, more }
    }
}

/// The name is a part of an address, and of the name of a variable.
fn webhook_named(log: &mut Log, name: &Name) {
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_');
    if name.it.is_empty() || name.it.len() > 64 || !name.it.chars().all(fits) {
        let message = format!("`{}` can't be the name of a webhook", name.it);
        let mistake = Diagnostic::new(Code::BadValue, name.span, message).label("not a part of an address");
        log.report(mistake.help("small letters, digits, `-` and `_`, 64 at most: it is `/hooks/NAME`"));
    } else if &*name.it == "okta" {
        let message = "`okta` can't be the name of a webhook: Okta's own hooks are under it";
        log.report(Diagnostic::new(Code::BadValue, name.span, message).label("is taken"));
    }
}

fn event_known(shared: &Shared<'_>, log: &mut Log, event: &Name) {
    let connector = event.it.split('.').next().unwrap_or_default();
    if card::external(&event.it).is_some() {
        // Nothing is known of the events of connectors that flowrun lacks.
    } else if shared.options.events.contains(&&*event.it) {
        // Okta Devices sends events and has no cards here.
    } else if !shared.options.connectors.contains(&connector) {
        let mistake = Diagnostic::new(
            Code::UnknownConnector,
            event.span,
            format!("there is no connector `{connector}` to send `{}`", event.it),
        )
        .label("no such connector");
        log.report(
            mistake
                .meant(closest(connector, shared.options.connectors.iter().copied()))
                .or_help(|| "an event is named with its connector, as `okta.user_created`"),
        );
    } else {
        unknown_event(shared, log, event, connector);
    }
}

fn unknown_event(shared: &Shared<'_>, log: &mut Log, event: &Name, connector: &str) {
    let sends = |name: &&&str| name.split('.').next() == Some(connector);
    let known: Vec<&str> = shared.options.events.iter().filter(sends).copied().collect();
    let mistake =
        Diagnostic::new(Code::BadChoice, event.span, format!("`{connector}` sends no event `{}`", event.it))
            .label("no such event");
    log.report(mistake.meant(closest(&event.it, known.iter().copied())).or_help(|| match known.as_slice() {
        [] => format!("`{connector}` sends no events"),
        known => format!("the events are {}", known.join(", ")),
    }));
}

/// What a word stands for; one that is not among the choices is reported.
fn choice<T: Copy>(log: &mut Log, name: Option<&Name>, what: &str, choices: &[(&str, T)]) -> Option<T> {
    let name = name?;
    let found = choices.iter().find(|(choice, _)| name.it.eq_ignore_ascii_case(choice));
    if found.is_none() {
        let list = listed(choices.iter().map(|(choice, _)| choice));
        log.report(
            Diagnostic::new(Code::BadChoice, name.span, format!("`{what}` can't be `{}`", name.it))
                .label("not one of the choices")
                .help(format!("the choices are {list}")),
        );
    }
    found.map(|(_, stands_for)| *stands_for)
}

fn date(log: &mut Log, name: Option<&Name>, what: &str) -> Option<Date> {
    let name = name?;
    let date = parse_date(&name.it);
    if date.is_none() {
        let message = format!("expected a date & time for `{what}`, found `{}`", name.it);
        log.report(
            Diagnostic::new(Code::BadValue, name.span, message)
                .label("not a date")
                .help("write it as `2025-01-31T08:00:00Z`"),
        );
    }
    date
}
