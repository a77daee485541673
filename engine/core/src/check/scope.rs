//! The cards of a flow, flat: their places, outputs and slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::{Found, type_named};
use super::signature::control_of;
use super::{Log, Shared, read, table};
use crate::card::{Card, Catalog, Work};
use crate::control::Control;
use crate::diag::{Code, Diagnostic};
use crate::model::{self, At, Expr, Joined, Name, OnError};
use crate::program::SlotId;
use crate::source::Span;
use crate::suggest::closest;
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// A flow's cards and blocks.
pub(super) struct Scope<'p> {
    /// The flow, by its place in the project.
    pub flow: usize,
    /// Every card, those of blocks included, in the order of the file.
    pub steps: Vec<Step<'p>>,
    /// Every run of cards; the first is the flow's own.
    pub places: Vec<Place<'p>>,
    pub ids: BTreeMap<&'p str, usize>,
    /// How many slots a frame needs.
    pub slots: u32,
}

/// A run of cards: the flow's own, or an arm's.
pub(super) struct Place<'p> {
    /// The block's card; none for the flow's own.
    pub owner: Option<usize>,
    /// The arm as written; none for the flow's own, and for an `else` that was left out.
    pub arm: Option<&'p model::Arm>,
    pub name: Text,
    pub steps: Vec<usize>,
}

/// A card and what is known of it.
pub(super) struct Step<'p> {
    pub model: &'p model::Step,
    pub card: Option<&'p Arc<Card>>,
    /// The run of cards in which it stands.
    pub place: usize,
    /// Its arms, in the order of the language.
    pub arms: Vec<usize>,
    pub out: SlotId,
    pub outputs: Vec<Output>,
    /// Whether it may have outputs that are not known.
    pub open: bool,
    /// The flow in its field for one.
    pub callee: Callee,
    /// The flow that its `on_error` calls.
    pub handler: Option<usize>,
    /// The table it works on, where that is a constant.
    pub table: Option<usize>,
    /// Where the error lies while `catch` runs.
    pub error: Option<SlotId>,
    /// Whether something reads an output.
    pub is_read: bool,
}

/// An output of a card.
pub(super) struct Output {
    pub name: Text,
    /// None: not known.
    pub ty: Option<Type>,
}

/// The flow that a card calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Callee {
    /// None is named.
    None,
    /// One that can't be resolved, which is reported.
    Unknown,
    Flow(usize),
}

impl<'p> Step<'p> {
    pub fn control(&self) -> Option<Control> {
        match self.card?.work {
            Work::Control(control) => Some(control),
            _ => None,
        }
    }

    /// Where the card is named: the place that stands for all of it.
    pub fn named_at(&self) -> Span {
        self.model.id.as_ref().map_or(self.model.card.span, |id| id.span)
    }

    /// The name by which a person knows the card.
    pub fn name(&self) -> &str {
        self.model.id.as_ref().map_or(&self.model.card.it, |id| &id.it)
    }

    /// The field called `name`, as written.
    pub fn field(&self, name: &str) -> Option<&'p At<Expr>> {
        self.model.with.iter().find(|(field, _)| field.it == *name).map(|(_, value)| value)
    }
}

impl<'p> Scope<'p> {
    pub fn new(shared: &Shared<'p>, log: &mut Log, flow: usize) -> Scope<'p> {
        let model = &shared.project.flows[flow];
        let body = Place { owner: None, arm: None, name: Text::default(), steps: Vec::new() };
        let mut scope = Scope { flow, steps: Vec::new(), places: vec![body], ids: BTreeMap::new(), slots: 0 };
        scope.block(shared, log, &model.cards, 0);
        scope.slots = SlotId::FIRST_INPUT.0 + model.inputs.len() as u32;
        for index in 0..scope.steps.len() {
            let (outputs, open) = outputs(shared, log, model, &scope.steps[index]);
            let step = &mut scope.steps[index];
            step.out = SlotId(scope.slots);
            scope.slots += outputs.len() as u32;
            (step.outputs, step.open) = (outputs, open);
            if step.control() == Some(Control::IfError) {
                step.error = Some(SlotId(scope.slots));
                scope.slots += 1;
            }
        }
        scope
    }

    fn block(&mut self, shared: &Shared<'p>, log: &mut Log, cards: &'p [model::Step], place: usize) {
        for model in cards {
            let index = self.steps.len();
            self.places[place].steps.push(index);
            if let Some(id) = &model.id {
                self.ids.entry(&*id.it).or_insert(index);
            }
            let card = shared.catalog.get(&model.card.it);
            if card.is_none() && !model.card.it.is_empty() {
                log.report(unknown_card(shared, &model.card));
            }
            let mut step = Step {
                model,
                card,
                place,
                arms: Vec::new(),
                out: SlotId(0),
                outputs: Vec::new(),
                open: false,
                callee: Callee::None,
                handler: handler(shared, self.flow, model),
                table: None,
                error: None,
                is_read: false,
            };
            if let Some(card) = card {
                step.callee = callee(shared, log, self.flow, &step, card);
                step.table = table::named(shared, log, &step, card);
            }
            self.steps.push(step);
            let mut arms = Vec::new();
            for arm in &model.arms {
                arms.push(self.arm(shared, log, index, Some(arm), arm.name.it.clone()));
            }
            // Every branch has its `else`, so that joining has a place for it.
            let missing: &[&str] = match control_of(model, shared.catalog) {
                Some(Control::IfElse) => &["then", "else"],
                Some(Control::IfElseIf) => &["else"],
                Some(Control::IfError) => &["try", "catch"],
                _ => &[],
            };
            for name in missing {
                if !arms.iter().any(|&arm| self.places[arm].name == **name) {
                    arms.push(self.arm(shared, log, index, None, Text::from(*name)));
                }
            }
            self.steps[index].arms = arms;
        }
    }

    fn arm(
        &mut self,
        shared: &Shared<'p>,
        log: &mut Log,
        owner: usize,
        arm: Option<&'p model::Arm>,
        name: Text,
    ) -> usize {
        let place = self.places.len();
        self.places.push(Place { owner: Some(owner), arm, name, steps: Vec::new() });
        if let Some(arm) = arm {
            self.block(shared, log, &arm.cards, place);
        }
        place
    }

    /// All flows that this one calls.
    pub fn callees(&self) -> impl Iterator<Item = usize> + '_ {
        self.steps.iter().flat_map(|step| {
            let called = if let Callee::Flow(flow) = step.callee { Some(flow) } else { None };
            called.into_iter().chain(step.handler)
        })
    }

    /// The runs of cards around `place`, from the inside out, itself included.
    pub fn around(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(place), |&place| Some(self.steps[self.places[place].owner?].place))
    }
}

fn unknown_card<'c>(shared: &Shared<'c>, name: &Name) -> Diagnostic {
    let mistake = Diagnostic::new(Code::UnknownCard, name.span, format!("there is no card `{}`", name.it))
        .label("no such card");
    let lower = name.it.to_lowercase().replace([' ', '-'], "_");
    let catalog: &'c Catalog = shared.catalog;
    let ids = || catalog.iter().map(|card| &*card.id);
    let only =
        |mut found: Box<dyn Iterator<Item = &'c str> + '_>| found.next().filter(|_| found.next().is_none());
    let by_title =
        || catalog.iter().find(|card| card.title().eq_ignore_ascii_case(&name.it)).map(|card| &*card.id);
    let (group, bare) = lower.split_once('.').unwrap_or(("", &lower));
    // Of a connector that there isn't, no card was meant that there is.
    let known_group =
        group.is_empty() || closest(group, shared.catalog.iter().map(|card| card.group())).is_some();
    let by_name =
        || only(Box::new(ids().filter(|id| id.split_once('.').is_some_and(|(_, name)| name == bare))));
    let by_start = || only(Box::new(ids().filter(|id| id.starts_with(&*lower))));
    let near = if known_group {
        by_title().or_else(by_name).or_else(by_start).or_else(|| closest(&lower, ids()))
    } else {
        None
    };
    match near {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => {
            let known: Vec<String> = shared
                .catalog
                .iter()
                .filter(|card| card.group() == group)
                .map(|card| format!("`{}`", card.id))
                .collect();
            match known.is_empty() {
                true if group.is_empty() => mistake.help("`flowrun cards` lists all cards"),
                true => mistake.help(format!("there are no cards of `{group}`; `flowrun cards` lists all")),
                false => mistake.help(format!("the cards of `{group}` are {}", known.join(", "))),
            }
        }
    }
}

/// The flow in the card's field for one.
fn callee(shared: &Shared<'_>, log: &mut Log, flow: usize, step: &Step<'_>, card: &Card) -> Callee {
    let Some(field) = card.inputs.iter().find(|field| field.ty.kind == Kind::Flow) else {
        return Callee::None;
    };
    let Some(value) = step.field(&field.name) else { return Callee::None };
    let Expr::Constant(Value::Text(name)) = &value.it else {
        let found = match &value.it {
            Expr::Broken => return Callee::Unknown,
            Expr::Constant(Value::Null) => return Callee::None,
            Expr::Wire(_) => "a wire",
            Expr::Template(_) => "a template",
            _ => "something else",
        };
        log.report(
            Diagnostic::new(Code::BadValue, value.span, format!("expected the name of a flow, found {found}"))
                .label("must be written out")
                .help("which flow is called must be known before the run; to choose between flows use `branching.if_else`"),
        );
        return Callee::Unknown;
    };
    let from = &shared.project.flows[flow].path;
    match shared.names.flow(name, from) {
        Found::One(callee) => Callee::Flow(callee),
        _ => {
            log.report(shared.names.unknown_flow(name, from, value.span));
            Callee::Unknown
        }
    }
}

/// The outputs of a card, and whether it may have others.
fn outputs(shared: &Shared<'_>, log: &mut Log, flow: &model::Flow, step: &Step<'_>) -> (Vec<Output>, bool) {
    let Some(card) = step.card else { return (Vec::new(), true) };
    let mut outputs: Vec<Output> = card
        .outputs
        .iter()
        .map(|field| Output { name: Text::from(&*field.name), ty: Some(field.ty) })
        .collect();
    let mut open = step.model.broken;
    if card.rest_out.is_none() {
        if let Some((name, _)) = step.model.outputs.first() {
            let known: Vec<String> = outputs.iter().map(|output| format!("`{}`", output.name)).collect();
            let mistake = Diagnostic::new(
                Code::NotForThisCard,
                name.span,
                format!("the outputs of `{}` are fixed, they can't be named", card.id),
            )
            .label("not for this card");
            log.report(match known.is_empty() {
                true => mistake.help("the card has no outputs"),
                false => mistake.help(format!("its outputs are {}", known.join(", "))),
            });
        }
        return (outputs, open);
    }
    let is_block = !step.arms.is_empty();
    for (name, joined) in &step.model.outputs {
        if outputs.iter().any(|output| output.name == name.it) {
            continue;
        }
        let ty = match &joined.it {
            Joined::Type(ty) => type_named(&Name::new(ty.clone(), joined.span), log),
            Joined::Arms(_) if is_block => None,
            Joined::Arms(_) => {
                log.report(
                    Diagnostic::new(
                        Code::BlockOutputs,
                        joined.span,
                        format!("`{}` has no branches to choose from", card.id),
                    )
                    .label("expected a type")
                    .help(format!("say what type the output has: `{}: text`", name.it)),
                );
                None
            }
        };
        let ty = table::output_type(shared, log, step, name).or(ty);
        outputs.push(Output { name: name.it.clone(), ty });
    }
    match step.callee {
        Callee::Unknown => open = true,
        // A card that passes on what a flow returns: all of it, unless the author has chosen.
        Callee::Flow(callee)
            if step.control() == Some(Control::CallFlow) && step.model.outputs.is_empty() =>
        {
            open |= shared.is_broken(callee) && shared.signatures[callee].outputs.is_empty();
            outputs.extend(
                shared.signatures[callee]
                    .outputs
                    .iter()
                    .map(|output| Output { name: output.name.clone(), ty: Some(output.ty) }),
            );
        }
        _ => {}
    }
    if card.rest_in.is_some() {
        for (name, _) in step.model.with.iter().filter(|(name, _)| card.input(&name.it).is_none()) {
            if !outputs.iter().any(|output| output.name == name.it) {
                outputs.push(Output { name: name.it.clone(), ty: Some(Type::ANY) });
            }
        }
    }
    if let (Some(table), Some(id)) = (step.table, &step.model.id) {
        // Columns need not be named twice: those that something reads are outputs.
        let mut wanted = BTreeSet::new();
        read::names_read(&flow.cards, &id.it, &mut wanted);
        for column in table::columns(shared, table) {
            if wanted.contains(&column.0) && !outputs.iter().any(|output| output.name == column.0) {
                outputs.push(Output { name: column.0, ty: Some(column.1) });
            }
        }
    }
    (outputs, open)
}

/// The flow that a card's `on_error` calls; one that can't be found is reported when the policy is lowered.
fn handler(shared: &Shared<'_>, flow: usize, model: &model::Step) -> Option<usize> {
    let Some(OnError::Call { flow: name, .. }) = model.on_error.as_ref().map(|on_error| &on_error.it) else {
        return None;
    };
    match shared.names.flow(&name.it, &shared.project.flows[flow].path) {
        Found::One(index) => Some(index),
        _ => None,
    }
}
