//! Whether what a field is given fits it.

use super::expr::{Lowered, Position, a};
use super::lower::Lower;
use super::{secrets, table, zone};
use crate::card::Field;
use crate::diag::{Code, Diagnostic};
use crate::fault::InputId;
use crate::machine::sealed;
use crate::model::{At, Expr};
use crate::path;
use crate::program::{Arg, Input};
use crate::source::Span;
use crate::suggest::{closest, did_you_mean, listed};
use crate::types::{Kind, Type};
use crate::value::{Mismatch, Value, convert, whole_number};

impl Lower<'_, '_> {
    /// A declared field of a card.
    pub fn field(&mut self, index: usize, field: &Field, value: &At<Expr>, at: Position) -> Lowered {
        if field.ty.kind == Kind::Flow {
            // Resolved, or reported, when the flow's cards were listed.
            return match &value.it {
                Expr::Constant(name) => Lowered::constant(name.clone()),
                _ => Lowered::unknown(),
            };
        }
        if secrets::stands_in(field, value) {
            secrets::written(self.shared.options.found, &field.name, value.span)
                .into_iter()
                .for_each(|mistake| self.report(mistake));
            return Lowered::unknown();
        }
        table::check_field(self, index, field, value);
        let read = self.expr(value, at);
        if read.ty == Some(Type::one(Kind::Secret)) && self.takes_secret(index, field.ty) {
            return read;
        }
        let (ty, from) = (read.ty, read.from.clone());
        let arg = self.fit(read, value, &field.name, field.ty);
        if let Arg::Const(constant) = &arg
            && !constant.is_null()
        {
            if !field.choices.is_empty()
                && !field.choices.iter().any(|choice| constant.to_string() == *choice)
            {
                self.bad_choice(
                    &field.name,
                    value,
                    constant,
                    field.choices.iter().map(|choice| (*choice).to_owned()).collect(),
                );
            }
            self.judged(index, field, value, constant);
            if field.name == "time_zone"
                && let Some(mistake) = constant.as_text().and_then(|name| zone::unknown(name, value.span))
            {
                self.report(mistake);
            }
            if field.name == "concurrency"
                && constant.as_number().is_some_and(|number| !(1.0..=200.0).contains(&number))
            {
                self.report(
                    Diagnostic::new(
                        Code::BadValue,
                        value.span,
                        format!("expected 1 to 200 for `concurrency`, found {constant}"),
                    )
                    .label("out of range"),
                );
            }
        }
        Lowered { arg, ty, from }
    }

    /// Reports what a card says of a constant that it can't work with.
    fn judged(&mut self, index: usize, field: &Field, value: &At<Expr>, constant: &Value) {
        let step = &self.scope.steps[index];
        let Some(card) = step.card else { return };
        let (Some(judge), Some(place)) = (card.judge, card.input(&field.name)) else { return };
        let names = step.model.with.iter().map(|(name, _)| &*name.it);
        let names: Vec<&str> = names.filter(|name| card.input(name).is_none()).collect();
        if let Err(fault) = judge(InputId(place as u16), constant, &names) {
            let mistake = Diagnostic::new(Code::BadValue, value.span, fault.message.to_string());
            self.report(mistake.label("can't be used").may_help(fault.help.as_deref()));
        }
    }

    /// Whether a card takes a secret for a text; what it gives may be one then.
    pub fn takes_secret(&mut self, index: usize, wanted: Type) -> bool {
        let step = &mut self.scope.steps[index];
        let takes = matches!(wanted, Type::TEXT | Type::ANY)
            && step.card.is_some_and(|card| sealed::takes_secrets(card));
        if takes {
            step.outputs.iter_mut().for_each(|output| output.ty = None);
        }
        takes
    }

    /// What an input of a helper flow is passed.
    pub fn passed(&mut self, input: &Input, value: &At<Expr>, at: Position) -> Arg {
        let read = self.expr(value, at);
        let arg = self.fit(read, value, &input.name, input.ty);
        if let Arg::Const(constant) = &arg
            && !constant.is_null()
            && !input.choices.is_empty()
            && !input.choices.contains(constant)
        {
            self.bad_choice(
                &input.name,
                value,
                constant,
                input.choices.iter().map(Value::to_string).collect(),
            );
        }
        arg
    }

    /// Whether what was read fits `wanted`; a constant is converted now, once and for all runs.
    pub fn fit(&mut self, read: Lowered, value: &At<Expr>, name: &str, wanted: Type) -> Arg {
        match read.arg {
            Arg::Const(constant @ (Value::Null | Value::Secret(_))) => {
                // A variable whose value is not known yet still has its type, and a secret's text is not to be shown.
                if let Some(ty) = read.ty.filter(|ty| !ty.converts_to(wanted)) {
                    self.type_mismatch(name, value, ty, wanted, read.from);
                }
                Arg::Const(constant)
            }
            Arg::Const(constant) => match convert(constant.clone(), wanted) {
                Ok(converted) => {
                    self.not_cut(name, value, wanted, &constant, &converted);
                    self.meant_otherwise(value);
                    Arg::Const(converted)
                }
                Err(mismatch) => {
                    self.constant_mismatch(name, value, &mismatch, wanted, &constant, read.from);
                    Arg::Const(Value::Null)
                }
            },
            arg => {
                self.meant_otherwise(value);
                if let Some(ty) = read.ty.filter(|ty| !ty.converts_to(wanted)) {
                    self.type_mismatch(name, value, ty, wanted, read.from);
                }
                arg
            }
        }
    }

    /// Whether a text is more than the number that a table's column keeps, which is reported: of data nothing is cut off.
    pub fn is_cut_in_table(&mut self, read: &Lowered, value: &At<Expr>, name: &str) -> bool {
        if let Arg::Const(constant @ Value::Text(text)) = &read.arg
            && !text.is_empty()
            && whole_number(text).is_none()
        {
            let mismatch = Mismatch { wanted: Type::NUMBER, found: constant.clone() };
            self.constant_mismatch(name, value, &mismatch, Type::NUMBER, constant, read.from.clone());
            return true;
        }
        false
    }

    /// Warns of a text of which only the number at its start counts.
    fn not_cut(&mut self, name: &str, value: &At<Expr>, wanted: Type, constant: &Value, number: &Value) {
        if wanted != Type::NUMBER || constant.as_text().is_none_or(|text| whole_number(text).is_some()) {
            return;
        }
        let message = format!("`{constant}` counts as {number} for `{name}`: the number at its start");
        let help = "write the number alone, as `-1234.5`; `number.parse` takes no text but a number";
        self.report(
            Diagnostic::new(Code::CutNumber, value.span, message).label("more than a number").help(help),
        );
    }

    fn type_mismatch(
        &mut self,
        name: &str,
        value: &At<Expr>,
        found: Type,
        wanted: Type,
        from: Option<(Span, String)>,
    ) {
        let mut mistake = Diagnostic::new(
            Code::TypeMismatch,
            value.span,
            format!("expected {} for `{name}`, found {}", a(wanted), a(found)),
        )
        .label(format!("this is {}", a(found)));
        if let Some((span, why)) = from {
            mistake = mistake.related(span, why);
        }
        // Behind a query another step would apply to each match, not to the list of them.
        let wire = match &value.it {
            Expr::Wire(text) if path::parse(text).is_ok_and(|wire| wire.query.is_none()) => Some(text),
            _ => None,
        };
        self.report(match (found, wanted) {
            (Type { kind: Kind::Secret, .. }, _) => mistake.help(
                "a secret goes only into fields of type secret, and into cards of the category Text, which give secrets then; within a template it makes the whole text a secret, as in `Bearer {{ vars.token }}`",
            ),
            (Type { list: true, .. }, Type { list: false, .. }) => match wire {
                Some(wire) => mistake.help(format!("take one item, as `{wire}[0]`, or call a helper flow for each with `list.for_each`")),
                None => mistake.help("take one item with `list.at`, or call a helper flow for each with `list.for_each`"),
            },
            (Type { kind: Kind::Object, list: false }, Type { list: false, .. }) => match wire {
                Some(wire) => mistake.help(format!("take one of its members, as `{wire}.name`")),
                None => mistake.help("take one of its members with `object.get`"),
            },
            _ => mistake,
        });
    }

    fn constant_mismatch(
        &mut self,
        name: &str,
        value: &At<Expr>,
        mismatch: &Mismatch,
        wanted: Type,
        constant: &Value,
        from: Option<(Span, String)>,
    ) {
        let told = mismatch.to_string();
        let found = told.split_once(", found ").map_or(&*told, |(_, found)| found);
        let mut mistake = Diagnostic::new(
            Code::TypeMismatch,
            value.span,
            format!("expected {} for `{name}`, found {found}", a(wanted)),
        )
        .label(format!("can't become {}", a(wanted)));
        if let Some((span, why)) = from {
            mistake = mistake.related(span, why);
        }
        self.report(match constant.as_text().and_then(|text| self.as_wire(text)) {
            Some(wire) => mistake.help(format!("to read it from there write `{wire}`")),
            None => mistake.may_help(mismatch.help()),
        });
    }

    fn bad_choice(&mut self, name: &str, value: &At<Expr>, found: &Value, choices: Vec<String>) {
        let mistake = Diagnostic::new(Code::BadChoice, value.span, format!("`{name}` can't be `{found}`"))
            .label("not one of the choices");
        let list = listed(&choices);
        let meant = match &*found.to_string() {
            "=" => choices.iter().find(|choice| *choice == "==").map(String::as_str),
            "<>" => choices.iter().find(|choice| *choice == "!=").map(String::as_str),
            other => closest(other, choices.iter().map(String::as_str)),
        };
        self.report(match meant {
            Some(near) => mistake.help(format!("{} The choices are {list}", did_you_mean(near))),
            None => mistake.help(format!("the choices are {list}")),
        });
    }
}
