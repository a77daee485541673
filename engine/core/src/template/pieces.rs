//! Templates of raw text and plain names, which are nearly all: put together without minijinja, several times as fast.
//!
//! A text that such a template begins with is gone on with in its place, if nobody else has it: a loop that adds to a text does not
//! copy it each time.

use minijinja::machinery::ast::Stmt;

use super::scan::Use;
use super::{bridge, path_of, too_large};
use crate::fault::Fault;
use crate::value::{Composed, Text, Value};

/// What a template consists of, one behind the other.
#[derive(Debug)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Raw(Text),
    /// What it reads at this place.
    Use(usize),
}

impl Pieces {
    /// The pieces of a template that has nothing else.
    pub(super) fn of(tree: &Stmt<'_>, uses: &[Use]) -> Option<Pieces> {
        let Stmt::Template(template) = tree else { return None };
        let piece = |child: &Stmt<'_>| match child {
            Stmt::EmitRaw(raw) => Some(Piece::Raw(raw.raw.into())),
            Stmt::EmitExpr(emit) => {
                let path = path_of(&emit.expr)?;
                uses.iter()
                    .position(|used| used.path.iter().map(|name| &**name).eq(path.iter().copied()))
                    .map(Piece::Use)
            }
            _ => None,
        };
        template.children.iter().map(piece).collect::<Option<Vec<_>>>().map(Pieces)
    }

    /// Whether all that it reads is written as it is: no list, object, file or secret.
    pub(super) fn fit(&self, values: &[Value]) -> bool {
        values.iter().all(|value| {
            !matches!(value, Value::List(_) | Value::Object(_) | Value::File(_) | Value::Secret(_))
        })
    }

    /// The text.
    pub(super) fn put_together(&self, mut values: Vec<Value>) -> Result<Value, Fault> {
        let mut pieces = &*self.0;
        let mut text = Composed::default();
        if let [Piece::Use(first), rest @ ..] = pieces
            && !rest.iter().any(|piece| matches!(piece, Piece::Use(again) if again == first))
            && let Some(begun @ Value::Text(_)) = values.get_mut(*first)
            && let Value::Text(begun) = std::mem::take(begun)
        {
            text = Composed::onto(begun).map_err(|_| too_large())?;
            pieces = rest;
        }
        for piece in pieces {
            let pushed = match piece {
                Piece::Raw(raw) => text.push(raw),
                Piece::Use(place) => match values.get(*place) {
                    Some(Value::Text(piece)) => text.push(piece),
                    Some(value) => text.push(&bridge::written(value).map_err(|_| too_large())?),
                    None => Ok(()),
                },
            };
            pushed.map_err(|_| too_large())?;
        }
        Ok(Value::Text(text.into()))
    }
}
