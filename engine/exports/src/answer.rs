//! What a helper flow answers: in Okta a flow without a Return gives the outputs of its last card, and one that Continue If ends its message.

use std::collections::BTreeSet;

use super::flow::{Flowing, origin, returned};
use super::order::{Placed, order};
use super::pack::{Callee, Card, Field, Pack, Scope};
use super::project::{Signatures, each_card};
use super::wire::{View, is_start, nowhere};
use flowrun_core::model::{Name, Step};
use flowrun_core::types::Type;
use flowrun_core::value::Text;

const CONTINUE_IF: &str = "kernel:control:continueIf";
const RETURN_RAW: &str = "kernel:control:returnRaw";
pub(super) const CALL_FLOW: &str = "kernel:control:spawn";

/// List cards that make something of what their helper gives.
const ASK: &[&str] = &[
    "kernel:list:map",
    "kernel:list:find",
    "kernel:list:filter",
    "kernel:list:sort",
    "kernel:list:reduce",
    "kernel:object:process",
    "kernel:object:map",
];

/// Cards that carry out nothing, and so are never a flow's last.
const PASSIVE: &[&str] = &[
    "kernel:control:comment",
    "kernel:control:noop",
    "kernel:control:join",
    "kernel:object:expand",
    CONTINUE_IF,
];

/// The IDs of the flows that others want an answer of.
pub(super) fn asked(pack: &Pack) -> BTreeSet<Text> {
    let mut asked = BTreeSet::new();
    for flow in &pack.flows {
        each_card(&flow.scope, &mut |card| {
            if is_asking(card) {
                let named = card.inputs.iter().filter_map(|field| match &field.flow {
                    Some(Callee::Named(flow)) => Some(flow.clone()),
                    _ => None,
                });
                asked.extend(named);
            }
        });
    }
    asked
}

/// Whether a card makes something of what its flow gives.
pub(super) fn is_asking(card: &Card) -> bool {
    ASK.contains(&&*card.address) || *card.address == *CALL_FLOW && !card.outputs.is_empty()
}

/// What a flow gives; without a Return only if others want an answer of it.
pub(super) fn answers(scope: &Scope, asked: bool) -> Vec<(Text, Type)> {
    let mut outputs = returned(scope);
    if asked
        && !returns(scope)
        && let Ok(ordered) = order(scope)
    {
        outputs = of_last(scope, &ordered.cards);
    }
    let says = |card: &Card| *card.address == *CONTINUE_IF && message(scope, card).is_some();
    if scope.cards.iter().any(says) && !outputs.iter().any(|(name, _)| **name == *"message") {
        outputs.push(("message".into(), Type::ANY));
    }
    outputs
}

/// Whether the flow itself says what it gives.
pub(super) fn returns(scope: &Scope) -> bool {
    scope.cards.iter().any(|card| [super::flow::RETURN, RETURN_RAW].contains(&&*card.address))
}

/// The field of Continue If with what the flow gives when it ends there; none if it is blank.
fn message<'c>(scope: &Scope, card: &'c Card) -> Option<&'c Field> {
    let place = scope.cards.iter().position(|other| other.uuid == card.uuid)?;
    let field = card.inputs.iter().find(|field| *field.key == *"message")?;
    (scope.pins.contains_key(&(place, field.id.clone())) || !field.value.is_empty()).then_some(field)
}

fn last<'p>(scope: &Scope, placed: &'p [Placed]) -> Option<&'p Placed> {
    placed.iter().rev().find(|placed| match placed {
        Placed::IfElse { .. } => true,
        Placed::Card(card) => !PASSIVE.contains(&&*scope.cards[*card].address),
    })
}

/// The outputs of the card that runs last; of branches, all that one of them gives.
fn of_last(scope: &Scope, placed: &[Placed]) -> Vec<(Text, Type)> {
    match last(scope, placed) {
        Some(Placed::Card(card)) if !is_start(&scope.cards[*card]) => {
            given(&scope.cards[*card]).map(|field| (field.key.clone(), field.ty)).collect()
        }
        Some(Placed::IfElse { join: Some(join), .. }) if !scope.cards[*join].outputs.is_empty() => {
            given(&scope.cards[*join]).map(|field| (field.key.clone(), field.ty)).collect()
        }
        Some(Placed::IfElse { then, otherwise, .. }) => {
            let mut outputs = of_last(scope, then);
            for (name, ty) in of_last(scope, otherwise) {
                match outputs.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) if *known != ty => *known = Type::ANY,
                    Some(_) => {}
                    None => outputs.push((name, ty)),
                }
            }
            outputs
        }
        _ => Vec::new(),
    }
}

fn given(card: &Card) -> impl Iterator<Item = &Field> {
    card.outputs.iter().filter(|field| field.group.as_deref() != Some("context"))
}

/// Whether a wire from this output brings something: what a called flow does not give is blank.
pub(super) fn is_given(signatures: &Signatures<'_>, card: &Card, output: &Field) -> bool {
    if *card.address != *CALL_FLOW {
        return true;
    }
    let callee = card.inputs.iter().find_map(|field| match &field.flow {
        Some(Callee::Named(flow)) => Some(flow),
        _ => None,
    });
    let signature = callee.and_then(|flow| signatures.get(&**flow));
    signature.is_none_or(|signature| signature.outputs.iter().any(|(name, _)| *name == output.key))
}

impl Flowing<'_, '_> {
    /// Ends a flow without Return by one of the outputs of the card that runs last.
    pub fn answer(&mut self, view: &View<'_>, placed: &[Placed], steps: &mut Vec<Step>) {
        let fields = match last(view.scope, placed) {
            Some(Placed::IfElse { join, then, otherwise, .. })
                if join.is_none_or(|join| view.scope.cards[join].outputs.is_empty()) =>
            {
                if let Some(block) = steps.last_mut() {
                    for (name, placed) in [("then", then), ("else", otherwise)] {
                        let arm = block.arms.iter_mut().find(|arm| *arm.name.it == *name);
                        if let Some(arm) = arm {
                            self.answer(view, placed, &mut arm.cards);
                        }
                    }
                }
                return;
            }
            Some(Placed::IfElse { join: Some(join), .. }) => self.outputs_of(view, *join),
            Some(Placed::Card(card)) if !is_start(&view.scope.cards[*card]) => self.outputs_of(view, *card),
            _ => return,
        };
        if fields.is_empty() {
            return;
        }
        // It stands for no card of the export.
        let step = Step {
            span: self.all.made_of(origin(&self.title, &self.id)),
            with: fields,
            ..bare("flow_control.return")
        };
        steps.push(step);
    }

    fn outputs_of(
        &self,
        view: &View<'_>,
        card: usize,
    ) -> Vec<(Name, flowrun_core::model::At<flowrun_core::model::Expr>)> {
        let outputs = given(&view.scope.cards[card])
            .filter(|field| is_given(self.all.signatures, &view.scope.cards[card], field));
        let field = |field: &Field| {
            (nowhere(field.key.clone()), nowhere(view.source(card, &field.id, 0).into_expr()))
        };
        outputs.map(field).collect()
    }
}

/// A step of this card and nothing else.
fn bare(card: &str) -> Step {
    Step {
        span: nowhere(()).span,
        title: None,
        id: None,
        card: nowhere(card.into()),
        connection: None,
        with: Vec::new(),
        pass: Vec::new(),
        arms: Vec::new(),
        outputs: Vec::new(),
        on_error: None,
        retry: None,
        timeout: None,
        note: None,
        broken: false,
    }
}
