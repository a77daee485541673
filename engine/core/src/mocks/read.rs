//! Reading mocks.

use super::request::{self, Requested};
use super::{Answering, Failure, Mock, Mocks, Target, Then};
use crate::diag::{Code, Diagnostic};
use crate::duration::duration;
use crate::fault::FaultKind;
use crate::load::node::{Content, Node};
use crate::load::reader::{Keys, Reader};
use crate::model::{At, Name};
use crate::suggest::closest;
use crate::value::{Text, Value};

/// What an answer may say.
pub const KEYS: &[&str] =
    &["when", "request", "call", "item", "times", "after", "name", "gives", "pages", "response", "fails"];
/// What only the answers for cards say.
const OF_CARDS: &[&str] = &["when", "item", "gives", "pages"];
/// What only the answers for hosts say.
const OF_HOSTS: &[&str] = &["request", "response"];
/// What a failure may say.
pub const FAILURE_KEYS: &[&str] = &["kind", "message", "code", "body"];

impl Mocks {
    /// Reads mocks: a mapping of what they stand in for, each with an answer or a list of them.
    pub fn read(reader: &mut Reader<'_>, node: &Node) -> Mocks {
        let Some(members) =
            reader.members(node, "a mapping of cards, as `slack.send_message: { gives: { … } }`")
        else {
            return Mocks::default();
        };
        let read = members.into_iter().filter_map(|(name, node)| {
            let target = target(reader, &name)?;
            let answers = match &node.content {
                Content::List(items) => items.iter().collect(),
                _ => vec![node],
            };
            let host = matches!(target, Target::Host(_));
            let answers = answers.into_iter().filter_map(|node| answering(reader, node, host)).collect();
            Some(Mock { target: At::new(target, name.span), answers })
        });
        Mocks(read.collect())
    }
}

/// What a mock stands in for, as it is written.
fn target(reader: &mut Reader<'_>, name: &Name) -> Option<Target> {
    let text = &*name.it;
    let parts = |rest: &str| Text::from(rest.trim());
    let target = match text.split_once(':') {
        Some(("flow", flow)) => Target::Flow(parts(flow)),
        Some(("http", host)) => match request::host(host) {
            Some(host) => Target::Host(host),
            None => {
                let message = format!("`{}` is no host", host.trim());
                let mistake = Diagnostic::new(Code::BadName, name.span, message);
                reader.report(mistake.help(
                    "write its name alone, as the connection's `base_url` has it: `http:api.example.com`",
                ));
                return None;
            }
        },
        Some(_) => {
            let message = format!("`{text}` is nothing that a mock stands in for");
            reader.report(Diagnostic::new(Code::BadName, name.span, message).help(
                "name a card (`slack.send_message`), an ID (`sent`), a flow and an ID (`greet/sent`), a helper flow (`flow:archive`) or a host (`http:api.example.com`)",
            ));
            return None;
        }
        None => match text.rsplit_once('/') {
            Some((flow, id)) => Target::Step { flow: Some(flow.into()), id: id.into() },
            None if text.contains('.') => Target::Card(text.strip_prefix("external.").unwrap_or(text).into()),
            None => Target::Step { flow: None, id: text.into() },
        },
    };
    Some(target)
}

fn answering(reader: &mut Reader<'_>, node: &Node, host: bool) -> Option<Answering> {
    let keys = reader.keys(node, "an answer", KEYS)?;
    let (not_here, help) = match host {
        true => (OF_CARDS, "of a host say `request: { … }` and `response: { … }`"),
        false => (OF_HOSTS, "only what stands in for a host has requests: `http:api.example.com`"),
    };
    if let Some((key, span)) = not_here.iter().find_map(|key| Some((key, keys.key(key)?))) {
        let whose = if host { "a host" } else { "a card" };
        let message = format!("an answer for {whose} has no `{key}`");
        reader.report(Diagnostic::new(Code::NotForThisCard, span, message).help(help));
        return None;
    }
    let request = match keys.get("request") {
        Some(node) => Requested::read(reader, node)?,
        None => Requested::default(),
    };
    let mut when = Vec::new();
    if let Some(node) = keys.get("when") {
        let members = reader.members(node, "a mapping of fields")?;
        for (name, node) in members {
            when.push((name.it, reader.whole_pattern(node)?));
        }
    }
    let call = match keys.get("call") {
        Some(node) => Some(calls(reader, node)?),
        None => None,
    };
    let (item, times) = (whole(reader, &keys, "item", 0)?, whole(reader, &keys, "times", 1)?);
    let after_ms = match keys.get("after") {
        Some(node) => match duration(&reader.literal(node)?) {
            Some(ms) => ms,
            None => {
                reader.mismatch(node, "how long it takes, as `2 s`");
                return None;
            }
        },
        None => 0,
    };
    let name = reader.text_at(&keys, "name").map(|name| name.it);
    let then = then(reader, &keys, host)?;
    (!keys.broken).then_some(Answering {
        span: keys.span,
        when,
        request,
        call,
        item,
        times,
        after_ms,
        name,
        then,
    })
}

fn then(reader: &mut Reader<'_>, keys: &Keys<'_>, host: bool) -> Option<Then> {
    let found: Vec<&str> =
        ["gives", "pages", "response", "fails"].into_iter().filter(|key| keys.get(key).is_some()).collect();
    let key = match found.as_slice() {
        [key] => *key,
        _ if keys.broken => return None,
        _ => {
            let span = reader.first_line(keys.span);
            let message = match found.as_slice() {
                [] => "the answer says nothing".to_owned(),
                all => format!("`{}` stand side by side", all.join("` and `")),
            };
            reader.report(Diagnostic::new(Code::Structure, span, message).help(match host {
                true => "an answer of a host has one of `response` and `fails`",
                false => "an answer has one of `gives`, `pages` and `fails`",
            }));
            return None;
        }
    };
    let node = keys.get(key)?;
    Some(match key {
        "gives" => {
            let members = reader.members(node, "a mapping of outputs")?;
            let read = members.into_iter().map(|(name, node)| Some((name, reader.literal(node)?)));
            Then::Gives(read.collect::<Option<_>>()?)
        }
        "pages" => {
            let pages = reader.list(node, "a list of pages, each a list of records")?;
            let page = |node: &Node| {
                let records = reader.list(node, "a page: a list of records")?;
                records.iter().map(|record| reader.literal(record)).collect::<Option<Vec<_>>>()
            };
            Then::Pages(pages.iter().map(page).collect::<Option<_>>()?)
        }
        "response" => Then::Responds(request::responding(reader, node)?),
        _ if host => Then::Fails(request::failure(reader, node)?),
        _ => Then::Fails(failure(reader, node)?),
    })
}

pub(super) fn failure(reader: &mut Reader<'_>, node: &Node) -> Option<Failure> {
    let mut failure =
        Failure { kind: FaultKind::HttpRequest, message: Text::default(), code: None, body: Value::Null };
    if let Content::Text(message) = &node.content {
        failure.message = message.clone();
        return Some(failure);
    }
    let keys = reader.keys(node, "a failure", FAILURE_KEYS)?;
    if let Some(kind) = reader.text_at(&keys, "kind") {
        match FaultKind::named(&kind.it) {
            Some(kind) => failure.kind = kind,
            None => {
                let names = FaultKind::ALL.map(|kind| kind.to_string());
                let message = format!("there is no kind of failure `{}`", kind.it);
                let near = closest(&kind.it, names.iter().map(String::as_str));
                let mistake = Diagnostic::new(Code::BadChoice, kind.span, message).meant(near);
                reader.report(mistake.or_help(|| format!("there are {}", names.join(", "))));
                return None;
            }
        }
    }
    failure.message =
        reader.text_at(&keys, "message").map_or_else(|| failure.kind.to_string().into(), |name| name.it);
    failure.code = whole(reader, &keys, "code", 100)?.and_then(|code| u16::try_from(code).ok());
    if let Some(body) = keys.get("body") {
        failure.body = reader.literal(body)?;
    }
    (!keys.broken).then_some(failure)
}

/// `2`, `2-3` or `4-`.
fn calls(reader: &mut Reader<'_>, node: &Node) -> Option<(u32, u32)> {
    let text = reader.text(node, "a number of calls, as `2`, `2-3` or `4-`")?;
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    let range = match text.it.split_once('-') {
        None => number(&text.it).map(|call| (call, call)),
        Some((first, last)) if last.trim().is_empty() => number(first).map(|first| (first, u32::MAX)),
        Some((first, last)) => number(first).zip(number(last)).filter(|(first, last)| first <= last),
    };
    if range.is_none() {
        let message = format!("`{}` are no calls", text.it);
        reader.report(
            Diagnostic::new(Code::BadValue, node.span, message)
                .help("the first call is 1: write `2`, `2-3` or `4-`"),
        );
    }
    range
}

/// A whole number under a key, which is no smaller than `least`; the outer none after a mistake.
pub(super) fn whole(reader: &mut Reader<'_>, keys: &Keys<'_>, key: &str, least: u32) -> Option<Option<u32>> {
    let Some(node) = keys.get(key) else { return Some(None) };
    match node.content {
        Content::Number(number) if number.fract() == 0.0 && number >= f64::from(least) && number < 1e9 => {
            Some(Some(number as u32))
        }
        _ => {
            reader.mismatch(node, &format!("a whole number from {least}"));
            None
        }
    }
}
