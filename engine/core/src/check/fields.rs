//! The fields of a card: which are given, which are missing, which it doesn't have.

use super::compared::Compared;
use super::lower::Lower;
use super::scope::Callee;
use super::table;
use crate::card::{Card, EXTERNAL_CARD, EXTERNAL_NAME, Field, Literal, external};
use crate::diag::{Code, Diagnostic};
use crate::model::{self, At, Expr};
use crate::program::Arg;
use crate::source::Span;
use crate::suggest::{closest, did_you_mean, listed};
use crate::types::{Kind, Type};
use crate::value::{Text, Value, convert};

/// What the fields of a card have become.
#[derive(Default)]
pub(super) struct Fields {
    pub args: Vec<Arg>,
    pub spans: Vec<Option<Span>>,
    pub names: Vec<Text>,
    /// The types of what the author named.
    pub types: Vec<Option<Type>>,
}

impl Lower<'_, '_> {
    /// The card's fields: those declared, in their order, then those that the author named.
    pub fn fields(&mut self, index: usize, card: &Card) -> Fields {
        let at = self.position(index);
        let model = self.scope.steps[index].model;
        let mut fields = Fields::default();
        let mut missing: Vec<&Field> = Vec::new();
        let mut compared = Compared::default();
        for field in card.inputs.iter() {
            // Which card an external card stands for says its name.
            if card.id == EXTERNAL_CARD && field.name == EXTERNAL_NAME {
                let name = external(&model.card.it).unwrap_or_default();
                fields.args.push(Arg::Const(Value::from(name)));
                fields.spans.push(None);
                continue;
            }
            let given = model.with.iter().find(|(name, _)| name.it == *field.name).map(|(_, value)| value);
            let given = given.filter(|value| {
                !matches!(value.it, Expr::Constant(Value::Null))
                    || !field.required && field.default == Literal::Null
            });
            match given {
                Some(value) => {
                    let read = self.field(index, field, value, at);
                    fields.args.push(read.arg.clone());
                    compared.note(&field.name, value, read);
                    fields.spans.push(Some(value.span));
                }
                None => {
                    if field.required && !self.may_be_blank(field, model) {
                        missing.push(field);
                    }
                    fields.args.push(Arg::Const((&field.default).into()));
                    fields.spans.push(None);
                }
            }
        }
        self.compared(compared);
        let others: Vec<&(model::Name, At<Expr>)> =
            model.with.iter().filter(|(name, _)| card.input(&name.it).is_none()).collect();
        // One field missing and one unknown are one mistake: a wrong name.
        let renamed = match (missing.as_slice(), others.as_slice()) {
            ([missing], [_]) if card.rest_in.is_none() => Some(&*missing.name),
            _ => None,
        };
        if renamed.is_none() {
            self.missing(model, card, &missing, &others);
        }
        for (name, value) in others {
            let Some(rest) = &card.rest_in else {
                self.unknown_field(index, card, name, renamed);
                self.expr(value, at);
                continue;
            };
            let of_table = table::input_type(self, index, name);
            let ty = of_table.unwrap_or(rest.ty);
            let read = self.expr(value, at);
            if read.ty == Some(Type::one(Kind::Secret)) {
                self.takes_secret(index, ty);
            }
            let cut = of_table == Some(Type::NUMBER) && self.is_cut_in_table(&read, value, &name.it);
            fields.types.push(read.ty);
            // To a column that holds no texts, a blank text is a blank.
            let blank = matches!(&read.arg, Arg::Const(Value::Text(text)) if text.is_empty());
            let arg = match blank || cut {
                true => read.arg,
                false => self.fit(read, value, &name.it, ty),
            };
            fields.args.push(arg);
            fields.spans.push(Some(value.span));
            fields.names.push(name.it.clone());
        }
        fields
    }

    /// Whether `null` was written for a field to which a blank value is as good.
    fn may_be_blank(&self, field: &Field, model: &model::Step) -> bool {
        let null = model
            .with
            .iter()
            .any(|(name, value)| name.it == *field.name && matches!(value.it, Expr::Constant(Value::Null)));
        null && convert(Value::Null, field.ty).is_ok()
    }

    fn missing(
        &mut self,
        model: &model::Step,
        card: &Card,
        missing: &[&Field],
        others: &[&(model::Name, At<Expr>)],
    ) {
        if missing.is_empty() || model.broken {
            return;
        }
        let names: Vec<String> = missing.iter().map(|field| format!("`{}`", field.name)).collect();
        let (word, verb) = if names.len() == 1 { ("field", "is") } else { ("fields", "are") };
        let names = names.join(" and ");
        let mut mistake = Diagnostic::new(
            Code::MissingField,
            model.card.span,
            format!("`{}` needs the {word} {names}", card.id),
        )
        .label(format!("{names} {verb} missing"));
        let misspelt = missing.iter().find_map(|field| {
            let near = closest(&field.name, others.iter().map(|(name, _)| &*name.it))?;
            Some((others.iter().find(|(name, _)| name.it == *near)?.0.span, &field.name))
        });
        mistake = match misspelt {
            // The misspelt field is reported by itself, unless the card takes any name.
            Some(_) if card.rest_in.is_none() => return,
            Some((span, meant)) => mistake.related(span, did_you_mean(meant)),
            None => {
                let docs: Vec<String> = missing
                    .iter()
                    .map(|field| format!("`{}` ({})", field.name, brief(&field.docs)))
                    .collect();
                mistake.help(format!("write under `with`: {}", docs.join(" and ")))
            }
        };
        self.report(mistake);
    }

    fn unknown_field(&mut self, index: usize, card: &Card, name: &model::Name, meant: Option<&str>) {
        let step = &self.scope.steps[index];
        let mistake = Diagnostic::new(
            Code::UnknownField,
            name.span,
            format!("`{}` has no field `{}`", card.id, name.it),
        )
        .label("no such field");
        let of_helper = match step.callee {
            Callee::Flow(flow) => {
                self.shared.signatures[flow].inputs.iter().any(|input| input.name == name.it)
            }
            _ => false,
        };
        let names = || card.inputs.iter().map(|field| &*field.name);
        let near = closest(&name.it, names()).or(meant.filter(|_| !of_helper));
        self.report(mistake.meant(near).or_help(|| match &*card.inputs {
            _ if of_helper => "what the helper flow takes goes under `pass`, beside `with`".to_owned(),
            [] => "the card has no fields".to_owned(),
            _ => format!("its fields are {}", listed(names())),
        }));
    }

    /// Assign puts out what it is given, so its outputs have those types.
    pub fn mirror(&mut self, index: usize, fields: &Fields) {
        let declared: Vec<Text> =
            self.scope.steps[index].model.outputs.iter().map(|(name, _)| name.it.clone()).collect();
        for (name, ty) in fields.names.iter().zip(&fields.types) {
            if !declared.contains(name)
                && let Some(output) =
                    self.scope.steps[index].outputs.iter_mut().find(|output| output.name == *name)
            {
                output.ty = *ty;
            }
        }
    }
}

/// The first sentence of a field's manual, to stand within another.
fn brief(docs: &str) -> String {
    let sentence = docs.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
