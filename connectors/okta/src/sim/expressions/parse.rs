//! The grammar: what binds tightest first are comparisons, then parentheses, `not (…)`, `and`, `or`.

use super::rules::{Rules, Wrong};
use super::{Expr, Literal, OPS, Op, Test};
use crate::sim::error::ApiError;

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Reads an expression by the rules of its parameter.
pub fn parse(text: &str, rules: &'static Rules) -> Result<Expr, ApiError> {
    let mut parser = Parser { whole: text, rest: text.trim_start(), rules };
    parser.whole().map_err(|wrong| rules.refuse(text, wrong))
}

struct Parser<'a> {
    whole: &'a str,
    rest: &'a str,
    rules: &'static Rules,
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<Expr, Wrong> {
        let expr = self.any(0)?;
        match self.rest {
            "" => Ok(expr),
            rest => Err(Wrong::Form(format!("expected `and`, `or` or the end, found `{rest}`"))),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Expr, Wrong> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expr, Wrong> {
        let mut parts = vec![self.one(depth)?];
        while self.keyword("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expr, Wrong> {
        if self.rest.starts_with('(') {
            return self.group(depth);
        }
        let before = self.rest;
        // RFC 7644: `not` stands before parentheses only; else it is a field's name.
        if self.keyword("not") {
            if self.rest.starts_with('(') {
                if !self.rules.negates {
                    return Err(Wrong::Form("`not` isn't supported here".to_owned()));
                }
                return Ok(Expr::Not(Box::new(self.group(depth)?)));
            }
            self.rest = before;
        }
        self.test()
    }

    fn group(&mut self, depth: usize) -> Result<Expr, Wrong> {
        if depth == DEEPEST {
            return Err(Wrong::Form(format!("parentheses nest deeper than {DEEPEST}")));
        }
        self.rest = self.rest.strip_prefix('(').unwrap_or(self.rest).trim_start();
        let expr = self.any(depth + 1)?;
        let Some(rest) = self.rest.strip_prefix(')') else {
            return Err(Wrong::Form(format!("expected `)`, found `{}`", self.rest)));
        };
        self.rest = rest.trim_start();
        Ok(expr)
    }

    fn test(&mut self) -> Result<Expr, Wrong> {
        let field = self.word();
        if field.is_empty() {
            return Err(Wrong::Form(format!("expected a field, found `{}`", self.rest)));
        }
        let position = self.whole.chars().count() - self.rest.chars().count();
        let word = self.word();
        let Some(&(_, op)) = OPS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) else {
            return Err(Wrong::Operator { word: word.to_owned(), position });
        };
        let attribute = self.rules.attribute(field).ok_or_else(|| Wrong::Field(field.to_owned()))?;
        attribute.allows(op).map_err(|why| why.of(field, op))?;
        let keep_case = self.rules.keeps_case;
        let value = if op == Op::Pr { Literal::Truth(true) } else { self.value(keep_case)? };
        if attribute.is_time() && op != Op::Pr && !matches!(value, Literal::Text(_, Some(_))) {
            let why = format!("{field} is compared with a time, such as \"2026-01-31T00:00:00.000Z\"");
            return Err(Wrong::Form(why));
        }
        Ok(Expr::Test(Test { field: self.rules.canonical(field), op, value, keep_case }))
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

    fn value(&mut self, keep_case: bool) -> Result<Literal, Wrong> {
        if !self.rest.starts_with('"') {
            let before = self.rest;
            let word = self.word();
            let number = || word.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Number);
            return match word {
                "true" => Ok(Literal::Truth(true)),
                "false" => Ok(Literal::Truth(false)),
                _ => number().ok_or_else(|| {
                    Wrong::Form(format!(
                        "expected a text in double quotes, a number, true or false, found `{before}`"
                    ))
                }),
            };
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        match values.next() {
            Some(Ok(value)) => {
                self.rest = self.rest[values.byte_offset()..].trim_start();
                Ok(Literal::text(value, keep_case))
            }
            _ => Err(Wrong::Form(format!("the value `{}` does not end, or is no JSON string", self.rest))),
        }
    }
}
