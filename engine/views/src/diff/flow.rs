//! What differs between two flows: their names, what starts them, what they take and give, their cards.

use flowrun_core::model::{Alone, At, Expr, Flow, Input, Name, Trigger, on_or_off};
use flowrun_core::names::stem;
use flowrun_core::settings::Settings;
use flowrun_core::value::Value;

use super::cards::texts;
use super::fields::{Both, Fields};
use super::pairing::Pairing;
use super::report::{CardChange, Change, Item, Kind, Mark};
use super::roots::numberless;

/// What differs between two flows that are the same flow; none if nothing does.
pub fn compare(both: &Both<'_>, pairing: &Pairing) -> Option<Item> {
    let (old, new) = (both.old.outline.flow, both.new.outline.flow);
    let mut changes = Vec::new();
    let moved = placed(old, new, &mut changes);
    changes.extend(both.described("description", old.description.as_ref(), new.description.as_ref()));
    both.trigger(&old.trigger, &new.trigger, &mut changes);
    both.beside(old.alone.as_ref(), new.alone.as_ref(), &mut changes);
    settings("runs", &old.runs, &new.runs, &mut changes);
    changes.extend(saved("save_data", old.save_data, new.save_data));
    changes.extend(Change::of("convert", none(old.converts), none(new.converts)).if_differs());
    both.inputs(&old.inputs, &new.inputs, &mut changes);
    outputs(&old.outputs, &new.outputs, &mut changes);
    let cards = cards(both, pairing);
    if changes.is_empty() && cards.is_empty() {
        return None;
    }
    let mark = if moved { Mark::Moved } else { Mark::Changed };
    Some(Item {
        kind: Kind::Flow,
        mark,
        name: new.name.it.to_string(),
        path: Some(new.path.to_string()),
        changes,
        cards,
    })
}

/// Settings that one side has, or says otherwise.
fn settings(sort: &'static str, old: &Settings, new: &Settings, changes: &mut Vec<Change>) {
    let said = |settings: &Settings, key: &str| {
        settings.iter().find(|(name, _)| *name.it == *key).map(|(_, value)| value.it.to_string())
    };
    let gone = old.iter().filter(|(key, _)| said(new, &key.it).is_none());
    for (key, _) in new.iter().chain(gone) {
        let change = Change::of(sort, said(old, &key.it), said(new, &key.it)).if_differs();
        changes.extend(change.map(|change| Change::named(sort, &*key.it, change.was, change.now)));
    }
}

/// Whether data is saved, where the two sides differ in it.
pub fn saved(sort: &'static str, old: Option<bool>, new: Option<bool>) -> Option<Change> {
    let word = |on: Option<bool>| on.map(|on| on_or_off(on).to_owned());
    Change::of(sort, word(old), word(new)).if_differs()
}

/// A flow that is on one side alone.
pub fn alone(flow: &Flow, cards: usize, mark: Mark) -> Item {
    let starts = if flow.around().is_some() { "its card" } else { started(&flow.trigger) };
    let starts = Some(starts.to_owned());
    let cards = Some(flowrun_core::words::many(cards as u64, "card"));
    let sides = |told: Option<String>| if mark == Mark::Added { (None, told) } else { (told, None) };
    let ((starts_was, starts_now), (cards_was, cards_now)) = (sides(starts), sides(cards));
    let changes =
        vec![Change::of("started by", starts_was, starts_now), Change::of("holds", cards_was, cards_now)];
    Item {
        kind: Kind::Flow,
        mark,
        name: flow.name.it.to_string(),
        path: Some(flow.path.to_string()),
        changes,
        cards: Vec::new(),
    }
}

/// What it is called and where it stands. A flow in a card is called as its card is, of which that is told.
fn placed(old: &Flow, new: &Flow, changes: &mut Vec<Change>) -> bool {
    let stands = |flow: &Flow| match flow.around() {
        Some(_) => "a card".to_owned(),
        None => "a file of its own".to_owned(),
    };
    if old.around().is_none() && new.around().is_none() {
        changes.extend(texts("title", Some(&old.name), Some(&new.name)));
        return moves(old, new, changes);
    }
    changes.extend(Change::of("stands in", Some(stands(old)), Some(stands(new))).if_differs());
    false
}

/// The folder and the file. What exports call a file follows from the title, so that a new title says it all.
fn moves(old: &Flow, new: &Flow, changes: &mut Vec<Change>) -> bool {
    let folder = |path: &str| path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
    let change = Change::of("folder", Some(folder(&old.path)), Some(folder(&new.path))).if_differs();
    let moved = change.is_some();
    changes.extend(change);
    let (was, now) = (stem(&old.path), stem(&new.path));
    if numberless(was) != numberless(now) && old.name.it == new.name.it {
        changes.push(Change::of("file", Some(was.to_owned()), Some(now.to_owned())));
    }
    moved
}

/// What starts a flow, in Okta's words.
fn started(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Helper => "other flows",
        Trigger::Delegated => "an administrator, as a delegated flow",
        Trigger::Schedule(_) => "a schedule",
        Trigger::ApiEndpoint { .. } => "an API endpoint",
        Trigger::Event { .. } => "an event",
        Trigger::Poll(_) => "a poll",
        Trigger::Webhook { .. } => "a webhook",
    }
}

/// The cards in the order of the new flow; those that are gone stand where they stood.
fn cards(both: &Both<'_>, pairing: &Pairing) -> Vec<CardChange> {
    let mut found: Vec<((usize, usize), CardChange)> = Vec::new();
    for (to, from) in pairing.old_of.iter().enumerate() {
        let change = match from {
            Some(from) => both.card(*from, to, pairing),
            None => Some(both.alone(to, true)),
        };
        found.extend(change.map(|change| ((to + 1, 0), change)));
    }
    let mut place = 0;
    for (from, to) in pairing.new_of.iter().enumerate() {
        match to {
            Some(to) if !pairing.has_moved(*to) => place = to + 1,
            Some(_) => {}
            None => found.push(((place, from + 1), both.alone(from, false))),
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, change)| change).collect()
}

fn outputs(old: &[(Name, Name)], new: &[(Name, Name)], changes: &mut Vec<Change>) {
    let find = |all: &[(Name, Name)], name: &Name| {
        all.iter().find(|(other, _)| other.it == name.it).map(|(_, ty)| ty.it.to_string())
    };
    for (name, ty) in new {
        changes.extend(
            Change::named("output", &*name.it, find(old, name), Some(ty.it.to_string())).if_differs(),
        );
    }
    for (name, ty) in old.iter().filter(|(name, _)| find(new, name).is_none()) {
        changes.push(Change::named("output", &*name.it, Some(ty.it.to_string()), None));
    }
}

impl Both<'_> {
    /// A change of a text that may hold a secret.
    pub fn described(&self, sort: &'static str, old: Option<&Name>, new: Option<&Name>) -> Option<Change> {
        let shown = |name: Option<&Name>| name.map(|name| self.secrets.struck(&name.it));
        (old.map(|name| &name.it) != new.map(|name| &name.it))
            .then(|| Change::of(sort, shown(old), shown(new)))
    }

    fn trigger(&self, old: &Trigger, new: &Trigger, changes: &mut Vec<Change>) {
        match (old, new) {
            (Trigger::Schedule(was), Trigger::Schedule(now)) => {
                changes.extend(texts("schedule", Some(&was.cron), Some(&now.cron)));
                changes.extend(texts("time zone", was.time_zone.as_ref(), now.time_zone.as_ref()));
                changes.extend(texts("schedule starts", was.start.as_ref(), now.start.as_ref()));
                changes.extend(texts("schedule ends", was.end.as_ref(), now.end.as_ref()));
                settings("schedule", &was.more, &now.more, changes);
            }
            (
                Trigger::ApiEndpoint { method: old_method, security: old_security, more: was },
                Trigger::ApiEndpoint { method, security, more: now },
            ) => {
                changes.extend(texts("method of the endpoint", old_method.as_ref(), method.as_ref()));
                changes.extend(texts("security of the endpoint", old_security.as_ref(), security.as_ref()));
                settings("endpoint", was, now, changes);
            }
            (
                Trigger::Event { event: was, with: fields_was, filter: old, more: more_was },
                Trigger::Event { event: now, with: fields_now, filter: new, more: more_now },
            ) => {
                changes.extend(texts("event", Some(was), Some(now)));
                settings("event", more_was, more_now, changes);
                self.fields_of("event", fields_was, fields_now, changes);
                let fields = |filter: &Option<_>| {
                    filter.as_ref().map(|filter: &flowrun_core::model::At<Expr>| filter.it.clone())
                };
                let (was, now) = (fields(old), fields(new));
                if was.is_some() || now.is_some() {
                    let of = Fields { card: "", sort: "event" };
                    self.field(of, "filter", was.as_ref(), now.as_ref(), changes);
                }
            }
            (Trigger::Poll(was), Trigger::Poll(now)) => {
                changes.extend(texts("card that is polled", Some(&was.card), Some(&now.card)));
                changes.extend(texts("connection", was.connection.as_ref(), now.connection.as_ref()));
                self.fields_of("poll", &was.with, &now.with, changes);
                settings("poll", &was.more, &now.more, changes);
            }
            (Trigger::Webhook { name: was, more: old }, Trigger::Webhook { name: now, more: new }) => {
                changes.extend(texts("webhook", Some(was), Some(now)));
                settings("webhook", old, new, changes);
            }
            (Trigger::Helper, Trigger::Helper) | (Trigger::Delegated, Trigger::Delegated) => {}
            _ => {
                let told = |trigger: &Trigger| match trigger {
                    Trigger::Schedule(schedule) => format!("a schedule: {}", schedule.cron.it),
                    Trigger::Event { event, .. } => format!("an event: {}", event.it),
                    Trigger::Poll(poll) => format!("a poll: {}", poll.card.it),
                    Trigger::Webhook { name, .. } => format!("a webhook: {}", name.it),
                    other => started(other).to_owned(),
                };
                changes.push(Change::of("started by", Some(told(old)), Some(told(new))));
            }
        }
    }

    /// The fields of what starts a flow.
    fn fields_of(
        &self,
        sort: &'static str,
        was: &[(Name, At<Expr>)],
        now: &[(Name, At<Expr>)],
        changes: &mut Vec<Change>,
    ) {
        let of = Fields { card: "", sort };
        let gone = |(name, _): &&(Name, _)| now.iter().all(|(other, _)| other.it != name.it);
        let names = now.iter().chain(was.iter().filter(gone)).map(|(name, _)| name);
        for name in names {
            let find = |fields: &[(Name, At<Expr>)]| {
                fields.iter().find(|(other, _)| other.it == name.it).map(|(_, value)| value.it.clone())
            };
            self.field(of, &name.it, find(was).as_ref(), find(now).as_ref(), changes);
        }
    }

    fn beside(&self, old: Option<&Alone>, new: Option<&Alone>, changes: &mut Vec<Change>) {
        let key = |alone: Option<&Alone>| alone.map(|alone| alone.key.it.clone());
        let (was, now) = (key(old), key(new));
        if was.is_some() || now.is_some() {
            let of = Fields { card: "", sort: "alone" };
            self.field(of, "key", was.as_ref(), now.as_ref(), changes);
        }
        let others = |alone: Option<&Alone>| alone.map(|alone| alone.others.word().to_owned());
        changes.extend(Change::of("others", others(old), others(new)).if_differs());
    }

    fn inputs(&self, old: &[Input], new: &[Input], changes: &mut Vec<Change>) {
        let find = |all: &[Input], name: &str| all.iter().position(|input| *input.name.it == *name);
        for now in new {
            let name = &*now.name.it;
            let Some(was) = find(old, name).map(|at| &old[at]) else {
                changes.push(Change::named("input", name, None, Some(ty(now))));
                continue;
            };
            let mut change = |part: Option<&str>, was: Option<String>, now: Option<String>| {
                let change = Change::named("input", name, was, now).if_differs();
                changes.extend(change.map(|change| match part {
                    Some(part) => change.part(part),
                    None => change,
                }));
            };
            change(None, Some(ty(was)), Some(ty(now)));
            let default =
                |input: &Input| input.default.as_ref().map(|value| self.secrets.constant(name, &value.it));
            change(Some("default"), default(was), default(now));
            let choices = |input: &Input| {
                let choices: Vec<Value> = input.choices.iter().map(|choice| choice.it.clone()).collect();
                (!choices.is_empty()).then(|| self.secrets.constant(name, &Value::list(choices)))
            };
            change(Some("choices"), choices(was), choices(now));
            change(Some("convert"), none(was.converts), none(now.converts));
            let described =
                |input: &Input| input.description.as_ref().map(|text| self.secrets.struck(&text.it));
            change(Some("description"), described(was), described(now));
        }
        for was in old.iter().filter(|input| find(new, &input.name.it).is_none()) {
            changes.push(Change::named("input", &*was.name.it, Some(ty(was)), None));
        }
    }
}

/// What stands in the file where values pass as they are.
fn none(converts: bool) -> Option<String> {
    (!converts).then(|| "none".to_owned())
}

fn ty(input: &Input) -> String {
    input.ty.as_ref().map_or_else(|| "any".to_owned(), |ty| ty.it.to_string())
}
