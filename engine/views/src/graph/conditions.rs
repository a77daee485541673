//! What rows are searched by, one condition after another.

use flowrun_core::model::{At, Expr, Name};
use flowrun_core::value::{Text, Value};

/// A condition: the word before it, if it isn't the first, and its fields `column`, `operator` and `value`.
pub type Condition = (&'static str, Vec<(Name, At<Expr>)>);

/// The conditions of Search Rows, in a list or in groups of which all or any are to hold; none where it is something else.
pub fn conditions(value: &At<Expr>) -> Option<Vec<Condition>> {
    let mut found = Vec::new();
    let whole = At::new(opened(value), value.span);
    group(&whole, "and", &mut found).filter(|()| !found.is_empty())?;
    Some(found)
}

fn group(value: &At<Expr>, word: &'static str, found: &mut Vec<Condition>) -> Option<()> {
    match &value.it {
        Expr::List(items) => items.iter().try_for_each(|item| {
            let before = found.len();
            group(item, word, found)?;
            if let Some((joined, _)) = found.get_mut(before) {
                *joined = word;
            }
            Some(())
        }),
        Expr::Object(fields) if fields.iter().any(|(key, _)| *key.it == *"column") => {
            found.push((word, fields.clone()));
            Some(())
        }
        Expr::Object(groups) => match groups.as_slice() {
            [(name, items)] if *name.it == *"all" => group(items, "and", found),
            [(name, items)] if *name.it == *"any" => group(items, "or", found),
            _ => None,
        },
        _ => None,
    }
}

/// The lists and objects of a constant as expressions.
fn opened(value: &At<Expr>) -> Expr {
    let inner = |it: &Value| At::new(opened(&At::new(Expr::Constant(it.clone()), value.span)), value.span);
    let named = |key: &Text| Name::new(key.clone(), value.span);
    match &value.it {
        Expr::Constant(Value::List(items)) => Expr::List(items.iter().map(inner).collect()),
        Expr::Constant(Value::Object(members)) => {
            Expr::Object(members.iter().map(|(key, value)| (named(key), inner(value))).collect())
        }
        Expr::List(items) => Expr::List(items.iter().map(|item| At::new(opened(item), item.span)).collect()),
        Expr::Object(members) => Expr::Object(
            members.iter().map(|(key, item)| (key.clone(), At::new(opened(item), item.span))).collect(),
        ),
        other => other.clone(),
    }
}
