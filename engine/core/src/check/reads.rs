//! The wires and templates of a flow, each parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{At, Expr, Flow, Joined, OnError, Step};
use crate::path::{self, Key, Wire, WireError};
use crate::template::{Template, TemplateError};
use crate::value::Text;

/// What the expressions of a flow say.
#[derive(Default)]
pub(super) struct Reads {
    /// By the place of the expression in memory: the same model is looked at from the first pass to the last.
    parsed: BTreeMap<*const Expr, Parsed>,
}

/// What an expression says, or why it says nothing.
#[derive(Clone)]
pub(super) enum Parsed {
    Wire(Arc<Result<Wire, WireError>>),
    Template(Result<Arc<Template>, TemplateError>),
}

impl Parsed {
    /// Parses an expression that is a wire or a template.
    fn of(expr: &Expr) -> Option<Parsed> {
        match expr {
            Expr::Wire(text) => Some(Parsed::Wire(Arc::new(path::parse(text)))),
            Expr::Template(text) => Some(Parsed::Template(Template::compile(text).map(Arc::new))),
            Expr::Constant(_) | Expr::List(_) | Expr::Object(_) | Expr::Broken => None,
        }
    }
}

impl Reads {
    /// Parses all that the cards of a flow read.
    pub fn new(flow: &Flow) -> Reads {
        let mut reads = Reads::default();
        reads.steps(&flow.cards);
        reads
    }

    /// What an expression says; none if it reads nothing.
    pub fn get(&self, expr: &Expr) -> Option<Parsed> {
        self.parsed.get(&std::ptr::from_ref(expr)).cloned().or_else(|| Parsed::of(expr))
    }

    /// The names that are read of the card called `id`.
    pub fn names(&self, id: &str) -> BTreeSet<Text> {
        let mut names = BTreeSet::new();
        for parsed in self.parsed.values() {
            match parsed {
                Parsed::Wire(wire) => {
                    if let Ok(wire) = &**wire
                        && wire.root == *id
                        && let Some(Key::Name(name)) = wire.keys.first()
                    {
                        names.insert(name.clone());
                    }
                }
                Parsed::Template(Ok(template)) => {
                    let of_card = template.uses().iter().filter(|used| used.path[0] == *id);
                    names.extend(of_card.filter_map(|used| used.path.get(1).cloned()));
                }
                Parsed::Template(Err(_)) => {}
            }
        }
        names
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            let joined = step.outputs.iter().filter_map(|(_, joined)| match &joined.it {
                Joined::Arms(arms) => Some(arms),
                Joined::Type(_) => None,
            });
            let on_error = match step.on_error.as_ref().map(|on_error| &on_error.it) {
                Some(OnError::Return(values) | OnError::Call { pass: values, .. }) => Some(values),
                _ => None,
            };
            let conditions = step.arms.iter().map(|arm| &arm.when);
            let all = [&step.with, &step.pass].into_iter().chain(joined).chain(on_error).chain(conditions);
            all.flatten().for_each(|(_, value)| self.expr(value));
            step.arms.iter().for_each(|arm| self.steps(&arm.cards));
        }
    }

    fn expr(&mut self, expr: &At<Expr>) {
        match &expr.it {
            Expr::List(items) => items.iter().for_each(|item| self.expr(item)),
            Expr::Object(members) => members.iter().for_each(|(_, value)| self.expr(value)),
            leaf => self.parsed.extend(Parsed::of(leaf).map(|parsed| (std::ptr::from_ref(leaf), parsed))),
        }
    }
}
