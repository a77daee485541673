//! The cards of a flow, flat: their places, outputs and slots.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::type_named;
use super::signature::control_of;
use super::uses::{How, Target};
use super::{Log, Shared, table};
use crate::card::{Card, Catalog, Control, Work};
use crate::diag::{Code, Diagnostic};
use crate::model::{self, At, Expr, Joined, Name, OnError};
use crate::program::{self, SlotId};
use crate::source::Span;
use crate::suggest::{closest, listed};
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
    /// The flow that it calls, itself or for each item.
    pub fn called(&self) -> Option<usize> {
        if let Callee::Flow(flow) = self.callee { Some(flow) } else { None }
    }

    pub fn control(&self) -> Option<Control> {
        match self.card?.work {
            Work::Control(control) => Some(control),
            _ => None,
        }
    }

    /// The place of an output by its name, or by Okta's of one that the card declares.
    pub fn output(&self, name: &str) -> Option<usize> {
        let place = |name: &str| self.outputs.iter().position(|output| *output.name == *name);
        place(name).or_else(|| {
            let declared = self.card?.outputs.iter().find(|output| output.key == name)?;
            place(&declared.name)
        })
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
            let (outputs, open) = outputs(shared, log, &scope.steps[index], (flow, index));
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
                handler: handler(shared, log, (self.flow, index), model),
                table: None,
                error: None,
                is_read: false,
            };
            if card.is_none() {
                // Of what flowrun lacks nothing says which field holds a flow, but that it would be called so.
                let from = &shared.project.flows[self.flow].path;
                if let Some(At { it: Expr::Constant(Value::Text(name)), span }) = step.field("flow")
                    && let Some(called) = shared.names.flow(name, from)
                {
                    log.uses(*span, (self.flow, index), How::Calls, Target::Flow(called));
                }
            }
            if let Some(card) = card {
                step.callee = callee(shared, log, &step, card, (self.flow, index));
                step.table = table::named(shared, log, &step, card, (self.flow, index));
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
        self.steps.iter().flat_map(|step| step.called().into_iter().chain(step.handler))
    }

    /// The runs of cards around `place`, from the inside out, itself included.
    pub fn around(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(place), |&place| Some(self.steps[self.places[place].owner?].place))
    }
}

/// The diagnostic for a card that there isn't.
pub(super) fn unknown_card<'c>(shared: &Shared<'c>, name: &Name) -> Diagnostic {
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
    mistake.meant(near).or_help(|| {
        let known: Vec<&str> =
            shared.catalog.iter().filter(|card| card.group() == group).map(|card| &*card.id).collect();
        let begin_so: Vec<&str> = known.iter().copied().filter(|id| id.starts_with(&*lower)).collect();
        match known.is_empty() {
            _ if !begin_so.is_empty() => format!("there are {}", listed(begin_so)),
            true if group.is_empty() => "`flowrun cards` lists all cards".to_owned(),
            true => format!(
                "there are no cards of `{group}`: its API is reached by `api_connector.post` and the like; `external.{lower}` stands for a card that flowrun lacks"
            ),
            false => format!("the cards of `{group}` are {}", listed(known)),
        }
    })
}

/// The flow in the card's field for one.
fn callee(shared: &Shared<'_>, log: &mut Log, step: &Step<'_>, card: &Card, at: (usize, usize)) -> Callee {
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
    let from = &shared.project.flows[at.0].path;
    match shared.names.flow(name, from) {
        Some(callee) => {
            log.uses(value.span, at, How::Calls, Target::Flow(callee));
            Callee::Flow(callee)
        }
        None => {
            log.report(shared.unknown_flow(name, from, value.span));
            Callee::Unknown
        }
    }
}

/// The outputs of a card, and whether it may have others.
fn outputs(shared: &Shared<'_>, log: &mut Log, step: &Step<'_>, at: (usize, usize)) -> (Vec<Output>, bool) {
    let Some(card) = step.card else { return (Vec::new(), true) };
    let mut outputs: Vec<Output> = card
        .outputs
        .iter()
        .map(|field| Output { name: Text::from(&*field.name), ty: Some(field.ty) })
        .collect();
    if card.rest_out.is_none() {
        if let Some((name, _)) = step.model.outputs.first() {
            log.report(fixed(card, name));
        }
        return (outputs, step.model.broken);
    }
    for (name, joined) in &step.model.outputs {
        if outputs.iter().any(|output| output.name == name.it) {
            continue;
        }
        let ty = named_type(log, card, step, name, joined);
        let ty = table::output_type(shared, log, step, name, at).or(ty);
        outputs.push(Output { name: name.it.clone(), ty });
    }
    let unnamed = returned(shared, step, &mut outputs);
    let mut add = |name: &Text, ty: Type| {
        if !outputs.iter().any(|output| output.name == *name) {
            outputs.push(Output { name: name.clone(), ty: Some(ty) });
        }
    };
    // Who answers a pause says something else than what it was told.
    if card.rest_in.is_some() && step.control() != Some(Control::Pause) {
        let named = step.model.with.iter().filter(|(name, _)| card.input(&name.it).is_none());
        named.for_each(|(name, _)| add(&name.it, Type::ANY));
    }
    if let (Some(table), Some(id)) = (step.table, &step.model.id) {
        // Columns need not be named twice: those that something reads are outputs.
        let wanted = shared.reads[at.0].names(&id.it);
        let columns = table::columns(shared, table).into_iter().filter(|column| wanted.contains(&column.0));
        columns.for_each(|(column, ty)| add(&column, ty));
    }
    (outputs, step.model.broken || unnamed)
}

/// The diagnostic for outputs that a card with outputs of its own is given.
fn fixed(card: &Card, name: &Name) -> Diagnostic {
    let message = format!("the outputs of `{}` are fixed, they can't be named", card.id);
    let mistake = Diagnostic::new(Code::NotForThisCard, name.span, message).label("not for this card");
    match &*card.outputs {
        [] => mistake.help("the card has no outputs"),
        some => mistake.help(format!("its outputs are {}", listed(some.iter().map(|field| &*field.name)))),
    }
}

/// The type of an output that the author named; of a block's joined output it is not known yet.
fn named_type(log: &mut Log, card: &Card, step: &Step<'_>, name: &Name, joined: &At<Joined>) -> Option<Type> {
    match &joined.it {
        Joined::Type(ty) => return type_named(&Name::new(ty.clone(), joined.span), log),
        Joined::Arms(_) if !step.arms.is_empty() => {}
        Joined::Arms(_) => log.report(
            Diagnostic::new(
                Code::BlockOutputs,
                joined.span,
                format!("`{}` has no branches to choose from", card.id),
            )
            .label("expected a type")
            .help(format!("say what type the output has: `{}: text`", name.it)),
        ),
    }
    None
}

/// Adds what the called flow returns, unless the author has chosen; tells whether it may return more than is known.
fn returned(shared: &Shared<'_>, step: &Step<'_>, outputs: &mut Vec<Output>) -> bool {
    match step.callee {
        Callee::Unknown => true,
        Callee::Flow(callee)
            if step.control() == Some(Control::CallFlow) && step.model.outputs.is_empty() =>
        {
            let given = &shared.signatures[callee].outputs;
            let output = |given: &program::Output| Output { name: given.name.clone(), ty: Some(given.ty) };
            outputs.extend(given.iter().map(output));
            shared.is_broken(callee) && !shared.signatures[callee].declared
        }
        _ => false,
    }
}

/// The flow that a card's `on_error` calls; one that can't be found is reported when the policy is lowered.
fn handler(shared: &Shared<'_>, log: &mut Log, at: (usize, usize), model: &model::Step) -> Option<usize> {
    let Some(OnError::Call { flow: name, .. }) = model.on_error.as_ref().map(|on_error| &on_error.it) else {
        return None;
    };
    let called = shared.names.flow(&name.it, &shared.project.flows[at.0].path)?;
    log.uses(name.span, at, How::Calls, Target::Flow(called));
    Some(called)
}
