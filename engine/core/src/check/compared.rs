//! Comparisons that go by letters where a number or a date is meant.

use super::expr::{Lowered, a};
use super::lower::Lower;
use super::place;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr};
use crate::program::Arg;
use crate::source::Span;
use crate::template::{Order, Side};
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// The fields of a comparison, as far as a card has them: each with what was written and what it became.
#[derive(Default)]
pub(super) struct Compared<'m> {
    /// `value_a`, or `list` of a card that compares its items.
    pub left: Option<(&'m At<Expr>, Lowered)>,
    pub operator: Option<Value>,
    /// `value_b`, or `comparison`.
    pub right: Option<(&'m At<Expr>, Lowered)>,
    /// What lies in an item is compared, rather than the item itself.
    pub within: bool,
}

impl<'m> Compared<'m> {
    /// Notes a field by its name.
    pub fn note(&mut self, name: &str, value: &'m At<Expr>, read: Lowered) {
        match (name, &read.arg) {
            ("value_a" | "list", _) => self.left = Some((value, read)),
            ("value_b" | "comparison", _) => self.right = Some((value, read)),
            ("operator", Arg::Const(operator)) => self.operator = Some(operator.clone()),
            ("path", Arg::Const(path)) => self.within = !path.is_empty(),
            ("path", _) => self.within = true,
            _ => {}
        }
    }
}

impl Lower<'_, '_> {
    /// Warns of a text that is compared with a number or a date: the second value becomes a text, as Okta has it.
    pub fn compared(&mut self, compared: Compared<'_>) {
        let Compared { left: Some((value, left)), operator: Some(operator), right: Some((_, right)), within } =
            compared
        else {
            return;
        };
        let Some(operator) = operator.as_text().filter(|it| matches!(&***it, "<" | "<=" | ">" | ">=")) else {
            return;
        };
        let (Some(wanted @ (Type::NUMBER | Type::DATE)), true) = (right.ty, left.is_something()) else {
            return;
        };
        let of_list = left.ty.is_some_and(|ty| ty.list);
        let kind = left.ty.map_or(Kind::Any, |ty| if within { Kind::Any } else { ty.kind });
        let what = match (kind, wanted) {
            (Kind::Text, _) if of_list => "texts",
            (Kind::Text, _) => "a text",
            // What comes from JSON, a form or a file has numbers, and never dates.
            (Kind::Any, Type::DATE) => "what may be a text",
            _ => return,
        };
        let (filter, example) = match wanted {
            Type::NUMBER => ("number", "\"9\" is greater than \"10\""),
            _ => ("date", "\"1 May 2026\" is less than \"2026-01-01\""),
        };
        let message = format!("`{operator}` compares {what} with {} by letters: {example}", a(wanted));
        let mut mistake = Diagnostic::new(Code::ByLetters, value.span, message).label(match kind {
            Kind::Text if of_list => "a list of texts".to_owned(),
            Kind::Text => "a text".to_owned(),
            _ => format!("not known to be {}", a(wanted)),
        });
        if let Some((span, why)) = left.from.filter(|_| kind == Kind::Text) {
            mistake = mistake.related(span, why);
        }
        self.report(mistake.help(if of_list || within {
            format!("use the card's custom kin, `list.filter_custom` or `list.find_custom`, with a helper whose input is {}", a(wanted))
        } else {
            match expression(&value.it) {
                Some(read) => format!("make it {}: `\"{{{{ {read} | {filter} }}}}\"`", a(wanted)),
                None => format!("make it {} first, by the filter `{filter}` of a template", a(wanted)),
            }
        }));
    }
}

impl Lower<'_, '_> {
    /// Warns of a text that a template compares with a number or a date: texts are more than numbers there, and less than dates,
    /// whatever they say.
    pub fn orders(&mut self, orders: &[Order], read: &[(&Vec<Text>, Option<Type>)], text: &Text, span: Span) {
        for order in orders {
            let ty = |side: &Side| match side {
                Side::Typed(ty) => Some(*ty),
                Side::Read(path) => read.iter().find(|(known, _)| *known == path).and_then(|(_, ty)| *ty),
                Side::Unknown => None,
            };
            let wanted = match order.sides.each_ref().map(ty) {
                [Some(Type::TEXT), Some(wanted @ (Type::NUMBER | Type::DATE))]
                | [Some(wanted @ (Type::NUMBER | Type::DATE)), Some(Type::TEXT)] => wanted,
                _ => continue,
            };
            let place = place::within(self.shared.options.sources, span, text, order.start, order.end);
            let filter = if wanted == Type::NUMBER { "number" } else { "date" };
            let message = format!(
                "a template compares no text with {}: the answer is the same for any text",
                a(wanted)
            );
            self.report(
                Diagnostic::new(Code::ByLetters, place, message)
                    .label("one side is a text")
                    .help(format!("make it {}: `… | {filter}`", a(wanted))),
            );
        }
    }
}

impl Lowered {
    /// Whether something is read: a mistake in an expression is told by itself.
    fn is_something(&self) -> bool {
        !matches!(self.arg, Arg::Const(Value::Null))
    }
}

/// How a template reads the same.
fn expression(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Wire(wire) => wire.strip_prefix("$.").filter(|path| !path.contains(['*', '?', '-', ':'])),
        Expr::Template(template) => {
            let inside = template.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
            (!inside.contains("{{")).then_some(inside)
        }
        _ => None,
    }
}
