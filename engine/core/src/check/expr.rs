//! Expressions: what each reads, of what type it is, and the argument it becomes.

use std::sync::Arc;

use super::control::Point;
use super::lower::Lower;
use super::place;
use super::reads::Parsed;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr};
use crate::path::{Key, Wire, WireError};
use crate::program::Arg;
use crate::source::Span;
use crate::template::{Template, TemplateError};
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// An expression that became an argument.
pub(super) struct Lowered {
    pub arg: Arg,
    /// None: not known, so that it fits everything.
    pub ty: Option<Type>,
    /// Where its type was laid down, and in which words.
    pub from: Option<(Span, String)>,
}

/// From where an expression reads.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The point of the control graph.
    pub point: Point,
    /// The run of cards around it.
    pub place: usize,
    /// The card it belongs to, if it is evaluated while or before that one runs.
    pub step: Option<usize>,
    pub item: Item,
    /// Whether it is evaluated because its card has failed.
    pub failed: bool,
}

/// What `$.item` and `$.index` are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Item {
    /// Nothing: no list card passes them.
    None,
    /// The item of a list.
    Of(Option<Type>),
    /// Nothing but the number of the time.
    Count,
}

impl Lowered {
    pub fn unknown() -> Lowered {
        Lowered { arg: Arg::Const(Value::Null), ty: None, from: None }
    }

    pub fn constant(value: Value) -> Lowered {
        let ty = type_of(&value);
        Lowered { arg: Arg::Const(value), ty: Some(ty), from: None }
    }
}

/// The type of a constant; nothing at all fits everything.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::ANY,
        Value::Bool(_) => Type::BOOL,
        Value::Number(_) | Value::Integer(_) => Type::NUMBER,
        Value::Text(_) => Type::TEXT,
        Value::Date(_) => Type::DATE,
        Value::List(items) => {
            let mut kinds = items.iter().map(type_of).map(|ty| if ty.list { Kind::Any } else { ty.kind });
            let first = kinds.next().unwrap_or(Kind::Any);
            Type::list_of(if kinds.all(|kind| kind == first) { first } else { Kind::Any })
        }
        Value::Object(_) => Type::OBJECT,
        Value::File(_) => Type::one(Kind::File),
        Value::Secret(_) => Type::one(Kind::Secret),
    }
}

impl<'p> Lower<'_, 'p> {
    pub fn expr(&mut self, expr: &At<Expr>, at: Position) -> Lowered {
        match &expr.it {
            Expr::Constant(value) => Lowered::constant(value.clone()),
            Expr::Wire(text) | Expr::Template(text) => {
                match self.shared.reads[self.scope.flow].get(&expr.it) {
                    Some(Parsed::Wire(wire)) => self.wire(&wire, text, expr.span, at),
                    Some(Parsed::Template(template)) => self.template(template, text, expr.span, at),
                    None => Lowered::unknown(),
                }
            }
            Expr::List(items) => {
                let items: Vec<Lowered> = items.iter().map(|item| self.expr(item, at)).collect();
                let mut kinds =
                    items.iter().map(|item| item.ty.filter(|ty| !ty.list).map_or(Kind::Any, |ty| ty.kind));
                let first = kinds.next().unwrap_or(Kind::Any);
                let kind = if kinds.all(|kind| kind == first) { first } else { Kind::Any };
                let arg = Arg::List(items.into_iter().map(|item| item.arg).collect());
                Lowered { arg, ty: Some(Type::list_of(kind)), from: None }
            }
            Expr::Object(members) => {
                let members =
                    members.iter().map(|(name, value)| (name.it.clone(), self.expr(value, at).arg)).collect();
                Lowered { arg: Arg::Object(members), ty: Some(Type::OBJECT), from: None }
            }
            Expr::Broken => Lowered::unknown(),
        }
    }

    fn wire(&mut self, wire: &Result<Wire, WireError>, text: &Text, span: Span, at: Position) -> Lowered {
        let sources = self.shared.options.sources;
        let wire = match wire {
            Ok(wire) => wire,
            Err(error) => {
                let place = place::within(sources, span, text, error.start, error.end);
                let mut mistake =
                    Diagnostic::new(Code::WireSyntax, place, &*error.message).label("not part of a wire");
                mistake.help = error.help.clone();
                self.report(mistake);
                return Lowered::unknown();
            }
        };
        let mut places =
            wire.places.iter().map(|&(start, end)| place::within(sources, span, text, start, end));
        let root = places.next().unwrap_or(span);
        let keys: Vec<(Key, Span)> = wire.keys.iter().cloned().zip(places).collect();
        let read = self.resolve(&wire.root, root, &keys, wire.query.clone(), at);
        self.wire_keys(wire, &keys, text, span, at);
        read
    }

    fn template(
        &mut self,
        template: Result<Arc<Template>, TemplateError>,
        text: &Text,
        span: Span,
        at: Position,
    ) -> Lowered {
        let sources = self.shared.options.sources;
        let template = match template {
            Ok(template) => template,
            Err(error) => {
                let place = place::within(sources, span, text, error.start, error.end);
                let (code, label) = match error.unknown_name {
                    true => (Code::TemplateUnknownName, "not known to templates"),
                    false => (Code::TemplateSyntax, "the template can't be read here"),
                };
                let mut mistake = Diagnostic::new(code, place, error.message).label(label);
                mistake.help = error.help;
                self.report(mistake);
                return Lowered::unknown();
            }
        };
        let mut args = Vec::with_capacity(template.uses().len());
        let mut only = None;
        let mut secret = false;
        let mut types = Vec::new();
        for used in template.uses() {
            let (root, rest) = (&used.path[0], &used.path[1..]);
            let root_at = place::within(sources, span, text, used.start, used.start + root.len());
            let keys: Vec<(Key, Span)> = rest
                .iter()
                .map(|name| {
                    let place =
                        place::within(sources, span, text, used.end.saturating_sub(name.len()), used.end);
                    (Key::Name(name.clone()), place)
                })
                .collect();
            let read = self.resolve(root, root_at, &keys, None, at);
            types.push((&used.path, read.ty));
            secret |= read.ty.is_some_and(|ty| ty.kind == Kind::Secret);
            if template.is_plain() {
                only = Some(read);
            } else {
                args.push(read.arg);
            }
        }
        self.orders(template.orders(), &types, text, span);
        self.template_keys(&template, text, span, at);
        if let Some(read) = only {
            return read;
        }
        if args.iter().all(|arg| matches!(arg, Arg::Const(_))) {
            let values: Vec<Value> = args
                .iter()
                .filter_map(|arg| if let Arg::Const(value) = arg { Some(value.clone()) } else { None })
                .collect();
            // A failure is left to the run, which may never come here.
            if let Ok(value) = template.render(values) {
                return Lowered::constant(value);
            }
        }
        let ty = match template.ty() {
            Type::TEXT if secret => Type::one(Kind::Secret),
            ty => ty,
        };
        Lowered { arg: Arg::Template(template, args), ty: Some(ty), from: None }
    }
}

/// `a` and `an` in front of types.
pub(super) fn a(ty: Type) -> String {
    let name = ty.to_string();
    match name.as_str() {
        "true/false" => name,
        "any" => "any value".to_owned(),
        _ if name.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {name}"),
        _ => format!("a {name}"),
    }
}
