//! A formula as a list of steps for a stack: what binds stronger comes first.
//!
//! Steps rather than a tree, so that neither running nor dropping a long formula needs a deep stack.

use flowrun_core::suggest::{closest, did_you_mean};

use super::function::{self, Function};
use super::problem::Problem;
use super::token::{Token, next};

/// One step: it takes its operands from the stack and leaves its result there.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Number(f64),
    Truth(bool),
    /// The field at this place.
    Field(usize),
    /// An operator before or behind its operand.
    One(&'static str),
    /// An operator between its operands.
    Two(&'static str),
    Call(&'static Function, usize),
    /// If the top is as true as this, goes to the step at that place, else drops it: the rest of an `and` or `or`.
    Decide(bool, usize),
    /// Makes true or false of the top.
    Decided,
}

/// A step, and the byte of the formula that it comes from.
pub(super) type Placed = (Step, usize);

/// How many parentheses, signs and functions may lie inside each other.
const DEEPEST: usize = 64;

const UNARY: u8 = 11;

/// How strongly an operator between two values binds; the grammar is that of math.js.
fn strength(token: Token<'_>) -> Option<(&'static str, u8)> {
    Some(match token {
        Token::Name("or") => ("or", 1),
        Token::Name("xor") => ("xor", 2),
        Token::Name("and") => ("and", 3),
        Token::Sign(sign @ "|") => (sign, 4),
        Token::Sign(sign @ "^|") => (sign, 5),
        Token::Sign(sign @ "&") => (sign, 6),
        Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => (sign, COMPARISON),
        Token::Sign(sign @ ("<<" | ">>")) => (sign, 8),
        Token::Sign(sign @ ("+" | "-")) => (sign, 9),
        Token::Sign(sign @ ("*" | "/" | "%")) => (sign, 10),
        Token::Sign(sign @ "^") => (sign, 12),
        Token::Sign(sign @ "!") => (sign, 13),
        _ => return None,
    })
}

const COMPARISON: u8 = 7;

/// Reads a formula whose fields have these names.
pub(super) fn parse(text: &str, fields: &[&str]) -> Result<Vec<Placed>, Problem> {
    let mut parser = Parser { text, fields, token: Token::End, at: 0, end: 0, depth: 0, steps: Vec::new() };
    parser.advance()?;
    parser.expression(0)?;
    match parser.token {
        Token::End => Ok(parser.steps),
        Token::Sign(")") => Err(parser.problem("`)` closes nothing")),
        _ => Err(parser.expected("an operator").help("to multiply write `*`")),
    }
}

struct Parser<'t> {
    text: &'t str,
    fields: &'t [&'t str],
    /// The token that is looked at, and where it lies.
    token: Token<'t>,
    at: usize,
    end: usize,
    depth: usize,
    steps: Vec<Placed>,
}

impl<'t> Parser<'t> {
    fn advance(&mut self) -> Result<(), Problem> {
        (self.token, self.at, self.end) = next(self.text, self.end)?;
        Ok(())
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.at, message)
    }

    fn expected(&self, what: &str) -> Problem {
        match self.token {
            Token::End => self.problem(format!("expected {what}, found the end")),
            _ => self.problem(format!("expected {what}, found `{}`", &self.text[self.at..self.end])),
        }
    }

    fn close(&mut self) -> Result<(), Problem> {
        match self.token {
            Token::Sign(")") => self.advance(),
            _ => Err(self.expected("`)`")),
        }
    }

    /// Reads what binds at least as strongly as `least`.
    fn expression(&mut self, least: u8) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem(format!("more than {DEEPEST} levels lie inside each other")));
        }
        self.operand()?;
        let mut compared = false;
        while let Some((operator, strength)) = strength(self.token).filter(|(_, strength)| *strength >= least) {
            let at = self.at;
            if strength == COMPARISON && std::mem::replace(&mut compared, true) {
                return Err(self
                    .problem("comparisons can't be chained")
                    .help("write `a < b and b < c`"));
            }
            self.advance()?;
            match operator {
                "!" => self.steps.push((Step::One("!"), at)),
                "and" | "or" => self.decision(operator == "or", strength, at)?,
                // What stands behind a power may have a sign, and the last power comes first: 2^-1, 2^3^2.
                "^" => self.right(operator, UNARY, at)?,
                _ => self.right(operator, strength + 1, at)?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn right(&mut self, operator: &'static str, least: u8, at: usize) -> Result<(), Problem> {
        self.expression(least)?;
        self.steps.push((Step::Two(operator), at));
        Ok(())
    }

    /// The right side of `and` and `or`, which is skipped if the left side tells the result.
    fn decision(&mut self, when: bool, strength: u8, at: usize) -> Result<(), Problem> {
        let decide = self.steps.len();
        self.steps.push((Step::Decide(when, 0), at));
        self.expression(strength + 1)?;
        self.steps.push((Step::Decided, at));
        self.steps[decide].0 = Step::Decide(when, self.steps.len());
        Ok(())
    }

    fn operand(&mut self) -> Result<(), Problem> {
        let (token, at) = (self.token, self.at);
        match token {
            Token::Number(number) => self.leaf(Step::Number(number)),
            Token::Name("not") => self.not(),
            Token::Name("and" | "or" | "xor") | Token::Sign("!") | Token::End => {
                Err(self.expected("a number, a field or `(`"))
            }
            Token::Name(name) => self.name(name),
            Token::Sign("(") => {
                self.advance()?;
                self.expression(0)?;
                self.close()
            }
            Token::Sign(sign @ ("-" | "+" | "~")) => {
                self.advance()?;
                self.expression(UNARY)?;
                self.steps.push((Step::One(sign), at));
                Ok(())
            }
            Token::Sign(_) => Err(self.expected("a number, a field or `(`")),
        }
    }

    fn leaf(&mut self, step: Step) -> Result<(), Problem> {
        self.steps.push((step, self.at));
        self.advance()
    }

    fn not(&mut self) -> Result<(), Problem> {
        let at = self.at;
        self.advance()?;
        self.expression(UNARY)?;
        if strength(self.token).is_some_and(|(_, strength)| strength == COMPARISON) {
            // Some languages negate the comparison, math.js what stands before it.
            return Err(Problem::new(at, "`not` before a comparison can be read in two ways")
                .help("write `not (a == b)`"));
        }
        self.steps.push((Step::One("not"), at));
        Ok(())
    }

    fn name(&mut self, name: &'t str) -> Result<(), Problem> {
        let (named, at) = (self.problem(format!("`{name}` is not known")), self.at);
        if let Some(field) = self.fields.iter().position(|field| *field == name) {
            return self.leaf(Step::Field(field));
        }
        match name {
            "pi" => return self.leaf(Step::Number(std::f64::consts::PI)),
            "true" | "false" => return self.leaf(Step::Truth(name == "true")),
            _ => {}
        }
        let Some(function) = function::find(name) else {
            let functions = function::FUNCTIONS.iter().map(|function| function.name);
            let help = match closest(name, self.fields.iter().copied().chain(functions)) {
                Some(meant) => did_you_mean(meant),
                None => "give the card a field of this name".to_owned(),
            };
            return Err(named.help(help));
        };
        self.advance()?;
        let count = self.arguments(name)?;
        if !(function.least..=function.most).contains(&count) {
            let least = function.least;
            let wanted = match function.most {
                usize::MAX => format!("{least} or more"),
                most if most > least => format!("{least} or {most}"),
                _ => least.to_string(),
            };
            return Err(Problem::new(at, format!("`{name}` takes {wanted} values, found {count}")));
        }
        self.steps.push((Step::Call(function, count), at));
        Ok(())
    }

    fn arguments(&mut self, function: &str) -> Result<usize, Problem> {
        if self.token != Token::Sign("(") {
            return Err(self.expected(&format!("`(` behind `{function}`")));
        }
        self.advance()?;
        let mut count = 0;
        if self.token != Token::Sign(")") {
            loop {
                self.expression(0)?;
                count += 1;
                if self.token != Token::Sign(",") {
                    break;
                }
                self.advance()?;
            }
        }
        self.close()?;
        Ok(count)
    }
}
