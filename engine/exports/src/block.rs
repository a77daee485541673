//! Cards that hold cards: If/Else, If/ElseIf, If Error.

use super::flow::{Flowing, inline, joins};
use super::order::Placed;
use super::pack::{Callee, Card, Field, Scope};
use super::wire::{View, nowhere};
use flowrun_core::model::{Arm, At, Expr, Joined, Name, Step};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};

const IF: &str = "kernel:control:if";

impl Flowing<'_, '_> {
    /// Lowers a card, with what stands in it.
    pub fn step(&mut self, view: &View<'_>, placed: &Placed) -> Option<Step> {
        match placed {
            Placed::IfElse { card, then, otherwise, join } => {
                Some(self.if_else(view, *card, [then, otherwise], *join))
            }
            Placed::Card(card) => {
                let raw = &view.scope.cards[*card];
                match &*raw.address {
                    _ if super::wire::is_start(raw) => None,
                    IF | "kernel:object:expand" | "kernel:control:join" => None,
                    "kernel:control:branch" => Some(self.if_elseif(view, *card, raw)),
                    "kernel:control:tryCatch" => Some(self.if_error(view, *card, raw)),
                    _ => self.card(view, *card, raw),
                }
            }
        }
    }

    fn if_else(
        &mut self,
        view: &View<'_>,
        card: usize,
        arms: [&Vec<Placed>; 2],
        join: Option<usize>,
    ) -> Step {
        let raw = &view.scope.cards[card];
        let mut step = self.begin(view, card, "branching.if_else");
        step.with = condition(view, card, raw, None);
        for (name, arm) in ["then", "else"].into_iter().zip(arms) {
            let cards = self.run(view, arm);
            step.arms.push(Arm { name: nowhere(name.into()), when: Vec::new(), cards });
        }
        if let Some(join) = join {
            let joined = &view.scope.cards[join];
            let output = |field: &Field| nowhere(join_output(joined, field).clone());
            let outputs =
                joined.inputs.iter().map(|field| (output(field), branches(view, join, field, arms)));
            step.outputs = outputs.collect();
        }
        step
    }

    fn if_elseif(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Step {
        let mut step = self.begin(view, card, "branching.if_elseif");
        let mut groups: Vec<&Text> = Vec::new();
        for field in raw.inputs.iter().filter(|field| field.flow.is_some()) {
            groups.extend(field.group.as_ref());
        }
        let mut otherwise = None;
        for (place, group) in groups.into_iter().enumerate() {
            let field =
                raw.inputs.iter().find(|field| field.group.as_ref() == Some(group) && field.flow.is_some());
            let cards =
                field.and_then(inline).map(|scope| self.branch(view, card, scope)).unwrap_or_default();
            if **group == *"else" {
                otherwise = Some(Arm { name: nowhere("else".into()), when: Vec::new(), cards });
            } else {
                let when = condition(view, card, raw, Some(group));
                step.arms.push(Arm { name: nowhere(format!("case_{}", place + 1).into()), when, cards });
            }
        }
        step.arms.extend(otherwise);
        step.outputs = typed(raw);
        step
    }

    fn if_error(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Step {
        let mut step = self.begin(view, card, "error_handling.if_error");
        let tried = raw.inputs.iter().find_map(inline);
        let caught = match &raw.policy.flow {
            Some(Callee::Inline(scope)) => Some(&**scope),
            _ => None,
        };
        for (name, scope) in [("try", tried), ("catch", caught)] {
            let cards = scope.map(|scope| self.branch(view, card, scope)).unwrap_or_default();
            step.arms.push(Arm { name: nowhere(name.into()), when: Vec::new(), cards });
        }
        step.outputs = typed(raw);
        step
    }

    /// The cards of a branch that is a flow in itself.
    fn branch(&mut self, outer: &View<'_>, block: usize, scope: &Scope) -> Vec<Step> {
        self.doubt(scope);
        let Some(ordered) = self.order(scope) else { return Vec::new() };
        let view = View {
            scope,
            ids: self.ids(scope, &ordered),
            outer: Some((outer, block)),
            joins: joins(&ordered.cards),
            pinned: scope.pinned(),
            hidden: outer.hidden.clone(),
            used: outer.used,
            outputs: outer.outputs,
        };
        let mut cards = self.run(&view, &ordered.cards);
        // A Return without fields at the end of a branch does nothing, nor does one behind Return Error, where the editor wants it.
        let is = |step: &Step, card: &str| *step.card.it == *card;
        let dead = match cards.as_slice() {
            [.., before, last] if is(before, "error_handling.return_error") => {
                is(last, "flow_control.return")
            }
            [.., last] => is(last, "flow_control.return") && last.with.is_empty(),
            [] => false,
        };
        if dead {
            cards.pop();
        }
        cards
    }
}

/// The fields of a comparison.
fn condition(view: &View<'_>, card: usize, raw: &Card, group: Option<&Text>) -> Vec<(Name, At<Expr>)> {
    const NAMES: [(&str, &str); 3] =
        [("left-operand", "value_a"), ("operator", "operator"), ("right-operand", "value_b")];
    let mut fields = Vec::new();
    for (key, name) in NAMES {
        let field = raw.inputs.iter().find(|field| *field.key == *key && field.group.as_ref() == group);
        let Some(field) = field else { continue };
        let expr = view.expr(card, field, if key == "operator" { Type::TEXT } else { Type::ANY });
        fields.push((nowhere(name.into()), nowhere(expr)));
    }
    // A comparison that needs one value only has a blank beside it.
    let alone = |(name, value): &(Name, At<Expr>)| {
        *name.it == *"operator"
            && matches!(&value.it, Expr::Constant(Value::Text(sign)) if sign.ends_with("empty"))
    };
    if fields.iter().any(alone) {
        fields.retain(|(name, _)| *name.it != *"value_b");
    }
    fields
}

/// The output that an input of a join becomes.
fn join_output<'c>(join: &'c Card, input: &'c Field) -> &'c Text {
    let output = join.joins.iter().find(|(from, _)| *from == input.id).map(|(_, output)| output);
    let output = output.and_then(|id| join.outputs.iter().find(|output| output.id == *id));
    output.map_or(&input.key, |output| &output.key)
}

/// The outputs that a block's Return cards give.
fn typed(raw: &Card) -> Vec<(Name, At<Joined>)> {
    let outputs = raw.outputs.iter().filter(|field| field.group.as_deref() != Some("context"));
    outputs
        .map(|field| (nowhere(field.key.clone()), nowhere(Joined::Type(field.ty.to_string().into()))))
        .collect()
}

/// What each branch of an If/Else gives for an output: a pin belongs to the branch in which its card stands.
fn branches(view: &View<'_>, join: usize, field: &Field, arms: [&Vec<Placed>; 2]) -> At<Joined> {
    let pins = view.scope.pins.get(&(join, field.id.clone()));
    let mut given: [Option<Expr>; 2] = [None, None];
    let mut anywhere = Vec::new();
    for pin in pins.into_iter().flatten() {
        let expr = view.pinned(pin, Type::ANY);
        match arms.iter().position(|arm| holds(view, arm, pin.from)) {
            Some(arm) => given[arm] = Some(expr),
            None => anywhere.push(expr),
        }
    }
    // What stands before the branches is known in both.
    for expr in anywhere {
        if let Some(free) = given.iter_mut().find(|given| given.is_none()) {
            *free = Some(expr);
        }
    }
    let mut arms: Vec<(Name, At<Expr>)> = Vec::new();
    for (name, expr) in ["then", "else"].into_iter().zip(given) {
        arms.extend(expr.map(|expr| (nowhere(name.into()), nowhere(expr))));
    }
    // A branch without a wire gives what stands in the field.
    for name in ["then", "else"] {
        let given = arms.iter().any(|(arm, _)| *arm.it == *name);
        if !given && (!field.value.is_null() || name == "then" && arms.is_empty()) {
            arms.push((nowhere(name.into()), nowhere(Expr::Constant(field.value.clone()))));
        }
    }
    nowhere(Joined::Arms(arms))
}

/// Whether a card stands in these, or only passes on what one of them gives.
fn holds(view: &View<'_>, placed: &[Placed], card: usize) -> bool {
    let card = view.looked_through(card);
    placed.iter().any(|placed| match placed {
        Placed::Card(here) => *here == card,
        Placed::IfElse { card: here, then, otherwise, join } => {
            *here == card || *join == Some(card) || holds(view, then, card) || holds(view, otherwise, card)
        }
    })
}
