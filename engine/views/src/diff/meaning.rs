//! What an expression means: the same for two sides if it does the same, whatever cards and flows are called there.

use flowrun_core::card::Catalog;
use flowrun_core::model::{At, Expr, Name};
use flowrun_core::names::Names;
use flowrun_core::types::Kind;
use flowrun_core::value::Value;

use super::calls;
use super::outline::Outline;
use super::roots;

/// One side of two flows that are the same: what its names stand for.
#[derive(Debug)]
pub struct Side<'s> {
    /// The flow.
    pub outline: &'s Outline<'s>,
    /// The number of each card, which is the same on both sides; none for a card that is on this side alone.
    pub cards: Vec<Option<usize>>,
    /// The same for each flow of the project.
    pub flows: &'s [Option<usize>],
    /// The same for each table, by its name.
    pub tables: &'s [(String, Option<usize>)],
    /// How cards name flows.
    pub names: &'s Names<'s>,
    /// Stands in the names of what is on this side alone.
    pub alone: char,
}

impl Side<'_> {
    /// What a field of a card is given, in a form that is equal for equal meanings.
    pub fn field(&self, catalog: &Catalog, card: &str, field: &str, value: &Expr) -> String {
        if let Expr::Constant(Value::Text(text)) = value {
            let kind = calls::kind(catalog, card, field);
            let token = match kind {
                Kind::Flow => self.flow(text),
                Kind::Table => self.table(text),
                _ if catalog.get(card).is_none() => {
                    self.names.path(text).map(|at| self.token(self.flows[at], at))
                }
                _ => None,
            };
            if let Some(token) = token {
                return token;
            }
        }
        self.of(value)
    }

    /// What an expression means.
    pub fn of(&self, value: &Expr) -> String {
        let mut into = String::new();
        self.write(value, &mut into);
        into
    }

    /// The flow that a name stands for.
    pub fn flow(&self, name: &str) -> Option<String> {
        self.names.flow(name, &self.outline.flow.path).map(|at| self.token(self.flows[at], at))
    }

    fn table(&self, name: &str) -> Option<String> {
        let at = self.tables.iter().position(|(table, _)| table == name)?;
        Some(self.token(self.tables[at].1, at))
    }

    fn token(&self, common: Option<usize>, at: usize) -> String {
        match common {
            Some(number) => format!("\u{1}{number}"),
            None => format!("\u{1}{}{at}", self.alone),
        }
    }

    fn write(&self, value: &Expr, into: &mut String) {
        let rename = |name: &str| self.outline.named(name).map(|at| self.token(self.cards[at], at));
        match value {
            Expr::Constant(value) => constant(value, into),
            Expr::Wire(text) => into.push_str(&format!("\u{2}{}", roots::wire(text, &rename))),
            Expr::Template(text) => into.push_str(&format!("\u{3}{}", roots::template(text, &rename))),
            Expr::List(items) => {
                into.push('[');
                for item in items {
                    self.write(&item.it, into);
                    into.push(',');
                }
                into.push(']');
            }
            Expr::Object(members) => self.members(members, into),
            Expr::Broken => into.push('?'),
        }
    }

    fn members(&self, members: &[(Name, At<Expr>)], into: &mut String) {
        let mut sorted: Vec<(&str, &Expr)> =
            members.iter().map(|(name, value)| (&*name.it, &value.it)).collect();
        sorted.sort_by_key(|(name, _)| *name);
        into.push('{');
        for (name, value) in sorted {
            into.push_str(&format!("{name:?}:"));
            self.write(value, into);
            into.push(',');
        }
        into.push('}');
    }
}

/// A constant, whatever the order of its keys.
pub fn constant(value: &Value, into: &mut String) {
    match value {
        Value::List(items) => {
            into.push('[');
            for item in items.iter() {
                constant(item, into);
                into.push(',');
            }
            into.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&str, &Value)> =
                members.iter().map(|(name, value)| (&**name, value)).collect();
            sorted.sort_by_key(|(name, _)| *name);
            into.push('{');
            for (name, value) in sorted {
                into.push_str(&format!("{name:?}:"));
                constant(value, into);
                into.push(',');
            }
            into.push('}');
        }
        value => into.push_str(&value.to_json()),
    }
}
