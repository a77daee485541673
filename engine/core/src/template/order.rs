//! Comparisons by size in a template: minijinja has an answer for any two values, and converts neither.

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr};

use crate::types::Type;
use crate::value::Text;

/// A comparison by `<`, `<=`, `>` or `>=`.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What is compared.
    pub sides: [Side; 2],
    /// Where it stands: the first byte,
    pub start: usize,
    /// and the byte behind the last.
    pub end: usize,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// What lies at the path, itself.
    Read(Vec<Text>),
    /// Something of this type.
    Typed(Type),
    /// Anything else.
    Unknown,
}

pub(super) fn is_order(kind: CompareOpKind) -> bool {
    matches!(kind, CompareOpKind::Lt | CompareOpKind::Lte | CompareOpKind::Gt | CompareOpKind::Gte)
}

pub(super) fn is_binary_order(kind: BinOpKind) -> bool {
    matches!(kind, BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte)
}

/// What is known of one side.
pub(super) fn side(expr: &Expr<'_>) -> Side {
    match expr {
        Expr::Const(constant) if constant.value.is_number() => Side::Typed(Type::NUMBER),
        Expr::Const(constant) if constant.value.as_str().is_some() => Side::Typed(Type::TEXT),
        Expr::Filter(filter) if filter.name == "date" => Side::Typed(Type::DATE),
        Expr::Filter(filter) if matches!(filter.name, "number" | "int" | "float" | "length" | "count") => {
            Side::Typed(Type::NUMBER)
        }
        Expr::Filter(filter) if matches!(filter.name, "string" | "trim" | "lower" | "upper") => {
            Side::Typed(Type::TEXT)
        }
        Expr::GetAttr(attribute) => match &attribute.expr {
            Expr::Var(variable) => Side::Read(vec![variable.id.into(), attribute.name.into()]),
            _ => Side::Unknown,
        },
        _ => Side::Unknown,
    }
}
