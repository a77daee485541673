//! How often a template puts one text into others: `{% set x = x ~ x %}`, written thirty times, makes ten letters ten billion.
//! Minijinja counts steps, not bytes, so that this is counted before anything is rendered.
//!
//! A piece is a constant or something that is read. Each `~`, `+` or `*` makes a text that holds the pieces of both sides; what
//! `set` and `with` keep of such texts adds up, because it is there until the rendering ends.

use std::collections::BTreeMap;

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};

/// How often a text may be held at the same time: of the largest text there is, 16 MiB, that is 1.5 GiB.
const MOST_COPIES: u32 = 96;

/// How many bytes between the tags may be written by each turn of a loop into a variable. There are up to 250,000 turns, and what
/// stands between tags is nowhere counted.
const MOST_PLAIN: usize = 4096;

/// What is wrong with the copies that a template makes.
pub(super) struct TooMany {
    pub message: &'static str,
    pub span: Span,
}

/// Fails if the template may hold a text too often.
pub(super) fn count(tree: &Stmt<'_>) -> Result<(), TooMany> {
    let mut counting = Counting { scopes: vec![BTreeMap::new()], ..Counting::default() };
    counting.statement(tree);
    counting.found.map_or(Ok(()), Err)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'s> {
    Constant(u32),
    Read(&'s str, &'s str),
}

/// How often a value holds each piece, and whether it is a text of its own rather than one that is shared.
#[derive(Clone, Default)]
struct Held<'s> {
    pieces: BTreeMap<Piece<'s>, u32>,
    fresh: bool,
}

impl<'s> Held<'s> {
    fn of(piece: Piece<'s>) -> Held<'s> {
        Held { pieces: BTreeMap::from([(piece, 1)]), fresh: false }
    }

    fn and(mut self, mut other: Held<'s>) -> Held<'s> {
        if self.pieces.len() < other.pieces.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.fresh |= other.fresh;
        for (piece, times) in other.pieces {
            let held = self.pieces.entry(piece).or_default();
            *held = held.saturating_add(times);
        }
        self
    }

    fn most(&self) -> u32 {
        self.pieces.values().copied().max().unwrap_or(0)
    }
}

#[derive(Default)]
struct Counting<'s> {
    /// What the template's own variables hold, scope by scope.
    scopes: Vec<BTreeMap<&'s str, Held<'s>>>,
    /// What all of them have held so far.
    kept: BTreeMap<Piece<'s>, u32>,
    /// How many blocks around this one write into a variable, and how many loops are in the innermost of them.
    captures: usize,
    loops: usize,
    plain: usize,
    found: Option<TooMany>,
}

impl<'s> Counting<'s> {
    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitExpr(emit) => self.peak(&emit.expr, emit.span()),
            Stmt::EmitRaw(plain) if self.captures > 0 && self.loops > 0 => {
                self.plain += plain.raw.len();
                if self.plain > MOST_PLAIN {
                    let message =
                        "a loop writes more than 4 KiB of plain text with each turn into a variable";
                    self.found.get_or_insert(TooMany { message, span: plain.span() });
                }
            }
            Stmt::ForLoop(each) => {
                let items = self.expr(&each.iter);
                self.scopes.push(BTreeMap::new());
                self.assign(&each.target, &items, each.span());
                self.loops += 1;
                self.body(&each.body);
                self.loops -= 1;
                self.scopes.pop();
                self.body(&each.else_body);
            }
            Stmt::IfCond(choice) => {
                self.peak(&choice.expr, choice.span());
                self.body(&choice.true_body);
                self.body(&choice.false_body);
            }
            Stmt::WithBlock(with) => {
                self.scopes.push(BTreeMap::new());
                for (target, value) in &with.assignments {
                    let held = self.expr(value);
                    self.assign(target, &held, with.span());
                }
                self.body(&with.body);
                self.scopes.pop();
            }
            Stmt::Set(set) => {
                let held = self.expr(&set.expr);
                self.assign(&set.target, &held, set.span());
            }
            Stmt::SetBlock(set) => {
                self.capture(&set.body);
                // What was written was counted; it is a new piece.
                let held = Held::of(Piece::Constant(set.span().start_offset));
                self.assign(&set.target, &held, set.span());
            }
            Stmt::FilterBlock(block) => self.capture(&block.body),
            Stmt::AutoEscape(block) => self.body(&block.body),
            // Macros are refused, and the rest holds no texts.
            _ => {}
        }
    }

    fn body(&mut self, statements: &[Stmt<'s>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn capture(&mut self, body: &[Stmt<'s>]) {
        let outer = (self.loops, self.plain);
        (self.captures, self.loops, self.plain) = (self.captures + 1, 0, 0);
        self.body(body);
        self.captures -= 1;
        (self.loops, self.plain) = outer;
    }

    /// What is made on the way to a result that nobody keeps.
    fn peak(&mut self, expr: &Expr<'s>, span: Span) {
        let held = self.expr(expr);
        self.check(&held, span);
    }

    fn check(&mut self, held: &Held<'s>, span: Span) {
        if held.fresh && held.most() > MOST_COPIES {
            self.refuse(span);
        }
    }

    /// A list that holds itself again and again costs nothing until something goes through all of it.
    fn walked(&mut self, held: Held<'s>, span: Span) -> Held<'s> {
        if held.most() > MOST_COPIES {
            self.refuse(span);
        }
        held
    }

    fn refuse(&mut self, span: Span) {
        let message = "the template puts one text together from more than 96 copies of another";
        self.found.get_or_insert(TooMany { message, span });
    }

    fn assign(&mut self, target: &Expr<'s>, held: &Held<'s>, span: Span) {
        self.check(held, span);
        match target {
            Expr::Var(variable) => {
                if held.fresh {
                    self.keep(held, span);
                }
                let Some(scope) = self.scopes.last_mut() else { return };
                // In a branch that is not taken the old value stays: both are counted.
                let old = scope.remove(variable.id).unwrap_or_default();
                let mut both = held.clone();
                for (piece, times) in old.pieces {
                    let held = both.pieces.entry(piece).or_default();
                    *held = (*held).max(times);
                }
                scope.insert(variable.id, both);
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item, held, span)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item, held, span)),
            _ => {}
        }
    }

    fn keep(&mut self, held: &Held<'s>, span: Span) {
        for (piece, times) in &held.pieces {
            let kept = self.kept.entry(*piece).or_default();
            *kept = kept.saturating_add(*times);
            if *kept > MOST_COPIES {
                self.refuse(span);
                return;
            }
        }
    }

    /// What an expression holds. Signs, operators and filters stand in rows as long as a template: those are gone through in a
    /// loop, for a call each would need more stack than there is; brackets the parser bounds.
    fn expr<'e>(&mut self, expr: &'e Expr<'s>) -> Held<'s> {
        let (mut row, mut first) = (Vec::new(), expr);
        while let Some(inner) = self.first_part(first) {
            row.push(first);
            first = inner;
        }
        let held = self.innermost(first);
        row.into_iter().rev().fold(held, |held, around| self.around(around, held))
    }

    /// What an expression does something to.
    fn first_part<'e>(&self, expr: &'e Expr<'s>) -> Option<&'e Expr<'s>> {
        match expr {
            Expr::UnaryOp(operation) => Some(&operation.expr),
            Expr::BinOp(operation) => Some(&operation.left),
            Expr::Compare(comparison) => Some(&comparison.expr),
            Expr::Filter(filter) => filter.expr.as_ref(),
            Expr::Test(test) => Some(&test.expr),
            Expr::Call(call) => Some(&call.expr),
            Expr::Slice(slice) => Some(&slice.expr),
            Expr::GetItem(item) => Some(&item.expr),
            Expr::GetAttr(attribute) => match &attribute.expr {
                Expr::Var(variable) if self.local(variable.id).is_none() => None,
                inner => Some(inner),
            },
            _ => None,
        }
    }

    fn innermost(&mut self, expr: &Expr<'s>) -> Held<'s> {
        match expr {
            Expr::Const(constant) => Held::of(Piece::Constant(constant.span().start_offset)),
            Expr::Var(variable) => {
                self.local(variable.id).unwrap_or_else(|| Held::of(Piece::Read(variable.id, "")))
            }
            Expr::GetAttr(attribute) => match &attribute.expr {
                Expr::Var(variable) => Held::of(Piece::Read(variable.id, attribute.name)),
                _ => Held::default(),
            },
            Expr::IfExpr(choice) => {
                let held = self.all([&choice.test_expr, &choice.true_expr]);
                match &choice.false_expr {
                    Some(other) => held.and(self.expr(other)),
                    None => held,
                }
            }
            Expr::Filter(filter) => self.arguments(Held::default(), &filter.args),
            Expr::List(list) => self.all(&list.items),
            Expr::Tuple(tuple) => self.all(&tuple.items),
            Expr::Map(map) => self.all(map.keys.iter().chain(&map.values)),
            _ => Held::default(),
        }
    }

    /// What an expression makes of its first part.
    fn around(&mut self, expr: &Expr<'s>, held: Held<'s>) -> Held<'s> {
        if self.found.is_some() {
            return held;
        }
        match expr {
            Expr::BinOp(operation) => {
                let mut held = held.and(self.expr(&operation.right));
                held.fresh |= matches!(operation.op, BinOpKind::Concat | BinOpKind::Add | BinOpKind::Mul);
                self.walked(held, operation.span())
            }
            Expr::Compare(comparison) => {
                let operands = comparison.ops.iter();
                let held = operands.fold(held, |held, operand| held.and(self.expr(&operand.expr)));
                self.walked(held, comparison.span())
            }
            Expr::Filter(filter) => {
                let held = self.arguments(held, &filter.args);
                self.walked(held, filter.span())
            }
            Expr::Test(test) => {
                let held = self.arguments(held, &test.args);
                self.walked(held, test.span())
            }
            Expr::Call(call) => {
                let held = self.arguments(held, &call.args);
                self.walked(held, call.span())
            }
            Expr::GetItem(item) => held.and(self.expr(&item.subscript_expr)),
            _ => held,
        }
    }

    fn all<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr<'s>>) -> Held<'s>
    where
        's: 'e,
    {
        parts.into_iter().fold(Held::default(), |held, part| held.and(self.expr(part)))
    }

    fn arguments(&mut self, held: Held<'s>, arguments: &[CallArg<'s>]) -> Held<'s> {
        arguments.iter().fold(held, |held, argument| {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            held.and(self.expr(value))
        })
    }

    fn local(&self, name: &str) -> Option<Held<'s>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }
}
