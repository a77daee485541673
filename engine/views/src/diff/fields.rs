//! What differs between the fields of two cards.

use flowrun_core::card::Catalog;
use flowrun_core::model::{At, Expr, Name};
use flowrun_core::types::Kind;
use flowrun_core::value::{REDACTED, Value};

use super::calls;
use super::meaning::Side;
use super::report::Change;
use super::roots::numberless;
use crate::private::Secrets;

/// Two sides, and what is needed to compare and show them.
#[derive(Debug)]
pub struct Both<'s> {
    /// The old side.
    pub old: Side<'s>,
    /// The new side.
    pub new: Side<'s>,
    /// The cards there are.
    pub catalog: &'s Catalog,
    /// What is not to be shown.
    pub secrets: &'s Secrets,
}

/// Fields of one sort on a card.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'f> {
    /// The card that they belong to; empty for fields that no card declares.
    pub card: &'f str,
    /// What one is called: `field`.
    pub sort: &'static str,
}

/// A field and what it is given.
type Given = (Name, At<Expr>);

impl Both<'_> {
    /// What differs between two lists of fields; the order counts where the card says so.
    pub fn fields(&self, of: Fields<'_>, old: &[Given], new: &[Given]) -> Vec<Change> {
        let find = |fields: &[Given], name: &str| fields.iter().position(|(other, _)| *other.it == *name);
        let mut changes = Vec::new();
        for (name, value) in new {
            let was = find(old, &name.it).map(|at| &old[at].1.it);
            self.field(of, &name.it, was, Some(&value.it), &mut changes);
        }
        for (name, value) in old.iter().filter(|(name, _)| find(new, &name.it).is_none()) {
            self.field(of, &name.it, Some(&value.it), None, &mut changes);
        }
        if changes.is_empty() && has_order(of.card) {
            let names = |fields: &[Given]| {
                fields.iter().map(|(name, _)| name.it.to_string()).collect::<Vec<_>>().join(", ")
            };
            changes.extend(Change::of("order", Some(names(old)), Some(names(new))).if_differs());
        }
        changes
    }

    /// What a field of a card on one side alone holds.
    pub fn one_sided(&self, of: Fields<'_>, fields: &[Given], is_new: bool) -> Vec<Change> {
        let change = |(name, value): &Given| {
            let shown = Some(self.shown(of, &name.it, &value.it));
            if is_new {
                Change::named(of.sort, &*name.it, None, shown)
            } else {
                Change::named(of.sort, &*name.it, shown, None)
            }
        };
        fields.iter().map(change).collect()
    }

    /// What differs between two values of a field.
    pub fn field(
        &self,
        of: Fields<'_>,
        name: &str,
        was: Option<&Expr>,
        now: Option<&Expr>,
        changes: &mut Vec<Change>,
    ) {
        let (Some(old), Some(new)) = (was, now) else {
            if !was.or(now).is_some_and(|value| self.is_default(of, name, value)) {
                let shown = |value: Option<&Expr>| value.map(|value| self.shown(of, name, value));
                changes.push(Change::named(of.sort, name, shown(was), shown(now)));
            }
            return;
        };
        if self.old.field(self.catalog, of.card, name, old)
            == self.new.field(self.catalog, of.card, name, new)
        {
            return;
        }
        let secret = self.is_secret(of, name);
        if let (Some(one), Some(other), false) = (members(old), members(new), secret) {
            let inner = Fields { card: "", sort: of.sort };
            let path = |key: &str| format!("{name}.{key}");
            for (key, value) in &other {
                let was = one.iter().find(|(old, _)| old == key).map(|(_, value)| value);
                self.field(inner, &path(key), was, Some(value), changes);
            }
            for (key, value) in one.iter().filter(|(key, _)| !other.iter().any(|(new, _)| new == key)) {
                self.field(inner, &path(key), Some(value), None, changes);
            }
            return;
        }
        if let (Some(one), Some(other), false) = (items(old), items(new), secret)
            && one.len() == other.len()
        {
            let inner = Fields { card: "", sort: of.sort };
            for (at, (was, now)) in one.iter().zip(&other).enumerate() {
                self.field(inner, &format!("{name}[{at}]"), Some(was), Some(now), changes);
            }
            return;
        }
        let (mut was, mut now) = (self.shown(of, name, old), self.shown(of, name, new));
        if was == now && !was.contains(REDACTED) {
            was.push_str(&self.which(old, true));
            now.push_str(&self.which(new, false));
        }
        changes.push(Change::named(of.sort, name, Some(was), Some(now)));
    }

    /// What a field is given, fit to be shown.
    pub fn shown(&self, of: Fields<'_>, name: &str, value: &Expr) -> String {
        match value {
            Expr::Constant(constant) if self.is_secret(of, name) && !constant.is_empty() => {
                REDACTED.to_owned()
            }
            value => self.secrets.expr(name, value),
        }
    }

    fn is_secret(&self, of: Fields<'_>, name: &str) -> bool {
        calls::kind(self.catalog, of.card, name) == Kind::Secret
    }

    /// Whether a field does the same when it is left out.
    fn is_default(&self, of: Fields<'_>, name: &str, value: &Expr) -> bool {
        let declared =
            self.catalog.get(of.card).and_then(|card| card.inputs.iter().find(|input| input.name == name));
        declared.is_some_and(|input| match value {
            Expr::Constant(value) => *value == Value::from(&input.default),
            _ => false,
        })
    }

    /// Which cards are read, where two sides use one name for two cards.
    fn which(&self, value: &Expr, is_old: bool) -> String {
        let (side, other) = if is_old { (&self.old, &self.new) } else { (&self.new, &self.old) };
        let (Expr::Wire(text) | Expr::Template(text)) = value else { return String::new() };
        let names = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let cards: Vec<usize> = names.filter_map(|name| side.outline.named(name)).collect();
        let told = cards.iter().find_map(|at| {
            let id = &side.outline.cards[*at].step.id.as_ref()?.it;
            let common = side.cards[*at];
            let twin = other.cards.iter().position(|card| common.is_some() && *card == common);
            match twin.and_then(|twin| other.outline.cards[twin].step.id.as_ref()) {
                None if twin.is_none() => Some(if is_old {
                    " (a card that is gone)".to_owned()
                } else {
                    " (a new card)".to_owned()
                }),
                Some(twin) if twin.it != *id => Some(if is_old {
                    format!(" (now called {})", twin.it)
                } else {
                    format!(" (was called {})", twin.it)
                }),
                _ => None,
            }
        });
        told.unwrap_or_default()
    }
}

/// Cards whose named fields are worked off in their order.
fn has_order(card: &str) -> bool {
    matches!(card, "text.concatenate" | "list.construct" | "list.combine_all" | "list.union" | "object.merge")
}

fn members(value: &Expr) -> Option<Vec<(String, Expr)>> {
    match value {
        Expr::Constant(Value::Object(members)) => Some(
            members.iter().map(|(name, value)| (name.to_string(), Expr::Constant(value.clone()))).collect(),
        ),
        Expr::Object(members) => {
            Some(members.iter().map(|(name, value)| (name.it.to_string(), value.it.clone())).collect())
        }
        _ => None,
    }
}

fn items(value: &Expr) -> Option<Vec<Expr>> {
    match value {
        Expr::Constant(Value::List(items)) => {
            Some(items.iter().map(|item| Expr::Constant(item.clone())).collect())
        }
        Expr::List(items) => Some(items.iter().map(|item| item.it.clone()).collect()),
        _ => None,
    }
}

/// A change of a name, unless nothing but the number at its end differs.
pub fn renamed(sort: &'static str, old: &str, new: &str) -> Option<Change> {
    (numberless(old) != numberless(new)).then(|| Change::of(sort, Some(old.to_owned()), Some(new.to_owned())))
}
