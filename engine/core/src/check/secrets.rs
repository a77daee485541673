//! Secrets that stand in a file: in a card's field that takes one, in the default of an input that is one.

use crate::card::{Catalog, Field};
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Project};
use crate::source::Span;
use crate::types::{Kind, Type};
use crate::value::Value;

/// The secrets that stand in the files of a project, whatever else is wrong there; those among `found` are known already.
pub fn secrets(project: &Project, catalog: &Catalog, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for flow in &project.flows {
        for input in &flow.inputs {
            let is_secret =
                input.ty.as_ref().and_then(|ty| Type::parse(&ty.it)) == Some(Type::one(Kind::Secret));
            let default = input.default.as_ref().filter(|default| is_secret && !default.it.is_empty());
            all.extend(default.and_then(|default| written(found, &input.name.it, default.span)));
        }
        for step in flow.all_cards() {
            let Some(card) = catalog.get(&step.card.it) else { continue };
            for (name, value) in &step.with {
                let field = card.input(&name.it).map(|index| &card.inputs[index]);
                if field.is_some_and(|field| stands_in(field, value)) {
                    all.extend(written(found, &name.it, value.span));
                }
            }
        }
    }
    all
}

/// Whether a field for a secret is given one that stands there.
pub(super) fn stands_in(field: &Field, value: &At<Expr>) -> bool {
    field.ty.kind == Kind::Secret
        && matches!(&value.it, Expr::Constant(Value::Text(text)) if !text.is_empty())
}

/// The mistake of a secret in a file; none if the loader, who knows many secrets by their form, found it.
pub(super) fn written(found: &[Diagnostic], name: &str, span: Span) -> Option<Diagnostic> {
    if found.iter().any(|found| found.code == Code::SecretInFile && found.span == span) {
        return None;
    }
    let mistake =
        Diagnostic::new(Code::SecretInFile, span, format!("the secret for `{name}` is in the file"));
    Some(
        mistake
            .label("whoever reads the project can use it")
            .help("define a variable of type secret in flowrun.yaml, with `env:`, and read `$.vars.name`"),
    )
}
