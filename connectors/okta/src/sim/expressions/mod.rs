//! Okta's expressions: `profile.lastName sw "M" and (status eq "ACTIVE" or created gt "2026-01-01T00:00:00Z")`.
//!
//! One grammar and one evaluator for every parameter that takes an expression; what each parameter allows is a table in `rules`.
//! Grammar and precedence: developer.okta.com/docs/reference/core-okta-api#filter, and RFC 7644, 3.4.2.2, which it names.

mod parse;
mod rules;

pub use rules::{
    APPS_FILTER, DEVICES_SEARCH, GROUPS_FILTER, GROUPS_SEARCH, LOGS_FILTER, Rules, USERS_FILTER, USERS_SEARCH,
};

use super::error::ApiError;
use super::ids::parse_time;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The value of a field in what is searched.
pub enum Field<'a> {
    Text(Cow<'a, str>),
    /// The texts of a list, of which one has to match.
    Texts(Vec<String>),
    Number(f64),
    Truth(bool),
    /// A time, in milliseconds since 1970.
    Time(i64),
    /// Nothing is there.
    Absent,
}

impl Field<'_> {
    /// A time that is told in whole seconds: what Okta told is what it finds.
    pub fn seconds(at_ms: i64) -> Self {
        Field::Time(at_ms - at_ms.rem_euclid(1000))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Sw,
    Ew,
    Co,
    Gt,
    Ge,
    Lt,
    Le,
    Pr,
}

/// The operators of core-okta-api#operators.
const OPS: [(&str, Op); 10] = [
    ("eq", Op::Eq),
    ("ne", Op::Ne),
    ("sw", Op::Sw),
    ("ew", Op::Ew),
    ("co", Op::Co),
    ("gt", Op::Gt),
    ("ge", Op::Ge),
    ("lt", Op::Lt),
    ("le", Op::Le),
    ("pr", Op::Pr),
];

impl Op {
    /// How it is written.
    pub fn name(self) -> &'static str {
        OPS.iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }
}

/// What a field is compared with: strings and times in double quotes, numbers, true and false (core-okta-api#filter). `null` is
/// nowhere documented: refused, a guess.
#[derive(Clone, Debug, PartialEq)]
enum Literal {
    /// With its time, if it can be read as one.
    Text(String, Option<i64>),
    Number(f64),
    Truth(bool),
}

/// A parsed expression.
pub enum Expr {
    /// All of them hold.
    And(Vec<Expr>),
    /// At least one of them holds.
    Or(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// One comparison.
    Test(Test),
}

/// One comparison of a field with a value.
pub struct Test {
    field: String,
    op: Op,
    value: Literal,
    keep_case: bool,
}

impl Expr {
    /// Reads an expression, or says what Okta has against it.
    pub fn parse(text: &str, rules: &'static Rules) -> Result<Expr, ApiError> {
        parse::parse(text, rules)
    }

    /// Whether something with these fields is what is looked for.
    pub fn matches<'a>(&self, field: &impl Fn(&str) -> Field<'a>) -> bool {
        match self {
            Expr::And(all) => all.iter().all(|expr| expr.matches(field)),
            Expr::Or(any) => any.iter().any(|expr| expr.matches(field)),
            Expr::Not(expr) => !expr.matches(field),
            Expr::Test(test) => test.matches(field(&test.field)),
        }
    }

    /// The text that a field must be equal to, whatever else holds.
    pub fn demands(&self, field: &str) -> Option<&str> {
        match self {
            Expr::And(all) => all.iter().find_map(|expr| expr.demands(field)),
            Expr::Test(Test { field: known, op: Op::Eq, value: Literal::Text(text, _), .. }) => {
                (known == field).then_some(text)
            }
            _ => None,
        }
    }
}

impl Test {
    fn matches(&self, field: Field<'_>) -> bool {
        match (field, &self.value) {
            // What isn't there isn't equal either (a guess).
            (Field::Absent, _) => self.op == Op::Ne,
            (Field::Texts(texts), _) if texts.is_empty() => self.op == Op::Ne,
            // RFC 7644: a list matches if any of its values does.
            (Field::Texts(texts), _) => {
                texts.into_iter().any(|text| self.matches(Field::Text(Cow::Owned(text))))
            }
            // RFC 7644: an empty text is no value.
            (Field::Text(text), _) if self.op == Op::Pr => !text.is_empty(),
            (_, _) if self.op == Op::Pr => true,
            (Field::Time(at), Literal::Text(_, Some(value))) => self.compare(at.cmp(value)),
            (Field::Number(number), Literal::Number(value)) => {
                number.partial_cmp(value).is_some_and(|order| self.compare(order))
            }
            (Field::Truth(truth), Literal::Truth(value)) => self.compare(truth.cmp(value)),
            (Field::Text(text), Literal::Text(value, _)) if self.keep_case => self.matches_text(&text, value),
            (Field::Text(text), Literal::Text(value, _)) => self.matches_text(&text.to_lowercase(), value),
            // A number is no text.
            _ => self.op == Op::Ne,
        }
    }

    fn matches_text(&self, text: &str, value: &str) -> bool {
        match self.op {
            Op::Sw => text.starts_with(value),
            Op::Ew => text.ends_with(value),
            Op::Co => text.contains(value),
            _ => self.compare(text.cmp(value)),
        }
    }

    fn compare(&self, order: Ordering) -> bool {
        match self.op {
            Op::Eq => order.is_eq(),
            Op::Ne => order.is_ne(),
            Op::Gt => order.is_gt(),
            Op::Ge => order.is_ge(),
            Op::Lt => order.is_lt(),
            Op::Le => order.is_le(),
            Op::Sw | Op::Ew | Op::Co | Op::Pr => false,
        }
    }
}

impl Literal {
    fn text(text: String, keep_case: bool) -> Literal {
        let time = parse_time(&text);
        Literal::Text(if keep_case { text } else { text.to_lowercase() }, time)
    }
}
