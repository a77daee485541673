//! Constants that look like something else: a wire without its `$.`, another language's template, quotes of a text editor.

use super::lower::Lower;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr};
use crate::path::{self, Key};
use crate::value::Value;
use crate::yaml::is_typographic;

impl Lower<'_, '_> {
    /// Warns of a text that is taken as it stands and was probably meant otherwise.
    pub fn meant_otherwise(&mut self, value: &At<Expr>) {
        let (message, label, help) = match &value.it {
            Expr::Constant(Value::Text(text)) => {
                if let Some(wire) = self.as_wire(text) {
                    let message = format!("`{text}` is a text here, and reads nothing");
                    (message, "taken as it stands", format!("to read it from there write `{wire}`"))
                } else if self.shared.options.sources.slice(value.span).starts_with(is_typographic)
                    && text.ends_with(is_typographic)
                {
                    let bare = text.trim_matches(is_typographic);
                    let message = "these quotes are part of the text".to_owned();
                    (message, "not quotes of YAML", format!("write `{bare}`, or `\"{bare}\"`"))
                } else {
                    return;
                }
            }
            Expr::Template(text) => {
                let Some(bare) = text.strip_prefix('$').filter(|bare| is_one_expression(bare)) else {
                    return;
                };
                let message = "the `$` is part of the text: what comes out begins with it".to_owned();
                let inner = bare.trim_matches(['{', '}']).trim();
                let help = format!("write `\"{bare}\"`, or `\"{{{{ '$' ~ {inner} }}}}\"` if it is meant");
                (message, "not part of the template", help)
            }
            _ => return,
        };
        self.report(Diagnostic::new(Code::MeantOtherwise, value.span, message).label(label).help(help));
    }

    /// The wire that a text would be with `$.` before it, if it would read something that there is.
    pub fn as_wire(&self, text: &str) -> Option<String> {
        // After `$$.` the author has said that it is none.
        let path = text.strip_prefix('$').unwrap_or(text);
        let root = &path[..path.find(['.', '['])?];
        let step = self.scope.ids.get(root);
        // Most texts begin with nobody's name, and then the grammar need not look at them.
        if step.is_none() && !["inputs", "vars"].contains(&root) {
            return None;
        }
        let wire = format!("$.{path}");
        let parsed = path::parse(&wire).ok()?;
        let Some(Key::Name(name)) = parsed.keys.first() else { return None };
        let there = match root {
            "inputs" => {
                let inputs = &self.shared.signatures[self.scope.flow].inputs;
                inputs.iter().any(|input| input.name == *name)
            }
            "vars" => self.shared.var(name).is_some(),
            _ => self.scope.steps[*step?].outputs.iter().any(|output| output.name == *name),
        };
        there.then_some(wire)
    }

    /// Warns of a text as the list of a card that runs a helper flow for each item: it is one item.
    pub fn one_item(&mut self, index: usize) {
        let Some(At { it: Expr::Constant(Value::Text(text)), span }) = self.scope.steps[index].field("list")
        else {
            return;
        };
        if text.is_empty() || self.as_wire(text).is_some() {
            return;
        }
        let message = format!("`{text}` is one text, so the helper flow runs once");
        let help = format!("write `[{text}]` if it is the only item, or the wire to a list: `$.card.list`");
        self.report(Diagnostic::new(Code::MeantOtherwise, *span, message).label("not a list").help(help));
    }
}

fn is_one_expression(text: &str) -> bool {
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}
