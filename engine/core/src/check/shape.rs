//! Which keys records have: those of the lists that cards put out, of the rows of tables, of what is passed on.
//!
//! What a card says of its outputs is followed through cards that pass items on, through lists and calls, as far as it is sure; what
//! isn't has no shape, and nothing is said of its keys.

use std::borrow::Cow;

use super::reads::Parsed;
use super::scope::{Callee, Scope, Step};
use super::{Shared, table};
use crate::card::{Card, Field, Keys, Work};
use crate::model::{At, Expr, Name, OnError, Trigger};
use crate::path::Key;
use crate::value::Value;

/// How many cards and wires are followed to where a shape is laid down.
const FARTHEST: usize = 32;

/// What is known of an object, or of each object of a list.
#[derive(Clone, Copy)]
pub(super) struct Shape<'p> {
    pub of: Of<'p>,
    /// Whether it is a list of such objects.
    pub list: bool,
}

/// Where the keys of an object are laid down.
#[derive(Clone, Copy)]
pub(super) enum Of<'p> {
    /// By the declaration of a card's output.
    Output { card: &'p Card, output: &'p Field },
    /// By the columns of a table.
    Row(usize),
    /// By the author.
    Members(&'p [(Name, At<Expr>)]),
    /// By what a helper flow returns.
    Returned(usize),
}

/// What ends the way along some keys.
pub(super) enum Way<'p> {
    /// The shape of what lies there.
    Leads(Shape<'p>),
    /// Nothing is known from here on.
    Lost,
    /// The object of this shape, which the key at this place is not among.
    Missing(Shape<'p>, usize),
}

impl PartialEq for Of<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Of::Output { output: a, .. }, Of::Output { output: b, .. }) => std::ptr::eq(*a, *b),
            (Of::Row(a), Of::Row(b)) | (Of::Returned(a), Of::Returned(b)) => a == b,
            (Of::Members(a), Of::Members(b)) => std::ptr::eq(*a, *b),
            _ => false,
        }
    }
}

impl<'p> Shape<'p> {
    fn item(self) -> Shape<'p> {
        Shape { list: false, ..self }
    }

    /// The keys, and whether there may be others.
    pub fn keys(&self, shared: &Shared<'_>) -> (Vec<Cow<'p, str>>, bool) {
        match self.of {
            Of::Output { output, .. } => match &output.keys {
                Keys::Known { names, open } => (names.iter().map(Cow::Borrowed).collect(), *open),
                _ => (Vec::new(), true),
            },
            Of::Row(table) => (table::keys_of_row(shared, table), false),
            Of::Members(members) => {
                (members.iter().map(|(name, _)| Cow::Borrowed(&*name.it)).collect(), false)
            }
            Of::Returned(flow) => {
                let outputs = &shared.signatures[flow].outputs;
                (outputs.iter().map(|output| Cow::Owned(output.name.to_string())).collect(), false)
            }
        }
    }

    /// Goes along keys.
    fn along<'k>(self, shared: &Shared<'_>, keys: impl IntoIterator<Item = &'k Key>) -> Way<'p> {
        let mut at = self;
        for (place, key) in keys.into_iter().enumerate() {
            match (key, at.list) {
                (Key::Index(_), true) => at = at.item(),
                (Key::Name(name), false) => {
                    let (known, _) = at.keys(shared);
                    let is_known = known.is_empty() || known.iter().any(|known| **known == **name);
                    return if is_known { Way::Lost } else { Way::Missing(at, place) };
                }
                _ => return Way::Lost,
            }
        }
        Way::Leads(at)
    }
}

/// What is known of one input of a flow, from all that pass it something.
#[derive(Clone, Copy, Default, PartialEq)]
enum Passed<'p> {
    #[default]
    Nothing,
    Items(Of<'p>, bool),
    Anything,
}

impl<'p> Passed<'p> {
    fn and(self, shape: Option<Shape<'p>>) -> Passed<'p> {
        self.or(shape.map_or(Passed::Anything, |shape| Passed::Items(shape.of, shape.list)))
    }

    fn or(self, other: Passed<'p>) -> Passed<'p> {
        match (self, other) {
            (Passed::Nothing, known) | (known, Passed::Nothing) => known,
            (known, other) if known == other => known,
            _ => Passed::Anything,
        }
    }
}

/// The shapes of what flows are passed.
pub(super) struct Shapes<'p> {
    inputs: Vec<Vec<Passed<'p>>>,
}

impl<'p> Shapes<'p> {
    /// Looks at all calls until nothing new comes of it: what a flow is passed it may pass on.
    pub fn new(shared: &Shared<'p>, scopes: &[Scope<'p>]) -> Shapes<'p> {
        let nothing =
            || shared.signatures.iter().map(|flow| vec![Passed::Nothing; flow.inputs.len()]).collect();
        let mut shapes = Shapes { inputs: nothing() };
        // Each round but the last changes an input, and each input changes twice at most.
        loop {
            let mut next = Shapes { inputs: nothing() };
            for scope in scopes {
                next.started(shared, scope);
                scope.steps.iter().for_each(|step| next.calls(shared, scope, step, &shapes));
            }
            let mut changed = false;
            for (known, new) in shapes.inputs.iter_mut().flatten().zip(next.inputs.into_iter().flatten()) {
                let now = known.or(new);
                changed |= now != *known;
                *known = now;
            }
            if !changed {
                return shapes;
            }
        }
    }

    /// What starts a flow otherwise than by a card passes it anything.
    fn started(&mut self, shared: &Shared<'p>, scope: &Scope<'p>) {
        if matches!(
            shared.project.flows[scope.flow].trigger,
            Trigger::Delegated
                | Trigger::Event { .. }
                | Trigger::Poll(_)
                | Trigger::Webhook { .. }
                | Trigger::ApiEndpoint { .. }
        ) {
            self.inputs[scope.flow].fill(Passed::Anything);
        }
        if let Some(after) = shared.after_failure[scope.flow] {
            self.inputs[after].fill(Passed::Anything);
        }
    }

    /// Notes what one card passes.
    fn calls(&mut self, shared: &Shared<'p>, scope: &Scope<'p>, step: &Step<'p>, known: &Shapes<'p>) {
        if let Some(handler) = step.handler
            && let Some(OnError::Call { .. }) = step.model.on_error.as_ref().map(|on_error| &on_error.it)
        {
            self.inputs[handler].fill(Passed::Anything);
        }
        let Callee::Flow(callee) = step.callee else { return };
        for (index, input) in shared.signatures[callee].inputs.iter().enumerate() {
            let passed = step.model.pass.iter().find(|(name, _)| name.it == input.name);
            let look = Look { shared, scope, shapes: known, left: FARTHEST };
            let shape = match passed {
                _ if step.model.broken => None,
                Some((_, value)) => look.expr(&value.it, Some(step)),
                None if *input.name == *super::call::RECORD => look.streamed(step),
                None => None,
            };
            self.inputs[callee][index] = self.inputs[callee][index].and(shape);
        }
    }
}

/// Looks for shapes within one flow.
#[derive(Clone, Copy)]
pub(super) struct Look<'l, 'p> {
    pub shared: &'l Shared<'p>,
    pub scope: &'l Scope<'p>,
    pub shapes: &'l Shapes<'p>,
    left: usize,
}

impl<'l, 'p> Look<'l, 'p> {
    pub fn new(shared: &'l Shared<'p>, scope: &'l Scope<'p>, shapes: &'l Shapes<'p>) -> Look<'l, 'p> {
        Look { shared, scope, shapes, left: FARTHEST }
    }

    /// Where keys behind a root lead; `step` is the card that passes what `$.item` is.
    pub fn way(&self, root: &str, keys: &[Key], step: Option<&Step<'p>>) -> Way<'p> {
        let Some((shape, used)) = self.root(root, keys, step) else { return Way::Lost };
        match shape.along(self.shared, &keys[used..]) {
            Way::Missing(shape, place) => Way::Missing(shape, used + place),
            other => other,
        }
    }

    /// The shape of what a wire begins with, and how many of its keys name that.
    fn root(&self, root: &str, keys: &[Key], step: Option<&Step<'p>>) -> Option<(Shape<'p>, usize)> {
        if root == "item" {
            return Some((self.item(step?)?, 0));
        }
        let Some(Key::Name(name)) = keys.first() else { return None };
        if root == "inputs" {
            let inputs = &self.shared.signatures[self.scope.flow].inputs;
            let index = inputs.iter().position(|input| input.name == *name)?;
            return match self.shapes.inputs[self.scope.flow][index] {
                Passed::Items(of, list) => Some((Shape { of, list }, 1)),
                Passed::Nothing | Passed::Anything => None,
            };
        }
        let card = &self.scope.steps[*self.scope.ids.get(root)?];
        Some((self.output(card, name)?, 1))
    }

    /// What an expression gives.
    fn expr(&self, expr: &'p Expr, step: Option<&Step<'p>>) -> Option<Shape<'p>> {
        let look = Look { left: self.left.checked_sub(1)?, ..*self };
        let (root, keys, query) = match expr {
            Expr::Object(members) => return members_of(members, false),
            _ => match look.shared.reads[look.scope.flow].get(expr)? {
                Parsed::Wire(wire) => {
                    let wire = wire.as_ref().as_ref().ok()?;
                    (wire.root.clone(), wire.keys.clone(), wire.query.clone())
                }
                Parsed::Template(Ok(template)) if template.is_plain() => {
                    let path = &template.uses().first()?.path;
                    (path[0].clone(), path[1..].iter().cloned().map(Key::Name).collect(), None)
                }
                Parsed::Template(_) => return None,
            },
        };
        let Way::Leads(shape) = look.way(&root, &keys, step) else { return None };
        match query {
            None => Some(shape),
            // A list of some of the items.
            Some(query) if shape.list && query.of_items() == Some(None) => Some(shape),
            Some(_) => None,
        }
    }

    /// What `$.item` is under the `pass` of a card.
    fn item(&self, step: &Step<'p>) -> Option<Shape<'p>> {
        match &step.card?.work {
            Work::Effect(_) => self.streamed(step),
            _ => self.expr(&step.field("list")?.it, None).map(Shape::item),
        }
    }

    /// The record that a card streams: an item of the list that it puts out otherwise.
    fn streamed(&self, step: &Step<'p>) -> Option<Shape<'p>> {
        let card = step.card?;
        let Work::Effect(spec) = &card.work else { return None };
        let lists = |output: &&Field| output.ty.list && !matches!(output.keys, Keys::Unknown);
        let output = card.outputs.iter().find(lists).filter(|_| spec.streams)?;
        self.output(step, &output.name).map(Shape::item)
    }

    /// An output of a card.
    fn output(&self, step: &Step<'p>, name: &str) -> Option<Shape<'p>> {
        let card: &'p Card = step.card?;
        let output = card.outputs.iter().find(|output| output.name == *name)?;
        let list = output.ty.list;
        match &output.keys {
            _ if step.model.broken => None,
            Keys::Unknown => None,
            Keys::Known { .. } => Some(Shape { of: Of::Output { card, output }, list }),
            Keys::OfRows if self.shared.project.manifest.broken => None,
            Keys::OfRows => Some(Shape { of: Of::Row(step.table?), list }),
            Keys::OfInputs => members_of(&step.model.with, list),
            Keys::OfItems(input) => {
                let given = self.expr(&step.field(input)?.it, None)?;
                Some(Shape { list, ..given })
            }
            Keys::OfHelper => match step.callee {
                Callee::Flow(flow) if returns_objects(step) && !self.shared.is_broken(flow) => {
                    Some(Shape { of: Of::Returned(flow), list })
                }
                _ => None,
            },
        }
    }
}

/// The shape of an object that the author writes; none where a name makes objects within it.
fn members_of(members: &[(Name, At<Expr>)], list: bool) -> Option<Shape<'_>> {
    let plain = !members.is_empty() && members.iter().all(|(name, _)| !name.it.contains('.'));
    plain.then_some(Shape { of: Of::Members(members), list })
}

/// Whether a card makes its items of all that its helper returns.
fn returns_objects(step: &Step<'_>) -> bool {
    let items = step.field("items").map(|value| &value.it);
    matches!(items, Some(Expr::Constant(Value::Text(text))) if **text == *"object")
}

/// The words for what has a shape.
pub(super) fn described(shape: &Shape<'_>, shared: &Shared<'_>) -> String {
    match shape.of {
        Of::Output { card, output } if output.ty.list => format!("a record of `{}`", card.id),
        Of::Output { card, output } => format!("`{}` of `{}`", output.name, card.id),
        Of::Row(table) => format!("a row of the table `{}`", shared.tables[table].name),
        Of::Members(_) => "the object".to_owned(),
        Of::Returned(flow) => {
            format!("what `{}` returns", shared.names.shortest(&shared.project.flows[flow].path))
        }
    }
}
