//! Okta's search expressions: `profile.lastName sw "M" and (status eq "ACTIVE" or created gt "2026-01-01T00:00:00Z")`.

use super::ids::parse_time;
use std::borrow::Cow;

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Which parameter an expression came in: each allows something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `search` of users: any attribute; values in any case.
    Search,
    /// `filter` of users: few attributes, `eq` only, values in their case.
    Filter,
    /// `search` of groups: any attribute; values in any case.
    Groups,
    /// `filter` of groups: few attributes, values in their case.
    GroupFilter,
    /// `filter` of applications: few attributes, `eq` only, values in their case.
    Applications,
    /// `filter` of the System Log.
    Log,
}

/// The value of a field in what is searched.
pub enum Field<'a> {
    Text(Cow<'a, str>),
    /// The texts of a list, of which one has to match.
    Texts(Vec<String>),
    /// A time, in milliseconds since 1970.
    Time(i64),
    /// Nothing is there.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Sw,
    Co,
    Gt,
    Ge,
    Lt,
    Le,
    Pr,
}

const OPS: [(&str, Op); 8] = [
    ("eq", Op::Eq),
    ("sw", Op::Sw),
    ("co", Op::Co),
    ("gt", Op::Gt),
    ("ge", Op::Ge),
    ("lt", Op::Lt),
    ("le", Op::Le),
    ("pr", Op::Pr),
];

/// A parsed expression.
pub enum Expr {
    /// All of them hold.
    And(Vec<Expr>),
    /// At least one of them holds.
    Or(Vec<Expr>),
    /// One comparison.
    Test(Test),
}

/// One comparison of a field with a value.
pub struct Test {
    field: String,
    op: Op,
    value: String,
    time: Option<i64>,
    keep_case: bool,
}

impl Expr {
    /// Reads an expression, or says what is wrong with it.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Expr, String> {
        let mut parser = Parser { rest: text.trim_start(), dialect };
        let expr = parser.any(0)?;
        match parser.rest {
            "" => Ok(expr),
            rest => Err(format!("expected `and`, `or` or the end, found `{rest}`")),
        }
    }

    /// Whether something with these fields is what is looked for.
    pub fn matches<'a>(&self, field: &impl Fn(&str) -> Field<'a>) -> bool {
        match self {
            Expr::And(all) => all.iter().all(|expr| expr.matches(field)),
            Expr::Or(any) => any.iter().any(|expr| expr.matches(field)),
            Expr::Test(test) => test.matches(field(&test.field)),
        }
    }
}

impl Test {
    fn matches(&self, field: Field<'_>) -> bool {
        match field {
            Field::Absent => false,
            Field::Texts(texts) => texts.into_iter().any(|text| self.matches(Field::Text(Cow::Owned(text)))),
            _ if self.op == Op::Pr => true,
            Field::Time(at) => self.time.is_some_and(|value| self.compare(at.cmp(&value))),
            Field::Text(text) if self.keep_case => self.matches_text(&text),
            Field::Text(text) => self.matches_text(&text.to_lowercase()),
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        match self.op {
            Op::Sw => text.starts_with(&self.value),
            Op::Co => text.contains(&self.value),
            _ => self.compare(text.cmp(&self.value)),
        }
    }

    fn compare(&self, order: std::cmp::Ordering) -> bool {
        match self.op {
            Op::Eq => order.is_eq(),
            Op::Gt => order.is_gt(),
            Op::Ge => order.is_ge(),
            Op::Lt => order.is_lt(),
            Op::Le => order.is_le(),
            Op::Sw | Op::Co | Op::Pr => false,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    dialect: Dialect,
}

impl<'a> Parser<'a> {
    fn any(&mut self, depth: usize) -> Result<Expr, String> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expr, String> {
        let mut parts = vec![self.one(depth)?];
        while self.keyword("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expr, String> {
        if let Some(rest) = self.rest.strip_prefix('(') {
            if depth == DEEPEST {
                return Err(format!("parentheses nest deeper than {DEEPEST}"));
            }
            self.rest = rest.trim_start();
            let expr = self.any(depth + 1)?;
            let Some(rest) = self.rest.strip_prefix(')') else {
                return Err(format!("expected `)`, found `{}`", self.rest));
            };
            self.rest = rest.trim_start();
            return Ok(expr);
        }
        let field = self.word().to_owned();
        if field.is_empty() {
            return Err(format!("expected a field, found `{}`", self.rest));
        }
        let word = self.word();
        let Some(&(_, op)) = OPS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) else {
            return Err(format!("expected eq, sw, co, gt, ge, lt, le or pr after {field}, found `{word}`"));
        };
        let value = if op == Op::Pr { String::new() } else { self.value()? };
        let keep_case =
            matches!(self.dialect, Dialect::Filter | Dialect::GroupFilter | Dialect::Applications);
        let test = Test {
            time: parse_time(&value),
            value: if keep_case { value } else { value.to_lowercase() },
            field,
            op,
            keep_case,
        };
        self.check(&test)?;
        Ok(Expr::Test(test))
    }

    /// What Okta's documentation allows in this parameter.
    fn check(&self, test: &Test) -> Result<(), String> {
        let Test { field, op, .. } = test;
        let is_time = matches!(
            field.as_str(),
            "created" | "activated" | "lastUpdated" | "statusChanged" | "lastMembershipUpdated" | "published"
        );
        if is_time && *op != Op::Pr && test.time.is_none() {
            return Err(format!("{field} is compared with a time, such as \"2026-01-31T00:00:00.000Z\""));
        }
        if is_time && matches!(op, Op::Sw | Op::Co) {
            return Err(format!("a time such as {field} can neither start with nor contain something"));
        }
        let names = ["profile.firstName", "profile.lastName", "profile.email", "profile.login"];
        let known = match self.dialect {
            Dialect::Log => true,
            Dialect::Search => {
                is_time
                    || matches!(field.as_str(), "id" | "status" | "type.id")
                    || field.starts_with("profile.")
            }
            Dialect::Filter => {
                matches!(field.as_str(), "id" | "status" | "lastUpdated") || names.contains(&field.as_str())
            }
            Dialect::Groups => {
                is_time || matches!(field.as_str(), "id" | "type") || field.starts_with("profile.")
            }
            Dialect::GroupFilter => {
                matches!(field.as_str(), "id" | "type" | "lastUpdated" | "lastMembershipUpdated")
            }
            Dialect::Applications => matches!(field.as_str(), "id" | "status" | "name"),
        };
        if !known {
            return Err(format!("{field} cannot be searched for"));
        }
        match self.dialect {
            Dialect::Search if *op == Op::Co && !names.contains(&field.as_str()) => {
                Err(format!("co works for {} only, not for {field}", names.join(", ")))
            }
            Dialect::Filter | Dialect::GroupFilter | Dialect::Applications
                if *op != Op::Eq && !(is_time && *op != Op::Pr) =>
            {
                Err(format!("a filter compares {field} with eq only"))
            }
            _ => Ok(()),
        }
    }

    fn word(&mut self) -> &'a str {
        let end =
            self.rest.find(|c: char| c.is_whitespace() || "()\"".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let found = self.word().eq_ignore_ascii_case(keyword);
        if !found {
            self.rest = before;
        }
        found
    }

    fn value(&mut self) -> Result<String, String> {
        if !self.rest.starts_with('"') {
            return Err(format!("expected a value in double quotes, found `{}`", self.rest));
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        match values.next() {
            Some(Ok(value)) => {
                self.rest = self.rest[values.byte_offset()..].trim_start();
                Ok(value)
            }
            _ => Err(format!("the value `{}` does not end", self.rest)),
        }
    }
}
