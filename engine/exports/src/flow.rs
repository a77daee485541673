//! A flow: what starts it, what it takes and gives, its cards.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::answer::{CALL_FLOW, answers, is_given, returns};
use super::inline::settle;
use super::naming::{Names, id};
use super::order::{Ordered, Placed, order};
use super::pack::{self, Callee, Card, Field, Scope};
use super::project::{Lowering, Signature};
use super::wire::{View, is_start, nowhere, unknown_conversion};
use super::{Trouble, card};
use flowrun_core::load::Paths;
use flowrun_core::model::{At, Expr, Flow, Input, Name, Schedule, Step, Trigger};
use flowrun_core::source::Origin;
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value};

pub(super) const RETURN: &str = "kernel:control:return";

/// The cards of a flow. Some events come in lists, which the editor hides: their flow stands inside a For Each.
pub(super) fn body(flow: &pack::Flow) -> &Scope {
    let scope = &flow.scope;
    let starts = scope.cards.iter().any(|card| card.event) && scope.cards.len() == 2;
    let each = scope.cards.iter().filter(|card| card.address.starts_with("kernel:list:"));
    let inner = each.flat_map(|card| &card.inputs).find_map(inline);
    inner.filter(|inner| starts && inner.cards.iter().any(is_start)).unwrap_or(scope)
}

/// What a flow takes and gives.
pub(super) fn signature(flow: &pack::Flow, path: Text, asked: bool) -> Signature {
    let scope = body(flow);
    let start = scope.cards.iter().find(|card| is_start(card));
    let mut inputs: Vec<(Text, Type, Option<Value>)> = Vec::new();
    let fields = start.into_iter().flat_map(|start| &start.outputs);
    for field in fields.filter(|field| field.group.as_deref() != Some("context")) {
        // What is in an event's parts may have the same key: wires can't tell them apart either.
        if !inputs.iter().any(|(name, ..)| *name == field.key) {
            let twin = start.and_then(|start| start.inputs.iter().find(|input| input.key == field.key));
            let default = twin.map(|input| input.value.clone()).filter(|value| !value.is_empty());
            let default = default.filter(|value| *value != field.ty.blank());
            // What a connector is authorized with.
            let credentials = field.group.as_deref() == Some("auth");
            let ty = if credentials { Type::one(Kind::Secret) } else { field.ty };
            inputs.push((field.key.clone(), ty, default.filter(|_| !credentials)));
        }
    }
    let outputs = answers(scope, asked);
    Signature { path, inputs, asked, outputs }
}

/// What the Return cards of a scope give; of different types, anything.
pub(super) fn returned(scope: &Scope) -> Vec<(Text, Type)> {
    let mut outputs: Vec<(Text, Type)> = Vec::new();
    for card in scope.cards.iter().filter(|card| *card.address == *RETURN) {
        for field in &card.inputs {
            match outputs.iter_mut().find(|(name, _)| *name == field.key) {
                Some((_, ty)) if *ty != field.ty => *ty = Type::ANY,
                Some(_) => {}
                None => outputs.push((field.key.clone(), field.ty)),
            }
        }
    }
    outputs
}

/// Lowers a flow; none if its cards have no order, which is told.
pub(super) fn lower(raw: &pack::Flow, all: &mut Lowering<'_>) -> Option<Flow> {
    let signature = all.signatures.get(&*raw.id)?;
    let (path, outputs) = (signature.path.clone(), signature.outputs.clone());
    let mut inputs = signature.inputs.clone();
    let scope = body(raw);
    let (cards, used) = cards((&raw.title, &raw.id), &path, scope, BTreeMap::new(), signature.asked, all)?;
    let start = raw.scope.cards.iter().find(|card| is_start(card));
    let description = raw.description.trim();
    let trigger = trigger(raw, start, all);
    // Of all that an event tells, what the flow reads.
    let reads = |name: &Text| used.contains(&Text::from(format!("inputs.{name}")));
    // The same of what Okta adds to all requests: headers, body and query as they came, and who pressed the button.
    let added = |name: &Text| {
        let field = start.and_then(|start| start.outputs.iter().find(|field| field.key == *name));
        field.is_some_and(|field| matches!(field.group.as_deref(), Some("raw" | "user context")))
    };
    let of_event = matches!(trigger, Trigger::Event { .. });
    inputs.retain(|(name, ..)| reads(name) || !of_event && !added(name));
    let span = all.made_of(origin(&raw.title, &raw.id));
    let mut flow = Flow {
        span,
        description: (!description.is_empty()).then(|| nowhere(description.into())),
        trigger,
        save_data: raw.saves_data,
        ..named(&path, &raw.title, inputs, outputs, cards)
    };
    for input in &mut flow.inputs {
        let said = start.into_iter().flat_map(|start| start.inputs.iter().chain(&start.outputs));
        let mut said =
            said.filter(|field| field.key == input.name.it).filter_map(|field| field.description.clone());
        input.description = said.next().map(nowhere);
    }
    Some(flow)
}

fn named(
    path: &Text,
    title: &Text,
    inputs: Vec<(Text, Type, Option<Value>)>,
    outputs: Vec<(Text, Type)>,
    cards: Vec<Step>,
) -> Flow {
    let input = |(name, ty, default): (Text, Type, Option<Value>)| Input {
        name: nowhere(name),
        ty: Some(nowhere(ty.to_string().into())),
        default: default.map(nowhere),
        choices: Vec::new(),
        converts: true,
        description: None,
    };
    Flow {
        path: path.clone(),
        span: nowhere(()).span,
        name: nowhere(title.clone()),
        description: None,
        trigger: Trigger::Helper,
        alone: None,
        runs: Vec::new(),
        on_failure: None,
        save_data: None,
        // As in Okta: a wire hands on what it holds.
        converts: false,
        inputs: inputs.into_iter().map(input).collect(),
        outputs: outputs
            .into_iter()
            .map(|(name, ty)| (nowhere(name), nowhere(ty.to_string().into())))
            .collect(),
        cards,
        broken: false,
    }
}

/// A flow that stands inside a card becomes one of its own, at this path; `hidden` are the names of the inputs by which it sees the cards around it.
pub(super) fn lower_inline(
    title: &Text,
    flow_id: &Text,
    path: Text,
    scope: &Scope,
    hidden: Vec<(Text, Text, Type)>,
    asked: bool,
    all: &mut Lowering<'_>,
) -> Option<Text> {
    let start = scope.cards.iter().find(|card| is_start(card));
    let own = start.into_iter().flat_map(|start| &start.outputs);
    let own = own.filter(|field| field.group.as_deref() != Some("context"));
    let mut inputs: Vec<(Text, Type, Option<Value>)> =
        own.map(|field| (field.key.clone(), field.ty, None)).collect();
    inputs.extend(hidden.iter().map(|(_, name, ty)| (name.clone(), *ty, None)));
    let names = hidden.into_iter().map(|(key, name, _)| (key, name)).collect();
    let (cards, _) = cards((title, flow_id), &path, scope, names, asked, all)?;
    let span = all.made_of(origin(title, flow_id));
    let outputs = answers(scope, asked);
    let flow = named(&path, title, inputs, outputs, cards);
    all.made.push(Flow { span, ..flow });
    Some(path)
}

/// A flow as the origin of what is made of it.
pub(super) fn origin(title: &Text, id: &Text) -> Origin {
    Origin { flow: (&**title).into(), flow_id: (&**id).into(), card: None }
}

/// What is needed to lower the cards of one flow.
pub(super) struct Flowing<'a, 'p> {
    pub all: &'a mut Lowering<'p>,
    pub title: Text,
    /// The ID of the flow in the export; of what stands inside a card, that of the flow around it.
    pub id: Text,
    pub path: Text,
    pub ids: Names,
}

/// The cards of a flow, and what its wires use: IDs of cards, and `inputs.name`.
fn cards(
    (title, id): (&Text, &Text),
    path: &Text,
    scope: &Scope,
    hidden: BTreeMap<Text, Text>,
    asked: bool,
    all: &mut Lowering<'_>,
) -> Option<(Vec<Step>, BTreeSet<Text>)> {
    let used = RefCell::new(BTreeSet::new());
    let mut flow =
        Flowing { all, title: title.clone(), id: id.clone(), path: path.clone(), ids: Names::default() };
    flow.doubt(scope);
    let ordered = flow.order(scope)?;
    let dictionary = flow.all.dictionary;
    let signatures = flow.all.signatures;
    let outputs = |card: &Card, field: &Field| {
        is_given(signatures, card, field).then(|| card::output_name(dictionary, card, field)).flatten()
    };
    let view = View {
        scope,
        ids: flow.ids(scope, &ordered),
        outer: None,
        joins: joins(&ordered.cards),
        pinned: scope.pinned(),
        hidden,
        used: &used,
        outputs: &outputs,
    };
    let mut cards = flow.run(&view, &ordered.cards);
    if asked && !returns(scope) {
        flow.answer(&view, &ordered.cards, &mut cards);
    }
    let used = used.into_inner();
    forget_ids(&mut cards, &used);
    settle(path, &mut cards, &mut Paths::default(), &mut flow.all.made);
    Some((cards, used))
}

/// Takes the IDs away that no wire uses.
fn forget_ids(steps: &mut [Step], used: &BTreeSet<Text>) {
    for step in steps {
        step.id = step.id.take().filter(|id| used.contains(&id.it));
        step.arms.iter_mut().for_each(|arm| forget_ids(&mut arm.cards, used));
    }
}

/// The If/Else of each join.
pub(super) fn joins(placed: &[Placed]) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let mut left: Vec<&Placed> = placed.iter().collect();
    while let Some(placed) = left.pop() {
        if let Placed::IfElse { card, then, otherwise, join } = placed {
            found.extend(join.map(|join| (join, *card)));
            left.extend(then.iter().chain(otherwise));
        }
    }
    found
}

impl Flowing<'_, '_> {
    /// The order of a scope's cards; none if they have none, which is told.
    pub fn order(&mut self, scope: &Scope) -> Option<Ordered> {
        match order(scope) {
            Ok(ordered) => {
                for card in &ordered.stray {
                    let card = &scope.cards[*card];
                    self.trouble(Some(card), "no card leads to it, so it never runs; it is left out");
                }
                Some(ordered)
            }
            Err(why) => {
                self.all.troubles.push(Trouble::lost(&self.title, &why));
                None
            }
        }
    }

    /// Tells of wires that bring something else than they seem to: of conversions that nobody knows, of outputs that aren't there.
    pub fn doubt(&mut self, scope: &Scope) {
        for ((card, input), pins) in &scope.pins {
            let card = &scope.cards[*card];
            for pin in pins {
                let from = &scope.cards[pin.from];
                let output = from.outputs.iter().find(|field| field.id == pin.output);
                if let Some(output) = output.filter(|output| !is_given(self.all.signatures, from, output)) {
                    let message = format!(
                        "the card {} reads its output \"{}\", which its flow does not give: it is blank",
                        card.title, output.key
                    );
                    self.trouble(Some(from), &message);
                }
            }
            for convert in pins.iter().filter_map(unknown_conversion) {
                let field = card.inputs.iter().find(|field| field.id == *input);
                let said = field.map_or(input, |field| field.label.as_ref().unwrap_or(&field.key));
                self.trouble(
                    Some(card),
                    &format!("the conversion `{convert}` into its field \"{said}\" is not known: the value passes as it is"),
                );
            }
        }
    }

    pub fn trouble(&mut self, card: Option<&Card>, message: &str) {
        self.all.troubles.push(Trouble {
            flow: Some(self.title.clone()),
            card: card.map(|card| card.title.clone()),
            message: message.to_owned(),
            flow_is_lost: false,
        });
    }

    /// An ID for each card of a scope, given in the order in which they run.
    pub fn ids(&mut self, scope: &Scope, ordered: &Ordered) -> Vec<Text> {
        let mut ids = vec![Text::default(); scope.cards.len()];
        self.name_all(scope, &scope.pinned(), &ordered.cards, &mut ids);
        ids
    }

    fn name_all(&mut self, scope: &Scope, pinned: &BTreeSet<&Text>, placed: &[Placed], ids: &mut [Text]) {
        for placed in placed {
            let (Placed::Card(card) | Placed::IfElse { card, .. }) = placed;
            let wanted = self.called(&scope.cards[*card]);
            let wanted = wanted.unwrap_or_else(|| id(said(&scope.cards[*card], pinned), "card"));
            ids[*card] = self.ids.unique(&wanted);
            if let Placed::IfElse { then, otherwise, .. } = placed {
                self.name_all(scope, pinned, then, ids);
                self.name_all(scope, pinned, otherwise, ids);
            }
        }
    }

    /// The name of the flow that a Call Flow runs, if its author gave it no title.
    fn called(&self, card: &Card) -> Option<String> {
        if *card.address != *CALL_FLOW || *card.title != *"Call Flow" {
            return None;
        }
        let callee = card.inputs.iter().find_map(|field| match &field.flow {
            Some(Callee::Named(flow)) => self.all.signatures.get(&**flow),
            _ => None,
        })?;
        let name = callee.path.rsplit('/').next()?;
        Some(id(name, "call"))
    }

    /// Lowers cards in their order.
    pub fn run(&mut self, view: &View<'_>, placed: &[Placed]) -> Vec<Step> {
        placed.iter().filter_map(|placed| self.step(view, placed)).collect()
    }
}

/// Names that Okta gives to a card's only output.
const USUAL: &[&str] = &[
    "output",
    "result",
    "total",
    "difference",
    "position",
    "result text",
    "result list",
    "segment",
    "text",
    "length",
    "rounded up",
    "rounded down",
    "all true?",
    "any true?",
    "only one true?",
    "list",
    "item",
    "value",
    "values",
    "new list",
    "sorted list",
    "encoded",
    "List Union",
    "List No Duplicates",
    "list union",
    "output text",
    "Output",
    "object",
    "date",
    "date & time",
    "hash",
    "product",
    "true?",
    "remainder",
    "contents",
    "memo",
    "unique list",
    "keys",
    "random number",
    "random text",
    "rounded",
    "Result as a decimal",
    "Result as a percentage (%)",
    "URL",
];

/// What a card is called: by the name that its author gave to the only output that is read, else by its title.
fn said<'c>(card: &'c Card, pinned: &BTreeSet<&Text>) -> &'c str {
    // How other connectors' outputs are shown is theirs.
    if card.address.starts_with("channels:") && !card.address.contains(":stash:") {
        return &card.title;
    }
    let mut read = card.outputs.iter().filter(|output| pinned.contains(&output.id));
    let (Some(only), None) = (read.next(), read.next()) else { return &card.title };
    match &only.label {
        Some(label) if !USUAL.contains(&&**label) && *label != only.key => label,
        _ => &card.title,
    }
}

fn trigger(raw: &pack::Flow, start: Option<&Card>, all: &mut Lowering<'_>) -> Trigger {
    if let Some(schedule) = &raw.schedule {
        return Trigger::Schedule(Schedule {
            cron: nowhere(schedule.cron.clone()),
            time_zone: schedule.time_zone.clone().map(nowhere),
            start: schedule.start.clone().map(nowhere),
            end: schedule.end.clone().map(nowhere),
            more: Vec::new(),
        });
    }
    let Some(start) = start else { return Trigger::Helper };
    if *start.address == *"kernel:http:delegated" {
        return Trigger::Delegated;
    }
    if *start.address == *"kernel:http:accept" {
        let security = match raw.security.as_deref() {
            Some("open") => Some("public"),
            Some("medium") => Some("token"),
            Some("high") => Some("oauth"),
            _ => None,
        };
        return Trigger::ApiEndpoint {
            method: None,
            security: security.map(|level| nowhere(level.into())),
            more: ["headers", "query"].iter().filter_map(|group| of_group(start, group)).collect(),
        };
    }
    if !start.event {
        return Trigger::Helper;
    }
    let event = match all.dictionary.events.get(&*start.address) {
        Some(event) => event.clone(),
        None => card::external(start),
    };
    // What the editor offers before something is chosen says so between dashes.
    let chosen = |field: &&Field| match &field.value {
        Value::Text(text) => !text.is_empty() && !text.starts_with("-- "),
        value => !value.is_empty(),
    };
    let own = start.inputs.iter().filter(|field| field.group.as_deref() == Some("parameters"));
    let with = own
        .filter(chosen)
        .map(|field| (nowhere(field.key.clone()), nowhere(Expr::Constant(field.value.clone()))));
    Trigger::Event { event: nowhere(event), with: with.collect(), filter: None, more: Vec::new() }
}

/// The inputs that come from one part of a request, as a setting of the trigger.
fn of_group(start: &Card, group: &str) -> Option<(Name, At<Value>)> {
    let first = |field: &&Field| start.outputs.iter().find(|other| other.key == field.key);
    let own = start.outputs.iter().filter(|field| {
        field.group.as_deref() == Some(group) && first(field).is_some_and(|first| first.group == field.group)
    });
    let names: Vec<Value> = own.map(|field| Value::Text(field.key.clone())).collect();
    (!names.is_empty()).then(|| (nowhere(group.into()), nowhere(Value::from(names))))
}

/// Whether a flow stands in this field.
pub(super) fn inline(field: &Field) -> Option<&Scope> {
    match &field.flow {
        Some(Callee::Inline(scope)) => Some(scope),
        _ => None,
    }
}
