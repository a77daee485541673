//! Cards that work on a table: its columns are their fields.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::expr::a;
use super::lower::Lower;
use super::scope::{Scope, Step};
use super::uses::{How, Target};
use super::{Log, Shared, place};
use crate::card::{Card, Field};
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Name};
use crate::source::Span;
use crate::suggest::{closest, listed};
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// What every row has besides its columns, as cards name it and as Okta does.
const OF_EVERY_ROW: &[(&str, Type)] = &[
    ("row_id", Type::TEXT),
    ("created", Type::DATE),
    ("updated", Type::DATE),
    ("Row ID", Type::TEXT),
    ("Created", Type::DATE),
    ("Updated", Type::DATE),
    ("_id", Type::NUMBER),
];

/// Which of them a row has as an object, each with what the cards' fields and outputs call it.
const OF_A_RECORD: [(&str, &str); 3] = [("Row ID", "row_id"), ("Created", "created"), ("Updated", "updated")];

/// The fields that name a column.
const NAMES_A_COLUMN: &[&str] = &["sort_column", "sort_by", "column"];
/// The fields that name several.
const NAMES_COLUMNS: &[&str] = &["columns", "select"];

/// The table in the card's field for one; none if it is known only in the run, or not at all, which is reported.
pub(super) fn named(
    shared: &Shared<'_>,
    log: &mut Log,
    step: &Step<'_>,
    card: &Card,
    at: (usize, usize),
) -> Option<usize> {
    let field = card.inputs.iter().find(|field| field.ty.kind == Kind::Table)?;
    let value = step.field(&field.name)?;
    let Expr::Constant(Value::Text(name)) = &value.it else {
        // Which table it is shows in the run: any may be.
        log.any_table = true;
        return None;
    };
    let table = shared.names.table(name);
    match table {
        Some(table) => log.uses(value.span, at, How::by(card), Target::Table(table)),
        None => log.found.extend(shared.unknown_table(name, value.span)),
    }
    table
}

/// The tables that the cards of a flow may work on.
pub(super) fn reached(shared: &Shared<'_>, scope: &Scope<'_>) -> BTreeSet<u32> {
    let mut reached = BTreeSet::new();
    for step in &scope.steps {
        let field = step.card.and_then(|card| card.inputs.iter().find(|field| field.ty.kind == Kind::Table));
        match (field, step.table) {
            (_, Some(table)) => _ = reached.insert(table as u32),
            // Which table it is shows in the run: any may be.
            (Some(field), None) if step.field(&field.name).is_some() => {
                reached.extend(0..shared.tables.len() as u32);
            }
            _ => {}
        }
    }
    reached
}

/// The columns of a table, and what else a row has.
pub(super) fn columns(shared: &Shared<'_>, table: usize) -> Vec<(Text, Type)> {
    let own = shared.tables[table].columns.iter().map(|column| (column.name.clone(), column.ty));
    own.chain(OF_EVERY_ROW.iter().map(|(name, ty)| (Text::from(*name), *ty))).collect()
}

/// The keys of a row as an object.
pub(super) fn keys_of_row<'t>(shared: &Shared<'_>, table: usize) -> Vec<Cow<'t, str>> {
    let columns = shared.tables[table].columns.iter().map(|column| Cow::Owned(column.name.to_string()));
    let own = OF_A_RECORD.iter().map(|(name, _)| Cow::Borrowed(*name));
    let mut keys: Vec<Cow<'t, str>> = own.collect();
    for column in columns {
        if !keys.contains(&column) {
            keys.push(column);
        }
    }
    keys
}

/// The key under which a row has what a card's field is called.
pub(super) fn key_for(name: &str) -> Option<&'static str> {
    OF_A_RECORD.iter().find(|(_, field)| *field == name).map(|(key, _)| *key)
}

/// The type of an output that the author named, where it is a column; one that isn't is reported.
pub(super) fn output_type(
    shared: &Shared<'_>,
    log: &mut Log,
    step: &Step<'_>,
    name: &Name,
    at: (usize, usize),
) -> Option<Type> {
    let table = step.table?;
    let found = columns(shared, table).into_iter().find(|(column, _)| *column == name.it).map(|(_, ty)| ty);
    if found.is_some() {
        log.uses(name.span, at, How::Reads, Target::Column { table, name: name.it.clone() });
    } else if !shared.project.manifest.broken {
        log.report(unknown_column(shared, table, &name.it, name.span));
    }
    found
}

/// The type of a field that the author named, where it is a column; one that isn't is reported.
pub(super) fn input_type(lower: &mut Lower<'_, '_>, index: usize, name: &Name) -> Option<Type> {
    let table = lower.scope.steps[index].table?;
    let shared = lower.shared;
    let column = shared.tables[table].columns.iter().find(|column| column.name == name.it);
    if column.is_some() {
        let target = Target::Column { table, name: name.it.clone() };
        lower.uses(name.span, Some(index), How::Passes, target);
    } else if !shared.project.manifest.broken {
        lower.report(unknown_column(shared, table, &name.it, name.span));
    }
    column.map(|column| column.ty)
}

/// Fields whose constants name columns: sorting, and conditions on rows.
pub(super) fn check_field(lower: &mut Lower<'_, '_>, index: usize, field: &Field, value: &At<Expr>) {
    let Some(table) = lower.scope.steps[index].table else { return };
    if lower.shared.project.manifest.broken {
        return;
    }
    if NAMES_A_COLUMN.contains(&&*field.name) {
        column(lower, index, table, value);
    } else if NAMES_COLUMNS.contains(&&*field.name) {
        each(value, &mut |item| column(lower, index, table, item));
    } else if field.name == "where" {
        conditions(lower, index, table, value);
    }
}

fn column(lower: &mut Lower<'_, '_>, index: usize, table: usize, value: &At<Expr>) {
    let Expr::Constant(Value::Text(name)) = &value.it else { return };
    if name.is_empty() {
        return;
    }
    let span = place::within(lower.shared.options.sources, value.span, name, 0, name.len());
    if columns(lower.shared, table).iter().any(|(column, _)| column == name) {
        lower.uses(span, Some(index), How::Reads, Target::Column { table, name: name.clone() });
    } else {
        lower.report(unknown_column(lower.shared, table, name, span));
    }
}

/// `[{ column, operator, value }]`, groups of them as `{ any: […] }`, or Okta's `{ expr: [{ lhs, op, rhs }] }`.
fn conditions(lower: &mut Lower<'_, '_>, index: usize, table: usize, value: &At<Expr>) {
    let group = ["expr", "any", "all"].into_iter().find_map(|group| member(value, group));
    each(group.as_ref().unwrap_or(value), &mut |condition| {
        let Some(name) = member(condition, "column").or_else(|| member(condition, "lhs")) else {
            return if group_of(condition) {
                conditions(lower, index, table, condition)
            };
        };
        column(lower, index, table, &name);
        let Expr::Constant(Value::Text(name)) = &name.it else { return };
        let ty =
            columns(lower.shared, table).into_iter().find(|(column, _)| column == name).map(|(_, ty)| ty);
        let compared = member(condition, "value").or_else(|| member(condition, "rhs"));
        if let (Some(ty), Some(compared)) = (ty, compared)
            && let Expr::Constant(constant) = &compared.it
            && !constant.is_empty()
            && !matches!(constant, Value::List(_))
            && let Err(mismatch) = crate::value::convert(constant.clone(), ty)
        {
            let told = mismatch.to_string();
            let found = told.split_once(", found ").map_or(&*told, |(_, found)| found);
            let shown = constant.to_string();
            let span = place::within(lower.shared.options.sources, compared.span, &shown, 0, shown.len());
            let mistake = Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("the column `{name}` holds {}, found {found}", a(ty)),
            )
            .label("never equals a value of the column");
            lower.report(mistake);
        }
    });
}

fn group_of(value: &At<Expr>) -> bool {
    ["any", "all", "expr"].into_iter().any(|group| member(value, group).is_some())
}

/// The items of a list, whether it is a constant or not; a constant's items stand where the list does.
fn each(list: &At<Expr>, then: &mut dyn FnMut(&At<Expr>)) {
    match &list.it {
        Expr::List(items) => items.iter().for_each(then),
        Expr::Constant(Value::List(items)) => {
            items.iter().for_each(|item| then(&At::new(Expr::Constant(item.clone()), list.span)));
        }
        _ => {}
    }
}

fn member(object: &At<Expr>, name: &str) -> Option<At<Expr>> {
    match &object.it {
        Expr::Object(members) => {
            members.iter().find(|(key, _)| key.it == *name).map(|(_, value)| value.clone())
        }
        Expr::Constant(Value::Object(members)) => {
            Some(At::new(Expr::Constant(members.get(name)?.clone()), object.span))
        }
        _ => None,
    }
}

/// The diagnostic for a name that no column has.
pub(super) fn unknown_column(shared: &Shared<'_>, table: usize, name: &str, span: Span) -> Diagnostic {
    let defined = &shared.tables[table];
    let mistake = Diagnostic::new(
        Code::UnknownColumn,
        span,
        format!("the table `{}` has no column `{name}`", defined.name),
    )
    .label("no such column");
    let mistake = match shared.project.manifest.tables.get(table) {
        Some(written) => mistake.related(written.name.span, "the table"),
        None => mistake,
    };
    let names = || defined.columns.iter().map(|column| &*column.name);
    mistake.meant(closest(name, names())).or_help(|| format!("its columns are {}", listed(names())))
}
