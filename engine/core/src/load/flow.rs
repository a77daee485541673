//! A flow file: everything but its cards.

use std::collections::BTreeMap;

use super::card;
use super::node::{Content, Node};
use super::reader::{Keys, Reader, enumerate};
use crate::diag::{Code, Diagnostic};
use crate::model::{Alone, Flow, Input, Name, Others, Poll, Schedule, Step, Trigger};
use crate::names::stem;
use crate::settings;
use crate::source::Span;
use crate::suggest::closest;
use crate::value::Text;

/// The keys of a flow, in the order in which they are best written.
pub(crate) const KEYS: &[&str] = &[
    "name",
    "description",
    "trigger",
    "alone",
    "on_failure",
    "concurrency",
    "priority",
    "save_data",
    "convert",
    "inputs",
    "outputs",
    "cards",
];
const INLINE_KEYS: &[&str] = &["inputs", "outputs", "cards"];
const CARDS: &str =
    "write the flow's cards under `cards`, as in: `cards: [{ card: text.compose, with: { text: hello } }]`";
const INPUT_KEYS: &[&str] = &["type", "default", "choices", "convert", "description"];
/// The keys of a schedule that are not settings.
const SCHEDULE_KEYS: &[&str] = &["cron", "time_zone", "start", "end"];
const TRIGGERS: &[&str] = &["helper", "delegated", "schedule", "api_endpoint", "event", "poll", "webhook"];

/// Reads a flow file: `path` is how flows name it.
pub(super) fn read(reader: &mut Reader<'_>, path: &str, file: &str) -> Flow {
    let span = Span { file: reader.file, start: 0, end: reader.text.len() as u32 };
    let name = Name::new(stem(path).into(), Span::start_of(reader.file));
    let mut flow = unread(path.into(), span, name);
    let Some(root) = reader.parse() else { return flow };
    if root.content == Content::Null {
        reader.report(
            Diagnostic::new(Code::MissingKey, Span::start_of(reader.file), "a flow needs the key `cards`")
                .label("the file is empty")
                .help(CARDS),
        );
        return flow;
    }
    if let Some(mistake) = no_flow(&root, file) {
        reader.report(mistake);
        return flow;
    }
    let Some(keys) = reader.keys(&root, "a flow", KEYS) else { return flow };
    flow.broken = keys.broken || reader.mended;
    if let Some(name) = reader.text_at(&keys, "name") {
        flow.name = name;
    }
    flow.description = reader.text_at(&keys, "description");
    if let Some(node) = keys.get("trigger") {
        flow.trigger = trigger(reader, node).unwrap_or_default();
    }
    if let Some(node) = keys.get("alone") {
        flow.alone = alone(reader, node);
        flow.broken |= flow.alone.is_none();
    }
    flow.runs = settings_of(reader, &keys, settings::FLOW);
    flow.on_failure = reader.text_at(&keys, "on_failure");
    flow.on_failure.iter().for_each(|flow| reader.check_flow_name(flow));
    if let Some(node) = keys.get("save_data") {
        flow.save_data = reader.switch(node);
        flow.broken |= flow.save_data.is_none();
    }
    flow.converts = converts(reader, keys.get("convert"));
    reader.around.converts = flow.converts;
    body(reader, &keys, &mut flow);
    flow
}

/// Reads a flow that stands in a card: a helper, which converts as the flow around it does.
pub(super) fn inline(reader: &mut Reader<'_>, node: &Node, path: Text, name: Name) -> Flow {
    let mut flow = unread(path, node.span, name);
    flow.converts = reader.around.converts;
    if let Some(keys) = reader.keys(node, "a flow in a card", INLINE_KEYS) {
        flow.broken = keys.broken || reader.mended;
        body(reader, &keys, &mut flow);
    }
    flow
}

/// A flow of which nothing is known but where it stands.
fn unread(path: Text, span: Span, name: Name) -> Flow {
    Flow {
        path,
        span,
        name,
        description: None,
        trigger: Trigger::Helper,
        alone: None,
        runs: Vec::new(),
        on_failure: None,
        save_data: None,
        converts: true,
        inputs: Vec::new(),
        outputs: Vec::new(),
        cards: Vec::new(),
        broken: true,
    }
}

/// What all flows have: inputs, outputs, cards.
fn body(reader: &mut Reader<'_>, keys: &Keys<'_>, flow: &mut Flow) {
    for (name, node) in named(reader, &mut flow.broken, keys.get("inputs"), "a mapping of inputs") {
        let Some(name) = reader.label(name, "an input") else { continue };
        flow.inputs.push(input(reader, name, node));
    }
    for (name, node) in
        named(reader, &mut flow.broken, keys.get("outputs"), "a mapping of outputs and their types")
    {
        let Some(name) = reader.label(name, "an output") else { continue };
        match reader.text(node, "a type, as `text`") {
            Some(ty) => flow.outputs.push((name, ty)),
            None => {
                // Its type is unknown, but it is there: what reads it is right.
                let any = Name::new("any".into(), node.span);
                flow.outputs.push((name, any));
            }
        }
    }
    match reader.required(keys, "cards", CARDS) {
        Some(node) => match card::block(reader, node) {
            Some(cards) => flow.cards = cards,
            None => flow.broken = true,
        },
        None => flow.broken = true,
    }
    let mut ids = BTreeMap::new();
    check_ids(reader, &flow.cards, &mut ids);
}

/// The one mistake of a file that is something else: what it has is nothing that a flow has, nor nearly so.
fn no_flow(root: &Node, file: &str) -> Option<Diagnostic> {
    let otherwise = format!(
        "a flow has {}; a file that is none is left out by `exclude: [{file:?}]` in flowrun.yaml",
        enumerate(KEYS)
    );
    let members = match &root.content {
        Content::Map(members) => members,
        Content::List(_) => {
            let mistake = Diagnostic::new(Code::Structure, root.span, "expected a mapping, found a list");
            return Some(mistake.help(otherwise));
        }
        _ => return None,
    };
    let keys: Vec<(&Node, &str)> =
        members.iter().filter_map(|(key, _)| Some((key, &**key.as_text()?))).collect();
    // `outputs {` lacks a colon, `outputs:` a space.
    let nearly = |key: &str| {
        let word =
            key.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        KEYS.contains(&word) || closest(key, KEYS.iter().copied()).is_some()
    };
    let unknown = keys.iter().find(|(_, key)| !KEYS.contains(key))?;
    if keys.iter().any(|(_, key)| *key == "cards" || (!KEYS.contains(key) && nearly(key))) {
        return None;
    }
    let message = format!("a flow has no key `{}`, and the file has no `cards`", unknown.1);
    Some(Diagnostic::new(Code::UnknownKey, unknown.0.span, message).label("is this a flow?").help(otherwise))
}

fn named<'n>(
    reader: &mut Reader<'_>,
    broken: &mut bool,
    node: Option<&'n Node>,
    what: &'static str,
) -> Vec<(Name, &'n Node)> {
    let Some(node) = node.filter(|node| node.content != Content::Null) else { return Vec::new() };
    let members = reader.members(node, what);
    *broken |= members.is_none();
    members.unwrap_or_default()
}

/// IDs name cards in the whole flow, whatever block they stand in.
fn check_ids(reader: &mut Reader<'_>, cards: &[Step], ids: &mut BTreeMap<Text, Span>) {
    for step in cards {
        if let Some(id) = &step.id {
            match ids.get(&id.it) {
                None => _ = ids.insert(id.it.clone(), id.span),
                Some(&first) => {
                    let mistake = Diagnostic::new(
                        Code::DuplicateName,
                        id.span,
                        format!("two cards have the ID `{}`", id.it),
                    );
                    // An alias that repeats cards repeats their IDs.
                    reader.report(if first == id.span {
                        mistake
                            .label("an alias repeats this card")
                            .help("cards that repeat can't have an ID: write them out, or call a helper flow")
                    } else {
                        mistake
                            .label("here again")
                            .related(first, "first used here")
                            .help("wires name cards by their ID, so each needs its own")
                    });
                }
            }
        }
        for arm in &step.arms {
            check_ids(reader, &arm.cards, ids);
        }
    }
}

fn input(reader: &mut Reader<'_>, name: Name, node: &Node) -> Input {
    let mut input =
        Input { name, ty: None, default: None, choices: Vec::new(), converts: true, description: None };
    match &node.content {
        Content::Null => {}
        Content::Map(_) => {
            let Some(keys) = reader.keys(node, "an input", INPUT_KEYS) else { return input };
            input.ty = reader.text_at(&keys, "type");
            input.description = reader.text_at(&keys, "description");
            input.converts = converts(reader, keys.get("convert"));
            input.default = keys.get("default").and_then(|node| reader.constant(node, "a constant"));
            let choices = keys.get("choices").and_then(|node| reader.list(node, "a list of values"));
            for choice in choices.unwrap_or_default() {
                input.choices.extend(reader.constant(choice, "a constant"));
            }
        }
        _ => input.ty = reader.text(node, "a type, as `text`, or a mapping with `type` and `default`"),
    }
    input
}

/// Whether values become what their types say: not where `convert: none` stands.
fn converts(reader: &mut Reader<'_>, node: Option<&Node>) -> bool {
    let help = "values become what their types say unless `convert: none` stands there";
    node.and_then(|node| reader.word(node, &["none"], help)).is_none()
}

fn alone(reader: &mut Reader<'_>, node: &Node) -> Option<Alone> {
    let keys = reader.keys(node, "`alone`", &["key", "others"])?;
    let help =
        "say which runs exclude each other, as in: `alone: { key: \"{{ vars.identity_source_id }}\" }`";
    let key = reader.required(&keys, "key", help)?;
    let key = reader.expr("key", key);
    let others = match keys.get("others") {
        None => Others::default(),
        Some(node) => match &*reader.word(node, &["wait", "refuse"], "")?.it {
            "wait" => Others::Wait,
            _ => Others::Refuse,
        },
    };
    Some(Alone { key, others })
}

fn trigger(reader: &mut Reader<'_>, node: &Node) -> Option<Trigger> {
    let (kind, settings) = match &node.content {
        Content::Map(members) if members.len() > 1 => {
            reader.report(
                Diagnostic::new(Code::Structure, reader.first_line(node.span), "expected one trigger, found several keys")
                    .help("a flow has one trigger, whose settings go below it: `trigger: { schedule: { cron: … } }`"),
            );
            return None;
        }
        Content::Map(_) => {
            let keys = reader.keys(node, "a trigger", TRIGGERS)?;
            let kind = TRIGGERS.iter().find(|kind| keys.get(kind).is_some())?;
            (*kind, keys.get(kind))
        }
        _ => {
            let word = reader.word(node, TRIGGERS, "")?;
            (TRIGGERS.iter().copied().find(|kind| word.it == *kind)?, None)
        }
    };
    let said = settings.filter(|node| node.content != Content::Null);
    match (kind, said) {
        ("helper", None) => Some(Trigger::Helper),
        ("delegated", None) => Some(Trigger::Delegated),
        ("helper" | "delegated", Some(said)) => {
            reader.mismatch(said, &format!("`trigger: {kind}`, which has no settings"));
            None
        }
        ("api_endpoint", None) => {
            Some(Trigger::ApiEndpoint { method: None, security: None, more: Vec::new() })
        }
        ("api_endpoint", Some(said)) => {
            let known = with_settings(&["method", "security"], settings::ENDPOINT);
            let keys = reader.keys(said, "an API endpoint", &known)?;
            let method = keys.get("method").and_then(|node| reader.word(node, &["get", "post"], ""));
            let levels = &["public", "token", "oauth"];
            let security = keys.get("security").and_then(|node| reader.word(node, levels, ""));
            let more = settings_of(reader, &keys, settings::ENDPOINT);
            Some(Trigger::ApiEndpoint { method, security, more })
        }
        (kind, None) => {
            let (key, help) = match kind {
                "schedule" => (
                    "cron",
                    "say when, as in: `trigger: { schedule: { cron: \"0 2 * * *\", time_zone: Europe/Berlin } }`",
                ),
                "poll" => (
                    "card",
                    "say what lists, as in: `trigger: { poll: { card: okta.list_users_with_search, id: ID } }`",
                ),
                "webhook" => (
                    "name",
                    "say under which, as in: `trigger: { webhook: { name: deploys, signature: github } }`",
                ),
                _ => ("event", "say which, as in: `trigger: { event: { event: okta.user_created } }`"),
            };
            let message = format!("the trigger `{kind}` needs the key `{key}`");
            let place = reader.first_line(node.span);
            reader.report(
                Diagnostic::new(Code::MissingKey, place, message)
                    .label(format!("`{key}` is missing"))
                    .help(help),
            );
            None
        }
        ("schedule", Some(said)) => {
            let keys = reader.keys(said, "a schedule", &with_settings(SCHEDULE_KEYS, settings::SCHEDULE))?;
            let cron = reader.required(&keys, "cron", "say when, as in: `cron: \"0 2 * * *\"`")?;
            Some(Trigger::Schedule(Schedule {
                cron: reader.text(cron, "cron fields")?,
                time_zone: reader.text_at(&keys, "time_zone"),
                start: reader.text_at(&keys, "start"),
                end: reader.text_at(&keys, "end"),
                more: settings_of(reader, &keys, settings::SCHEDULE),
            }))
        }
        ("poll", Some(said)) => {
            let known = with_settings(&["card", "connection", "with"], settings::POLL);
            let keys = reader.keys(said, "a poll", &known)?;
            let card = reader.required(
                &keys,
                "card",
                "say what lists, as in: `card: okta.list_users_with_search`",
            )?;
            let card = reader.text(card, "the ID of a card")?;
            reader.required(&keys, "id", "say by what a record is known again, as in: `id: ID`")?;
            let with = keys.get("with").and_then(|node| reader.fields(node, "the fields of a card"));
            Some(Trigger::Poll(Poll {
                card,
                connection: reader.text_at(&keys, "connection"),
                with: with.unwrap_or_default(),
                more: settings_of(reader, &keys, settings::POLL),
            }))
        }
        ("webhook", Some(said)) => {
            let keys = reader.keys(said, "a webhook", &with_settings(&["name"], settings::WEBHOOK))?;
            let name = reader.required(&keys, "name", "say under which, as in: `name: deploys`")?;
            let name = reader.text(name, "the last part of its address")?;
            Some(Trigger::Webhook { name, more: settings_of(reader, &keys, settings::WEBHOOK) })
        }
        (_, Some(said)) => {
            let known = with_settings(&["event", "with", "filter"], settings::EVENT);
            let keys = reader.keys(said, "an event", &known)?;
            let event = reader.required(&keys, "event", "say which, as in: `event: okta.user_created`")?;
            let event = reader.text(event, "the name of an event")?;
            let with = keys.get("with").and_then(|node| reader.fields(node, "the fields of an event"));
            let with = with.unwrap_or_default();
            Some(Trigger::Event {
                event,
                with,
                filter: keys.get("filter").map(|node| reader.expr("filter", node)),
                more: settings_of(reader, &keys, settings::EVENT),
            })
        }
    }
}

/// The keys of a trigger, with those of its settings.
fn with_settings(keys: &[&'static str], settings: &'static [settings::Setting]) -> Vec<&'static str> {
    keys.iter().copied().chain(settings::keys(settings)).collect()
}

/// The settings that are said.
fn settings_of(
    reader: &mut Reader<'_>,
    keys: &Keys<'_>,
    known: &'static [settings::Setting],
) -> settings::Settings {
    let said = settings::keys(known).filter_map(|key| Some((key, keys.key(key)?, keys.get(key)?)));
    let value = |(key, span, node): (&str, Span, &Node)| {
        Some((Name::new(key.into(), span), reader.constant(node, "a constant")?))
    };
    said.filter_map(value).collect()
}
