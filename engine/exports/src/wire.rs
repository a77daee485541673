//! Where a value comes from: pins become wires, and the cards that only pass values on are looked through.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::pack::{Card, Field, Pin, Scope};
use flowrun_core::model::{At, Expr};
use flowrun_core::source::{FileId, Span};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value};

pub(super) const CALLABLE: &str = "kernel:control:callable";
const JOIN: &str = "kernel:control:join";
const EXPAND: &str = "kernel:object:expand";

/// Blocks stand in each other no deeper than JSON may; expand cards follow each other no longer than this.
const MAX_HOPS: usize = 256;

/// Everything in a converted project stands nowhere yet.
pub(super) fn nowhere<T>(it: T) -> At<T> {
    At::new(it, Span::start_of(FileId(0)))
}

/// A scope as its cards are lowered.
pub(super) struct View<'v> {
    pub scope: &'v Scope,
    /// The ID of each card.
    pub ids: Vec<Text>,
    /// The block that the scope is a branch of, and where that stands.
    pub outer: Option<(&'v View<'v>, usize)>,
    /// The If/Else that each join belongs to.
    pub joins: BTreeMap<usize, usize>,
    /// The outputs that wires lead from.
    pub pinned: BTreeSet<&'v Text>,
    /// What a flow's start puts out for what it gets: by the keys of a helper's hidden inputs.
    pub hidden: BTreeMap<Text, Text>,
    /// The IDs that wires use, and inputs as `inputs.name`.
    pub used: &'v RefCell<BTreeSet<Text>>,
    /// The names by which wires know the outputs of the cards.
    pub outputs: &'v dyn Fn(&Card, &Field) -> Option<Text>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// The root, an output, keys.
    Path(Vec<Text>),
    /// A constant.
    Constant(Value),
}

impl Source {
    /// As a field gets it.
    pub fn into_expr(self) -> Expr {
        match self {
            Source::Path(path) => Expr::Wire(wire(&path)),
            Source::Constant(value) => Expr::Constant(value),
        }
    }
}

impl View<'_> {
    /// The pin into a field.
    pub fn pin(&self, card: usize, field: &Field) -> Option<&Pin> {
        self.scope.pins.get(&(card, field.id.clone()))?.first()
    }

    /// What a field of a card gets, converted to `wanted`.
    pub fn expr(&self, card: usize, field: &Field, wanted: Type) -> Expr {
        match self.pin(card, field) {
            Some(pin) => self.pinned(pin, wanted),
            None => Expr::Constant(field.value.clone()),
        }
    }

    /// What a pin brings.
    pub fn pinned(&self, pin: &Pin, wanted: Type) -> Expr {
        match self.source(pin.from, &pin.output, 0) {
            Source::Constant(value) => Expr::Constant(value),
            Source::Path(path) => converted(&path, pin, wanted),
        }
    }

    /// What a pin brings into a text: a template's part.
    pub fn part(&self, card: usize, field: &Field) -> String {
        let source = match self.pin(card, field) {
            Some(pin) => self.source(pin.from, &pin.output, 0),
            None => Source::Constant(field.value.clone()),
        };
        match source {
            Source::Constant(Value::Null) => String::new(),
            Source::Constant(Value::Text(text)) => literal(&text),
            Source::Constant(value) => literal(&value.to_json()),
            Source::Path(path) => format!("{{{{ {} }}}}", lenient(&path, "''")),
        }
    }

    /// Where the output of a card comes from.
    pub fn source(&self, card: usize, output: &str, hops: usize) -> Source {
        let nothing = Source::Constant(Value::Null);
        if hops > MAX_HOPS {
            return nothing;
        }
        let Some(from) = self.scope.cards.get(card) else { return nothing };
        let Some(field) = from.outputs.iter().find(|field| *field.id == *output) else { return nothing };
        match &*from.address {
            CALLABLE if field.group.as_deref() == Some("context") => self.context(field, hops),
            _ if is_start(from) => self.started(field),
            JOIN => match self.joins.get(&card) {
                Some(block) => self.path(*block, &field.key),
                None => nothing,
            },
            EXPAND => self.expanded(card, from, field, hops),
            _ => match (self.outputs)(from, field) {
                Some(name) => self.path(card, &name),
                None => nothing,
            },
        }
    }

    /// The card whose object an expand card takes apart; any other card is itself.
    pub fn looked_through(&self, mut card: usize) -> usize {
        for _ in 0..MAX_HOPS {
            let from = &self.scope.cards[card];
            let object = from.inputs.iter().find(|field| *field.key == *"object");
            match object.filter(|_| *from.address == *EXPAND).and_then(|object| self.pin(card, object)) {
                Some(pin) => card = pin.from,
                None => break,
            }
        }
        card
    }

    fn path(&self, card: usize, name: &str) -> Source {
        self.used.borrow_mut().insert(self.ids[card].clone());
        Source::Path(vec![self.ids[card].clone(), name.into()])
    }

    /// What the start of a flow or branch tells besides its inputs: the run, the error, or what a branch sees of the cards around it.
    fn context(&self, field: &Field, hops: usize) -> Source {
        if let Some(name) = self.hidden.get(&field.key) {
            return Source::Path(vec!["inputs".into(), name.clone()]);
        }
        if let Some((outer, block)) = self.outer {
            let hidden = outer.scope.cards[block]
                .inputs
                .iter()
                .find(|input| input.key == field.key && input.group.as_deref() == Some("context"));
            if let Some(hidden) = hidden {
                return match outer.pin(block, hidden) {
                    Some(pin) => outer.source(pin.from, &pin.output, hops + 1),
                    None => Source::Constant(hidden.value.clone()),
                };
            }
        }
        run(&field.key)
    }

    fn started(&self, field: &Field) -> Source {
        match field.group.as_deref() {
            Some("context") => run(&field.key),
            _ => {
                self.used.borrow_mut().insert(format!("inputs.{}", field.key).into());
                Source::Path(vec!["inputs".into(), field.key.clone()])
            }
        }
    }

    /// A path into an object, which the editor keeps in a card of its own.
    fn expanded(&self, card: usize, expand: &Card, output: &Field, hops: usize) -> Source {
        let key = expand.outputs.iter().find(|field| field.group == output.group && *field.key == *"key");
        let mut keys: Vec<Text> = match key.map(|key| &key.value) {
            Some(Value::List(keys)) => keys.iter().filter_map(|key| key.as_text().cloned()).collect(),
            Some(Value::Text(key)) => vec![key.clone()],
            _ => Vec::new(),
        };
        let Some(object) = expand.inputs.iter().find(|field| *field.key == *"object") else {
            return Source::Constant(Value::Null);
        };
        match self.pin(card, object).map(|pin| self.source(pin.from, &pin.output, hops + 1)) {
            Some(Source::Path(mut path)) => {
                // What Okta's error lacks by itself is what the vendor answered.
                if *path == [Text::from("error")]
                    && let Some(key) = keys.first_mut().filter(|key| **key == *"statusCode")
                {
                    *key = "code".into();
                }
                let members = ["message", "code", "kind", "method", "flow", "execution", "body"];
                if *path == [Text::from("error")]
                    && keys.first().is_some_and(|key| !members.contains(&&**key))
                {
                    path.push(if keys.first().is_some_and(|key| **key == *"flo") {
                        "flow".into()
                    } else {
                        "body".into()
                    });
                }
                path.extend(keys.into_iter().filter(|key| **key != *"flo"));
                Source::Path(path)
            }
            Some(constant) => constant,
            None => Source::Constant(Value::Null),
        }
    }
}

/// Whether a flow starts with this card.
pub(super) fn is_start(card: &Card) -> bool {
    matches!(&*card.address, CALLABLE | "kernel:http:accept" | "kernel:http:delegated") || card.event
}

/// What a run tells of itself, by Okta's name of it.
fn run(key: &str) -> Source {
    let path: &[&str] = match key {
        "index" => &["run", "index"],
        "parent" => &["run", "caller"],
        "execution_id" => &["run", "execution_id"],
        "execution_time" => &["run", "execution_time"],
        "error" => &["error"],
        _ => return Source::Constant(Value::Null),
    };
    Source::Path(path.iter().map(|part| Text::from(*part)).collect())
}

/// A wire, converted as the pin says, unless the field that it leads to does that by its type.
fn converted(path: &[Text], pin: &Pin, wanted: Type) -> Expr {
    let named =
        pin.convert.as_deref().and_then(|convert| CONVERSIONS.iter().find(|(name, _)| *name == convert));
    let wraps = (pin.wrap || pin.convert.as_deref() == Some(WRAPS)) && !wanted.list;
    let filters: Vec<&str> =
        named.map(|(_, filter)| *filter).into_iter().chain(wraps.then_some("as_list")).collect();
    if wanted.kind != Kind::Any || filters.is_empty() {
        return Expr::Wire(wire(path));
    }
    Expr::Template(format!("{{{{ {} | {} }}}}", lenient(path, "none"), filters.join(" | ")).into())
}

/// Okta's conversions of what a wire brings, and the filters that do the same.
const CONVERSIONS: &[(&str, &str)] = &[
    ("toString", "string"),
    ("booleanToString", "string"),
    ("isoString", "string"),
    ("stringify", "string"),
    ("parse", "fromjson"),
    ("parseFloat", "number"),
    ("dateTime", "date"),
];

/// The conversion of one value to a list.
const WRAPS: &str = "wrapArray";

/// Whether the conversion of a pin means nothing here.
pub(super) fn unknown_conversion(pin: &Pin) -> Option<&Text> {
    pin.convert
        .as_ref()
        .filter(|convert| **convert != *WRAPS && !CONVERSIONS.iter().any(|(name, _)| *name == &***convert))
}

/// A path as a wire: `$.user.profile['Manager ID']`.
pub(super) fn wire(path: &[Text]) -> Text {
    format!("$.{}", names(path)).into()
}

/// A path as templates write it, and wires behind their `$.`.
fn names(path: &[Text]) -> String {
    let mut text = String::new();
    for (place, part) in path.iter().enumerate() {
        let plain = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let number = !part.is_empty() && part.len() < 10 && part.bytes().all(|byte| byte.is_ascii_digit());
        match (plain, number) {
            _ if place == 0 && part.is_empty() => {}
            (true, _) if place == 0 => text.push_str(part),
            (true, _) => text.push_str(&format!(".{part}")),
            (_, true) => text.push_str(&format!("[{part}]")),
            _ => text.push_str(&format!("['{}']", part.replace('\\', "\\\\").replace('\'', "\\'"))),
        }
    }
    text
}

/// A path in a template that gives a blank where an object lacks a key, as pins do: templates by themselves call that a mistake.
fn lenient(path: &[Text], blank: &str) -> String {
    // A card and its output, or `inputs` and an input, are always there.
    let known = path.len().min(2);
    let mut text = names(&path[..known]);
    for (place, key) in path.iter().enumerate().skip(known) {
        let whole = names(&["".into(), key.clone()]);
        text = match place + 1 == path.len() {
            true => format!("{text}{whole} | default({blank})"),
            false => format!("({text}{whole} | default({{}}))"),
        };
    }
    text
}

/// A text inside a template that is not to be taken for one.
pub(super) fn literal(text: &str) -> String {
    if !["{{", "{%", "{#"].iter().any(|sign| text.contains(sign)) {
        return text.to_owned();
    }
    if text.contains("endraw") {
        // It would end what is to protect it: a constant of the template's own.
        return format!("{{{{ {} }}}}", Value::from(text).to_json());
    }
    format!("{{% raw %}}{text}{{% endraw %}}")
}
