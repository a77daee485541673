//! Flows that stand in a card, where the name of one could stand: each becomes a flow of its own, which only that card can name.

use std::collections::BTreeMap;

use super::flow;
use super::node::{Content, Node};
use super::reader::Reader;
use crate::card::Catalog;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Flow, INSIDE, Name, Step};
use crate::source::Span;
use crate::types::Kind;
use crate::value::{Text, Value};

/// Flows may not stand in cards of each other deeper than this.
pub const MAX_INLINE: usize = 4;

/// What a reader knows of the flow that it is at.
pub(crate) struct Around<'a> {
    /// The cards there are: they tell which field takes a flow.
    pub catalog: &'a Catalog,
    /// The flow's path.
    path: Text,
    /// Whether it converts what it takes and gives.
    pub converts: bool,
    /// In how many cards of other flows it stands.
    depth: usize,
    paths: Paths,
    /// These flows.
    pub found: Vec<Flow>,
}

impl<'a> Around<'a> {
    /// The flow of a file.
    pub fn new(catalog: &'a Catalog, path: &str) -> Around<'a> {
        let (paths, found) = (Paths::default(), Vec::new());
        Around { catalog, path: path.into(), converts: true, depth: 0, paths, found }
    }
}

/// The names of flows that stand in cards.
#[derive(Debug, Default)]
pub struct Paths(BTreeMap<Text, u32>);

impl Paths {
    /// The path and the name of the flow in the next card of the flow `around` that has this ID, or else is this card: one of
    /// several cards without an ID has a number. An ID has no dot, so that it can't be mistaken for a card. People call it by
    /// the card's title, or else as its path does.
    pub fn next(&mut self, around: &str, of: Of<'_>) -> (Text, Text) {
        let Of { id, title, card } = of;
        let plain: Text = format!("{around}{INSIDE}{}", id.unwrap_or(card)).into();
        let name = title.or(id).unwrap_or_else(|| card.rsplit('.').next().unwrap_or(card));
        let count = self.0.entry(plain.clone()).or_default();
        *count += 1;
        let path = if *count == 1 { plain } else { format!("{plain}_{count}").into() };
        (path, name.into())
    }
}

/// What a card in which a flow stands is called.
#[derive(Clone, Copy, Debug)]
pub struct Of<'n> {
    /// Its ID.
    pub id: Option<&'n str>,
    /// The title that its author gave it.
    pub title: Option<&'n str>,
    /// The card.
    pub card: &'n str,
}

impl<'n> Of<'n> {
    /// What this card is called.
    pub fn step(step: &'n Step) -> Of<'n> {
        let text = |name: &'n Option<Name>| name.as_ref().map(|name| &*name.it);
        Of { id: text(&step.id), title: text(&step.title), card: &step.card.it }
    }
}

impl Reader<'_> {
    /// What a card's field for a flow is given: the flow that stands there, by the path that it gets; none if the field is given
    /// something else, which is read like any other.
    pub fn inline_flow(&mut self, of: Of<'_>, field: &Name, node: &Node) -> Option<At<Expr>> {
        if !self.takes_flow(of.card, &field.it, node) {
            return None;
        }
        match &node.content {
            Content::Map(_) if !self.unquoted_template(node) => {}
            Content::Map(_) => return Some(At::new(Expr::Broken, node.span)),
            Content::List(_) => {
                self.report(
                    Diagnostic::new(Code::Structure, field.span, "expected a flow, found a list")
                        .label("the name of a flow, or a mapping with `cards`")
                        .help("put the cards under `cards`, as in: `flow: { inputs: { name: text }, cards: [ … ] }`"),
                );
                return Some(At::new(Expr::Broken, node.span));
            }
            Content::Text(text) => {
                self.check_flow_name(&Name::new(text.clone(), node.span));
                return None;
            }
            _ => return None,
        }
        if self.around.depth == MAX_INLINE {
            self.report(
                Diagnostic::new(
                    Code::TooLarge,
                    field.span,
                    format!("flows stand in cards of each other more than {MAX_INLINE} deep"),
                )
                .label("too deep")
                .help("give it a file of its own, and name that here"),
            );
            return Some(At::new(Expr::Broken, field.span));
        }
        let around = &mut self.around;
        let (path, name) = around.paths.next(&around.path, of);
        let outer = std::mem::replace(&mut self.around.path, path.clone());
        self.around.depth += 1;
        let flow = flow::inline(self, node, path.clone(), Name::new(name, field.span));
        self.around.depth -= 1;
        self.around.path = outer;
        self.around.found.push(flow);
        // Where it is named: the key, for the flow itself may have many lines.
        Some(At::new(Expr::Constant(Value::Text(path)), field.span))
    }

    /// Whether a card takes a flow in a field. Of a card that isn't there, which is told elsewhere, the field's name and what is in it say so.
    fn takes_flow(&self, card: &str, field: &str, node: &Node) -> bool {
        match self.around.catalog.get(card) {
            Some(card) => card.input(field).is_some_and(|index| card.inputs[index].ty.kind == Kind::Flow),
            None => field == "flow" && has_cards(node),
        }
    }

    /// Reports the name of a flow that stands in a card: no other can call it.
    pub fn check_flow_name(&mut self, name: &Name) {
        if name.it.contains(INSIDE) && !name.it.starts_with('$') && !name.it.contains("{{") {
            self.report(
                Diagnostic::new(Code::UnknownFlow, name.span, format!("there is no flow `{}`", name.it))
                    .label("such a name stands for a flow in a card")
                    .help("only its card runs it: to call it from elsewhere too, give it a file of its own"),
            );
        }
    }
}

fn has_cards(node: &Node) -> bool {
    let Content::Map(members) = &node.content else { return false };
    members.iter().any(|(key, _)| key.as_text().is_some_and(|key| **key == *"cards"))
}

/// Reports a file whose name could be taken for that of a flow in a card.
pub(super) fn misnamed(path: &str, at: Span) -> Option<Diagnostic> {
    let file = path.contains(INSIDE);
    file.then(|| {
        Diagnostic::new(Code::BadName, at, format!("`{path}` can't be the name of a flow"))
            .label(format!("the file has `{INSIDE}` in its name"))
            .help(format!("call it `{}`", path.replace(INSIDE, "_")))
    })
}
