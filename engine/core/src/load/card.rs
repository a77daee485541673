//! A card in a flow: its fields, its arms, its policies.

use super::RESERVED;
use super::inline::Of;
use super::node::{Content, Node};
use super::reader::{Keys, Reader};
use crate::diag::{Code, Diagnostic};
use crate::model::{Arm, At, Expr, Joined, Name, OnError, Retry, Step};

/// The keys of a card, in the order in which they are best written.
pub(crate) const KEYS: &[&str] = &[
    "title",
    "id",
    "card",
    "connection",
    "note",
    "with",
    "pass",
    "cases",
    "then",
    "else",
    "try",
    "catch",
    "outputs",
    "on_error",
    "retry",
    "timeout",
];

/// The keys under which cards stand, but for `cases`.
pub(crate) const ARMS: &[&str] = &["then", "else", "try", "catch"];
/// The keys of a case, in the order in which they are best written.
pub(crate) const CASE_KEYS: &[&str] = &["id", "when", "cards"];
const ON_ERROR: &str = "`on_error` is `stop`, `return`, `{ return: { output: value } }` or `{ call: flow, pass: { input: value } }`";
const RETRY_KEYS: &[&str] = &["times", "wait", "on"];

/// Reads a list of cards. Nothing under the key is an empty list.
pub(super) fn block(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Step>> {
    if node.content == Content::Null {
        return Some(Vec::new());
    }
    let items = reader.list(node, "a list of cards")?;
    Some(items.iter().filter_map(|item| step(reader, item)).collect())
}

fn step(reader: &mut Reader<'_>, node: &Node) -> Option<Step> {
    if let Content::Text(text) = &node.content {
        reader.report(
            Diagnostic::new(Code::Structure, node.span, "expected a card, found a text")
                .help(format!("a card is a mapping: `- card: {text}`")),
        );
        return None;
    }
    let keys = keys(reader, node)?;
    let mut step = Step {
        span: node.span,
        title: reader.text_at(&keys, "title"),
        id: None,
        card: Name::new("".into(), reader.first_line(node.span)),
        connection: reader.text_at(&keys, "connection"),
        with: Vec::new(),
        pass: Vec::new(),
        arms: Vec::new(),
        outputs: Vec::new(),
        on_error: None,
        retry: None,
        timeout: keys.get("timeout").and_then(|node| reader.constant(node, "a duration")),
        note: reader.text_at(&keys, "note"),
        broken: keys.broken,
    };
    match reader.required(&keys, "card", "name the card, as in: `card: text.compose`") {
        Some(card) => match reader.text(card, "the name of a card") {
            Some(card) => step.card = card,
            None => step.broken = true,
        },
        None => step.broken = true,
    }
    if let Some(node) = keys.get("id")
        && let Some(id) = reader.text(node, "a name")
    {
        check_id(reader, &id);
        step.id = Some(id);
    }
    let given = |key: &str| keys.get(key).filter(|node| node.content != Content::Null);
    if let Some(node) = given("with") {
        let with = reader.fields_but(node, "a mapping of fields", |reader, field, node| {
            reader.inline_flow(Of::step(&step), field, node)
        });
        step.broken |= with.is_none();
        step.with = with.unwrap_or_default();
    }
    if let Some(node) = given("pass") {
        let pass = reader.fields(node, "a mapping of the helper flow's inputs");
        step.broken |= pass.is_none();
        step.pass = pass.unwrap_or_default();
    }
    arms(reader, &keys, &mut step);
    if let Some(node) = keys.get("outputs") {
        match outputs(reader, node) {
            Some(outputs) => step.outputs = outputs,
            None => step.broken = true,
        }
    }
    if let Some(node) = keys.get("on_error") {
        step.on_error = on_error(reader, node).map(|on_error| At::new(on_error, node.span));
    }
    if let Some(node) = keys.get("retry") {
        step.retry = retry(reader, node).map(|retry| At::new(retry, node.span));
    }
    Some(step)
}

/// The keys of a card. Two slips are common enough for advice of their own: fields that stand beside `with`, and the
/// card's name in place of the key `card`.
fn keys<'n>(reader: &mut Reader<'_>, node: &'n Node) -> Option<Keys<'n>> {
    if let Content::Map(members) = &node.content
        && let [(key, value), ..] = members.as_slice()
        && let Some(name) = key.as_text().filter(|name| name.contains('.'))
        && matches!(value.content, Content::Map(_) | Content::Null)
    {
        reader.report(
            Diagnostic::new(Code::UnknownKey, key.span, format!("a card has no key `{name}`"))
                .label("unknown key")
                .help(format!("name the card under `card` and its fields under `with`: `card: {name}`")),
        );
        return None;
    }
    reader.keys(node, "a card", KEYS)
}

fn check_id(reader: &mut Reader<'_>, id: &Name) {
    if reader.check_identifier(id, "a card") && RESERVED.contains(&&*id.it) {
        reader.report(
            Diagnostic::new(Code::BadName, id.span, format!("`{}` can't be the name of a card", id.it))
                .label(format!("`$.{}` means something else", id.it))
                .help(format!("call it `{}_1`, or by what the card does", id.it)),
        );
    }
}

fn arms(reader: &mut Reader<'_>, keys: &Keys<'_>, step: &mut Step) {
    // In the order of the language, not of the file: else comes last.
    for name in ["then", "try", "catch"] {
        arm(reader, keys, name, step);
    }
    if let Some(node) = keys.get("cases") {
        match reader.list(node, "a list of cases") {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    match case(reader, item, index + 1) {
                        Some(arm) => step.arms.push(arm),
                        None => step.broken = true,
                    }
                }
            }
            None => step.broken = true,
        }
        let mut seen: Vec<&Name> = Vec::new();
        let mut twice = Vec::new();
        for arm in &step.arms {
            match seen.iter().find(|name| name.it == arm.name.it) {
                None => seen.push(&arm.name),
                Some(first) => twice.push(
                    Diagnostic::new(
                        Code::DuplicateName,
                        arm.name.span,
                        format!("two cases are called `{}`", arm.name.it),
                    )
                    .label("here again")
                    .related(first.span, "first used here")
                    .help("outputs name cases, so each needs its own `id`"),
                ),
            }
        }
        twice.into_iter().for_each(|mistake| reader.report(mistake));
    }
    arm(reader, keys, "else", step);
}

fn arm(reader: &mut Reader<'_>, keys: &Keys<'_>, name: &str, step: &mut Step) {
    let (Some(node), Some(span)) = (keys.get(name), keys.key(name)) else { return };
    match block(reader, node) {
        Some(cards) => step.arms.push(Arm { name: Name::new(name.into(), span), when: Vec::new(), cards }),
        None => step.broken = true,
    }
}

fn case(reader: &mut Reader<'_>, node: &Node, number: usize) -> Option<Arm> {
    let keys = reader.keys(node, "a case", CASE_KEYS)?;
    let mut name = Name::new(format!("case_{number}").into(), reader.first_line(node.span));
    if let Some(id) = reader.text_at(&keys, "id") {
        if reader.check_identifier(&id, "a case") && ARMS.contains(&&*id.it) {
            reader.report(
                Diagnostic::new(Code::BadName, id.span, format!("`{}` can't be the name of a case", id.it))
                    .label(format!("`{}` is a branch of its own", id.it))
                    .help("call it by what it stands for"),
            );
        }
        name = id;
    }
    let help =
        "say when the case holds, as in: `when: { value_a: $.inputs.status, operator: ==, value_b: active }`";
    let when = reader
        .required(&keys, "when", help)
        .map(|node| reader.fields(node, "a mapping with `value_a`, `operator` and `value_b`"));
    let cards = reader
        .required(&keys, "cards", "write the cards of the case, or `cards: []`")
        .map(|node| block(reader, node));
    // A case whose condition or cards can't be read still has its name.
    if !matches!(when, Some(Some(_))) || !matches!(cards, Some(Some(_))) {
        return None;
    }
    Some(Arm { name, when: when.flatten().unwrap_or_default(), cards: cards.flatten().unwrap_or_default() })
}

fn outputs(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<(Name, At<Joined>)>> {
    if node.content == Content::Null {
        return Some(Vec::new());
    }
    let members = reader.members(node, "a mapping of outputs")?;
    let mut outputs = Vec::with_capacity(members.len());
    for (name, value) in members {
        let Some(name) = reader.label(name, "an output") else { continue };
        let joined = match &value.content {
            Content::Map(_) if !reader.unquoted_template(value) => {
                reader.fields(value, "a mapping of branches").map(Joined::Arms)
            }
            Content::Map(_) => None,
            _ => {
                let what = "a type, as `text`, or what each branch gives, as `{ then: …, else: … }`";
                reader.text(value, what).map(|ty| Joined::Type(ty.it))
            }
        };
        // An output that can't be read is there all the same.
        outputs.push((name, At::new(joined.unwrap_or(Joined::Type("any".into())), value.span)));
    }
    Some(outputs)
}

fn on_error(reader: &mut Reader<'_>, node: &Node) -> Option<OnError> {
    if !matches!(node.content, Content::Map(_)) {
        let word = reader.word(node, &["stop", "return"], ON_ERROR)?;
        return Some(if word.it == "stop" { OnError::Stop } else { OnError::Return(Vec::new()) });
    }
    let keys = reader.keys(node, "`on_error`", &["return", "call", "pass"])?;
    match (keys.get("return"), keys.get("call")) {
        (Some(values), None) if keys.get("pass").is_none() => {
            if values.content == Content::Null {
                return Some(OnError::Return(Vec::new()));
            }
            reader.fields(values, "a mapping of outputs").map(OnError::Return)
        }
        (None, Some(flow)) => {
            let flow = reader.text(flow, "the name of a flow");
            flow.iter().for_each(|flow| reader.check_flow_name(flow));
            let pass: Option<Vec<(Name, At<Expr>)>> = match keys.get("pass") {
                Some(node) if node.content != Content::Null => {
                    reader.fields(node, "a mapping of the flow's inputs")
                }
                _ => Some(Vec::new()),
            };
            Some(OnError::Call { flow: flow?, pass: pass? })
        }
        _ if keys.broken => None,
        _ => {
            let place = reader.first_line(node.span);
            reader.report(
                Diagnostic::new(
                    Code::Structure,
                    place,
                    "expected `return` or `call`, and `pass` only with `call`",
                )
                .help(ON_ERROR),
            );
            None
        }
    }
}

fn retry(reader: &mut Reader<'_>, node: &Node) -> Option<Retry> {
    let keys = reader.keys(node, "`retry`", RETRY_KEYS)?;
    let times = reader.required(&keys, "times", "say how often to try again, 1 to 5, as in: `times: 3`");
    let times = times.and_then(|node| reader.constant(node, "a number"));
    let wait = keys.get("wait").and_then(|node| reader.constant(node, "a duration, as `30 s`"));
    let on = keys.get("on").and_then(|node| reader.word(node, &["rate_limit", "any", "even_if_done"], ""));
    Some(Retry { times: times?, wait, on })
}
