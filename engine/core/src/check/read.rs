//! Which names of a card a flow reads, before anything is resolved.

use std::collections::BTreeSet;

use crate::model::{At, Expr, Joined, OnError, Step};
use crate::path::{self, Key};
use crate::template::Template;
use crate::value::Text;

/// Collects what the cards read of the card called `id`.
pub(super) fn names_read(steps: &[Step], id: &str, names: &mut BTreeSet<Text>) {
    for step in steps {
        let joined = step.outputs.iter().filter_map(|(_, joined)| match &joined.it {
            Joined::Arms(arms) => Some(arms),
            Joined::Type(_) => None,
        });
        let on_error = match step.on_error.as_ref().map(|on_error| &on_error.it) {
            Some(OnError::Return(values) | OnError::Call { pass: values, .. }) => Some(values),
            _ => None,
        };
        let conditions = step.arms.iter().map(|arm| &arm.when);
        let all = [&step.with, &step.pass].into_iter().chain(joined).chain(on_error).chain(conditions);
        all.flatten().for_each(|(_, value)| in_expr(value, id, names));
        step.arms.iter().for_each(|arm| names_read(&arm.cards, id, names));
    }
}

fn in_expr(expr: &At<Expr>, id: &str, names: &mut BTreeSet<Text>) {
    match &expr.it {
        Expr::Wire(text) => {
            if let Ok(wire) = path::parse(text)
                && wire.root == *id
                && let Some(Key::Name(name)) = wire.keys.first()
            {
                names.insert(name.clone());
            }
        }
        Expr::Template(text) if text.contains(id) => {
            if let Ok(template) = Template::compile(text) {
                let of_card = template.uses().iter().filter(|used| used.path[0] == *id);
                names.extend(of_card.filter_map(|used| used.path.get(1).cloned()));
            }
        }
        Expr::List(items) => items.iter().for_each(|item| in_expr(item, id, names)),
        Expr::Object(members) => members.iter().for_each(|(_, value)| in_expr(value, id, names)),
        Expr::Template(_) | Expr::Constant(_) | Expr::Broken => {}
    }
}
